"""The job service: one a server. Workers train and do other long work; this is what pages talk to."""

from __future__ import annotations

import os
import pickle
import secrets
import threading
import time
from types import TracebackType
from typing import Any

from playground import settings
from playground.checks import require_trainable
from playground.errors import PlaygroundError
from playground.jobs.dispatcher import Dispatcher
from playground.jobs.protocol import AskWeights, CancelTask, ChangeSettings, Mode, SetMode, SetSpeed, StartTask
from playground.jobs.runs import RunInfo, RunRecord, Weights, run_label
from playground.jobs.task_turns import check_function
from playground.jobs.tasks import TaskRecord, TaskState
from playground.spec import RunSpec
from playground.training.changes import Changes, apply_changes
from playground.training.events import Event

WEIGHTS_AGE_SECONDS = 0.3


class JobService:
    """Trains runs in processes of their own. Any thread may call any method, and none but `weights` waits.

    Every method that takes the id of a run or task raises a PlaygroundError when this server does not know it.

    Args:
        workers: training processes; the setting `workers` when None.
        threads: of each process; the setting `threads` when None.
        task_packages: the packages whose functions may be run as tasks.
    """

    def __init__(
        self, workers: int | None = None, threads: int | None = None, task_packages: tuple[str, ...] = ("playground",)
    ) -> None:
        settings.check()
        cores = _cores()
        num_workers = workers or settings.number("workers") or max(1, cores // 2)
        num_threads = threads or settings.number("threads") or max(1, cores // num_workers)
        self._packages = task_packages
        self._dispatcher = Dispatcher(num_workers, num_threads, task_packages)
        self._lock: threading.Condition = self._dispatcher.changed
        self._runs, self._tasks = self._dispatcher.runs, self._dispatcher.tasks
        self._numbers: dict[str, int] = {}
        self._started = False

    # --- the service itself -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the workers and returns at once; they are ready after about two seconds."""
        with self._lock:
            if not self._started:
                self._started = True
                for place in self._dispatcher.places:
                    place.start()

    def close(self) -> None:
        """Ends the workers, and with them all that is unfinished."""
        for place in self._dispatcher.places:
            place.close()
        for place in self._dispatcher.places:
            place.join()

    def __enter__(self) -> JobService:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def warm(self, dataset: str) -> None:
        """Has every worker load a data set now, so that a run on it begins at once."""
        with self._lock:
            self._dispatcher.warm(dataset)

    def worker_pids(self) -> tuple[int | None, ...]:
        """The process of each worker; None while it is being replaced."""
        return tuple(place.pid for place in self._dispatcher.places)

    # --- runs -------------------------------------------------------------------------------------------------------

    def submit(self, run: RunSpec, owner: str, mode: Mode = "run") -> str:
        """Has a run trained for a visitor; returns its id, which cannot be guessed.

        Args:
            mode: "run" to the end, or "batch" or "epoch" to pause after the first one.

        Raises:
            PlaygroundError: the run cannot be trained, or the visitor, or the server, has as many unfinished runs as
                are allowed.
        """
        plan = require_trainable(run)
        with self._lock:
            self._check_limits(owner)
            number = self._numbers.get(owner, 0) + 1
            record = RunRecord(secrets.token_urlsafe(12), owner, run, run_label(number, run), plan.totals.memory_bytes)
            record.mode = mode
            self._dispatcher.add(record)
            self._numbers[owner] = number
            return record.id

    def pause(self, run_id: str) -> None:
        """Lets a run wait after the batches that it is at."""
        self._set_mode(run_id, "pause")

    def resume(self, run_id: str) -> None:
        """Lets a paused run go on."""
        self._set_mode(run_id, "run")

    def step_batch(self, run_id: str) -> None:
        """Has exactly one more batch learned from; then the run is paused."""
        self._set_mode(run_id, "batch")

    def step_epoch(self, run_id: str) -> None:
        """Has the run go on to the end of the present epoch; then it is paused."""
        self._set_mode(run_id, "epoch")

    def stop(self, run_id: str) -> None:
        """Ends a run; its weights stay as they are."""
        self._set_mode(run_id, "stop")

    def slow_motion(self, run_id: str, batches_per_second: float | None) -> None:
        """Slows a run down to so many batches a second; None for full speed."""
        with self._lock:
            record = self._run(run_id)
            speed = batches_per_second if batches_per_second and batches_per_second > 0 else None
            record.batches_per_second = speed
            self._dispatcher.send(run_id, SetSpeed(run_id, speed))

    def change(self, run_id: str, changes: Changes) -> None:
        """Changes settings of an unfinished run from its next batch on.

        Raises:
            PlaygroundError: the run has ended, or a setting cannot take that value; nothing is changed then.
        """
        with self._lock:
            record = self._run(run_id)
            if not record.is_active:
                raise PlaygroundError(
                    "This run has ended.", "Settings can be changed while a run goes on.", "Train again with them."
                )
            changed, _ = apply_changes(record.run, changes)
            if changed != record.run:
                record.change(changed, changes)
                self._dispatcher.send(run_id, ChangeSettings(run_id, changes))

    def events_since(self, run_id: str, cursor: int) -> tuple[list[Event], int]:
        """The events from number `cursor` on, in order, and the next cursor. Begin with 0."""
        with self._lock:
            events = self._run(run_id).events
            return events[max(0, cursor) :], len(events)

    def info(self, run_id: str) -> RunInfo:
        """A run as it stands."""
        with self._lock:
            return self._info(self._run(run_id))

    def runs(self, owner: str) -> list[RunInfo]:
        """All runs of a visitor, the newest first."""
        with self._lock:
            return [self._info(record) for record in reversed(self._runs.values()) if record.owner == owner]

    def forget(self, run_id: str) -> None:
        """Ends a run if need be, and drops all that is known of it."""
        with self._lock:
            self._run(run_id)
            self._dispatcher.send(run_id, SetMode(run_id, "stop"))
            del self._runs[run_id]
            self._dispatcher.release(run_id)

    def weights(self, run_id: str, timeout: float = 1.0) -> Weights:
        """The weights of a run: the present ones, at most 0.3 s old, or the last checkpoint's when the worker does not
        answer within `timeout` seconds; of an ended run the final ones. Many askers share one copy.

        Raises:
            PlaygroundError: the run has no weights, because it has not begun.
        """
        end = time.monotonic() + timeout
        with self._lock:
            record = self._run(run_id)
            answers = record.answers
            while (weights := record.fresh_weights(WEIGHTS_AGE_SECONDS)) is None:
                if not record.is_active or record.answers != answers:
                    break
                if not self._dispatcher.ask(run_id, AskWeights(run_id)):
                    break
                if not self._lock.wait(max(0.0, end - time.monotonic())):
                    break
            weights = weights or record.last_weights()
            is_active = record.is_active
        if weights is None:
            raise PlaygroundError(
                "This run has not begun to learn." if is_active else "This run ended before it began to learn.",
                "Its network has no weights yet.",
                "Wait a moment." if is_active else "Train again.",
            )
        return weights

    # --- tasks ------------------------------------------------------------------------------------------------------

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

    # --- small decisions --------------------------------------------------------------------------------------------

    def _set_mode(self, run_id: str, mode: Mode) -> None:
        with self._lock:
            record = self._run(run_id)
            if not record.is_active:
                return  # the click came too late, and the page will show the end
            record.mode = mode
            if not self._dispatcher.send(run_id, SetMode(run_id, mode)) and mode == "stop":
                record.stop_here()
                self._dispatcher.release(run_id)

    def _check_limits(self, owner: str) -> None:
        unfinished = [record.owner for record in self._runs.values() if record.is_active]
        mine, limit = unfinished.count(owner), settings.number("max_runs_per_visitor")
        if mine >= limit:
            raise PlaygroundError(
                f"You have {mine} unfinished runs.",
                f"One visitor may have {limit} at a time.",
                "Stop one of them, or wait until one has finished.",
            )
        limit = settings.number("max_runs")
        if len(unfinished) >= limit:
            raise PlaygroundError(
                f"This server has {len(unfinished)} unfinished runs.",
                f"It takes {limit} at a time.",
                "Wait until one has finished, and press Train again.",
            )

    def _info(self, record: RunRecord) -> RunInfo:
        waiting = [other.id for other in self._runs.values() if other.status == "waiting"]
        return record.info(waiting.index(record.id) + 1 if record.id in waiting else None)

    def _run(self, run_id: str) -> RunRecord:
        if run_id not in self._runs:
            raise PlaygroundError(
                "This run is not on this server any more.", "Only the latest runs are kept.", "Start a new one."
            )
        return self._runs[run_id]

    def _task(self, task_id: str) -> TaskRecord:
        if task_id not in self._tasks:
            raise PlaygroundError("This result is not on this server any more.", "Only the latest are kept.", "Ask for it again.")
        return self._tasks[task_id]


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
