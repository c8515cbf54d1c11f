import lenet  # noqa: F401  (caps the arithmetic before NumPy is imported)
