"""How much may be written per second. A short run learns through an epoch in a tenth of a second, and each has a checkpoint."""

from __future__ import annotations

import time

BURST_BYTES = 8e6
BYTES_PER_SECOND = 2e6
# More than this does not wait in memory.
MOST_WAITING_BYTES = 64e6


class Budget:
    """Lets checkpoints through as long as they do not take time from the training: writing a megabyte takes some 2 ms."""

    def __init__(self) -> None:
        self._left = BURST_BYTES
        self._at = time.monotonic()

    def allows(self, waiting_bytes: int) -> bool:
        """Whether so much may be written now."""
        now = time.monotonic()
        self._left = min(BURST_BYTES, self._left + BYTES_PER_SECOND * (now - self._at))
        self._at = now
        return self._left > 0 or waiting_bytes > MOST_WAITING_BYTES

    def spend(self, written_bytes: int) -> None:
        """So much was written; the budget may go below nothing."""
        self._left -= written_bytes
