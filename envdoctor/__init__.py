"""envdoctor: a reproducibility and environment doctor for machine-learning stacks."""

__version__ = "0.1.0"


def load_ipython_extension(shell: object) -> None:
    """Let failing cells of a notebook be followed by their diagnosis (`%load_ext envdoctor`)."""
    from envdoctor.cli import notebook

    notebook.follow(shell)


def unload_ipython_extension(shell: object) -> None:
    """Leave the cells of a notebook alone again."""
    from envdoctor.cli import notebook

    notebook.leave(shell)
