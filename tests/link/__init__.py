"""The link check: what code asks for and gives, and whether the two meet."""
