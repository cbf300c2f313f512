"""Loss and accuracy over many images, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.catalog.losses import LossEntry


@dataclass(frozen=True)
class Metrics:
    """Means over all images; `accuracy` in [0, 1]."""

    loss: float
    accuracy: float


def outputs_in_slices(
    network: nn.Module, images: Tensor, inputs: Callable[[Tensor], Tensor], size: int
) -> Generator[int, None, Tensor]:
    """Yields the number of images done after each slice of `size`; returns the outputs `(n, classes)`, float32.

    The network is in evaluation mode during a slice only, so that training may go on between two of them.
    """
    outputs = []
    for start in range(0, len(images), size):
        network.eval()
        with torch.inference_mode():
            outputs.append(network(inputs(images[start : start + size])))
        network.train()
        yield min(start + size, len(images))
    return torch.cat(outputs)


def metrics(outputs: Tensor, labels: Tensor, loss: LossEntry) -> Metrics:
    """Loss and accuracy of finished outputs `(n, classes)` against labels `(n,)`."""
    with torch.inference_mode():
        right = (outputs.argmax(dim=1) == labels).sum().item()
        return Metrics(float(loss.compute(outputs, labels)), right / len(labels))
