"""The last weights whose numbers were finite: should a run's numbers run away, these come back."""

from __future__ import annotations

import torch
from torch import nn


class LastGood:
    """A copy of a network's state, on its device."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    def keep(self) -> None:
        """Takes the present state for good."""
        with torch.no_grad():
            for name, tensor in self._network.state_dict().items():
                self._kept[name].copy_(tensor)

    def restore(self) -> None:
        """Gives the network the kept state back."""
        self._network.load_state_dict(self._kept)

    def weights_are_finite(self) -> bool:
        """Whether all numbers of the network's present state are finite; one reading for all of them."""
        numbers = [tensor for tensor in self._network.state_dict().values() if tensor.is_floating_point()]
        return bool(torch.stack(torch._foreach_norm(numbers)).isfinite().all())
