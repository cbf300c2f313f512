"""What leaves one layer, one long row of numbers an image."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.errors import PlaygroundError
from playground.insight.networks import TrainedNetwork

KEPT_NUMBERS = 25_000_000  # more are computed anew at each pass, rather than held in memory (100 MB)
SLICE_NUMBERS = 2_000_000  # that leave the widest layer in one slice


@dataclass(eq=False)
class LayerVectors:
    """The outputs of one layer for some images, flattened, a few images at a time.

    Attributes:
        layer: 0 for the input itself, such as pixels (scaled as the network gets them), k for the network's k-th layer.
    """

    trained: TrainedNetwork
    images: Tensor
    layer: int

    def __post_init__(self) -> None:
        self._kept: list[Tensor] | None = [] if len(self) * self.dimensions <= KEPT_NUMBERS else None
        widest = max(
            math.prod(shape)
            for shape in (self.trained.dataset.input_shape, *(r.output_shape for r in self.trained.reports[: self.layer]))
        )
        self._size = max(1, min(self.trained.slice_size, SLICE_NUMBERS // widest))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.trained.reports[self.layer - 1].output_shape if self.layer else self.trained.dataset.input_shape

    @property
    def dimensions(self) -> int:
        """Numbers an image."""
        return math.prod(self.shape)

    @property
    def title(self) -> str:
        """Such as "2. Dense" or "The pixels"."""
        first = "The pixels" if self.trained.dataset.is_images else "The inputs"
        return f"{self.layer}. {self.trained.reports[self.layer - 1].layer.label()}" if self.layer else first

    def slices(self) -> Iterator[Tensor]:
        """float32 (m, dimensions) on the CPU, the images in order.

        Raises:
            PlaygroundError: an output is not finite.
        """
        if self._kept:
            yield from self._kept
            return
        computed = []
        for images in self.images.split(self._size):
            with torch.inference_mode():
                outputs = self._forward(self.trained.batches.inputs(images)).flatten(1).float().cpu()
            if not outputs.isfinite().all():
                raise PlaygroundError(
                    f"{self.title}: numbers that are infinite, or no numbers at all.",
                    "The weights have grown out of bounds.",
                    "Choose an earlier moment of the training, or train again with a smaller learning rate.",
                )
            if self._kept is not None:
                computed.append(outputs)
            yield outputs
        self._kept = computed if self._kept is not None else None

    def _forward(self, values: Tensor) -> Tensor:
        for module in _first_modules(self.trained.network, self.layer):
            values = module(values)
        return values


def check_weights(weights: Mapping[str, Tensor]) -> None:
    """Raises PlaygroundError when a weight is infinite or not a number."""
    if not all(bool(values.isfinite().all()) for values in weights.values()):
        raise PlaygroundError(
            "Some weights of this network are infinite, or no numbers at all.",
            "So none of its answers can be computed.",
            "Choose an earlier moment of the training, or train again with a smaller learning rate.",
        )


def _first_modules(network: nn.Sequential, layers: int) -> list[nn.Module]:
    """The modules of the first `layers` layers of the spec."""
    return [module for name, module in network.named_children() if int(name.split("_", 1)[0]) < layers]
