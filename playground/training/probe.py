"""A look under the hood: what one batch does to every layer with weights, without changing a bit of the training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.catalog.activations import ActivationEntry, LeakyReLU, ReLU, Sigmoid, Tanh
from playground.catalog.layers import ActivationLayer, AvgPool, BatchNorm, LayerNorm, MaxPool
from playground.network import layer_modules
from playground.spec import NetworkSpec
from playground.training.events import LayerMeasures, LayersMeasured

SATURATION_MARGIN = 0.01  # of an activation's range: that close to an end, its slope is nearly 0


@dataclass(frozen=True, eq=False)
class _Watched:
    """One layer with weights.

    Attributes:
        layer: its index in the spec.
        parameters: places of its parameters among those of the network.
        module: what gives out the layer's values after their activation.
        activation: with which they end.
    """

    layer: int
    parameters: range
    module: nn.Module
    activation: ActivationEntry


class Probe:
    """Measures batches that are learned from anyway: their own outputs, their own gradients, the step that is taken.

    For one batch, call in this order `forward` in place of the network, `gradients` after the backward pass, and `stepped`
    after the step.

    Args:
        spec: of the network.
        network: its modules, in the spec's order.
    """

    def __init__(self, spec: NetworkSpec, network: nn.Sequential) -> None:
        self._network = network
        self._parameters = list(network.parameters())
        self._watched = _watched(spec, network)
        self._activations: list[Tensor] = []
        self._gradient_norms: list[Tensor] = []
        self._before: list[Tensor] = []

    def forward(self, inputs: Tensor) -> Tensor:
        """What `network(inputs)` gives, `(n, ...)` -> `(n, outputs)`; notes what leaves every layer."""
        self._activations = []
        with ExitStack() as listening:
            for watched in self._watched:
                handle = watched.module.register_forward_hook(self._listener(watched.activation))
                listening.callback(handle.remove)
            outputs: Tensor = self._network(inputs)
        return outputs

    def _listener(self, activation: ActivationEntry) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda module, inputs, values: self._activations.extend(_figures(values.detach(), activation))

    def gradients(self) -> None:
        """Notes the gradients, and the weights before the step."""
        with torch.no_grad():
            gradients = [
                torch.zeros_like(parameter) if parameter.grad is None else parameter.grad for parameter in self._parameters
            ]
            self._gradient_norms = list(torch._foreach_norm(gradients)) if gradients else []
            self._before = [parameter.detach().clone() for parameter in self._parameters]

    def stepped(self, step: int, epoch: float, learning_rate: float) -> Callable[[], LayersMeasured]:
        """Notes the step that was taken. Returns what reads all figures, for when the device may be waited for.

        Args:
            step: batches learned from, this one included.
            epoch: epochs done after it, with the fraction of the current one.
        """
        noted = [*self._gradient_norms, *self._activations]
        if self._before:
            with torch.no_grad():
                sizes = torch._foreach_norm(self._before)
                torch._foreach_sub_(self._before, [parameter.detach() for parameter in self._parameters])
                noted = [*torch._foreach_norm(self._before), *sizes, *noted]
                self._before = []
        return lambda: LayersMeasured(step, epoch, learning_rate, self._layers(noted))

    def _layers(self, noted: Sequence[Tensor]) -> tuple[LayerMeasures, ...]:
        """In one reading. A number that is none has run away: it is told as infinity, so that equal runs have equal events."""
        numbers = torch.stack([number.float() for number in noted]).tolist() if noted else []
        count = len(self._parameters)
        steps, sizes, gradients = (numbers[i * count : (i + 1) * count] for i in range(3))
        layers = []
        for place, watched in enumerate(self._watched, count):
            mean, spread, share = numbers[3 * place : 3 * place + 3]
            size, moved = _norm(sizes, watched.parameters), _norm(steps, watched.parameters)
            layers.append(
                LayerMeasures(
                    watched.layer,
                    _norm(gradients, watched.parameters),
                    _finite(moved / size) if size else 0.0,
                    _finite(mean),
                    _finite(spread),
                    share if can_die(watched.activation) else None,
                    share if saturation_ends(watched.activation) else None,
                )
            )
        return tuple(layers)


def can_die(activation: ActivationEntry) -> bool:
    """Whether all values below 0 become exactly 0, and with them their slope."""
    return isinstance(activation, ReLU) or (isinstance(activation, LeakyReLU) and activation.negative_slope == 0)


def saturation_ends(activation: ActivationEntry) -> tuple[float, float] | None:
    """The ends of the range at which an activation's slope is nearly 0; None when it has no two such ends."""
    if isinstance(activation, Sigmoid):
        return 0.0, 1.0
    return (-1.0, 1.0) if isinstance(activation, Tanh) else None


def activation_place(spec: NetworkSpec, index: int) -> int:
    """The layer that ends with the activation of layer `index`: itself, or the Activation layer that follows it, perhaps
    after a normalisation or pooling, when it has none of its own."""
    if not spec.layers[index].activation_entry().linear:
        return index
    for place in range(index + 1, len(spec.layers)):
        if isinstance(spec.layers[place], ActivationLayer):
            return place
        if not isinstance(spec.layers[place], BatchNorm | LayerNorm | MaxPool | AvgPool):
            break
    return index


def _watched(spec: NetworkSpec, network: nn.Sequential) -> tuple[_Watched, ...]:
    found, first = [], 0
    for index, layer in enumerate(spec.layers):
        count = sum(len(list(module.parameters())) for module in layer_modules(network, index))
        if layer.weighted:
            place = activation_place(spec, index)
            module = layer_modules(network, place)[-1]
            found.append(_Watched(index, range(first, first + count), module, spec.layers[place].activation_entry()))
        first += count
    return tuple(found)


def _figures(values: Tensor, activation: ActivationEntry) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, standard deviation (of the population), and the share of dead units or saturated values; each a single number."""
    with torch.no_grad():
        mean = values.mean()
        # Far faster than torch.std, and as exact: the mean is taken off first.
        spread = torch.linalg.vector_norm(values - mean) / math.sqrt(values.numel())
        ends = saturation_ends(activation)
        share = mean
        if can_die(activation):
            # Nothing is below 0 here: a unit's sum is 0 when all of it is.
            share = (values.sum(dim=[axis for axis in range(values.ndim) if axis != 1]) == 0).float().mean()
        elif ends:
            low, high = ends
            margin = SATURATION_MARGIN * (high - low)
            share = ((values < low + margin) | (values > high - margin)).float().mean()
        return mean, spread, share


def _norm(norms: Sequence[float], places: range) -> float:
    """The L2 norm of several tensors together, from those of each."""
    return _finite(math.hypot(*(norms[place] for place in places)))


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.inf
