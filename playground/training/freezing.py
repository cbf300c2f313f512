"""Layers that keep what they have learned while the others go on."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from playground.network import layer_modules


def freeze(network: nn.Sequential, layers: Sequence[int]) -> None:
    """From now on no training changes these layers: neither their parameters nor the running statistics of a batch norm.

    Their parameters get no gradient, so optimizers and penalties leave them alone, weight decay and momentum too. A frozen
    batch norm works as it does in an exam: with the mean and spread that it has gathered so far.

    Args:
        layers: indices of layers in the network's spec, from 0.
    """
    for index in layers:
        for module in layer_modules(network, index):
            for parameter in module.parameters():
                parameter.requires_grad_(False)
            if any(True for _ in module.parameters()):
                module.register_forward_pre_hook(_as_in_an_exam)


def _as_in_an_exam(module: nn.Module, inputs: object) -> None:
    module.eval()
