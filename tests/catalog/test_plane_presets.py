"""The presets of "Points in the plane": each can be trained, and the spiral is learned from x1 and x2 alone."""

from __future__ import annotations

import pytest

from playground import data
from playground.catalog.plane_presets import PLANE_PRESETS
from playground.catalog.presets import PRESETS
from playground.checks import check
from playground.spec import RunSpec
from playground.training.events import EpochEnded, RunFailed
from playground.training.trainer import Trainer

RUNS = {preset.slug: preset.run for preset in PLANE_PRESETS}


def _trained(run: RunSpec, epochs: int, good_loss: float = 0.0) -> EpochEnded | RunFailed:
    """The last told epoch of at most so many, or the first whose test loss is good enough; or how it failed."""
    last: EpochEnded | None = None
    for event in Trainer(run, data.load(run.dataset), probe=False):
        if isinstance(event, RunFailed):
            return event
        if isinstance(event, EpochEnded):
            last = event
            assert event.test_loss is not None
            if event.test_loss < good_loss or event.epoch >= epochs:
                break
    assert last is not None
    return last


def test_every_preset_has_a_name_of_its_own_and_nothing_to_mend() -> None:
    names = [preset.slug for preset in (*PRESETS, *PLANE_PRESETS)]
    assert len(set(names)) == len(names)
    for preset in PLANE_PRESETS:
        assert not check(preset.run).findings, preset.slug
        assert RunSpec.from_link(preset.run.to_link()) == preset.run


@pytest.mark.parametrize(
    ("slug", "epochs", "good_loss"),
    [("plane-circles", 300, 0.1), ("plane-xor-product", 100, 0.1), ("plane-spiral-inputs", 100, 0.1)],
)
def test_a_preset_learns_what_it_promises(slug: str, epochs: int, good_loss: float) -> None:
    ended = _trained(RUNS[slug], epochs, good_loss)
    assert isinstance(ended, EpochEnded) and ended.test_loss is not None and ended.test_loss < good_loss


def test_hills_are_told_as_numbers() -> None:
    ended = _trained(RUNS["plane-hills"], 80)
    assert isinstance(ended, EpochEnded) and ended.test_accuracy is not None and ended.test_accuracy > 0.6, "R²"


def test_three_arms_are_learned_better_than_by_guessing() -> None:
    ended = _trained(RUNS["plane-three-arms"], 60)
    assert isinstance(ended, EpochEnded) and ended.test_accuracy is not None and ended.test_accuracy > 0.5


def test_one_neuron_cannot_part_what_no_line_parts() -> None:
    ended = _trained(RUNS["plane-xor-line"], 60)
    assert isinstance(ended, EpochEnded) and ended.test_loss is not None and ended.test_loss > 0.6


@pytest.mark.parametrize("seed", [0, 3])
def test_the_spiral_is_learned_from_two_inputs_alone(seed: int) -> None:
    run = RUNS["plane-spiral"].model_copy(update={"seed": seed})
    assert run.dataset.points and run.dataset.points.inputs == ("x1", "x2")
    assert [layer.units for layer in run.network.layers] == [8, 8, 1]  # type: ignore[union-attr]
    ended = _trained(run, 600, 0.05)
    assert isinstance(ended, EpochEnded) and ended.test_loss is not None and ended.test_loss < 0.05


def test_steps_that_are_too_large_run_away_and_a_tenth_of_them_does_not() -> None:
    run = RUNS["plane-too-fast"]
    assert isinstance(_trained(run, 50), RunFailed)
    optimizer = run.training.optimizer.model_copy(update={"learning_rate": run.training.optimizer.learning_rate / 10})
    ended = _trained(run.model_copy(update={"training": run.training.model_copy(update={"optimizer": optimizer})}), 50, 0.02)
    assert isinstance(ended, EpochEnded) and ended.test_loss is not None and ended.test_loss < 0.02
