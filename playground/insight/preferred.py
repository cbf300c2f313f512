"""The image that a neuron, a channel or a class likes most: gradient ascent on the pixels (activation maximisation).

Erhan et al., 2009, "Visualizing Higher-Layer Features of a Deep Network"; with the regularisers of Yosinski et al., 2015,
"Understanding Neural Networks Through Deep Visualization" (L2 decay, Gaussian blur) and Mordvintsev et al., 2015, "Inceptionism"
(jitter: the image is shifted by a few pixels before each step).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from playground.catalog.layers import Dropout, Flatten
from playground.errors import PlaygroundError
from playground.insight.networks import TrainedNetwork, trained_network
from playground.network import LayerReport, layer_modules
from playground.progress import TaskProgress
from playground.spec import RunSpec

SEED = 20  # of the first image and of the shifts: the same question gives the same picture
BLUR_EVERY = 4  # steps
RATES = 0.10, 0.01  # how far a pixel moves in a step on average (root mean square), at the first and at the last step
STARTS = (0.1, 0.3, 1.0)  # spreads of the noise to start from; the next is tried where the slope is exactly 0
Pooling = Literal["strongest", "average"]


@dataclass(frozen=True)
class Units:
    """What one layer offers to be asked about.

    Attributes:
        layer: its place in the network, from 0.
        title: its name.
        count: neurons of a list, or channels of a map.
        is_map: whether each unit is a channel, which has one value for every place.
        is_output: whether they are the classes.
    """

    layer: int
    title: str
    count: int
    is_map: bool
    is_output: bool


def choosable_units(reports: Sequence[LayerReport]) -> tuple[Units, ...]:
    """The layers that make something new of their input (not Flatten and Dropout), and in any case the last one."""
    last = len(reports) - 1
    return tuple(
        Units(
            report.index,
            report.layer.label(),
            report.output_shape[0],
            len(report.output_shape) == 3,
            report.index == last and len(report.output_shape) == 1,
        )
        for report in reports
        if report.index == last or not isinstance(report.layer, Flatten | Dropout)
    )


@dataclass(frozen=True, eq=False)
class Tap:
    """A network cut at one layer.

    Attributes:
        sums: all modules before the layer's activation function; (n, units) or (n, channels, h, w) leave it.
        function: the activation function; passes everything on where the layer has none.
    """

    sums: nn.Sequential
    function: nn.Module


def tap(network: nn.Sequential, report: LayerReport) -> Tap:
    """Cuts `network` at the layer of `report`; the modules stay shared."""
    modules = list(network)
    last = layer_modules(network, report.index)[-1]
    place = next(index for index, module in enumerate(modules) if module is last)
    if report.layer.activation_entry().linear:
        return Tap(nn.Sequential(*modules[: place + 1]), nn.Identity())
    return Tap(nn.Sequential(*modules[:place]), last)


def pooled(values: Tensor, unit: int, pooling: Pooling) -> Tensor:
    """(n,): one number an image, of `values` (n, units) or (n, channels, h, w): a channel's largest or mean value over places."""
    own = values[:, unit]
    if own.ndim == 1:
        return own
    return own.flatten(1).amax(dim=1) if pooling == "strongest" else own.flatten(1).mean(dim=1)


def unit_value(
    trained: TrainedNetwork, pixels: NDArray[np.uint8], layer: int, unit: int, pooling: Pooling
) -> tuple[float, float]:
    """A unit's number for one image, uint8 (c, h, w): its sum before the layer's activation function, and the activation."""
    cut = tap(trained.network, trained.reports[layer])
    with torch.no_grad():
        sums = cut.sums(trained.batches.inputs(torch.from_numpy(np.array(pixels))[None]))
        return pooled(sums, unit, pooling).item(), pooled(cut.function(sums), unit, pooling).item()


@dataclass(frozen=True, eq=False)
class Preferred:
    """An image made so that one unit answers strongly.

    Attributes:
        image: uint8 (c, h, w).
        sum: the unit's value for exactly `image`, before its activation function.
        activation: and after it.
        path: float64 (steps,), the value that was climbed (a sum), for the image as it was before each step, shifted by jitter.
        probabilities: float64 (k,), the network's own answer to `image`; None where it is not one row of numbers.
    """

    image: NDArray[np.uint8]
    sum: float
    activation: float
    path: NDArray[np.float64]
    probabilities: NDArray[np.float64] | None


def preferred_image(
    run_json: str,
    weights: Mapping[str, Tensor],
    layer: int,
    unit: int,
    pooling: Pooling,
    steps: int,
    blur: float,
    jitter: int,
    l2: float,
) -> Generator[TaskProgress, None, Preferred]:
    """Climbs from noise, always the same, to an image for which a unit's sum (before its activation function) is large.

    A channel is climbed at the place in the middle of its map ("strongest"), or by its mean over all places ("average").
    Pixels stay between black and white.

    Args:
        layer, unit: counted from 0.
        blur: standard deviation in pixels of a Gaussian, applied after every fourth step but not in the last fifth; 0 for none.
        jitter: the most pixels by which the image is shifted before a step; not used for one place of a channel, from whose
            sight the pattern would be shifted.
        l2: the share by which all pixels shrink towards black after each step.

    Raises:
        PlaygroundError: the slope is 0 wherever it starts, something is not finite, the data set is not there, or the weights
            do not fit.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    report = trained.reports[layer]
    cut = tap(trained.network, report)
    draws = torch.Generator().manual_seed(SEED)
    if pooling == "strongest" and len(report.output_shape) == 3:
        jitter = 0
    pixels = yield from _start(trained, cut, unit, pooling, draws)
    path = []
    for step in range(steps):
        yield TaskProgress(step, steps, f"step {step:,} of {steps:,}")
        shift = torch.randint(-jitter, jitter + 1, (2,), generator=draws).tolist() if jitter else [0, 0]
        value, slope = _climb(trained, cut, torch.roll(pixels, shift, dims=(2, 3)), unit, pooling)
        path.append(value)
        slope = torch.roll(slope, [-shift[0], -shift[1]], dims=(2, 3))
        rate = RATES[0] + (RATES[1] - RATES[0]) * step / max(1, steps - 1)
        size = slope.square().mean().sqrt()
        pixels = pixels + rate * slope / size if size > 0 else pixels
        if blur and step % BLUR_EVERY == BLUR_EVERY - 1 and step < 0.8 * steps:
            pixels = blurred(pixels, blur)
        pixels = ((1 - l2) * pixels).clamp(0, 1)
    image = (255 * pixels).round().to(torch.uint8)
    with torch.no_grad():
        sums = cut.sums(trained.batches.inputs(image))
        outputs = trained.network(trained.batches.inputs(image))
        one_row = outputs.ndim == 2 and bool(outputs.isfinite().all())
        return Preferred(
            image[0].cpu().numpy(),
            float(pooled(sums, unit, pooling)),
            float(pooled(cut.function(sums), unit, pooling)),
            np.array(path),
            trained.run.training.loss.probabilities(outputs)[0].double().cpu().numpy() if one_row else None,
        )


def blurred(pixels: Tensor, spread: float) -> Tensor:
    """(n, c, h, w) smoothed with a Gaussian of standard deviation `spread` pixels, cut off at 3 * `spread`; edges repeat."""
    reach = max(1, round(3 * spread))
    places = torch.arange(-reach, reach + 1, device=pixels.device, dtype=pixels.dtype)
    bell = torch.exp(-places.square() / (2 * spread**2))
    bell = bell / bell.sum()
    channels = pixels.shape[1]
    padded = F.pad(pixels, (reach, reach, reach, reach), mode="replicate")
    rows = F.conv2d(padded, bell.view(1, 1, -1, 1).expand(channels, -1, -1, -1), groups=channels)
    return F.conv2d(rows, bell.view(1, 1, 1, -1).expand(channels, -1, -1, -1), groups=channels)


def _start(
    trained: TrainedNetwork, cut: Tap, unit: int, pooling: Pooling, draws: torch.Generator
) -> Generator[TaskProgress, None, Tensor]:
    """Noise (1, c, h, w) around the images' mean grey, at which the unit has a slope."""
    shape = (1, *trained.dataset.input_shape)
    device = next(trained.network.parameters(), torch.empty(0)).device
    grey = trained.batches.mean or 0.5
    for number, spread in enumerate(STARTS):
        yield TaskProgress(number, 100, "Looking for a start")
        pixels = (grey + spread * torch.randn(shape, generator=draws)).clamp(0, 1).to(device)
        if _climb(trained, cut, pixels, unit, pooling)[1].any():
            return pixels
    raise PlaygroundError(
        "No pixel makes any difference to this one: its slope is exactly 0 wherever the search began.",
        "Most often all neurons that it listens to are silent (“dead”): they give 0 to every image.",
        "Choose another one, or train again with a smaller learning rate.",
    )


def _climb(trained: TrainedNetwork, cut: Tap, pixels: Tensor, unit: int, pooling: Pooling) -> tuple[float, Tensor]:
    """The unit's sum for `pixels` (1, c, h, w) in [0, 1], and its slope in them."""
    batches = trained.batches
    pixels = pixels.detach().requires_grad_()
    with torch.enable_grad():
        sums = cut.sums((pixels - batches.mean) / batches.spread)
        own = sums[:, unit]
        if own.ndim == 3 and pooling == "strongest":
            own = own[:, own.shape[1] // 2, own.shape[2] // 2]
        value = own.mean()
        if not value.requires_grad:  # no module before it has anything to do with the pixels
            return value.item(), torch.zeros_like(pixels)
        (slope,) = torch.autograd.grad(value, pixels)
    if not value.isfinite() or not slope.isfinite().all():
        raise PlaygroundError(
            "This network's numbers have no end, so there is nothing to climb.",
            "Its weights have grown out of bounds.",
            "Train again with a smaller learning rate.",
        )
    return value.item(), slope
