"""Weights and settings in one file: nothing is lost on the way, and whatever does not fit is named, all at once."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from repeated_runs import exported, small_run
from safetensors.torch import save
from torch import Tensor, nn

from playground import data
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Flatten, MaxPool
from playground.errors import PlaygroundError
from playground.export import spec_file
from playground.export.value import ExportedRun
from playground.export.weights import make, read_network
from playground.problems import WrongFields
from playground.spec import RunSpec

LAYERS = (Conv2d(filters=3), BatchNorm(), MaxPool(), Flatten(), Dense(units=10))


@pytest.fixture(scope="module")
def run() -> ExportedRun:
    return exported(small_run(LAYERS))


def notes(content: bytes) -> dict[str, str]:
    length = int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
    return found


def altered(run: ExportedRun, change: Callable[[dict[str, Tensor]], None], **metadata: str) -> bytes:
    """The run's file with other tensors or notes."""
    weights = {name: tensor.clone() for name, tensor in run.weights.items()}
    change(weights)
    return save(weights, metadata=notes(make(run)) | metadata)


def lines(content: bytes) -> tuple[str, ...]:
    with pytest.raises(WrongFields) as caught:
        read_network(content)
    return caught.value.lines


def test_weights_settings_and_figures_come_back(run: ExportedRun) -> None:
    back = read_network(make(run))
    assert back.run == run.run
    assert back.weights.keys() == run.weights.keys()
    assert all(torch.equal(back.weights[name], tensor) for name, tensor in run.weights.items())
    assert run.history.finished
    assert (back.test_accuracy, back.test_images) == (run.history.finished.test_accuracy, 1000)


def test_mean_and_spread_are_those_of_the_images_that_it_learned_from(run: ExportedRun) -> None:
    back = read_network(make(run))
    digits = data.load("mnist-5k")
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(3), nn.MaxPool2d(2), nn.Flatten())
    network.append(nn.Linear(3 * 14 * 14, 10)).append(nn.ReLU())
    network.load_state_dict(dict(zip(network.state_dict(), (back.weights[name] for name in run.weights), strict=True)))
    with torch.no_grad():
        outputs = network.eval()((digits.x_test.float() / 255 - back.mean) / back.spread)
    assert float((outputs.argmax(1) == digits.y_test).float().mean()) == pytest.approx(back.test_accuracy, abs=0.0015)


def test_a_run_that_was_stopped_is_examined_now(run: ExportedRun) -> None:
    stopped = exported(small_run(LAYERS), until=3)
    assert stopped.history.finished is None
    back = read_network(make(stopped))
    assert back.test_images == 1000
    assert 0 < back.test_accuracy < 1


def test_a_run_without_weights_is_refused(run: ExportedRun) -> None:
    with pytest.raises(PlaygroundError, match="has no weights"):
        make(replace(run, weights={}))


def test_every_tensor_that_does_not_fit_is_named_at_once(run: ExportedRun) -> None:
    def change(weights: dict[str, Tensor]) -> None:
        weights["0_conv2d_0.weight"] = torch.zeros(3, 1, 5, 5)
        del weights["0_conv2d_0.bias"]
        weights["1_batch_norm_0.weight"] = torch.ones(3, dtype=torch.float64)
        weights["4_dense_0.weight"][2, 5] = float("nan")
        weights["4_dense_0.weight"][2, 6] = float("inf")
        weights["9_extra.weight"] = torch.zeros(2)

    assert lines(altered(run, change)) == (
        "0_conv2d_0.weight is 3 × 1 × 5 × 5 float32; 3 × 1 × 3 × 3 float32 was expected",
        "0_conv2d_0.bias is missing: a tensor 3 float32 was expected",
        "1_batch_norm_0.weight is 3 float64; 3 float32 was expected",
        "4_dense_0.weight holds 2 values that are infinite or no number",
        "9_extra.weight, 2 float32, belongs to no layer",
    )


def test_the_weights_of_another_network_are_refused_with_both_shapes(run: ExportedRun) -> None:
    other = small_run((Flatten(), Dense(units=10)))
    told = lines(altered(run, lambda weights: None, spec=other.to_json()))
    assert "1_dense_0.weight is missing: a tensor 10 × 784 float32 was expected" in told
    assert sum("belongs to no layer" in line for line in told) == len(run.weights)


def test_settings_of_a_newer_version_are_named(run: ExportedRun) -> None:
    newer = json.dumps(json.loads(run.run.to_json()) | {"version": 2})
    with pytest.raises(PlaygroundError, match=r"[Vv]ersion.*2.*newer"):
        read_network(altered(run, lambda weights: None, spec=newer))


def test_values_out_of_range_are_named_with_the_range(run: ExportedRun) -> None:
    spec = json.loads(run.run.to_json())
    spec["training"]["epochs"] = 0
    with pytest.raises(PlaygroundError, match=r"training\.epochs.*1 to 100,000"):
        read_network(altered(run, lambda weights: None, spec=json.dumps(spec)))


def test_layers_that_cannot_follow_one_another_are_told(run: ExportedRun) -> None:
    broken = small_run((Dense(units=10),))
    with pytest.raises(PlaygroundError, match="Layer 1 of its network does not fit"):
        read_network(altered(run, lambda weights: None, spec=broken.to_json()))


def test_a_file_that_is_too_large_is_refused_with_both_sizes(run: ExportedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_UPLOAD_MB", "1")
    with pytest.raises(PlaygroundError, match=r"1\.5 MB.*At most 1 MB"):
        read_network(b"\0" * 1_500_000)


@pytest.mark.parametrize("cut", [0, 7, 100, -1])
def test_a_truncated_file_is_refused(run: ExportedRun, cut: int) -> None:
    with pytest.raises(PlaygroundError, match="no saved network"):
        read_network(make(run)[:cut])


def test_a_pickle_is_not_opened(run: ExportedRun) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (pytest.fail, ("it was unpickled",))

    with pytest.raises(PlaygroundError, match="no saved network"):
        read_network(pickle.dumps(Trap()))


def test_the_settings_alone_come_back_from_indented_json(run: ExportedRun) -> None:
    text = spec_file.make(run).decode()
    assert RunSpec.from_json(text) == run.run
    assert text.count("\n") > 20
