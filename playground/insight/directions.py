"""Two directions in the space of all weights, and where other weights lie in the plane that they span."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from playground.errors import PlaygroundError
from playground.seeds import generator

Weights = Mapping[str, Tensor]
"""Name -> values, of trainable weights only."""

FEWEST_MOMENTS = 3
_NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)
_SMALLEST_SHARE = 1e-10  # of the first component's variance: below, the second is rounding


@dataclass(frozen=True, eq=False)
class Plane:
    """Two directions.

    Attributes:
        first, second: each weight's part of a step of length 1 on the map.
        shares: of the variance of a trajectory along either direction; None for random ones.
    """

    first: Weights
    second: Weights
    shares: tuple[float, float] | None = None

    def project(self, displacement: Weights) -> tuple[float, float, float]:
        """The place in the plane nearest to `displacement`, by least squares, as steps along `first` and `second`; and which
        share of the displacement's length lies in the plane (0 to 1)."""
        directions = (self.first, self.second)
        gram = np.array([[_dot(one, other) for other in directions] for one in directions])
        right = np.array([_dot(one, displacement) for one in directions])
        places = np.linalg.lstsq(gram, right, rcond=None)[0]
        length = _dot(displacement, displacement) ** 0.5
        inside = max(0.0, float(places @ gram @ places)) ** 0.5
        return float(places[0]), float(places[1]), min(1.0, inside / length) if length > 0 else 1.0


def random_plane(network: nn.Module, seed: int) -> Plane:
    """Two random directions, filter-normalised (Li et al. 2018, section 4): each filter's part is as long as the filter itself.

    A filter is the weights of one unit: a convolution's kernels for one output channel, a neuron's row. Biases and the weights of
    normalisation layers keep still, as in the paper's experiments.

    Raises:
        PlaygroundError: the network has no such weights.
    """
    filters = {
        f"{prefix}.{name}" if prefix else name
        for prefix, module in network.named_modules()
        if not isinstance(module, _NORMS)
        for name, values in module.named_parameters(recurse=False)
        if values.requires_grad and values.dim() > 1
    }
    if not filters:
        raise PlaygroundError(
            "This network has no weights that could be changed.",
            "A landscape shows how the loss changes with the weights.",
            "Add a dense layer or a convolution, and train it.",
        )
    first, second = (_random_direction(network, filters, seed, number) for number in (1, 2))
    return Plane(first, second)


def trajectory_plane(displacements: Sequence[Weights]) -> Plane:
    """The two principal components of a training's moments (Li et al. 2018, section 7); each of length 1.

    Args:
        displacements: the weights of each moment minus those in the middle of the map.

    Raises:
        PlaygroundError: fewer than 3 moments, or the moments lie on one line.
    """
    if len(displacements) < FEWEST_MOMENTS:
        raise PlaygroundError(
            f"Only {len(displacements)} saved {'moment' if len(displacements) == 1 else 'moments'} of this training can be used.",
            f"The main directions of its path need at least {FEWEST_MOMENTS}.",
            "Train a few epochs more, or choose random directions.",
        )
    names = list(displacements[0])
    means = {name: torch.stack([one[name] for one in displacements]).double().mean(dim=0) for name in names}
    gram = np.zeros((len(displacements), len(displacements)))
    for name in names:
        centred = torch.stack([one[name].double() - means[name] for one in displacements]).flatten(1)
        gram += (centred @ centred.T).cpu().numpy()
    sizes, left = np.linalg.eigh(gram)
    if sizes[-2] <= _SMALLEST_SHARE * max(sizes[-1], np.finfo(float).tiny):
        raise PlaygroundError(
            "The saved moments of this training do not span a plane.",
            "Its weights hardly moved, or went straight on.",
            "Choose random directions.",
        )
    first, second = (_combination(displacements, means, left[:, -k] / sizes[-k] ** 0.5) for k in (1, 2))
    whole = float(sizes.sum())
    return Plane(first, second, (float(sizes[-1]) / whole, float(sizes[-2]) / whole))


def difference(weights: Mapping[str, Tensor], centre: Weights) -> Weights:
    """`weights` minus `centre`, for the centre's names."""
    return {name: weights[name].to(values) - values for name, values in centre.items()}


def _random_direction(network: nn.Module, filters: set[str], seed: int, number: int) -> Weights:
    draws = generator(seed, "landscape direction", number)
    direction: dict[str, Tensor] = {}
    for name, values in network.named_parameters():
        if name not in filters:
            direction[name] = torch.zeros_like(values.detach())
            continue
        drawn = torch.randn(values.shape, generator=draws).to(values.device)
        scale = _filter_norms(values.detach()) / _filter_norms(drawn).clamp_min(1e-12)
        direction[name] = drawn * scale
    return direction


def _filter_norms(values: Tensor) -> Tensor:
    """The length of each unit's weights, in a shape that goes with `values`."""
    return values.flatten(1).norm(dim=1).reshape(-1, *[1] * (values.dim() - 1))


def _combination(displacements: Sequence[Weights], means: Weights, shares: npt.NDArray[np.float64]) -> Weights:
    mixed: dict[str, Tensor] = {}
    for name, mean in means.items():
        rows = zip(shares.tolist(), displacements, strict=True)
        mixed[name] = sum((share * (one[name].double() - mean) for share, one in rows), torch.zeros_like(mean)).float()
    return mixed


def _dot(one: Weights, other: Weights) -> float:
    return sum(float((values.double() * other[name].double()).sum()) for name, values in one.items())
