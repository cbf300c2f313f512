"""A trained network as ONNX: data goes in as it is, probabilities or a number come out; checked before it is handed out.

The graph standardises what goes in itself, and turns the output of a regression back into the target's own unit, so that whoever
runs it needs to know nothing else. The settings, the names of columns and classes and the test score stand in the metadata.
"""

from __future__ import annotations

import importlib
import io
import json
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from playground.catalog.losses import LossEntry
from playground.data import Dataset, source
from playground.errors import PlaygroundError
from playground.export.value import ExportedRun
from playground.export.weights import final_exam, network_of
from playground.export.words import words_for
from playground.training.batches import Batches
from playground.training.saved import numbers

# Of December 2022: the first with every operator that the catalogue needs in its present form, and old enough for the
# runtimes that phones and browsers ship. A fixed number gives the same file whatever torch's default becomes.
OPSET = 18
TOLERANCE = 1e-5  # between the network's probabilities and those that onnxruntime computes; relative, for large numbers


class Reader(nn.Module):
    """The network from plain data to probabilities, or to a number in its own unit.

    Args:
        network: in evaluation mode, on the CPU.
        batches: how what goes in is standardised, and a regression's targets.
        is_images: whether images go in, as pixels from 0 to 1; else rows.
    """

    def __init__(self, network: nn.Module, loss: LossEntry, batches: Batches, *, is_images: bool, is_regression: bool) -> None:
        super().__init__()
        self.network, self.loss = network, loss
        self.mean, self.spread = (scale.cpu() if isinstance(scale, Tensor) else scale for scale in (batches.mean, batches.spread))
        self.target_mean, self.target_spread = batches.target_mean, batches.target_spread
        self.is_regression = is_regression
        self.input_name = "pixels" if is_images else "columns"
        self.output_name = "value" if is_regression else "probabilities"

    def forward(self, examples: Tensor) -> Tensor:
        """float32 (n, c, h, w) in [0, 1] or (n, d) -> float32 (n, classes), each row adding up to 1; or (n, 1)."""
        outputs: Tensor = self.network((examples - self.mean) / self.spread)
        return outputs * self.target_spread + self.target_mean if self.is_regression else self.loss.probabilities(outputs)


def make(exported: ExportedRun) -> bytes:
    """The model: for any n, "pixels", float32 (n, c, h, w), or "columns", float32 (n, d), go in; "probabilities", float32
    (n, classes), or "value", float32 (n, 1), come out.

    Raises:
        PlaygroundError: the run has no weights yet, its data set is not on this computer, a package is missing, or onnxruntime
            does not compute what the network does.
    """
    onnx = _package("onnx")
    trained = network_of(exported)
    dataset, loss = trained.dataset, exported.run.training.loss
    words = words_for(source(exported.run.dataset), loss)
    score, count = final_exam(exported, trained)
    network = trained.network.to(device="cpu", memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    reader = Reader(network, loss, trained.batches, is_images=dataset.is_images, is_regression=words.is_regression).eval()
    examples = torch.cat([dataset.x_test[:7], dataset.x_train[:7]])[:7]
    examples = examples.float() / 255 if dataset.is_images else examples
    model = onnx.load_from_string(_exported_graph(reader, examples))
    model.producer_name = "neural-network-playground"
    model.doc_string = f"{exported.name}: {_story(reader, dataset)}"
    facts = {
        "name": exported.name,
        "mean": json.dumps(numbers(trained.batches.mean)),
        "spread": json.dumps(numbers(trained.batches.spread)),
        f"test_{words.score_name}": repr(score),
        f"test_{words.examples}": str(count),
        "spec": exported.run.to_json(),
    }
    if not dataset.is_images:
        facts["feature_names"] = json.dumps(dataset.feature_names, ensure_ascii=False)
    if words.is_regression:
        facts["target_name"] = dataset.target_name
        facts["target_mean"], facts["target_spread"] = repr(reader.target_mean), repr(reader.target_spread)
    else:
        facts["class_names"] = json.dumps(dataset.class_names, ensure_ascii=False)
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    compare(content, reader, examples)
    return content


def _story(reader: Reader, dataset: Dataset) -> str:
    """What goes in and what comes out."""
    sizes = ", ".join(str(size) for size in dataset.input_shape)
    if dataset.is_images:
        given = f"reads “{dataset.title}”. In: {reader.input_name}, float32 (n, {sizes}), 0 is black, 1 white. "
    else:
        given = f"has learned “{dataset.title}”. In: {reader.input_name}, float32 (n, {sizes}), in the units of feature_names. "
    if reader.is_regression:
        return f"{given}Out: {reader.output_name}, float32 (n, 1): {dataset.target_name}."
    return f"{given}Out: {reader.output_name}, float32 (n, {dataset.num_classes}), in the order of class_names."


def compare(content: bytes, reader: nn.Module, examples: Tensor) -> None:
    """Lets onnxruntime read `examples` (n, ...), one at a time and together, and compares it with the network.

    Raises:
        PlaygroundError: onnxruntime is not installed, or they differ by more than `TOLERANCE`.
    """
    session = _package("onnxruntime").InferenceSession(content, providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = reader(examples)
    # A probability is at most 1; a number may be large, and float32 holds seven digits of it.
    unit = max(1.0, float(expected.abs().max()))
    for batch, wanted in ((examples, expected), (examples[:1], expected[:1])):
        (found,) = session.run(None, {session.get_inputs()[0].name: batch.numpy()})
        difference = float((torch.from_numpy(found) - wanted).abs().max())
        if not difference <= TOLERANCE * unit:
            raise PlaygroundError(
                f"In onnxruntime, this network's answers differ by {difference:.2g}.",
                f"At most {TOLERANCE * unit:.2g} was expected.",
                "Take the PyTorch script or the weights instead.",
            )


def _exported_graph(reader: Reader, examples: Tensor) -> bytes:
    """The bare graph, as torch writes it.

    By tracing: for networks without branches it gives the same numbers as torch's newer way (`dynamo=True`) in a fiftieth of
    the time (0.1 s against 2 to 6 s for the presets), in a slightly smaller file, and without onnxscript.
    """
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the other way is newer
        torch.onnx.export(
            reader,
            (examples[:2],),
            file,  # type: ignore[arg-type]  # a stream is taken when tracing
            dynamo=False,
            opset_version=OPSET,
            input_names=[reader.input_name],
            output_names=[reader.output_name],
            dynamic_axes={reader.input_name: {0: "n"}, reader.output_name: {0: "n"}},
        )
    return file.getvalue()


def _package(name: str) -> Any:
    """A package that not everybody needs.

    Raises:
        PlaygroundError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise PlaygroundError(
            f"ONNX files need the Python package {name}, which is not installed here.",
            "It is one of the extras.",
            "Install them: pip install -r requirements-extras.txt",
        ) from None
