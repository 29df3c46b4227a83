"""envdoctor: a reproducibility and environment doctor for machine-learning stacks."""

__version__ = "0.1.0"
