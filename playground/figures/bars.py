"""Bars from 0 to 100 %: how often each class is answered right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import CORRECT, TICK_FONT_SIZE, axis, base_layout

# Room above a bar at 100 % for its number.
_TOP = 112
_TICKS = (0, 25, 50, 75, 100)


def class_accuracy_bars(
    accuracy: npt.ArrayLike,
    class_names: Sequence[str],
    *,
    counts: npt.ArrayLike | None = None,
    height: int = 300,
    noun: str = "images",
) -> go.Figure:
    """One bar a class: the share of its examples that are answered right.

    Args:
        accuracy: float (k,), fractions from 0 to 1; NaN for a class without examples.
        class_names: k names.
        counts: int (k,), examples of each class, told on hovering.
        height: pixels.
        noun: what they are, such as "rows".
    """
    said = "read right" if noun == "images" else "answered right"
    percent = _percent(accuracy, class_names)
    known = np.isfinite(percent)
    alt = f"No {noun} yet."
    if known.any():
        worst, best = int(np.nanargmin(percent)), int(np.nanargmax(percent))
        alt = f"{said.capitalize()}: best {class_names[best]}, {percent[best]:.1f} %; "
        alt += f"worst {class_names[worst]}, {percent[worst]:.1f} %."
    words = [f"{value:.1f}" if there else "none" for value, there in zip(percent, known, strict=True)]
    figure = _bars(percent, list(class_names), words, alt, height, said)
    if counts is not None:
        hover = [f"{name}: {int(count)} {noun}" for name, count in zip(class_names, np.asarray(counts), strict=True)]
        figure.update_traces(hovertext=hover, hovertemplate="%{hovertext}, %{y:.2f} % right<extra></extra>")
    return figure


def _percent(fractions: npt.ArrayLike, class_names: Sequence[str]) -> npt.NDArray[np.float64]:
    percent = 100.0 * np.asarray(fractions, dtype=np.float64)
    if percent.shape != (len(class_names),):
        raise ValueError(f"{len(class_names)} classes need {len(class_names)} numbers, not {percent.shape}")
    return percent


def _bars(percent: npt.NDArray[np.float64], names: list[str], words: list[str], alt: str, height: int, y_title: str) -> go.Figure:
    places = np.arange(len(percent))
    bars = go.Bar(
        x=places, y=np.nan_to_num(percent), marker={"color": CORRECT}, text=words, textposition="outside",
        textfont={"size": TICK_FONT_SIZE}, cliponaxis=False, hovertext=names,
        hovertemplate="%{hovertext}: %{y:.2f} %<extra></extra>",
    )  # fmt: skip
    ticks = {"tickvals": places, "ticktext": names, "fixedrange": True, "showgrid": False}
    percent_axis = {"range": [0, _TOP], "tickvals": _TICKS, "ticktext": [f"{tick}%" for tick in _TICKS], "fixedrange": True}
    layout = base_layout(
        alt=alt,
        height=height,
        margin={"l": 76, "r": 8, "t": 12, "b": 44},
        bargap=0.25,
        dragmode=False,
        xaxis=axis("", **ticks),
        yaxis=axis(y_title, **percent_axis),
    )
    return go.Figure([bars], layout)
