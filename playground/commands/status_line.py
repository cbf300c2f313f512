"""One line at the foot of a terminal that is drawn again and again, and lines above it that stay."""

from __future__ import annotations

import time
from typing import TextIO

REDRAW_SECONDS = 0.1
BAR_WIDTH = 24


class StatusLine:
    """Progress on a terminal; in a log, only the lines that stay."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._on_terminal = out.isatty()
        self._drawn_at = -REDRAW_SECONDS
        self._is_shown = False

    def show(self, text: str) -> None:
        """Draws the line anew, at most ten times a second."""
        if self._on_terminal and time.monotonic() - self._drawn_at >= REDRAW_SECONDS:
            # The escape clears what a longer line before has left.
            print(f"\r\x1b[K{text}", end="", file=self._out, flush=True)
            self._drawn_at = time.monotonic()
            self._is_shown = True

    def print(self, text: str) -> None:
        """Adds a line that stays."""
        self.clear()
        print(text, file=self._out, flush=True)

    def clear(self) -> None:
        """Takes the line away."""
        if self._is_shown:
            print("\r\x1b[K", end="", file=self._out, flush=True)
            self._is_shown = False


def bar(share: float) -> str:
    """[######..................]  25%"""
    filled = round(BAR_WIDTH * min(1.0, max(0.0, share)))
    return f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {min(1.0, share):4.0%}"
