"""Figures of the arithmetic: a map with a window on it, contributions as bars, a point on an activation's curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import (
    CORRECT,
    DIVERGING,
    FONT_SIZE,
    GRID,
    NEUTRAL,
    TICK_FONT_SIZE,
    TRAINING,
    VALIDATION,
    axis,
    base_layout,
)

Floats = npt.NDArray[np.float64]

FRAME = CORRECT


@dataclass(frozen=True)
class Window:
    """A square of a map, by its upper left corner, which may lie beyond the edge."""

    top: int
    left: int
    size: int = 1


def map_figure(
    values: Floats, title: str, window: Window | None, *, height: int = 320, border: int = 0, clickable: bool = False
) -> go.Figure:
    """A layer's map as coloured squares (blue above 0, orange below), with a frame around the window.

    Args:
        values: (rows, columns).
        border: so many squares around it belong to the border of zeros, and are kept in view.
        clickable: lays an invisible point on every square, for `st.plotly_chart(..., on_select=...)`; their numbers count
            along the rows.
    """
    rows, columns = values.shape
    limit = float(np.abs(np.nan_to_num(values)).max(initial=0.0)) or 1.0
    traces: list[Any] = [
        go.Heatmap(
            z=values, zmin=-limit, zmax=limit, colorscale=[list(stop) for stop in DIVERGING], showscale=False,
            hovertemplate="row %{y}, column %{x}: %{z:.4g}<extra></extra>", x0=1, y0=1,
        )
    ]  # fmt: skip
    if clickable:
        down, across = np.divmod(np.arange(rows * columns), columns)
        marker = {"size": max(4, int(0.8 * height / max(rows, columns))), "opacity": 0, "symbol": "square"}
        traces.append(
            go.Scatter(
                x=across + 1, y=down + 1, mode="markers", marker=marker, showlegend=False,
                selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
                hovertext=[f"row {r + 1}, column {c + 1}: {values[r, c]:.4g}" for r, c in zip(down, across, strict=True)],
                hoverinfo="text",
            )
        )  # fmt: skip
    shapes = [_outline(0.5, 0.5, columns, rows, NEUTRAL, 1)]
    where = ""
    if window is not None:
        shapes += [
            _outline(window.left + 0.5, window.top + 0.5, window.size, window.size, "#FFFFFF", 6),
            _outline(window.left + 0.5, window.top + 0.5, window.size, window.size, FRAME, 3),
        ]
        where = f" A frame stands at row {window.top + 1}, column {window.left + 1}."
    plain = {
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "showticklabels": False,
        "ticks": "",
        "constrain": "domain",
    }
    layout = base_layout(
        alt=f"{title}: a map of {rows} by {columns} numbers, from {values.min():.3g} to {values.max():.3g}.{where}",
        height=height,
        title={"text": title, "font": {"size": FONT_SIZE}, "x": 0.5, "xanchor": "center"},
        margin={"l": 4, "r": 4, "t": 36, "b": 4},
        xaxis=axis("", range=[0.5 - border, columns + 0.5 + border], **plain),
        yaxis=axis("", range=[rows + 0.5 + border, 0.5 - border], scaleanchor="x", **plain),
        shapes=shapes,
        dragmode=False,
    )
    return go.Figure(traces, layout)


def contribution_bars(names: Sequence[str], values: Floats, title: str, *, unit: str = "contribution") -> go.Figure:
    """Signed contributions as bars from top to bottom: blue to the right for, orange to the left against. A name may have two
    lines, parted by a line break, which leaves a phone room for the bars."""
    row_pixels = 44 if any("\n" in name for name in names) else 30
    said = [name.replace("\n", ": ") for name in names]
    colours = [TRAINING if value >= 0 else VALIDATION for value in values]
    text = [f"{value:+.3g}".replace("-", "−") for value in values]
    places = np.arange(len(values))
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    span = (high - low) or 1.0
    left, right = (0.55 * span if low < 0 else 0.08 * span), 0.3 * span  # room for the numbers at the bars' ends
    bars = go.Bar(
        x=values, y=places, orientation="h", marker={"color": colours}, text=text, textposition="outside",
        textfont={"size": TICK_FONT_SIZE}, cliponaxis=False, hovertext=said,
        hovertemplate="%{hovertext}: %{x:.5g}<extra></extra>",
    )  # fmt: skip
    largest = f" The largest: {said[0]}, {values[0]:.3g}." if len(values) else ""
    layout = base_layout(
        alt=f"{title}: {len(values)} bars.{largest}",
        height=84 + row_pixels * max(1, len(values)),
        title={"text": title, "font": {"size": FONT_SIZE}, "x": 0, "xanchor": "left"},
        margin={"l": 8, "r": 28, "t": 36, "b": 44},
        bargap=0.3,
        dragmode=False,
        xaxis=axis(unit, range=[low - left, high + right], fixedrange=True),
        yaxis=axis(
            "", tickvals=places, ticktext=[name.replace("\n", "<br>") for name in names],
            range=[len(values) - 0.5, -0.5], fixedrange=True, automargin=True,
            showgrid=False, zeroline=False,
        ),
    )  # fmt: skip
    return go.Figure([bars], layout)


def curve_figure(x: Floats, y: Floats, point: tuple[float, float], slope: float, name: str, *, height: int = 360) -> go.Figure:
    """An activation's curve with one neuron's point on it, and the tangent there."""
    reach = 0.18 * float(x[-1] - x[0])
    ends = np.array([point[0] - reach, point[0] + reach])
    traces = [
        go.Scatter(x=x, y=y, mode="lines", name=name, line={"color": TRAINING, "width": 3}, hoverinfo="skip"),
        go.Scatter(
            x=ends, y=point[1] + slope * (ends - point[0]), mode="lines", name=f"slope {slope:.3g}",
            line={"color": NEUTRAL, "width": 2, "dash": "dash"}, hoverinfo="skip",
        ),
        go.Scatter(
            x=[point[0], point[0], x[0]], y=[min(0.0, float(y.min())), point[1], point[1]], mode="lines", showlegend=False,
            line={"color": VALIDATION, "width": 1, "dash": "dot"}, hoverinfo="skip",
        ),
        go.Scatter(
            x=[point[0]], y=[point[1]], mode="markers", name="this neuron",
            marker={"color": VALIDATION, "size": 14, "symbol": "diamond", "line": {"color": "#FFFFFF", "width": 2}},
            hovertemplate="z = %{x:.4g}, f(z) = %{y:.4g}<extra></extra>",
        ),
    ]  # fmt: skip
    layout = base_layout(
        alt=f"The curve of {name}; this neuron's point is at {point[0]:.3g}, {point[1]:.3g}.",
        height=height,
        margin={"l": 72, "r": 8, "t": 44, "b": 56},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": TICK_FONT_SIZE}},
        dragmode=False,
        xaxis=axis("z: what goes in", fixedrange=True, range=[float(x[0]), float(x[-1])]),
        yaxis=axis("f(z): what comes out", fixedrange=True),
    )
    return go.Figure(traces, layout)


def _outline(left: float, top: float, width: float, height: float, colour: str, line: int) -> dict[str, Any]:
    shape = {"type": "rect", "x0": left, "y0": top, "x1": left + width, "y1": top + height}
    return shape | {"line": {"color": colour or GRID, "width": line}, "fillcolor": "rgba(0, 0, 0, 0)"}
