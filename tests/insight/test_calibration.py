"""Confidence against accuracy: by hand, by loops, against scikit-learn, and on networks trained on real digits."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss
from trained_runs import Trained, drain

from playground.catalog.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    L1Loss,
    MeanSquaredError,
    MultiMargin,
    NegativeLogLikelihood,
)
from playground.errors import PlaygroundError
from playground.insight.calibration import (
    COLDEST,
    HOTTEST,
    binary_brier,
    chance_gap,
    fit_temperature,
    reliability,
    scores,
    softmax,
)
from playground.insight.evaluation import evaluate
from playground.insight.exam import Exam, logits_of, sit_exam


def test_four_images_by_hand() -> None:
    # Two bins: (0, 0.5] holds 0.4 (wrong) and 0.5 (right): accuracy 0.5, confidence 0.45. (0.5, 1] holds 0.8 and 1.0, both right.
    found = reliability([0.4, 0.5, 0.8, 1.0], [False, True, True, True], bins=2)
    assert found.counts.tolist() == [2, 2]
    np.testing.assert_allclose(found.accuracy, [0.5, 1.0])
    np.testing.assert_allclose(found.confidence, [0.45, 0.9])
    assert found.error == pytest.approx(0.5 * 0.05 + 0.5 * 0.1)


def test_a_network_as_often_right_as_it_says_has_no_error_and_one_that_is_sure_and_wrong_has_the_largest() -> None:
    honest = reliability(np.repeat([0.25, 0.75], 40), np.r_[np.arange(40) < 10, np.arange(40) < 30], bins=10)
    assert honest.error == pytest.approx(0.0)
    assert reliability(np.ones(7), np.zeros(7), bins=10).error == pytest.approx(1.0)


def _error_by_loops(confidences: np.ndarray, right: np.ndarray, bins: int) -> float:
    """Guo et al., equation 3, image by image."""
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [index for index, value in enumerate(confidences) if low < value <= high]
        if inside:
            accuracy = sum(bool(right[index]) for index in inside) / len(inside)
            confidence = sum(float(confidences[index]) for index in inside) / len(inside)
            total += len(inside) / len(confidences) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_error_is_that_of_the_paper_computed_image_by_image(bins: int) -> None:
    draws = np.random.default_rng(bins)
    confidences = draws.uniform(0.1, 1.0, 700)
    right = draws.random(700) < confidences**2
    assert reliability(confidences, right, bins).error == pytest.approx(_error_by_loops(confidences, right, bins))


def test_the_bars_are_those_of_scikit_learn() -> None:
    draws = np.random.default_rng(2)
    confidences = draws.uniform(0.2, 1.0, 500)
    right = draws.random(500) < 0.8
    found = reliability(confidences, right, 10)
    filled = found.counts > 0
    accuracy, confidence = calibration_curve(right, confidences, n_bins=10)
    np.testing.assert_allclose(found.accuracy[filled], accuracy)
    np.testing.assert_allclose(found.confidence[filled], confidence)
    assert found.counts.sum() == 500 and not filled.all()


def test_the_ends_of_the_range_and_no_images_at_all_have_their_bins() -> None:
    assert reliability([0.0, 1.0], [True, True], 4).counts.tolist() == [1, 0, 0, 1]
    nothing = reliability([], [], 3)
    assert nothing.error == 0.0 and nothing.counts.tolist() == [0, 0, 0]


def test_brier_score_and_likelihood_are_those_of_other_libraries() -> None:
    draws = np.random.default_rng(3)
    logits, labels = draws.normal(size=(60, 4)) * 2, draws.integers(0, 4, 60)
    shares = softmax(logits)
    np.testing.assert_allclose(shares, torch.softmax(torch.from_numpy(logits), 1).numpy(), atol=1e-12)
    found = scores(shares, labels, logits.argmax(axis=1))
    assert found.negative_log_likelihood == pytest.approx(log_loss(labels, shares))
    assert found.brier == pytest.approx(((shares - np.eye(4)[labels]) ** 2).sum(axis=1).mean())
    assert found.confidence == pytest.approx(shares.max(axis=1).mean())


@pytest.mark.parametrize("factor", [0.2, 1.0, 4.0])
def test_the_factor_by_which_honest_logits_were_scaled_is_found_again(factor: float) -> None:
    """Labels drawn from the softmax of the logits make them honest: the best temperature is 1, and `factor` once scaled."""
    draws = np.random.default_rng(4)
    logits = draws.normal(size=(20_000, 5)) * 1.5
    shares = softmax(logits)
    labels = (shares.cumsum(axis=1) > draws.random((20_000, 1))).argmax(axis=1)
    found = fit_temperature(factor * logits, labels)
    assert found.value == pytest.approx(factor, rel=0.03) and not found.at_edge and found.images == 20_000


def test_the_temperature_is_where_torchs_gradient_vanishes() -> None:
    draws = np.random.default_rng(5)
    logits, labels = draws.normal(size=(400, 3)), draws.integers(0, 3, 400)
    labels[:300] = logits[:300].argmax(axis=1)
    fitted = fit_temperature(logits, labels).value
    temperature = torch.tensor(fitted, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(torch.from_numpy(logits) / temperature, torch.from_numpy(labels)).backward()
    assert temperature.grad is not None and abs(float(temperature.grad)) < 1e-4


def test_images_all_read_right_have_no_best_temperature_and_equal_outputs_need_none() -> None:
    perfect = fit_temperature(np.eye(3) * 4, np.arange(3))
    assert perfect.at_edge and perfect.value == COLDEST
    upside_down = fit_temperature(-np.eye(3) * 4, np.arange(3))
    assert upside_down.at_edge and upside_down.value == HOTTEST
    constant = fit_temperature(np.ones((2, 200)), np.array([0, 199]))
    assert constant.value == 1.0 and not constant.at_edge


def test_two_images_and_two_hundred_classes_are_enough_and_not_too_many() -> None:
    logits = np.random.default_rng(6).normal(size=(2, 200))
    labels = logits.argmax(axis=1) * [1, 0]
    found = fit_temperature(logits, labels)
    assert COLDEST < found.value <= HOTTEST and found.images == 2
    shares = softmax(logits, found.value)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert reliability(shares.max(axis=1), [True, False], 15).counts.sum() == 2


@pytest.fixture(scope="module")
def sat(dense: Trained) -> Exam:
    return drain(sit_exam(dense.run.to_json(), dense.weights, dense.step))[1]


def test_the_exam_gives_what_the_evaluation_of_each_split_gives(sat: Exam, dense: Trained) -> None:
    for name, answers in (("test", sat.test), ("validation", sat.validation)):
        _, evaluation = drain(evaluate(dense.run.to_json(), dense.weights, name, dense.step))  # type: ignore[arg-type]
        assert answers is not None
        np.testing.assert_array_equal(answers.predicted, evaluation.predicted)
        np.testing.assert_array_equal(answers.indices, evaluation.indices)
        np.testing.assert_allclose(answers.probabilities(), evaluation.probabilities, atol=1e-6)
        np.testing.assert_allclose(answers.confidences(), evaluation.confidences, atol=1e-6)
    assert pickle.loads(pickle.dumps(sat)).raw and len(sat.test) == 1000


def test_the_temperature_is_fitted_on_validation_images_alone_and_changes_no_answer(sat: Exam) -> None:
    assert sat.validation is not None and sat.temperature is not None
    assert sat.temperature == fit_temperature(sat.validation.logits, sat.validation.labels)
    assert sat.temperature != fit_temperature(sat.test.logits, sat.test.labels)
    assert sat.fit is not None and sat.fit[1].argmin() == 16 and sat.fit[0][16] == pytest.approx(sat.temperature.value)
    for temperature, likelihood in zip(*sat.fit, strict=True):
        logits = torch.from_numpy(sat.validation.logits).double() / temperature
        assert likelihood == pytest.approx(float(F.cross_entropy(logits, torch.from_numpy(sat.validation.labels))))
    cooled = sat.test.probabilities(sat.temperature.value)
    np.testing.assert_array_equal(cooled.argmax(axis=1), sat.test.predicted)
    before, after = (scores(sat.validation.probabilities(t), sat.validation.labels, sat.validation.predicted) for t in
                     (1.0, sat.temperature.value))  # fmt: skip
    assert after.negative_log_likelihood < before.negative_log_likelihood and after.accuracy == before.accuracy


def test_a_run_without_validation_images_has_no_temperature(without_validation: Trained) -> None:
    progress, found = drain(sit_exam(without_validation.run.to_json(), without_validation.weights, 1))
    assert found.validation is None and found.temperature is None and len(found.test) == 1000
    assert progress[-1].done == progress[-1].total == 1000


@pytest.mark.parametrize(
    ("loss", "raw"),
    [
        (CrossEntropy(), True),
        (MultiMargin(), True),
        (NegativeLogLikelihood(), True),
        (BinaryCrossEntropy(), False),
        (MeanSquaredError(), False),
        (L1Loss(), False),
    ],
)
def test_the_softmax_of_the_logits_is_what_the_page_shows_for_every_loss(loss, raw) -> None:  # type: ignore[no-untyped-def]
    outputs = torch.randn(30, 10, generator=torch.Generator().manual_seed(0))
    if isinstance(loss, NegativeLogLikelihood):
        outputs = outputs.log_softmax(1)
    logits, is_raw = logits_of(outputs, loss)
    np.testing.assert_allclose(softmax(logits), loss.probabilities(outputs).numpy(), atol=2e-5)
    assert is_raw is raw and np.isfinite(logits).all()


def test_weights_that_are_no_numbers_are_a_sentence(dense: Trained) -> None:
    broken = {name: torch.full_like(tensor, float("nan")) for name, tensor in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="not numbers"):
        drain(sit_exam(dense.run.to_json(), broken, 1))


@pytest.mark.parametrize("bins", [10, 15])
def test_of_yes_or_no_the_bins_are_scikit_learns_calibration_curve_of_yes(bins: int) -> None:
    draws = np.random.default_rng(bins)
    chances = draws.uniform(size=500)
    is_yes = draws.uniform(size=500) < chances**1.5
    found = reliability(chances, is_yes, bins)
    share, said = calibration_curve(is_yes, chances, n_bins=bins, strategy="uniform")
    filled = found.counts > 0
    np.testing.assert_allclose(found.accuracy[filled], share)
    np.testing.assert_allclose(found.confidence[filled], said)
    np.testing.assert_allclose(found.means, (chances.mean(), is_yes.mean()))


def test_the_brier_score_of_yes_or_no_is_scikit_learns() -> None:
    draws = np.random.default_rng(4)
    chances, is_yes = draws.uniform(size=200), draws.uniform(size=200) < 0.3
    assert binary_brier(chances, is_yes) == pytest.approx(brier_score_loss(is_yes, chances))
    # Half of the score over both classes.
    both = np.stack([1 - chances, chances], axis=1)
    assert 2 * binary_brier(chances, is_yes) == pytest.approx(scores(both, is_yes.astype(int), both.argmax(axis=1)).brier)


def test_an_honest_network_stays_within_the_gap_of_chance_95_times_of_100() -> None:
    draws = np.random.default_rng(0)
    sure = draws.uniform(0.5, 1.0, 150)
    gaps = [abs((draws.uniform(size=150) < sure).mean() - sure.mean()) for _ in range(4000)]
    assert np.mean(np.array(gaps) <= chance_gap(sure)) == pytest.approx(0.95, abs=0.02)
