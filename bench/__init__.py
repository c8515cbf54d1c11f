"""Benchmarks: `make bench`. Figures are ratios, side by side in one run, as machines are noisy."""
