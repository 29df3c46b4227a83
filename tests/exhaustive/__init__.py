"""What is too long for every change: run by hand, with dated results committed to fixtures/results."""
