"""Curves over one another, the frontier, and one confusion matrix minus another: against numbers found by hand."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

import numpy as np
import pytest

from playground.figures.columns import HistoryColumns
from playground.figures.compare import CompareOptions, RunCurves, Unit, build_comparison, second_positions
from playground.figures.compared_cards import ComparedCard, Reading, compared_cards
from playground.figures.confusion_difference import confusion_difference_figure, signed
from playground.figures.encoding import encode_arrays
from playground.figures.frontier import CostPoint, frontier, frontier_figure
from playground.figures.labels import neighbours, shifts, spread
from playground.figures.run_styles import LETTERS, run_style
from playground.figures.theme import alt_text


@dataclass(frozen=True)
class Epoch:
    epoch: int
    step: int
    seconds: float
    train_loss: float = 0.5
    train_accuracy: float = 0.8
    validation_loss: float | None = 0.4
    validation_accuracy: float | None = 0.9


@dataclass(frozen=True)
class Batches:
    batch_steps: list[int]
    batch_loss: list[float]
    batch_accuracy: list[float]
    batch_epochs: list[float]
    epochs: tuple[Epoch, ...] = ()
    status: str = "finished"


def curves_of(index: int = 0, batches: int = 100, epochs: tuple[Epoch, ...] = (), smoothing: float = 0.0) -> RunCurves:
    """A run whose loss after batch i is 1 / i, and whose accuracy is i %."""
    steps = list(range(1, batches + 1))
    columns = HistoryColumns(smoothing)
    losses, accuracies = [1 / step for step in steps], [min(1.0, step / 100) for step in steps]
    columns.update(Batches(steps, losses, accuracies, [step / 50 for step in steps]))
    return RunCurves(f"Run {index + 1}", run_style(index), columns, epochs, seconds=12.0, batches_per_epoch=50)


EPOCHS = (Epoch(1, 50, 4.0, validation_loss=0.3), Epoch(2, 100, 12.0, validation_loss=0.2, validation_accuracy=0.95))


def trace(curves: object, uid: str) -> dict:
    return next(found for found in curves.traces if found["uid"] == uid)  # type: ignore[attr-defined]


def points(found: dict) -> list[tuple[float, float]]:
    return list(zip(found["x"].tolist(), found["y"].tolist(), strict=True))


@pytest.mark.parametrize(("unit", "ends"), [("epoch", (1.0, 2.0)), ("step", (50.0, 100.0)), ("second", (4.0, 12.0))])
def test_validation_stands_at_the_ends_of_epochs_in_every_unit(unit: Unit, ends: tuple[float, float]) -> None:
    curves = build_comparison([curves_of(epochs=EPOCHS)], CompareOptions(unit))
    assert points(trace(curves, "A-validation-loss")) == [(ends[0], 0.3), (ends[1], 0.2)]
    assert points(trace(curves, "A-validation-accuracy")) == [(ends[0], 90.0), (ends[1], 95.0)]


def test_training_is_drawn_batch_by_batch_where_there_is_room() -> None:
    by_step = trace(build_comparison([curves_of(epochs=EPOCHS)], CompareOptions("step", smooth=False)), "A-training-loss")
    assert points(by_step) == [(float(step), pytest.approx(1 / step)) for step in range(1, 101)]
    by_epoch = trace(build_comparison([curves_of(epochs=EPOCHS)], CompareOptions("epoch")), "A-training-accuracy")
    assert points(by_epoch)[24] == (0.5, pytest.approx(25.0))


def test_seconds_between_the_ends_of_epochs_are_spread_evenly() -> None:
    run = curves_of(epochs=EPOCHS)
    # 50 batches took 4 s, the next 50 took 8 s.
    np.testing.assert_allclose(second_positions([0, 25, 50, 75, 100], run), [0, 2, 4, 8, 12])
    unfinished = curves_of(epochs=EPOCHS[:1])
    np.testing.assert_allclose(second_positions([50, 75, 100], unfinished), [4, 8, 12])


def test_a_run_that_has_just_begun_or_was_interrupted_is_drawn_as_far_as_it_is() -> None:
    curves = build_comparison([curves_of(0, 100, EPOCHS), curves_of(1, 30), curves_of(2, 0)], CompareOptions("step"))
    assert points(trace(curves, "B-training-loss"))[-1][0] == 30
    assert np.isnan(trace(curves, "B-validation-loss")["y"]).all()
    assert np.isnan(trace(curves, "C-training-loss")["y"]).all()
    letters = [note["text"] for note in curves.layout["annotations"] if note.get("xref") in ("x", "x2")]
    assert letters.count("<b>A</b>") == 2 and letters.count("<b>B</b>") == 2 and "<b>C</b>" not in letters


def test_twenty_long_runs_stay_few_points_and_no_two_look_alike() -> None:
    runs = [curves_of(index, 2000, EPOCHS) for index in range(20)]
    curves = build_comparison(runs, CompareOptions("step"))
    assert sum(len(found["x"]) for found in curves.traces) < 2 * 3400 + 80
    looks = {(found["line"]["color"], found["line"]["dash"]) for found in curves.traces if "validation" in found["uid"]}
    assert len(looks) == 20
    assert len(json.dumps(encode_arrays(curves.traces))) < 150_000


def test_letters_of_curves_that_end_together_do_not_lie_on_one_another() -> None:
    runs = [curves_of(index, 100, EPOCHS) for index in range(6)]
    options = CompareOptions("step")
    notes = [note for note in build_comparison(runs, options).layout["annotations"] if note.get("yref") == "y2"]
    shifts = sorted(note["yshift"] for note in notes)
    assert len(shifts) == 6 and all(after - before >= 17.9 for before, after in itertools.pairwise(shifts))


def test_labels_are_pushed_apart_and_stay_within_their_room() -> None:
    assert spread([10.0, 15.0, 100.0], 300) == [3.5, 21.5, 100.0]  # 5 apart, 13 are missing: half of them each way
    assert spread([290.0, 295.0, 299.0], 300) == [264.0, 282.0, 300.0]
    assert spread([0.0, 0.0], 300) == [0.0, 18.0]
    assert spread([10.0, 40.0, 70.0], 300) == [10.0, 40.0, 70.0]
    crowded = spread([100.0] * 40, 300)
    assert crowded == sorted(crowded) and crowded[0] >= 0 and crowded[-1] <= 300 and np.diff(crowded).min() >= 7.4
    assert spread([], 300) == []
    assert neighbours([50.0, 1.0, 10.0, 58.0], 10.0) == [[1, 2], [0, 3]]
    assert shifts([0.0, 100.0, 3.0], [20.0, 20.0, 15.0], 10.0, 300.0) == [6.5, 0.0, -6.5]


def test_the_steep_beginning_does_not_press_the_rest_together() -> None:
    epochs = tuple(Epoch(i, 500 * i, float(i), validation_loss=0.02, validation_accuracy=0.93) for i in (1, 2))
    curves = build_comparison([curves_of(0, 1000, epochs)], CompareOptions("step", smooth=False))
    assert curves.layout["yaxis"]["autorangeoptions"]["include"][1] < 0.06  # the first loss is 1
    assert curves.layout["yaxis2"]["autorangeoptions"]["include"] == [70.0, 101.5]
    failed = tuple(Epoch(i, 500 * i, float(i), validation_accuracy=0.11) for i in (1, 2))
    low, _ = build_comparison([curves_of(0, 1000, failed)], CompareOptions()).layout["yaxis2"]["autorangeoptions"]["include"]
    assert low == 10.0


def test_a_log_axis_takes_no_zero_and_a_failed_run_no_infinity() -> None:
    columns = HistoryColumns(0.0)
    columns.update(Batches([1, 2, 3], [2.0, 0.0, float("inf")], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3]))
    run = RunCurves("Run 1", run_style(0), columns, (), 1.0)
    curves = build_comparison([run], CompareOptions("step", smooth=False, log_loss=True))
    low, high = curves.layout["yaxis"]["autorangeoptions"]["include"]
    assert 0 < low < high and np.isfinite(high)
    assert all(np.isfinite(note["y"]) for note in curves.layout["annotations"])


def test_the_words_for_those_who_cannot_see_name_every_run() -> None:
    curves = build_comparison([curves_of(0, 100, EPOCHS), curves_of(1, 30)], CompareOptions())
    assert curves.alt == (
        "Curves of loss and accuracy of 2 runs. A (Run 1): validation accuracy 95.0 %; B (Run 2): no validation accuracy yet."
    )
    assert "no run is chosen" in build_comparison([], CompareOptions()).alt


def test_hovering_tells_the_run_and_exact_values_and_a_name_cannot_smuggle_in_markup() -> None:
    named = RunCurves("<img src=x>", run_style(1), curves_of().columns, EPOCHS, 12.0)
    hover = trace(build_comparison([named], CompareOptions("second")), "B-validation-accuracy")["hovertemplate"]
    assert "B · &lt;img src=x>" in hover and "validation accuracy <b>%{y:.2f} %</b>" in hover and "%{x:.1f} s" in hover


def brute_force_frontier(costs: list[float], accuracies: list[float]) -> set[int]:
    """By the definition, pair by pair."""
    beaten = set()
    for mine, other in itertools.permutations(range(len(costs)), 2):
        dear = costs[other] - costs[mine]
        good = accuracies[other] - accuracies[mine]
        if dear <= 0 and good >= 0 and (dear < 0 or good > 0):
            beaten.add(mine)
    return set(range(len(costs))) - beaten


def test_the_frontier_is_that_of_the_definition() -> None:
    draws = np.random.default_rng(0)
    for _ in range(200):
        count = int(draws.integers(1, 12))
        costs, accuracies = draws.integers(1, 6, count).tolist(), draws.integers(1, 6, count).tolist()
        found = frontier(costs, accuracies)
        assert set(found) == brute_force_frontier(costs, accuracies)
        assert [costs[i] for i in found] == sorted(costs[i] for i in found)
        assert [accuracies[i] for i in found] == sorted(accuracies[i] for i in found)


def test_a_dearer_and_worse_run_is_not_on_the_frontier_by_hand() -> None:
    assert frontier([100, 200, 300, 400], [0.90, 0.95, 0.94, 0.97]) == [0, 1, 3]
    assert frontier([5, 5], [0.9, 0.8]) == [0]
    assert frontier([7], [0.5]) == [0]


def test_every_run_is_a_named_point_and_the_words_tell_the_frontier() -> None:
    costs = [(1_000, 0.90), (50_000, 0.97), (80_000, 0.95)]
    runs = [CostPoint(f"Run {i + 1} · mnist", run_style(i), cost, share) for i, (cost, share) in enumerate(costs)]
    figure = frontier_figure(runs, "parameters")
    assert [note.text for note in figure.layout.annotations] == ["<b>A</b> Run 1", "<b>B</b> Run 2", "<b>C</b> Run 3"]
    assert [(found.x[0], found.y[0]) for found in figure.data[1:]] == [(1_000, 90.0), (50_000, 97.0), (80_000, 95.0)]
    assert list(figure.data[0].y) == [90.0, 97.0]
    assert figure.layout.xaxis.type == "log"
    assert alt_text(figure).endswith("On the frontier: A (1,000, 90.0 %), B (5e+04, 97.0 %).")
    assert frontier_figure(runs[1:], "parameters").layout.xaxis.type != "log"


def test_many_points_carry_letters_only() -> None:
    runs = [CostPoint(f"Run {i + 1}", run_style(i), 10.0 + i, 0.9) for i in range(12)]
    notes = frontier_figure(runs, "s").layout.annotations
    assert {note.text for note in notes} == {f"<b>{letter}</b>" for letter in LETTERS[:12]}


def test_no_two_runs_share_a_look() -> None:
    styles = [run_style(index) for index in range(len(LETTERS))]
    assert len({style.letter for style in styles}) == len({(style.colour, style.dash) for style in styles}) == len(LETTERS)
    assert len({style.symbol for style in styles[:8]}) == 8
    assert "dashed" in run_style(8).swatch() and "solid" in run_style(0).swatch()
    with pytest.raises(ValueError, match="24"):
        run_style(24)


def test_a_difference_of_matrices_is_written_with_its_sign_and_coloured_evenly_around_zero() -> None:
    figure = confusion_difference_figure([[3, -1], [0, -7]], ["cat", "dog"])
    ground, cells = figure.data
    assert ground.text == (["+3", "−1"] if isinstance(ground.text[0], list) else ("+3", "−1"), ["", "−7"])
    assert (ground.zmin, ground.zmax) == (-7, 7)
    assert cells.hovertext[0] == "cat read right: <b>3</b> more by A"
    assert cells.hovertext[1] == "cat read as dog: <b>1</b> more by B"
    assert cells.hovertext[2] == "dog read as cat: equally often by A and B"
    assert list(zip(cells.x, cells.y, strict=True)) == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert alt_text(figure) == (
        "Confusion matrix of A minus that of B: B reads +4 images more right. "
        "The largest difference: cat read as dog, 1 times more by B."
    )


def test_equal_matrices_are_drawn_too_and_wrong_shapes_refused() -> None:
    assert confusion_difference_figure(np.zeros((3, 3), int), ["a", "b", "c"], dark=True).data[0].zmax == 1
    with pytest.raises(ValueError, match="k names"):
        confusion_difference_figure([[1, 0], [0, 1]], ["a"])


def test_numbers_carry_their_sign() -> None:
    assert [signed(number) for number in (3, 0, -2, -1234)] == ["+3", "0", "−2", "−1,234"]


def test_a_card_tells_both_readings_and_which_is_right() -> None:
    image = np.zeros((1, 4, 4), np.uint8)
    card = ComparedCard(image, 1, (Reading("A", 0, 0.8), Reading("B", 1, 0.6)))
    page = compared_cards([card], ["<a>", "b"])
    assert page.count("✗") == 1 and page.count("✓") == 1
    assert page.index("✗") < page.index("✓") and "80" in page and "60" in page
    assert card.caption(["<a>", "b"]) == "a b: A reads <a>, B reads b"
    assert "&lt;a&gt;" in page and "<a>" not in page
