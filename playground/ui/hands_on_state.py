"""What the visit keeps of the operation: the edits of each network that was looked at, and what could be undone.

The edits are all there is to it: edited weights and figures are computed from them, and kept as a cache only.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from playground.errors import PlaygroundError
from playground.insight.edited_accuracy import Figures, figures_in_slices
from playground.insight.networks import SplitName
from playground.insight.quick import quick
from playground.insight.surgery import Edit, edited_weights, frozen_layers
from playground.insight.unit_paths import Blueprint, State
from playground.ui import tasks
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

SLOT = "hands_on"
MAX_EDITS = 100
SAMPLE_IMAGES = 1000
_KEPT_STATES, _KEPT_FIGURES = 4, 200
Edits = tuple[Edit, ...]


@dataclass(frozen=True)
class Operation:
    """The edits in force, and those that were undone, the next to be redone last."""

    edits: Edits = ()
    undone: Edits = ()


def operation(kept: Snapshot) -> Operation:
    return _operations().get(_network(kept), Operation())


def add(kept: Snapshot, edit: Edit) -> None:
    """Edits the network; what cannot be done is told by `take_problem`."""
    before = operation(kept).edits
    if len(before) >= MAX_EDITS:
        st.session_state["hands_on_problem"] = (
            f"{MAX_EDITS} edits are enough for one operation. Undo some, or keep it as a new run."
        )
        return
    try:
        weights_after(kept, (*before, edit))
    except PlaygroundError as problem:
        st.session_state["hands_on_problem"] = str(problem)
        return
    _operations()[_network(kept)] = Operation((*before, edit))


def undo(kept: Snapshot) -> None:
    now = operation(kept)
    if now.edits:
        _operations()[_network(kept)] = Operation(now.edits[:-1], (*now.undone, now.edits[-1]))


def redo(kept: Snapshot) -> None:
    now = operation(kept)
    if now.undone:
        _operations()[_network(kept)] = Operation((*now.edits, now.undone[-1]), now.undone[:-1])


def undo_all(kept: Snapshot) -> None:
    now = operation(kept)
    _operations()[_network(kept)] = Operation((), (*now.undone, *reversed(now.edits)))


def take_problem() -> str | None:
    """Why the last edit was not done, once."""
    problem: str | None = st.session_state.pop("hands_on_problem", None)
    return problem


def frozen(kept: Snapshot) -> tuple[int, ...]:
    """The layers that would not learn if training went on now."""
    return frozen_layers(kept.run.training.frozen_layers, operation(kept).edits)


def weights_after(kept: Snapshot, edits: Sequence[Edit]) -> State:
    """The weights after these edits.

    Raises:
        PlaygroundError: one cannot be done to this network.
    """
    states: dict[tuple[Hashable, Edits], State] = st.session_state.setdefault("hands_on_states", {})
    wanted = tuple(edits)
    for count in range(len(wanted), -1, -1):
        known = kept.weights.tensors if count == 0 else states.get((kept.moment, wanted[:count]))
        if known is not None:
            found = edited_weights(known, wanted[count:], Blueprint.of(kept.run)) if count < len(wanted) else known
            if wanted:
                _remember(states, (kept.moment, wanted), found, _KEPT_STATES)
            return found
    raise AssertionError("the weights without edits are always known")


@dataclass(frozen=True, eq=False)
class Answers:
    """What is known of the network's figures.

    Attributes:
        before, after: on the whole split; None while they are computed.
        sample: before and after on its first `num_sampled` images, while the others are awaited.
        waiting: whether a task computes them.
        problem: the answer that failed or was cancelled, with its question.
    """

    before: Figures | None = None
    after: Figures | None = None
    sample: tuple[Figures, Figures] | None = None
    num_sampled: int = 0
    waiting: bool = False
    problem: tuple[tasks.Answer, Hashable] | None = None


def answers(kept: Snapshot, split: SplitName) -> Answers:
    """Before and after all edits: at once where all images take a moment only, else by a task."""
    edits = operation(kept).edits
    before, after = known_figures(kept, split, ()), known_figures(kept, split, edits)
    if before and after:
        return Answers(before, after)
    trained = asked_network(kept)
    images = trained.split(split)[0]
    if len(images) <= trained.slice_size:
        for count in range(len(edits) + 1):  # those between tell what each edit did
            _figures(kept, split, edits[:count], len(images))
        return Answers(known_figures(kept, split, ()), known_figures(kept, split, edits))
    question = (SLOT, kept.moment, split, edits)
    arguments = {
        "run_json": kept.run.to_json(),
        "weights": kept.weights.tensors,
        "edits": edits,
        "split": split,
        "before": before,
    }
    answer = tasks.ask(SLOT, question, "playground.insight.edited_accuracy:edited_accuracy", lambda: arguments)
    if answer.status == "done":
        _keep(kept, split, (), answer.result.before)
        _keep(kept, split, edits, answer.result.after)
        return Answers(answer.result.before, answer.result.after)
    if answer.status != "waiting":
        return Answers(before, after, problem=(answer, question))
    count = min(SAMPLE_IMAGES, trained.slice_size // 2)
    sample = _figures(kept, split, (), count), _figures(kept, split, edits, count)
    return Answers(before, after, sample, count, waiting=True)


def known_figures(kept: Snapshot, split: SplitName, edits: Edits) -> Figures | None:
    """The figures after these edits on the whole split, if they were asked for before."""
    found: Figures | None = _known().get((kept.moment, split, edits, None))
    return found


def _keep(kept: Snapshot, split: SplitName, edits: Edits, figures: Figures) -> None:
    _remember(_known(), (kept.moment, split, edits, None), figures, _KEPT_FIGURES)


def _figures(kept: Snapshot, split: SplitName, edits: Edits, count: int) -> Figures:
    """On the first `count` images, which are one slice."""
    trained = asked_network(kept)
    images, labels, _ = trained.split(split)
    name = (kept.moment, split, edits, None if count == len(images) else count)
    if name not in _known():
        state = weights_after(kept, edits)
        with quick():
            asked = figures_in_slices(trained, state, images[:count], labels[:count])
            while True:
                try:
                    next(asked)
                except StopIteration as finished:
                    _remember(_known(), name, finished.value, _KEPT_FIGURES)
                    break
    found: Figures = _known()[name]
    return found


def _known() -> dict[Hashable, Any]:
    known: dict[Hashable, Any] = st.session_state.setdefault("hands_on_figures", {})
    return known


def _remember(kept: dict[Any, Any], name: Any, value: Any, limit: int) -> None:
    kept.pop(name, None)
    kept[name] = value
    while len(kept) > limit:
        del kept[next(iter(kept))]


def _network(kept: Snapshot) -> Hashable:
    """A run at a chosen moment. While it learns, its edits are done again to its newer weights."""
    return kept.run_id, kept.checkpoint


def _operations() -> dict[Hashable, Operation]:
    operations: dict[Hashable, Operation] = st.session_state.setdefault("hands_on", {})
    return operations
