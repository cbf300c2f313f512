"""Images that are nothing that the network knows: letters for a network of digits. Does it notice?"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import rankdata
from torch import Tensor

from playground import data
from playground.errors import PlaygroundError
from playground.insight.calibration import softmax
from playground.insight.exam import logits_of, outputs_of
from playground.insight.networks import trained_network
from playground.insight.printed_letters import printed_letters
from playground.progress import TaskProgress
from playground.seeds import stream_seed
from playground.spec import RunSpec

Floats = npt.NDArray[np.float64]
Images = npt.NDArray[np.uint8]

PRINTED, NOISE = "printed-letters", "noise"
MOST_IMAGES = 1000

# What a data set shows; sets of the same kind are no strangers to each other.
_KINDS = {"mnist": "digits", "mnist-5k": "digits", "emnist-letters": "letters", PRINTED: "letters"}
# Of the sets of one kind, this one is offered.
_NOT_OFFERED = ("mnist",)
_PRINTED_SIDE = 28

LOOKALIKES: dict[str, str] = {
    "O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "i": "1", "L": "1", "l": "1", "J": "1", "j": "1", "Z": "2", "z": "2",
    "S": "5", "s": "5", "b": "6", "G": "6", "T": "7", "B": "8", "g": "9", "q": "9", "a": "9",
}  # fmt: skip


@dataclass(frozen=True)
class StrangerSet:
    """Images that can be put to a network as strangers.

    Attributes:
        name: a data set's, or "printed-letters", or "noise".
        dataset: whether it is a data set, which may have to be fetched first.
    """

    name: str
    title: str
    words: str
    dataset: bool


@dataclass(frozen=True, eq=False)
class StrangerAnswers:
    """What the network takes `n` strangers for.

    Attributes:
        name: of the stranger set.
        images: uint8 (n, c, h, w).
        symbols: n names of what is really there.
        predicted: int64 (n,), the class that it says.
        logits: float32 (n, k), as in `exam.Answers`.
    """

    name: str
    images: Images
    symbols: tuple[str, ...]
    predicted: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.predicted)

    def confidences(self, temperature: float = 1.0) -> Floats:
        """float64 (n,): the probability of what it says."""
        return softmax(self.logits, temperature)[np.arange(len(self)), self.predicted]


def stranger_sets(own: str) -> tuple[StrangerSet, ...]:
    """What can be put to a network that learned from the data set `own`: images of its size and of another kind."""
    shape = data.source(own).input_shape
    found = []
    if shape == (1, _PRINTED_SIDE, _PRINTED_SIDE) and _kind(own) != _kind(PRINTED):
        words = "A to Z and a to z in print, drawn by the computer and prepared like a drawing."
        found.append(StrangerSet(PRINTED, "Printed letters (drawn by the computer)", words, False))
    for source in data.SOURCES:
        if source.name not in _NOT_OFFERED and source.input_shape == shape and _kind(source.name) != _kind(own):
            found.append(StrangerSet(source.name, source.title, source.description, True))
    found.append(StrangerSet(NOISE, "Pure noise", "Every pixel is drawn by chance: there is nothing to see.", False))
    return tuple(found)


def lookalike(symbol: str, class_names: tuple[str, ...]) -> str | None:
    """The class that this symbol may fairly be taken for: "0" for "O"; "O" for "0" when the classes are letters."""
    similar = LOOKALIKES.get(symbol)
    if similar in class_names:
        return similar
    return next((letter for letter, digit in LOOKALIKES.items() if digit == symbol and letter in class_names), None)


def ask_strangers(
    run_json: str, weights: Mapping[str, Tensor], name: str, images: int = MOST_IMAGES
) -> Generator[TaskProgress, None, StrangerAnswers]:
    """Puts the strangers of that name to the network.

    Args:
        images: at most so many; printed letters are always the same 416.

    Raises:
        PlaygroundError: a data set is not there, the sizes or the weights do not fit, or the answers are no numbers.
    """
    yield TaskProgress(0, 1)
    trained = trained_network(RunSpec.from_json(run_json), weights)
    if name == PRINTED:
        pictures, symbols = yield from printed_letters()
    elif name == NOISE:
        draws = np.random.default_rng(stream_seed(0, "noise images"))
        pictures = draws.integers(0, 256, (images, *trained.dataset.input_shape), dtype=np.uint8)
        symbols = ("noise",) * images
    else:
        pictures, symbols = _from_dataset(name, images)
    if pictures.shape[1:] != trained.dataset.input_shape:
        raise PlaygroundError("These images have another size.", "The network takes no others than its own.", "Choose others.")
    slices = outputs_of(trained, torch.from_numpy(pictures))
    while True:
        try:
            yield TaskProgress(next(slices), len(pictures), "strangers")
        except StopIteration as finished:
            outputs: Tensor = finished.value
            break
    logits, _ = logits_of(outputs, trained.run.training.loss)
    predicted = trained.run.training.loss.predicted(outputs).cpu().numpy()
    return StrangerAnswers(name, pictures, symbols, predicted, logits)


def auroc(own: npt.ArrayLike, strangers: npt.ArrayLike) -> float | None:
    """How well confidence tells the two apart: the probability that a known image is surer than a stranger, ties counting half.

    The area under the ROC curve, by the Mann-Whitney statistic. 1 is perfect, 0.5 is guessing; None when one side is empty.

    Args:
        own, strangers: float (n,) and (m,), confidences.
    """
    known, foreign = np.asarray(own, dtype=np.float64), np.asarray(strangers, dtype=np.float64)
    if len(known) == 0 or len(foreign) == 0:
        return None
    ranks = rankdata(np.concatenate([known, foreign]))[: len(known)].sum()
    return float((ranks - len(known) * (len(known) + 1) / 2) / (len(known) * len(foreign)))


def _kind(name: str) -> str:
    return _KINDS.get(name, name)


def _from_dataset(name: str, images: int) -> tuple[Images, tuple[str, ...]]:
    dataset = data.load(name)
    rows = np.random.default_rng(stream_seed(0, f"strangers {name}")).permutation(len(dataset.x_test))[:images]
    symbols = tuple(dataset.class_names[int(dataset.y_test[row])] for row in rows)
    return dataset.x_test.numpy()[rows], symbols
