"""The confusion matrix: what the images really are against what the network said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, GRID, TICK_FONT_SIZE, axis, base_layout

Mode = Literal["counts", "row", "column"]

# One hue from pale to dark: read by lightness alone. The diagonal, which is no mistake, stays pale grey.
MISTAKES = ((0.0, "#FFFFFF"), (0.35, "#FBC9A0"), (0.7, "#D55E00"), (1.0, "#7A3300"))
RIGHT = "#DDE3E8"
DARK_TEXT, LIGHT_TEXT = "#1B1B1B", "#FFFFFF"

_TITLES: dict[Mode, str] = {
    "counts": "number of images",
    "row": "% of the images that really are this (each row adds up to 100)",
    "column": "% of the images called this (each column adds up to 100)",
}


def confusion_shares(matrix: npt.ArrayLike, mode: Mode) -> npt.NDArray[np.float64]:
    """What each cell shows: (k, k) counts -> (k, k) float64; counts, or percent of the row or column.

    `matrix[i, j]` counts images of class i that were called j. A row or column without images gives NaN.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a confusion matrix is square, (k, k), not {counts.shape}")
    if mode == "counts":
        return counts
    totals = counts.sum(axis=1 if mode == "row" else 0, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(totals > 0, 100.0 * counts / totals, np.nan)


def confusion_figure(matrix: npt.ArrayLike, class_names: Sequence[str], *, mode: Mode = "counts", height: int = 560) -> go.Figure:
    """A confusion matrix whose cells can be clicked.

    Args:
        matrix: int (k, k); rows are the true classes, columns the predicted ones.
        class_names: k names.
        mode: counts, or percent of each row or of each column.
        height: pixels.

    Returns:
        A figure of two traces. The second has one invisible point a cell, whose `customdata` is [true class,
        predicted class] as 0-based indices: that is what `st.plotly_chart(..., on_select=...)` gives back on a click.
    """
    counts = np.asarray(matrix)
    values = confusion_shares(counts, mode)
    size = len(values)
    if len(class_names) != size:
        raise ValueError(f"{size} classes need {size} names, not {len(class_names)}")
    mistakes = np.where(np.eye(size, dtype=bool), np.nan, values)
    most = float(np.nanmax(mistakes)) if np.isfinite(mistakes).any() else 0.0
    most = most or 1.0
    places = np.arange(size)
    # Squares of a known colour under every cell keep the text readable on a light and on a dark page.
    ground = go.Heatmap(
        x=places, y=places, z=np.where(np.isnan(mistakes), 0.0, mistakes), zmin=0, zmax=most,
        colorscale=[list(stop) for stop in MISTAKES], showscale=False, hoverinfo="skip", xgap=1, ygap=1,
    )  # fmt: skip
    rows, columns = np.divmod(np.arange(size * size), size)
    flat = values.ravel()
    words = [_cell_text(value, row == column, mode) for value, row, column in zip(flat, rows, columns, strict=True)]
    dark_cell = np.nan_to_num(mistakes.ravel()) > 0.5 * most
    cells = go.Scatter(
        x=columns, y=rows, mode="markers+text", text=words,
        textfont={"size": _text_size(size), "color": [LIGHT_TEXT if dark else DARK_TEXT for dark in dark_cell]},
        marker={"symbol": "square", "size": max(12, int(0.7 * height / size)), "color": "#000000", "opacity": 0},
        selected={"marker": {"opacity": 0.25}}, unselected={"marker": {"opacity": 0}},
        customdata=np.stack([rows, columns], axis=1),
        hovertext=_hover(counts, class_names), hoverinfo="text", showlegend=False,
    )  # fmt: skip
    ticks = {"tickvals": places, "ticktext": list(class_names), "range": [-0.5, size - 0.5], "showgrid": False}
    ticks |= {"zeroline": False, "fixedrange": True, "tickfont": {"size": TICK_FONT_SIZE if size <= 12 else 11}}
    layout = base_layout(
        alt=_alt(counts, class_names),
        height=height,
        title={"text": _TITLES[mode], "font": {"size": FONT_SIZE}, "x": 0.5, "xanchor": "center"},
        xaxis=axis("what the network said (predicted)", **ticks),
        yaxis=axis("what it really is (true)", **(ticks | {"range": [size - 0.5, -0.5], "automargin": True})),
        shapes=[
            {"type": "rect", "x0": i - 0.49, "x1": i + 0.49, "y0": i - 0.49, "y1": i + 0.49, "layer": "between"}
            | {"fillcolor": RIGHT, "line": {"width": 1, "color": GRID}}
            for i in range(size)
        ],
        dragmode=False,
    )
    return go.Figure([ground, cells], layout)


def _cell_text(value: float, right: bool, mode: Mode) -> str:
    # A zero off the diagonal says nothing, and a hundred of them hide what does.
    if not np.isfinite(value) or (value == 0 and not right):
        return ""
    return f"{value:.0f}" if mode == "counts" else f"{value:.1f}"


def _text_size(size: int) -> int:
    return 15 if size <= 10 else 12 if size <= 16 else 9


def _hover(counts: npt.NDArray[np.int64], names: Sequence[str]) -> list[str]:
    rows, columns = confusion_shares(counts, "row"), confusion_shares(counts, "column")
    texts = []
    for i, true in enumerate(names):
        for j, said in enumerate(names):
            line = f"really {true}, called {said}: <b>{int(counts[i, j])}</b>"
            if np.isfinite(rows[i, j]):
                line += f"<br>{rows[i, j]:.1f} % of all that are {true}"
            if np.isfinite(columns[i, j]):
                line += f"<br>{columns[i, j]:.1f} % of all called {said}"
            texts.append(line)
    return texts


def _alt(counts: npt.NDArray[np.int64], names: Sequence[str]) -> str:
    total, right = int(counts.sum()), int(np.trace(counts))
    said = f"Confusion matrix: {right} of {total} images right."
    wrong = counts - np.diag(np.diag(counts))
    if wrong.max(initial=0) > 0:
        true, predicted = divmod(int(wrong.argmax()), len(names))
        said += f" The most frequent mistake: {names[true]} called {names[predicted]}, {int(wrong.max())} times."
    return said
