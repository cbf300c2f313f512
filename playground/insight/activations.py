"""What every layer makes of one image: its outputs, exactly as the network computes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.catalog.layer import Shape
from playground.errors import PlaygroundError
from playground.insight.networks import TrainedNetwork
from playground.network import layer_modules


@dataclass(frozen=True, eq=False)
class LayerActivation:
    """The output of one layer for one image.

    Attributes:
        layer: the layer's place in the network, from 0; -1 for the input itself.
        title: the layer's name.
        values: float32 (channels, height, width) for feature maps, (units,) for a list of neurons; after the activation.
        output: what the values are: "any", "probabilities" (after softmax) or "log-probabilities".
    """

    layer: int
    title: str
    values: NDArray[np.float32]
    output: str = "any"

    @property
    def is_maps(self) -> bool:
        return self.values.ndim == 3

    @property
    def num_units(self) -> int:
        """Maps or neurons."""
        return len(self.values)

    @property
    def shape(self) -> Shape:
        return self.values.shape


@dataclass(frozen=True)
class Spread:
    """A few numbers about many.

    Attributes:
        minimum, maximum: of the values that are finite; NaN when none is.
        zero_share: values that are exactly 0, as a share of all, in [0, 1].
        broken: values that are not finite (NaN or infinite).
    """

    minimum: float
    maximum: float
    zero_share: float
    broken: int


def spread(values: NDArray[np.float32]) -> Spread:
    """The spread of any array with at least one value."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (float("nan"), float("nan"))
    return Spread(low, high, float((values == 0).mean()), int(values.size - len(finite)))


def activations(trained: TrainedNetwork, inputs: Tensor) -> tuple[LayerActivation, ...]:
    """The input, then the output of every layer of the spec, in order.

    A layer's modules run one after the other on what the layer before gave: this is the network's own computation.

    Args:
        inputs: what reaches the first layer, float32 (1, channels, height, width).
    """
    values = inputs
    found = [LayerActivation(-1, "Input", _array(values))]
    with torch.inference_mode():
        for report in trained.reports:
            for module in layer_modules(trained.network, report.index):
                values = module(values)
            output = report.layer.activation_entry().output
            found.append(LayerActivation(report.index, report.layer.label(), _array(values), output))
    return tuple(found)


def prediction(trained: TrainedNetwork, inputs: Tensor) -> NDArray[np.float64]:
    """The probability of each class for one image: float64 (classes,), adding up to 1.

    Raises:
        PlaygroundError: the network answers with what is no number.
    """
    with torch.inference_mode():
        shares = trained.run.training.loss.probabilities(trained.network(inputs))[0].double().cpu().numpy()
    _require_finite(shares)
    return shares


def predicted_number(trained: TrainedNetwork, inputs: Tensor) -> float:
    """What a regression tells of one example, in the target's own unit.

    Raises:
        PlaygroundError: the network answers with what is no number.
    """
    with torch.inference_mode():
        outputs = trained.network(inputs)[0].double().cpu().numpy()
    _require_finite(outputs)
    return float(outputs[0]) * trained.batches.target_spread + trained.batches.target_mean


def _require_finite(values: NDArray[np.float64]) -> None:
    if not np.isfinite(values).all():
        raise PlaygroundError(
            "This network's answer is not a number.",
            "Its weights grew beyond all bounds, most often from too high a learning rate.",
            "Choose an earlier moment, or train it again with a smaller rate.",
        )


def _array(values: Tensor) -> NDArray[np.float32]:
    return values[0].detach().float().cpu().numpy()
