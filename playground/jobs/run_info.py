"""What the job service tells of a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from torch import Tensor

from playground import data
from playground.spec import DatasetSpec, RunSpec
from playground.store.values import Origin, StoredRun

ACTIVE = ("waiting", "running", "paused")


@dataclass(frozen=True)
class RunInfo:
    """A run as it stands.

    Attributes:
        run: with the settings in force.
        status: "waiting", "running", "paused", "finished", "stopped" or "failed", as in `History`; or "interrupted": the
            server that trained it ended, and it can go on from its last saved state.
        created: seconds since 1970.
        label: its name, such as "Run 2 · mnist · Dense 128, Dense 10".
        position: its place among the runs that wait, from 1; None when it does not wait.
        repeatable: whether the same run gives the same numbers again: no setting was changed on the way, and it
            computes on the CPU.
        batches_per_second: the speed of slow motion; None at full speed.
        origin: the run, or the experiment, that it comes from.
    """

    id: str
    owner: str
    run: RunSpec
    status: str
    created: float
    label: str
    position: int | None
    repeatable: bool
    batches_per_second: float | None = None
    origin: Origin = Origin()
    starred: bool = False

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def name(self) -> str:
        return self.label


@dataclass(frozen=True, eq=False)
class Weights:
    """A network's state after `step` batches, `epoch` epochs (with the fraction). Nothing may write to the tensors."""

    step: int
    epoch: float
    tensors: dict[str, Tensor]


def info_of(stored: StoredRun) -> RunInfo:
    """What is told of a run that no worker has to do with: one that was being trained was interrupted."""
    status = "interrupted" if stored.summary.status in ACTIVE else stored.summary.status
    run = parse_spec(stored.spec_json)
    return RunInfo(
        stored.id,
        stored.owner,
        run,
        status,
        stored.created,
        stored.name,
        None,
        stored.repeatable,
        None,
        stored.origin,
        stored.starred,
    )


@lru_cache(maxsize=500)
def parse_spec(text: str) -> RunSpec:
    """The same frozen value for the same text: lists of runs are asked for again and again."""
    return RunSpec.from_json(text)


def run_label(number: int, run: RunSpec) -> str:
    """A short name, such as "Run 2 · mnist · Dense 128, Dense 10", or "Run 3 · mnist: 7? · Dense 1"."""
    weighted = [layer.label() for layer in run.network.layers if layer.weighted]
    names = ", ".join(weighted if len(weighted) <= 4 else [*weighted[:2], "…", weighted[-1]])
    return " · ".join(filter(None, [f"Run {number}", question(run.dataset), names]))


def question(dataset: DatasetSpec) -> str:
    """What is asked of a data set, in short: "mnist", or "mnist: 7?"."""
    asked = "" if dataset.one_class is None else f": {data.source(dataset).class_names[1]}?"
    return f"{dataset.name}{asked}"
