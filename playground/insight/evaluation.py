"""What the network says about every example of a split."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground import data
from playground.errors import PlaygroundError
from playground.insight.networks import SplitName, trained_network
from playground.progress import TaskProgress
from playground.spec import RunSpec
from playground.training.evaluation import outputs_in_slices

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The network's answers for `n` examples and `k` classes, at one moment of its training.

    Attributes:
        split: "test", "validation" or "training".
        step: batches that the network had learned from.
        labels: int64 (n,), the true classes.
        predicted: int64 (n,), the class that it says.
        probabilities: float32 (n, k), each row adding up to 1; two columns also where the network has a single output.
        losses: float32 (n,), each example's own loss; without label noise, augmentation, dropout or penalties.
        indices: int64 (n,), the examples' places in the data set's test set ("test") or training set (the others).
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


@dataclass(frozen=True, eq=False)
class RegressionEvaluation:
    """The numbers that a network predicts for `n` examples, at one moment of its training.

    Attributes:
        split, step, losses, indices: as of `Evaluation`; the losses are of standardised targets, as in training.
        targets: float64 (n,), the true values in the target's own unit.
        predictions: float64 (n,), what the network says, in the same unit.
    """

    split: SplitName
    step: int
    targets: Doubles
    predictions: Doubles
    losses: Floats
    indices: Integers

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def errors(self) -> Doubles:
        """float64 (n,): predicted minus true, in the target's own unit."""
        return self.predictions - self.targets


AnyEvaluation = Evaluation | RegressionEvaluation


def evaluate(
    run_json: str, weights: Mapping[str, Tensor], split: SplitName, step: int
) -> Generator[TaskProgress, None, AnyEvaluation]:
    """Shows all examples of the split to the network, without augmentation or dropout.

    Args:
        run_json: the RunSpec, as of `to_json`.
        weights: the network's state, name -> tensor.
        step: when the weights were taken; only noted in the result.

    Returns:
        A RegressionEvaluation where the data set's task is regression, else an Evaluation.

    Raises:
        PlaygroundError: the data set is not there, the split is empty, or the weights do not fit.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    dataset, loss = trained.dataset, trained.run.training.loss
    examples, labels, indices = trained.split(split)
    plural = data.source(trained.run.dataset).examples
    total = len(examples)
    if total == 0:
        raise PlaygroundError(
            f"There are no {split} {plural} to ask the network about.", "At least one is needed.", "Look at another split."
        )
    yield TaskProgress(0, total)
    slices = outputs_in_slices(trained.network, examples, trained.batches.inputs, trained.slice_size)
    while True:
        try:
            done = next(slices)
        except StopIteration as finished:
            outputs: Tensor = finished.value
            break
        yield TaskProgress(done, total, f"{done:,} of {total:,} {split} {plural}")
    with torch.inference_mode():
        losses = loss.compute(outputs, labels, "none").float().cpu().numpy()
        places = indices.cpu().numpy()
        if dataset.task == "regression":
            # The data set's own targets, not the standardised ones turned back, so that they are exact.
            targets = (dataset.y_test if split == "test" else dataset.y_train)[indices, 0].double().numpy()
            said = outputs[:, 0].double().cpu() * trained.batches.target_spread + trained.batches.target_mean
            return RegressionEvaluation(split, step, targets, said.numpy(), losses, places)
        return Evaluation(
            split,
            step,
            labels.cpu().numpy(),
            # Not from the probabilities: where those are cut to [0, 1] or rounded, two classes may share the largest.
            loss.predicted(outputs).cpu().numpy(),
            loss.probabilities(outputs).float().cpu().numpy(),
            losses,
            places,
        )
