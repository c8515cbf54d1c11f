import lenet  # noqa: F401  (caps the arithmetic, so before NumPy)
