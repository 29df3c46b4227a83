"""The tests of the gate: formats for other systems, files, baselines, subjects, hostile input, ready pieces."""
