"""Curves from a small history, checked by hand."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from playground.figures.columns import HistoryColumns
from playground.figures.curves import CurveOptions, Curves, build_curves, epoch_positions
from playground.figures.encoding import encode_arrays
from playground.figures.score import ACCURACY, R_SQUARED
from playground.figures.smoothing import exponential_average
from playground.figures.theme import alt_text
from playground.figures.ticks import axis_end


@dataclass(frozen=True)
class Epoch:
    epoch: int
    step: int
    train_loss: float = 0.5
    train_accuracy: float = 0.8
    validation_loss: float | None = 0.6
    validation_accuracy: float | None = 0.75


@dataclass
class SmallHistory:
    batch_steps: list[int] = field(default_factory=list)
    batch_loss: list[float] = field(default_factory=list)
    batch_accuracy: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    status: str = "running"

    def grow(self, count: int, seed: int = 0) -> SmallHistory:
        noise = np.random.default_rng(seed)
        for _ in range(count):
            self.batch_steps.append(len(self.batch_steps) + 1)
            self.batch_loss.append(float(noise.uniform(0.1, 2.0)))
            self.batch_accuracy.append(float(noise.uniform(0.2, 1.0)))
        return self


def curves_of(history: SmallHistory, smoothing: float = 0.9, **options: Any) -> Curves:
    columns = HistoryColumns(smoothing)
    columns.update(history)
    return build_curves(columns, history.epochs, CurveOptions(**options))


def trace(curves: Curves, uid: str) -> dict[str, Any]:
    return next(entry for entry in curves.traces if entry["uid"] == uid)


def test_the_curves_hold_the_history_s_numbers_accuracy_in_percent() -> None:
    history = SmallHistory().grow(100)
    history.epochs.append(Epoch(1, 50))
    curves = curves_of(history, batches_per_epoch=50)
    np.testing.assert_allclose(trace(curves, "raw-y")["y"], history.batch_loss)
    np.testing.assert_allclose(trace(curves, "raw-y")["x"], np.arange(1, 101) / 50)
    np.testing.assert_allclose(trace(curves, "raw-y2")["y"], 100 * np.array(history.batch_accuracy))
    np.testing.assert_allclose(trace(curves, "smooth-y")["y"], exponential_average(history.batch_loss, 0.9))
    assert trace(curves, "validation_accuracy")["y"].tolist() == [75.0]
    assert trace(curves, "train_loss")["x"].tolist() == [1.0]


def test_twenty_thousand_batches_give_at_most_three_hundred_points_a_trace() -> None:
    history = SmallHistory().grow(20_000)
    history.epochs = [Epoch(number, 20 * number) for number in range(1, 1001)]
    curves = curves_of(history, batches_per_epoch=20)
    assert max(len(entry["x"]) for entry in curves.traces) <= 300
    assert trace(curves, "raw-y")["y"].min() == min(history.batch_loss)
    assert trace(curves, "raw-y")["y"].max() == max(history.batch_loss)
    assert trace(curves, "smooth-y")["x"][-1] == pytest.approx(1000)


def test_smoothing_is_done_on_every_batch_before_points_are_left_out() -> None:
    history = SmallHistory().grow(5_000)
    smooth = trace(curves_of(history, x="batch"), "smooth-y")
    expected = exponential_average(history.batch_loss, 0.9)
    np.testing.assert_allclose(smooth["y"], expected[smooth["x"].astype(int) - 1])


def test_columns_that_grow_with_the_history_equal_columns_read_at_once() -> None:
    history, growing = SmallHistory(), HistoryColumns(0.95)
    for seed, count in enumerate((3, 0, 1000, 1, 500)):
        history.grow(count, seed)
        growing.update(history)
    fresh = HistoryColumns(0.95)
    fresh.update(history)
    assert growing.loss.tolist() == history.batch_loss
    np.testing.assert_allclose(growing.smooth_loss, fresh.smooth_loss, rtol=1e-9)
    np.testing.assert_allclose(growing.smooth_accuracy, fresh.smooth_accuracy, rtol=1e-9)


@pytest.mark.parametrize("count", [50, 100, 300])
def test_a_history_that_was_rewound_or_replaced_is_read_afresh(count: int) -> None:
    columns = HistoryColumns(0.9)
    columns.update(SmallHistory().grow(100, seed=1))
    other = SmallHistory().grow(count, seed=2)
    columns.update(other)
    assert columns.loss.tolist() == other.batch_loss


def test_an_epoch_s_last_batch_stands_at_its_number_when_the_batch_size_changed() -> None:
    epochs = [Epoch(1, 100), Epoch(2, 150)]
    places = epoch_positions([50, 100, 125, 150, 175], epochs, batches_per_epoch=50)
    np.testing.assert_allclose(places, [0.5, 1.0, 1.5, 2.0, 2.5])


def test_a_history_that_knows_its_epochs_places_its_own_batches() -> None:
    history = SmallHistory().grow(3)
    history.batch_epochs = [0.1, 0.4, 1.0]  # type: ignore[attr-defined]
    assert trace(curves_of(history), "smooth-y")["x"].tolist() == [0.1, 0.4, 1.0]
    assert trace(curves_of(history, x="batch"), "smooth-y")["x"].tolist() == [1, 2, 3]


def test_the_slope_of_the_last_epoch_serves_when_no_other_is_known() -> None:
    np.testing.assert_allclose(epoch_positions([40, 80, 120], [Epoch(1, 80)], None), [0.5, 1.0, 1.5])


def test_a_missing_validation_gives_gaps_and_no_error() -> None:
    history = SmallHistory().grow(10)
    history.epochs = [Epoch(1, 5, validation_loss=None, validation_accuracy=None), Epoch(2, 10)]
    assert np.isnan(trace(curves_of(history), "validation_loss")["y"][0])
    assert trace(curves_of(history), "validation_loss")["y"][1] == 0.6


@pytest.mark.parametrize(("value", "end"), [(0, 1), (0.1, 0.1), (0.11, 0.2), (1, 1), (2.5, 3), (5.1, 8), (81, 100), (6e4, 8e4)])
def test_axes_end_at_the_next_round_number(value: float, end: float) -> None:
    assert axis_end(value) == pytest.approx(end)


def test_there_is_always_room_for_the_whole_marker_of_an_epoch_at_the_axis_end() -> None:
    ends = []
    for count in (95, 100):
        history = SmallHistory().grow(count)
        history.epochs = [Epoch(step, step) for step in range(10, count + 1, 10)]
        shown = curves_of(history).layout["xaxis"]["autorangeoptions"]
        assert shown["include"] == [shown["clipmin"], shown["clipmax"]]  # nothing that comes moves it
        ends.append(shown["include"][1])
    assert ends[0] == ends[1] > 101


@pytest.mark.parametrize("log_loss", [False, True])
def test_the_axes_hold_every_finite_point_even_when_the_loss_explodes(log_loss: bool) -> None:
    history = SmallHistory().grow(50)
    history.batch_loss[20:24] = [1e9, float("inf"), float("nan"), 0.0]
    layout = curves_of(history, log_loss=log_loss).layout
    low, high = layout["yaxis"]["autorangeoptions"]["include"]
    assert low <= min(value for value in history.batch_loss if value > 0) and high >= 1e9
    assert layout["yaxis"]["type"] == ("log" if log_loss else "linear")


def test_a_logarithmic_axis_is_labelled_with_whole_numbers_of_ones_twos_and_fives() -> None:
    history = SmallHistory([1, 2], [2.0, 0.03], [0.5, 0.5])
    ticks = curves_of(history, log_loss=True).layout["yaxis"]["ticktext"]
    assert [tick for tick in ticks if 0.03 <= float(tick) <= 2] == ["0.05", "0.1", "0.2", "0.5", "1", "2"]


def test_a_zoom_is_kept_by_its_key_and_let_go_when_the_axis_changes_its_meaning() -> None:
    history = SmallHistory().grow(50)
    plain, grown = curves_of(history, zoom_key="run"), curves_of(history.grow(50), zoom_key="run")
    assert plain.layout["xaxis"]["uirevision"] == grown.layout["xaxis"]["uirevision"]
    logarithmic = curves_of(history, zoom_key="run", log_loss=True)
    assert logarithmic.layout["yaxis"]["uirevision"] != plain.layout["yaxis"]["uirevision"]
    assert logarithmic.layout["xaxis"]["uirevision"] == plain.layout["xaxis"]["uirevision"]
    assert curves_of(history, zoom_key="next").layout["uirevision"] != plain.layout["uirevision"]


def test_an_empty_history_says_what_to_do() -> None:
    curves = curves_of(SmallHistory())
    assert sum("Press Train" in note["text"] for note in curves.layout["annotations"]) == 2
    assert not any("Press Train" in note["text"] for note in curves_of(SmallHistory(), starting=True).layout["annotations"])
    assert "nothing has been trained" in alt_text({"layout": curves.layout})


def test_the_words_hold_the_latest_values() -> None:
    history = SmallHistory([1, 2], [2.0, 2.0], [0.5, 0.5], [Epoch(1, 2)])
    assert curves_of(history).alt == (
        "Curves of loss and accuracy while training. Latest at epoch 1.00: training loss 2, training accuracy 50.0 %; "
        "validation loss 0.6, validation accuracy 75.0 %."
    )


def test_an_r_squared_stands_as_a_plain_number_on_an_axis_of_its_own() -> None:
    history = SmallHistory([1, 2], [2.0, 1.0], [-7.5, 0.45], [Epoch(1, 2, train_accuracy=0.4, validation_accuracy=-0.2)])
    curves = curves_of(history, score="R²")
    assert trace(curves, "validation_accuracy")["y"].tolist() == [-0.2]
    assert curves.layout["yaxis2"]["autorangeoptions"]["include"] == [-1.0, 0.5]  # the first batch lies far below
    assert "<b>R²</b>: higher is better" in [note["text"] for note in curves.layout["annotations"]]
    assert "%" not in trace(curves, "smooth-y2")["hovertemplate"].replace("%{", "{")
    assert curves.alt.endswith("validation loss 0.6, validation R² -0.200.")


@pytest.mark.parametrize(("lowest", "highest", "span"), [(0.2, 0.97, (20, 100)), (0.95, 0.981, (90, 100)), (0.1, 0.12, (10, 20))])
def test_an_accuracy_axis_ends_at_whole_tens(lowest: float, highest: float, span: tuple[float, float]) -> None:
    history = SmallHistory([1, 2], [2.0, 1.0], [lowest, highest])
    assert curves_of(history, smoothing=0.0).layout["yaxis2"]["autorangeoptions"]["include"] == pytest.approx(list(span))


@pytest.mark.parametrize("narrow", [False, True])
def test_plotly_accepts_every_entry_of_the_traces_and_the_layout(narrow: bool) -> None:
    curves = curves_of(SmallHistory().grow(20))
    go.Figure(curves.traces, curves.layout | (curves.narrow if narrow else {}))
    logarithmic = curves_of(SmallHistory().grow(20), log_loss=True)
    go.Figure(logarithmic.traces, logarithmic.layout)


def test_encoded_arrays_decode_to_the_same_numbers_and_are_plain_json() -> None:
    values = np.array([1.5, np.nan, 1e9])
    encoded = json.loads(json.dumps(encode_arrays([{"x": values, "name": "loss"}]), allow_nan=False))[0]
    decoded = np.frombuffer(base64.b64decode(encoded["x"]["bdata"]), dtype=encoded["x"]["dtype"])
    np.testing.assert_allclose(decoded, values, rtol=1e-6)
    assert encoded["name"] == "loss"


def test_scores_far_below_zero_are_on_the_axis_and_a_few_of_them_do_not_stretch_it() -> None:
    assert R_SQUARED.span([-3.72, -2.9, -2.19]) == pytest.approx((-3.4, -2.1))
    assert R_SQUARED.span([-50.0, 0.1, 0.4, 0.45]) == pytest.approx((-1.0, 0.5))
    assert ACCURACY.span([0.0, 0.0, 12.0]) == pytest.approx((0.0, 20.0))
