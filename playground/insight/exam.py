"""What a network answers to all test and validation images, kept as numbers that can be made more or less sure later."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground import data
from playground.catalog.losses import LossEntry
from playground.errors import PlaygroundError
from playground.insight.calibration import Temperature, fit_temperature, softmax, temperature_curve
from playground.insight.networks import SplitName, TrainedNetwork, trained_network
from playground.progress import TaskProgress
from playground.spec import RunSpec
from playground.training.evaluation import outputs_in_slices

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# A share of exactly 0 has no logarithm; it counts as one in a million.
SMALLEST_SHARE = 1e-6
_SAME_SHARES = 1e-5


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to `n` images in `k` classes.

    Attributes:
        labels, predicted: int64 (n,), the true class and the one with the largest output.
        logits: float32 (n, k); their softmax is what the network says.
        indices: int64 (n,), the images' places in the data set's test or training images.
    """

    labels: Integers
    predicted: Integers
    logits: npt.NDArray[np.float32]
    indices: Integers

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """bool (n,)."""
        return self.labels == self.predicted

    def probabilities(self, temperature: float = 1.0) -> Floats:
        """float64 (n, k), each row adding up to 1."""
        return softmax(self.logits, temperature)

    def confidences(self, temperature: float = 1.0) -> Floats:
        """float64 (n,): the probability of the predicted class."""
        return self.probabilities(temperature)[np.arange(len(self)), self.predicted]


@dataclass(frozen=True, eq=False)
class Exam:
    """Both exams of one network at one moment.

    Attributes:
        step: batches that it had learned from.
        test: the final exam.
        validation: the mock exam; None for a run without validation images.
        temperature: fitted on the validation images; None without them.
        fit: temperatures and the validation images' negative log-likelihood at each, the fitted one in the middle.
        raw: whether the network's outputs are logits (a single one is the second of two, beside a 0); else the logits are the
            logarithms of its shares.
    """

    step: int
    test: Answers
    validation: Answers | None
    temperature: Temperature | None
    fit: tuple[Floats, Floats] | None
    raw: bool


def sit_exam(run_json: str, weights: Mapping[str, Tensor], step: int) -> Generator[TaskProgress, None, Exam]:
    """Asks the network about all test and validation images, and fits the temperature on the latter.

    Raises:
        PlaygroundError: the data set is not there, the weights do not fit, or the answers are no numbers.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    splits: tuple[SplitName, ...] = ("validation", "test") if len(trained.batches.validation) else ("test",)
    images = {name: trained.split(name) for name in splits}
    total = sum(len(split[0]) for split in images.values())
    plural = data.source(trained.run.dataset).examples
    yield TaskProgress(0, total)
    answers: dict[SplitName, Answers] = {}
    raw = True
    before = 0
    for name, (pixels, labels, indices) in images.items():
        slices = outputs_in_slices(trained.network, pixels, trained.batches.inputs, trained.slice_size)
        while True:
            try:
                yield TaskProgress(before + next(slices), total, f"{name} {plural}")
            except StopIteration as finished:
                outputs: Tensor = finished.value
                break
        logits, raw = logits_of(outputs, trained.run.training.loss)
        predicted = trained.run.training.loss.predicted(outputs).cpu().numpy()
        answers[name] = Answers(labels.cpu().numpy(), predicted, logits, indices.cpu().numpy())
        before += len(pixels)
    mock = answers.get("validation")
    if mock is None:
        return Exam(step, answers["test"], None, None, None, raw)
    temperature = fit_temperature(mock.logits, mock.labels)
    yield TaskProgress(total, total, "temperature")
    fit = temperature_curve(mock.logits, mock.labels, temperature.value)
    return Exam(step, answers["test"], mock, temperature, fit, raw)


def outputs_of(trained: TrainedNetwork, images: Tensor) -> Generator[int, None, Tensor]:
    """`outputs_in_slices` of uint8 images that may lie on another device than the network."""
    device = next((parameter.device for parameter in trained.network.parameters()), images.device)
    return outputs_in_slices(trained.network, images.to(device), trained.batches.inputs, trained.slice_size)


def logits_of(outputs: Tensor, loss: LossEntry) -> tuple[npt.NDArray[np.float32], bool]:
    """Numbers whose softmax is what the page shows for these outputs: float32 (n, k), and whether they are the outputs.

    Log-probabilities are logits as well. A single output z for yes or no is a lead: the logits are 0 and z. Losses that read
    the outputs otherwise (squared error, one yes-or-no question a class) give shares; their logarithms serve, with shares below
    0.000001 raised to that.

    Raises:
        PlaygroundError: an output is no number.
    """
    with torch.inference_mode():
        if not bool(torch.isfinite(outputs).all()):
            raise PlaygroundError(
                "This network's answers are not numbers.",
                "Its weights grew beyond all bounds, most often from too high a learning rate.",
                "Train it again with a smaller one, or choose an earlier moment with the time machine.",
            )
        if outputs.shape[1] == 1:
            return torch.cat([torch.zeros_like(outputs), outputs], dim=1).float().cpu().numpy(), True
        shares = loss.probabilities(outputs)
        raw = bool(torch.allclose(shares, torch.softmax(outputs, dim=1), rtol=0.0, atol=_SAME_SHARES))
        logits = outputs if raw else shares.clamp_min(SMALLEST_SHARE).log()
        return logits.float().cpu().numpy(), raw
