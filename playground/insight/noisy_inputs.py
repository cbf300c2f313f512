"""How much noise on the columns of a table, or on the inputs of points, does a network bear?"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.calibration import softmax
from playground.insight.exam import logits_of, outputs_of
from playground.insight.networks import TrainedNetwork, trained_network
from playground.progress import TaskProgress
from playground.seeds import generator
from playground.spec import RunSpec

Floats = npt.NDArray[np.float64]

STRENGTHS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0)
DRAWS = 20


@dataclass(frozen=True, eq=False)
class NoisyInputs:
    """What the noise does, at `s` strengths; each a mean over all test examples and all draws.

    Attributes:
        examples: test examples.
        strengths: float64 (s,), in spreads (standard deviations) of each column of the training examples; the first is 0.
        right: float64 (s,), the share told right; of a regression the mean absolute error, in the target's own unit.
        confidence: float64 (s,), how sure it was on average; None of a regression.
        plain: the same as `right` of one who always says the most frequent class, or the mean, of the training examples.
    """

    examples: int
    strengths: Floats
    right: Floats
    confidence: Floats | None
    plain: float


def noisy_inputs(run_json: str, weights: Mapping[str, Tensor]) -> Generator[TaskProgress, None, NoisyInputs]:
    """Shows the network the test examples with normal noise on all columns: x + strength * spread * n, with n from N(0, 1).

    Raises:
        PlaygroundError: the data set is not there or has pictures, the weights do not fit, or the answers are no numbers.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    if trained.dataset.is_images:
        raise PlaygroundError("This noise is for tables and points.", "A run on rows or points was expected.", "Choose one.")
    rows, labels, _ = trained.split("test")
    spread = trained.batches.split_images("train")[0].double().std(dim=0, correction=0).float()
    found: list[tuple[float, float]] = []
    for place, strength in enumerate(STRENGTHS):
        yield TaskProgress(place, len(STRENGTHS), f"noise {strength:g}")
        # The same draws at every strength: what changes from one to the next is the strength alone.
        draws = torch.randn((DRAWS if strength else 1, *rows.shape), generator=generator(0, "noisy inputs")).to(rows)
        noisy = (rows + strength * spread * draws).flatten(0, 1)
        asked = outputs_of(trained, noisy)
        while True:
            try:
                next(asked)
            except StopIteration as finished:
                outputs: Tensor = finished.value
                break
        found.append(_judged(trained, outputs, labels.repeat(len(draws), *[1] * (labels.ndim - 1))))
    yield TaskProgress(len(STRENGTHS), len(STRENGTHS), "done")
    right, sure = (np.array(values) for values in zip(*found, strict=True))
    is_number = trained.dataset.task == "regression"
    return NoisyInputs(len(rows), np.array(STRENGTHS), right, None if is_number else sure, _plain(trained))


def _judged(trained: TrainedNetwork, outputs: Tensor, labels: Tensor) -> tuple[float, float]:
    """The mean absolute error and NaN; or the share told right and the mean confidence."""
    if not bool(torch.isfinite(outputs).all()):
        raise PlaygroundError(
            "This network's answers are not numbers.",
            "Its weights grew beyond all bounds, most often from too high a learning rate.",
            "Train it again with a smaller one, or choose an earlier moment with the time machine.",
        )
    if trained.dataset.task == "regression":
        return float((outputs - labels).abs().double().mean()) * trained.batches.target_spread, float("nan")
    predicted = trained.run.training.loss.predicted(outputs)
    shares = softmax(logits_of(outputs, trained.run.training.loss)[0])
    sure = shares[np.arange(len(shares)), predicted.cpu().numpy()]
    return float((predicted == labels).double().mean()), float(sure.mean())


def _plain(trained: TrainedNetwork) -> float:
    learned, asked = trained.batches.split_images("train")[1], trained.split("test")[1]
    if trained.dataset.task == "regression":
        return float((asked.double() - learned.double().mean()).abs().mean()) * trained.batches.target_spread
    return float((asked == learned.bincount().argmax()).double().mean())
