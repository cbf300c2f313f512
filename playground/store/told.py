"""What the store is told of runs: a closed union of frozen values, applied to a run's log in order."""

from __future__ import annotations

from dataclasses import dataclass

from playground.store.kept import MAX_KEPT
from playground.store.log import RunLog
from playground.store.values import StoredRun, StoredWeights
from playground.training.events import Event


@dataclass(frozen=True, eq=False)
class Added:
    run_id: str
    row: StoredRun


@dataclass(frozen=True, eq=False)
class Happened:
    run_id: str
    events: tuple[Event, ...]
    spec_json: str
    repeatable: bool

    def apply(self, log: RunLog) -> None:
        log.tell(self.events, self.spec_json, self.repeatable)


@dataclass(frozen=True, eq=False)
class CheckpointTaken:
    run_id: str
    step: int
    epoch: float
    data: bytes
    keep: bool

    def apply(self, log: RunLog) -> None:
        log.take_checkpoint(self.step, self.epoch, self.data, self.keep)


@dataclass(frozen=True, eq=False)
class Ended:
    run_id: str
    weights: StoredWeights

    def apply(self, log: RunLog) -> None:
        log.take_final(self.weights)


Told = Added | Happened | CheckpointTaken | Ended


def bounded(waiting: list[Told]) -> list[Told]:
    """What was told of runs that cannot be looked up at present, with no more checkpoints than would be kept anyway."""
    doomed: set[int] = set()
    of_run: dict[str, list[CheckpointTaken]] = {}
    for told in waiting:
        if isinstance(told, CheckpointTaken):
            before = of_run.setdefault(told.run_id, [])
            if before and not before[-1].keep:
                doomed.add(id(before.pop()))
            before.append(told)
    for taken in of_run.values():
        while len(taken) > MAX_KEPT + 1:
            doomed |= {id(told) for told in taken[1:-1:2]}
            taken[:] = [told for told in taken if id(told) not in doomed]
    return [told for told in waiting if id(told) not in doomed] if doomed else waiting
