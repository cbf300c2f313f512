"""What is exported: one run with all that is known of it, read from the store in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.training.checkpoint import Checkpoint
from playground.training.events import RunStarted
from playground.training.history import History

if TYPE_CHECKING:
    from playground.store.store import Store
    from playground.store.values import Origin, StoredRun


@dataclass(frozen=True, eq=False)
class ExportedRun:
    """One run, ready to be written in any format.

    Attributes:
        run: the settings in force at the end.
        history: its curves and figures.
        weights: the network's state at the end, name -> tensor on the CPU; empty when no batch was learned from yet.
        repeatable: whether training `run` anew gives the same numbers: not when settings were changed on the way.
        origin: the run that it was branched from, if any.
        submitted: the settings at the start; None when only those at the end are known.
        parent: the run that it was branched from, with its own parent; None for a plain run.
        one_runtime: whether device, thread count and memory format stayed the same from beginning to end.
    """

    id: str
    name: str
    run: RunSpec
    history: History
    weights: Mapping[str, Tensor]
    repeatable: bool
    origin: Origin
    note: str = ""
    submitted: RunSpec | None = None
    parent: ExportedRun | None = None
    one_runtime: bool = True


def exported_run(store: Store, run_id: str) -> ExportedRun:
    """All that is stored of a run and of those that it was branched from.

    Raises:
        PlaygroundError: there is no such run, or the store cannot be read.
    """
    stored = store.run(run_id)
    if stored is None:
        raise PlaygroundError(
            f"There is no stored run {run_id!r}.", "The id of a run was expected, as the page's address shows it."
        )
    history, events = History(), store.events_of(run_id)
    history.fold(events)
    runtimes = {(event.device, event.threads, event.memory_format) for event in events if isinstance(event, RunStarted)}
    return ExportedRun(
        id=stored.id,
        name=stored.name,
        run=stored.run,
        history=history,
        weights=_weights(store, stored),
        repeatable=stored.repeatable,
        origin=stored.origin,
        note=stored.note,
        submitted=RunSpec.from_json(stored.submitted_json) if stored.submitted_json else None,
        parent=_parent(store, stored.origin.parent),
        one_runtime=len(runtimes) <= 1,
    )


def _parent(store: Store, run_id: str | None) -> ExportedRun | None:
    """The run that was branched from; None when there was none, or when it was deleted for good."""
    return exported_run(store, run_id) if run_id and store.run(run_id) else None


def _weights(store: Store, stored: StoredRun) -> Mapping[str, Tensor]:
    final = store.final_weights(stored.id)
    if final:
        try:
            return load(final.data)
        except SafetensorError as error:
            raise PlaygroundError(f"The stored weights of the run {stored.name!r} are damaged ({error}).") from None
    latest = store.latest_checkpoint(stored.id)
    if latest is None:
        return {}
    checkpoint = Checkpoint.from_bytes(latest)
    # Early stopping gives a finished run the weights of its best epoch back.
    return checkpoint.best if checkpoint.best and stored.status == "finished" else checkpoint.weights
