"""envdoctor: a reproducibility and environment doctor for machine-learning stacks."""

__version__ = "0.1.0"


def load_ipython_extension(shell):  # type: ignore[no-untyped-def]  # parses on a Python that knows no annotations
    """Judge the kernel of a notebook, give it `%envdoctor`, diagnose failing cells: for `%load_ext envdoctor`."""
    from envdoctor import notebook

    notebook.register(shell)


def unload_ipython_extension(shell):  # type: ignore[no-untyped-def]
    """Leave the cells of a notebook alone again."""
    from envdoctor import notebook

    notebook.leave(shell)
