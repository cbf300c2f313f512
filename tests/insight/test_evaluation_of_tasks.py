"""What a network answers, for every kind of task, against plain torch and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn import datasets, linear_model
from trained_runs import Trained, drain

from playground import data
from playground.catalog import BinaryCrossEntropyLogits, MeanSquaredError
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import LossEntry
from playground.errors import PlaygroundError
from playground.insight.evaluation import Evaluation, RegressionEvaluation, evaluate
from playground.insight.regression import measure_regression
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer


def train(dataset: DatasetSpec, loss: LossEntry, *layers: object, epochs: int = 20) -> Trained:
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(epochs=epochs, loss=loss), seed=1)
    trainer = Trainer(run, data.load(run.dataset), runtime=Runtime())
    *_, finished = trainer
    return Trained(run, trainer.weights(), finished.step, finished.test_accuracy, finished.test_loss)


def asked(trained: Trained, split: str) -> Evaluation | RegressionEvaluation:
    return drain(evaluate(trained.run.to_json(), trained.weights, split, trained.step))[1]


@pytest.fixture(scope="module")
def diabetes() -> Trained:
    return train(DatasetSpec(name="diabetes"), MeanSquaredError(), Dense(units=1, activation=Identity()), epochs=60)


@pytest.fixture(scope="module")
def cancer() -> Trained:
    layers = (Dense(units=4, activation=Tanh()), Dense(units=1, activation=Identity()))
    return train(DatasetSpec(name="breast-cancer"), BinaryCrossEntropyLogits(), *layers)


def test_regression_answers_are_in_the_targets_own_unit(diabetes: Trained) -> None:
    evaluation, table = asked(diabetes, "test"), data.load("diabetes")
    assert isinstance(evaluation, RegressionEvaluation)
    np.testing.assert_array_equal(evaluation.targets, table.y_test[:, 0].double().numpy())
    learned = asked(diabetes, "training").indices
    x, y = table.x_train[learned].double(), table.y_train[learned].double()
    weight, bias = (tensor.double() for tensor in diabetes.weights.values())
    inputs = (table.x_test.double() - x.mean(0)) / x.std(0, correction=0)
    said = (inputs @ weight.T + bias) * y.std(correction=0) + y.mean()
    np.testing.assert_allclose(evaluation.predictions, said[:, 0].numpy(), rtol=1e-4)
    np.testing.assert_allclose(evaluation.losses.mean(), diabetes.test_loss, rtol=1e-4)


def test_the_r_squared_of_the_page_is_the_score_of_the_run(diabetes: Trained) -> None:
    measures = measure_regression(asked(diabetes, "test"))
    assert measures.r2 == pytest.approx(diabetes.test_accuracy, abs=1e-4)
    table = data.load("diabetes")
    best = linear_model.LinearRegression().fit(table.x_train, table.y_train[:, 0])
    # A line that learned by steps comes near the one that is solved for.
    assert measures.r2 == pytest.approx(best.score(table.x_test, table.y_test[:, 0]), abs=0.1)
    assert 20 < measures.mae < measures.rmse < 100


def test_targets_of_every_split_are_the_data_sets_own(diabetes: Trained) -> None:
    every = datasets.load_diabetes().target
    for split in ("training", "validation"):
        evaluation = asked(diabetes, split)
        np.testing.assert_array_equal(evaluation.targets, data.load("diabetes").y_train[evaluation.indices, 0])
        assert set(evaluation.targets) <= set(every)


def test_one_logit_gives_two_columns_and_yes_from_one_half_on(cancer: Trained) -> None:
    evaluation, table = asked(cancer, "test"), data.load("breast-cancer")
    assert isinstance(evaluation, Evaluation) and evaluation.num_classes == 2
    np.testing.assert_allclose(evaluation.probabilities.sum(1), 1, atol=1e-6)
    np.testing.assert_array_equal(evaluation.predicted, evaluation.probabilities[:, 1] > 0.5)
    np.testing.assert_array_equal(evaluation.labels, table.y_test)
    assert (evaluation.predicted == evaluation.labels).mean() == pytest.approx(cancer.test_accuracy, abs=1e-6)
    losses = F.binary_cross_entropy(torch.from_numpy(evaluation.probabilities[:, 1]), table.y_test.float(), reduction="none")
    np.testing.assert_allclose(evaluation.losses, losses, atol=1e-4)


def test_is_it_a_seven_has_the_digits_own_images_and_two_classes() -> None:
    layers = (Flatten(), Dense(units=1, activation=Identity()))
    spec = DatasetSpec(name="mnist-5k", one_class=7, training_size=600)
    sevens = train(spec, BinaryCrossEntropyLogits(), *layers, epochs=6)
    evaluation = asked(sevens, "test")
    np.testing.assert_array_equal(evaluation.labels, data.load("mnist-5k").y_test == 7)
    assert evaluation.num_classes == 2 and (evaluation.predicted == evaluation.labels).mean() > 0.92


def test_progress_names_the_rows(cancer: Trained) -> None:
    progress, _ = drain(evaluate(cancer.run.to_json(), cancer.weights, "test", 1))
    assert progress[-1].text == "113 of 113 test rows"


def test_a_split_without_any_example_says_so() -> None:
    points = PointsSpec(painted=((1.0, 1.0, 0.0),))
    network = NetworkSpec(layers=(Dense(units=1, activation=Identity()),))
    run = RunSpec(network=network, dataset=DatasetSpec(name="painted", points=points, validation_share=0.0))
    weights = build(network, (2,), 0).state_dict()
    with pytest.raises(PlaygroundError, match="no test points"):
        drain(evaluate(run.to_json(), weights, "test", 0))
