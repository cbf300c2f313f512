"""Long work other than training, advanced by a worker between the runs."""

from __future__ import annotations

import importlib
import inspect
import pickle
import re
import time
import traceback
from collections.abc import Callable, Generator
from typing import Any

import torch

from playground.errors import PlaygroundError
from playground.jobs.protocol import Problem, StartTask, TaskReport, ToServer
from playground.progress import TaskProgress

PROGRESS_SECONDS = 0.1
_FUNCTION = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*:[a-z][a-z0-9_]*")


def check_function(function: str, packages: tuple[str, ...]) -> None:
    """Raises ValueError unless `function` is "module:name" with a module in one of the `packages`.

    The name comes from the program's own code; the check keeps it from ever becoming a way to call anything else.
    """
    module = function.partition(":")[0]
    inside = any(module == package or module.startswith(f"{package}.") for package in packages)
    if not inside or not _FUNCTION.fullmatch(function):
        raise ValueError(f"{function!r} is not a function of {' or '.join(packages)}")


class TaskTurns:
    """One task in a worker: a generator, advanced one `next` at a time."""

    def __init__(self, start: StartTask, packages: tuple[str, ...], threads: int, send: Callable[[ToServer], None]) -> None:
        self.id = start.id
        self.ended = False
        self._start = start
        self._packages = packages
        self._threads = threads
        self._send = send
        self._steps: Generator[TaskProgress, None, Any] | None = None
        self._told_at = 0.0

    def ready_in(self, now: float) -> float | None:
        """Seconds until there is something to do: 0 until it has ended."""
        return None if self.ended else 0.0

    def advance(self) -> None:
        """One slice of work. Whatever goes wrong ends this task only."""
        try:
            if self._steps is None:
                self._steps = self._open()
            if torch.get_num_threads() != self._threads:
                torch.set_num_threads(self._threads)
            progress = next(self._steps)
            if time.monotonic() - self._told_at > PROGRESS_SECONDS:
                self._send(TaskReport(self.id, progress=progress))
                self._told_at = time.monotonic()
        except StopIteration as finished:
            self.ended = True
            self._deliver(finished.value)
        except PlaygroundError as error:
            self._fail(Problem(error.what, error.expected, error.mend))
        except MemoryError:
            self._fail(Problem("There was not enough memory for this.", mend="Try it with fewer images."))
        except Exception:
            self._fail(_fault(traceback.format_exc()))

    def flush(self) -> None:
        """Nothing waits: progress is sent as it comes."""

    def close(self) -> None:
        """Drops the task."""
        self.ended = True
        if self._steps is not None:
            self._steps.close()

    def _open(self) -> Generator[TaskProgress, None, Any]:
        check_function(self._start.function, self._packages)
        module, _, name = self._start.function.partition(":")
        function = getattr(importlib.import_module(module), name)
        if not inspect.isgeneratorfunction(function):
            raise TypeError(f"{self._start.function} is not a generator function")
        return function(**pickle.loads(self._start.arguments))  # type: ignore[no-any-return]

    def _deliver(self, result: object) -> None:
        try:
            packed = pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
        except Exception:
            self._fail(_fault(traceback.format_exc()))
        else:
            self._send(TaskReport(self.id, result=packed))

    def _fail(self, problem: Problem) -> None:
        self.ended = True
        self._send(TaskReport(self.id, problem=problem))


def _fault(log: str) -> Problem:
    return Problem(
        "This could not be computed, by a fault of the playground.",
        "The details stand in the server's log.",
        "Try again; if it happens again, please tell whoever runs this playground.",
        log,
    )
