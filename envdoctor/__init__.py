"""envdoctor: a reproducibility and environment doctor for machine-learning stacks."""

__version__ = "0.1.0"


def load_ipython_extension(shell):  # type: ignore[no-untyped-def]  # parses on a Python that knows no annotations
    """Judge the kernel of a notebook, and give it `%envdoctor`: what `%load_ext envdoctor` calls."""
    from envdoctor import notebook

    notebook.register(shell)
