"""Locks: an index and a conda channel that the tests build, and what is made from them."""
