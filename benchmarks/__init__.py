"""Benchmarks: `make bench`. Ratios and figures of one run; nothing is asserted about time."""
