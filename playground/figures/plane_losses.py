"""The losses of a network on the plane, epoch by epoch: on the points that it learns from, and on those that test it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.curves import axis_end
from playground.figures.downsampling import stride_indices
from playground.figures.theme import ON_DARK, TRAINING, VALIDATION, axis, base_layout

POINTS = 200
HEIGHT = 185
TRAINING_NAME = "training"
TEST_NAME = "test"


class LossRecord(Protocol):
    """What a finished epoch says."""

    @property
    def epoch(self) -> int: ...
    @property
    def train_loss(self) -> float: ...
    @property
    def test_loss(self) -> float | None: ...


def plane_losses(epochs: Sequence[LossRecord], log_loss: bool) -> go.Figure:
    """Two lines of at most 200 points; without an epoch, an empty chart of the same size that says what to do."""
    chosen = [epochs[place] for place in stride_indices(len(epochs), POINTS)]
    x = np.array([record.epoch for record in chosen], dtype=np.float64)
    lines = {
        TRAINING_NAME: np.array([record.train_loss for record in chosen], dtype=np.float64),
        TEST_NAME: np.array([record.test_loss for record in chosen], dtype=np.float64),
    }
    traces = [
        _line(name, x, values, colour, dash)
        for (name, values), (colour, dash) in zip(lines.items(), ((TRAINING, "solid"), (VALIDATION, "dash")), strict=True)
    ]
    values = np.concatenate(list(lines.values())) if chosen else np.empty(0)
    values = values[np.isfinite(values)]
    layout = base_layout(
        alt=_alt(chosen),
        height=HEIGHT,
        margin={"l": 62, "r": 12, "t": 30, "b": 44},
        hovermode="x unified",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        xaxis=axis("epoch", range=[0, axis_end(float(x[-1])) if chosen else 10]),
        yaxis=axis(type="log" if log_loss else "linear", nticks=5, exponentformat="power", range=_range(values, log_loss)),
        annotations=[
            {
                "text": "<b>Loss</b>: lower is better",
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "xanchor": "left",
                "showarrow": False,
            }
        ],
    )
    if not chosen:
        empty = {"text": "Press Start: the losses are drawn here", "x": 0.5, "y": 0.5, "showarrow": False}
        layout["annotations"].append(empty | {"xref": "paper", "yref": "paper"})
    return go.Figure(data=traces, layout=layout)


def _line(name: str, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": name,
        "name": name,
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "meta": {"dark": ON_DARK[colour]},
        "hovertemplate": "%{y:.4f}",
    }


def _range(values: npt.NDArray[np.float64], log_loss: bool) -> list[float]:
    """Round ends, so that the axis changes seldom."""
    positive = values[values > 0]
    if not len(positive):
        return [-2.0, 0.0] if log_loss else [0.0, 1.0]
    if log_loss:
        low, high = np.floor(3 * np.log10(positive.min())) / 3, np.ceil(3 * np.log10(positive.max())) / 3
        return [float(low), float(max(high, low + 1 / 3))]
    return [0.0, axis_end(float(positive.max()))]


def _alt(chosen: Sequence[LossRecord]) -> str:
    if not chosen:
        return "Curves of the training and the test loss: empty, nothing has been trained yet."
    last = chosen[-1]
    test = f", test loss {last.test_loss:.4g}" if last.test_loss is not None else ""
    return f"Curves of the loss. After epoch {last.epoch:,}: training loss {last.train_loss:.4g}{test}."
