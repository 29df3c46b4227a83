"""Real runs: throw-away environments with real packages."""
