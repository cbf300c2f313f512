"""A contestant: a program of its own that trains one epoch whenever it is told to.

Contestants take turns, so that whatever else the computer does falls on all of them alike. Each is a process, because
Keras has its own environment, and because two libraries in one process would share their threads.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from playground.errors import PlaygroundError

FOLDER = Path(__file__).parent / "contestants"
ROOT = Path(__file__).parents[1]
REST_SECONDS = 0.1


class Contestant:
    """Starts the program `contestants/<script>`; a context manager, which ends it.

    Args:
        title: its name in the figures.
        python: the interpreter.
        arguments: of the program.
        environment: the whole environment of the process.

    Attributes:
        ready: what it said when it stood ready: `num_parameters`, `threads` and versions.
    """

    def __init__(self, title: str, python: str, script: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
        self.title = title
        self.ready: dict[str, Any] = {}
        self._process = subprocess.Popen(
            [python, str(FOLDER / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if script != "keras_fit.py" else subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def __enter__(self) -> Contestant:
        try:
            self.ready = self._read()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def epoch(self) -> dict[str, Any]:
        """Lets it train one epoch; returns `seconds`, `processor_seconds`, `images` and `loss`."""
        assert self._process.stdin
        time.sleep(REST_SECONDS)  # the one before may still keep its threads spinning for some milliseconds
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        """The next line that is JSON; libraries print other things."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise PlaygroundError(f"{self.title} ended with code {self._process.wait()}.", mend="Its output above says why.")
