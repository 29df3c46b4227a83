"""What each command does, as functions that give values and print nothing."""
