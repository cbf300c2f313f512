"""What one network fixes and breaks of another's readings: counts that add up, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from playground.errors import PlaygroundError
from playground.insight.compared_mistakes import ComparedMistakes, compare_mistakes, validate_alike
from playground.insight.evaluation import Evaluation
from playground.spec import DatasetSpec, RunSpec, TrainingSpec

CLASSES = 4


def evaluation(labels: np.ndarray, predicted: np.ndarray, first_index: int = 0) -> Evaluation:
    probabilities = np.full((len(labels), CLASSES), 0.1, np.float32)
    probabilities[np.arange(len(labels)), predicted] = 0.7
    indices = np.arange(first_index, first_index + len(labels))
    return Evaluation("validation", 7, labels, predicted, probabilities, np.zeros(len(labels), np.float32), indices)


def by_hand() -> ComparedMistakes:
    labels = np.array([0, 0, 1, 1, 2, 3])
    return compare_mistakes(evaluation(labels, np.array([0, 1, 1, 2, 3, 3])), evaluation(labels, np.array([0, 0, 3, 1, 1, 3])))


@pytest.fixture(scope="module")
def drawn() -> ComparedMistakes:
    """Five hundred images read by two networks of which the second is a little better."""
    draws = np.random.default_rng(0)
    labels = draws.integers(0, CLASSES, 500)
    readings = [np.where(draws.random(500) < share, labels, draws.integers(0, CLASSES, 500)) for share in (0.6, 0.7)]
    return compare_mistakes(*(evaluation(labels, predicted) for predicted in readings))


def test_six_images_by_hand() -> None:
    compared = by_hand()
    assert compared.changed.fixed.tolist() == [1, 3]
    assert compared.changed.broken.tolist() == [2]
    assert compared.changed.otherwise.tolist() == [4]
    assert (compared.changed.net, compared.both_right, compared.both_wrong) == (1, 2, 1)
    assert compared.cell(1).fixed.tolist() == [3] and compared.cell(1).broken.tolist() == [2]
    assert compared.cell(1, 3).broken.tolist() == [2] and compared.cell(1, 3).fixed.tolist() == []
    assert compared.cell(None, 1).fixed.tolist() == [1] and compared.cell(None, 1).otherwise.tolist() == [4]


def test_the_difference_is_that_of_scikit_learns_matrices(drawn: ComparedMistakes) -> None:
    one, other = (confusion_matrix(found.labels, found.predicted, labels=range(CLASSES)) for found in (drawn.first, drawn.second))
    np.testing.assert_array_equal(drawn.difference, one - other)


def test_all_images_are_counted_once(drawn: ComparedMistakes) -> None:
    changed = drawn.changed
    assert drawn.both_right + drawn.both_wrong + len(changed.fixed) + len(changed.broken) == len(drawn) == 500
    right = [int((found.predicted == found.labels).sum()) for found in (drawn.first, drawn.second)]
    assert changed.net == right[1] - right[0] == -np.trace(drawn.difference)


def test_every_cell_adds_up_to_the_images_behind_it(drawn: ComparedMistakes) -> None:
    for true in range(CLASSES):
        of_class = drawn.cell(true)
        assert drawn.difference[true, true] == len(of_class.broken) - len(of_class.fixed)
        for predicted in set(range(CLASSES)) - {true}:
            changed = drawn.cell(true, predicted)
            left = int((drawn.first.predicted[changed.otherwise] == predicted).sum())
            came = int((drawn.second.predicted[changed.otherwise] == predicted).sum())
            assert left + came == len(changed.otherwise)
            assert drawn.difference[true, predicted] == len(changed.fixed) - len(changed.broken) + left - came


def test_turning_the_two_round_turns_fixed_into_broken(drawn: ComparedMistakes) -> None:
    back = compare_mistakes(drawn.second, drawn.first)
    np.testing.assert_array_equal(back.changed.fixed, drawn.changed.broken)
    np.testing.assert_array_equal(back.difference, -drawn.difference)


def test_readings_of_different_images_are_refused() -> None:
    labels = np.zeros(3, int)
    with pytest.raises(PlaygroundError, match="different images"):
        compare_mistakes(evaluation(labels, labels), evaluation(labels, labels, first_index=1))


def test_the_same_images_validate_when_only_what_does_not_choose_them_differs() -> None:
    run = RunSpec()
    assert validate_alike(run, RunSpec(training=TrainingSpec(epochs=9)))
    assert validate_alike(run, RunSpec(dataset=DatasetSpec(training_size=300, normalise=False)))
    assert not validate_alike(run, RunSpec(dataset=DatasetSpec(validation_share=0.2)))
    assert not validate_alike(run, RunSpec(seed=1))
    none = RunSpec(dataset=DatasetSpec(validation_share=0.0))
    assert not validate_alike(none, none)
