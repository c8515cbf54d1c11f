"""LeNet-5 and how it sees an image; the only package that imports MXNet."""
