"""The fixtures of these tests live in `tiny_data.py`, a name that tests can import from."""

from tiny_data import hasty, mirror, tiny

__all__ = ["hasty", "mirror", "tiny"]
