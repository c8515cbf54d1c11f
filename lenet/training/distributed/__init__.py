"""Training by several processes, over MXNet's parameter server."""
