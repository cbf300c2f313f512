"""What the network says about every image of a split."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground.insight.networks import SplitName, trained_network
from playground.progress import TaskProgress
from playground.spec import RunSpec
from playground.training.evaluation import outputs_in_slices

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The network's answers for `n` images and `k` classes, at one moment of its training.

    Attributes:
        split: "test", "validation" or "training".
        step: batches that the network had learned from.
        labels: int64 (n,), the true classes.
        predicted: int64 (n,), the class with the largest output.
        probabilities: float32 (n, k), each row adding up to 1.
        losses: float32 (n,), each image's own loss; without label noise, augmentation, dropout or penalties.
        indices: int64 (n,), the images' places in the data set's test images ("test") or training images (the others).
    """

    split: SplitName
    step: int
    labels: Integers
    predicted: Integers
    probabilities: Floats
    losses: Floats
    indices: Integers

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def num_classes(self) -> int:
        return int(self.probabilities.shape[1])

    @property
    def confidences(self) -> Floats:
        """float32 (n,): the probability of the predicted class."""
        return self.probabilities[np.arange(len(self)), self.predicted]


def evaluate(
    run_json: str, weights: Mapping[str, Tensor], split: SplitName, step: int
) -> Generator[TaskProgress, None, Evaluation]:
    """Shows all images of the split to the network, without augmentation or dropout.

    Args:
        run_json: the RunSpec, as of `to_json`.
        weights: the network's state, name -> tensor.
        step: when the weights were taken; only noted in the result.

    Raises:
        PlaygroundError: the data set is not there, the split is empty, or the weights do not fit.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    images, labels, indices = trained.split(split)
    total = len(images)
    yield TaskProgress(0, total)
    slices = outputs_in_slices(trained.network, images, trained.batches.inputs, trained.slice_size)
    while True:
        try:
            done = next(slices)
        except StopIteration as finished:
            outputs: Tensor = finished.value
            break
        yield TaskProgress(done, total, f"{done:,} of {total:,} {split} images")
    loss = trained.run.training.loss
    with torch.inference_mode():
        return Evaluation(
            split,
            step,
            labels.cpu().numpy(),
            # Not from the probabilities: where those are cut to [0, 1] or rounded, two classes may share the largest.
            outputs.argmax(dim=1).cpu().numpy(),
            loss.probabilities(outputs).float().cpu().numpy(),
            loss.compute(outputs, labels, "none").float().cpu().numpy(),
            indices.cpu().numpy(),
        )
