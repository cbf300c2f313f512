"""What noise on its inputs does to a network's answers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout


def noise_figure(
    strengths: npt.ArrayLike,
    judged: npt.ArrayLike,
    confidence: npt.ArrayLike | None,
    plain: float,
    *,
    dark: bool = False,
    height: int = 400,
) -> go.Figure:
    """One line for how good the answers are, dotted how sure it was, dashed who answers always the same.

    Args:
        strengths: float (s,), in spreads of each column.
        judged: float (s,): the share told right; without `confidence`, the mean absolute error in the target's own unit.
        confidence: float (s,), fractions; None of a regression.
        plain: the same as `judged` of one who always answers alike.
    """
    places, values = np.asarray(strengths, dtype=np.float64), np.asarray(judged, dtype=np.float64)
    is_number = confidence is None
    factor, unit = (1.0, "") if is_number else (100.0, " %")
    blue, orange = (ON_DARK[colour] if dark else colour for colour in (TRAINING, VALIDATION))
    name, same = ("off by, on average", "always the mean") if is_number else ("right", "always the commonest class")
    figure = go.Figure()
    figure.add_scatter(
        x=places, y=factor * values, mode="lines+markers", name=name, line={"color": blue, "width": 3}, marker={"size": 9},
        cliponaxis=False, hovertemplate=f"noise %{{x:g}}: {name} <b>%{{y:.4~g}}{unit}</b><extra></extra>",
    )  # fmt: skip
    if confidence is not None:
        figure.add_scatter(
            x=places, y=100 * np.asarray(confidence, dtype=np.float64), mode="lines+markers", name="how sure it was",
            line={"color": orange, "width": 2.5, "dash": "dot"}, marker={"symbol": "circle-open", "size": 9}, cliponaxis=False,
            hovertemplate="noise %{x:g}: <b>%{y:.1f} %</b> sure on average<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=[places[0], places[-1]], y=[factor * plain] * 2, mode="lines", name=same, hoverinfo="skip",
        line={"color": NEUTRAL, "width": 2.5, "dash": "dash"},
    )  # fmt: skip
    said = ", ".join(f"{factor * value:.3g}{unit} at {place:g}" for place, value in zip(places, values, strict=True))
    bounds = {"rangemode": "tozero"} if is_number else {"range": [0, 102], "ticksuffix": "%"}
    figure.update_layout(
        base_layout(
            alt=f"{name} against noise: {said}; {same}: {factor * plain:.3g}{unit}.",
            height=height,
            dragmode=False,
            margin={"l": 76, "r": 20, "t": 44, "b": 58},
            legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SIZE - 1}},
            xaxis=axis("noise, in spreads of each column", fixedrange=True, nticks=6, range=[-0.04, float(places[-1]) + 0.04]),
            yaxis=axis("off by, on average" if is_number else "", fixedrange=True, nticks=6, **bounds),
        )
    )
    return figure
