"""Benchmarks: they print counts and ratios, and fail only when a bound in either is broken."""
