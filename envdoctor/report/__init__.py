"""Turn a report into text, one module a format; each has `render(report) -> str`."""
