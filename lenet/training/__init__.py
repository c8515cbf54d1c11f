"""The training loop, its recipe, its augmentations and its replicas."""
