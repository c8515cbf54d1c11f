"""Recognising the digits in a user's files: pictures become images, and predictions are printed."""
