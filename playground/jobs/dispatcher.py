"""Who works on what: the records of all runs and tasks, the workers' places, and what the workers tell."""

from __future__ import annotations

import logging
import threading
from itertools import islice

from playground import settings
from playground.errors import PlaygroundError
from playground.jobs.pool import Place
from playground.jobs.protocol import (
    Problem,
    RunReport,
    TaskReport,
    ToServer,
    ToWorker,
    Turn,
    Warm,
    WeightsAnswer,
)
from playground.jobs.runs import RunRecord
from playground.jobs.tasks import TaskRecord

_log = logging.getLogger("playground.jobs")
MAX_KEPT_TASKS = 100
_BROKEN = Problem(
    "The training processes of this server do not start.",
    "The reason stands in the server's log.",
    "Please tell whoever runs this playground.",
)


class Dispatcher:
    """The records and the places, behind one lock.

    Attributes:
        changed: the lock; notified whenever a worker told something.
        runs, tasks: all that are known, the oldest first.
    """

    def __init__(self, workers: int, threads: int, packages: tuple[str, ...]) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.places = [Place(self, threads, packages) for _ in range(workers)]
        self.runs: dict[str, RunRecord] = {}
        self.tasks: dict[str, TaskRecord] = {}
        self._place_of: dict[str, Place] = {}  # of each unfinished run and task
        self._turns: dict[Place, str | None] = {}
        self._asked: set[str] = set()
        self._warm: list[str] = []

    # --- from the service, which holds the lock ---------------------------------------------------------------------

    def add(self, record: RunRecord | TaskRecord) -> None:
        """Gives a new run or task to the place with the least to do.

        Raises:
            PlaygroundError: no worker can be started on this server.
        """
        place = min(self._require_places(), key=self._load)
        if place.is_connected:
            for message in record.assignment():
                place.send(message)
        self._place_of[record.id] = place
        if isinstance(record, RunRecord):
            self.runs[record.id] = record
        else:
            self.tasks[record.id] = record

    def require_place(self) -> None:
        """Whether `add` would work.

        Raises:
            PlaygroundError: as `add`.
        """
        self._require_places()

    def keep(self, record: RunRecord) -> RunRecord:
        """Holds a run in memory that no worker has to do with; returns the one that is there already, if so."""
        known = self.runs.setdefault(record.id, record)
        self._forget_old(record.id)
        return known

    def send(self, name: str, message: ToWorker) -> bool:
        """Tells the worker of a run or task; False when there is none now. A fresh one is told all by itself."""
        place = self._place_of.get(name)
        if place is None or not place.is_connected:
            return False
        place.send(message)
        return True

    def ask(self, name: str, message: ToWorker) -> bool:
        """As `send`, but not again before the answer has come."""
        if name not in self._asked:
            if not self.send(name, message):
                return False
            self._asked.add(name)
        return True

    def warm(self, dataset: str) -> None:
        if dataset not in self._warm:
            self._warm.append(dataset)
            for place in self.places:
                if place.is_connected:
                    place.send(Warm(dataset))

    def release(self, name: str) -> None:
        """No worker has to do with this run or task any more."""
        self._place_of.pop(name, None)
        self._asked.discard(name)
        self._forget_old()

    # --- from the places, in their threads ----------------------------------------------------------------------------

    def connected(self, place: Place) -> None:
        with self.changed:
            place.is_connected = True
            for dataset in self._warm:
                place.send(Warm(dataset))
            for record in self._at(place):
                for message in record.assignment():
                    place.send(message)

    def received(self, place: Place, message: ToServer) -> None:
        with self.changed:
            if isinstance(message, Turn):
                self._turns[place] = message.id
            elif isinstance(message, RunReport):
                self._run_told(message)
            elif isinstance(message, TaskReport):
                self._task_told(message)
            elif isinstance(message, WeightsAnswer):
                self._asked.discard(message.id)
                if message.id in self.runs:
                    self.runs[message.id].answered(message.packet)
            self.changed.notify_all()

    def lost(self, place: Place) -> None:
        with self.changed:
            turn = self._turns.pop(place, None)
            for record in self._at(place):
                self._asked.discard(record.id)
                record.lost_worker(was_on=record.id == turn)
                if place.is_broken and record.is_active:
                    record.fail(_BROKEN)
                if not record.is_active:
                    self.release(record.id)
            self.changed.notify_all()

    def _run_told(self, report: RunReport) -> None:
        record = self.runs.get(report.id)
        if report.traceback:
            _log.error("A run ended by a fault:\n%s", report.traceback)
        if record is None or not record.is_active:
            return
        record.receive(report)
        if not record.is_active:
            self.release(record.id)

    def _task_told(self, report: TaskReport) -> None:
        record = self.tasks.get(report.id)
        if report.problem and report.problem.traceback:
            _log.error("A task ended by a fault:\n%s", report.problem.traceback)
        if record is None or not record.is_active:
            return
        record.receive(report)
        if not record.is_active:
            self.release(record.id)

    # --- small decisions ----------------------------------------------------------------------------------------------

    def _require_places(self) -> list[Place]:
        places = [place for place in self.places if not place.is_broken]
        if not places:
            raise PlaygroundError(_BROKEN.what, _BROKEN.expected, _BROKEN.mend)
        return places

    def _at(self, place: Place) -> list[RunRecord | TaskRecord]:
        names = [name for name, its_place in self._place_of.items() if its_place is place]
        return [self.runs.get(name) or self.tasks[name] for name in names]

    def _load(self, place: Place) -> int:
        return sum(record.status != "paused" for record in self._at(place))

    def _forget_old(self, needed: str = "") -> None:
        """Drops the oldest that have ended, beyond the number and the memory that are allowed; none that is not stored yet."""
        ended = [record for record in self.runs.values() if not record.is_active and record.id != needed]
        too_many = len(ended) - settings.number("max_kept_runs")
        bytes_kept = sum(record.kept_bytes for record in ended)
        for record in ended[:-1]:  # the newest stays whatever its size
            if too_many <= 0 and bytes_kept <= settings.number("max_kept_mb") * 1_000_000:
                break
            if not record.can_be_forgotten:
                continue
            del self.runs[record.id]
            too_many -= 1
            bytes_kept -= record.kept_bytes
        tasks = [task.id for task in self.tasks.values() if not task.is_active]
        for name in islice(tasks, max(0, len(tasks) - MAX_KEPT_TASKS)):
            del self.tasks[name]
