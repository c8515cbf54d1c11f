"""LeNet on USPS: raw digit files to npz, a Gluon LeNet trained on them, and its evaluation."""
