"""Balls racing down a surface seen from above: one animated figure. And how high each of them was at every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.race_table import SYMBOLS
from playground.figures.theme import FONT_SIZE, GRID, NEUTRAL, axis, base_layout, class_colour

Doubles = npt.NDArray[np.float64]

MOST_FRAMES = 50
MOST_CORNERS = 150  # of a drawn path
FRAME_MILLISECONDS = 90
BEFORE_THE_PATHS = 3  # traces: the surface, its minima, the start
HEIGHT = 540  # pixels
LOWEST = 1e-12  # heights above the minimum below this are rounding
# Grey on both themes: all hues are the balls'.
_GREYS = ((0.0, "rgba(128, 128, 128, 0.0)"), (1.0, "rgba(128, 128, 128, 0.45)"))


@dataclass(frozen=True, eq=False)
class Ground:
    """The surface: x (columns,), y (rows,), heights (rows, columns), where it is lowest, and how high that is."""

    x: Doubles
    y: Doubles
    heights: Doubles
    minima: Sequence[tuple[float, float]]
    lowest: float
    logarithmic: bool


@dataclass(frozen=True, eq=False)
class Track:
    """A ball's way: places (steps + 1, 2), heights (steps + 1,); its colour is that of `number`, whoever else races."""

    name: str
    number: int
    places: Doubles
    heights: Doubles
    flew_away: bool = False


def frame_steps(steps: int, most: int = MOST_FRAMES) -> list[int]:
    """The steps that are shown, the first and the last among them, evenly apart, and no more than `most` + 1."""
    return sorted({round(step) for step in np.linspace(0, steps, min(steps, most) + 1)})


def race_figure(ground: Ground, tracks: Sequence[Track], steps: int) -> go.Figure:
    """The surface and all ways over it; Play drops the balls again. It begins with the end, so that it says something unmoved.

    Args:
        steps: of the race; a ball that flew away earlier stays where it was last seen.
    """
    shown = frame_steps(steps)
    moving = list(range(BEFORE_THE_PATHS, BEFORE_THE_PATHS + 2 * len(tracks)))
    frames = [{"data": _moment(tracks, step, steps, bare=True), "traces": moving, "name": str(step)} for step in shown]
    start = tracks[0].places[0] if tracks else np.zeros(2)
    traces = [
        _surface(ground),
        go.Scatter(
            x=[x for x, _ in ground.minima], y=[y for _, y in ground.minima], mode="markers", name="minimum", hoverinfo="name",
            marker={"symbol": "star", "size": 17, "color": "#F0E442", "line": {"color": "black", "width": 1.5}},
        ),
        go.Scatter(
            x=[start[0]], y=[start[1]], mode="markers", name="start", hoverinfo="name",
            marker={"symbol": "x", "size": 13, "color": "#303030", "line": {"color": "white", "width": 1.5}},
        ),
        *_moment(tracks, steps, steps),
    ]  # fmt: skip
    layout = base_layout(
        alt=f"The ways of {', '.join(track.name for track in tracks) or 'no optimizer'} over {steps} steps, from above.",
        height=HEIGHT,
        margin={"l": 56, "r": 10, "t": 10, "b": 10},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        xaxis=axis("x", range=[float(ground.x[0]), float(ground.x[-1])], showgrid=False, zeroline=False),
        yaxis=axis("y", range=[float(ground.y[0]), float(ground.y[-1])], showgrid=False, zeroline=False),
        updatemenus=[_buttons()],
        sliders=[_slider(shown)],
    )
    return go.Figure(traces, layout, frames=frames)


def heights_figure(tracks: Sequence[Track], lowest: float, near: float, *, height: int = 280) -> go.Figure:
    """Heights above the minimum at every step, each a tenth of the one above it on the axis.

    Args:
        near: the height that counts as arrived.
    """
    traces = []
    for track in tracks:
        above = np.maximum(track.heights - lowest, LOWEST)
        line = {"color": class_colour(track.number), "width": 2.5}
        traces.append(
            go.Scatter(
                x=np.arange(len(above)), y=above, mode="lines", name=track.name, line=line,
                hovertemplate=f"{track.name}, step %{{x}}: %{{y:.3g}}<extra></extra>",
            )
        )  # fmt: skip
    finite = [np.maximum(track.heights - lowest, LOWEST) for track in tracks if len(track.heights)]
    highest = max([float(one.max()) for one in finite] or [1.0])
    deepest = max(min([float(one.min()) for one in finite] or [near]), highest * 1e-9)
    layout = base_layout(
        alt="Height above the minimum at every step, of " + ", ".join(track.name for track in tracks) + ".",
        height=height,
        margin={"l": 76, "r": 24, "t": 10, "b": 52},
        showlegend=False,
        dragmode=False,
        shapes=[
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": near, "y1": near, "line": {"color": NEUTRAL, "dash": "dot"}}
        ],
        xaxis=axis("step", rangemode="tozero"),
        yaxis=axis(
            "height above minimum", type="log", range=[np.log10(deepest) - 0.2, np.log10(highest) + 0.2],
            exponentformat="power", dtick=max(1, round(np.log10(highest / deepest) / 5)),
        ),
    )  # fmt: skip
    return go.Figure(traces, layout)


def _surface(ground: Ground) -> go.Contour:
    heights = ground.heights
    if ground.logarithmic:
        above = heights - ground.lowest
        heights = np.log10(np.maximum(above, float(above.max()) * 1e-6))
    return go.Contour(
        x=ground.x, y=ground.y, z=heights.astype(np.float32), customdata=ground.heights.astype(np.float32), colorscale=_GREYS,
        ncontours=22, showscale=False, line={"color": GRID, "width": 1}, name="surface",
        hovertemplate="x %{x:.2f}, y %{y:.2f}: height %{customdata:.4g}<extra></extra>",
    )  # fmt: skip


def _moment(tracks: Sequence[Track], step: int, steps: int, *, bare: bool = False) -> list[dict[str, Any]]:
    """All ways up to a step, then all balls; `bare`: only what changes from frame to frame."""
    corners = frame_steps(steps, MOST_CORNERS)
    paths: list[dict[str, Any]] = []
    balls: list[dict[str, Any]] = []
    for track in tracks:
        last = min(step, len(track.places) - 1)
        upto = [corner for corner in corners if corner < last] + [last]
        way = _short(track.places[upto])
        here = _short(track.places[last : last + 1])
        colour = class_colour(track.number)
        gone = track.flew_away and step >= len(track.places)
        path: dict[str, Any] = {"type": "scatter", "x": way[:, 0].tolist(), "y": way[:, 1].tolist()}
        ball: dict[str, Any] = {"type": "scatter", "x": here[:, 0].tolist(), "y": here[:, 1].tolist()}
        if not bare:
            path |= {"mode": "lines", "line": {"color": colour, "width": 2.5}, "showlegend": False, "hoverinfo": "skip"}
            symbol = "x" if gone else list(SYMBOLS)[track.number % len(SYMBOLS)]
            marker = {"color": colour, "size": 14, "symbol": symbol, "line": {"color": "white", "width": 1.5}}
            ball |= {"mode": "markers", "name": track.name, "marker": marker, "hoverinfo": "name"}
        paths.append(path)
        balls.append(ball)
    return [*paths, *balls]


def _short(places: Doubles) -> Doubles:
    """As many digits as one can see, to keep many frames small."""
    rounded: Doubles = places.round(3)
    return rounded


def _buttons() -> dict[str, Any]:
    moving = {"frame": {"duration": FRAME_MILLISECONDS, "redraw": False}, "transition": {"duration": 0}, "mode": "immediate"}
    play = {"label": "▶ Play", "method": "animate", "args": [None, moving | {"fromcurrent": True}]}
    pause = {"label": "❚❚ Pause", "method": "animate", "args": [[None], moving | {"frame": {"duration": 0, "redraw": False}}]}
    return {
        "type": "buttons", "direction": "left", "showactive": False, "buttons": [play, pause],
        "x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 58},
        "bgcolor": "rgba(128, 128, 128, 0.12)", "bordercolor": GRID, "font": {"size": FONT_SIZE},
    }  # fmt: skip


def _slider(shown: Sequence[int]) -> dict[str, Any]:
    still = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    return {
        "active": len(shown) - 1, "x": 0, "len": 1.0, "y": 0, "yanchor": "top", "pad": {"t": 64, "b": 0},
        "currentvalue": {"prefix": "step ", "font": {"size": FONT_SIZE, "color": NEUTRAL}, "xanchor": "right", "offset": 20},
        "bgcolor": "rgba(128, 128, 128, 0.3)", "bordercolor": GRID, "activebgcolor": NEUTRAL, "ticklen": 0, "minorticklen": 0,
        "font": {"size": 1, "color": "rgba(0, 0, 0, 0)"},  # the labels below it, which nobody needs and which take room
        "steps": [{"method": "animate", "label": str(step), "args": [[str(step)], still]} for step in shown],
    }  # fmt: skip
