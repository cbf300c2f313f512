"""One confusion matrix minus another: which readings one network gives more often than the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import DIVERGING, FONT_SIZE, NEUTRAL, TICK_FONT_SIZE, axis, base_layout

# Zero takes the page's own lightness, and both ends run away from it: orange below zero, blue above.
SCALES: dict[str, tuple[tuple[float, str], ...]] = {
    "light": DIVERGING,
    "dark": ((0.0, "#FFC497"), (0.25, "#C0661F"), (0.5, "#1B2027"), (0.75, "#2A7AB8"), (1.0, "#A8D8F8")),
}


def confusion_difference_figure(
    difference: npt.ArrayLike,
    class_names: Sequence[str],
    *,
    letters: tuple[str, str] = ("A", "B"),
    dark: bool = False,
    height: int = 560,
) -> go.Figure:
    """The matrix of differences, whose cells can be clicked.

    Args:
        difference: int (k, k), the first network's counts minus the second's; rows are the true classes.
        class_names: k names.
        letters: what the two networks are called.

    Returns:
        A figure of two traces: the coloured cells, and one invisible point a cell, row by row, to click on.
    """
    counts = np.asarray(difference)
    size = len(counts)
    if counts.shape != (size, size) or len(class_names) != size:
        raise ValueError(f"a (k, k) matrix and k names are needed, not {counts.shape} and {len(class_names)} names")
    most = max(1, int(np.abs(counts).max(initial=0)))
    places = np.arange(size)
    text_size = 15 if size <= 10 else 12 if size <= 16 else 9
    scale = [list(stop) for stop in SCALES["dark" if dark else "light"]]
    ground = go.Heatmap(
        x=places, y=places, z=counts, zmin=-most, zmax=most, colorscale=scale,
        xgap=2, ygap=2, text=[[signed(int(count)) if count else "" for count in row] for row in counts],
        texttemplate="%{text}", textfont={"size": text_size}, hoverinfo="skip", showscale=False,
    )  # fmt: skip
    rows, columns = np.divmod(np.arange(size * size), size)
    marker = {"symbol": "square-open", "size": max(12, int(0.62 * height / size)), "color": NEUTRAL, "opacity": 0}
    cells = go.Scatter(
        x=columns, y=rows, mode="markers", marker=marker | {"line": {"width": 4}},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0}},
        hovertext=_hover(counts, class_names, letters), hoverinfo="text", showlegend=False,
    )  # fmt: skip
    ticks = {"tickvals": places, "ticktext": list(class_names), "range": [-0.5, size - 0.5], "showgrid": False}
    ticks |= {"zeroline": False, "fixedrange": True, "tickfont": {"size": TICK_FONT_SIZE if size <= 12 else 11}}
    title = f"+: more often read so by {letters[0]} (blue) · −: by {letters[1]} (orange)"
    layout = base_layout(
        alt=_alt(counts, class_names, letters),
        height=height,
        title={"text": title, "font": {"size": FONT_SIZE}, "x": 0.5, "xanchor": "center"},
        xaxis=axis("what the network said (predicted)", **ticks),
        yaxis=axis("what it really is (true)", **(ticks | {"range": [size - 0.5, -0.5], "automargin": True})),
        dragmode=False,
        # Right readings stand in frames: there, more is better.
        shapes=[
            {"type": "rect", "x0": i - 0.48, "x1": i + 0.48, "y0": i - 0.48, "y1": i + 0.48}
            | {"line": {"color": NEUTRAL, "width": 2}, "layer": "above"}
            for i in range(size)
        ],
    )
    layout["yaxis"]["title"]["standoff"] = 22
    return go.Figure([ground, cells], layout)


def signed(count: int) -> str:
    """A whole number with its sign: "+3", "−2", "0"."""
    return f"+{count:,}" if count > 0 else f"−{-count:,}" if count < 0 else "0"


def _hover(counts: npt.NDArray[np.int64], names: Sequence[str], letters: tuple[str, str]) -> list[str]:
    texts = []
    for i, true in enumerate(names):
        for j, said in enumerate(names):
            count = int(counts[i, j])
            what = f"{true} read right" if i == j else f"{true} read as {said}"
            who = f"equally often by {letters[0]} and {letters[1]}"
            if count:
                who = f"<b>{abs(count):,}</b> more by {letters[0] if count > 0 else letters[1]}"
            texts.append(f"{what}: {who}")
    return texts


def _alt(counts: npt.NDArray[np.int64], names: Sequence[str], letters: tuple[str, str]) -> str:
    net = -int(np.trace(counts))
    said = f"Confusion matrix of {letters[0]} minus that of {letters[1]}: {letters[1]} reads {signed(net)} images more right."
    wrong = counts - np.diag(np.diag(counts))
    if wrong.any():
        true, predicted = divmod(int(np.abs(wrong).argmax()), len(names))
        count = int(wrong[true, predicted])
        who = letters[0] if count > 0 else letters[1]
        said += f" The largest difference: {names[true]} read as {names[predicted]}, {abs(count)} times more by {who}."
    return said
