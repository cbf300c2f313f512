"""Fields that a search can vary, derived from the models."""

from __future__ import annotations

import pytest

from playground.catalog import OPTIMIZERS
from playground.catalog.augmentations import Rotation
from playground.catalog.layers import Conv2d, Dense, Dropout, Flatten
from playground.catalog.optimizers import SGD
from playground.catalog.presets import PRESETS
from playground.errors import PlaygroundError
from playground.spec import EarlyStopping, NetworkSpec, Regularisation, RunSpec, TrainingSpec
from playground.studies.fields import FieldOption, searchable_fields, value_at, with_value, with_values

RUN = RunSpec(
    network=NetworkSpec(layers=(Conv2d(filters=8), Flatten(), Dense(units=64), Dropout(rate=0.3), Dense(units=10))),
    training=TrainingSpec(
        optimizer=SGD(),
        augmentation=(Rotation(),),
        regularisation=Regularisation(early_stopping=EarlyStopping(patience=4)),
    ),
)


def options(run: RunSpec = RUN) -> dict[str, FieldOption]:
    return {option.path: option for option in searchable_fields(run)}


def test_numbers_and_choices_of_every_part_are_offered_with_titles_and_bounds() -> None:
    found = options()
    rate = found["training.optimizer.learning_rate"]
    assert (rate.group, rate.title, rate.kind, rate.value) == ("Training", "Optimizer · Learning rate", "float", 0.1)
    assert rate.high == 10.0 and rate.suggested.log and rate.suggested.low == 0.003
    units = found["network.layers.2.units"]
    assert (units.title, units.kind, units.low, units.high, units.value) == ("Layer 3 · Neurons", "int", 1, 4096, 64)
    assert found["network.layers.3.rate"].title == "Layer 4 · Rate"
    assert found["training.optimizer"].choices == tuple(OPTIMIZERS)
    assert found["training.optimizer"].choice_titles["adamw"] == "AdamW"
    assert found["network.layers.2.activation"].value == "relu"
    assert found["network.layers.0.padding"].choices == ("same", "valid")
    assert found["training.optimizer.nesterov"].choices == (False, True)
    assert found["training.augmentation.0.degrees"].title == "Rotation · Rotation (± degrees)"
    assert found["training.regularisation.early_stopping"].value is True
    assert found["training.regularisation.early_stopping.patience"].value == 4
    assert found["training.batch_size"].suggested.choices == (16, 32, 64, 128, 256)
    assert found["dataset.training_size"].high == 60_000


def test_what_decides_how_a_network_is_judged_is_not_offered() -> None:
    found = options()
    for path in ("seed", "version", "dataset.name", "dataset.validation_share", "dataset.fold", "dataset.folds"):
        assert path not in found
    assert "network.layers.4.units" not in found  # one for each class


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_every_suggestion_of_every_preset_is_a_valid_run(preset: object) -> None:
    run: RunSpec = preset.run  # type: ignore[attr-defined]
    for option in searchable_fields(run):
        assert value_at(run, option.path) == option.value
        for value in option.suggested.grid_values():
            changed = with_value(run, option.path, value)
            assert value_at(changed, option.path) == value, option.path
            if option.kind != "choice":
                assert option.low is not None and option.high is not None and isinstance(value, int | float)
                assert option.low <= value <= option.high


def test_setting_a_value_changes_that_field_alone() -> None:
    changed = with_value(RUN, "network.layers.2.units", 32)
    assert changed.network.layers[2] == Dense(units=32)
    assert with_value(changed, "network.layers.2.units", 64) == RUN


def test_a_kind_comes_with_its_defaults_and_the_present_kind_keeps_its_settings() -> None:
    run = with_value(RUN, "training.optimizer.learning_rate", 0.5)
    assert with_value(run, "training.optimizer", "sgd").training.optimizer.learning_rate == 0.5
    assert with_value(run, "training.optimizer", "adam").training.optimizer == OPTIMIZERS["adam"]()
    assert with_value(RUN, "training.regularisation.early_stopping", False).training.regularisation.early_stopping is None
    assert with_value(RUN, "training.regularisation.early_stopping", True) == RUN


def test_kinds_are_set_before_their_parameters_whatever_the_order() -> None:
    run = with_values(
        RUN, {"training.optimizer.learning_rate": 0.02, "training.optimizer.nesterov": None, "training.optimizer": "adam"}
    )
    assert run.training.optimizer == OPTIMIZERS["adam"](learning_rate=0.02)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("network.layers.2.units", -3, "units"),
        ("network.layers.9.units", 3, "has no field"),
        ("training.optimizer", "magic", "optimizer"),
        ("training.optimizer.speed", 1, "has no field"),
        ("training.epochs", 2.5, "epochs"),
    ],
)
def test_a_value_that_cannot_be_names_the_field(path: str, value: float, said: str) -> None:
    with pytest.raises(PlaygroundError, match=said):
        with_value(RUN, path, value)
