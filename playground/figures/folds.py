"""Cross-validation: one curve and one dot a fold, their mean and their spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.bands import epoch_numbers, faint, score_layout
from playground.figures.score import SCALES
from playground.figures.theme import FONT_SIZE, TRAINING, axis, base_layout, class_colour

_SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "x", "star", "pentagon", "hexagon", "bowtie")
HEIGHT = 340


def fold_curves(
    curves: Sequence[Sequence[float]], *, epochs: Sequence[int] = (), score: str = "accuracy", height: int = HEIGHT
) -> go.Figure:
    """Validation score over the epochs, one line a fold.

    Args:
        curves: the score after each epoch as it is stored; empty for a fold that has not begun.
        epochs: of which epoch each value is, where not every one is told.
        score: "accuracy" or "R²".
        height: pixels.
    """
    figure, scale = go.Figure(), SCALES[score]
    numbers = epoch_numbers(curves, epochs)
    for index, curve in enumerate(curves):
        colour = class_colour(index)
        figure.add_scatter(
            x=numbers[: len(curve)] if len(curve) else [None],
            y=scale.factor * np.asarray(curve) if len(curve) else [None],
            name=f"fold {index + 1}", mode="lines+markers", line={"color": colour, "width": 2.5},
            marker={"color": colour, "size": 8, "symbol": _SYMBOLS[index % len(_SYMBOLS)]}, uid=f"fold-{index}",
            hovertemplate=f"fold {index + 1}: {scale.hover()}<extra></extra>", showlegend=True,
        )  # fmt: skip
    done = [f"fold {index + 1} at {scale.text(curve[-1], 2)}" for index, curve in enumerate(curves) if len(curve)]
    alt = f"Validation {scale.name}: " + ", ".join(done) + "." if done else "No epoch has ended yet."
    layout = score_layout(alt, height, int(numbers[-1]) if len(numbers) else 0, scale)
    layout["margin"]["t"] = 70  # ten names take two lines
    figure.update_layout(layout)
    return figure


def fold_dots(scores: npt.ArrayLike, *, score: str = "accuracy", height: int = HEIGHT) -> go.Figure:
    """One dot a fold, the mean as a line, and a band of one standard deviation (n - 1) to both sides.

    Args:
        scores: float (folds,), validation scores as they are stored; NaN for a fold that has not ended.
        score: "accuracy" or "R²".
        height: pixels.
    """
    scale = SCALES[score]
    percent = scale.factor * np.asarray(scores, dtype=np.float64)
    known = percent[np.isfinite(percent)]
    places = np.arange(1, len(percent) + 1)
    there = np.isfinite(percent)
    figure = go.Figure()
    figure.add_scatter(
        x=places[there], y=percent[there], mode="markers+text", text=[f"{value:.{scale.digits - 1}f}" for value in known],
        textposition="top center", textfont={"size": FONT_SIZE}, cliponaxis=False, uid="folds", showlegend=False,
        marker={
            "size": 13,
            "color": [class_colour(int(place) - 1) for place in places[there]],
            "symbol": [_SYMBOLS[(int(place) - 1) % len(_SYMBOLS)] for place in places[there]],
        },
        hovertemplate=f"fold %{{x}}: {scale.hover()}<extra></extra>",
    )  # fmt: skip
    alt = "No fold has ended yet."
    shapes = []
    if len(known):
        mean = float(known.mean())
        alt = f"{len(known)} of {len(percent)} folds have ended, mean {scale.text(mean / scale.factor, 2)}."
        line = {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": mean,
            "y1": mean,
            "line": {"color": TRAINING, "width": 2.5},
        }
        shapes.append(line)
        if len(known) > 1:
            spread = float(known.std(ddof=1))
            alt = f"{alt[:-1]} ± {spread:.{scale.digits}f}{scale.points}."
            edges = {"y0": mean - spread, "y1": mean + spread, "fillcolor": faint(TRAINING, 0.15), "line": {"width": 0}}
            shapes.append({"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "layer": "below", **edges})
    layout = base_layout(
        alt=alt,
        height=height,
        margin={"l": 72, "r": 12, "t": 70, "b": 54},
        dragmode=False,
        shapes=shapes,
        xaxis=axis("fold", range=[0.5, len(percent) + 0.5], tickvals=places, fixedrange=True, showgrid=False),
        yaxis=axis(f"validation {scale.name}", ticksuffix=scale.tick_unit, nticks=6, fixedrange=True),
    )
    if not len(known):
        layout["yaxis"]["range"] = [0, scale.high]
    figure.update_layout(layout)
    return figure
