"""A map of images: one point an image, coloured by its class or by whether it was read right; one frame a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.image_cards import percent
from playground.figures.images import data_uri, tile, to_png
from playground.figures.theme import (
    ACCENT,
    CORRECT,
    FONT_SIZE,
    TICK_FONT_SIZE,
    TRANSPARENT,
    VALIDATION,
    axis,
    base_layout,
    class_colour,
)

ColourBy = Literal["class", "mistake"]
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "pentagon", "star", "hexagram", "x")
LEGEND_CLASSES = 26
AMOUNTS = ("#C05000", "#E8935C", "#9A9A9A", "#5BA3D0", "#0072B2")  # the scale of the plane, without its ends and its white
SHEET_COLUMNS = 50
_MARGIN = 0.06


@dataclass(frozen=True, eq=False)
class MappedImages:
    """`n` images with what is said of them.

    Attributes:
        labels, predicted: int (n,).
        confidences: float (n,), the probability of the predicted class.
        indices: int (n,), the images' numbers in the data set.
        class_names: one a class.
        noun: what they are called, "images" or "rows".
        values, said: float (n,), the true and the predicted numbers of a regression, whose classes are groups of the true ones,
            in order.
    """

    labels: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    confidences: npt.NDArray[np.float32]
    indices: npt.NDArray[np.int64]
    class_names: Sequence[str]
    noun: str = "images"
    values: npt.NDArray[np.float64] | None = None
    said: npt.NDArray[np.float64] | None = None

    def words(self, row: int) -> str:
        """Such as "No. 17: 5, read as 3 (87 %)", or "No. 17: 173, said 232"."""
        if self.values is not None and self.said is not None:
            return f"No. {self.indices[row]}: {self.values[row]:.4g}, said {self.said[row]:.4g}"
        true, said = self.class_names[self.labels[row]], self.class_names[self.predicted[row]]
        right, wrong = ("read right", "read as") if self.noun == "images" else ("told right", "called")
        verdict = f"{true}, {right}" if self.labels[row] == self.predicted[row] else f"{true}, {wrong} {said}"
        return f"No. {self.indices[row]}: {verdict} ({percent(float(self.confidences[row]))})"


def embedding_figure(
    places: Sequence[npt.NDArray[np.float32]],
    titles: Sequence[str],
    images: MappedImages,
    *,
    colour_by: ColourBy,
    axis_titles: tuple[str, str] = ("", ""),
    height: int = 560,
) -> go.Figure:
    """A scatter plot of the first map; the others are frames, named "0", "1", ..., of the same traces and axes.

    Args:
        places: one (n, 2) a layer, at least one.
        titles: the layers' names.
        colour_by: "class" gives one trace a class; "mistake" one for right and one for wrong.
        axis_titles: what the axes say; their numbers mean nothing, and are left out.

    Returns:
        A figure whose points hold their row among the images as `customdata`.
    """
    groups = _groups(images, colour_by)
    shared = {"type": "scatter", "mode": "markers", "hoverinfo": "none"}
    traces = [
        {**shared, "name": name, "marker": marker, "customdata": rows.tolist(), **_at(places[0], rows)}
        for name, marker, rows in groups
    ]
    frames = [{"name": str(number), "data": [_at(one, rows) for _, _, rows in groups]} for number, one in enumerate(places)]
    wrong = int((images.labels != images.predicted).sum())
    by_value = images.values is not None
    coloured = "its true value" if by_value else "its class" if colour_by == "class" else "whether it was told right"
    layers = titles[0] if len(titles) == 1 else f"{len(titles)} layers, from {titles[0]} to {titles[-1]}"
    across, up = _range(places, 0), _range(places, 1)
    bare: dict[str, Any] = {"showticklabels": False, "zeroline": False, "showgrid": False, "ticks": ""}
    layout = base_layout(
        alt=f"Map of {len(images.labels):,} {images.noun} as seen by {layers}; each point is one, coloured by {coloured}"
        + ("." if by_value else f"; {wrong:,} are told wrong."),
        height=height,
        margin={"l": 32, "r": 8, "t": 8, "b": 40},
        hovermode="closest",
        hoverdistance=12,
        dragmode="zoom",
        showlegend=colour_by == "mistake" or len(groups) <= LEGEND_CLASSES,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": FONT_SIZE}, "bgcolor": TRANSPARENT,
                "itemsizing": "constant"},
        xaxis=axis(axis_titles[0], range=across, **bare),
        yaxis=axis(axis_titles[1], range=up, scaleanchor="x", constrain="domain", **bare),
    )  # fmt: skip
    return go.Figure(traces, layout, frames if len(places) > 1 else None)


def agreement_figure(titles: Sequence[str], agreements: Sequence[float], of_groups: bool = False, height: int = 300) -> go.Figure:
    """How many of an image's nearest neighbours have its class, layer by layer.

    Args:
        titles: the layers' names.
        agreements: one a layer, in [0, 1].
        of_groups: groups of numbers take the place of classes.
    """
    percents = [100 * one for one in agreements]
    words = [f"{value:.0f}" for value in percents]
    trace = go.Scatter(
        x=list(range(len(titles))), y=percents, mode="lines+markers" + ("+text" if len(titles) <= 16 else ""), text=words,
        textposition="top center", textfont={"size": TICK_FONT_SIZE}, line={"color": ACCENT, "width": 3}, marker={"size": 9},
        customdata=list(titles), hovertemplate="%{customdata}: %{y:.1f} %<extra></extra>", cliponaxis=False,
    )  # fmt: skip
    layout = base_layout(
        alt=f"Share of the 10 nearest neighbours that have its own {'group' if of_groups else 'class'}: "
        + ", ".join(f"{title} {value:.0f} %" for title, value in zip(titles, percents, strict=True))
        + ".",
        height=height,
        margin={"l": 64, "r": 24, "t": 24, "b": 96},
        showlegend=False,
        xaxis=axis(tickvals=list(range(len(titles))), ticktext=list(titles), showgrid=False),
        yaxis=axis(f"% of the same {'colour' if of_groups else 'class'}", range=[0, 108], tickvals=[0, 25, 50, 75, 100]),
    )
    return go.Figure(trace, layout)


def image_sheet(images: npt.NDArray[np.uint8]) -> tuple[str, int]:
    """All images as one PNG, side by side without gaps, as a data address; and how many stand in a row.

    Args:
        images: uint8 (n, c, h, w) with 1 or 3 channels; of others the first is shown.
    """
    columns = min(SHEET_COLUMNS, len(images))
    pixels = np.moveaxis(images, 1, -1) if images.shape[1] == 3 else images[:, 0]
    return data_uri(to_png(tile(np.ascontiguousarray(pixels), columns, gap=0))), columns


def _groups(images: MappedImages, colour_by: ColourBy) -> list[tuple[str, dict[str, Any], npt.NDArray[np.int64]]]:
    """(name, marker, rows) of each trace that has a point."""
    right = images.labels == images.predicted
    if colour_by == "mistake":
        found = [
            ("right", {"color": CORRECT, "symbol": "circle", "size": 6, "opacity": 0.5}, np.flatnonzero(right)),
            ("wrong", {"color": VALIDATION, "symbol": "x", "size": 9}, np.flatnonzero(~right)),
        ]
    else:
        found = [
            (name, {"color": _colour(images, index), "symbol": SYMBOLS[index % len(SYMBOLS)], "size": 7, "opacity": 0.8},
             np.flatnonzero(images.labels == index))
            for index, name in enumerate(images.class_names)
        ]  # fmt: skip
    return [group for group in found if len(group[2])]


def _colour(images: MappedImages, index: int) -> str:
    """Of classes their own; of groups of numbers from orange for little to blue for much."""
    return class_colour(index) if images.values is None else AMOUNTS[round(index * 4 / max(1, len(images.class_names) - 1))]


def _at(places: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]) -> dict[str, list[float]]:
    # Four digits are finer than a pixel, and half as much to send.
    x, y = ([float(f"{value:.4g}") for value in places[rows, side].tolist()] for side in (0, 1))
    return {"x": x, "y": y}


def _range(places: Sequence[npt.NDArray[np.float32]], side: int) -> list[float]:
    low = min(float(one[:, side].min()) for one in places)
    high = max(float(one[:, side].max()) for one in places)
    room = _MARGIN * (high - low) or 1.0
    return [low - room, high + room]
