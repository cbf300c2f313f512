"""The advisor on tables, points and questions with two answers: what it says is true of them, and in their words."""

from __future__ import annotations

import pytest
import torch

from playground import data
from playground.advisor import Advice, advise, case_of
from playground.advisor.case import Case
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, L1Loss, LossEntry, MeanSquaredError
from playground.catalog.optimizers import SGD, Adam, OptimizerEntry
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.training.history import History
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

IMAGE_WORDS = ("image", "pixel", "stroke", "digit")


def run_of(
    dataset: DatasetSpec, loss: LossEntry, *hidden: Dense, outputs: int, epochs: int = 10, optimizer: OptimizerEntry | None = None
) -> RunSpec:
    first = (Flatten(),) if data.source(dataset).is_images else ()
    layers = (*first, *hidden, Dense(units=outputs, activation=Identity()))
    training = TrainingSpec(loss=loss, optimizer=optimizer or Adam(learning_rate=0.01), epochs=epochs)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training)


def case(run: RunSpec) -> Case:
    torch.set_num_threads(1)
    history = History()
    history.fold(Trainer(run, data.load(run.dataset), runtime=Runtime()))
    return case_of(run, history)


def said(run: RunSpec) -> dict[str, Advice]:
    return {advice.name: advice for advice in advise(case(run))}


SEVEN = run_of(DatasetSpec(name="mnist-5k", one_class=7), BinaryCrossEntropyLogits(), Dense(units=16), outputs=1, epochs=3)
IRIS = run_of(DatasetSpec(name="iris"), CrossEntropy(), Dense(units=16), outputs=3, epochs=30)
CANCER = run_of(DatasetSpec(name="breast-cancer"), BinaryCrossEntropyLogits(), Dense(units=16), outputs=1)
DIABETES = run_of(DatasetSpec(name="diabetes"), MeanSquaredError(), Dense(units=16), outputs=1, epochs=20)
CIRCLES = run_of(
    DatasetSpec(name="circles", points=PointsSpec(), normalise=False),
    BinaryCrossEntropyLogits(),
    Dense(units=6, activation=Tanh()),
    outputs=1,
    epochs=60,
)
HEALTHY = {"seven": SEVEN, "iris": IRIS, "cancer": CANCER, "diabetes": DIABETES, "circles": CIRCLES}


@pytest.mark.parametrize("run", HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_run_is_told_no_problem_and_nothing_about_classes_that_the_question_made(run: RunSpec) -> None:
    found = said(run)
    assert not [advice for advice in found.values() if advice.severity == "problem"], found
    assert "uneven-classes" not in found and "raw-pixels" not in found


@pytest.mark.parametrize("run", [IRIS, CANCER, DIABETES, CIRCLES], ids=["iris", "cancer", "diabetes", "circles"])
def test_what_has_no_pictures_is_not_told_of_pictures(run: RunSpec) -> None:
    for shorter in (run, run.model_copy(update={"training": run.training.model_copy(update={"epochs": 2})})):
        for advice in said(shorter).values():
            words = f"{advice.title} {advice.evidence} {advice.why} {advice.mend.label if advice.mend else ''}".lower()
            assert not any(word in words for word in IMAGE_WORDS), (advice.name, words)
            assert not (advice.mend and advice.mend.run.training.augmentation)


def test_who_always_says_no_only_guesses_though_nine_of_ten_are_right() -> None:
    stuck = SEVEN.model_copy(update={"training": SEVEN.training.model_copy(update={"optimizer": SGD(learning_rate=1e-7)})})
    lazy = case(stuck)
    assert lazy.chance == pytest.approx(0.9, abs=0.01) and lazy.skill(lazy.chance) == 0 and lazy.skill(1.0) == 1
    assert not case(SEVEN).only_guesses


def test_a_number_that_is_not_learned_is_told_by_its_r_squared() -> None:
    stuck = run_of(
        DatasetSpec(name="diabetes"), L1Loss(), Dense(units=16), outputs=1, epochs=40, optimizer=SGD(learning_rate=1e-6)
    )
    found = said(stuck)
    problems = [advice for advice in found.values() if advice.severity == "problem"]
    assert problems and all("% are" not in advice.evidence for advice in problems)
    assert case(stuck).right(0.25, "validation", 1) == "R² is 0.250 on the validation rows"


def test_a_number_that_got_too_few_steps_is_given_more_in_one_click() -> None:
    hurried = run_of(
        DatasetSpec(name="diabetes"), MeanSquaredError(), Dense(units=16), outputs=1, epochs=3, optimizer=Adam(learning_rate=1e-4)
    )
    advice = said(hurried)["only-guessing"]
    assert advice.mend and advice.mend.label == "Train for 102 epochs"  # 3 epochs are 30 steps
    assert "only 30 steps" in advice.why
    assert case(advice.mend.run).accuracy > case(hurried).accuracy + 0.1


def test_columns_in_their_own_units_are_normalised_not_pixels() -> None:
    raw = CANCER.model_copy(update={"dataset": CANCER.dataset.model_copy(update={"normalise": False})})
    found = said(raw).get("raw-pixels")
    assert found is None or ("columns" in found.title and found.mend and found.mend.label == "Normalise the columns")
