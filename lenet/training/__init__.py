"""The training loop, its recipe, its warps and its replicas."""
