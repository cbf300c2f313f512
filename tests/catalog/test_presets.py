"""The presets: what the front page offers must be ready to train."""

from __future__ import annotations

import pytest

from playground import data
from playground.catalog.activations import Identity, ReLU
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.presets import PRESETS, Preset, preset
from playground.checks import check
from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.training.events import BatchesEnded
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

every_preset = pytest.mark.parametrize("entry", PRESETS, ids=[entry.slug for entry in PRESETS])


def on_the_sample(run: RunSpec) -> RunSpec:
    return run.model_copy(update={"dataset": run.dataset.model_copy(update={"name": "mnist-5k"})})


def test_slugs_and_titles_are_unique_and_plain() -> None:
    slugs, titles = [entry.slug for entry in PRESETS], [entry.title for entry in PRESETS]
    assert len(set(slugs)) == len(set(titles)) == len(PRESETS)
    for slug in slugs:
        assert slug.replace("-", "").isalnum() and slug == slug.lower()


def test_the_promised_presets_are_there() -> None:
    promised = ["First network", "Two layers, SGD", "LeNet-5", "Fast CNN", "Accurate CNN", "Too deep with sigmoids"]
    assert {*promised, "Overfit on 500 images"} <= {entry.title for entry in PRESETS}


@every_preset
def test_a_preset_can_be_trained_and_says_what_it_is_for(entry: Preset) -> None:
    assert len(entry.help) > 20
    for run in (entry.run, on_the_sample(entry.run)):
        assert check(run).errors == ()


@every_preset
def test_only_the_preset_that_shows_a_fault_has_findings(entry: Preset) -> None:
    assert bool(check(entry.run).findings) == (entry.slug == "too-deep-with-sigmoids")


@every_preset
def test_a_preset_comes_back_from_json_and_from_a_short_link(entry: Preset) -> None:
    assert RunSpec.from_json(entry.run.to_json()) == entry.run
    assert RunSpec.from_json(entry.run.to_json(indent=2)) == entry.run
    assert len(entry.run.to_link()) < 2000
    assert RunSpec.from_link(entry.run.to_link()) == entry.run


@every_preset
def test_a_preset_learns_from_one_batch_of_the_sample(entry: Preset) -> None:
    trainer = Trainer(on_the_sample(entry.run), data.load("mnist-5k"), runtime=Runtime())
    trainer.batch_limit = 1
    before = trainer.weights()
    next(trainer)
    batch = next(trainer)
    assert isinstance(batch, BatchesEnded) and len(batch.losses) == 1 and 0 < batch.losses[0] < 10
    moved = [name for name, weight in trainer.weights().items() if not weight.equal(before[name])]
    assert moved == list(before)


def test_the_first_network_is_as_promised() -> None:
    run = preset("first-network").run
    assert run.network.layers == (Flatten(), Dense(units=128, activation=ReLU()), Dense(units=10, activation=Identity()))
    assert run.training.optimizer == Adam(learning_rate=0.001)
    assert run.training.loss == CrossEntropy()
    assert (run.training.epochs, run.training.batch_size) == (5, 32)
    assert run.dataset.name == "mnist"


def test_two_layers_with_sgd_are_as_promised() -> None:
    run = preset("two-layers-sgd").run
    assert run.network.layers == (Flatten(), Dense(units=64, activation=ReLU()), Dense(units=10, activation=Identity()))
    assert isinstance(run.training.optimizer, SGD) and run.training.loss == CrossEntropy()
    assert (run.training.epochs, run.training.batch_size) == (10, 32)


def test_overfitting_uses_500_images() -> None:
    assert preset("overfit-on-500").run.dataset.training_size == 500


def test_an_unknown_preset_is_named_and_the_known_ones_listed() -> None:
    with pytest.raises(PlaygroundError, match="fast-network.*first-network.*fast-cnn"):
        preset("fast-network")
