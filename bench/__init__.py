"""Benchmarks: `make bench`. Ratios within one run count, because machines are noisy."""

import lenet  # noqa: F401  (caps the arithmetic, so before NumPy)
