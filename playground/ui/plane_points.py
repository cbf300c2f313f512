"""Other points on the workbench of "Points in the plane": all else of the run is made to fit them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground import data
from playground.data.points import FAMILIES, family_of
from playground.edits import with_dataset, with_training
from playground.fitting import USUAL, fitted
from playground.spec import RunSpec
from playground.training_rules import most_epochs
from playground.ui import plane_runs, plane_state

EPOCHS = 10_000


def put(name: str | None = None, **updates: Any) -> None:
    """Changes the points on the workbench; the network is fitted to them."""
    plane_runs.replace(with_points(plane_state.run_spec(), name, **updates))


def with_points(run: RunSpec, name: str | None = None, **updates: Any) -> RunSpec:
    """The run on other points, with a loss and a last layer that fit them, and no more epochs than are allowed."""
    before, most = data.source(run.dataset), _most_epochs(run)
    points = plane_state.points_of(run).model_copy(update=updates)
    new = with_dataset(run, name=name or run.dataset.name, points=points)
    after = data.source(new.dataset)
    if before.task != after.task and run.training.loss == USUAL[before.task]:
        new = with_training(new, loss=USUAL[after.task])
    allowed, epochs = _most_epochs(new), run.training.epochs
    wanted = min(EPOCHS, allowed) if epochs == min(EPOCHS, most) else min(epochs, allowed)
    return fitted(with_training(new, epochs=wanted), after)


def choose_task(is_number: bool) -> None:
    """The first shape of that task, or the one that was there last."""
    now = family_of(plane_state.run_spec().dataset.name)
    last: dict[bool, str] = st.session_state.setdefault("plane_last_family", {})
    last[now.task == "regression"] = now.name
    if (now.task == "regression") != is_number:
        put(last.get(is_number) or next(family.name for family in FAMILIES if (family.task == "regression") == is_number))


def _most_epochs(run: RunSpec) -> int:
    return most_epochs(data.source(run.dataset).num_train)
