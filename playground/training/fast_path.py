"""The same network, computed with less work."""

from __future__ import annotations

from torch import nn


def fast_path(network: nn.Sequential) -> nn.Sequential:
    """The modules of `network`, with each ReLU that stands directly before a max-pooling moved behind it.

    ReLU never falls, so max(relu(x)) = relu(max(x)): the same outputs and gradients to the bit, for a quarter of the
    work when windows are 2x2. The modules are shared with `network`, which keeps its own order for those who look
    inside. A network without such a place is returned as it is.
    """
    modules = list(network)
    swapped = False
    for position in range(len(modules) - 1):
        if isinstance(modules[position], nn.ReLU) and isinstance(modules[position + 1], nn.MaxPool2d):
            modules[position], modules[position + 1] = modules[position + 1], modules[position]
            swapped = True
    return nn.Sequential(*modules) if swapped else network
