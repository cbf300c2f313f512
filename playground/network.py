"""From a NetworkSpec to shapes, costs and the PyTorch network."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn

from playground.catalog.layer import LayerEntry, Misfit, Shape
from playground.catalog.layers import BatchNorm
from playground.seeds import generator, stream_seed
from playground.spec import NetworkSpec, RunSpec


@dataclass(frozen=True)
class LayerReport:
    """What one layer does with its input.

    Attributes:
        index: the layer's place in the spec, from 0.
        input_shape, output_shape: without the batch; after a misfit, a best guess that lets the next layers be checked.
        num_parameters: trainable numbers.
        multiply_adds: multiplications with a weight for one image.
        misfit: why the layer cannot take its input, or None.
    """

    index: int
    layer: LayerEntry
    input_shape: Shape
    output_shape: Shape
    num_parameters: int
    multiply_adds: int
    misfit: Misfit | None = None


def trace(network: NetworkSpec, input_shape: Shape) -> tuple[LayerReport, ...]:
    """One report a layer, in order; never raises for a network that does not fit together."""
    reports = []
    shape = input_shape
    image_shape = input_shape  # the last shape that was an image, for layers that need one
    for index, layer in enumerate(network.layers):
        misfit = None
        given = shape
        try:
            output, parameters, cost = _cost(layer, given)
        except Misfit as problem:
            misfit = problem
            given = _guess(problem, shape, image_shape)
            try:
                output, parameters, cost = _cost(layer, given)
            except Misfit:
                output, parameters, cost = given, 0, 0
        reports.append(LayerReport(index, layer, shape, output, parameters, cost, misfit))
        shape = output
        image_shape = shape if len(shape) == 3 else image_shape
    return tuple(reports)


def _guess(misfit: Misfit, shape: Shape, image_shape: Shape) -> Shape:
    """The input that the layer would have got, had the misfit been mended."""
    if misfit.mend == "flatten":
        return (math.prod(shape),)
    return image_shape if misfit.mend == "move-before-flatten" else shape


@lru_cache(maxsize=4096)
def _cost(layer: LayerEntry, shape: Shape) -> tuple[Shape, int, int]:
    """Output shape, trainable numbers and multiply-adds; counted on modules without memory."""
    output = layer.output_shape(shape)
    with torch.device("meta"):
        parameters = sum(
            parameter.numel() for module in layer.modules(shape) for parameter in module.parameters() if parameter.requires_grad
        )
    return output, parameters, layer.multiply_adds(shape)


@dataclass(frozen=True)
class Totals:
    """What a whole network costs. `memory_bytes` is an estimate for one training run."""

    num_parameters: int
    multiply_adds: int
    memory_bytes: int


def totals(run: RunSpec, reports: tuple[LayerReport, ...]) -> Totals:
    """The sums over all layers.

    Memory counts float32 weights, gradients, the optimizer's states and two kept copies (last good, best), and the
    activations of one batch with their gradients.
    """
    parameters = sum(report.num_parameters for report in reports)
    activations = sum(math.prod(report.output_shape) for report in reports)
    numbers = parameters * (4 + run.training.optimizer.states) + 2 * activations * run.training.batch_size
    return Totals(parameters, sum(report.multiply_adds for report in reports), 4 * numbers)


def estimated_batch_seconds(multiply_adds: int, batch_size: int) -> float:
    """A rough time to learn from one batch on a laptop's processor.

    Forward and backward take about three times the forward's two operations for each multiply-add (25 GFLOP/s), and
    some 0.4 ms go to calling the operations.

    Args:
        multiply_adds: of the network for one image.
    """
    return 4e-4 + 6 * multiply_adds * batch_size / 25e9


def build(network: NetworkSpec, input_shape: Shape, seed: int) -> nn.Sequential:
    """The network with its first weights, on the CPU, float32.

    The draws are those of `torch.manual_seed(stream_seed(seed, "initialisation"))` before the modules are made, and for
    other initialisations of a generator of their own. Modules are named `<layer index>_<part>`.

    Raises:
        Misfit: a layer cannot take its input; `checks.check` tells this before.
    """
    network_modules = nn.Sequential()
    shape = input_shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "initialisation"))
        for index, layer in enumerate(network.layers):
            output = layer.output_shape(shape)
            for part, module in enumerate(layer.modules(shape)):
                network_modules.add_module(f"{index}_{layer.kind}_{part}", module)  # type: ignore[attr-defined]
            shape = output
    if not network.initialisation.keeps_default:
        draws = generator(seed, "initialisation")
        with torch.no_grad():
            for module in network_modules:
                if isinstance(module, nn.Linear | nn.Conv2d):
                    network.initialisation.fill(module.weight, draws)
                    if module.bias is not None:
                        module.bias.zero_()
    return network_modules


def layer_modules(network: nn.Sequential, index: int) -> list[nn.Module]:
    """The modules that the spec's layer `index` became."""
    return [module for name, module in network.named_children() if name.split("_", 1)[0] == str(index)]


def has_convolution(network: NetworkSpec) -> bool:
    return any(layer.weighted and "kernel_size" in type(layer).model_fields for layer in network.layers)


def has_batch_norm(network: NetworkSpec) -> bool:
    return any(isinstance(layer, BatchNorm) for layer in network.layers)
