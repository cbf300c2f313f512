from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from trained_runs import Trained, drain

from playground import data
from playground.errors import PlaygroundError
from playground.insight.evaluation import Evaluation, evaluate


def evaluated(trained: Trained, split: str) -> Evaluation:
    return drain(evaluate(trained.run.to_json(), trained.weights, split, trained.step))[1]


def test_the_answers_are_those_of_a_hand_written_network(dense: Trained) -> None:
    evaluation = evaluated(dense, "test")
    digits = data.load("mnist-5k")
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 12), nn.Sigmoid(), nn.Linear(12, 10))
    network.load_state_dict(dict(zip(network.state_dict(), dense.weights.values(), strict=True)))
    order_of_training = evaluated(dense, "training").indices
    learned = digits.x_train[order_of_training].double() / 255
    inputs = ((digits.x_test.double() / 255 - learned.mean()) / learned.std(correction=0)).float()
    with torch.no_grad():
        outputs = network(inputs)
    np.testing.assert_allclose(evaluation.probabilities, outputs.softmax(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(evaluation.losses, F.cross_entropy(outputs, digits.y_test, reduction="none"), atol=1e-4)
    np.testing.assert_array_equal(evaluation.predicted, outputs.argmax(1).numpy())
    np.testing.assert_array_equal(evaluation.labels, digits.y_test.numpy())
    np.testing.assert_array_equal(evaluation.indices, np.arange(1000))
    assert (evaluation.split, evaluation.step) == ("test", dense.step)


def test_the_page_shows_the_same_test_accuracy_and_loss_as_the_end_of_the_run(dense: Trained, convolution: Trained) -> None:
    for trained in (dense, convolution):
        evaluation = evaluated(trained, "test")
        assert (evaluation.labels == evaluation.predicted).mean() == pytest.approx(trained.test_accuracy, abs=0.0011)
        assert evaluation.losses.mean() == pytest.approx(trained.test_loss, rel=1e-4)


def test_training_and_validation_images_are_the_runs_own_and_have_none_in_common(dense: Trained) -> None:
    training, validation = evaluated(dense, "training"), evaluated(dense, "validation")
    assert len(training) == 600 and len(validation) == 400
    assert not set(training.indices) & set(validation.indices)
    labels = data.load("mnist-5k").y_train.numpy()
    for evaluation in (training, validation):
        np.testing.assert_array_equal(evaluation.labels, labels[evaluation.indices])


def test_progress_begins_at_none_ends_at_all_and_names_the_images(dense: Trained) -> None:
    progress, _ = drain(evaluate(dense.run.to_json(), dense.weights, "test", 1))
    assert progress[0].done == 0 and progress[-1].done == progress[-1].total == 1000
    assert progress[-1].text == "1,000 of 1,000 test images"


def test_a_large_network_is_asked_in_several_slices(dense: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.training.pace.CHUNK_SECONDS", 1e-9)
    progress, evaluation = drain(evaluate(dense.run.to_json(), dense.weights, "test", 1))
    assert len(progress) == 1 + 16
    np.testing.assert_allclose(evaluation.probabilities, evaluated(dense, "test").probabilities, atol=1e-6)


def test_a_run_without_validation_images_says_so(without_validation: Trained) -> None:
    with pytest.raises(PlaygroundError, match="no validation images"):
        evaluated(without_validation, "validation")


def test_weights_of_another_network_are_refused_with_words(dense: Trained, convolution: Trained) -> None:
    with pytest.raises(PlaygroundError, match="do not fit"):
        drain(evaluate(dense.run.to_json(), convolution.weights, "test", 1))


def test_an_evaluation_survives_the_way_between_two_processes(dense: Trained) -> None:
    evaluation = evaluated(dense, "test")
    again = pickle.loads(pickle.dumps(evaluation))
    np.testing.assert_array_equal(again.probabilities, evaluation.probabilities)
