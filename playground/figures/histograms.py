"""Histograms of weights or activations, one line a layer over one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.theme import FONT_SIZE, axis, base_layout, class_colour

_DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often values fell between neighbouring edges.

    Attributes:
        name: the layer's name.
        counts: int (bins,).
        edges: float (bins + 1,), ascending.
    """

    name: str
    counts: npt.NDArray[np.int64]
    edges: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.counts) + 1:
            raise ValueError(f"{len(self.counts)} counts need {len(self.counts) + 1} edges, not {len(self.edges)}")

    def density(self) -> npt.NDArray[np.float64]:
        """Percent of all values per bin (bins,); all 0 when nothing was counted."""
        counts = np.asarray(self.counts, dtype=np.float64)
        return 100.0 * counts / max(1.0, counts.sum())


def histogram_figure(histograms: Sequence[Histogram], *, x_title: str, height: int = 340) -> go.Figure:
    """Layers' histograms as steps over one another, each in percent of its own values, so that sizes compare.

    Args:
        histograms: one a layer, from input to output.
        x_title: what was counted, with its unit ("weight", "activation").
        height: pixels.
    """
    traces = []
    for index, histogram in enumerate(histograms):
        # A step runs from one edge to the next, so the last share stands once more at the last edge.
        shares = histogram.density()
        steps = np.append(shares, shares[-1:])
        colour = class_colour(index)
        traces.append(
            go.Scatter(
                x=histogram.edges,
                y=steps,
                name=histogram.name,
                mode="lines",
                fill="tozeroy",
                line={"shape": "hv", "color": colour, "width": 2, "dash": _DASHES[index // 8 % len(_DASHES)]},
                fillcolor=_faint(colour),
                hovertemplate="%{y:.2f} % near %{x:.3g}",
            )  # fmt: skip
        )
    names = ", ".join(histogram.name for histogram in histograms) or "no layers"
    layout = base_layout(
        alt=f"Histograms of {x_title}: {names}.",
        height=height,
        margin={"l": 72, "r": 8, "t": 56, "b": 56},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": FONT_SIZE}},
        xaxis=axis(x_title),
        yaxis=axis("% of the values", rangemode="tozero"),
    )
    return go.Figure(traces, layout)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.12)"
