"""Reference lines over a run's curves: an earlier run's, or what somebody expects."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.figures.columns import HistoryColumns, HistoryView
from playground.figures.downsampling import stride_indices
from playground.figures.score import ACCURACY, ScoreScale
from playground.figures.smoothing import exponential_average
from playground.figures.theme import NEUTRAL

Floats = npt.NDArray[np.float64]

POINTS = 160
FORECAST = "#CC79A7"


@dataclass(frozen=True, eq=False)
class Overlay:
    """One line in each panel; either may be empty.

    Attributes:
        key: tells it from every other overlay, for as long as its numbers are the same.
        name: as the legend shows it.
        loss, accuracy: (n,) and (n,) float64 each: epochs done, and the values; of the score, as it is stored (0.97 for 97 %).
        batches_per_epoch: turns epochs into batches, where the axis counts those.
    """

    key: str
    name: str
    loss: tuple[Floats, Floats]
    accuracy: tuple[Floats, Floats]
    batches_per_epoch: float
    colour: str = NEUTRAL
    dash: str = "solid"

    @property
    def last_epoch(self) -> float:
        return max((float(epochs[-1]) for epochs, _ in (self.loss, self.accuracy) if len(epochs)), default=0.0)


_NOTHING: Floats = np.empty(0)


def ghosts(history: HistoryView, key: str, name: str, batches_per_epoch: float, smoothing: float = 0.95) -> tuple[Overlay, ...]:
    """An earlier run's curves: its batches smoothed, and its validation after each epoch."""
    columns = HistoryColumns(0.0)
    columns.update(history)
    chosen = stride_indices(len(columns), POINTS)
    positions = columns.positions if len(columns) and np.isfinite(columns.positions[-1]) else columns.steps / batches_per_epoch
    loss, accuracy = (exponential_average(values, smoothing)[chosen] for values in (columns.loss, columns.accuracy))
    training = Overlay(
        f"{key}/training",
        f"{name}, training",
        (positions[chosen], loss),
        (positions[chosen], accuracy),
        batches_per_epoch,
        dash="dot",
    )
    judged = [record for record in history.epochs if record.validation_loss is not None]
    epochs = np.array([record.epoch for record in judged], dtype=np.float64)
    validation = Overlay(
        f"{key}/validation",
        f"{name}, validation",
        (epochs, np.array([record.validation_loss for record in judged], dtype=np.float64)),
        (epochs, np.array([record.validation_accuracy for record in judged], dtype=np.float64)),
        batches_per_epoch,
    )
    return (training, validation) if judged else (training,)


def forecast(epochs: Sequence[float], accuracies: Sequence[float], batches_per_epoch: float) -> Overlay:
    """What somebody expects of the validation accuracy: fractions from 0 to 1 at so many epochs."""
    line = np.array(epochs, dtype=np.float64), np.array(accuracies, dtype=np.float64)
    key = f"forecast/{tuple(epochs)}/{tuple(accuracies)}"
    return Overlay(key, "your forecast", (_NOTHING, _NOTHING), line, batches_per_epoch, FORECAST, "dash")


def overlay_traces(overlays: Sequence[Overlay], in_epochs: bool, score: ScoreScale = ACCURACY) -> list[dict[str, Any]]:
    """Plotly traces: two for each overlay, one in each panel."""
    traces = []
    for overlay in overlays:
        panels = (("y", overlay.loss, 1.0, "%{y:.4g}"), ("y2", overlay.accuracy, score.factor, score.hover()))
        for y_axis, (epochs, values), scale, hover in panels:
            if not len(epochs):
                continue
            traces.append(
                {
                    # plotly looks for it as a CSS class, so a key with slashes or brackets would break the chart.
                    "uid": f"overlay-{zlib.crc32(overlay.key.encode()):08x}-{y_axis}",
                    "x": epochs if in_epochs else epochs * overlay.batches_per_epoch,
                    "y": values * scale,
                    "xaxis": y_axis.replace("y", "x"),
                    "yaxis": y_axis,
                    "type": "scatter",
                    "mode": "lines",
                    "line": {"color": overlay.colour, "width": 2, "dash": overlay.dash},
                    "opacity": 0.75,
                    "name": overlay.name,
                    "legendgroup": overlay.name,
                    "legendrank": 1001,  # drawn first, named last
                    "showlegend": y_axis == "y" or not len(overlay.loss[0]),
                    "hovertemplate": hover,
                }
            )
    return traces
