"""How a network's accuracy, and its confidence, fall when its images become harder to read."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground.insight.calibration import softmax
from playground.insight.corruptions import CORRUPTIONS, Corruption, Images
from playground.insight.exam import logits_of, outputs_of
from playground.insight.networks import TrainedNetwork, trained_network
from playground.progress import TaskProgress
from playground.seeds import stream_seed
from playground.spec import RunSpec

Floats = npt.NDArray[np.float64]

SAMPLES = 12
# Images that are changed at once: some hundredths of a second.
CHUNK = 250


@dataclass(frozen=True, eq=False)
class RobustnessCurve:
    """One corruption at `s` strengths.

    Attributes:
        name: of the corruption.
        strengths: float64 (s,).
        right: int64 (s,), images read right.
        confidence: float64 (s,), how sure it was on average.
        samples: uint8 (s, m, c, h, w), the first images.
        sample_predicted, sample_confidence: (s, m), what they were read as, and how surely.
    """

    name: str
    strengths: Floats
    right: npt.NDArray[np.int64]
    confidence: Floats
    samples: Images
    sample_predicted: npt.NDArray[np.int64]
    sample_confidence: Floats


@dataclass(frozen=True, eq=False)
class Robustness:
    """All corruptions, on the same `images` test images for every network of a data set.

    Attributes:
        sample_labels: int64 (m,), the true classes of the samples.
    """

    images: int
    sample_labels: npt.NDArray[np.int64]
    curves: tuple[RobustnessCurve, ...]


def robustness(run_json: str, weights: Mapping[str, Tensor], images: int = 1000) -> Generator[TaskProgress, None, Robustness]:
    """Shows the network the same test images at every strength of every corruption.

    Args:
        images: how many; all when there are fewer.

    Raises:
        PlaygroundError: the data set is not there, the weights do not fit, or the answers are no numbers.
    """
    trained = trained_network(RunSpec.from_json(run_json), weights)
    pixels, labels, _ = trained.split("test")
    rows = chosen_rows(len(labels), images)
    pictures, truth = pixels.cpu().numpy()[rows], labels.cpu().numpy()[rows]
    steps = [(corruption, strength) for corruption in CORRUPTIONS for strength in corruption.strengths if strength != 0]
    total = len(rows) * (1 + len(steps))
    clean = yield from _ask(trained, pictures, CORRUPTIONS[0], 0, TaskProgress(0, total, "unchanged images"))
    found = {}
    for number, (corruption, strength) in enumerate(steps, 1):
        told = TaskProgress(number * len(rows), total, f"{corruption.title.lower()} {strength:g}")
        found[corruption.name, strength] = yield from _ask(trained, pictures, corruption, strength, told)
    curves = [
        _curve(corruption, [found.get((corruption.name, strength), clean) for strength in corruption.strengths], truth)
        for corruption in CORRUPTIONS
    ]
    return Robustness(len(rows), truth[:SAMPLES], tuple(curves))


def chosen_rows(available: int, images: int) -> npt.NDArray[np.int64]:
    """Which test images are taken: the same for every network, and the fewer are a part of the more. int64 (m,)."""
    return np.random.default_rng(stream_seed(0, "robustness images")).permutation(available)[:images]


def corrupted(pictures: Images, corruption: Corruption, strength: float, start: int = 0) -> Images:
    """The images at this strength, each with draws of its own chunk: uint8 (n, c, h, w).

    Args:
        start: the place of the first one among all, a multiple of `CHUNK`.
    """
    if strength == 0:
        return pictures
    draws = np.random.default_rng(stream_seed(0, f"corruption {corruption.name}", start // CHUNK))
    return corruption.apply(pictures, strength, draws)


@dataclass(frozen=True, eq=False)
class _Answers:
    """To all images at one strength; `samples` are the first images as they were shown."""

    predicted: npt.NDArray[np.int64]
    confidence: Floats
    samples: Images


def _ask(
    trained: TrainedNetwork, pictures: Images, corruption: Corruption, strength: float, told: TaskProgress
) -> Generator[TaskProgress, None, _Answers]:
    yield told
    outputs: list[Tensor] = []
    samples = pictures[:0]
    for start in range(0, len(pictures), CHUNK):
        changed = corrupted(pictures[start : start + CHUNK], corruption, strength, start)
        samples = changed[:SAMPLES].copy() if start == 0 else samples
        slices = outputs_of(trained, torch.from_numpy(changed))
        while True:
            try:
                yield TaskProgress(told.done + start + next(slices), told.total, told.text)
            except StopIteration as finished:
                outputs.append(finished.value)
                break
    everything = torch.cat(outputs)
    logits, _ = logits_of(everything, trained.run.training.loss)
    predicted = trained.run.training.loss.predicted(everything).cpu().numpy()
    return _Answers(predicted, softmax(logits)[np.arange(len(predicted)), predicted], samples)


def _curve(corruption: Corruption, answers: list[_Answers], truth: npt.NDArray[np.int64]) -> RobustnessCurve:
    return RobustnessCurve(
        corruption.name,
        np.array(corruption.strengths, np.float64),
        np.array([int((one.predicted == truth).sum()) for one in answers]),
        np.array([float(one.confidence.mean()) for one in answers]),
        np.stack([one.samples for one in answers]),
        np.stack([one.predicted[:SAMPLES] for one in answers]),
        np.stack([one.confidence[:SAMPLES] for one in answers]),
    )
