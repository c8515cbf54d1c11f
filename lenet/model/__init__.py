"""LeNet-5 and how it sees an image; only its module `_mxnet` imports MXNet."""
