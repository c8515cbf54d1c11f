"""Every picture that the workflow draws."""
