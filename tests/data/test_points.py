"""Every family of points in the plane, held to one contract, and its shape against a rule of its own."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from playground.data.dataset import Dataset
from playground.data.points import FAMILIES, Drawn, Family, PointsSource, drawn, family_of, features, num_classes
from playground.errors import PlaygroundError
from playground.seeds import generator
from playground.spec import PointsSpec

MADE = [family for family in FAMILIES if not family.is_painted]
REGRESSIONS = [family for family in MADE if family.task == "regression"]
WITH_CLASSES = [family for family in MADE if family.task != "regression"]
# In these, noise gives a point the class of a place near it; in the others it moves the point.
LABELLED_BY_PLACE = {"circles", "xor"}


def together(name: str, points: PointsSpec) -> tuple[np.ndarray, np.ndarray]:
    """All points and answers, those of the training part first, in float64."""
    cut = drawn(name, points)
    places, y = torch.cat([cut.train_points, cut.test_points]), torch.cat([cut.train_y, cut.test_y])
    return places.double().numpy(), y.double().numpy()


def same(one: Drawn, other: Drawn) -> bool:
    pairs = [(one.train_points, other.train_points), (one.train_y, other.train_y), (one.test_points, other.test_points)]
    return all(torch.equal(left, right) for left, right in pairs)


def test_the_families_are_those_promised_and_have_names_and_words_of_their_own() -> None:
    names = [family.name for family in FAMILIES]
    assert set(names) == {
        "circles", "xor", "gaussians", "spiral", "moons", "blobs", "plane", "multi-gaussian", "sine", "painted", "painted-values"
    }  # fmt: skip
    assert len(set(names)) == len({family.title for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert 10 < len(family.description) < 110 and family.description.endswith(".") or "(" in family.description


@pytest.mark.parametrize("family", MADE, ids=lambda family: family.name)
@pytest.mark.parametrize("count", [4, 5, 7, 100, 2000])
@pytest.mark.parametrize("noise", [0.0, 0.25, 0.5])
def test_any_number_of_points_with_any_noise_is_finite_and_in_the_picture(family: Family, count: int, noise: float) -> None:
    for classes in range(2, 7) if family.chooses_classes else (2,):
        assert family.make is not None
        points, y = family.make(count, noise, classes, generator(classes, "points"))
        assert points.dtype == torch.float32 and points.shape == (count, 2)
        assert points.isfinite().all() and points.abs().max() <= 6
        if family.task == "regression":
            assert y.dtype == torch.float32 and y.shape == (count, 1)
            assert y.isfinite().all() and y.abs().max() <= 2
        else:
            assert y.dtype == torch.int64 and y.shape == (count,)
            assert y.min() >= 0 and y.max() < classes
            if noise == 0 or family.name not in LABELLED_BY_PLACE:
                counts = torch.bincount(y, minlength=classes)
                assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("name", sorted(LABELLED_BY_PLACE))
@pytest.mark.parametrize("noise", [0.25, 0.5])
def test_noise_leaves_each_of_two_classes_at_least_four_points_in_ten(name: str, noise: float) -> None:
    _, labels = together(name, PointsSpec(num_points=2000, noise=noise))
    assert 0.4 < labels.mean() < 0.6


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_same_spec_draws_the_same_points_whatever_the_network_sees_of_them(family: Family) -> None:
    painted = tuple((0.1 * i, -0.2 * i, float(i % 2)) for i in range(20))
    spec = PointsSpec(num_points=60, noise=0.1, painted=painted)
    once = drawn(family.name, spec)
    torch.manual_seed(99)
    fresh = spec.model_copy(update={"inputs": ("sin_x1",)})
    assert same(drawn(family.name, fresh), once)
    other = drawn(family.name, spec.model_copy(update={"seed": 1}))
    assert not torch.equal(other.train_points, once.train_points)


@pytest.mark.parametrize("family", MADE, ids=lambda family: family.name)
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_another_seed_draws_other_points(family: Family, noise: float) -> None:
    one, other = (together(family.name, PointsSpec(num_points=50, noise=noise, seed=seed))[0] for seed in (0, 1))
    shared = {tuple(point) for point in one} & {tuple(point) for point in other}
    assert not shared


@pytest.mark.parametrize("family", MADE, ids=lambda family: family.name)
def test_noise_changes_the_same_points_and_more_noise_more(family: Family) -> None:
    def changed(noise: float) -> float:
        points, y = together(family.name, PointsSpec(num_points=1000, noise=noise))
        before, y_before = together(family.name, PointsSpec(num_points=1000))
        if family.name in LABELLED_BY_PLACE or family.task == "regression":
            assert np.array_equal(points, before)
            return float(np.abs(y - y_before).mean())
        assert np.array_equal(y, y_before)
        return float(np.linalg.norm(points - before, axis=1).mean())

    assert 0 < changed(0.25) < changed(0.5)


def in_disc(points: np.ndarray) -> np.ndarray:
    radius = np.hypot(*points.T)
    assert ((radius <= 2.5001) | (radius >= 3.4999)).all() and radius.max() <= 5.0001
    return radius < 3


def same_sign(points: np.ndarray) -> np.ndarray:
    assert np.abs(points).min() >= 0.2999 and np.abs(points).max() <= 5.0001
    return (points > 0).sum(axis=1) != 1


def upper_right(points: np.ndarray) -> np.ndarray:
    return points.sum(axis=1) > 0


def lower_moon(points: np.ndarray) -> np.ndarray:
    distances = np.stack([np.hypot(points[:, 0] - x1, points[:, 1] - x2) for x1, x2 in ((-1.5, -0.75), (1.5, 0.75))])
    assert np.allclose(np.abs(distances - 3).min(axis=0), 0, atol=1e-5)
    return np.abs(distances[1] - 3) < np.abs(distances[0] - 3)


RULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "circles": in_disc,
    "xor": same_sign,
    "gaussians": upper_right,
    "moons": lower_moon,
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", [0, 1])
def test_without_noise_a_rule_tells_the_two_classes_apart(name: str, seed: int) -> None:
    points, labels = together(name, PointsSpec(num_points=2000, seed=seed))
    assert np.array_equal(RULES[name](points), labels)


@pytest.mark.parametrize("classes", range(2, 7))
def test_without_noise_the_turn_at_its_radius_tells_the_arm_of_a_point_on_the_spiral(classes: int) -> None:
    points, labels = together("spiral", PointsSpec(num_points=2000, classes=classes))
    radius = np.hypot(*points.T)
    turns = np.arctan2(points[:, 0], points[:, 1]) / (2 * math.pi) - 1.75 * radius / 5
    arm = (turns * classes) % classes
    assert np.allclose((arm - labels + classes / 2) % classes, classes / 2, atol=1e-3)
    assert radius.max() > 4.98 and radius.min() < 0.02


@pytest.mark.parametrize("classes", range(2, 7))
def test_without_noise_the_nearest_centre_tells_the_cloud(classes: int) -> None:
    points, labels = together("blobs", PointsSpec(num_points=2000, classes=classes))
    centres = [points[labels == k].mean(axis=0) for k in range(classes)]
    assert np.allclose(np.hypot(*np.transpose(centres)), 2.5, atol=0.1)
    nearest = np.argmin([np.hypot(*(points - centre).T) for centre in centres], axis=0)
    assert np.array_equal(nearest, labels)


def bumps(points: np.ndarray) -> np.ndarray:
    hills, hollows = [(-4, 2.5), (4, 2.5), (0, -2.5)], [(0, 2.5), (-4, -2.5), (4, -2.5)]
    heights = [np.exp(-((points - centre) ** 2).sum(axis=1) / 2) for centre in (*hills, *hollows)]
    return np.sum(heights[:3], axis=0) - np.sum(heights[3:], axis=0)


TARGETS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "plane": lambda points: points.sum(axis=1) / 10,
    "multi-gaussian": bumps,
    "sine": lambda points: np.sin(points[:, 0]),
}


@pytest.mark.parametrize("name", TARGETS)
def test_without_noise_the_target_is_the_formula_of_the_place(name: str) -> None:
    points, targets = together(name, PointsSpec(num_points=2000))
    assert np.allclose(targets[:, 0], TARGETS[name](points), atol=1e-5)
    assert targets.min() < -0.9 and targets.max() > 0.9


def test_every_family_that_is_made_has_a_rule_here() -> None:
    assert {family.name for family in MADE} == {*RULES, *TARGETS, "spiral", "blobs"}


@pytest.mark.parametrize("family", MADE, ids=lambda family: family.name)
def test_the_source_of_a_family_runs_alone_with_torch_and_math(family: Family) -> None:
    assert family.make is not None
    alone: dict[str, types.FunctionType] = {}
    exec(inspect.getsource(family.make), {"torch": torch, "math": math}, alone)
    theirs = family.make(30, 0.2, 3, generator(7, "points"))
    ours = alone["make"](30, 0.2, 3, generator(7, "points"))
    assert torch.equal(ours[0], theirs[0]) and torch.equal(ours[1], theirs[1])


@pytest.mark.parametrize(("count", "share", "num_train"), [(500, 0.5, 250), (4, 0.9, 3), (4, 0.1, 1), (2000, 0.3, 600)])
def test_the_training_share_cuts_the_same_points_elsewhere(count: int, share: float, num_train: int) -> None:
    cut = drawn("moons", PointsSpec(num_points=count, train_share=share))
    assert (len(cut.train_points), len(cut.test_points)) == (num_train, count - num_train)
    assert (len(cut.train_y), len(cut.test_y)) == (num_train, count - num_train)
    usual = together("moons", PointsSpec(num_points=count))
    for array, other in zip(together("moons", PointsSpec(num_points=count, train_share=share)), usual, strict=True):
        assert np.array_equal(array, other)


def test_both_parts_hold_every_class() -> None:
    cut = drawn("blobs", PointsSpec(num_points=300, classes=6))
    assert set(cut.train_y.tolist()) == set(cut.test_y.tolist()) == set(range(6))


@pytest.mark.parametrize("name", ["painted", "painted-values"])
@pytest.mark.parametrize(("count", "num_train"), [(0, 0), (1, 1), (2, 1), (3, 2), (10, 5)])
def test_painted_points_are_taken_as_they_are(name: str, count: int, num_train: int) -> None:
    painted = tuple((float(i) / 2, -float(i) / 2, float(i % 3)) for i in range(count))
    points = PointsSpec(painted=painted, noise=0.5, num_points=7, classes=3)
    cut = drawn(name, points)
    assert (len(cut.train_points), len(cut.test_points)) == (num_train, count - num_train)
    assert cut.train_points.dtype == torch.float32 and cut.train_points.shape[1:] == (2,)
    places, y = together(name, points)
    assert {(*place, value) for place, value in zip(places.tolist(), y.flatten().tolist(), strict=True)} == set(painted)
    assert cut.train_y.shape == ((num_train,) if name == "painted" else (num_train, 1))
    assert cut.train_y.dtype == (torch.int64 if name == "painted" else torch.float32)


def test_a_painted_class_beyond_those_chosen_is_one_more_class() -> None:
    assert num_classes("painted", PointsSpec(classes=2)) == 2
    assert num_classes("painted", PointsSpec(classes=2, painted=((0, 0, 3.0), (0, 0, 0.0)))) == 4
    assert num_classes("painted", PointsSpec(classes=2, painted=((0, 0, 9.6), (0, 0, -3.0)))) == 6
    assert num_classes("painted-values", PointsSpec(classes=2, painted=((0, 0, 3.0),))) == 0
    assert num_classes("circles", PointsSpec(classes=5)) == 2


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_a_source_says_is_what_it_loads(family: Family) -> None:
    painted = tuple((0.1 * i, -0.2 * i, float(i % 2)) for i in range(9))
    points = PointsSpec(num_points=41, train_share=0.3, classes=4, inputs=("x1", "x2_squared", "sin_x2"), painted=painted)
    source = PointsSource.of(family, points)
    assert source == PointsSource.of(family.name, points)
    assert source.status(Path("/nowhere")).state == "ready" and source.is_available(Path("/nowhere"))
    assert source.download_bytes == 0 and source.example == "point" and not source.is_images
    dataset = source.load(Path("/nowhere"))
    assert isinstance(dataset, Dataset) and dataset is source.load(Path("/elsewhere"))
    assert (dataset.name, dataset.title, dataset.task) == (source.name, source.title, source.task)
    assert (dataset.input_shape, dataset.class_names) == (source.input_shape, source.class_names)
    assert (len(dataset.x_train), len(dataset.x_test)) == (source.num_train, source.num_test)
    assert dataset.feature_names == source.feature_names == ("x₁", "x₂²", "sin x₂")
    assert dataset.target_name == source.target_name and bool(dataset.target_name) == (family.task == "regression")
    cut = drawn(family.name, points)
    assert torch.equal(dataset.x_train, features(cut.train_points, points.inputs)) and dataset.x_train.dtype == torch.float32
    assert torch.equal(dataset.x_test, features(cut.test_points, points.inputs))
    assert torch.equal(dataset.y_train, cut.train_y) and torch.equal(dataset.y_test, cut.test_y)


def test_two_classes_are_a_binary_task_and_more_are_not() -> None:
    assert PointsSource.of("spiral", PointsSpec()).task == "binary"
    assert PointsSource.of("spiral", PointsSpec()).class_names == ("A", "B")
    assert PointsSource.of("spiral", PointsSpec(classes=3)).task == "classification"
    assert PointsSource.of("spiral", PointsSpec(classes=6)).class_names == ("A", "B", "C", "D", "E", "F")
    assert PointsSource.of("circles", PointsSpec(classes=6)).task == "binary"
    assert PointsSource.of("sine", PointsSpec(classes=6)).task == "regression"


@pytest.mark.parametrize(
    ("name", "points", "said"),
    [
        ("painted", PointsSpec(), "no point yet"),
        ("painted-values", PointsSpec(), "Paint some"),
        ("moons", PointsSpec(inputs=()), "All inputs are switched off"),
    ],
)
def test_what_nothing_can_be_learnt_from_is_refused_in_words_but_still_described(
    name: str, points: PointsSpec, said: str
) -> None:
    source = PointsSource.of(name, points)
    assert source.input_shape == (len(points.inputs),)
    with pytest.raises(PlaygroundError, match=said):
        source.load(Path())


def test_an_unknown_family_is_refused_with_the_name_that_was_meant() -> None:
    with pytest.raises(PlaygroundError, match="Did you mean 'spiral'"):
        family_of("spirale")
    with pytest.raises(PlaygroundError, match="circles, xor"):
        PointsSource.of("hexagons", PointsSpec())
