"""A trained network as ONNX: pixels from 0 to 1 go in, probabilities come out; checked before it is handed out.

The graph standardises the pixels itself, so that whoever runs it needs to know nothing else; the settings, the classes' names
and the test accuracy stand in the model's metadata.
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
from playground.errors import PlaygroundError
from playground.export.value import ExportedRun
from playground.export.weights import final_exam, network_of

# Of December 2022: the first with every operator that the catalogue needs in its present form, and old enough for the
# runtimes that phones and browsers ship. A fixed number gives the same file whatever torch's default becomes.
OPSET = 18
INPUT, OUTPUT = "pixels", "probabilities"
TOLERANCE = 1e-5  # between the network's probabilities and those that onnxruntime computes


class Reader(nn.Module):
    """The network from pixels to probabilities.

    Args:
        network: in evaluation mode, on the CPU.
        mean, spread: what the pixels are standardised with; 0 and 1 leave them as they are.
    """

    def __init__(self, network: nn.Module, loss: LossEntry, mean: float, spread: float) -> None:
        super().__init__()
        self.network, self.loss, self.mean, self.spread = network, loss, mean, spread

    def forward(self, pixels: Tensor) -> Tensor:
        """float32 (n, c, h, w) in [0, 1] -> float32 (n, classes), each row adding up to 1."""
        return self.loss.probabilities(self.network((pixels - self.mean) / self.spread))


def make(exported: ExportedRun) -> bytes:
    """The model: input "pixels", float32 (n, c, h, w); output "probabilities", float32 (n, classes); any n.

    Raises:
        PlaygroundError: the run has no weights yet, its data set is not on this computer, a package is missing, or onnxruntime
            does not compute what the network does.
    """
    onnx = _package("onnx")
    trained = network_of(exported)
    accuracy, images = final_exam(exported, trained)
    mean, spread = trained.batches.mean, trained.batches.spread
    network = trained.network.to(device="cpu", memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    reader = Reader(network, exported.run.training.loss, mean, spread).eval()
    examples = trained.dataset.x_test[:7].float() / 255
    model = onnx.load_from_string(_exported_graph(reader, examples))
    model.producer_name = "neural-network-playground"
    model.doc_string = (
        f"{exported.name}: reads {trained.dataset.title}. In: {INPUT}, float32 (n, {_sizes(examples)}), 0 is black, 1 white. "
        f"Out: {OUTPUT}, float32 (n, {trained.dataset.num_classes}), in the order of class_names."
    )
    facts = {
        "name": exported.name,
        "class_names": json.dumps(trained.dataset.class_names),
        "mean": repr(mean),
        "spread": repr(spread),
        "test_accuracy": repr(accuracy),
        "test_images": str(images),
        "spec": exported.run.to_json(),
    }
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    compare(content, reader, examples)
    return content


def compare(content: bytes, reader: nn.Module, pixels: Tensor) -> None:
    """Lets onnxruntime read `pixels` (n, c, h, w), one at a time and together, and compares it with the network.

    Raises:
        PlaygroundError: onnxruntime is not installed, or they differ by more than `TOLERANCE`.
    """
    session = _package("onnxruntime").InferenceSession(content, providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = reader(pixels)
    for batch, wanted in ((pixels, expected), (pixels[:1], expected[:1])):
        (found,) = session.run([OUTPUT], {INPUT: batch.numpy()})
        difference = float((torch.from_numpy(found) - wanted).abs().max())
        if not difference <= TOLERANCE:
            raise PlaygroundError(
                f"In onnxruntime, this network's probabilities differ by {difference:.2g}.",
                f"At most {TOLERANCE:g} was expected.",
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
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "n"}, OUTPUT: {0: "n"}},
        )
    return file.getvalue()


def _sizes(images: Tensor) -> str:
    return ", ".join(str(size) for size in images.shape[1:])


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
