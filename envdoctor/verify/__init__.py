"""Try claims for real: throw-away environments, what ran in them, and the matrix brought up to date by it."""
