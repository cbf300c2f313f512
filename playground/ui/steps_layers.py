"""Dense layers, activations and pooling, step by step."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from playground.figures.arithmetic import Window, contribution_bars, curve_figure, map_figure
from playground.figures.number_grids import NumberGrid, number_grids
from playground.figures.theme import alt_text
from playground.insight.activation_step import activation_at, activation_entry, works_elementwise
from playground.insight.arithmetic import Step, place_words
from playground.insight.dense import dense_at
from playground.insight.pooling import pooling_at
from playground.insight.quick import quick
from playground.insight.unit_paths import Blueprint
from playground.insight.written import bracketed, written
from playground.ui.figure_view import figure_view
from playground.ui.steps_convolution import place_slider, take_click
from playground.ui.steps_subject import Subject, choose_step, number_from_one, summed, verdict

MOST_BARS = 12


def dense_view(subject: Subject) -> None:
    """One neuron's sum, its largest terms first."""
    st.markdown(
        "A **neuron** of a dense layer multiplies each of its inputs with a learned **weight**, adds all of it up, and adds its "
        "**bias**."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = choose_step(subject, "dense")
        if step is None:
            return
        key = subject.key(f"neuron.{step.layer}")
        first = int(step.outputs.argmax())
        unit = number_from_one("Neuron", len(step.outputs), key, "Whose sum is taken apart.", first)
    place = dense_at(step, unit)
    order = place.largest(MOST_BARS)
    blueprint = Blueprint.of(subject.kept.run)
    named, columns = blueprint.sees_columns(step.layer), blueprint.columns
    labels = [f"{columns[i]}\n" if named else f"{i + 1}: " for i in range(len(place.inputs))]
    names = [bracketed(f"{written(place.weights[i], 3)} · {written(place.inputs[i], 3)}") for i in order]
    figure_view(
        lambda: contribution_bars(
            [f"{labels[i]}{name}" for i, name in zip(order, names, strict=True)],
            place.products[order],
            "Input: weight · what came in",
            unit="what it adds to the sum",
        ),
        key=f"steps.dense.{step.layer}",
        revision=(subject.kept.moment, subject.image.key, step.layer, unit),
    )
    largest, total = float(place.products[order].sum()), float(place.products.sum())
    left = len(place.inputs) - len(order)
    if left:
        silent = int((place.products == 0).sum())
        st.markdown(
            f"These {len(order)} add up to **{written(largest, 6)}**; the other {left:,} to **{written(total - largest, 6)}** "
            f"({silent:,} of all {len(place.inputs):,} are exactly 0). The bias is **{written(place.bias, 6)}**:"
        )
        st.markdown(f"### {summed([largest, total - largest, place.bias])} = {written(place.result.by_hand, 6)}")
    else:
        st.markdown(f"They add up to **{written(total, 6)}**. The bias is **{written(place.bias, 6)}**:")
        st.markdown(f"### {summed([total, place.bias])} = {written(place.result.by_hand, 6)}")
    verdict(place.result)


def activation_view(subject: Subject) -> None:
    """One value on the function's curve."""
    st.markdown(
        "An **activation** bends each sum *z*. Without it, many layers could do no more than one. Its **slope** says how much a "
        "small change of *z* comes through: that is what learning needs."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # Softmax looks at all values together, and has a tab of its own.
        step = choose_step(subject, "activation", lambda one: works_elementwise(activation_entry(subject.network, one)))
        if step is None:
            return
        index = _value(subject, step)
    entry = activation_entry(subject.network, step)
    with quick():
        place = activation_at(entry, step, index)
    where = place_words(step.inputs.shape, index)
    st.latex(entry.formula)
    st.markdown(f"At {where}, **z = {written(place.before, 6)}**:")
    st.markdown(f"### {place.worked} = {written(place.result.by_hand, 6)}")
    verdict(place.result)
    figure_view(
        lambda: curve_figure(place.curve_x, place.curve_y, (place.before, place.result.by_hand), place.slope, entry.title),
        key=f"steps.curve.{step.layer}",
        revision=(subject.kept.moment, subject.image.key, step.layer, index),
    )
    slope = f"The slope here is **{written(place.slope)}**: "
    if place.slope == 0:
        slope += "nothing comes through. For this example, the weights before this neuron learn nothing by way of it."
    else:
        slope += f"if z grows by 0.01, the output changes by about {written(0.01 * place.slope)}."
    st.markdown(slope)
    zeros = float((step.outputs == 0).mean())
    if zeros:
        st.caption(f"{zeros:.0%} of this layer's {step.outputs.size:,} outputs are exactly 0 for this example.")


def _value(subject: Subject, step: Step) -> int:
    """Which value of the layer, counted through its flat output; the first choice is the largest one."""
    shape = step.inputs.shape
    first = np.unravel_index(int(step.inputs.argmax()), shape)
    words = ("Channel", "Row", "Column") if len(shape) == 3 else ("Neuron",)
    chosen = [
        number_from_one(word, size, subject.key(f"{word}.{step.layer}"), f"Which {word.lower()}.", int(start))
        for word, size, start in zip(words, shape, first, strict=True)
    ]
    return int(np.ravel_multi_index(chosen, shape))


def pooling_view(subject: Subject) -> None:
    """One window, and what becomes of it."""
    st.markdown(
        "**Pooling** makes the image smaller: of each small window, only one number goes on. *Max* keeps the largest, "
        "so that a pattern counts even when it has moved by a pixel; *average* keeps the mean."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = choose_step(subject, "pooling")
        if step is None:
            return
        key = subject.key(f"pooled.{step.layer}")
        channel = number_from_one("Channel", len(step.outputs), key, "Each channel is pooled by itself.")
    output = step.outputs[channel]
    slider = subject.key(f"pool.{step.layer}.{output.shape[0]}x{output.shape[1]}")
    row, column = np.divmod(place_slider(slider, output, "window"), output.shape[1])
    place = pooling_at(step, channel, int(row), int(column))
    seen, made = st.columns(2)
    with seen:
        window = Window(place.top, place.left, place.window.shape[0])
        figure_view(
            lambda: map_figure(step.inputs[channel], "Input", window),
            key=f"steps.pool_input.{step.layer}",
            revision=(subject.kept.moment, subject.image.key, step.layer, channel, window),
        )
    with made:
        figure = map_figure(output, "Output map", Window(place.row, place.column), clickable=True)
        chart = f"steps.pool_output.{subject.kept.run_id}.{step.layer}"
        st.plotly_chart(
            figure,
            key=chart,
            on_select=partial(take_click, chart, slider),
            selection_mode="points",
            config={"displayModeBar": False},
            alt=alt_text(figure),
        )
    is_max, limit = place.rule == "max", float(np.abs(step.inputs[channel]).max())
    result = NumberGrid("the largest" if is_max else "the mean", np.array([[place.result.by_hand]]), "→", limit=limit)
    st.html(number_grids([NumberGrid("window", place.window, marked=place.winners if is_max else None, limit=limit), result]))
    if is_max:
        equal = int(place.winners.sum())
        st.markdown(
            f"The largest of the {place.window.size} numbers goes on: **{written(place.result.by_hand, 6)}**."
            + (f" It stands there {equal} times; learning then goes through the first." if equal > 1 else "")
        )
    else:
        st.markdown(
            f"{written(float(place.window.sum()), 6)} ÷ {place.window.size} = **{written(place.result.by_hand, 6)}**, the mean."
        )
    verdict(place.result)
