"""Two settings, each trained with several seeds: their curves with bands, and the differences of the pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.score import SCALES, ScoreScale
from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TICK_FONT_SIZE, TRAINING, VALIDATION, axis, base_layout
from playground.figures.ticks import round_ticks

Floats = npt.NDArray[np.float64]
Spread = Literal["range", "deviation"]

# A and B differ in colour, in symbol and in dash.
COLOURS = (TRAINING, VALIDATION)
SYMBOLS = ("circle", "diamond")
_DASHES = ("solid", "dash")

BAND_HEIGHT = 340
DIFFERENCE_HEIGHT = 190


@dataclass(frozen=True, eq=False)
class Band:
    """What several curves have in common, epoch by epoch.

    Attributes:
        mean: float (epochs,), over the curves that have come this far.
        low, high: float (epochs,), the edges of the band; equal to the mean where there is one curve only.
        count: int (epochs,), curves that have come this far.
    """

    mean: Floats
    low: Floats
    high: Floats
    count: npt.NDArray[np.int64]


def band(curves: Sequence[Sequence[float]], spread: Spread = "range") -> Band:
    """The mean and the spread of curves, which may differ in length.

    Args:
        curves: one value an epoch each; empty ones are passed over.
        spread: the band reaches from the least to the greatest value, or one standard deviation (n - 1) to both sides.
    """
    length = max((len(curve) for curve in curves), default=0)
    table = np.full((len(curves), length), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    count = np.isfinite(table).sum(axis=0) if length else np.zeros(0, dtype=np.int64)
    columns = [table[np.isfinite(table[:, place]), place] for place in range(length)]
    mean = np.array([column.mean() if len(column) else np.nan for column in columns])
    if spread == "range":
        low = np.array([column.min() if len(column) else np.nan for column in columns])
        high = np.array([column.max() if len(column) else np.nan for column in columns])
    else:
        deviation = np.array([column.std(ddof=1) if len(column) > 1 else 0.0 for column in columns])
        low, high = mean - deviation, mean + deviation
    return Band(mean, low, high, count)


def bands_figure(
    a: Sequence[Sequence[float]],
    b: Sequence[Sequence[float]],
    *,
    spread: Spread = "range",
    epochs: tuple[Sequence[int], Sequence[int]] = ((), ()),
    score: str = "accuracy",
    height: int = BAND_HEIGHT,
) -> go.Figure:
    """Validation score over the epochs: every seed's curve faintly, the means strongly, the bands between.

    Args:
        a, b: curves of both settings, the score after each epoch as it is stored.
        spread: see `band`.
        epochs: of which epoch each value of A's and B's curves is, where not every one is told.
        score: "accuracy" or "R²".
        height: pixels.
    """
    figure, scale = go.Figure(), SCALES[score]
    told, last = [], 0
    for name, curves, known, colour, symbol, dash in zip("AB", (a, b), epochs, COLOURS, SYMBOLS, _DASHES, strict=True):
        common, numbers = (
            band([[scale.factor * value for value in curve] for curve in curves], spread),
            epoch_numbers(curves, known),
        )
        last = max(last, int(numbers[-1]) if len(numbers) else 0)
        several = common.count > 1
        edges = {"x": numbers[several], "mode": "lines", "legendgroup": name, "showlegend": False, "hoverinfo": "skip"}
        figure.add_scatter(y=common.low[several], line={"width": 0, "color": colour}, uid=f"low-{name}", **edges)
        figure.add_scatter(
            y=common.high[several], line={"width": 0, "color": colour}, fill="tonexty", fillcolor=faint(colour, 0.16),
            uid=f"high-{name}", **edges,
        )  # fmt: skip
        figure.add_scatter(
            **joined([[scale.factor * value for value in curve] for curve in curves], numbers), mode="lines", opacity=0.35,
            line={"color": colour, "width": 1}, legendgroup=name, showlegend=False, hoverinfo="skip", uid=f"single-{name}",
            **on_dark(colour),
        )  # fmt: skip
        begun = sum(len(curve) > 0 for curve in curves)
        figure.add_scatter(
            x=numbers, y=common.mean, name=f"{name}, mean of {begun}" if begun else name, legendgroup=name, mode="lines+markers",
            line={"color": colour, "width": 3, "dash": dash}, marker={"color": colour, "symbol": symbol, "size": 9},
            hovertemplate=f"{name}: {scale.hover()}<extra></extra>", uid=f"mean-{name}", showlegend=True, **on_dark(colour),
        )  # fmt: skip
        if len(common.mean):
            told.append(
                f"{name} {scale.text(common.mean[-1] / scale.factor, 2)} after epoch {numbers[-1]} (mean of {common.count[-1]})"
            )
    alt = f"Validation {scale.name} of A and B: " + "; ".join(told) + "." if told else "No epoch has ended yet."
    figure.update_layout(score_layout(alt, height, last, scale))
    return figure


def difference_figure(
    differences: npt.ArrayLike,
    low: float | None,
    high: float | None,
    *,
    seeds: Sequence[int] = (),
    score: str = "accuracy",
    height: int = DIFFERENCE_HEIGHT,
) -> go.Figure:
    """One dot a seed: how much better B did than A. Below them the mean with its 95 % interval; zero is marked.

    Args:
        differences: float (n,), score of B minus that of A, in percentage points, or R² as it is.
        low, high: the ends of the interval in the same unit; None when there are too few pairs.
        seeds: the n seeds, told on hovering.
        score: "accuracy" or "R²".
        height: pixels.
    """
    points, scale = np.asarray(differences, dtype=np.float64), SCALES[score]
    names = [f"seed {seed}" for seed in seeds] or [f"pair {index + 1}" for index in range(len(points))]
    interval = None if low is None or high is None else (low, high)
    reach = [abs(value) for value in (*points, *(interval or ()))]
    end = 1.15 * max(reach) if reach and max(reach) > 0 else scale.high / 100
    figure = go.Figure()
    figure.add_scatter(
        x=points, y=1.0 + 0.12 * stacked(points, end / 18), mode="markers", customdata=names, showlegend=False, uid="pairs",
        marker={"size": 13, "color": NEUTRAL, "line": {"width": 1.5, "color": "rgba(255, 255, 255, 0.7)"}},
        hovertemplate=f"%{{customdata}}: {scale.hover_difference()}<extra></extra>",
    )  # fmt: skip
    if len(points):
        mean = float(points.mean())
        bar: dict[str, Any] | None = None
        if interval:
            bar = {"type": "data", "symmetric": False, "array": [interval[1] - mean], "arrayminus": [mean - interval[0]]}
            bar |= {"thickness": 4, "width": 9, "color": VALIDATION}
        figure.add_scatter(
            x=[mean], y=[0.25], mode="markers", showlegend=False, uid="mean",
            marker={"size": 16, "symbol": "diamond", "color": VALIDATION},
            error_x=bar,
            hovertemplate=f"mean {scale.hover_difference()}<extra></extra>", **on_dark(VALIDATION),
        )  # fmt: skip
    alt = "No pair is complete yet."
    if len(points):
        alt = f"{len(points)} differences, B minus A, mean {scale.difference(float(points.mean()) / scale.factor)}"
        alt += f", 95 % interval {interval[0]:+.{scale.digits}f} to {interval[1]:+.{scale.digits}f}." if interval else "."
    places = round_ticks(-end, end)
    ticks = {"tickvals": places, "ticktext": [f"{place:+g}".replace("-", "−") if place else "0" for place in places]}
    sides = {"yref": "paper", "y": 1.0, "yanchor": "bottom", "showarrow": False, "font": {"size": FONT_SIZE}}
    layout = base_layout(
        alt=alt,
        height=height,
        margin={"l": 92, "r": 16, "t": 34, "b": 54},
        showlegend=False,
        dragmode=False,
        annotations=[
            {"x": 0, "xref": "paper", "xanchor": "left", "text": "◂ A better", **sides},
            {"x": 1, "xref": "paper", "xanchor": "right", "text": "B better ▸", **sides},
        ],
        shapes=[{"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": NEUTRAL, "width": 2.5}}],
        xaxis=axis(
            "difference B − A, in percentage points" if scale.points else f"difference B − A, in {scale.name}",
            range=[-end, end],
            fixedrange=True,
            **ticks,
        ),
        yaxis=axis(
            "", range=[-0.2, 1.75], tickvals=[0.25, 1.1], ticktext=["mean,<br>95 %", "seeds"], showgrid=False, fixedrange=True
        ),
    )
    layout["yaxis"]["zeroline"] = layout["xaxis"]["zeroline"] = False
    figure.update_layout(layout)
    return figure


def stacked(points: Floats, width: float) -> Floats:
    """How many points up each dot stands, (n,) -> (n,), so that dots nearer than `width` do not hide one another."""
    levels = np.zeros(len(points))
    taken: list[tuple[float, float]] = []
    for index in np.argsort(points, kind="stable"):
        near = {level for place, level in taken if points[index] - place < width}
        levels[index] = next(level for level in range(len(points) + 1) if level not in near)
        taken.append((points[index], levels[index]))
    return np.minimum(levels, 4)


def joined(curves: Sequence[Sequence[float]], epochs: npt.ArrayLike | None = None) -> dict[str, Floats]:
    """Many curves as one trace, with gaps between them: quicker to draw than a trace each.

    Args:
        epochs: int (n,), of the longest curve's values; 1, 2, 3, and so on when not given.
    """
    numbers = epoch_numbers(curves) if epochs is None else np.asarray(epochs)
    xs = [np.append(numbers[: len(curve)], np.nan) for curve in curves if len(curve)]
    ys = [np.append(np.asarray(curve, dtype=np.float64), np.nan) for curve in curves if len(curve)]
    hole = np.array([np.nan])
    return {"x": np.concatenate(xs) if xs else hole, "y": np.concatenate(ys) if ys else hole}


def score_layout(alt: str, height: int, epochs: int, scale: ScoreScale) -> dict[str, Any]:
    """The layout of curves of the validation score over whole epochs."""
    last = max(2, epochs)
    return base_layout(
        alt=alt,
        height=height,
        margin={"l": 72, "r": 12, "t": 40, "b": 54},
        hovermode="x unified",
        dragmode="zoom",
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SIZE}},
        xaxis=axis(
            "epoch", range=[0.8, last + 0.2], dtick=1 if last <= 12 else None, nticks=8, unifiedhovertitle={"text": "epoch %{x}"}
        ),
        yaxis=axis(f"validation {scale.name}", ticksuffix=scale.tick_unit, nticks=6, tickfont={"size": TICK_FONT_SIZE}),
    )


def epoch_numbers(curves: Sequence[Sequence[float]], known: Sequence[int] = ()) -> npt.NDArray[np.int64]:
    """The epochs of the longest curve's values: those that are known, or 1, 2, 3, and so on."""
    most = max((len(curve) for curve in curves), default=0)
    return np.asarray(known[:most] if len(known) >= most else range(1, most + 1), dtype=np.int64)


def on_dark(colour: str) -> dict[str, Any]:
    """Plotly keeps `meta` and ignores it; who draws on a dark page takes the lighter colour from there."""
    return {"meta": {"dark": ON_DARK[colour]}} if colour in ON_DARK else {}


def faint(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
