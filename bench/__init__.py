"""Benchmarks: `make bench`. Ratios within one run count, because machines are noisy."""
