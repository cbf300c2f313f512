"""Every loss beside every task and any number of outputs, as a link or a file may bring them together."""

from __future__ import annotations

from itertools import product

import pytest

from playground import data
from playground.catalog import LOSSES
from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten, LayerEntry
from playground.checks import check
from playground.data import source
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.training.events import RunFinished
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

_CLASSES = {"cross_entropy", "cross_entropy_one_hot", "binary_cross_entropy", "multi_margin", "negative_log_likelihood"}
_DISTANCES = {"mean_squared_error", "l1"}  # of numbers, or of one output a class
FITTING = {
    "classification": _CLASSES | _DISTANCES,
    "binary": _CLASSES | _DISTANCES | {"binary_cross_entropy_logits"},
    "regression": _DISTANCES | {"huber"},
}
DATA = {
    "classes of a table": DatasetSpec(name="iris"),
    "classes of points": DatasetSpec(name="blobs", points=PointsSpec(classes=4, num_points=60)),
    "yes or no of a table": DatasetSpec(name="breast-cancer"),
    "one class of a table": DatasetSpec(name="wine", one_class=2),
    "one class of images": DatasetSpec(name="mnist-5k", one_class=7, training_size=40),
    "a number of a table": DatasetSpec(name="diabetes"),
    "a number of points": DatasetSpec(name="plane", points=PointsSpec(num_points=60)),
}


def run_of(dataset: DatasetSpec, loss: str, outputs: int) -> RunSpec:
    first: tuple[LayerEntry, ...] = (Flatten(),) if source(dataset).is_images else ()
    layers = (*first, Dense(units=4), Dense(units=outputs, activation=Identity()))
    training = TrainingSpec(loss=LOSSES[loss](), epochs=1, batch_size=16)
    made = RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training)
    read = RunSpec.from_json(made.to_json())
    assert read == RunSpec.from_link(made.to_link())
    return read


@pytest.mark.parametrize("dataset", DATA.values(), ids=list(DATA))
def test_what_does_not_fit_gets_one_sentence_and_mends_that_lead_to_a_run_that_learns(dataset: DatasetSpec) -> None:
    found = source(dataset)
    for kind, outputs in product(LOSSES, (1, 2, 3, 10)):
        run = run_of(dataset, kind, outputs)
        errors = check(run).errors
        assert len(errors) <= 1 or kind == "negative_log_likelihood", [error.message for error in errors]
        if kind not in FITTING[found.task]:
            assert f"is no loss for {found.title}" in errors[0].message, run
        while errors := check(run).errors:
            assert errors[0].mend, errors[0].message
            run = errors[0].mend.run
        if kind in FITTING[found.task]:
            assert run.training.loss.kind == kind  # type: ignore[attr-defined]
        assert run.training.loss.kind in FITTING[found.task]  # type: ignore[attr-defined]
        assert isinstance(list(Trainer(run, data.load(dataset), runtime=Runtime(), probe=False))[-1], RunFinished)


def test_one_output_is_told_in_the_singular() -> None:
    (error,) = check(run_of(DATA["classes of a table"], "cross_entropy", 1)).errors
    assert "ends with 1 number, but" in error.message
