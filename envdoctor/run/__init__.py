"""Run a job as if nothing stood between it and its terminal, and keep what it says to be diagnosed."""
