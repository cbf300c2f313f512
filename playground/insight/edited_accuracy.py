"""How well a network does before and after it was edited by hand, on a whole split."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import functional_call

from playground.insight.networks import SplitName, TrainedNetwork, trained_network
from playground.insight.surgery import Edit, State, edited_weights
from playground.insight.unit_paths import Blueprint
from playground.progress import TaskProgress
from playground.spec import RunSpec
from playground.training.evaluation import r_squared

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Figures:
    """How well one network does.

    Attributes:
        right: int64 (k,), the images of each class that were read right; k is 0 for a regression.
        counts: int64 (k,), the images of each class.
        loss: mean over all images, by the loss that the network was trained with; it may be no number.
        total: how many there are.
        r2: of a regression; None for classes.
    """

    right: Counts
    counts: Counts
    loss: float
    total: int
    r2: float | None = None

    @property
    def accuracy(self) -> float:
        """The score: the share of all images that was read right, or the R² of a regression."""
        return float(self.right.sum() / max(1, self.total)) if self.r2 is None else self.r2

    @property
    def class_accuracy(self) -> npt.NDArray[np.float64]:
        """float64 (k,); NaN for a class without images."""
        return np.divide(self.right, self.counts, out=np.full(len(self.counts), np.nan), where=self.counts > 0)


@dataclass(frozen=True, eq=False)
class EditedAccuracy:
    """The same images, read before and after the edits."""

    split: SplitName
    before: Figures
    after: Figures


def edited_accuracy(
    run_json: str,
    weights: Mapping[str, Tensor],
    edits: Sequence[Edit],
    split: SplitName = "validation",
    before: Figures | None = None,
) -> Generator[TaskProgress, None, EditedAccuracy]:
    """Shows all images of the split to the network with its own weights and with the edited ones.

    Args:
        run_json: the RunSpec, as of `to_json`.
        weights: the state that the edits begin with, name -> tensor.
        before: the figures without edits, when they are known.

    Raises:
        PlaygroundError: the data set is not there, the split is empty, or an edit cannot be done to this network.
    """
    run = RunSpec.from_json(run_json)
    trained = trained_network(run, weights)
    changed = edited_weights(weights, edits, Blueprint.of(run))
    states = ([] if before else [weights]) + ([changed] if edits else [])
    images, labels, _ = trained.split(split)
    found = []
    for number, state in enumerate(states):
        asked = figures_in_slices(trained, state, images, labels)
        while True:
            try:
                done = next(asked)
            except StopIteration as finished:
                found.append(finished.value)
                break
            total = len(states) * len(images)
            yield TaskProgress(number * len(images) + done, total, f"{done:,} of {len(images):,} on {split}")
    before = before or found[0]
    return EditedAccuracy(split, before, found[-1] if edits else before)


def figures_in_slices(trained: TrainedNetwork, state: State, images: Tensor, labels: Tensor) -> Generator[int, None, Figures]:
    """Yields the number of images done after each slice; returns the figures. The network's own weights stay as they are.

    Args:
        state: the weights to use, name -> tensor.
        images: uint8 (n, c, h, w), labels: int64 (n,), n > 0, on the network's device; or rows (n, d) and targets (n, 1).
    """
    device = images.device
    tensors = {name: tensor.to(device) for name, tensor in state.items()}
    size, classes = trained.slice_size, len(trained.dataset.class_names)
    right, counts, loss = np.zeros(classes, np.int64), np.zeros(classes, np.int64), 0.0
    predictions: list[Tensor] = []
    for start in range(0, len(images), size):
        truth = labels[start : start + size]
        with torch.inference_mode():
            outputs = functional_call(trained.network, tensors, (trained.batches.inputs(images[start : start + size]),))
            loss += float(trained.run.training.loss.compute(outputs, truth)) * len(truth)
            if classes:
                hits = truth[trained.run.training.loss.predicted(outputs) == truth].cpu().numpy()
                right += np.bincount(hits, minlength=classes)
                counts += np.bincount(truth.cpu().numpy(), minlength=classes)
            else:
                predictions.append(outputs)
        yield min(start + size, len(images))
    r2 = r_squared(torch.cat(predictions), labels) if predictions else None
    return Figures(right, counts, loss / len(images), len(images), r2)
