"""A trained network as one safetensors file: its weights, and in the metadata all that is needed to read with them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from playground.errors import PlaygroundError
from playground.problems import WrongFields
from playground.spec import RunSpec
from playground.training.fit import misfits


@dataclass(frozen=True, eq=False)
class SavedNetwork:
    """A network with what its training found out. Each field but the weights is one metadata entry.

    Attributes:
        run: the experiment that it came from; metadata "spec", as JSON.
        weights: the network's state, name -> tensor.
        mean, spread: of the pixels in [0, 1] that it learned from, by which it standardises; 0 and 1 without normalisation.
        test_accuracy: the share of its data set's test images that it read right, from 0 to 1.
        test_images: how many those were.
        command: what made the file, such as "python -m playground train --spec run.json --save network.safetensors".
    """

    run: RunSpec
    weights: dict[str, Tensor]
    mean: float
    spread: float
    test_accuracy: float
    test_images: int
    command: str

    def to_bytes(self) -> bytes:
        numbers = {name: repr(getattr(self, name)) for name in ("mean", "spread", "test_accuracy", "test_images")}
        tensors = {name: tensor.contiguous() for name, tensor in self.weights.items()}
        return save(tensors, metadata={"spec": self.run.to_json(), "command": self.command, **numbers})

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
            mean, spread, test_accuracy = (float(notes[name]) for name in ("mean", "spread", "test_accuracy"))
            if not (math.isfinite(mean) and math.isfinite(spread) and spread > 0 and 0 <= test_accuracy <= 1):
                raise ValueError("its numbers are out of range")
            return cls(run, weights, mean, spread, test_accuracy, int(notes["test_images"]), notes["command"])
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            reason = f"its entry {error} is missing" if isinstance(error, KeyError) else str(error)
            raise PlaygroundError(
                f"These {len(content):,} bytes are no saved network: {reason}.",
                "A file was expected that `python -m playground train --save` wrote.",
                "Make it again with that command.",
            ) from None
