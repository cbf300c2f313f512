"""Parallel coordinates: one upright axis a searched setting, one line a trial; the better, the bluer and thicker.

Drawn as ordinary lines. Plotly's own `parcoords` draws lines of one pixel, which nobody sees from the back row, and
needs WebGL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.bands import on_dark
from playground.figures.best_so_far import clear_floor
from playground.figures.importance import wrapped
from playground.figures.score import SCALES, ScoreScale
from playground.figures.theme import NEUTRAL, TICK_FONT_SIZE, TRANSPARENT, VALIDATION, base_layout
from playground.figures.ticks import log_ticks, round_ticks

Value = str | int | float | bool | None

HEIGHT = 400
_BEST_WIDTH = 4.5
# From the worst to the best trials: on a light page, on a dark one, and pixels of width.
_LOOKS = (("#B0B0B0", "#5E5E5E", 1.5), ("#A3BFD4", "#5D7687", 1.8), ("#5B9DC9", "#5E98BF", 2.2), ("#0072B2", "#56B4E9", 2.8))


@dataclass(frozen=True)
class ParallelAxis:
    """One setting of all trials.

    Attributes:
        title: its name.
        values: one a trial; None where a trial has no such setting, which leaves a gap in its line.
        kind: a number's axis, linear or logarithmic, or one place for each choice.
        low, high: the searched range of a number; None lets the values tell.
        choices: all that could be chosen, from bottom to top; empty lets the values tell.
    """

    title: str
    values: tuple[Value, ...]
    kind: Literal["number", "log", "choice"] = "number"
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class _Scale:
    """Where values stand on an axis: 0 at its foot, 1 at its top; (n,), NaN for what is not on it."""

    places: npt.NDArray[np.float64]
    ticks: list[tuple[float, str]]


def parallel_figure(
    axes: Sequence[ParallelAxis], scores: npt.ArrayLike, *, score: str = "accuracy", height: int = HEIGHT
) -> go.Figure:
    """The lines of all trials that have a score; the last axis is the score itself, the best line is vermillion.

    Args:
        axes: the settings, each with n values.
        scores: float (n,), validation scores as they are stored; trials with NaN are left out.
        score: "accuracy" or "R²".
        height: pixels.
    """
    scale = SCALES[score]
    percent = scale.factor * np.asarray(scores, dtype=np.float64)
    there = np.flatnonzero(np.isfinite(percent))
    shown = percent[there]
    scales = [_scale(entry, [entry.values[index] for index in there]) for entry in axes]
    scales.append(_score_scale(shown, scale))
    titles = [*(entry.title for entry in axes), f"validation {scale.name}"]
    figure = go.Figure()
    best = int(shown.argmax()) if len(shown) else -1
    # From the worst to the best, so that the best lie on top.
    for look, (light, dark, width) in enumerate(_LOOKS):
        rows = [row for row in range(len(shown)) if _look(scales[-1].places[row]) == look and row != best]
        lines = _lines(scales, rows, axes, there, shown, scale)
        figure.add_scatter(
            **lines, line={"color": light, "width": width}, marker={"color": light, "size": 6}, uid=f"lines-{look}",
            meta={"dark": dark},
        )  # fmt: skip
    figure.add_scatter(
        **_lines(scales, [best] if len(shown) else [], axes, there, shown, scale), uid="best",
        line={"color": VALIDATION, "width": _BEST_WIDTH}, marker={"color": VALIDATION, "size": 9}, **on_dark(VALIDATION),
    )  # fmt: skip
    alt = "No trial has ended yet."
    if len(shown):
        names = ", ".join(entry.title for entry in axes)
        alt = f"{len(shown)} trials, one line each, over {names} and the validation {scale.name}. "
        alt += f"The best is trial {there[best] + 1} with {scale.text(shown[best] / scale.factor, 2)}."
    figure.update_layout(_layout(scales, titles, alt, height))
    return figure


def _look(place: float) -> int:
    return min(len(_LOOKS) - 1, int(place * len(_LOOKS)))


def _lines(
    scales: Sequence[_Scale],
    rows: Sequence[int],
    axes: Sequence[ParallelAxis],
    there: npt.NDArray[np.intp],
    shown: npt.NDArray[np.float64],
    score: ScoreScale,
) -> dict[str, Any]:
    """Several trials as one trace, with gaps between them."""
    x: list[float] = [np.nan]
    y: list[float] = [np.nan]
    said: list[str] = [""]
    for row in rows:
        index = int(there[row])
        parts = [f"{entry.title}: {words(entry.values[index])}" for entry in axes if entry.values[index] is not None]
        text = "<br>".join([f"<b>trial {index + 1}: {score.text(shown[row] / score.factor, 2)}</b>", *parts])
        x += [*range(len(scales)), np.nan]
        y += [*(float(scale.places[row]) for scale in scales), np.nan]
        said += [text] * (len(scales) + 1)
    return {
        "x": np.array(x),
        "y": np.array(y),
        "mode": "lines+markers",
        "hovertext": said,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "showlegend": False,
    }


def _layout(scales: Sequence[_Scale], titles: Sequence[str], alt: str, height: int) -> dict[str, Any]:
    shapes, notes = [], []
    for place, (scale, title) in enumerate(zip(scales, titles, strict=True)):
        is_score = place == len(scales) - 1
        axis_line = {"color": NEUTRAL, "width": 2.5 if is_score else 1.5}
        shapes.append({"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "layer": "below", "line": axis_line})
        font = {"size": TICK_FONT_SIZE}
        text = wrapped(title, 14)
        text = f"<b>{text}</b>" if is_score else text
        notes.append({"x": place, "y": 1.03, "yref": "paper", "yanchor": "bottom", "text": text, "font": font})
        for height_on_axis, label in scale.ticks:
            notes.append({"x": place, "y": height_on_axis, "xshift": -8, "xanchor": "right", "text": label, "font": font})
    hidden = {"visible": False, "fixedrange": True}
    return base_layout(
        alt=alt,
        height=height,
        margin={"l": 64, "r": 40, "t": 76, "b": 16},
        dragmode=False,
        hovermode="closest",
        shapes=shapes,
        annotations=[
            {"showarrow": False, "xanchor": "center", "align": "center", "bgcolor": TRANSPARENT} | note for note in notes
        ],
        xaxis={"range": [-0.04, len(scales) - 0.96], **hidden},
        yaxis={"range": [-0.03, 1.03], **hidden},
    )


def _scale(entry: ParallelAxis, values: Sequence[Value]) -> _Scale:
    if entry.kind == "choice":
        choices = list(entry.choices) or list(dict.fromkeys(value for value in values if value is not None))
        step = 1 / max(1, len(choices) - 1)
        middle = 0.5 if len(choices) < 2 else 0.0
        places = [middle + step * choices.index(value) if value in choices else np.nan for value in values]
        return _Scale(np.array(places), [(middle + step * index, words(choice)) for index, choice in enumerate(choices)])
    numbers = np.array([float(value) if isinstance(value, int | float) else np.nan for value in values])
    known = numbers[np.isfinite(numbers)]
    low = entry.low if entry.low is not None else float(known.min()) if len(known) else 0.0
    high = entry.high if entry.high is not None else float(known.max()) if len(known) else 1.0
    if entry.kind == "log" and low > 0:
        if low == high:
            low, high = low / 2, high * 2
        start, span = np.log10(low), np.log10(high / low)
        ticks = [(float((np.log10(tick) - start) / span), f"{tick:g}") for tick in log_ticks(low, high)]
        return _Scale((np.log10(numbers) - start) / span, ticks)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return _linear(numbers, low, high)


def _linear(numbers: npt.NDArray[np.float64], low: float, high: float, unit: str = "") -> _Scale:
    ticks = [((tick - low) / (high - low), f"{tick:g}{unit}") for tick in round_ticks(low, high)]
    return _Scale((numbers - low) / (high - low), ticks)


def _score_scale(shown: npt.NDArray[np.float64], score: ScoreScale) -> _Scale:
    whole = score.high
    low, high = (clear_floor(shown, whole / 50), float(shown.max())) if len(shown) else (0.0, whole)
    if high - low < whole / 1000:
        low, high = low - whole / 2000, high + whole / 2000
    scale = _linear(np.maximum(shown, low), low, high, score.tick_unit)
    if len(shown) and shown.min() < low:
        above = [tick for tick in scale.ticks if tick[0] > 0.08]
        return _Scale(scale.places, [(0.0, f"≤{low:.{score.digits - 1}f}{score.tick_unit}"), *above])
    return scale


def words(value: Value) -> str:
    """A choice as one reads it: on, off, none, 0.001."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("_", " ")
