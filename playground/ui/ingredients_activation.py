"""Activations: the curve, its slope, and a number to drag along them."""

from __future__ import annotations

from typing import Annotated

import streamlit as st
from pydantic import Field

from playground.catalog.activations import ActivationEntry
from playground.figures.ingredients import Line, derivatives_figure, function_figure
from playground.insight.ingredients import (
    NUM_CLASSES,
    SPAN,
    activation_curves,
    output_curves,
    outputs_of,
    works_alone,
)
from playground.insight.quick import quick
from playground.insight.written import written
from playground.spec import Spec
from playground.ui.figure_view import figure_view
from playground.ui.ingredients_card import card
from playground.ui.ingredients_look import choose, keep_trial, trial, widget

FLAT = 0.01  # a slope below this passes almost nothing back
_SYMBOLS = (
    "x is a neuron's weighted sum, f(x) what it passes on. For softmax, x has several numbers, x₁, x₂, …, and so has f(x). "
    "e = 2.718…, ln is the logarithm to base e."
)
_Dragged = Annotated[float, Field(ge=-SPAN, le=SPAN)]


class ActivationTrial(Spec):
    """What was dragged: x for those that work alone; for the others some numbers, and which of them moves along the graph."""

    x: _Dragged = 1.0
    inputs: tuple[_Dragged, _Dragged, _Dragged] = (1.0, 0.0, -1.0)
    moved: int = Field(0, ge=0, lt=NUM_CLASSES)


def activation_view() -> None:
    """The whole view."""
    kind = choose("activation", "Activation")
    left, right = st.columns((5, 6), gap="large")
    with left:
        activation: ActivationEntry = card("activation", kind, _SYMBOLS)
    with quick():
        alone = works_alone(activation)
    tried = trial(ActivationTrial)
    if alone:
        tried = _one_number(activation, tried, left, right)
        keep_trial("activation", kind, activation, tried, "x")
    else:
        tried = _several_numbers(activation, tried, left, right)
        keep_trial("activation", kind, activation, tried, "inputs", "moved")


def _one_number(
    activation: ActivationEntry,
    tried: ActivationTrial,
    left: st.delta_generator.DeltaGenerator,
    right: st.delta_generator.DeltaGenerator,
) -> ActivationTrial:
    with left:
        x = st.slider("Drag the weighted sum x", -SPAN, SPAN, tried.x, 0.05, key=widget("x"))
    with quick():
        curves = activation_curves(activation)
        values, derivatives = outputs_of(activation, (x,))
    value, slope = float(values[0]), float(derivatives[0, 0])
    with left:
        with st.container(horizontal=True):
            st.metric("f(x)", written(value), width=150, help="What the neuron passes on.")
            st.metric("Slope f′(x)", written(slope), width=150, help="The derivative, by PyTorch's autograd.")
        st.markdown(_meaning(slope))
    with right:
        figure_view(
            lambda: function_figure(
                curves.x,
                [Line("", curves.values[0], curves.slopes[0], value, slope)],
                x,
                titles=("weighted sum x", "f(x)", "slope f′(x)"),
                alt=f"{activation.title} and its slope; at {x:g} it is {value:.4g}, and its slope {slope:.4g}.",
            ),
            key="ingredients.activation.graph",
            revision=(activation, x),
        )
        st.caption("Orange: the straight line that touches the curve at x. Its slope is the point on the lower curve.")
    return tried.model_copy(update={"x": x})


def _meaning(slope: float) -> str:
    if abs(slope) < FLAT:
        return "The curve is flat here: almost no error comes back through this neuron, so its weights hardly learn."
    return f"An error that comes back through this neuron is multiplied by **{written(slope, 3)}** on its way to the weights."


def _several_numbers(
    activation: ActivationEntry,
    tried: ActivationTrial,
    left: st.delta_generator.DeltaGenerator,
    right: st.delta_generator.DeltaGenerator,
) -> ActivationTrial:
    names = [str(index + 1) for index in range(NUM_CLASSES)]
    with left:
        inputs = tuple(
            st.slider(f"Drag x{name}", -SPAN, SPAN, value, 0.05, key=widget(f"x{name}"))
            for name, value in zip(names, tried.inputs, strict=True)
        )
        moved = st.segmented_control(
            "Along the axis",
            range(NUM_CLASSES),
            default=tried.moved,
            required=True,
            format_func=lambda index: f"x{names[index]}",
            key=widget("moved"),
            help="Which of the numbers changes along the graph; the others stay as they are.",
        )
    along = int(moved or 0)
    with quick():
        curves = output_curves(activation, inputs, along)
        outputs, derivatives = outputs_of(activation, inputs)
    lines = [
        Line(f"f{name}", curves.values[index], curves.slopes[index], float(outputs[index]), float(derivatives[index, along]))
        for index, name in enumerate(names)
    ]
    with right:
        figure_view(
            lambda: function_figure(
                curves.x,
                lines,
                inputs[along],
                titles=(f"x{names[along]}", "f", f"slope along x{names[along]}"),
                alt=f"The outputs of {activation.title} and their slopes, as x{names[along]} changes.",
            ),
            key="ingredients.activation.graph",
            revision=(activation, inputs, along),
        )
        st.markdown("Every output hangs on **every** number. All slopes here, by autograd (row: output, column: number):")
        figure_view(lambda: derivatives_figure(derivatives, names), key="ingredients.derivatives", revision=(activation, inputs))
    return tried.model_copy(update={"inputs": inputs, "moved": along})
