"""Benchmarks of hashsvc beside naive ways and its peer: `python -m benchmarks --help`."""
