"""A trained network as one safetensors file: its weights, and in the metadata all that is needed to read with them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from playground.data import source
from playground.errors import PlaygroundError
from playground.problems import WrongFields
from playground.spec import RunSpec
from playground.training.batches import Batches
from playground.training.fit import misfits

# One number for all pixels, or one a column.
Numbers = float | tuple[float, ...]


@dataclass(frozen=True, eq=False)
class SavedNetwork:
    """A network with what its training found out. Each field but the weights is one metadata entry.

    Attributes:
        run: the experiment that it came from; metadata "spec", as JSON.
        weights: the network's state, name -> tensor.
        mean, spread: by which it standardises what goes in, (value - mean) / spread: one number for pixels in [0, 1]; one a
            column, as a JSON list, for a table or points. 0 and 1 without normalisation.
        test_accuracy: the score on its data set's test examples: the share that is right, from 0 to 1, or a regression's R².
        test_images: how many those were.
        command: what made the file, such as "python -m playground train --spec run.json --save network.safetensors".
        target_mean, target_spread: of a regression: output · spread + mean is in the target's own unit. 0 and 1 for classes,
            and then no metadata entries.
    """

    run: RunSpec
    weights: dict[str, Tensor]
    mean: Numbers
    spread: Numbers
    test_accuracy: float
    test_images: int
    command: str
    target_mean: float = 0.0
    target_spread: float = 1.0

    @classmethod
    def of(
        cls, run: RunSpec, weights: Mapping[str, Tensor], batches: Batches, test_accuracy: float, test_images: int, command: str
    ) -> SavedNetwork:
        """A network whose examples were scaled as by `batches`."""
        mean, spread = numbers(batches.mean), numbers(batches.spread)
        targets = (batches.target_mean, batches.target_spread)
        return cls(run, dict(weights), mean, spread, test_accuracy, test_images, command, *targets)

    @property
    def pixel_scale(self) -> tuple[float, float]:
        """`mean` and `spread` of a network that reads images; 0 and 1 for any other."""
        if isinstance(self.mean, tuple) or isinstance(self.spread, tuple):
            return 0.0, 1.0
        return self.mean, self.spread

    def to_bytes(self) -> bytes:
        names = ["mean", "spread", "test_accuracy", "test_images"]
        if source(self.run.dataset).task == "regression":
            names += ["target_mean", "target_spread"]
        notes = {name: json.dumps(getattr(self, name)) for name in names}
        tensors = {name: tensor.contiguous() for name, tensor in self.weights.items()}
        return save(tensors, metadata={"spec": self.run.to_json(), "command": self.command, **notes})

    @classmethod
    def from_bytes(cls, content: bytes) -> SavedNetwork:
        """Reads what `to_bytes` wrote. Nothing is unpickled.

        Raises:
            PlaygroundError: the bytes are no such file; what is missing or wrong is named. WrongFields, with one line for
                each tensor, when the weights are not those of the network that the settings describe.
        """
        saved = cls._from_bytes(content)
        wrong = misfits(saved.run, saved.weights)
        if wrong:
            raise WrongFields(
                wrong,
                "The weights of the network that the file's own settings describe were expected.",
                "Make the file again: it was altered, or put together from two.",
            )
        return saved

    @classmethod
    def _from_bytes(cls, content: bytes) -> SavedNetwork:
        try:
            weights = load(content)
            length = int.from_bytes(content[:8], "little")
            notes: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
            run = RunSpec.from_json(notes["spec"])
            chosen = source(run.dataset)
            columns = 0 if chosen.is_images else chosen.input_shape[0]
            mean, spread = _numbers(notes["mean"], columns), _numbers(notes["spread"], columns)
            test_accuracy = float(notes["test_accuracy"])
            target_mean, target_spread = _finite(float(notes.get("target_mean", 0))), float(notes.get("target_spread", 1))
            lowest = -math.inf if chosen.task == "regression" else 0
            if not (_are_spreads(spread) and _are_spreads(target_spread) and lowest <= test_accuracy <= 1):
                raise ValueError("its numbers are out of range")
            seen = int(notes["test_images"])
            return cls(run, weights, mean, spread, test_accuracy, seen, notes["command"], target_mean, target_spread)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            reason = f"its entry {error} is missing" if isinstance(error, KeyError) else str(error)
            raise PlaygroundError(
                f"These {len(content):,} bytes are no saved network: {reason}.",
                "A file was expected that `python -m playground train --save` wrote.",
                "Make it again with that command.",
            ) from None


def numbers(scale: float | Tensor) -> Numbers:
    """A run's mean or spread, one number or float32 `(d,)`, as plain numbers."""
    return tuple(float(value) for value in scale) if isinstance(scale, Tensor) else float(scale)


def _numbers(text: str, columns: int) -> Numbers:
    """One finite number, or one for each of `columns`."""
    if not text.lstrip().startswith("["):
        return _finite(float(text))
    values = json.loads(text)
    if len(values) != columns:
        raise ValueError(f"its scale has {len(values)} numbers for {columns} columns")
    return tuple(_finite(float(value)) for value in values)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("its numbers are out of range")
    return value


def _are_spreads(spread: Numbers) -> bool:
    return all(0 < value < math.inf for value in (spread if isinstance(spread, tuple) else (spread,)))
