"""Freeze an environment: solve what a recipe asks under what is known to work, write it, and check it later."""
