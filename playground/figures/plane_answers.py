"""Points in the plane, and where a network is wrong about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import DIVERGING, FONT_SIZE, GRID, NEUTRAL, TICK_FONT_SIZE, axis, base_layout, plane_colours

_REACH = 6.4  # the points lie within -6 and 6
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "pentagon", "star")


def plane_answers(
    points: npt.ArrayLike,
    labels: npt.ArrayLike,
    predicted: npt.ArrayLike,
    class_names: Sequence[str],
    *,
    height: int = 440,
) -> go.Figure:
    """Every point in the colour of what it really is: small and pale where the answer is right, a large cross where it is wrong.

    Args:
        points: float (n, 2).
        labels, predicted: int (n,), classes as indices into `class_names`.
    """
    places = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    truth, said = np.asarray(labels, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    figure, colours = go.Figure(), plane_colours(len(class_names))
    for index, name in enumerate(class_names):
        right = (truth == index) & (said == index)
        figure.add_scatter(
            x=places[right, 0], y=places[right, 1], mode="markers", name=f"{name}, right", hoverinfo="skip",
            marker={"color": colours[index], "size": 7, "opacity": 0.55, "symbol": _SYMBOLS[index % len(_SYMBOLS)]},
        )  # fmt: skip
    for index, name in enumerate(class_names):
        wrong = (truth == index) & (said != index)
        if not wrong.any():
            continue
        figure.add_scatter(
            x=places[wrong, 0], y=places[wrong, 1], mode="markers", name=f"{name}, wrong",
            text=[f"really {name}, called {class_names[answer]}" for answer in said[wrong]],
            marker={"color": colours[index], "size": 12, "symbol": "x", "line": {"color": NEUTRAL, "width": 1}},
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    mistakes = int((truth != said).sum())
    return _laid_out(figure, f"{len(truth):,} points in the plane; {mistakes:,} of them are answered wrong.", height)


def plane_errors(points: npt.ArrayLike, errors: npt.ArrayLike, *, height: int = 440) -> go.Figure:
    """Every point in the colour of its error: blue where too much is predicted, orange where too little.

    Args:
        points: float (n, 2).
        errors: float (n,), predicted minus true.
    """
    places, off = np.asarray(points, dtype=np.float64).reshape(-1, 2), np.asarray(errors, dtype=np.float64)
    edge = float(np.abs(off[np.isfinite(off)]).max(initial=0.0)) or 1.0
    figure = go.Figure()
    figure.add_scatter(
        x=places[:, 0], y=places[:, 1], mode="markers", showlegend=False,
        marker={
            "color": off, "colorscale": [list(stop) for stop in DIVERGING], "cmin": -edge, "cmax": edge, "size": 11,
            "line": {"color": NEUTRAL, "width": 1}, "showscale": True,
            "colorbar": {"title": {"text": "off by", "font": {"size": FONT_SIZE}}, "thickness": 14, "outlinewidth": 0,
                         "tickfont": {"size": TICK_FONT_SIZE}, "nticks": 6},
        },
        hovertemplate="(%{x:.2f}, %{y:.2f}): off by %{marker.color:+.3~g}<extra></extra>",
    )  # fmt: skip
    return _laid_out(figure, f"{len(off):,} points in the plane, coloured by their error: at most {edge:.3g}.", height)


def _laid_out(figure: go.Figure, alt: str, height: int) -> go.Figure:
    lines = {"range": [-_REACH, _REACH], "fixedrange": True, "tickvals": (-6, -3, 0, 3, 6), "showgrid": True, "gridcolor": GRID}
    figure.update_layout(
        base_layout(
            alt=alt,
            height=height,
            dragmode=False,
            margin={"l": 56, "r": 8, "t": 64, "b": 52},
            legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "font": {"size": FONT_SIZE - 2}},
            xaxis=axis("x₁", **(lines | {"constrain": "domain"})),
            yaxis=axis("x₂", **(lines | {"scaleanchor": "x"})),
        )
    )
    return figure
