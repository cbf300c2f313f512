"""The form of a cross-validation where there is little to cut, and what Start would refuse."""

from __future__ import annotations

from page_app import shown, visit
from streamlit.testing.v1 import AppTest

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Dense
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, LossEntry
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec

PAGE = "pages/5_Experiments.py"
OWNER = "who cuts few points into many folds"


def _run(units: int, loss: LossEntry, dataset: DatasetSpec) -> RunSpec:
    layers = (Dense(units=4), Dense(units=units, activation=Identity()))
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(loss=loss, epochs=2, batch_size=4))


def _form(run: RunSpec, kind: str = "cross_validation") -> AppTest:
    page = shown(visit(PAGE, visitor=OWNER, run_spec=run))
    return shown(page.button_group(key="experiment_kind").set_value(kind))


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption))


def _start(page: AppTest):  # type: ignore[no-untyped-def]
    return page.button(key="experiment_start")


def test_too_many_folds_are_told_before_start_with_a_mend_that_works() -> None:
    points = DatasetSpec(name="circles", points=PointsSpec(num_points=12))
    page = _form(_run(1, BinaryCrossEntropyLogits(), points))
    assert _start(page).disabled and "cannot be cut into 5 folds" in _words(page)
    shown(page.button(key="experiment_fewer_folds").click())
    assert page.slider(key="experiment_folds").value == data.load(points).y_train.bincount().max()
    assert not _start(page).disabled and "cannot be cut" not in _words(page)


def test_a_class_that_is_missing_from_some_folds_is_told_though_it_can_be_started() -> None:
    # Of these the second half is learned from: ten of the one class, two of the other.
    painted = tuple((place / 10, 0.1, float(place % 10 == 9)) for place in range(24))
    points = DatasetSpec(name="painted", points=PointsSpec(painted=painted, train_share=0.9))
    page = _form(_run(1, BinaryCrossEntropyLogits(), points))
    assert not _start(page).disabled and "The smallest class has only 2 of them" in _words(page)
    assert "smallest class" not in _words(_form(_run(3, CrossEntropy(), DatasetSpec(name="iris"))))


def test_a_network_that_cannot_be_trained_is_told_before_start() -> None:
    page = _form(_run(2, CrossEntropy(), DatasetSpec(name="iris")))
    assert _start(page).disabled and "must give 3 numbers" in _words(page)
