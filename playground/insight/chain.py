"""One path from a weight to the loss: at every module the place through which most of the effect goes on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from playground.catalog.losses import LossEntry
from playground.insight.arithmetic import place_words
from playground.insight.microscope import Terms, WeightName, as_double


@dataclass(frozen=True)
class Stop:
    """One place on the path.

    Attributes:
        name: of the module whose output this is a place of.
        place: the place in words.
        value: what the network has there.
        local: how much this grows when the place before it (for the first: the weight) grows by 1.
        arriving: dL/d(this place).
    """

    name: str
    place: str
    value: float
    local: float
    arriving: float


@dataclass(frozen=True)
class Path:
    """A path for one image, from the weight to the network's output.

    Attributes:
        image: index into the batch.
        stops: from the weight's own module to the last one.
        product: dL/d(last place), times all local derivatives: this path's share of dL/dw.
    """

    image: int
    stops: tuple[Stop, ...]
    product: float


def strongest_path(
    network: nn.Sequential, loss: LossEntry, weight: WeightName, terms: Terms, inputs: Tensor, labels: Tensor
) -> Path | None:
    """Begins at the place with the largest term of dL/dw, and goes on to where dL/dy * dy/d(place) is largest.

    Args:
        network: from `microscope.double`.
        terms: from `microscope.examine`, of the same images.

    Returns:
        None when the weight has no effect on the loss at all.
    """
    largest = terms.largest(1)
    if not largest:
        return None
    image, place = largest[0]
    modules, outputs, gradients = _one_image(network, loss, inputs.double(), labels, image)
    names = list(modules)
    first = names.index(weight.module)
    flat = _flat_place(outputs[first], weight, place)
    local = float(terms.local[(image, *place)])
    stops = [_stop(names[first], outputs[first], gradients[first], flat, local)]
    for index in range(first + 1, len(names)):
        direction = torch.zeros_like(outputs[index - 1])
        direction.view(-1)[flat] = 1.0
        with torch.no_grad(), forward_ad.dual_level():
            moved = modules[names[index]](forward_ad.make_dual(outputs[index - 1], direction))
            tangent = forward_ad.unpack_dual(moved).tangent
            locals_here = torch.zeros_like(outputs[index]) if tangent is None else tangent.clone()
        flat = int((locals_here * gradients[index]).abs().argmax())
        stops.append(_stop(names[index], outputs[index], gradients[index], flat, float(locals_here.flatten()[flat])))
    product = stops[-1].arriving
    for stop in stops:
        product *= stop.local
    return Path(image, tuple(stops), product)


def _one_image(
    network: nn.Sequential, loss: LossEntry, inputs: Tensor, labels: Tensor, image: int
) -> tuple[dict[str, nn.Module], list[Tensor], list[Tensor]]:
    """The modules; every output for one image; and what the batch's mean loss changes by with each."""
    modules = dict(network.named_children())
    outputs = []
    value = inputs[image : image + 1].clone().requires_grad_()  # so that all outputs have a gradient
    with torch.enable_grad():
        for module in modules.values():
            value = module(value)
            outputs.append(value)
        error = loss.compute(value, as_double(labels[image : image + 1])) / len(inputs)
    gradients = torch.autograd.grad(error, outputs)
    return modules, [output.detach() for output in outputs], list(gradients)


def _flat_place(output: Tensor, weight: WeightName, place: tuple[int, ...]) -> int:
    """The place's index in the flat output: filters and neurons put their own number before it; others hold it already."""
    shape = output.shape[1:]
    full = tuple(weight.index) if len(weight.index) == len(shape) == 3 else (weight.index[0], *place)
    flat = 0
    for size, part in zip(shape, full, strict=True):
        flat = flat * size + part
    return flat


def _stop(name: str, output: Tensor, gradient: Tensor, flat: int, local: float) -> Stop:
    place = place_words(tuple(output.shape[1:]), flat)
    return Stop(name, place, float(output.flatten()[flat]), local, float(gradient.flatten()[flat]))
