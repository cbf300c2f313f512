"""L1 and L2 penalties as gradients: no curve shows them, so that training and validation loss can be compared."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from playground.spec import Regularisation


def add_penalties(weights: Sequence[Tensor], regularisation: Regularisation) -> None:
    """Adds the gradients of l1 · Σ|w| and l2 · Σw² to those of the loss, in place."""
    if not (regularisation.l1 or regularisation.l2):
        return
    with torch.no_grad():
        for weight in weights:
            if weight.grad is not None:
                weight.grad.add_(weight, alpha=2 * regularisation.l2)
                weight.grad.add_(weight.sign(), alpha=regularisation.l1)
