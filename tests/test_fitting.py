"""A run fitted to its data: whatever it was, it can be trained on them."""

from __future__ import annotations

from itertools import permutations

import pytest

from playground import data
from playground.catalog import LOSSES
from playground.catalog.activations import Identity, Tanh
from playground.catalog.augmentations import Shift
from playground.catalog.layers import Conv2d, Dense, Dropout, Flatten, MaxPool
from playground.catalog.losses import CrossEntropy, Huber, MeanSquaredError
from playground.catalog.task import TASKS, Task
from playground.checks import check
from playground.fitting import USUAL, fitted, losses_for
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec

KINDS = {
    "pictures": DatasetSpec(name="mnist-5k"),
    "is it a 7?": DatasetSpec(name="mnist-5k", one_class=7),
    "a table of classes": DatasetSpec(name="wine"),
    "yes or no": DatasetSpec(name="breast-cancer"),
    "a number": DatasetSpec(name="diabetes"),
    "points": DatasetSpec(name="moons"),
}


@pytest.mark.parametrize(("before", "after"), list(permutations(KINDS, 2)))
def test_a_run_fitted_from_one_kind_of_data_to_another_can_be_trained(before: str, after: str) -> None:
    layers = (Conv2d(filters=4), MaxPool(), Flatten(), Dense(units=8), Dense(units=10, activation=Identity()))
    run = RunSpec(network=NetworkSpec(layers=layers), training=TrainingSpec(augmentation=(Shift(),)))
    for kind in (before, after):
        run = run.model_copy(update={"dataset": KINDS[kind]})
        run = fitted(run, data.source(run.dataset))
        assert check(run).can_train, check(run).errors


def test_what_fits_already_stays_as_it_is() -> None:
    layers = (Dense(units=8, activation=Tanh()), Dropout(), Dense(units=1, activation=Identity()))
    run = RunSpec(
        network=NetworkSpec(layers=layers), dataset=KINDS["a number"], training=TrainingSpec(loss=Huber(delta=2.0), batch_size=7)
    )
    assert fitted(run, data.source(run.dataset)) == run


def test_hidden_layers_that_can_take_the_data_are_kept() -> None:
    layers = (Flatten(), Dense(units=77), Dense(units=10, activation=Identity()))
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=KINDS["a number"])
    found = fitted(run, data.source(run.dataset))
    assert [layer.units for layer in found.network.layers if isinstance(layer, Dense)] == [77, 1]
    assert found.training.loss == MeanSquaredError()


@pytest.mark.parametrize("task", list(TASKS))
def test_each_task_has_its_losses_the_usual_one_first(task: Task) -> None:
    kinds = losses_for(task)
    assert LOSSES[kinds[0]] is type(USUAL[task])
    assert set(kinds) == {kind for kind, entry in LOSSES.items() if task in entry.tasks}
    assert isinstance(USUAL["classification"], CrossEntropy)


def test_a_network_of_convolutions_alone_keeps_them_from_one_set_of_pictures_to_another() -> None:
    """What it ends with is told, with a mend; a Flatten before the convolutions would have made it impossible."""
    layers = (Conv2d(filters=4), MaxPool())
    run = RunSpec(network=NetworkSpec(layers=layers), dataset=KINDS["pictures"])
    found = fitted(run, data.source(run.dataset))
    assert found.network.layers == layers
    (finding,) = check(found).errors
    assert finding.mend is not None and check(finding.mend.run).can_train
