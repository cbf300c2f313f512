"""What the server keeps of a task: long work other than training."""

from __future__ import annotations

import logging
import pickle
from dataclasses import dataclass
from typing import Any, Literal

from playground.errors import PlaygroundError
from playground.jobs.protocol import Problem, StartTask, TaskReport, ToWorker
from playground.progress import TaskProgress

_log = logging.getLogger("playground.jobs")
LOST_WORKERS_ALLOWED = 1

TaskStatus = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, eq=False)
class TaskState:
    """A task as it stands.

    Attributes:
        progress: the latest that it told, or None.
        result: what the function returned, once it is "done".
        error: what went wrong, in words for the user, once it has "failed".
    """

    id: str
    owner: str
    status: TaskStatus
    progress: TaskProgress | None = None
    result: Any = None
    error: PlaygroundError | None = None

    @property
    def is_active(self) -> bool:
        return self.status in ("waiting", "running")


class TaskRecord:
    """One task on the server. Its owner, the service, holds the lock."""

    def __init__(self, owner: str, key: str | None, start: StartTask) -> None:
        self.id = start.id
        self.owner = owner
        self.key = key
        self.start = start
        self.status: TaskStatus = "waiting"
        self._progress: TaskProgress | None = None
        self._result: Any = None
        self._error: PlaygroundError | None = None
        self._lost_workers = 0

    @property
    def is_active(self) -> bool:
        return self.status in ("waiting", "running")

    def assignment(self) -> list[ToWorker]:
        """What a fresh worker is told."""
        return [self.start]

    def state(self) -> TaskState:
        return TaskState(self.id, self.owner, self.status, self._progress, self._result, self._error)

    def receive(self, report: TaskReport) -> None:
        """Takes what a worker tells."""
        if not self.is_active:
            return
        self.status = "running"
        if report.progress is not None:
            self._progress = report.progress
        if report.result is not None:
            self._take_result(report.result)
        if report.problem is not None:
            self.fail(report.problem)

    def _take_result(self, packed: bytes) -> None:
        try:
            self._result = pickle.loads(packed)
        except Exception:  # unpickling raises whatever the value's own methods raise
            _log.exception("The result of %s cannot be read.", self.start.function)
            self.fail(Problem("This could not be computed, by a fault of the playground.", mend="Try again."))
        else:
            self._end("done")

    def fail(self, problem: Problem) -> None:
        self._error = PlaygroundError(problem.what, problem.expected, problem.mend)
        self._end("failed")

    def cancel(self) -> None:
        if self.is_active:
            self._end("cancelled")

    def lost_worker(self, was_on: bool) -> None:
        """Its worker died: it starts again, unless it was on for the second time."""
        self._lost_workers += was_on
        self._progress = None
        self.status = "waiting"
        if self._lost_workers > LOST_WORKERS_ALLOWED:
            self.fail(
                Problem(
                    "The process that computed this was lost, for the second time.",
                    "Most often there is not enough memory.",
                    "Try it with fewer images or a smaller network.",
                )
            )

    def _end(self, status: TaskStatus) -> None:
        self.status = status
        self.start = StartTask(self.id, self.start.function, b"")  # weights and images are not kept any longer
