"""What the live view of the plane sends to the browser."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
import torch

from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense, Dropout
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy
from playground.insight.plane import first_weights, look
from playground.spec import DatasetSpec, NetworkSpec, PointsSpec, RunSpec, TrainingSpec
from playground.ui.plane_view import SHOWN_NEURONS, PlaneOptions, alt, new_commands, payload


def run_of(name: str, *sizes: int, loss: object = None, **points: object) -> RunSpec:
    hidden = [Dense(units=size, activation=Tanh()) for size in sizes[:-1]]
    return RunSpec(
        network=NetworkSpec(layers=(*hidden, Dropout(), Dense(units=sizes[-1], activation=Identity()))),
        dataset=DatasetSpec(name=name, points=PointsSpec(**points), validation_share=0.0),
        training=TrainingSpec(loss=loss or BinaryCrossEntropyLogits()),
    )


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def sent(run: RunSpec, weights: dict[str, torch.Tensor] | None = None) -> tuple[dict[str, Any], str]:
    """The payload, and the same as it travels: no number in it may be one that JSON has not."""
    made = payload(look(run, weights or first_weights(run)), run, PlaneOptions())
    return made, json.dumps(made, allow_nan=False)


def test_a_small_network_takes_less_than_30_kilobytes() -> None:
    _, text = sent(run_of("circles", 4, 2, loss=CrossEntropy()))
    assert len(text) < 30_000


def test_the_largest_network_takes_less_than_100_kilobytes() -> None:
    _, text = sent(run_of("spiral", *[64] * 8, 1, num_points=2000))
    assert len(text) < 100_000


@pytest.mark.parametrize(("classes", "kind", "error"), [(2, "<u2", 1e-5), (5, "u1", 0.003)])
def test_the_surface_comes_back_as_it_was(classes: int, kind: str, error: float) -> None:
    run = run_of("blobs", 3, classes, loss=CrossEntropy(), classes=classes)
    seen = look(run, first_weights(run))
    surface = payload(seen, run, PlaneOptions())["surface"]
    values = surface["low"] + numbers(surface["cells"], kind) * (surface["high"] - surface["low"]) / surface["steps"]
    assert seen.surface is not None
    np.testing.assert_allclose(values, seen.surface.ravel(), atol=error)


def test_points_come_back_to_a_thousandth() -> None:
    run = run_of("circles", 1)
    seen = look(run, first_weights(run))
    points = payload(seen, run, PlaneOptions())["points"]["train"]
    places = numbers(points["at"], "<i2").reshape(-1, 2) / points["scale"]
    np.testing.assert_allclose(places, seen.points.train_points.numpy(), atol=1e-3)
    assert numbers(points["y"], "u1").tolist() == seen.points.train_y.tolist()


def test_of_many_neurons_the_first_are_sent_with_the_weights_between_them() -> None:
    run = run_of("circles", 40, 30, 1)
    weights = first_weights(run)
    first, second, slim, output = sent(run)[0]["columns"]
    assert (second["units"], second["shown"], second["wide"]) == (30, SHOWN_NEURONS, 40)
    assert (slim["slim"], output["output"], first["output"]) == (True, True, False)
    shown = numbers(second["weight"], "<f4").reshape(SHOWN_NEURONS, SHOWN_NEURONS)
    np.testing.assert_array_equal(shown, weights[second["weightName"]][:SHOWN_NEURONS, :SHOWN_NEURONS].numpy())


def test_broken_weights_still_travel() -> None:
    run = run_of("circles", 3, 1)
    weights = {name: torch.full_like(tensor, torch.nan) for name, tensor in first_weights(run).items()}
    made, _ = sent(run, weights)
    assert made["surface"] is None and made["problem"]


def test_the_alternative_text_names_the_network_its_points_and_its_losses() -> None:
    run = run_of("circles", 4, 2, 1, num_points=100)
    seen = look(run, first_weights(run))
    assert seen.train is not None and seen.test is not None
    words = "A network with 2 inputs, 4 neurons, 2 neurons and 1 output, over 50 points to learn from and 50 to test."
    words += f" Training loss {seen.train.loss:.3f}, score {100 * seen.train.accuracy:.1f} %."
    words += f" Test loss {seen.test.loss:.3f}, score {100 * seen.test.accuracy:.1f} %."
    assert alt(seen) == words


def test_commands_are_heard_once_and_in_order() -> None:
    told = {"commands": [{"kind": "units", "number": 7}, {"kind": "paint", "number": 5}, {"kind": "edit", "number": 6}]}
    assert [one["kind"] for one in new_commands(told, 5)] == ["edit", "units"]
    assert new_commands(told, 7) == []


@pytest.mark.parametrize("value", [None, {}, [], "x", {"commands": ["x", {"kind": "edit"}, {"number": "9"}]}])
def test_what_is_no_command_is_passed_over(value: object) -> None:
    assert new_commands(value, 0) == []
