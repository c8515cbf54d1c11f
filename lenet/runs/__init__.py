"""Runs of the project side by side: their results, their parameters and their data."""
