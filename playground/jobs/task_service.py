"""Long work other than training, in the same workers."""

from __future__ import annotations

import pickle
import secrets
import threading
from typing import Any

from playground.errors import PlaygroundError
from playground.jobs.dispatcher import Dispatcher
from playground.jobs.protocol import CancelTask, StartTask
from playground.jobs.task_turns import check_function
from playground.jobs.tasks import TaskRecord, TaskState


class TaskService:
    """Has functions computed by the workers, in turn with the runs."""

    def __init__(self, dispatcher: Dispatcher, packages: tuple[str, ...]) -> None:
        self._dispatcher = dispatcher
        self._lock: threading.Condition = dispatcher.changed
        self._tasks = dispatcher.tasks
        self._packages = packages

    def start_task(self, function: str, arguments: dict[str, Any], owner: str, key: str | None = None) -> str:
        """Has a generator function computed by a worker, in turn with the runs; returns the task's id.

        Args:
            function: "playground.module:function"; it yields `TaskProgress` and returns a picklable result.
            arguments: its keyword arguments, picklable.
            key: an unfinished task of the same owner with the same key is cancelled.

        Raises:
            ValueError: the function is in none of the allowed packages.
        """
        check_function(function, self._packages)
        start = StartTask(secrets.token_urlsafe(12), function, pickle.dumps(arguments))
        record = TaskRecord(owner, key, start)
        with self._lock:
            same = [
                task.id
                for task in self._tasks.values()
                if key is not None and task.is_active and (task.owner, task.key) == (owner, key)
            ]
            for task_id in same:
                self.cancel_task(task_id)
            self._dispatcher.add(record)
            return record.id

    def task(self, task_id: str) -> TaskState:
        """A task as it stands."""
        with self._lock:
            return self._task(task_id).state()

    def cancel_task(self, task_id: str) -> None:
        """Drops a task that nobody waits for any more."""
        with self._lock:
            self._task(task_id).cancel()
            self._dispatcher.send(task_id, CancelTask(task_id))
            self._dispatcher.release(task_id)

    def _task(self, task_id: str) -> TaskRecord:
        if task_id not in self._tasks:
            raise PlaygroundError("This result is not on this server any more.", "Only the latest are kept.", "Ask for it again.")
        return self._tasks[task_id]
