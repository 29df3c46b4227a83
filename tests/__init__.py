"""The tests: `python3 tests` runs them in a private environment of their own."""
