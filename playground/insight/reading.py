"""What a network says about one image: the probability of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from playground import data
from playground.catalog.initialisations import Default
from playground.data.splits import split, standardisation
from playground.errors import PlaygroundError
from playground.insight.quick import quick
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec

SIDE = 28


@dataclass(frozen=True, eq=False)
class Reading:
    """A network's answer to one image.

    Attributes:
        probabilities: float64 (classes,), adding up to 1.
        inputs: what reached the first layer: float32 (28, 28).
    """

    probabilities: NDArray[np.float64]
    inputs: NDArray[np.float32]

    @property
    def best(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def certainty(self) -> float:
        """The probability of the likeliest class, in [0, 1]."""
        return float(self.probabilities[self.best])


def pixel_scale(run: RunSpec) -> tuple[float, float]:
    """Mean and spread, of pixels in [0, 1], by which the run standardises its images; 0 and 1 when it does not.

    Raises:
        PlaygroundError: its data set is not on this server.
    """
    return _pixel_scale(run.dataset, run.seed) if run.dataset.normalise else (0.0, 1.0)


def read(
    run: RunSpec,
    weights: Mapping[str, Tensor],
    image: NDArray[np.uint8],
    scale: tuple[float, float],
) -> Reading:
    """Reads one image, on one thread of the CPU.

    Args:
        run: says which network, and how its outputs become probabilities.
        weights: its state, name -> tensor; they are only read.
        image: uint8 (28, 28), white ink on black, as in MNIST.
        scale: `pixel_scale(run)`; (0, 1) feeds the bare pixels in [0, 1] to the network.

    Raises:
        PlaygroundError: the network takes other images, the weights belong to another network, or it answers with
            what is no number.
    """
    source = data.source(run.dataset)
    if source.input_shape != (1, SIDE, SIDE):
        size = " x ".join(map(str, source.input_shape))
        raise PlaygroundError(
            f"This network learned from {source.title}, of which one example has {size} numbers.",
            "A drawing has 28 x 28 grey pixels.",
            "Choose a network that was trained on digits, letters or clothes.",
        )
    mean, spread = scale
    inputs = torch.from_numpy(np.array(image, dtype=np.float32)).div_(255).sub_(mean).div_(spread)
    with quick(), torch.inference_mode():
        try:
            outputs = functional_call(_structure(run.network), dict(weights), inputs.view(1, 1, SIDE, SIDE), strict=True)
        except RuntimeError:
            raise PlaygroundError(
                "These weights do not fit this network.", "They come from a run with other layers.", "Choose the run again."
            ) from None
        probabilities = run.training.loss.probabilities(outputs)[0].double().numpy()
    if not np.isfinite(probabilities).all():
        raise PlaygroundError(
            "This network's answer is not a number.",
            "Its weights grew beyond all bounds, most often from too high a learning rate.",
            "Train it again with a smaller one.",
        )
    return Reading(probabilities, inputs.numpy())


@lru_cache(maxsize=16)
def _structure(network: NetworkSpec) -> nn.Sequential:
    """The layers without any weights of their own: they take no memory, and serve every run that looks like this."""
    with torch.device("meta"):
        return build(NetworkSpec(layers=network.layers, initialisation=Default()), (1, SIDE, SIDE), seed=0).eval()


@lru_cache(maxsize=64)
def _pixel_scale(spec: DatasetSpec, seed: int) -> tuple[float, float]:
    dataset = data.load(spec)
    cut = split(dataset, spec.training_size, spec.validation_share, seed, spec.folds, spec.fold)
    return standardisation(dataset.x_train, cut.train)
