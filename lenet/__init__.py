"""LeNet on USPS: raw digit files to npz, a Gluon LeNet trained on them, and its evaluation."""

from lenet.core import arithmetic  # noqa: F401  (precedes every import of NumPy)
