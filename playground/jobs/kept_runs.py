"""The runs that are stored: brought back when somebody asks for them, and what their owner may do with them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

from playground import data
from playground.checks import check, require_trainable
from playground.errors import PlaygroundError
from playground.jobs.dispatcher import Dispatcher
from playground.jobs.protocol import SetMode
from playground.jobs.run_info import RunInfo, Weights, info_of, parse_spec
from playground.jobs.runs import RunRecord
from playground.store.store import Store
from playground.store.values import CheckpointInfo, StoredRun
from playground.training.checkpoint import Checkpoint

MAX_NAME_CHARACTERS = 80


class KeptRuns:
    """Between the runs in memory, which are being trained or were looked at, and the store. No lock is held while the
    store is read.

    Args:
        dispatcher: knows the runs in memory.
        store: None when runs are not stored.
    """

    def __init__(self, dispatcher: Dispatcher, store: Store | None) -> None:
        self._dispatcher = dispatcher
        self._store = store
        self._deleted: set[str] = set()
        self._weights_of = lru_cache(maxsize=8)(self._read_weights)

    def recall(self, run_id: str) -> RunRecord:
        """A run in memory, brought back from the store if need be.

        Raises:
            PlaygroundError: there is no such run, or the store cannot be read.
        """
        with self._dispatcher.changed:
            record = self._dispatcher.runs.get(run_id)
        if record is not None:
            return record
        stored = self._stored(run_id)
        if stored.deleted is not None:
            self._deleted.add(run_id)  # by an earlier server
        restored = self._restored(stored)
        with self._dispatcher.changed:
            return self._dispatcher.keep(restored)

    def info(self, run_id: str) -> RunInfo:
        """A stored run as it stood."""
        return info_of(self._stored(run_id))

    def infos(self, owner: str, limit: int) -> list[RunInfo]:
        """A visitor's stored runs, the newest first; none while the store cannot be read."""
        if self._store is None:
            return []
        try:
            found = self._store.runs(owner, limit=limit)
        except PlaygroundError:
            return []  # the page says so already
        infos = []
        for stored in found:
            with suppress(PlaygroundError):  # one that cannot be read hides none of the others
                infos.append(info_of(stored))
        return infos

    def last_number(self, owner: str) -> int | None:
        """The highest number of the owner's stored runs; None while the store cannot be read."""
        try:
            return self._store.next_number(owner) - 1 if self._store else 0
        except PlaygroundError:
            return None

    def require_resumable(self, record: RunRecord) -> None:
        """Whether an interrupted run can go on.

        Raises:
            PlaygroundError: it is in the bin; it cannot be trained; or its data set, or what it branched from, is gone.
        """
        if self.is_deleted(record.id):
            raise PlaygroundError("This run is in the bin.", mend="Take it out of the bin first.")
        if record.has_lost_its_beginning:
            raise PlaygroundError(
                "The state that this run branched from was not stored in time.", "A branch goes on from there.", "Branch again."
            )
        plan = require_trainable(record.run)
        if not data.is_available(plan.source):
            raise PlaygroundError(
                f"{plan.source.title} is not on this server any more.",
                "A run goes on with the images that it began with.",
                "Fetch the data set again, then continue.",
            )

    # --- moments --------------------------------------------------------------------------------------------------------

    def checkpoints(self, run_id: str) -> list[CheckpointInfo]:
        return self._store.checkpoints(run_id) if self._store else []

    def checkpoint_data(self, run_id: str, number: int) -> bytes:
        """A checkpoint's bytes.

        Raises:
            PlaygroundError: it is not there (any more).
        """
        if self._store is None:
            raise PlaygroundError("This server keeps no earlier states of a run.", "It has no database.")
        return self._store.checkpoint_data(run_id, number)

    def weights_at(self, run_id: str, number: int) -> Weights:
        return self._weights_of(run_id, number)

    def _read_weights(self, run_id: str, number: int) -> Weights:
        moment = next((moment for moment in self.checkpoints(run_id) if moment.number == number), None)
        checkpoint = Checkpoint.from_bytes(self.checkpoint_data(run_id, number))
        return Weights(checkpoint.progress["step"], moment.epoch if moment else 0.0, checkpoint.weights)

    # --- what an owner does ---------------------------------------------------------------------------------------------

    def rename(self, run_id: str, name: str) -> None:
        """Gives a run another name.

        Raises:
            PlaygroundError: the name is empty or too long, or the store cannot be written.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
            raise PlaygroundError(
                f"This name has {len(name)} characters.", f"1 to {MAX_NAME_CHARACTERS} are allowed.", "Choose a shorter one."
            )
        self._writable().rename(run_id, name)
        with self._dispatcher.changed:
            if run_id in self._dispatcher.runs:
                self._dispatcher.runs[run_id].label = name

    def star(self, run_id: str, starred: bool) -> None:
        self._writable().star(run_id, starred)
        with self._dispatcher.changed:
            if run_id in self._dispatcher.runs:
                self._dispatcher.runs[run_id].starred = starred

    def annotate(self, run_id: str, note: str) -> None:
        self._writable().annotate(run_id, note)

    def delete(self, run_ids: Sequence[str]) -> None:
        """Stops runs and takes them off the lists; `restore` brings them back until the server clears up."""
        self._writable().delete(list(run_ids))  # first: when that cannot be done, they train on
        self._deleted.update(run_ids)
        for run_id in run_ids:
            with self._dispatcher.changed:
                record = self._dispatcher.runs.get(run_id)
                if record is not None and record.is_active:
                    record.mode = "stop"
                    if not self._dispatcher.send(run_id, SetMode(run_id, "stop")):
                        record.stop_here()
                        self._dispatcher.release(run_id)

    def restore(self, run_ids: Sequence[str]) -> None:
        self._writable().restore(list(run_ids))
        self._deleted.difference_update(run_ids)

    def is_deleted(self, run_id: str) -> bool:
        return run_id in self._deleted

    def forget(self, run_id: str) -> None:
        """Removes a run from the store for good.

        Raises:
            PlaygroundError: there is no such run, or the store cannot be written.
        """
        with self._dispatcher.changed:
            is_in_memory = run_id in self._dispatcher.runs
        if not is_in_memory:
            self._stored(run_id)
        if self._store is not None:
            self._store.forget(run_id)
        self._deleted.discard(run_id)

    # --- small decisions ------------------------------------------------------------------------------------------------

    def _writable(self) -> Store:
        if self._store is None:
            raise PlaygroundError("This server does not keep runs.", "It has no database.")
        return self._store

    def _stored(self, run_id: str) -> StoredRun:
        stored = self._store.run(run_id) if self._store else None
        if stored is None:
            raise PlaygroundError(
                "This run is not on this server any more.", "It was deleted, or it never was here.", "Start a new one."
            )
        return stored

    def _restored(self, stored: StoredRun) -> RunRecord:
        assert self._store is not None
        events = self._store.events_of(stored.id)
        final = self._store.final_weights(stored.id)
        checkpoint = None if final else self._store.latest_checkpoint(stored.id)
        memory = check(parse_spec(stored.spec_json)).totals.memory_bytes
        return RunRecord.restored(stored, events, checkpoint, final, memory, self._store)
