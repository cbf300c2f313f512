"""The thread that writes: what was told goes into the database, in order and all at once, a few times a second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection

from sqlalchemy import Connection

from playground.errors import PlaygroundError
from playground.store.budget import Budget
from playground.store.database import RETRY_SECONDS, Database
from playground.store.log import RunLog
from playground.store.saving import load_log, save_log, save_study
from playground.store.told import Added, Told, bounded
from playground.store.troubles import in_words
from playground.store.values import StoredStudy

INTERVAL_SECONDS = 0.3
_CLOSING_SECONDS = 6.0
_log = logging.getLogger(__name__)


class Writer:
    """Takes what is told at once, and writes it from a thread of its own.

    Each transaction holds all that was told until then, so whatever happens to this process, the database holds what was
    told up to some moment, and nothing of what came after it.

    Attributes:
        problem: why nothing can be written, in words for the user; None when all is well.
    """

    def __init__(self, database: Database) -> None:
        self.problem: str | None = None
        self._database = database
        self._changed = threading.Condition()  # guards the next five
        self._queue: list[Told] = []
        self._studies: dict[str, StoredStudy] = {}
        self._told, self._stored = 0, 0  # how many things were told, and how many of them are in the database
        self._hurry = self._closing = False
        self._busy = threading.Lock()  # held while the logs are worked on; guards the rest
        self._waiting: list[Told] = []  # of runs whose logs are not loaded
        self._logs: dict[str, RunLog] = {}
        self._refused: set[str] = set()
        self._budget = Budget()
        self._again = False
        self._generation = 0
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def tell(self, told: Told) -> None:
        with self._changed:
            self._queue.append(told)
            self._count()

    def save_study(self, study: StoredStudy) -> None:
        with self._changed:
            self._studies[study.id] = study
            self._count()

    def waiting_studies(self) -> list[StoredStudy]:
        """Those that are not stored yet."""
        with self._changed:
            return list(self._studies.values())

    def flush(self, timeout: float) -> bool:
        """Waits until all that was told by now is stored; False when it is not in time."""
        with self._changed:
            told = self._told
            if self._stored < told:
                self._hurry = True
                self._changed.notify_all()
            return self._changed.wait_for(lambda: self._stored >= told, timeout)

    def close(self) -> None:
        """Tries once more to store what waits, and ends the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_CLOSING_SECONDS)

    def drop(self, run_ids: Collection[str], study_ids: Collection[str], delete: Callable[[], None]) -> None:
        """Forgets what waits of runs and studies, and has them deleted before anything else is written."""
        with self._busy:
            delete()
            with self._changed:
                self._queue = [told for told in self._queue if told.run_id not in run_ids]
                for study_id in study_ids:
                    self._studies.pop(study_id, None)
            self._waiting = [told for told in self._waiting if told.run_id not in run_ids]
            for run_id in run_ids:
                self._logs.pop(run_id, None)

    def _count(self) -> None:
        if self._told == self._stored:
            self._changed.notify_all()
        self._told += 1

    def _run(self) -> None:
        self._open()
        wrote_at = -RETRY_SECONDS
        while True:
            with self._changed:
                # While there is trouble, it is looked now and then whether it is over, so that nobody is told of it longer.
                again = RETRY_SECONDS if self.problem else None
                self._changed.wait_for(lambda: self._closing or self._told > self._stored, again)
                pause = RETRY_SECONDS if self.problem else INTERVAL_SECONDS
                left = wrote_at + pause - time.monotonic()
                self._changed.wait_for(lambda: self._closing or (self._hurry and not self.problem), max(0.0, left))
                closing, hurry = self._closing, self._hurry
                self._hurry = False
            if self._told > self._stored:
                self._write(everything=closing or hurry)
                wrote_at = time.monotonic()
            elif self.problem:
                self._open()
            if closing:
                return

    def _open(self) -> None:
        """Opens the database before it is needed, so that its trouble is known early."""
        try:
            with self._database.read():
                self.problem = None
        except Exception as error:
            self._fail(error)

    def _write(self, everything: bool) -> None:
        with self._busy:
            with self._changed:
                told, studies = self._told, dict(self._studies)
                self._waiting += self._queue
                self._queue = []
            try:
                self._take_waiting(None)
                some_wait = self._write_all(studies, everything)
            except Exception as error:
                self._fail(error)
                self._again = True
                self._waiting = bounded(self._waiting)
                return
            self.problem, self._again = None, False
        with self._changed:
            self._stored = told - some_wait  # while checkpoints wait, the last thing told counts as not stored
            for name, study in studies.items():
                if self._studies.get(name) is study:
                    del self._studies[name]
            self._changed.notify_all()

    def _write_all(self, studies: dict[str, StoredStudy], everything: bool) -> bool:
        """Writes all that has changed; returns whether checkpoints are left to wait."""
        whole: set[str] = set()
        try:
            with self._database.write() as connection:
                self._notice_a_new_database()
                self._take_waiting(connection)
                whole = self._written_whole(everything)
                changed = {name: log for name, log in self._logs.items() if log.row_changed or name in whole}
                gone = [
                    name
                    for name, log in changed.items()
                    if not save_log(connection, log, again=self._again, with_checkpoints=name in whole)
                ]
                for study in studies.values():
                    save_study(connection, study)
        except PlaygroundError:
            raise
        except Exception:
            _log.exception("A transaction was refused; each run is stored apart.")
            self._write_apart(studies)
            return False
        for name in gone:
            del self._logs[name]
        for name, log in list(self._logs.items()):
            if name in whole:
                self._budget.spend(log.checkpoints.waiting_bytes)
            log.is_stored(with_checkpoints=name in whole)
            if log.has_ended:
                del self._logs[name]  # it is loaded again if more is told of it
        return any(log.checkpoints.waiting for log in self._logs.values())

    def _written_whole(self, everything: bool) -> set[str]:
        """The runs whose checkpoints are written now; those of runs that train may have to wait."""
        waiting = {name: log for name, log in self._logs.items() if log.checkpoints.waiting}
        if everything or self._again or self._budget.allows(sum(log.checkpoints.waiting_bytes for log in waiting.values())):
            return set(waiting)
        # The first one does not wait: without any, a branch could not go on.
        return {name for name, log in waiting.items() if not log.is_training or log.checkpoints.none_is_stored}

    def _write_apart(self, studies: dict[str, StoredStudy]) -> None:
        """Something cannot be stored, whatever one does: the runs and studies that it concerns are left out."""
        for name, log in list(self._logs.items()):
            try:
                with self._database.write() as connection:
                    save_log(connection, log, again=True)
                log.is_stored(with_checkpoints=True)
            except PlaygroundError:
                raise
            except Exception:
                self._refuse(name)
        for study in studies.values():
            try:
                with self._database.write() as connection:
                    save_study(connection, study)
            except PlaygroundError:
                raise
            except Exception:
                _log.exception("The study %s cannot be stored.", study.id)

    def _take_waiting(self, connection: Connection | None) -> None:
        """Applies what was told to the logs; of runs not seen before only with a connection, to load them."""
        still: list[Told] = []
        for told in self._waiting:
            name = told.run_id
            try:
                if isinstance(told, Added):
                    self._logs.setdefault(name, RunLog(told.row))
                elif self._is_known(name, connection):
                    told.apply(self._logs[name])
                elif connection is None:
                    still.append(told)
            except (PlaygroundError, ValueError, TypeError, AttributeError, ArithmeticError):
                self._refuse(name)
        self._waiting = still

    def _is_known(self, name: str, connection: Connection | None) -> bool:
        if name not in self._logs and connection is not None and name not in self._refused:
            log = load_log(connection, name)
            if log is not None:  # otherwise it was deleted, and nothing more is to be kept of it
                self._logs[name] = log
        return name in self._logs

    def _notice_a_new_database(self) -> None:
        if self._database.generation != self._generation:
            self._generation = self._database.generation
            for log in self._logs.values():
                log.start_anew()

    def _refuse(self, name: str) -> None:
        _log.exception("The run %s cannot be stored.", name)
        self._logs.pop(name, None)
        self._refused.add(name)

    def _fail(self, error: Exception) -> None:
        trouble = in_words(error, self._database.place)
        self.problem = f"{trouble} Training goes on, and what it does is stored as soon as that is possible."
