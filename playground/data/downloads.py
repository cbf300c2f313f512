"""The downloads of one server: started from any page, each in a thread of its own, watched by all."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from playground.data.download import Progress, download
from playground.data.fetch import Patience
from playground.data.registry import source
from playground.data.sources import Source
from playground.errors import PlaygroundError


@dataclass(frozen=True)
class DownloadState:
    """What a download is doing.

    Attributes:
        status: "idle" when it was never started.
        bytes_done: bytes that have arrived.
        bytes_total: bytes in all; 0 while that is not known.
        message: for the user: the file that is arriving, or what went wrong and how to mend it.
    """

    status: Literal["idle", "running", "done", "failed"] = "idle"
    bytes_done: int = 0
    bytes_total: int = 0
    message: str = ""

    @property
    def share(self) -> float:
        """From 0 to 1."""
        if self.status == "done":
            return 1.0
        return min(1.0, self.bytes_done / self.bytes_total) if self.bytes_total else 0.0


class Downloads:
    """At most one download of each data set at a time. Every method may be called from any thread."""

    def __init__(self, folder: Path | None = None, patience: Patience | None = None) -> None:
        """
        Args:
            folder: the data folder; None for the usual one.
            patience: retries and timeouts; None for the usual ones.
        """
        self._folder = folder
        self._patience = patience
        self._states: dict[str, DownloadState] = {}
        self._lock = threading.Lock()

    def start(self, name: str | Source) -> None:
        """Begin, or begin again after a failure; nothing happens while it is running.

        Raises:
            PlaygroundError: there is no data set of that name.
        """
        chosen = source(name)
        with self._lock:
            if self._states.get(chosen.name, DownloadState()).status == "running":
                return
            self._states[chosen.name] = DownloadState("running", 0, chosen.download_bytes, "Starting.")
        # A daemon: a server that ends need not wait for a download, which loses nothing by it.
        threading.Thread(target=self._run, args=(chosen,), name=f"download-{chosen.name}", daemon=True).start()

    def state(self, name: str | Source) -> DownloadState:
        """What the download of a data set is doing.

        Raises:
            PlaygroundError: there is no data set of that name.
        """
        with self._lock:
            return self._states.get(source(name).name, DownloadState())

    def _run(self, chosen: Source) -> None:
        def follow(progress: Progress) -> None:
            message = f"Downloading {progress.file}."
            self._set(chosen, DownloadState("running", progress.bytes_done, progress.bytes_total, message))

        try:
            download(chosen, self._folder, follow, self._patience)
        except PlaygroundError as error:
            self._end(chosen, "failed", str(error))
        except Exception as error:
            # Whatever it was: a page that says "running" for ever helps nobody.
            self._end(chosen, "failed", f"The download of {chosen.title} failed: {error!r}. Try again.")
            raise
        else:
            self._end(chosen, "done", f"{chosen.title} is on this computer.")

    def _end(self, chosen: Source, status: Literal["done", "failed"], message: str) -> None:
        self._set(chosen, replace(self.state(chosen), status=status, message=message))

    def _set(self, chosen: Source, state: DownloadState) -> None:
        with self._lock:
            self._states[chosen.name] = state
