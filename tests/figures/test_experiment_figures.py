"""Figures of experiments, against numbers computed by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from playground.figures.bands import band, bands_figure, difference_figure, joined, stacked
from playground.figures.best_so_far import best_so_far, best_so_far_figure, clear_floor
from playground.figures.folds import fold_curves, fold_dots
from playground.figures.importance import importance_figure, importance_height, wrapped
from playground.figures.parallel import ParallelAxis, parallel_figure, words
from playground.figures.theme import alt_text
from playground.figures.ticks import log_ticks, round_ticks


def _trace(figure, uid: str):  # type: ignore[no-untyped-def]
    return next(trace for trace in figure.data if trace.uid == uid)


def test_a_band_is_mean_least_and_greatest_of_the_curves_that_came_so_far() -> None:
    common = band([[1.0, 2.0, 3.0], [3.0, 6.0], []])
    np.testing.assert_allclose(common.mean, [2.0, 4.0, 3.0])
    np.testing.assert_allclose(common.low, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(common.high, [3.0, 6.0, 3.0])
    assert list(common.count) == [2, 2, 1]


def test_a_band_of_standard_deviations_is_that_of_the_statistics_module() -> None:
    values = [0.91, 0.94, 0.90, 0.97]
    common = band([[value] for value in values], "deviation")
    assert common.high[0] - common.mean[0] == pytest.approx(statistics.stdev(values))
    assert common.mean[0] - common.low[0] == pytest.approx(statistics.stdev(values))
    alone = band([[0.5]], "deviation")
    assert alone.low[0] == alone.mean[0] == alone.high[0] == 0.5


def test_a_value_that_is_not_a_number_is_passed_over() -> None:
    common = band([[math.nan, 2.0], [4.0, math.nan]])
    np.testing.assert_allclose(common.mean, [4.0, 2.0])


def test_bands_show_percent_and_every_single_curve() -> None:
    figure = bands_figure([[0.5, 0.6], [0.7, 0.8]], [[0.9, 0.95]])
    np.testing.assert_allclose(_trace(figure, "mean-A").y, [60, 70])
    np.testing.assert_allclose(_trace(figure, "low-A").y, [50, 60])
    np.testing.assert_allclose(_trace(figure, "high-A").y, [70, 80])
    np.testing.assert_allclose(_trace(figure, "single-A").y, [50, 60, np.nan, 70, 80, np.nan])
    assert len(_trace(figure, "low-B").x) == 0, "one curve alone has no band"
    assert "A 70.00 % after epoch 2 (mean of 2); B 95.00 % after epoch 2 (mean of 1)" in alt_text(figure)
    begun = bands_figure([[0.5], []], [[], []])
    assert (_trace(begun, "mean-A").name, _trace(begun, "mean-B").name) == ("A, mean of 1", "B")


def test_a_and_b_differ_by_more_than_their_colour() -> None:
    figure = bands_figure([[0.5]], [[0.6]])
    a, b = _trace(figure, "mean-A"), _trace(figure, "mean-B")
    assert a.marker.symbol != b.marker.symbol and a.line.dash != b.line.dash and a.line.color != b.line.color


def test_no_epochs_yet_keep_the_figures_place() -> None:
    empty = bands_figure([[], []], [[], []])
    assert empty.layout.height == bands_figure([[0.5]], [[0.5]]).layout.height
    assert alt_text(empty) == "No epoch has ended yet."
    assert fold_curves([(), ()]).layout.height == fold_curves([(0.5,), ()]).layout.height
    assert fold_dots([math.nan]).layout.height == fold_dots([0.5]).layout.height
    for figure in (difference_figure([], None, None), best_so_far_figure([]), parallel_figure([], [])):
        assert alt_text(figure).startswith("No ") and figure.layout.height


def test_differences_stand_at_their_values_with_the_interval_around_their_mean() -> None:
    figure = difference_figure([0.2, 0.4, 0.9], 0.1, 0.9, seeds=(7, 8, 9))
    pairs, mean = _trace(figure, "pairs"), _trace(figure, "mean")
    np.testing.assert_allclose(pairs.x, [0.2, 0.4, 0.9])
    assert list(pairs.customdata) == ["seed 7", "seed 8", "seed 9"]
    assert mean.x[0] == pytest.approx(0.5)
    assert mean.x[0] - mean.error_x.arrayminus[0] == pytest.approx(0.1)
    assert mean.x[0] + mean.error_x.array[0] == pytest.approx(0.9)
    low, high = figure.layout.xaxis.range
    assert low == -high and high > 0.9, "zero stands in the middle"
    assert any(shape.x0 == shape.x1 == 0 for shape in figure.layout.shapes)


def test_without_an_interval_only_the_mean_is_drawn() -> None:
    figure = difference_figure([0.2], None, None)
    assert _trace(figure, "mean").error_x.array is None and "interval" not in alt_text(figure)


def test_dots_that_would_hide_one_another_are_stacked() -> None:
    assert list(stacked(np.array([0.0, 0.01, 5.0, 0.02]), 0.1)) == [0, 1, 0, 2]


def test_joined_curves_have_gaps_between_them() -> None:
    line = joined([[1.0, 2.0], [], [3.0]])
    np.testing.assert_array_equal(line["x"], [1, 2, np.nan, 1, np.nan])
    np.testing.assert_array_equal(line["y"], [1, 2, np.nan, 3, np.nan])


def test_the_best_so_far_never_falls_and_passes_over_unknown_scores() -> None:
    np.testing.assert_array_equal(best_so_far([np.nan, 0.5, 0.4, np.nan, 0.7]), [np.nan, 0.5, 0.5, 0.5, 0.7])


def test_a_pruned_trial_is_a_cross_and_never_the_best() -> None:
    figure = best_so_far_figure([0.5, 0.9, 0.6], pruned=[False, True, False], budget=10)
    assert list(_trace(figure, "best").y) == [50, 50, 60]
    assert list(_trace(figure, "given up early").x) == [2] and _trace(figure, "given up early").marker.symbol == "x"
    assert "the best is trial 3 with 60.00 %" in alt_text(figure)
    assert figure.layout.xaxis.range[1] == 10.5


def test_one_hopeless_trial_does_not_press_the_others_together() -> None:
    scores = [0.95, 0.96, 0.955, 0.1, 0.965, 0.958]
    figure = best_so_far_figure(scores)
    lowest = _trace(figure, "below")
    assert lowest.marker.symbol == "triangle-down" and lowest.name.startswith("below 9")
    assert list(lowest.x) == [4] and lowest.y[0] > 90 and lowest.customdata[0] == pytest.approx(10)
    assert list(_trace(figure, "trial").x) == [1, 2, 3, 5, 6]
    assert "stand at the lower edge" in alt_text(figure)
    assert clear_floor([50, 60, 70]) == 50


def test_the_best_so_far_is_not_drawn_higher_than_it_was() -> None:
    best = _trace(best_so_far_figure([0.1, 0.95, 0.96, 0.955, 0.965]), "best")
    assert np.isnan(best.y[0]) and list(best.y[1:]) == pytest.approx([95, 96, 96, 96.5])


def test_importances_are_sorted_with_the_greatest_on_top() -> None:
    figure = importance_figure({"a": 0.2, "b": 0.7, "c": 0.1})
    assert list(figure.data[0].x) == pytest.approx([10, 20, 70])
    assert list(figure.layout.yaxis.ticktext) == ["c", "a", "b"]
    assert alt_text(figure) == "Importance: b 70 %, a 20 %, c 10 %."
    assert figure.layout.height == importance_height(3)


def test_a_long_title_is_broken_between_words() -> None:
    assert wrapped("Optimizer · Learning rate", 14) == "Optimizer ·<br>Learning rate"


def _places(figure, uid: str) -> list[list[float]]:  # type: ignore[no-untyped-def]
    """The heights of each line of a trace."""
    lines: list[list[float]] = [[]]
    for x, y in zip(_trace(figure, uid).x, _trace(figure, uid).y, strict=True):
        if math.isnan(x):
            lines.append([])
        else:
            lines[-1].append(float(y))
    return [line for line in lines if line]


def test_lines_run_through_the_places_of_their_values() -> None:
    axes = [
        ParallelAxis("rate", (0.001, 0.1), "log", 0.001, 0.1),
        ParallelAxis("units", (16, 40), "number", 16, 64),
        ParallelAxis("kind", ("sgd", "adam"), "choice", choices=("adam", "rmsprop", "sgd")),
    ]
    figure = parallel_figure(axes, [0.9, 0.96])
    np.testing.assert_allclose(_places(figure, "best"), [[1.0, 0.5, 0.0, 1.0]])
    np.testing.assert_allclose(_places(figure, "lines-0"), [[0.0, 0.0, 1.0, 0.0]])
    half = parallel_figure([ParallelAxis("rate", (0.01,), "log", 0.001, 0.1)], [0.9])
    assert _places(half, "best")[0][0] == pytest.approx(0.5), "halfway by factors"


def test_a_trial_without_a_score_is_left_out_and_one_without_a_setting_has_a_gap() -> None:
    axes = [ParallelAxis("units", (1, 2, 3), low=1, high=3), ParallelAxis("momentum", (0.1, None, 0.9), low=0, high=1)]
    figure = parallel_figure(axes, [np.nan, 0.5, 0.6])
    lines = [line for uid in ("best", *(f"lines-{look}" for look in range(4))) for line in _places(figure, uid)]
    assert len(lines) == 2 and any(math.isnan(line[1]) for line in lines)
    assert "trial 3" in alt_text(figure) and "2 trials" in alt_text(figure)
    assert "momentum" not in _trace(figure, "lines-0").hovertext[1]


def test_axes_are_labelled_with_the_values_themselves_also_where_they_are_logarithmic() -> None:
    axes = [ParallelAxis("rate", (0.001,), "log", 0.0001, 0.1), ParallelAxis("bias", (True,), "choice", choices=(False, True))]
    said = {(note.x, note.text) for note in parallel_figure(axes, [0.5]).layout.annotations}
    assert {(0, "0.0001"), (0, "0.001"), (0, "0.01"), (0, "0.1"), (1, "off"), (1, "on"), (0, "rate")} <= said


def test_values_that_are_all_the_same_can_be_drawn() -> None:
    for kind in ("number", "log", "choice"):
        figure = parallel_figure([ParallelAxis("x", (2, 2), kind)], [0.5, 0.5])  # type: ignore[arg-type]
        assert all(np.isfinite(line).all() for uid in ("best", "lines-2") for line in _places(figure, uid))


def test_ticks_are_round_and_within_the_range() -> None:
    assert round_ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert round_ticks(93.2, 95.1) == [93.5, 94, 94.5, 95]
    assert log_ticks(0.01, 0.1) == [0.01, 0.02, 0.05, 0.1]
    assert log_ticks(1e-5, 10) == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10]
    assert log_ticks(3, 4) == [3, 4], "no round number between them: the ends"


def test_choices_are_said_as_one_reads_them() -> None:
    assert [words(value) for value in (True, False, None, 0.0010000001, "leaky_relu", 64)] == [
        "on", "off", "none", "0.001", "leaky relu", "64",
    ]  # fmt: skip


def test_folds_have_a_symbol_each_and_their_mean_and_spread() -> None:
    scores = [0.9, 0.92, np.nan, 0.94]
    figure = fold_dots(scores)
    dots = _trace(figure, "folds")
    np.testing.assert_allclose(dots.y, [90, 92, 94])
    assert list(dots.x) == [1, 2, 4] and len(set(dots.marker.symbol)) == 3
    mean, spread = statistics.mean([90, 92, 94]), statistics.stdev([90, 92, 94])
    lines = [(shape.y0, shape.y1) for shape in figure.layout.shapes]
    assert lines[0] == pytest.approx((mean, mean)) and lines[1] == pytest.approx((mean - spread, mean + spread))
    assert alt_text(figure) == "3 of 4 folds have ended, mean 92.00 % ± 2.00 points."


def test_every_fold_has_its_curve() -> None:
    figure = fold_curves([(0.5, 0.6), (), (0.7,)])
    np.testing.assert_allclose(_trace(figure, "fold-0").y, [50, 60])
    np.testing.assert_allclose(_trace(figure, "fold-2").y, [70])
    assert [trace.name for trace in figure.data] == ["fold 1", "fold 2", "fold 3"]
    assert alt_text(figure) == "Validation accuracy: fold 1 at 60.00 %, fold 3 at 70.00 %."


def test_where_not_every_epoch_is_told_the_curves_stand_at_those_that_are() -> None:
    told = [1, 4, 8, 12]
    folds = fold_curves([[0.1, 0.2, 0.3, 0.4], [0.2, 0.3]], epochs=told)
    assert [list(trace.x) for trace in folds.data] == [[1, 4, 8, 12], [1, 4]]
    bands = bands_figure([[0.1, 0.2, 0.3, 0.4]], [[0.5, 0.6]], epochs=(told, [1, 2]))
    means = {trace.name[0]: list(trace.x) for trace in bands.data if trace.uid.startswith("mean")}
    assert means == {"A": told, "B": [1, 2]}
    assert bands.layout.xaxis.range[1] > 12
