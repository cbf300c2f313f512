"""One weight under the microscope: its gradient, the chain of derivatives that reaches it, and what makes it up.

All of it is computed in float64, on the network as it answers (no dropout, batch norm with its kept averages). For every
module's output y, two derivatives are found apart from each other: dL/dy backwards from the loss, and dy/dw forwards from
the weight. By the chain rule, their products add up to dL/dw at every module alike.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.func import functional_call
from torch.nn import functional

from playground.catalog.losses import LossEntry
from playground.insight.arithmetic import Floats, require_finite
from playground.insight.networks import TrainedNetwork


@dataclass(frozen=True)
class WeightName:
    """One number of a network: module, tensor ("weight" or "bias") and index in it."""

    module: str
    tensor: str
    index: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Link:
    """One module between the weight and the loss.

    Attributes:
        name: of the module.
        shape: of its output, without the batch.
        gradient_norm: L2 norm of dL/dy over all outputs y and images.
        reached: how many of an image's outputs move when the weight moves; the most of all images.
        total: sum over outputs and images of dL/dy * dy/dw; the chain rule says that it is dL/dw.
    """

    name: str
    shape: tuple[int, ...]
    gradient_norm: float
    reached: int
    total: float


@dataclass(frozen=True, eq=False)
class Terms:
    """What dL/dw is the sum of: one product for each place of the layer's output that the weight feeds, of each image.

    Attributes:
        arriving: (n, *places): dL/dz at those places.
        local: (n, *places): dz/dw there: what the weight is multiplied with.
        image, place: where the largest products are, the largest first: (k,) indices into the batch and into the places.
    """

    arriving: Floats
    local: Floats

    @property
    def products(self) -> Floats:
        return self.arriving * self.local

    def largest(self, count: int) -> list[tuple[int, tuple[int, ...]]]:
        """Image and place of the weightiest products that are not 0, whatever their sign; the weightiest first."""
        products = self.products
        order = np.argsort(-np.abs(products), axis=None, kind="stable")[:count]
        places = (np.unravel_index(int(index), products.shape) for index in order)
        found = [(int(place[0]), tuple(int(part) for part in place[1:])) for place in places]
        return [(image, place) for image, place in found if products[(image, *place)] != 0]


@dataclass(frozen=True, eq=False)
class Gradient:
    """A weight and its derivative.

    Attributes:
        value: the weight.
        loss: the mean loss of the images.
        derivative: dL/dw.
        links: the modules from the weight's own to the last.
        terms: what dL/dw is the sum of.
        tensor_gradient: dL/d(all weights of the tensor), for comparison.
        num_images: over which the loss is the mean.
    """

    weight: WeightName
    value: float
    loss: float
    derivative: float
    links: tuple[Link, ...]
    terms: Terms
    tensor_gradient: Floats
    num_images: int


def weight_tensors(network: nn.Sequential) -> list[tuple[str, str, tuple[int, ...]]]:
    """Module, tensor and shape of all that is learned, in order."""
    return [
        (name, tensor, tuple(parameter.shape))
        for name, module in network.named_children()
        for tensor, parameter in module.named_parameters()
    ]


def double(network: TrainedNetwork) -> nn.Sequential:
    """A float64 copy in evaluation mode; what happens to it does not reach the network."""
    return copy.deepcopy(network.network).double().eval()


def as_double(labels: Tensor) -> Tensor:
    """Labels as they are; targets of a regression in the precision of the calculation."""
    return labels.double() if labels.is_floating_point() else labels


def examine(network: nn.Sequential, loss: LossEntry, weight: WeightName, inputs: Tensor, labels: Tensor) -> Gradient:
    """The weight's gradient, and how it comes about.

    Args:
        network: from `double`.
        inputs: (n, c, h, w) of any floating type.
        labels: int64 (n,), or the targets of a regression, float32 (n, 1).

    Raises:
        PlaygroundError: the network's answer is not a number.
    """
    names = [name for name, _ in network.named_children()]
    first = names.index(weight.module)
    outputs, error = _forwards(network, loss, inputs.double(), labels)
    leaf = dict(network[first].named_parameters())[weight.tensor]
    wanted = [leaf, *(outputs[name] for name in names[first:])]
    tensor_gradient, *arriving = torch.autograd.grad(error, wanted)
    tangents = _tangents(network, weight, _before(outputs, names, first, inputs.double()))
    links = tuple(
        _link(name, outputs[name], gradient, tangent)
        for name, gradient, tangent in zip(names[first:], arriving, tangents, strict=True)
    )
    entering = _before(outputs, names, first, inputs.double()).detach()
    return Gradient(
        weight,
        float(leaf.detach()[weight.index]),
        float(error.detach()),
        float(tensor_gradient[weight.index]),
        links,
        _terms(network[first], weight, entering, arriving[0]),
        tensor_gradient.numpy(),
        len(inputs),
    )


def _forwards(network: nn.Sequential, loss: LossEntry, inputs: Tensor, labels: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Every module's output, with what autograd needs, and the mean loss."""
    outputs: dict[str, Tensor] = {}
    value = inputs
    with torch.enable_grad():
        for name, module in network.named_children():
            value = outputs[name] = module(value)
        require_finite(value)
        return outputs, loss.compute(value, as_double(labels))


def _before(outputs: dict[str, Tensor], names: list[str], index: int, inputs: Tensor) -> Tensor:
    return outputs[names[index - 1]] if index else inputs


def _tangents(network: nn.Sequential, weight: WeightName, entering: Tensor) -> list[Tensor]:
    """dy/dw of every module from the weight's own on, by forward-mode differentiation: no step back is taken."""
    modules = dict(network.named_children())
    first = modules[weight.module]
    parameters = {name: parameter.detach() for name, parameter in first.named_parameters()}
    direction = torch.zeros_like(parameters[weight.tensor])
    direction[weight.index] = 1.0
    found = []
    later = list(modules)[list(modules).index(weight.module) + 1 :]
    with torch.no_grad(), forward_ad.dual_level():
        parameters[weight.tensor] = forward_ad.make_dual(parameters[weight.tensor], direction)
        value = functional_call(first, parameters, (entering.detach(),))
        for module in (None, *(modules[name] for name in later)):
            value = module(value) if module is not None else value
            plain, tangent = forward_ad.unpack_dual(value)
            found.append(torch.zeros_like(plain) if tangent is None else tangent.clone())
    return found


def _link(name: str, output: Tensor, arriving: Tensor, tangent: Tensor) -> Link:
    reached = int((tangent != 0).flatten(1).sum(dim=1).max())
    return Link(name, tuple(output.shape[1:]), float(arriving.norm()), reached, float((arriving * tangent).sum()))


def _terms(module: nn.Module, weight: WeightName, entering: Tensor, arriving: Tensor) -> Terms:
    """dL/dz and dz/dw where the weight is at work, written down layer by layer, without autograd."""
    index = weight.index
    if isinstance(module, nn.Linear):
        local = torch.ones(len(entering), dtype=torch.float64) if weight.tensor == "bias" else entering[:, index[1]]
        return Terms(arriving[:, index[0]].numpy(), local.numpy())
    if isinstance(module, nn.Conv2d):
        at = arriving[:, index[0]]
        local = torch.ones_like(at) if weight.tensor == "bias" else _under_the_kernel(module, entering, index, at)
        return Terms(at.numpy(), local.numpy())
    if isinstance(module, nn.LayerNorm):
        shape = list(module.normalized_shape)
        flat = int(np.ravel_multi_index(index, shape))
        at = arriving.flatten(1)[:, flat]
        plain = functional.layer_norm(entering, shape, eps=module.eps).flatten(1)[:, flat]
    else:
        assert isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
        at = arriving[:, index[0]]
        plain = functional.batch_norm(entering, module.running_mean, module.running_var, eps=module.eps)[:, index[0]]
    local = torch.ones_like(plain) if weight.tensor == "bias" else plain
    return Terms(at.numpy(), local.numpy())


def _under_the_kernel(module: nn.Conv2d, entering: Tensor, index: tuple[int, ...], at: Tensor) -> Tensor:
    """The pixels that one number of a kernel is multiplied with while it slides: (n, rows, columns)."""
    _, channel, row, column = index
    padding, stride = int(module.padding[0]), module.stride[0]
    padded = functional.pad(entering[:, channel], (padding, padding, padding, padding))
    rows, columns = at.shape[1:]
    return padded[:, row : row + stride * rows : stride, column : column + stride * columns : stride][:, :rows, :columns]


def same_to(first: float, second: float) -> float:
    """The relative difference of two numbers: |a - b| / max(|a|, |b|), and 0 when both are 0."""
    size = max(abs(first), abs(second))
    return abs(first - second) / size if size else 0.0


def largest_index(values: NDArray[np.float64]) -> tuple[int, ...]:
    """Where the greatest magnitude stands."""
    return tuple(int(part) for part in np.unravel_index(int(np.abs(values).argmax()), values.shape))
