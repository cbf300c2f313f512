"""Which pixels an answer hangs on: one map over the image, by one of several methods.

The methods stand in `insight/attribution_methods.py`. Each is a generator, so that a large network can be asked in slices;
`attribute` checks what all of them need, and `attribution` is the same as a task.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.catalog.layers import Conv2d
from playground.errors import PlaygroundError
from playground.insight.attribution_methods import method
from playground.insight.attribution_types import Asked, Found, Method
from playground.insight.networks import TrainedNetwork, trained_network
from playground.insight.quick import quick
from playground.network import layer_modules
from playground.progress import TaskProgress
from playground.spec import RunSpec
from playground.training.runtime import Runtime

# A forward and a backward pass take about six operations for each multiply-add, and a core does 25 billion a second:
# up to here it is some 30 ms.
QUICK_MULTIPLY_ADDS = 120_000_000

Settings = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each pixel has to do with one output.

    Attributes:
        method: the slug of the method.
        target: the class whose output was asked about.
        output: that output, as the network gives it.
        values: float32 (height, width), signed; over colour channels it is the sum.
        coarse: float32 (h, w), the map before it was stretched over the image (Grad-CAM); None for the others.
        attributed: the sum of all values; None where it means nothing.
        difference: the output minus the output of the baseline, which `attributed` must equal; None where there is none.
    """

    method: str
    target: int
    output: float
    values: NDArray[np.float32]
    coarse: NDArray[np.float32] | None = None
    attributed: float | None = None
    difference: float | None = None


def convolutions(trained: TrainedNetwork) -> dict[int, str]:
    """The convolutions of the network: place in the spec -> name."""
    return {report.index: report.layer.label() for report in trained.reports if isinstance(report.layer, Conv2d)}


def is_quick(trained: TrainedNetwork, chosen: Method, settings: Settings) -> bool:
    """Whether the method takes some hundredths of a second only, so that a page may compute it itself."""
    multiply_adds = sum(report.multiply_adds for report in trained.reports)
    passes = chosen.passes(settings, trained.dataset.input_shape)
    # What has no weights takes time too: about as much as ten multiply-adds for each value it gives out.
    values = sum(int(np.prod(report.output_shape)) for report in trained.reports)
    return passes * (multiply_adds + 10 * values) <= QUICK_MULTIPLY_ADDS


def attribute(
    trained: TrainedNetwork, inputs: Tensor, target: int, slug: str, settings: Settings
) -> Generator[TaskProgress, None, Attribution]:
    """Asks the network about one image.

    Args:
        trained: on the CPU.
        inputs: what reaches the first layer, float32 (1, channels, height, width).
        target: the class whose output is explained.
        settings: a number for each of the method's knobs; the default where one is missing. For Grad-CAM also "layer", the
            place of the convolution.

    Raises:
        PlaygroundError: the network gives no list of numbers, or numbers without end; or the method needs a convolution.
    """
    chosen = method(slug)
    with torch.inference_mode():
        outputs = trained.class_scores(inputs)
    if outputs.ndim != 2 or target >= outputs.shape[1]:
        raise PlaygroundError(
            "This network gives no number for this class.", f"Its last layer gives {tuple(outputs.shape[1:])}.", "Choose another."
        )
    if not torch.isfinite(outputs).all():
        raise PlaygroundError(
            "This network's answer is not a number, so it cannot be explained.",
            "Its weights grew beyond all bounds, most often from too high a learning rate.",
            "Choose an earlier moment, or train it again with a smaller rate.",
        )
    asked = Asked(
        trained.class_scores,
        inputs.detach().clone(),
        target,
        trained.batches.inputs(torch.zeros_like(inputs, dtype=torch.uint8)),
        1.0 / float(trained.batches.spread),
        max(1, trained.slice_size // 3),
        chosen.complete(settings),
        _watched(trained, settings) if chosen.needs_convolution else None,
    )
    found = yield from chosen.function(asked)
    if not bool(torch.isfinite(found.values).all()):
        raise PlaygroundError(
            "The explanation holds numbers without end.",
            "The network's slopes grew beyond all bounds.",
            "Choose an earlier moment.",
        )
    return _result(chosen, target, float(outputs[0, target]), found)


def attribute_now(trained: TrainedNetwork, inputs: Tensor, target: int, slug: str, settings: Settings) -> Attribution:
    """The same at once, in the page's own process; for what `is_quick`."""
    import captum.attr  # noqa: F401  (a second, once; not while others wait for the lock)

    with quick():
        steps = attribute(trained, inputs, target, slug, settings)
        while True:
            try:
                next(steps)
            except StopIteration as finished:
                result: Attribution = finished.value
                return result


def attribution(
    run_json: str, weights: Mapping[str, Tensor], image: NDArray[np.uint8], target: int, slug: str, settings: dict[str, float]
) -> Generator[TaskProgress, None, Attribution]:
    """The same as a task.

    Args:
        image: uint8 (channels, height, width), as in the data set.

    Raises:
        PlaygroundError: as of `attribute`; or the data set is not there, or the weights do not fit.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights, Runtime("cpu", torch.get_num_threads()))
    yield TaskProgress(0, 1)
    return (yield from attribute(trained, trained.batches.inputs(torch.from_numpy(image)[None]), target, slug, settings))


def _watched(trained: TrainedNetwork, settings: Settings) -> torch.nn.Module:
    """The last module of the chosen convolution, so that its activation counts; the last convolution without a choice."""
    there = convolutions(trained)
    if not there:
        raise PlaygroundError(
            "This network has no convolution.",
            "Grad-CAM looks at the maps that a convolution makes.",
            "Choose another method: all of them work with any network.",
        )
    place = int(settings.get("layer", max(there)))
    return layer_modules(trained.network, place if place in there else max(there))[-1]


def _result(chosen: Method, target: int, output: float, found: Found) -> Attribution:
    values = found.values[0].sum(dim=0).detach().float().cpu().numpy()
    coarse = None if found.coarse is None else found.coarse[0, 0].detach().float().cpu().numpy()
    attributed = float(found.values.double().sum()) if found.difference is not None else None
    return Attribution(chosen.slug, target, output, values, coarse, attributed, found.difference)
