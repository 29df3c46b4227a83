"""Run reference models and servers by the target's own Python, and judge what they measured.

`catalog` knows the trials, `running` runs them, `reading` makes nouns of what they print, `judge` judges, purely, and
`record` keeps the outcome for a fingerprint. `programs/` are the scripts that the target's Python runs.
"""
