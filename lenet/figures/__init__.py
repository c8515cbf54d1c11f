"""Every picture that the workflow draws: a module for each picture."""
