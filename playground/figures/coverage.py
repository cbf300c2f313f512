"""What refusing costs and what it brings: accuracy of the answers against the share of images that get one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, ON_DARK, TRAINING, VALIDATION, axis, base_layout

_POINTS = 400
# So few answers make an accuracy that jumps from point to point and says nothing.
_FEWEST = 0.01


def coverage_figure(
    coverage: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    thresholds: npt.ArrayLike,
    chosen: tuple[float, float] | None,
    threshold: float,
    *,
    dark: bool = False,
    height: int = 380,
) -> go.Figure:
    """The curve, every threshold on it, and the chosen point.

    Args:
        coverage, accuracy, thresholds: float (m,), fractions; coverage falling.
        chosen: (coverage, accuracy) at the threshold; None when nothing is answered.
        threshold: the chosen one, a fraction.
    """
    shares, right, needed = (100 * np.asarray(values, dtype=np.float64) for values in (coverage, accuracy, thresholds))
    kept = np.flatnonzero(shares >= 100 * _FEWEST)
    if len(kept) > _POINTS:
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, _POINTS).round().astype(int))]
    blue, orange = (ON_DARK[colour] if dark else colour for colour in (TRAINING, VALIDATION))
    figure = go.Figure()
    figure.add_scatter(
        x=shares[kept], y=right[kept], mode="lines", line={"color": blue, "width": 3}, customdata=needed[kept],
        hovertemplate="at least %{customdata:.1f} % sure:<br>answers <b>%{x:.1f} %</b>, of which <b>%{y:.2f} %</b> right"
        "<extra></extra>",
    )  # fmt: skip
    shown = right[kept]
    alt = (
        f"Accuracy of the answers against the share answered: {shown[0]:.1f} % right when all are."
        if len(kept)
        else "No answers."
    )
    if chosen is not None:
        place = (100 * chosen[0], 100 * chosen[1])
        figure.add_scatter(
            x=[place[0]], y=[place[1]], mode="markers", cliponaxis=False,
            marker={"color": orange, "size": 16, "symbol": "diamond"},
            hovertemplate="your threshold: answers %{x:.1f} %, of which %{y:.2f} % right<extra></extra>",
        )  # fmt: skip
        alt += f" At least {100 * threshold:.1f} % sure: {place[0]:.1f} % answered, {place[1]:.2f} % of them right."
        shown = np.append(shown, place[1])
    lowest = float(shown.min(initial=100.0))
    room = max(0.4, 0.1 * (100 - lowest))
    figure.update_layout(
        base_layout(
            alt=alt,
            height=height,
            dragmode=False,
            showlegend=False,
            margin={"l": 92, "r": 20, "t": 16, "b": 58},
            xaxis=axis("coverage: how many get an answer", range=[0, 101], ticksuffix="%", fixedrange=True),
            yaxis=axis("right among the answered", ticksuffix="%", fixedrange=True, nticks=6, title_standoff=16)
            | {"range": [max(0.0, lowest - room), 100 + room / 2]},
            font={"size": FONT_SIZE},
        )
    )
    return figure
