"""Pictures made into images, and predictions printed."""
