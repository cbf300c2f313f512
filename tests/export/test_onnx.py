"""The ONNX file computes what the network does, in another program's arithmetic."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest
import torch
from repeated_runs import CLASS_LOSSES, SCORES, SMALL, exported, on_the_sample, small_run
from torch import nn

from playground import data
from playground.catalog import ACTIVATIONS, LAYERS, LOSSES
from playground.catalog.activations import LogSoftmax
from playground.catalog.layer import Misfit
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.catalog.presets import PRESETS
from playground.errors import PlaygroundError
from playground.export.onnx import OPSET, compare, make
from playground.export.value import ExportedRun
from playground.network import build
from playground.spec import RunSpec

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def expected(run: ExportedRun, pixels: torch.Tensor) -> np.ndarray:
    """The probabilities by plain torch; mean and spread measured anew from the images that the run learned from."""
    network = build(run.run.network, tuple(pixels.shape[1:]), seed=0)
    network.load_state_dict(dict(run.weights))
    facts = metadata(make(run))
    with torch.no_grad():
        outputs = network.eval()((pixels - float(facts["mean"])) / float(facts["spread"]))
        return run.run.training.loss.probabilities(outputs).numpy()


def metadata(content: bytes) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load_from_string(content).metadata_props}


def read(content: bytes, pixels: torch.Tensor) -> np.ndarray:
    (probabilities,) = onnxruntime.InferenceSession(content).run(["probabilities"], {"pixels": pixels.numpy()})
    return probabilities


def agrees(run: ExportedRun) -> None:
    content = make(run)
    digits = data.load("mnist-5k").x_test.float() / 255
    for count in (1, 7, 100):
        found = read(content, digits[:count])
        assert found.shape == (count, 10)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected(run, digits[:count]), atol=1e-5, rtol=0)
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_a_preset_reads_alike_in_onnxruntime_one_digit_at_a_time_and_many(entry: Any) -> None:
    agrees(exported(on_the_sample(entry.run), until=3))


def with_layer(layer: Any) -> RunSpec:
    """A network with the layer in a place where it fits."""
    for before in ((Conv2d(filters=3),), (Flatten(), Dense(units=9))):
        shape: tuple[int, ...] = (1, 28, 28)
        try:
            for each in (*before, layer):
                shape = each.output_shape(shape)
        except Misfit:
            continue
        return small_run((*before, layer, *((Flatten(),) if len(shape) == 3 else ()), SCORES))
    raise AssertionError(layer)


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_reads_alike(kind: str) -> None:
    agrees(exported(with_layer(LAYERS[kind]()), until=2))


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_every_activation_reads_alike(kind: str) -> None:
    agrees(exported(small_run((Flatten(), Dense(units=9, activation=ACTIVATIONS[kind]()), SCORES)), until=2))


@pytest.mark.parametrize("kind", CLASS_LOSSES)
def test_every_loss_gives_its_own_probabilities(kind: str) -> None:
    last = Dense(units=10, activation=LogSoftmax()) if kind == "negative_log_likelihood" else SCORES
    agrees(exported(small_run((*SMALL[:2], last), loss=LOSSES[kind]()), until=2))


def test_the_file_is_valid_and_says_what_it_is() -> None:
    run = exported(small_run(), name="My <network>")
    content = make(run)
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSET)]
    assert [(value.name, value.type.tensor_type.elem_type) for value in model.graph.input] == [("pixels", onnx.TensorProto.FLOAT)]
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [dimension.dim_param or dimension.dim_value for dimension in shape] == ["n", 1, 28, 28]
    facts = metadata(content)
    assert RunSpec.from_json(facts["spec"]) == run.run
    assert json.loads(facts["class_names"]) == list("0123456789")
    assert facts["name"] == "My <network>"
    assert run.history.finished
    assert float(facts["test_accuracy"]) == run.history.finished.test_accuracy
    assert 0.1 < float(facts["mean"]) < 0.16 and 0.28 < float(facts["spread"]) < 0.33


def test_without_normalisation_pixels_go_in_as_they_are() -> None:
    run = exported(small_run(normalise=False), until=2)
    facts = metadata(make(run))
    assert (float(facts["mean"]), float(facts["spread"])) == (0.0, 1.0)
    agrees(run)


def test_its_test_accuracy_is_the_run_s() -> None:
    run = exported(small_run())
    digits = data.load("mnist-5k")
    found = read(make(run), digits.x_test.float() / 255).argmax(1)
    assert run.history.finished
    assert float((found == digits.y_test.numpy()).mean()) == pytest.approx(run.history.finished.test_accuracy, abs=0.0015)


def test_a_file_that_computes_something_else_is_not_handed_out() -> None:
    run = exported(small_run(), until=2)
    other = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Softmax(dim=1)).eval()
    with pytest.raises(PlaygroundError, match="differ"):
        compare(make(run), other, torch.rand(7, 1, 28, 28))


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_package_that_is_not_installed_is_named_with_the_way_to_get_it(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = exported(small_run(), until=1)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PlaygroundError, match=rf"{package}.*pip install -r requirements-extras.txt"):
        make(run)


def test_a_run_that_has_learned_nothing_has_no_model() -> None:
    run = exported(small_run(), until=1)
    with pytest.raises(PlaygroundError, match="has no weights"):
        make(type(run)(**{**run.__dict__, "weights": {}}))
