"""The store: runs, their events and checkpoints, and studies, in a database. Any thread may call any method."""

from __future__ import annotations

import atexit
import time
import weakref
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from playground.errors import PlaygroundError
from playground.store import reading
from playground.store.database import Database
from playground.store.log import RunLog
from playground.store.saving import save_log
from playground.store.tables import runs, studies
from playground.store.told import Added, CheckpointTaken, Ended, Happened
from playground.store.values import CheckpointInfo, Origin, RunSummary, StoredRun, StoredStudy, StoredWeights
from playground.store.words import plain, text_words
from playground.store.writer import Writer
from playground.training.events import Event

MAX_NAME_CHARACTERS = 200
MAX_NOTE_CHARACTERS = 10_000
_SETTLE_SECONDS = 2.0


class Store:
    """Keeps runs in a database, as they happen.

    What is told (`add`, `events`, `checkpoint`, `final`, `save_study`) returns at once and never raises: a thread of the
    store's own writes it within half a second, all of it in one transaction and in the order in which it was told. While
    the database cannot be written to, `problem` says why, everything waits in memory, and is stored when it can be.
    When checkpoints come in very fast, they wait some seconds, so that storing them takes no time from the training;
    the run then goes on from an earlier one, and nothing is lost but those seconds' work.

    Args:
        url: an SQLAlchemy address. None: the setting `database_url`, else an SQLite file below the setting `runs_dir`.
    """

    def __init__(self, url: str | None = None) -> None:
        self._database = Database(url)
        self._writer = Writer(self._database)
        atexit.register(_close, weakref.ref(self))

    # --- what is told -----------------------------------------------------------------------------------------------

    def add(self, run_id: str, owner: str, number: int, name: str, spec_json: str, created: float, origin: Origin) -> None:
        """A run was submitted."""
        name, spec = plain(name, MAX_NAME_CHARACTERS), spec_json
        row = StoredRun(run_id, owner, name, spec, created, RunSummary(), origin, True, number=number, submitted_json=spec)
        self._writer.tell(Added(run_id, row))

    def events(self, run_id: str, events: Sequence[Event], spec_json: str, repeatable: bool) -> None:
        """More happened in a run; `spec_json` holds the settings in force."""
        self._writer.tell(Happened(run_id, tuple(events), spec_json, repeatable))

    def checkpoint(self, run_id: str, step: int, epoch: float, data: bytes, keep: bool) -> None:
        """A run can go on from here.

        Args:
            keep: for the time machine: of these at most 24 are kept a run, evenly spread, with the first and the latest.
                Any other is replaced by the next.
        """
        self._writer.tell(CheckpointTaken(run_id, step, epoch, data, keep))

    def final(self, run_id: str, weights: StoredWeights) -> None:
        """The weights that a run ended with."""
        self._writer.tell(Ended(run_id, weights))

    def save_study(self, study: StoredStudy) -> None:
        """A study, new or changed."""
        self._writer.save_study(study)

    def flush(self, timeout: float = 5.0) -> bool:
        """Waits until all that was told is stored; False when it is not within `timeout` seconds."""
        return self._writer.flush(timeout)

    def close(self) -> None:
        """Stores what waits, if it can be, and closes the database."""
        self._writer.close()
        self._database.close()

    @property
    def problem(self) -> str | None:
        """Why nothing can be stored at present, in words for the user; None when all is well."""
        return self._writer.problem

    # --- reading: each raises a PlaygroundError when the database cannot be read --------------------------------------

    def run(self, run_id: str) -> StoredRun | None:
        with self._database.read() as connection:
            return reading.run(connection, run_id)

    def runs(
        self,
        owner: str | None,
        *,
        search: str = "",
        starred: bool = False,
        deleted: bool = False,
        trials: bool = False,
        study: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[StoredRun]:
        """The runs of a visitor, the newest first.

        Args:
            owner: None for the runs of all visitors, which only whoever runs the server may see.
            search: words that must all occur in the name, the note, or the spec (data set, layers, optimizer, ...).
            starred: only those with a star.
            deleted: those in the bin, instead of those that are not.
            trials: the trials of studies too.
            study: only the trials of this study.
        """
        with self._database.read() as connection:
            conditions = reading.chosen(owner, search, starred, deleted, trials, study)
            return reading.runs_where(connection, conditions, limit, offset)

    def count(self, owner: str) -> int:
        """How many runs `runs(owner)` gives."""
        with self._database.read() as connection:
            return reading.count_where(connection, reading.chosen(owner, "", False, False, False, None))

    def next_number(self, owner: str) -> int:
        """The number for the visitor's next run, from 1; whoever counts on has to begin with it once."""
        with self._database.read() as connection:
            return reading.highest_number(connection, owner) + 1

    def events_of(self, run_id: str) -> list[Event]:
        """All but the batches in order, then one `CurveKept` with at most 2,000 of the batches (none before the first).

        The latest `SamplesPredicted`, the only one that is kept, stands before the curve.
        """
        with self._database.read() as connection:
            return reading.events_of(connection, run_id)

    def checkpoints(self, run_id: str) -> list[CheckpointInfo]:
        """In the order of their steps."""
        with self._database.read() as connection:
            return reading.checkpoint_infos(connection, run_id)

    def checkpoint_data(self, run_id: str, number: int) -> bytes:
        """One checkpoint; raises a PlaygroundError also when it is not there (any more)."""
        with self._database.read() as connection:
            data = reading.checkpoint_data(connection, run_id, number)
        if data is None:
            raise PlaygroundError(
                "This moment of the run is not stored any more.",
                "Of a long run every second saved moment is dropped now and then.",
                "Choose one of those that the slider shows now.",
            )
        return data

    def latest_checkpoint(self, run_id: str) -> bytes | None:
        """What a run goes on from."""
        with self._database.read() as connection:
            return reading.latest_checkpoint(connection, run_id)

    def final_weights(self, run_id: str) -> StoredWeights | None:
        with self._database.read() as connection:
            return reading.final_weights(connection, run_id)

    def storage_bytes(self, owner: str) -> int:
        """What a visitor's runs take up, those in the bin too."""
        with self._database.read() as connection:
            return reading.storage_bytes(connection, owner)

    def study(self, study_id: str) -> StoredStudy | None:
        waiting = [study for study in self._writer.waiting_studies() if study.id == study_id]
        if waiting:
            return waiting[0]
        with self._database.read() as connection:
            return reading.study(connection, study_id)

    def studies(self, owner: str) -> list[StoredStudy]:
        """The newest first."""
        waiting = {study.id: study for study in self._writer.waiting_studies() if study.owner == owner}
        with self._database.read() as connection:
            found = {study.id: study for study in reading.studies_of(connection, owner)}
        return sorted((found | waiting).values(), key=lambda study: study.created, reverse=True)

    # --- the user's edits: done at once; each raises a PlaygroundError when it cannot be done -------------------------

    def rename(self, run_id: str, name: str) -> None:
        name = plain(name, MAX_NAME_CHARACTERS).strip()
        if not name:
            raise PlaygroundError("A run needs a name.", "The field is empty.", "Write a short name.")
        self._edit_words(run_id, name=name)

    def annotate(self, run_id: str, note: str) -> None:
        self._edit_words(run_id, note=plain(note, MAX_NOTE_CHARACTERS))

    def star(self, run_id: str, starred: bool) -> None:
        self._edit([run_id], starred=starred)

    def put(self, log: RunLog) -> None:
        """Stores a whole run at once, such as an imported one.

        Raises:
            PlaygroundError: the database cannot be written to.
            SQLAlchemyError, OverflowError: what is to be stored is refused; then nothing is.
        """
        with self._database.write() as connection:
            save_log(connection, log)

    def set_origin(self, run_id: str, origin: Origin) -> None:
        self._edit([run_id], **vars(origin))

    def delete(self, run_ids: Sequence[str]) -> None:
        """Puts runs in the bin."""
        self._edit(run_ids, deleted=time.time())

    def restore(self, run_ids: Sequence[str]) -> None:
        """Takes runs out of the bin."""
        self._edit(run_ids, deleted=None)

    def purge_deleted(self, older_than_seconds: float) -> int:
        """Really deletes what has been in the bin for so long; returns how many runs."""
        with self._database.read() as connection:
            old = list(connection.scalars(select(runs.c.id).where(runs.c.deleted <= time.time() - older_than_seconds)))
        self._forget(old)
        return len(old)

    def forget(self, run_id: str) -> None:
        """Really deletes a run; what is told of it later is ignored."""
        self._forget([run_id])

    def delete_study(self, study_id: str) -> None:
        """Really deletes a study and its trials."""
        self._settle()
        with self._database.read() as connection:
            trials = list(connection.scalars(select(runs.c.id).where(runs.c.study == study_id)))
        self._forget(trials, [study_id])

    def _settle(self) -> None:
        """What was told before an edit is stored before it, if it can be."""
        self._writer.flush(_SETTLE_SECONDS)

    def _edit(self, run_ids: Sequence[str], **values: Any) -> None:
        self._settle()
        with self._database.write() as connection:
            found = sum(
                connection.execute(update(runs).where(runs.c.id.in_(some)).values(**values)).rowcount for some in _slices(run_ids)
            )
        if run_ids and not found:
            raise _not_there()

    def _edit_words(self, run_id: str, **changed: str) -> None:
        self._settle()
        with self._database.write() as connection:
            row = connection.execute(select(runs.c.name, runs.c.note).where(runs.c.id == run_id)).first()
            if row is None:
                raise _not_there()
            words = {"name": row.name, "note": row.note} | changed
            connection.execute(update(runs).where(runs.c.id == run_id).values(**words, text_words=text_words(**words)))

    def _forget(self, run_ids: Sequence[str], study_ids: Sequence[str] = ()) -> None:
        def delete_rows() -> None:
            with self._database.write() as connection:
                for some in _slices(run_ids):
                    connection.execute(delete(runs).where(runs.c.id.in_(some)))
                for some in _slices(study_ids):
                    connection.execute(delete(studies).where(studies.c.id.in_(some)))
            self._database.shrink()

        if run_ids or study_ids:
            self._writer.drop(set(run_ids), set(study_ids), delete_rows)


def _slices(names: Sequence[str]) -> list[Sequence[str]]:
    """A statement takes only so many values."""
    return [names[i : i + 500] for i in range(0, len(names), 500)]


def _not_there() -> PlaygroundError:
    return PlaygroundError("This run is not stored any more.", "It was deleted.", "Look at the list of runs again.")


def _close(store: weakref.ref[Store]) -> None:
    alive = store()
    if alive is not None:
        alive.close()
