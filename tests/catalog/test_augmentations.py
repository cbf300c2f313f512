"""Every augmentation: what it must never do, and what it does, found out from the images."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from examples import all_examples, digits, examples, is_number, name_of, parameters
from torch import Tensor

from playground.catalog import AUGMENTATIONS
from playground.catalog import augmentations as augmentations_module
from playground.catalog.augmentations import AugmentationEntry, Flip, Noise, Rotation, Shear, Shift, Zoom, augment

every_example = pytest.mark.parametrize("augmentation", all_examples("augmentation"), ids=name_of)
every_entry = pytest.mark.parametrize("entry", AUGMENTATIONS.values(), ids=list(AUGMENTATIONS))

DIGITS, _ = digits(40)


def draws(seed: int = 5) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """The centre of mass of each image, as row and column in pixels."""
    mass = images.sum((1, 2, 3))
    rows, columns = torch.arange(images.shape[2]), torch.arange(images.shape[3])
    return (images.sum((1, 3)) * rows).sum(1) / mass, (images.sum((1, 2)) * columns).sum(1) / mass


@every_example
def test_shape_and_range_are_kept_and_the_originals_untouched(augmentation: AugmentationEntry) -> None:
    for images in (DIGITS, torch.rand(3, 3, 12, 20, generator=draws())):
        before = images.clone()
        changed = augment(images, [augmentation], draws())
        assert changed.shape == images.shape and changed.dtype == torch.float32
        assert changed.min() >= 0 and changed.max() <= 1 + 1e-6
        assert torch.equal(images, before)


@every_example
def test_the_same_generator_gives_the_same_images(augmentation: AugmentationEntry) -> None:
    assert torch.equal(augment(DIGITS, [augmentation], draws()), augment(DIGITS, [augmentation], draws()))


@every_entry
def test_another_generator_gives_other_images(entry: type[AugmentationEntry]) -> None:
    assert not torch.equal(augment(DIGITS, [entry()], draws(1)), augment(DIGITS, [entry()], draws(2)))


@every_entry
def test_each_image_has_draws_of_its_own(entry: type[AugmentationEntry]) -> None:
    copies = DIGITS[:1].repeat(16, 1, 1, 1)
    changed = augment(copies, [entry()], draws())
    different = {tuple(image.flatten().tolist()) for image in changed}
    assert len(different) == (2 if entry is Flip else 16)


@every_entry
def test_a_strength_of_0_changes_nothing(entry: type[AugmentationEntry]) -> None:
    strengths = {name: 0.0 for name, field in parameters(entry).items() if is_number(field)}
    if strengths:
        assert torch.allclose(augment(DIGITS, [entry(**strengths)], draws()), DIGITS, atol=1e-4)


@every_entry
def test_the_source_gives_the_same_to_the_last_bit(entry: type[AugmentationEntry]) -> None:
    for example in examples(entry):
        names: dict[str, Any] = {"torch": torch, "math": math, "images": DIGITS, "draws": draws()}
        for helper in (*augmentations_module.PYTORCH_HELPERS.values(), example.pytorch_helper()):
            exec(helper, names)
        written = eval(example.pytorch_source(), names)
        size = (DIGITS.shape[2], DIGITS.shape[3])
        made = example.matrices(len(DIGITS), size, draws()) if example.geometric else example.pixels(DIGITS, draws())
        assert torch.equal(written, made)


def test_no_augmentation_changes_nothing() -> None:
    assert torch.equal(augment(DIGITS, [], draws()), DIGITS)


def test_a_flip_mirrors_about_half_of_the_images_exactly() -> None:
    for direction, axis in (("horizontal", 3), ("vertical", 2)):
        images = DIGITS.repeat(5, 1, 1, 1)
        changed = augment(images, [Flip(direction=direction)], draws())
        mirrored = [torch.allclose(a, b, atol=1e-5) for a, b in zip(changed, images.flip(axis), strict=True)]
        kept = [torch.allclose(a, b, atol=1e-5) for a, b in zip(changed, images, strict=True)]
        assert all(m or k for m, k in zip(mirrored, kept, strict=True))
        assert 0.35 < sum(mirrored) / len(mirrored) < 0.65


def test_a_shift_moves_the_centre_of_mass_by_up_to_its_distance_and_by_all_between() -> None:
    dots = torch.zeros(400, 1, 28, 28)
    dots[:, 0, 13:15, 13:15] = 1.0
    rows, columns = moments(augment(dots, [Shift(distance=4.0)], draws()))
    for moved in (rows - 13.5, columns - 13.5):
        assert moved.abs().max() <= 4.0 + 1e-3
        assert moved.min() < -3.5 and moved.max() > 3.5
        assert abs(float(moved.mean())) < 0.4
    assert abs(float(torch.corrcoef(torch.stack([rows, columns]))[0, 1])) < 0.2


def bars(count: int) -> Tensor:
    """A vertical bar through the middle."""
    images = torch.zeros(count, 1, 29, 29)
    images[:, 0, 4:25, 14] = 1.0
    return images


def slopes(images: Tensor) -> Tensor:
    """The angle of each bar against the vertical, in degrees, from its second moments."""
    size = images.shape[2]
    rows, columns = torch.meshgrid(torch.arange(size) - size // 2, torch.arange(size) - size // 2, indexing="ij")
    covariance = (images[:, 0] * rows * columns).sum((1, 2))
    spread_rows, spread_columns = ((images[:, 0] * axis**2).sum((1, 2)) for axis in (rows, columns))
    return torch.rad2deg(torch.atan2(2 * covariance, spread_rows - spread_columns) / 2)


def test_a_rotation_turns_by_up_to_its_angle_both_ways_about_the_middle() -> None:
    changed = augment(bars(300), [Rotation(degrees=30)], draws())
    angles = slopes(changed)
    assert angles.abs().max() < 31 and angles.min() < -27 and angles.max() > 27
    rows, columns = moments(changed)
    assert (rows - 14).abs().max() < 0.1 and (columns - 14).abs().max() < 0.1


def test_a_shear_slants_a_bar_and_leaves_its_rows_where_they_are() -> None:
    images = bars(300)
    changed = augment(images, [Shear(degrees=20)], draws())
    angles = slopes(changed)
    assert angles.abs().max() < 21 and angles.min() < -17 and angles.max() > 17
    assert torch.allclose(changed.sum(3), images.sum(3), atol=1e-3)


def test_a_zoom_changes_the_area_both_ways() -> None:
    squares = torch.zeros(300, 1, 28, 28)
    squares[:, 0, 8:20, 8:20] = 1.0
    scale = (augment(squares, [Zoom(percent=20)], draws()).sum((1, 2, 3)) / 144).sqrt()
    assert 0.78 < scale.min() < 0.83 and 1.17 < scale.max() < 1.22


def test_noise_has_its_spread_where_it_is_not_cut_off() -> None:
    grey = torch.full((50, 1, 28, 28), 0.5)
    noise = augment(grey, [Noise(strength=0.1)], draws()) - 0.5
    assert float(noise.std()) == pytest.approx(0.1, rel=0.02) and abs(float(noise.mean())) < 0.002


def test_geometric_changes_go_in_their_order_and_noise_comes_last() -> None:
    both = augment(DIGITS, [Noise(strength=0.2), Shift(distance=3)], draws())
    assert torch.equal(both, augment(DIGITS, [Shift(distance=3), Noise(strength=0.2)], draws()))
    # What moved in from outside would be black, had the noise come first.
    assert (both[:, :, 0] > 0).any(dim=(1, 2)).all()
