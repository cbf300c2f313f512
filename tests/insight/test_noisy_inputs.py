"""Noise on the columns: against a plain loop over the network, for each kind of task."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier, DummyRegressor
from trained_runs import drain

from playground import data
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense, LayerEntry
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, LossEntry, MeanSquaredError
from playground.errors import PlaygroundError
from playground.insight.evaluation import evaluate
from playground.insight.networks import trained_network
from playground.insight.noisy_inputs import DRAWS, STRENGTHS, noisy_inputs
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.trainer import Trainer

TASKS: dict[str, tuple[LossEntry, int]] = {
    "iris": (CrossEntropy(), 3),
    "breast-cancer": (BinaryCrossEntropyLogits(), 1),
    "diabetes": (MeanSquaredError(), 1),
}


def _trained(name: str) -> tuple[RunSpec, dict[str, torch.Tensor]]:
    loss, outputs = TASKS[name]
    layers: tuple[LayerEntry, ...] = (Dense(units=6, activation=Tanh()), Dense(units=outputs, activation=Identity()))
    run = RunSpec(
        network=NetworkSpec(layers=layers),
        dataset=DatasetSpec(name=name),
        training=TrainingSpec(loss=loss, epochs=8, batch_size=16),
    )
    trainer = Trainer(run, data.load(run.dataset))
    for _ in trainer:
        pass
    return run, trainer.weights()


@pytest.mark.parametrize("name", list(TASKS))
def test_without_noise_it_is_what_inspect_says_and_the_plain_answer_is_scikit_learns(name: str) -> None:
    run, weights = _trained(name)
    _, found = drain(noisy_inputs(run.to_json(), weights))
    _, asked = drain(evaluate(run.to_json(), weights, "test", 0))
    dataset, trained = data.load(run.dataset), trained_network(run, weights)
    learned, test = dataset.y_train[trained.batches.train].numpy(), dataset.y_test.numpy()
    if name == "diabetes":
        assert found.right[0] == pytest.approx(np.abs(asked.errors).mean(), rel=1e-5) and found.confidence is None
        said = DummyRegressor().fit(np.zeros((len(learned), 1)), learned).predict(np.zeros((len(test), 1)))
        assert found.plain == pytest.approx(np.abs(said - test[:, 0]).mean(), rel=1e-5)
        assert found.right[-1] > found.right[0]
    else:
        assert found.right[0] == pytest.approx((asked.predicted == asked.labels).mean())
        assert found.confidence is not None and found.confidence[0] == pytest.approx(asked.confidences.mean(), rel=1e-5)
        said = DummyClassifier().fit(np.zeros((len(learned), 1)), learned)
        assert found.plain == pytest.approx(said.score(np.zeros((len(test), 1)), test))
        assert found.right[-1] < found.right[0]
    assert found.examples == len(test) and found.strengths.tolist() == list(STRENGTHS)


def test_noise_of_one_is_as_wide_as_each_column_of_the_training_rows() -> None:
    run, weights = _trained("diabetes")
    _, found = drain(noisy_inputs(run.to_json(), weights))
    trained = trained_network(run, weights)
    dataset = trained.dataset
    learned = dataset.x_train[trained.batches.train].numpy().astype(np.float64)
    target = dataset.y_train[trained.batches.train].numpy().astype(np.float64)
    first, second = (trained.network[0], trained.network[-1])
    draws = np.random.default_rng(5)
    sizes = []
    for _ in range(300):
        noisy = dataset.x_test.numpy() + draws.normal(size=dataset.x_test.shape) * learned.std(axis=0)
        seen = torch.tensor((noisy - learned.mean(axis=0)) / learned.std(axis=0), dtype=torch.float32)
        with torch.inference_mode():
            hidden = torch.tanh(torch.nn.functional.linear(seen, *_parameters(first)))
            said = torch.nn.functional.linear(hidden, *_parameters(second)).numpy() * target.std() + target.mean()
        sizes.append(np.abs(said - dataset.y_test.numpy()).mean())
    place = STRENGTHS.index(1.0)
    # Two means of draws: 300 here, DRAWS there.
    assert found.right[place] == pytest.approx(np.mean(sizes), abs=4 * np.std(sizes) / np.sqrt(DRAWS))


def _parameters(module: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    layer = next(part for part in module.modules() if isinstance(part, torch.nn.Linear))
    return layer.weight, layer.bias


def test_the_same_network_gets_the_same_noise_each_time() -> None:
    run, weights = _trained("iris")
    first, second = (drain(noisy_inputs(run.to_json(), weights))[1] for _ in range(2))
    assert first.right.tolist() == second.right.tolist()


def test_pictures_and_broken_networks_are_refused_in_words() -> None:
    run, weights = _trained("diabetes")
    broken = {name: tensor * float("nan") for name, tensor in weights.items()}
    with pytest.raises(PlaygroundError, match="not numbers"):
        drain(noisy_inputs(run.to_json(), broken))
