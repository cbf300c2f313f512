"""What all views of Step by step look at: one network, one image, and what they must have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from playground import data
from playground.data.sources import Source
from playground.figures.number_grids import tick
from playground.insight.arithmetic import Compared, Floats, Kind, Step, logits
from playground.insight.networks import TrainedNetwork
from playground.insight.written import written
from playground.ui.chosen_image import ChosenImage
from playground.ui.snapshots import Snapshot

NAMES: dict[Kind, str] = {
    "convolution": "a convolution",
    "dense": "a dense layer",
    "activation": "an activation",
    "pooling": "a pooling layer",
    "other": "another layer",
}


@dataclass(frozen=True, eq=False)
class Subject:
    """One network and one image, or row, on its way through it.

    Attributes:
        label: the class that it should be read as; of a regression the target, as the loss sees it: standardised.
        steps: every module's work, in order.
    """

    kept: Snapshot
    network: TrainedNetwork
    image: ChosenImage
    label: int | float
    steps: tuple[Step, ...]

    @property
    def outputs(self) -> Floats:
        return logits(self.steps, self.image.inputs(self.network))

    @property
    def labels(self) -> Tensor:
        """The truth as the loss wants it: int64 (1,), or float32 (1, 1) for a regression."""
        if isinstance(self.label, float):
            return torch.tensor([[self.label]], dtype=torch.float32)
        return torch.tensor([self.label])

    @property
    def source(self) -> Source:
        return data.source(self.kept.run.dataset)

    def key(self, name: str) -> str:
        """A widget's key: one a run, so that a place in one network is not looked for in another."""
        return f"steps.{self.kept.run_id}.{name}"


def choose_step(subject: Subject, kind: Kind, accepts: Callable[[Step], bool] = lambda step: True) -> Step | None:
    """Lets the learner choose among the network's steps of a kind; without any, says so and what there is instead."""
    found = [step for step in subject.steps if step.kind == kind and accepts(step)]
    if not found:
        kinds = {step.kind for step in subject.steps} - {"other"}
        there = ", ".join(NAMES[one] for one in NAMES if one in kinds)
        others = f" It has {there}: open another tab above." if there else ""
        st.info(f"This network has no step of this kind ({NAMES[kind]}).{others}", icon=":material/info:")
        return None
    if len(found) == 1:
        st.markdown(f"**{found[0].title}**")
        return found[0]
    number = st.selectbox(
        "Layer",
        range(len(found)),
        format_func=lambda index: found[index].title,
        key=subject.key(f"layer.{kind}"),
        persist_state="session",
        help="Which layer's arithmetic is shown.",
        width=360,
    )
    return found[number]


def number_from_one(label: str, count: int, key: str, help_text: str, first: int = 0) -> int:
    """A number from 1 to `count`; returns it counted from 0. With only one there is nothing to choose."""
    if count <= 1:
        return 0
    field = f"{key}.{count}"
    if field not in st.session_state:
        st.session_state[field] = min(first, count - 1) + 1
    chosen = st.number_input(label, 1, count, key=field, persist_state="session", help=help_text, width=150)
    return int(chosen) - 1


def verdict(result: Compared, what: str = "The network itself computed") -> None:
    """The network's own number beside the one worked out by hand."""
    said = f"{what} {written(result.network, 6)}"
    if not result.agrees:
        words = f"{said}. Not the same: the difference is {written(result.difference)}."
    elif result.difference == 0:
        words = f"{said}: exactly the same."
    else:
        words = f"{said}: the same (difference {written(abs(result.difference), 1)}, from rounding to 32-bit numbers)."
    st.html(tick(result.agrees, words))


def summed(parts: Sequence[float]) -> str:
    """ "0.5 − 0.25 + 1": a sum written out."""
    text = written(parts[0]) if parts else "0"
    for part in parts[1:]:
        text += f" {'−' if part < 0 else '+'} {written(abs(part))}"
    return text
