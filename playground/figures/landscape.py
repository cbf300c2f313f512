"""The loss around a network's weights, as a surface in space or as a map with contour lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, GRID, TICK_FONT_SIZE, TRANSPARENT, VALIDATION, axis, base_layout

Doubles = npt.NDArray[np.float64]

# Light in the valleys, dark on the heights; the orange path stands out from both, on both themes.
SCALE = ((0.0, "#D6E9F5"), (0.25, "#9CC8E3"), (0.5, "#4F9DCB"), (0.75, "#0072B2"), (1.0, "#00395A"))
SMALLEST_LOSS = 1e-8  # has a logarithm
TICKS = 6
NARROW_HEIGHT = 420  # on a phone
_EYE = {"x": 1.45, "y": -1.57, "z": 1.03}
_NARROW_STEP_BACK = 1.6  # so far that all that is written around it stays on a phone's screen


@dataclass(frozen=True)
class PathMark:
    """A moment of the training on the map: its place, its own loss, and what it is called."""

    x: float
    y: float
    loss: float
    words: str


def clipped(losses: Doubles) -> Doubles:
    """Losses whose missing ones (NaN: the loss was no finite number) are as high as the highest; 0 where all are missing."""
    highest = float(np.nanmax(losses)) if np.isfinite(losses).any() else 0.0
    return np.nan_to_num(losses, nan=highest)


def surface_figure(
    x: Doubles,
    y: Doubles,
    losses: Doubles,
    path: Sequence[PathMark],
    *,
    titles: tuple[str, str],
    logarithmic: bool,
    height: int = 600,
) -> go.Figure:
    """The surface in space, which can be turned. The path runs at the height of its own losses.

    `layout.meta["narrow"]` holds what the layout has instead where there is little room, as `figure_view` reads it.

    Args:
        x: (columns,), y: (rows,), losses: (rows, columns) with NaN for what was not finite.
        titles: of the two directions.
        logarithmic: heights grow with the logarithm of the loss.
    """
    heights, marks = _heights(clipped(losses), path, logarithmic)
    ticks = _ticks(heights, marks, logarithmic)
    surface = go.Surface(
        x=x, y=y, z=heights, colorscale=SCALE, showscale=False, opacity=0.9, customdata=clipped(losses),
        hovertemplate="loss %{customdata:.4g}<extra></extra>", name="loss",
        contours={"z": {"show": True, "color": "rgba(128, 128, 128, 0.5)", "width": 1, "start": float(heights.min()),
                        "end": float(heights.max()), "size": float(np.ptp(heights) / 14) or 1.0}},
        lighting={"ambient": 0.75, "diffuse": 0.5, "specular": 0.05},
    )  # fmt: skip
    traces: list[Any] = [surface]
    if path:
        traces.append(
            go.Scatter3d(
                x=[mark.x for mark in path], y=[mark.y for mark in path], z=marks, mode="lines+markers", name="path",
                text=[mark.words for mark in path], hovertemplate="%{text}<extra></extra>",
                line={"color": VALIDATION, "width": 6}, marker={"color": VALIDATION, "size": 4},
            )
        )  # fmt: skip
    here = float(heights[np.abs(y).argmin(), np.abs(x).argmin()])
    traces.append(
        go.Scatter3d(
            x=[0.0], y=[0.0], z=[here], mode="markers", name="network", hovertemplate="the network<extra></extra>",
            marker={"color": VALIDATION, "size": 8, "symbol": "diamond", "line": {"color": "white", "width": 2}},
        )
    )  # fmt: skip
    sides = {"gridcolor": GRID, "backgroundcolor": TRANSPARENT, "showbackground": False, "tickfont": {"size": 12}}
    scene = {
        "xaxis": {**sides, "title": {"text": titles[0]}},
        "yaxis": {**sides, "title": {"text": titles[1]}},
        "zaxis": {**sides, "title": {"text": "loss"}, "tickvals": ticks[0], "ticktext": ticks[1]},
        "aspectratio": {"x": 1.1, "y": 1.1, "z": 0.75},
        "camera": {"eye": _EYE, "center": {"x": 0, "y": 0, "z": -0.1}},
        "dragmode": "turntable",
    }
    layout = base_layout(
        alt=_alt("Surface", losses, path), height=height, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False, scene=scene
    )
    further = {"eye": {name: _NARROW_STEP_BACK * value for name, value in _EYE.items()}, "center": {"x": 0, "y": 0, "z": -0.1}}
    layout["meta"] |= {"narrow": {"height": NARROW_HEIGHT, "scene": scene | {"camera": further}}}
    return go.Figure(traces, layout)


def contour_figure(
    x: Doubles,
    y: Doubles,
    losses: Doubles,
    path: Sequence[PathMark],
    *,
    titles: tuple[str, str],
    logarithmic: bool,
    height: int = 560,
) -> go.Figure:
    """The surface seen from above. Arguments as in `surface_figure`."""
    heights, marks = _heights(clipped(losses), path, logarithmic)
    ticks = _ticks(heights, [], logarithmic)
    traces: list[Any] = [
        go.Contour(
            x=x, y=y, z=heights, colorscale=SCALE, customdata=clipped(losses), ncontours=18, name="loss",
            hovertemplate="loss %{customdata:.4g}<extra></extra>", line={"color": "rgba(128, 128, 128, 0.6)", "width": 1},
            colorbar={"title": {"text": "loss", "font": {"size": FONT_SIZE}}, "tickvals": ticks[0], "ticktext": ticks[1],
                      "tickfont": {"size": TICK_FONT_SIZE}, "thickness": 14, "outlinewidth": 0},
        )
    ]  # fmt: skip
    if path:
        traces.append(
            go.Scatter(
                x=[mark.x for mark in path], y=[mark.y for mark in path], mode="lines+markers", name="path",
                text=[mark.words for mark in path], hovertemplate="%{text}<extra></extra>",
                line={"color": VALIDATION, "width": 3},
                marker={"color": VALIDATION, "size": 8, "line": {"color": "white", "width": 1}},
            )
        )  # fmt: skip
    traces.append(
        go.Scatter(
            x=[0.0], y=[0.0], mode="markers", name="network", hovertemplate="the network<extra></extra>",
            marker={"color": VALIDATION, "size": 16, "symbol": "star", "line": {"color": "white", "width": 1.5}},
        )
    )  # fmt: skip
    layout = base_layout(
        alt=_alt("Contour map", losses, path),
        height=height,
        margin={"l": 72, "r": 8, "t": 16, "b": 56},
        showlegend=False,
        # A path that leaves the map is not followed: the map is what was computed.
        xaxis=axis(titles[0], range=[float(x[0]), float(x[-1])], zeroline=False),
        yaxis=axis(titles[1], range=[float(y[0]), float(y[-1])], zeroline=False),
    )
    return go.Figure(traces, layout)


def _heights(losses: Doubles, path: Sequence[PathMark], logarithmic: bool) -> tuple[Doubles, list[float]]:
    marks = np.array([mark.loss for mark in path], dtype=np.float64)
    highest = max([float(losses.max()), *marks[np.isfinite(marks)].tolist()])
    marks = np.nan_to_num(marks, nan=highest, posinf=highest)
    if not logarithmic:
        return losses, marks.tolist()
    return np.log10(np.maximum(losses, SMALLEST_LOSS)), np.log10(np.maximum(marks, SMALLEST_LOSS)).tolist()


def _ticks(heights: Doubles, marks: Sequence[float], logarithmic: bool) -> tuple[list[float], list[str]]:
    """Where the axis has its marks, and the losses that stand there."""
    low, high = min([float(heights.min()), *marks]), max([float(heights.max()), *marks])
    values = np.linspace(low, high, TICKS) if high > low else np.array([low])
    return values.tolist(), [f"{10**value if logarithmic else value:.2g}" for value in values.tolist()]


def _alt(what: str, losses: Doubles, path: Sequence[PathMark]) -> str:
    finite = losses[np.isfinite(losses)]
    between = f"from {finite.min():.3g} to {finite.max():.3g}" if finite.size else "never a finite number"
    along = f", with the training's path of {len(path)} moments" if path else ""
    return f"{what} of the loss around the network's weights, {between}{along}."
