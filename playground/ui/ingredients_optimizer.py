"""Optimizers: what each makes of the same gradients."""

from __future__ import annotations

import numpy as np
import streamlit as st
from pydantic import Field, field_validator

from playground.catalog.optimizers import OptimizerEntry
from playground.figures.ingredients import Line, function_figure
from playground.insight.quick import quick
from playground.insight.responses import PATTERNS, STEPS, respond
from playground.insight.written import written
from playground.spec import Spec
from playground.ui.figure_view import figure_view
from playground.ui.ingredients_card import card
from playground.ui.ingredients_look import choose, keep_trial, show, trial, widget
from playground.ui.ingredients_racers import enter

_SIZES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
_SYMBOLS = (
    "w is a weight, g its gradient, t counts the steps, η is the learning rate, λ the weight decay, and μ, β, α, ρ are the other "
    "settings below, all between 0 and 1. What stands with t − 1 was kept from the step before. Where λ is not written, λ·w is "
    "added to g first. ε is tiny, and keeps one from dividing by 0."
)


class OptimizerTrial(Spec):
    """The gradients that come in, their size, and the step that is looked at."""

    pattern: str = next(iter(PATTERNS))
    size: float = 0.1
    step: int = Field(10, ge=1, le=STEPS)

    @field_validator("pattern", "size")
    @classmethod
    def _one_of_those_there_are(cls, value: str | float) -> str | float:
        if value not in (*PATTERNS, *_SIZES):
            raise ValueError(f"{value} is none of {', '.join(map(str, PATTERNS if isinstance(value, str) else _SIZES))}")
        return value


def optimizer_view() -> None:
    """The whole view."""
    kind = choose("optimizer", "Optimizer")
    tried = trial(OptimizerTrial)
    left, right = st.columns((5, 6), gap="large")
    with left:
        optimizer: OptimizerEntry = card("optimizer", kind, _SYMBOLS)
        if st.button(
            "Race it", icon=":material/sports_score:", on_click=_race, args=(kind,), help="Down a hill, against others."
        ):
            st.rerun()
    with right:
        tried = _gradients(tried)
        _graph(optimizer, tried.pattern, tried.size, tried.step)
    keep_trial("optimizer", kind, optimizer, tried, *OptimizerTrial.model_fields)


def _gradients(tried: OptimizerTrial) -> OptimizerTrial:
    """What comes in, as it was chosen."""
    pattern = str(
        st.pills(
            "The gradients that come in",
            list(PATTERNS),
            default=tried.pattern,
            required=True,
            format_func=lambda one: PATTERNS[one].title,
            key=widget("pattern"),
            wrap=True,
        )
    )
    with st.container(horizontal=True):
        with st.container(width=240):
            size = st.select_slider("Drag their size", _SIZES, tried.size, format_func="{:g}".format, key=widget("size"))
        with st.container(width=240):
            step = st.slider("Drag the step", 1, STEPS, tried.step, key=widget("step"))
    st.caption(PATTERNS[pattern].help)
    return OptimizerTrial(pattern=pattern, size=float(size), step=int(step))


def _graph(optimizer: OptimizerEntry, pattern: str, size: float, step: int) -> None:
    with quick():
        response = respond(optimizer, pattern, size)
    plain_steps = -optimizer.learning_rate * response.gradients
    plain = Line("rate × gradient", np.cumsum([0.0, *plain_steps]), plain_steps, 0.0, 0.0, aside=True)
    taken, simple = float(response.steps[step - 1]), float(plain_steps[step - 1])
    own = Line(optimizer.title, response.weights, response.steps, float(response.weights[step]), taken)
    figure_view(
        lambda: function_figure(
            np.arange(STEPS + 1.0),
            [own, plain],
            float(step),
            titles=("step", "the weight", "each step"),
            alt=f"What {optimizer.title} makes of these gradients: the weight after each step, and the step itself.",
            slope_x=np.arange(1.0, STEPS + 1),
            height=460,
        ),
        key="ingredients.optimizer.graph",
        revision=(optimizer, pattern, size, step),
        zoom_key=f"{optimizer} {pattern} {size}",
    )
    st.markdown(
        f"At step {step} the gradient is {written(float(response.gradients[step - 1]), 3)}. {optimizer.title} moves the weight "
        f"by **{written(taken, 3)}**; the learning rate times the gradient alone (dotted) would move it by {written(simple, 3)}."
    )


def _race(kind: str) -> None:
    enter(kind)
    show("race")
