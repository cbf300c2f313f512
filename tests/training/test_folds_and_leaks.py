"""Cross-validation of every task: the figures are scikit-learn's, and nothing of what validates or tests is learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from playground import data
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense, Flatten, LayerEntry
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, LossEntry, MeanSquaredError
from playground.catalog.optimizers import Adam
from playground.seeds import stream_seed
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.events import EpochEnded, RunFinished
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

FOLDS = 4
TASKS: dict[str, tuple[LossEntry, int]] = {
    "iris": (CrossEntropy(), 3),
    "breast-cancer": (BinaryCrossEntropyLogits(), 1),
    "diabetes": (MeanSquaredError(), 1),
}


def a_run(dataset: DatasetSpec, loss: LossEntry, outputs: int) -> RunSpec:
    first: tuple[LayerEntry, ...] = (Flatten(),) if data.source(dataset).is_images else ()
    layers = (*first, Dense(units=6, activation=Tanh()), Dense(units=outputs, activation=Identity()))
    training = TrainingSpec(loss=loss, optimizer=Adam(learning_rate=0.01), epochs=4, batch_size=16)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training, seed=3)


@pytest.mark.parametrize("name", list(TASKS))
@pytest.mark.parametrize("fold", range(FOLDS))
def test_the_figures_of_every_fold_are_those_of_scikit_learn(name: str, fold: int) -> None:
    run = a_run(DatasetSpec(name=name, folds=FOLDS, fold=fold), *TASKS[name])
    loaded = data.load(run.dataset)
    made = Trainer(run, loaded, runtime=Runtime())
    events = list(made)
    last, finished = [event for event in events if isinstance(event, EpochEnded)][-1], events[-1]
    assert isinstance(finished, RunFinished)

    x, y = loaded.x_train.double().numpy(), loaded.y_train.numpy().ravel()
    kind = KFold if name == "diabetes" else StratifiedKFold
    cut = kind(FOLDS, shuffle=True, random_state=stream_seed(run.seed, "folds") % 2**32)
    train, validation = list(cut.split(x, y))[fold]
    inputs, targets = StandardScaler().fit(x[train]), StandardScaler().fit(y[train, None].astype(float))
    weights = {name: tensor.double().numpy() for name, tensor in made.weights().items()}
    first, second = (name.rpartition(".")[0] for name in weights if name.endswith("weight"))

    def outputs(rows: np.ndarray) -> np.ndarray:
        hidden = np.tanh(inputs.transform(rows) @ weights[f"{first}.weight"].T + weights[f"{first}.bias"])
        return np.asarray(hidden @ weights[f"{second}.weight"].T + weights[f"{second}.bias"])

    def figures(rows: np.ndarray, answers: np.ndarray) -> tuple[float, float]:
        told = outputs(rows)
        if name == "diabetes":
            scaled = targets.transform(answers[:, None].astype(float))
            return mean_squared_error(scaled, told), r2_score(answers, targets.inverse_transform(told))
        if name == "breast-cancer":
            sure = 1 / (1 + np.exp(-told[:, 0]))
            return log_loss(answers, sure, labels=[0, 1]), accuracy_score(answers, sure > 0.5)
        odds = np.exp(told)
        sure = odds / odds.sum(axis=1, keepdims=True)
        return log_loss(answers, sure, labels=[0, 1, 2]), accuracy_score(answers, sure.argmax(axis=1))

    assert (last.validation_loss, last.validation_accuracy) == pytest.approx(figures(x[validation], y[validation]), rel=1e-4)
    exam = figures(loaded.x_test.double().numpy(), loaded.y_test.numpy().ravel())
    assert (finished.test_loss, finished.test_accuracy) == pytest.approx(exam, rel=1e-4)


@pytest.mark.parametrize("by_fold", [False, True])
@pytest.mark.parametrize("name", [*TASKS, "is it a 7?"])
def test_what_validates_and_tests_changes_nothing_of_what_is_learned(name: str, by_fold: bool) -> None:
    how = {"folds": FOLDS, "fold": 1} if by_fold else {"validation_share": 0.25}
    seven = DatasetSpec(name="mnist-5k", one_class=7, **how)
    dataset = seven if name == "is it a 7?" else DatasetSpec(name=name, **how)
    run = a_run(dataset, *TASKS.get(name, (BinaryCrossEntropyLogits(), 1)))
    loaded = data.load(run.dataset)
    made = Trainer(run, loaded, runtime=Runtime())
    rows = made.batches.validation
    x, y = loaded.x_train.clone(), loaded.y_train.clone()
    x[rows] = 255 - x[rows] if loaded.is_images else 7 * x[rows] + 100
    if name == "diabetes":  # the classes decide where the folds are cut
        y[rows] = -3 * y[rows]
    other = replace(loaded, x_train=x, y_train=y, x_test=loaded.x_test // 2 if loaded.is_images else -5 * loaded.x_test)
    changed = Trainer(run, other, runtime=Runtime())
    told, also = ([event for event in trainer if isinstance(event, EpochEnded)] for trainer in (made, changed))
    assert [(one.train_loss, one.train_accuracy) for one in told] == [(one.train_loss, one.train_accuracy) for one in also]
    assert told[-1].validation_loss != also[-1].validation_loss
    weights = changed.weights()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in made.weights().items())
