"""The confusion matrix: what the examples really are against what the network said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import ACCENT, FONT_SIZE, TICK_FONT_SIZE, axis, base_layout

Mode = Literal["counts", "row", "column"]

# One hue, whose lightness runs away from the page's: read without telling colours apart. A cell without mistakes is
# empty, and the diagonal, which is no mistake, stays grey.
MISTAKES = {
    "light": ("#FDE9DA", "#F5A76C", "#D55E00", "#7A3300"),
    "dark": ("#3B2A1F", "#8C4310", "#D55E00", "#FFC497"),
}
RIGHT = {"light": "#DDE3E8", "dark": "#33383E"}

_TITLES: dict[Mode, str] = {
    "counts": "number of {noun}",
    "row": "% of the {noun} that really are this (each row adds up to 100)",
    "column": "% of the {noun} called this (each column adds up to 100)",
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


def confusion_figure(
    matrix: npt.ArrayLike,
    class_names: Sequence[str],
    *,
    mode: Mode = "counts",
    dark: bool = False,
    height: int = 560,
    noun: str = "images",
) -> go.Figure:
    """A confusion matrix whose cells can be clicked.

    Args:
        matrix: int (k, k); rows are the true classes, columns the predicted ones.
        class_names: k names.
        mode: counts, or percent of each row or of each column.
        dark: whether the page is dark.
        height: pixels.
        noun: what is counted, such as "rows".

    Returns:
        A figure of three traces: the mistakes, the diagonal, and the cells to click. The last has one invisible point
        a cell, whose `customdata` is [true class, predicted class] as 0-based indices: that is what
        `st.plotly_chart(..., on_select=...)` gives back on a click (as {"0": true, "1": predicted}).
    """
    counts = np.asarray(matrix)
    values = confusion_shares(counts, mode)
    size = len(values)
    if len(class_names) != size:
        raise ValueError(f"{size} classes need {size} names, not {len(class_names)}")
    diagonal = np.eye(size, dtype=bool)
    words = [[_cell_text(values[i, j], i == j, mode) for j in range(size)] for i in range(size)]
    mistakes = np.where(diagonal | (values == 0), np.nan, values)
    most = float(np.nanmax(mistakes)) if np.isfinite(mistakes).any() else 1.0
    theme = "dark" if dark else "light"
    grounds = [
        _ground(mistakes, words, MISTAKES[theme], most, _text_size(size)),
        _ground(np.where(diagonal, 1.0, np.nan), words, (RIGHT[theme], RIGHT[theme]), 1.0, _text_size(size)),
    ]
    places = np.arange(size)
    rows, columns = np.divmod(np.arange(size * size), size)
    marker: dict[str, Any] = {"symbol": "square-open", "size": max(12, int(0.62 * height / size)), "color": ACCENT, "opacity": 0}
    marker |= {"line": {"width": 4}}
    cells = go.Scatter(
        x=columns, y=rows, mode="markers", marker=marker,
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0}},
        customdata=np.stack([rows, columns], axis=1),
        hovertext=_hover(counts, class_names), hoverinfo="text", showlegend=False,
    )  # fmt: skip
    ticks = {"tickvals": places, "ticktext": list(class_names), "range": [-0.5, size - 0.5], "showgrid": False}
    ticks |= {"zeroline": False, "fixedrange": True, "tickfont": {"size": TICK_FONT_SIZE if size <= 12 else 11}}
    layout = base_layout(
        alt=_alt(counts, class_names, noun),
        height=height,
        title={"text": _TITLES[mode].format(noun=noun), "font": {"size": FONT_SIZE}, "x": 0.5, "xanchor": "center"},
        xaxis=axis("what the network said (predicted)", **ticks),
        yaxis=axis("what it really is (true)", **(ticks | {"range": [size - 0.5, -0.5], "automargin": True})),
        dragmode=False,
    )
    layout["yaxis"]["title"]["standoff"] = 22
    return go.Figure([*grounds, cells], layout)


def _ground(
    values: npt.NDArray[np.float64], words: list[list[str]], colours: Sequence[str], most: float, text_size: int
) -> go.Heatmap:
    """Coloured squares with their text, whose colour plotly picks to stand out; NaN leaves a cell empty."""
    places = np.arange(len(values))
    # Plotly writes the text of an empty cell too, over that of the other trace.
    words = [["" if np.isnan(values[i, j]) else words[i][j] for j in places] for i in places]
    scale = [[index / (len(colours) - 1), colour] for index, colour in enumerate(colours)]
    return go.Heatmap(
        x=places, y=places, z=values, zmin=0, zmax=most, colorscale=scale, showscale=False, xgap=2, ygap=2,
        text=words, texttemplate="%{text}", textfont={"size": text_size}, hoverinfo="skip", hoverongaps=False,
    )  # fmt: skip


def _cell_text(value: float, right: bool, mode: Mode) -> str:
    # A zero off the diagonal says nothing, and a hundred of them hide what does.
    if not np.isfinite(value) or (value == 0 and not right):
        return ""
    return f"{value:.0f}" if mode == "counts" else f"{value:.1f}"


def _text_size(size: int) -> int:
    return 22 if size <= 3 else 15 if size <= 10 else 12 if size <= 16 else 9


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


def _alt(counts: npt.NDArray[np.int64], names: Sequence[str], noun: str) -> str:
    total, right = int(counts.sum()), int(np.trace(counts))
    said = f"Confusion matrix: {right} of {total} {noun} right."
    wrong = counts - np.diag(np.diag(counts))
    if wrong.max(initial=0) > 0:
        true, predicted = divmod(int(wrong.argmax()), len(names))
        said += f" The most frequent mistake: {names[true]} called {names[predicted]}, {int(wrong.max())} times."
    return said
