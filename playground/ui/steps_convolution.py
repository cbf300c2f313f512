"""Convolution, step by step: the kernel slides over the image; the window, the products and their sum in figures."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from playground.figures.arithmetic import Window, contribution_bars, map_figure
from playground.figures.number_grids import NumberGrid, number_grids
from playground.figures.theme import alt_text
from playground.insight.arithmetic import Floats, Step
from playground.insight.convolution import ConvolutionPlace, convolution_at, output_size, what_if
from playground.insight.quick import quick
from playground.insight.written import written
from playground.ui.figure_view import figure_view
from playground.ui.steps_subject import Subject, choose_step, number_from_one, summed, verdict

MOST_CHANNELS = 8


def convolution_view(subject: Subject) -> None:
    """The whole view."""
    st.markdown(
        "A **kernel** is a small square of learned numbers. It is laid on the image, each of its numbers is multiplied with the "
        "pixel under it, and the products are added up. Then it slides on, and the sums make a new image: the **output map**."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = choose_step(subject, "convolution")
        if step is None:
            return
        channels, filters = step.inputs.shape[0], step.outputs.shape[0]
        key = subject.key(f"filter.{step.layer}")
        unit = number_from_one("Filter", filters, key, "Which kernel slides; each makes one output map.")
        key = subject.key(f"channel.{step.layer}")
        channel = number_from_one("Input channel", channels, key, "The kernel has one layer of numbers for each input channel.")
    output = step.outputs[unit]
    row, column = np.divmod(_slide(subject, step, output), output.shape[1])
    place = convolution_at(step, unit, int(row), int(column))
    _maps(subject, step, place, channel)
    _products(step, place, channel)
    _sum(subject, step, place)
    _what_if(subject, step, place, channel)


def slide_key(subject: Subject, step: Step) -> str:
    return subject.key(f"slide.{step.layer}.{'x'.join(map(str, step.outputs.shape[1:]))}")


def place_slider(key: str, output: Floats, what: str) -> int:
    """A slider along all places of a map, row by row; it begins at the largest value."""
    count = output.size
    if count <= 1:
        return 0
    if key not in st.session_state:
        st.session_state[key] = int(np.abs(output).argmax()) + 1
    chosen = st.slider(
        f"Slide the {what} (drag, or use the arrow keys)",
        1,
        count,
        key=key,
        persist_state="session",
        help="Row by row, as one reads. Or click on the output map.",
    )
    return int(chosen) - 1


def take_click(chart: str, slider: str) -> None:
    """A click on an output map moves the slider there."""
    points = st.session_state[chart].selection.points
    if points:
        st.session_state[slider] = int(points[0]["point_index"]) + 1


def _slide(subject: Subject, step: Step, output: Floats) -> int:
    return place_slider(slide_key(subject, step), output, "kernel")


def _maps(subject: Subject, step: Step, place: ConvolutionPlace, channel: int) -> None:
    size, output = place.kernel.shape[1], step.outputs[place.unit]
    seen, made = st.columns(2)
    title = f"Input, channel {channel + 1}" if len(step.inputs) > 1 else "Input"
    with seen:
        border = step.module.padding[0] if isinstance(step.module.padding, tuple) else 0
        window = Window(place.top, place.left, size)
        figure_view(
            lambda: map_figure(step.inputs[channel], title, window, border=int(border) if isinstance(border, int) else 0),
            key=f"steps.input.{step.layer}",
            revision=(subject.kept.moment, subject.image.key, step.layer, channel, window),
        )
    with made:
        figure = map_figure(output, f"Output map {place.unit + 1}", Window(place.row, place.column), clickable=True)
        chart, slider = f"steps.output.{subject.kept.run_id}.{step.layer}", slide_key(subject, step)
        st.plotly_chart(
            figure,
            key=chart,
            on_select=partial(take_click, chart, slider),
            selection_mode="points",
            config={"displayModeBar": False},
            alt=alt_text(figure),
        )
    st.caption(
        f"Blue: above 0; orange: below. The frame in the input is the window, the frame in the output the sum that it gives: "
        f"row {place.row + 1}, column {place.column + 1} of {output.shape[0]} × {output.shape[1]}."
    )


def _products(step: Step, place: ConvolutionPlace, channel: int) -> None:
    outside = ~place.inside
    window = NumberGrid(
        "window: the pixels there", place.window[channel], outside=outside, limit=float(np.abs(step.inputs[channel]).max())
    )
    kernel = NumberGrid("kernel: learned", place.kernel[channel], "×")
    products = NumberGrid("products", place.products[channel], "=")
    st.html(number_grids([window, kernel, products]))
    if outside.any():
        st.caption("Dashed: beyond the image's edge. The padding puts zeros there.")


def _sum(subject: Subject, step: Step, place: ConvolutionPlace) -> None:
    sums = place.channel_sums
    if len(sums) == 1:
        st.markdown(f"Sum of the products **{written(sums[0], 6)}**, plus the bias **{written(place.bias, 6)}**:")
    else:
        order = np.argsort(-np.abs(sums), kind="stable")[:MOST_CHANNELS]
        figure_view(
            lambda: contribution_bars([f"channel {index + 1}" for index in order], sums[order], "The sum of each input channel"),
            key=f"steps.channels.{step.layer}",
            revision=(subject.kept.moment, subject.image.key, step.layer, place.unit, place.row, place.column),
        )
        left = len(sums) - len(order)
        rest = f" ({left} smaller ones are not drawn, but counted)" if left else ""
        st.markdown(
            f"All {len(sums)} channels together{rest}: **{written(sums.sum(), 6)}**, plus the bias **{written(place.bias, 6)}**:"
        )
    st.markdown(f"### {summed([float(sums.sum()), place.bias])} = {written(place.result.by_hand, 6)}")
    verdict(place.result)


def _what_if(subject: Subject, step: Step, place: ConvolutionPlace, channel: int) -> None:
    with st.expander("What if it slid otherwise? Stride and padding", icon=":material/swap_horiz:"):
        module = step.module
        size = place.kernel.shape[1]
        now_stride, now_padding = int(module.stride[0]), int(module.padding[0])  # type: ignore[index, arg-type]
        with st.container(horizontal=True):
            stride = st.slider(
                "Stride",
                1,
                4,
                now_stride,
                key=subject.key(f"stride.{step.layer}"),
                help="How many squares the kernel moves at once.",
                width=260,
            )
            padding = st.slider(
                "Padding",
                0,
                size,
                now_padding,
                key=subject.key(f"padding.{step.layer}"),
                help="How many rows and columns of zeros are put around the image.",
                width=260,
            )
        for name, length in zip(("height", "width"), step.inputs.shape[1:], strict=True):
            made = output_size(length, size, stride, padding)
            st.markdown(
                f"Output {name} = ⌊({name} + 2 · padding − kernel) ÷ stride⌋ + 1 = "
                f"⌊({length} + 2 · {padding} − {size}) ÷ {stride}⌋ + 1 = **{made}**"
            )
        with quick():
            output = what_if(step, place.unit, stride, padding)
        if output is None:
            st.info("The kernel does not fit: it is larger than the image with its padding.", icon=":material/info:")
        else:
            figure_view(
                lambda: map_figure(output, f"Output map {place.unit + 1} with stride {stride}, padding {padding}", None),
                key=f"steps.what_if.{step.layer}",
                revision=(subject.kept.moment, subject.image.key, step.layer, place.unit, stride, padding),
            )
        st.caption(
            f"This is a try-out with your kernel {place.unit + 1}. Your network itself stays as it is: stride {now_stride}, "
            f"padding {now_padding}."
        )
