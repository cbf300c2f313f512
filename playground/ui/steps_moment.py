"""The optimizer's memory at the moment that a page looks at: read from the run's own checkpoint, where there is one."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import streamlit as st
import torch

from playground.errors import PlaygroundError
from playground.insight.step_trial import Trial, begin, learning_rate
from playground.spec import RunSpec, TrainingSpec
from playground.training.checkpoint import Checkpoint, epochs_done
from playground.ui import session
from playground.ui.snapshots import Snapshot
from playground.ui.steps_subject import Subject

_KEPT_MOMENT, _KEPT_TRIAL = "steps_moment", "steps_trial"


@dataclass(frozen=True, eq=False)
class Moment:
    """Where a run stands, as far as its next step depends on it.

    Attributes:
        checkpoint: with the optimizer's memory; None when these weights were not kept with theirs.
        training: the settings in force.
        epoch, offset: epochs finished, and images of the current one that are done.
        rate: the learning rate of the next step.
    """

    checkpoint: Checkpoint | None
    training: TrainingSpec
    epoch: int
    offset: int
    rate: float


def moment(kept: Snapshot) -> Moment:
    """The moment of the weights that are looked at; kept for the visit."""
    found: tuple[Hashable, Moment] | None = st.session_state.get(_KEPT_MOMENT)
    if found is None or found[0] != kept.moment:
        found = (kept.moment, _read(kept))
        st.session_state[_KEPT_MOMENT] = found
    return found[1]


def trial(subject: Subject) -> Trial:
    """The copy on which steps are tried; a fresh one for other weights."""
    found: tuple[Hashable, Trial] | None = st.session_state.get(_KEPT_TRIAL)
    if found is None or found[0] != subject.kept.moment:
        now = moment(subject.kept)
        found = (subject.kept.moment, begin(subject.network, now.training, now.checkpoint))
        st.session_state[_KEPT_TRIAL] = found
    return found[1]


def put_back() -> None:
    """Forgets all tried steps."""
    st.session_state.pop(_KEPT_TRIAL, None)


def _read(kept: Snapshot) -> Moment:
    checkpoint = _checkpoint(kept)
    if checkpoint is None:
        epoch = int(kept.weights.epoch)
        rate = learning_rate(kept.run.training, kept.weights.epoch, _losses(kept))
        return Moment(None, kept.run.training, epoch, 0, rate)
    training, progress = RunSpec.from_json(checkpoint.spec).training, checkpoint.progress
    rate = learning_rate(training, epochs_done(progress), tuple(progress["losses"]))
    return Moment(checkpoint, training, int(progress["epoch"]), int(progress["offset"]), rate)


def _checkpoint(kept: Snapshot) -> Checkpoint | None:
    """The checkpoint that holds exactly these weights."""
    jobs = session.service()
    try:
        number = kept.checkpoint
        if number is None:
            numbers = [one.number for one in jobs.checkpoints(kept.run_id) if one.step == kept.weights.step]
            if not numbers:
                return None
            number = numbers[-1]
        checkpoint = Checkpoint.from_bytes(jobs.kept.checkpoint_data(kept.run_id, number))
    except PlaygroundError:
        return None  # the page says that there is none
    mine, theirs = kept.weights.tensors, checkpoint.weights
    same = mine.keys() == theirs.keys() and all(torch.equal(tensor, theirs[name]) for name, tensor in mine.items())
    return checkpoint if same else None


def _losses(kept: Snapshot) -> tuple[float, ...]:
    ended = [one for one in session.history(kept.run_id).epochs if one.step <= kept.weights.step]
    return tuple(one.train_loss if one.validation_loss is None else one.validation_loss for one in ended)
