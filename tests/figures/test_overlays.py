"""Reference lines over the curves hold the numbers of the run that they come from."""

from __future__ import annotations

import re

import numpy as np

from playground.figures.columns import HistoryColumns
from playground.figures.curves import CurveOptions, build_curves
from playground.figures.overlays import forecast, ghosts, overlay_traces
from playground.training.events import BatchesEnded, EpochEnded
from playground.training.history import History


def a_history() -> History:
    history = History()
    losses, accuracies = tuple(1 / n for n in range(1, 21)), tuple(n / 20 for n in range(1, 21))
    for epoch in (1, 2):
        part = slice(10 * epoch - 10, 10 * epoch)
        history.fold([BatchesEnded(10 * epoch, float(epoch), losses[part], accuracies[part], 0.1, 320 * epoch, float(epoch))])
        history.fold([EpochEnded(epoch, 10 * epoch, 0.5 / epoch, 0.5, 0.6 / epoch, 0.4 * epoch, 0.1, float(epoch))])
    return history


def test_a_ghost_shows_the_other_runs_validation_and_smoothed_batches() -> None:
    training, validation = ghosts(a_history(), "r", "Run 1", 10, smoothing=0.0)
    np.testing.assert_allclose(training.loss[0], np.arange(1, 21) / 10)
    np.testing.assert_allclose(training.loss[1], 1 / np.arange(1, 21))
    assert validation.accuracy[0].tolist() == [1.0, 2.0] and validation.accuracy[1].tolist() == [0.4, 0.8]


def test_overlays_stand_on_the_axis_that_the_curves_have() -> None:
    history = a_history()
    columns = HistoryColumns(0.0)
    columns.update(history)
    overlays = (*ghosts(history, "r", "Run 1", 10), forecast((1, 2, 4), (0.5, 0.6, 0.7), 10))
    by_epoch = build_curves(columns, history.epochs, CurveOptions(x="epoch"), overlays)
    by_batch = build_curves(columns, history.epochs, CurveOptions(x="batch"), overlays)
    expected = next(trace for trace in by_epoch.traces if trace["name"] == "your forecast")
    assert expected["x"].tolist() == [1, 2, 4] and expected["y"].tolist() == [50, 60, 70]
    assert next(trace for trace in by_batch.traces if trace["name"] == "your forecast")["x"].tolist() == [10, 20, 40]
    # The axis has room for what ends later than the run.
    assert by_epoch.layout["xaxis"]["autorangeoptions"]["include"][1] >= 4
    assert len(build_curves(columns, history.epochs, CurveOptions()).traces) == len(by_epoch.traces) - 5


def test_a_forecast_shows_before_there_is_a_run() -> None:
    empty = build_curves(HistoryColumns(0.0), [], CurveOptions(), (forecast((1, 2), (0.5, 0.6), 1),))
    assert "your forecast" in [trace["name"] for trace in empty.traces]
    assert empty.layout["xaxis2"]["autorangeoptions"]["include"][1] >= 2


def test_an_overlays_traces_are_named_as_the_drawing_library_can_look_them_up() -> None:
    overlay = forecast([1, 2], [0.5, 0.625], 10.0)
    uids = [trace["uid"] for trace in overlay_traces((overlay,), in_epochs=True)]
    other = [trace["uid"] for trace in overlay_traces((forecast([1, 2], [0.5, 0.75], 10.0),), in_epochs=True)]
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", uid) for uid in uids)
    assert set(uids).isdisjoint(other)
