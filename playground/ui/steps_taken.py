"""The optimizer's step on the weight under the microscope: its memory, its formula with the numbers put in, and trying it."""

from __future__ import annotations

import streamlit as st
from torch import Tensor

from playground.errors import PlaygroundError
from playground.figures.calculation_tables import word_table
from playground.figures.microscope import losses_of_steps
from playground.figures.number_grids import tick
from playground.insight.microscope import Gradient, WeightName
from playground.insight.optimizer_step import STATE_WORDS
from playground.insight.quick import quick
from playground.insight.step_trial import Preview, Trial, preview, take
from playground.insight.written import bracketed, written
from playground.ui.figure_view import figure_view
from playground.ui.steps_moment import Moment, put_back

SHOWN_STEPS = 8


def step_part(
    tried: Trial, weight: WeightName, inputs: Tensor, labels: Tensor, about: str, now: Moment, gradient: Gradient
) -> None:
    """All about the step."""
    entry = tried.training.optimizer
    st.markdown(f"#### The step that {entry.title} takes")
    _memory_words(tried)
    rate = st.number_input(
        "Learning rate",
        0.0,
        10.0,
        float(now.rate),
        format="%.6g",
        key=f"steps.rate.{now.rate!r}",
        help="What the run's schedule gives at this moment. Change it for your own steps.",
        width=200,
    )
    if now.rate == 0:
        st.caption(
            "The run's schedule has brought the learning rate down to 0: it takes no more steps. Enter another one to try."
        )
    try:
        with quick():
            coming = preview(tried, weight, inputs, labels, float(rate))
    except PlaygroundError as problem:
        st.info(str(problem), icon=":material/info:")
        return
    if coming.frozen:
        words = "This layer is **frozen** in this run: whatever the gradient says, training leaves its weights as they are."
        st.info(words, icon=":material/ac_unit:")
    else:
        _calculation(tried, coming)
    _try(tried, weight, inputs, labels, about, float(rate))
    if tried.taken:
        _story(tried, weight, about, gradient)


def _memory_words(tried: Trial) -> None:
    if tried.has_memory:
        words = "Its memory (momentum, averages) is the run's own, from its checkpoint of this very moment."
    else:
        words = (
            "These weights were not kept together with the optimizer's memory, so it stands here **as at the first step**, with "
            "nothing remembered. Choose an epoch with the time machine to see the run's own."
        )
    if tried.taken:
        count = len(tried.taken)
        words += f" You have taken {count} step{'s' if count > 1 else ''} since."
    st.caption(words)


def _calculation(tried: Trial, coming: Preview) -> None:
    if coming.state:
        remembered = [(STATE_WORDS.get(name, name), written(value, 5)) for name, value in coming.state.items()]
        st.html(word_table(("what it remembers of this weight", ""), remembered, strong=1))
    else:
        st.caption(
            "It remembers nothing of this weight" + (" yet." if tried.training.optimizer.states else ": it needs no memory.")
        )
    start = [("g", "dL/dw", "", written(coming.gradient, 5), "in the 32-bit arithmetic of training")]
    if coming.penalty:
        value = written(coming.gradient + coming.penalty, 5)
        start.append(
            ("g", "g + penalty", bracketed(f"{written(coming.gradient)} + {written(coming.penalty)}"), value, "L1 and L2 join in")
        )
    rows = [(one.symbol, one.formula, one.worked, written(one.value, 6), one.words) for one in coming.by_hand.lines]
    st.html(word_table(("", "formula", "with numbers", "value", "what it is"), [*start, *rows], strong=3))
    difference = coming.by_hand.new_weight - coming.real
    name = tried.training.optimizer.torch_class.__name__
    words = f"torch.optim.{name}, run on a copy, comes to {written(coming.real, 7)} (difference {written(difference, 1)})."
    st.html(tick(coming.agrees, words))


def _try(tried: Trial, weight: WeightName, inputs: Tensor, labels: Tensor, about: str, rate: float) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        only = st.toggle(
            "Move only this weight",
            value=True,
            key="steps.only",
            persist_state="session",
            help="Off: all weights of the network take their step together, as in training.",
        )
        st.button(
            "Step it",
            icon=":material/footprint:",
            type="primary",
            on_click=_take,
            args=(tried, weight, inputs, labels, rate, only, about),
            key="steps.take",
            help="Takes this step on a copy of your network. The run itself stays as it is.",
        )
        st.button("Put back", icon=":material/undo:", on_click=put_back, disabled=not tried.taken, key="steps.back")


def _take(tried: Trial, weight: WeightName, inputs: Tensor, labels: Tensor, rate: float, only: bool, about: str) -> None:
    with quick():
        take(tried, weight, inputs, labels, rate, only, about)


def _story(tried: Trial, weight: WeightName, about: str, gradient: Gradient) -> None:
    """What the steps did."""
    last = tried.taken[-1]
    if (last.weight, last.about) == (weight, about):
        change = gradient.loss - last.loss
        words = (
            f"w went from **{written(last.before, 6)}** to **{written(last.after, 6)}**, the loss from "
            f"**{written(last.loss, 6)}** to **{written(gradient.loss, 6)}** (change {written(change)}), "
            f"and dL/dw from {written(last.gradient)} to {written(gradient.derivative)}."
        )
        if last.only:
            words += f" The slope had promised dL/dw · step = {written(last.gradient * (last.after - last.before))}."
        st.markdown(words)
    same = [one for one in tried.taken if one.about == about]
    if same:
        losses = [*(one.loss for one in same), gradient.loss]
        figure_view(lambda: losses_of_steps(losses), key="steps.losses", revision=tuple(losses))
    shown = list(enumerate(tried.taken, 1))[-SHOWN_STEPS:]
    rows = [
        (str(number), written(one.before, 6), written(one.after, 6), written(one.gradient), written(one.loss, 6),
         f"{'this weight' if one.weight == weight else 'another weight'}, {'alone' if one.only else 'with all others'}")
        for number, one in reversed(shown)
    ]  # fmt: skip
    st.html(word_table(("step", "w before", "w after", "dL/dw before", "loss before", "moved"), rows))
