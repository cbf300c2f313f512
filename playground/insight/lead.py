"""How far a class leads all others in a network's outputs, and its slope in the pixels."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.networks import TrainedNetwork


def first_answers(trained: TrainedNetwork, pixels: NDArray[np.uint8]) -> list[int]:
    """All classes, the one with the largest output first, for an image uint8 (c, h, w).

    Raises:
        PlaygroundError: the outputs are not finite.
    """
    outputs = outputs_of(trained, image_of(trained, pixels))
    return scores_of(trained, outputs)[0].argsort(descending=True, stable=True).tolist()  # type: ignore[no-any-return]


def network_outputs(trained: TrainedNetwork, levels: Tensor) -> Tensor:
    """Outputs (n, k), with a graph if `levels` has one, of images (n, c, h, w) in grey levels, 0 to 255, float32.

    For whole grey levels it computes just what `Batches.inputs` does, operation by operation.
    """
    batches = trained.batches
    outputs = trained.network((levels - 255 * batches.mean) * (1 / (255 * batches.spread)))
    if outputs.ndim != 2:
        raise PlaygroundError("This network does not end with one number a class.", "", "Let it end with a Dense layer.")
    return outputs  # type: ignore[no-any-return]


def scores_of(trained: TrainedNetwork, outputs: Tensor) -> Tensor:
    """(n, classes): one score a class, also where the network has a single output for yes or no."""
    return trained.run.training.loss.class_scores(outputs)


def answer_of(trained: TrainedNetwork, outputs: Tensor) -> int:
    """The class that is answered, of outputs (1, k)."""
    return int(trained.run.training.loss.predicted(outputs))


def lead(scores: Tensor, target: int) -> Tensor:
    """(n,): z_t - max over k != t of z_k; above 0 where `target` is the answer. With one class, z_t."""
    if scores.shape[1] == 1:
        return scores[:, 0]
    others = torch.cat([scores[:, :target], scores[:, target + 1 :]], dim=1)
    return scores[:, target] - others.amax(dim=1)


def lead_slope(trained: TrainedNetwork, levels: Tensor, target: int) -> tuple[Tensor, Tensor]:
    """The lead (n,) and its gradient in `levels`, (n, c, h, w), per grey level."""
    levels = levels.detach().requires_grad_()
    with torch.enable_grad():
        values = lead(scores_of(trained, network_outputs(trained, levels)), target)
        (slope,) = torch.autograd.grad(values.sum(), levels)
    return values.detach(), slope


def image_of(trained: TrainedNetwork, pixels: NDArray[np.uint8]) -> Tensor:
    """float32 (1, c, h, w) in grey levels, where the network is."""
    image = torch.from_numpy(np.array(pixels)).float()[None]
    return image.to(next(trained.network.parameters(), image).device)


def outputs_of(trained: TrainedNetwork, image: Tensor) -> Tensor:
    """(1, k), checked to be finite."""
    with torch.no_grad():
        outputs = network_outputs(trained, image)
    if outputs.isfinite().all():
        return outputs
    raise PlaygroundError(
        "This network's answer is not a number, so nothing can change it.",
        "Its weights grew beyond all bounds, most often from too high a learning rate.",
        "Train it again with a smaller one.",
    )


def shares_of(trained: TrainedNetwork, outputs: Tensor) -> NDArray[np.float64]:
    """float64 (n, k): the probabilities as the run's loss reads them."""
    return trained.run.training.loss.probabilities(outputs.detach()).double().cpu().numpy()  # type: ignore[no-any-return]
