"""One neuron's weights, or one filter's, as squares that can be clicked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import ACCENT, DIVERGING, GRID, TICK_FONT_SIZE, TRANSPARENT, VALIDATION, base_layout

MAX_CELLS = 1600
_WIDTH = 440  # pixels, about what a column of the page has
_ROW = 32  # numbers in a row, where they have no places of their own
_NOWHERE = -1
_LIST_SIDE = 22.0  # pixels a line, where each number has a name beside it


def weight_places(shape: Sequence[int]) -> list[npt.NDArray[np.int64]]:
    """Where each number stands: pages of at most `MAX_CELLS` squares (one channel, or one row, may be more).

    Args:
        shape: (channels, height, width) of one filter or of the image that one neuron sees; or (numbers,).

    Returns:
        int64 (rows, columns) arrays of indices into the flattened numbers; -1 where there is none. Channels stand side by
        side, with an empty line between them.
    """
    if len(shape) == 1:
        return [_rows(np.arange(start, min(start + MAX_CELLS, shape[0]))) for start in range(0, shape[0], MAX_CELLS)]
    channels, height, width = shape
    if height * width == 1:
        return weight_places((channels,))
    numbers = np.arange(channels * height * width).reshape(channels, height, width)
    at_once = max(1, MAX_CELLS // ((height + 1) * (width + 1)))
    return [_side_by_side(numbers[start : start + at_once]) for start in range(0, channels, at_once)]


def _rows(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # Few numbers in one line; many in a block about as wide as high.
    width = min(len(numbers), max(16, min(_ROW, math.ceil(math.sqrt(len(numbers))))))
    padded = np.full(-(-len(numbers) // width) * width, _NOWHERE, dtype=np.int64)
    padded[: len(numbers)] = numbers
    return padded.reshape(-1, width)


def _side_by_side(channels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    count, height, width = channels.shape
    across = math.ceil(math.sqrt(count))
    grid = np.full((-(-count // across) * (height + 1) - 1, across * (width + 1) - 1), _NOWHERE, dtype=np.int64)
    for place, channel in enumerate(channels):
        top, left = place // across * (height + 1), place % across * (width + 1)
        grid[top : top + height, left : left + width] = channel
    return grid


def weight_grid(
    values: npt.ArrayLike,
    places: npt.NDArray[np.int64],
    words: str,
    *,
    limit: float,
    chosen: int | None = None,
    edited: Sequence[int] = (),
    names: Sequence[str] = (),
) -> go.Figure:
    """The numbers as coloured squares: blue above 0, orange below.

    Args:
        values: float (n,), the numbers.
        places: one page of `weight_places`.
        words: what they are, such as "Weights of neuron 3".
        limit: the value of the darkest colours.
        chosen: the index of the number that gets a frame.
        edited: indices of numbers that were changed, marked with a dot.
        names: what each number belongs to. Where they stand one below the other (`places` of one column), names and values are
            written beside them; else the pointer tells the name.

    Returns:
        A figure whose last trace has one invisible point a number, in the order of `shown_indices(places)`: that is what
        `st.plotly_chart(..., on_select=...)` tells of a click.
    """
    numbers = np.asarray(values, dtype=np.float64)
    grid = np.where(places >= 0, numbers[np.maximum(places, 0)], np.nan)
    height, width = places.shape
    is_list = bool(names) and width == 1
    side = _LIST_SIDE if is_list else max(6.0, min(44.0, _WIDTH / width))
    ys, xs = np.nonzero(places >= 0)
    indices = shown_indices(places)
    squares = go.Heatmap(
        z=grid, zmin=-limit, zmax=limit, colorscale=[[stop, colour] for stop, colour in DIVERGING], hoverinfo="skip",
        hoverongaps=False, xgap=1 if side > 9 else 0, ygap=1 if side > 9 else 0,
        colorbar={"thickness": 12, "len": 1.0, "tickfont": {"size": TICK_FONT_SIZE}, "tickvals": [-limit, 0, limit],
                  "ticktext": [f"{-limit:.2g}", "0", f"{limit:.2g}"], "outlinewidth": 0},
    )  # fmt: skip
    traces: list[go.Heatmap | go.Scatter] = [squares]
    for found, colour, symbol, name in (
        (set(edited), VALIDATION, "circle", "changed"),
        ({chosen}, ACCENT, "square-open", "chosen"),
    ):
        here = [place for place, index in enumerate(indices) if int(index) in found]
        size = max(4.0, side / 3) if symbol == "circle" else side
        line = {"width": 3, "color": colour} if symbol != "circle" else {"width": 1, "color": "white"}
        marker = {"symbol": symbol, "size": size, "color": colour, "line": line}
        traces.append(
            go.Scatter(x=xs[here], y=ys[here], mode="markers", marker=marker, name=name, hoverinfo="skip", showlegend=False)
        )
    target = {"symbol": "square", "size": max(6.0, side), "color": ACCENT, "opacity": 0}
    traces.append(
        go.Scatter(
            x=xs,
            y=ys,
            mode="markers",
            marker=target,
            customdata=indices,
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
            hovertext=[f"{names[index] if names else index + 1}: {numbers[index]:.4g}" for index in indices],
            hoverinfo="text",
            showlegend=False,
        )  # fmt: skip
    )
    hidden = {"visible": False, "fixedrange": True}
    x_axis = hidden | {"range": [-0.5, width - 0.5], "constrain": "domain"}
    y_axis: dict[str, Any] = hidden | {"range": [height - 0.5, -0.5], "scaleanchor": "x", "constrain": "domain"}
    if is_list:
        written = [f"{numbers[index]:.3g}".replace("-", "−") for index in indices]
        values_beside = go.Scatter(
            x=xs + 0.7, y=ys, mode="text", text=written, textposition="middle right", textfont={"size": TICK_FONT_SIZE},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        edge = {"symbol": "square-open", "size": side - 1, "color": GRID}  # so that those near 0 show on the page
        traces.insert(1, go.Scatter(x=xs, y=ys, mode="markers", marker=edge, hoverinfo="skip", showlegend=False))
        traces.insert(-1, values_beside)
        squares.showscale = False  # the values stand beside them
        x_axis |= {"range": [-0.5, 4.0], "constraintoward": "left"}
        named = {"tickvals": ys, "ticktext": [names[index] for index in indices], "automargin": True}
        y_axis |= {"visible": True, "showgrid": False, "zeroline": False, "tickfont": {"size": TICK_FONT_SIZE}} | named
    layout = base_layout(
        alt=_alt(numbers, words),
        height=int(side * height) + 24,
        margin={"l": 4, "r": 4, "t": 8, "b": 8},
        xaxis=x_axis,
        yaxis=y_axis,
        plot_bgcolor=TRANSPARENT if is_list else GRID,  # between the squares, so that those near 0 show on a white page
        dragmode=False,
    )
    return go.Figure(traces, layout)


def shown_indices(places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The indices of the numbers on a page, in the order of the figure's points."""
    return places[places >= 0]


def _alt(numbers: npt.NDArray[np.float64], words: str) -> str:
    if not np.isfinite(numbers).all():
        return f"{words}: {len(numbers)} numbers, some of them not finite."
    return f"{words}: {len(numbers)} numbers from {numbers.min():.3g} to {numbers.max():.3g}, {int((numbers == 0).sum())} are 0."
