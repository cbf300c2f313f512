"""Differences of two runs in words: one phrase a field, whatever field of whatever entry was changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from catalog.examples import ENTRIES, edges, parameters
from pydantic import BaseModel

from playground.catalog import ACTIVATIONS, OPTIMIZERS
from playground.catalog.activations import Identity, LeakyReLU, Tanh
from playground.catalog.augmentations import Rotation, Shift
from playground.catalog.entry import Entry
from playground.catalog.initialisations import HeNormal, Normal
from playground.catalog.layers import ActivationLayer, BatchNorm, Conv2d, Dense, Dropout, Flatten, MaxPool
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import SGD, Adam, AdamW
from playground.catalog.presets import PRESETS, preset
from playground.catalog.schedules import OneCycle
from playground.differences import differences, in_words
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, PointsSpec, Regularisation, RunSpec, TrainingSpec

FIRST = preset("first-network").run
LAYERS = (Flatten(), Dense(units=64), Dense(units=10, activation=Identity()))


def holding(family: str, entry: Entry) -> RunSpec:
    """A run in which the entry stands where entries of its family can."""
    if family == "layer":
        return RunSpec(network=NetworkSpec(layers=(Flatten(), entry, Dense(units=10))))
    if family == "activation":
        return RunSpec(network=NetworkSpec(layers=(Flatten(), Dense(units=7, activation=entry))))
    if family == "initialisation":
        return RunSpec(network=NetworkSpec(initialisation=entry))
    if family == "augmentation":
        return RunSpec(training=TrainingSpec(augmentation=(Rotation(degrees=3), entry)))
    return RunSpec(training=TrainingSpec(**{family: entry}))


def single_changes() -> Iterator[Any]:
    """Every entry with every field once at another value than it comes with."""
    for family, entry in ENTRIES:
        for name, field in parameters(entry).items():
            for edge in edges(field):
                if edge != getattr(entry(), name):
                    kind = getattr(edge, "kind", edge)
                    yield pytest.param(family, entry, name, edge, id=f"{entry.__name__}.{name}={kind}")


@pytest.mark.parametrize(("family", "entry", "name", "value"), single_changes())
def test_one_changed_field_is_one_difference_that_names_it(family: str, entry: type[Entry], name: str, value: Any) -> None:
    before, after = holding(family, entry()), holding(family, entry(**{name: value}))
    (said,) = differences(before, after)
    title = str(entry.model_fields[name].title)
    assert title.lower() in said.lower() and "→" in said
    assert in_words(before, after).startswith("Only ") and in_words(before, after).endswith(".")
    (back,) = differences(after, before)
    old, new = said.rsplit(" → ", 1)
    assert back != said and back.endswith(old.rsplit(" ", 1)[-1]) and new.split()[0] in back


@pytest.mark.parametrize(("family", "entry"), ENTRIES)
def test_another_entry_of_a_family_is_one_difference_that_names_both(family: str, entry: type[Entry]) -> None:
    for other in (chosen for known, chosen in ENTRIES if known == family and chosen is not entry):
        (said,) = differences(holding(family, entry()), holding(family, other()))
        if family in ("layer", "augmentation"):
            assert "2" in said.split(":")[0]
        else:
            assert f"{entry.title}" in said and f"→ {other.title}" in said


SPEC_FIELDS: dict[str, tuple[RunSpec, str]] = {
    "data set": (RunSpec(dataset=DatasetSpec(name="mnist-5k")), "data set mnist → mnist-5k"),
    "training examples": (RunSpec(dataset=DatasetSpec(training_size=500)), "training examples all → 500"),
    "validation share": (RunSpec(dataset=DatasetSpec(validation_share=0.25)), "validation share 0.1 → 0.25"),
    "normalise": (RunSpec(dataset=DatasetSpec(normalise=False)), "normalise on → off"),
    "epochs": (RunSpec(training=TrainingSpec(epochs=9)), "epochs 5 → 9"),
    "batch size": (RunSpec(training=TrainingSpec(batch_size=64)), "batch size 32 → 64"),
    "frozen layers": (RunSpec(training=TrainingSpec(frozen_layers=(2, 0))), "frozen layers none → 1, 3"),
    "seed": (RunSpec(seed=2_000_000_000), "seed 0 → 2000000000"),
    "l1": (RunSpec(training=TrainingSpec(regularisation=Regularisation(l1=1e-5))), "L1: 0 → 1e-05"),
    "l2": (RunSpec(training=TrainingSpec(regularisation=Regularisation(l2=0.001))), "L2: 0 → 0.001"),
    "early stopping": (
        RunSpec(training=TrainingSpec(regularisation=Regularisation(early_stopping=EarlyStopping()))),
        "early stopping off → patience 3",
    ),
}


@pytest.mark.parametrize(("after", "words"), SPEC_FIELDS.values(), ids=list(SPEC_FIELDS))
def test_fields_of_the_spec_itself_are_told_by_their_titles(after: RunSpec, words: str) -> None:
    assert differences(RunSpec(), after) == (words,)


def numeric_fields(model: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int | float]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from numeric_fields(value, (*path, name))
        elif isinstance(value, int | float) and not isinstance(value, bool) and name != "version":
            yield (*path, name), value


def replaced(model: BaseModel, path: tuple[str, ...], value: Any) -> Any:
    inner = replaced(getattr(model, path[0]), path[1:], value) if len(path) > 1 else value
    return model.model_copy(update={path[0]: inner})


def test_no_number_of_a_spec_is_overlooked() -> None:
    """Whatever fields the spec will get: a change of any is told."""
    stopping = Regularisation(early_stopping=EarlyStopping())
    run = RunSpec(training=TrainingSpec(regularisation=stopping, schedule=OneCycle()))
    found = list(numeric_fields(run))
    assert len(found) >= 12
    for path, value in found:
        assert len(differences(run, replaced(run, path, value + 1))) == 1, path


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_a_run_does_not_differ_from_itself(entry: Any) -> None:
    assert differences(entry.run, RunSpec.from_json(entry.run.to_json())) == ()
    assert in_words(entry.run, entry.run) == "The two are the same."


def layers_of(*layers: Any) -> RunSpec:
    return RunSpec(network=NetworkSpec(layers=layers))


BEFORE = layers_of(Flatten(), Dense(units=64), Dense(units=10, activation=Identity()))


def test_an_added_layer_does_not_make_those_behind_it_differ() -> None:
    after = layers_of(Flatten(), Dense(units=64), Dropout(rate=0.3), Dense(units=10, activation=Identity()))
    assert differences(BEFORE, after) == ("layer 3: Dropout 0.3 added",)
    assert differences(after, BEFORE) == ("layer 3: Dropout 0.3 removed",)
    assert in_words(BEFORE, after) == "Only layer 3 differs: Dropout 0.3 added."


def test_a_changed_layer_behind_an_added_one_is_still_told_as_changed() -> None:
    after = layers_of(Flatten(), BatchNorm(), Dense(units=64, activation=Tanh()), Dense(units=10, activation=Identity()))
    assert differences(BEFORE, after) == ("layer 2: BatchNorm added", "layer 3 (Dense): activation ReLU → Tanh")


def test_a_layer_of_another_kind_takes_the_place_of_one() -> None:
    one, other = layers_of(Conv2d(), MaxPool(), Flatten()), layers_of(Conv2d(), BatchNorm(), Flatten())
    assert differences(one, other) == ("layer 2: MaxPool 2×2 → BatchNorm",)


def test_of_two_dense_layers_the_one_that_went_is_told() -> None:
    before = layers_of(Flatten(), Dense(units=128), Dense(units=64), Dense(units=10))
    assert differences(before, layers_of(Flatten(), Dense(units=64), Dense(units=10))) == ("layer 2: Dense 128 removed",)


def test_a_parameter_of_an_activation_is_told_with_its_layer() -> None:
    one, other = (layers_of(Flatten(), Dense(activation=LeakyReLU(negative_slope=slope))) for slope in (0.01, 0.2))
    assert differences(one, other) == ("layer 2 (Dense): Leaky ReLU's slope below 0: 0.01 → 0.2",)
    assert in_words(one, other) == "Only layer 2 (Dense) differs: Leaky ReLU's slope below 0: 0.01 → 0.2."
    assert differences(layers_of(ActivationLayer()), layers_of(ActivationLayer(function=Tanh()))) == (
        "layer 1 (Activation): function ReLU → Tanh",
    )


def test_the_sentences_of_the_contract() -> None:
    sgd, adam = (RunSpec(training=TrainingSpec(optimizer=optimizer)) for optimizer in (SGD(), Adam()))
    assert in_words(sgd, adam) == "Only the optimizer differs: SGD → Adam."
    slower = RunSpec(training=TrainingSpec(optimizer=SGD(learning_rate=0.01)))
    assert in_words(sgd, slower) == "Only the learning rate differs: 0.1 → 0.01."
    assert in_words(RunSpec(), RunSpec(training=TrainingSpec(epochs=7))) == "Only the epochs differ: 5 → 7."
    assert in_words(slower, adam) == "Only the optimizer differs: SGD (learning rate 0.01) → Adam."


def test_several_differences_are_counted_and_told_in_the_order_of_the_spec() -> None:
    after = RunSpec(
        network=NetworkSpec(layers=LAYERS, initialisation=HeNormal()),
        training=TrainingSpec(
            loss=CrossEntropy(label_smoothing=0.1), optimizer=AdamW(), augmentation=(Rotation(degrees=8), Shift(distance=1))
        ),
        seed=3,
    )
    before = RunSpec(network=NetworkSpec(layers=LAYERS, initialisation=Normal()), training=TrainingSpec())
    found = (
        "initialisation Normal → He normal",
        "loss (Cross-entropy): label smoothing 0 → 0.1",
        "optimizer Adam → AdamW",
        "augmentation 1: Rotation 8 added",
        "augmentation 2: Shift 1 added",
        "seed 0 → 3",
    )
    assert differences(before, after) == found
    assert in_words(before, after) == f"6 things differ: {'; '.join(found)}."
    assert in_words(before, after, limit=2) == f"6 things differ: {'; '.join(found[:2])}; and 4 more."


def test_two_numbers_that_look_alike_are_written_with_all_their_digits() -> None:
    one, other = (RunSpec(training=TrainingSpec(optimizer=SGD(learning_rate=rate))) for rate in (0.1, 0.1 + 1e-9))
    assert differences(one, other) == ("learning rate 0.1 → 0.100000001",)


def test_long_networks_are_compared_quickly_and_wholly() -> None:
    long = layers_of(*(Dense(units=units) for units in range(1, 200)))
    assert len(differences(long, layers_of(*(Dense(units=units) for units in range(2, 201))))) == 2


def test_every_optimizer_and_activation_is_among_what_was_tried() -> None:
    assert {entry for _, entry in ENTRIES} >= {*OPTIMIZERS.values(), *ACTIVATIONS.values()}


def test_questions_and_points_that_differ_are_told() -> None:
    plain = RunSpec(dataset=DatasetSpec(name="circles", points=PointsSpec()))
    other = RunSpec(
        dataset=DatasetSpec(name="circles", points=PointsSpec(noise=0.2, inputs=("x1", "sin_x1"), painted=((1, 2, 0),)))
    )
    told = "; ".join(differences(plain, other))
    assert "noise 0 → 0.2" in told and "x1, x2 → x1, sin_x1" in told and "none → 1" in told
    seven = RunSpec(dataset=DatasetSpec(one_class=7))
    assert differences(RunSpec(), seven) == ("one class off → 7",)
    assert differences(RunSpec(), plain)[0].startswith("data set mnist → circles")


def test_a_data_set_without_points_is_told_from_one_with_points_by_its_name() -> None:
    table, plane = (
        RunSpec(dataset=dataset) for dataset in (DatasetSpec(name="iris"), DatasetSpec(name="xor", points=PointsSpec()))
    )
    for one, other, words in ((table, plane, "iris → xor"), (plane, table, "xor → iris")):
        told = in_words(one, other)
        assert words in told and "points" not in told
    unsaid = DatasetSpec(name="xor")
    assert "points" in in_words(RunSpec(dataset=unsaid), plane), "of one data set, they are told"
