"""A search from trial to trial: every trial's score, and the best found so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.bands import on_dark
from playground.figures.score import SCALES
from playground.figures.theme import CORRECT, FONT_SIZE, NEUTRAL, VALIDATION, axis, base_layout

HEIGHT = 300


def best_so_far(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The greatest of all scores up to each one, (n,) -> (n,); NaN until the first known score."""
    known = np.where(np.isfinite(np.asarray(scores, dtype=np.float64)), np.asarray(scores, dtype=np.float64), -np.inf)
    best = np.maximum.accumulate(known) if len(known) else known
    return np.where(np.isfinite(best), best, np.nan)


def clear_floor(values: npt.ArrayLike, room: float = 2.0) -> float:
    """The foot of an axis on which the good values stay apart: twice the quartiles' distance below the lower one.

    One trial that learned nothing (10 %) would otherwise press all others (95 to 97 %) together. `values` (n,), n > 0; at least
    `room` below the best.
    """
    known = np.asarray(values, dtype=np.float64)
    lower, upper = np.percentile(known, [25, 75])
    return float(max(known.min(), min(lower - 2 * (upper - lower), known.max() - room)))


def best_so_far_figure(
    scores: npt.ArrayLike,
    *,
    pruned: Sequence[bool] = (),
    budget: int | None = None,
    score: str = "accuracy",
    height: int = HEIGHT,
) -> go.Figure:
    """A dot a trial and the line of the best so far. Scores far below all others are triangles at the lower edge.

    Args:
        scores: float (n,), validation score of trials 1, 2, ... as it is stored; NaN where there is none (yet).
        pruned: which of them were given up early: drawn as crosses, and never counted as the best. None when not given.
        budget: trials in all, for the axis.
        score: "accuracy" or "R²".
        height: pixels.
    """
    scale = SCALES[score]
    percent = scale.factor * np.asarray(scores, dtype=np.float64)
    given_up = np.asarray(pruned, dtype=bool) if len(pruned) else np.zeros(len(percent), dtype=bool)
    numbers = np.arange(1, len(percent) + 1)
    whole = np.where(given_up, np.nan, percent)
    best = best_so_far(whole)
    figure = go.Figure()
    seen = percent[np.isfinite(percent)]
    floor = clear_floor(seen, scale.high / 50) if len(seen) else 0.0
    heights = np.where(np.isfinite(percent), np.maximum(percent, floor), np.nan)
    figure.add_scatter(
        x=numbers, y=np.where(best < floor, np.nan, best), mode="lines", name="best so far", uid="best", showlegend=True,
        line={"color": VALIDATION, "width": 3, "shape": "hv"}, hovertemplate=f"best so far: {scale.hover()}<extra></extra>",
        **on_dark(VALIDATION),
    )  # fmt: skip
    below = ~given_up & (percent < floor)
    for chosen, name, look, said in (
        (~given_up & ~below, "trial", {"color": CORRECT, "size": 10}, "trial %{x}: " + scale.hover("%{customdata}")),
        (
            below,
            f"below {scale.text(floor / scale.factor)}",
            {"color": CORRECT, "size": 11, "symbol": "triangle-down"},
            "trial %{x}: " + scale.hover("%{customdata}"),
        ),
        (
            given_up,
            "given up early",
            {"color": NEUTRAL, "size": 10, "symbol": "x"},
            "trial %{x}, given up at " + scale.hover("%{customdata}"),
        ),
    ):
        if chosen.any() or name == "trial":
            figure.add_scatter(
                x=numbers[chosen], y=heights[chosen], customdata=percent[chosen], mode="markers", name=name,
                uid="below" if chosen is below else name,
                marker=look, hovertemplate=f"{said}<extra></extra>", showlegend=True,
            )  # fmt: skip
    alt = "No trial has ended yet."
    if np.isfinite(best).any():
        winner = int(np.nanargmax(whole))
        alt = f"{int(np.isfinite(whole).sum())} trials; the best is trial {winner + 1} with "
        alt += f"{scale.text(whole[winner] / scale.factor, 2)}."
    if len(seen) and seen.min() < floor:
        alt += f" Trials below {scale.text(floor / scale.factor)} stand at the lower edge."
    last = max(2, budget or 0, len(percent))
    figure.update_layout(
        base_layout(
            alt=alt,
            height=height,
            margin={"l": 72, "r": 12, "t": 40, "b": 54},
            dragmode="zoom",
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SIZE}},
            xaxis=axis("trial", range=[0.5, last + 0.5], nticks=8, dtick=1 if last <= 10 else None),
            yaxis=axis(f"validation {scale.name}", ticksuffix=scale.tick_unit, nticks=6),
        )
    )
    return figure
