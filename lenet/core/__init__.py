"""What every package shares: errors, whole files, images and labels, parameters."""
