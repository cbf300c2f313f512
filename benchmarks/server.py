"""The app served on a free port, and the bench's end of its door."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.visitor import Visitor
from playground.errors import PlaygroundError
from playground.spec import RunSpec

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 90.0
WARM_SECONDS = 60.0


@dataclass(frozen=True)
class Mark:
    """How many images a run had learned from at one moment, in seconds of `time.monotonic()`."""

    time: float
    images: int
    step: int


class Server:
    """A running server; made by `served`."""

    def __init__(self, url: str, door: IO[bytes], send: socket.socket) -> None:
        self.url = url
        self._door = door
        self._socket = send

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        """One question to the server, and its answer."""
        self._socket.sendall(json.dumps({"ask": what, **arguments}).encode() + b"\n")
        told: dict[str, Any] = json.loads(self._door.readline())
        if "error" in told:
            raise PlaygroundError(f"The server could not answer {what!r}: {told['error']}")
        return told

    def submit(self, run: RunSpec) -> str:
        return str(self.ask("submit", spec=run.to_json())["run"])

    def mark(self, run: str) -> Mark:
        """Waits for the next news of a run.

        Raises:
            PlaygroundError: the run has ended.
        """
        told = self.ask("mark", run=run)
        if "ended" in told:
            raise PlaygroundError(f"The run to be measured is {told['ended']}.")
        return Mark(told["time"], told["images"], told["step"])

    def wait(self, run: str, *statuses: str, seconds: float = 30.0) -> float:
        """Waits until a run has one of these statuses; returns the moment.

        Raises:
            PlaygroundError: it has none of them after `seconds`.
        """
        told = self.ask("wait", run=run, statuses=statuses, seconds=seconds)
        if told["status"] not in statuses:
            raise PlaygroundError(f"After {seconds:g} s the run is {told['status']}, not {' or '.join(statuses)}.")
        return float(told["time"])

    def warm(self, run: RunSpec) -> None:
        """Has the worker started and the data set loaded, by one short run."""
        one = run.model_copy(update={"training": run.training.model_copy(update={"epochs": 1})})
        name = self.submit(one)
        self.wait(name, "running", seconds=WARM_SECONDS)
        self.mark(name)
        self.end(name)

    def end(self, run: str) -> None:
        self.ask("stop", run=run)
        self.wait(run, "stopped", "finished", "failed")
        self.ask("forget", run=run)

    def processor_seconds(self) -> float:
        """Processor time that the server's process, not its workers, has used."""
        return float(self.ask("processes")["seconds"])

    def pids(self) -> tuple[int, list[int]]:
        """The server's process, and those of its workers."""
        told = self.ask("processes")
        return int(told["server"]), [pid for pid in told["workers"] if pid]


@contextmanager
def served() -> Iterator[Server]:
    """The app, served for as long as the context lasts.

    Raises:
        PlaygroundError: it does not start; what it printed stands in the message.
    """
    with tempfile.TemporaryDirectory(prefix="playground-bench-") as folder:
        log, door = Path(folder) / "log", Path(folder) / "door"
        port = _free_port()
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "benchmarks" / "served.py"), str(port), str(door)],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(url, process, log)
            with Visitor(url) as visitor:
                visitor.load()  # the app's own first page starts the job service, not a question of the bench
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(door))
                with connection.makefile("rb") as lines:
                    yield Server(url, lines, connection)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as told:
                if told.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    text = log.read_text(errors="replace")[-2000:]
    raise PlaygroundError(f"The app's server did not start within {START_SECONDS:g} s.", f"It printed: {text}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
