"""Shared by all packages: errors, whole files, images and labels, parameters."""
