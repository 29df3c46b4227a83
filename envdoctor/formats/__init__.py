"""Readers of the files that list packages: one module a format."""
