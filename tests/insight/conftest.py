"""The fixtures of these tests live in `trained_runs.py`, a name that tests can import from."""

from trained_runs import convolution, dense, without_validation

__all__ = ["convolution", "dense", "without_validation"]
