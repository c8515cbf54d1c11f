"""How well a network does on a test set."""
