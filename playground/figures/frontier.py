"""Accuracy against what it costs, with the frontier: the runs that no other beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.labels import LABEL_PIXELS, shifts
from playground.figures.run_styles import RunStyle
from playground.figures.score import SCALES, ScoreScale
from playground.figures.theme import FONT_SIZE, NEUTRAL, axis, base_layout

INK = {"light": "#262730", "dark": "#FAFAFA"}
_NAMED = 8  # beyond so many points, their names would lie on one another
_NAME_CHARACTERS = 16
_PANEL_PIXELS, _NAME_PIXELS = 400, 75


@dataclass(frozen=True)
class CostPoint:
    """A run's score (as it is stored) and its cost (above 0, in the axis' unit)."""

    name: str
    style: RunStyle
    cost: float
    accuracy: float


def frontier(costs: npt.ArrayLike, accuracies: npt.ArrayLike) -> list[int]:
    """The places of the points that no other beats: none is at most as dear and at least as good, and better in one.

    Args:
        costs, accuracies: (n,) each.

    Returns:
        Indices by ascending cost (the Pareto frontier). Of equal points, each is on it.
    """
    cost, accuracy = np.asarray(costs, dtype=np.float64), np.asarray(accuracies, dtype=np.float64)
    best = []
    for index in range(len(cost)):
        as_good = (cost <= cost[index]) & (accuracy >= accuracy[index])
        better = (cost < cost[index]) | (accuracy > accuracy[index])
        if not (as_good & better).any():
            best.append(index)
    return sorted(best, key=lambda index: (cost[index], accuracy[index]))


def frontier_figure(
    points: Sequence[CostPoint], cost_title: str, *, dark: bool = False, score: str = "accuracy", height: int = 400
) -> go.Figure:
    """One point a run and the frontier as a stair: with this much to spend, no run here reads more.

    Args:
        points: at least one.
        cost_title: of the horizontal axis, with its unit.
        score: "accuracy" or "R²".
    """
    scale = SCALES[score]
    costs = [point.cost for point in points]
    percents = [scale.factor * point.accuracy for point in points]
    best = frontier(costs, percents)
    wide = max(costs) > 10 * min(costs)
    figure = go.Figure()
    figure.add_scatter(
        x=[costs[index] for index in best], y=[percents[index] for index in best], mode="lines",
        line={"color": NEUTRAL, "width": 2.5, "dash": "dot", "shape": "hv"}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    room = max(scale.high / 250, 0.18 * (max(percents) - min(percents)))
    span = (min(percents) - room, min(1.006 * scale.high, max(percents) + 1.3 * room))
    cost_axis = _cost_axis(costs, wide)
    moves = _label_shifts(costs, percents, cost_axis["range"], span, height - 76, wide, len(points) <= _NAMED)
    font = {"size": FONT_SIZE - 1, "color": INK["dark" if dark else "light"]}
    for point, percent, move in zip(points, percents, moves, strict=True):
        style = point.style
        name = point.name.replace("<", "&lt;")
        told = f"{scale.text(point.accuracy, 2)}<br>{point.cost:,.4g} {cost_title}"
        figure.add_scatter(
            x=[point.cost], y=[percent], mode="markers", cliponaxis=False, showlegend=False, name=style.letter,
            marker={"color": style.on_dark if dark else style.colour, "symbol": style.symbol, "size": 14},
            hovertemplate=f"<b>{style.letter} · {name}</b><br>{told}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=np.log10(point.cost) if wide else point.cost, y=percent, xanchor="left", xshift=8, yshift=move, showarrow=False,
            text=f"<b>{style.letter}</b>{_short(name, len(points))}", font=font,
        )  # fmt: skip
    figure.update_layout(
        base_layout(
            alt=_alt(points, best, cost_title, scale),
            height=height,
            dragmode=False,
            margin={"l": 70, "r": 24, "t": 20, "b": 56},
            xaxis=axis(cost_title, fixedrange=True, **cost_axis),
            yaxis=axis(f"validation {scale.name}", ticksuffix=scale.tick_unit, fixedrange=True, range=list(span), nticks=6),
        )
    )
    return figure


def _cost_axis(costs: Sequence[float], wide: bool) -> dict[str, Any]:
    """Linear from 0, or logarithmic where the costs lie far apart; with room for names on the right."""
    ticks = {"tickformat": "~s" if max(costs) >= 1000 else "~g"}
    if not wide:
        return ticks | {"range": [0.0, 1.25 * max(costs)], "nticks": 6}
    low, high = float(np.log10(min(costs))), float(np.log10(max(costs)))
    room = 0.12 * (high - low)
    values = [step * 10.0**decade for decade in range(int(np.floor(low)), int(np.ceil(high)) + 1) for step in (1, 3)]
    return ticks | {"type": "log", "range": [low - room, high + 2 * room], "tickvals": values}


def _label_shifts(
    costs: Sequence[float],
    percents: Sequence[float],
    costs_span: Sequence[float],
    percents_span: Sequence[float],
    room: float,
    wide: bool,
    named: bool,
) -> list[float]:
    across = np.log10(costs) if wide else np.asarray(costs, dtype=np.float64)
    x = _PANEL_PIXELS * (across - costs_span[0]) / (costs_span[1] - costs_span[0])
    y = room * (np.asarray(percents) - percents_span[0]) / (percents_span[1] - percents_span[0])
    return shifts(x.tolist(), y.tolist(), _NAME_PIXELS if named else 2 * LABEL_PIXELS, room)


def _short(name: str, count: int) -> str:
    if count > _NAMED:
        return ""
    first = name.split(" · ")[0]
    return " " + (first if len(first) <= _NAME_CHARACTERS else first[: _NAME_CHARACTERS - 1] + "…")


def _alt(points: Sequence[CostPoint], best: Sequence[int], cost_title: str, scale: ScoreScale) -> str:
    named = ", ".join(
        f"{points[index].style.letter} ({points[index].cost:,.4g}, {scale.text(points[index].accuracy)})" for index in best
    )
    return f"Validation {scale.name} of {len(points)} runs against {cost_title}. On the frontier: {named}."
