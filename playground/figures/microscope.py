"""Figures of the backprop microscope: what a kernel's gradient is the sum of, and how steps change the loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.arithmetic import map_figure
from playground.figures.theme import TRAINING, axis, base_layout
from playground.figures.ticks import log_ticks

Floats = npt.NDArray[np.float64]


def term_maps(arriving: Floats, local: Floats) -> tuple[go.Figure, go.Figure, go.Figure]:
    """For one image: dL/dz at every place, what the weight is multiplied with there, and the products.

    Args:
        arriving, local: (rows, columns).
    """
    return (
        map_figure(arriving, "dL/dz: what the loss wants there", None, height=250),
        map_figure(local, "dz/dw: the input under the weight", None, height=250),
        map_figure(arriving * local, "their products", None, height=250),
    )


def gradient_norms(names: Sequence[str], norms: Floats) -> go.Figure:
    """The strength of the loss's derivative at every module's output, from the weight to the loss; logarithmic."""
    places = np.arange(len(names))
    positive = np.where(norms > 0, norms, np.nan)
    line = go.Scatter(
        x=places, y=positive, mode="lines+markers", line={"color": TRAINING, "width": 3}, marker={"size": 9},
        hovertext=list(names), hovertemplate="%{hovertext}: %{y:.3g}<extra></extra>",
    )  # fmt: skip
    known = positive[np.isfinite(positive)]
    ticks = [] if not len(known) else log_ticks(0.8 * known.min(), 1.25 * known.max())
    said = f", from {known[0]:.3g} to {known[-1]:.3g}" if len(known) else ", all 0"
    layout = base_layout(
        alt=f"Strength of the gradient at the outputs of {len(names)} steps, from the weight to the loss{said}.",
        height=260,
        margin={"l": 84, "r": 8, "t": 16, "b": 48},
        dragmode=False,
        showlegend=False,
        xaxis=axis("weight's layer → outputs", showticklabels=False, fixedrange=True),
        yaxis=axis("‖dL/dy‖", type="log", tickvals=ticks, ticktext=[f"{value:.2g}" for value in ticks], fixedrange=True),
    )
    return go.Figure([line], layout)


def losses_of_steps(losses: Sequence[float]) -> go.Figure:
    """The loss before the first tried step, and after each."""
    line = go.Scatter(
        x=np.arange(len(losses)), y=np.asarray(losses, dtype=np.float64), mode="lines+markers",
        line={"color": TRAINING, "width": 3}, marker={"size": 9}, hovertemplate="after %{x} steps: %{y:.6g}<extra></extra>",
    )  # fmt: skip
    layout = base_layout(
        alt=f"The loss over {len(losses) - 1} tried steps, from {losses[0]:.4g} to {losses[-1]:.4g}.",
        height=240,
        margin={"l": 84, "r": 8, "t": 16, "b": 52},
        dragmode=False,
        showlegend=False,
        xaxis=axis("steps tried", fixedrange=True, tickformat="d", tick0=0, dtick=1 + len(losses) // 10),
        yaxis=axis("loss", fixedrange=True, nticks=5, exponentformat="power"),
    )
    return go.Figure([line], layout)
