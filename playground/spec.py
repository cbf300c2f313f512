"""One value equals one experiment: what is trained, on what, and how. Strings and numbers only."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.catalog import Augmentation, Initialisation, Layer, Loss, Optimizer, Schedule
from playground.catalog.initialisations import Default
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import Adam
from playground.catalog.schedules import Constant
from playground.errors import PlaygroundError

MAX_JSON_CHARACTERS = 100_000
MAX_LINK_CHARACTERS = 20_000


class Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NetworkSpec(Spec):
    """The layers in order, and how their weights start."""

    layers: tuple[Layer, ...] = Field((), max_length=500)
    initialisation: Initialisation = Default()


class DatasetSpec(Spec):
    """Which images, and which of them."""

    name: str = Field(
        "mnist", pattern=r"^[a-z0-9][a-z0-9-]{0,40}$", title="Data set", description="What the network learns from."
    )
    training_size: int | None = Field(
        None, ge=20, le=1_000_000, title="Training images", description="How many images it learns from; empty for all."
    )
    validation_share: float = Field(
        0.1, ge=0.0, le=0.5, title="Validation share", description="Kept back from the training images, to check on learning."
    )
    normalise: bool = Field(
        True, title="Normalise", description="Shift and scale the pixels to mean 0 and spread 1, as networks like it."
    )


class EarlyStopping(Spec):
    """Stop when the validation loss has not improved for `patience` epochs; the best weights come back."""

    patience: int = Field(3, ge=1, le=100, title="Patience", description="Epochs without a better validation loss.")


class Regularisation(Spec):
    """What keeps the weights small, or the run short. Penalties count weights, not biases, and no curve shows them."""

    l1: float = Field(0.0, ge=0.0, le=1.0, title="L1", description="Adds l1 · Σ|w| to the loss: pushes weights to exactly 0.")
    l2: float = Field(0.0, ge=0.0, le=1.0, title="L2", description="Adds l2 · Σw² to the loss: keeps weights small.")
    early_stopping: EarlyStopping | None = None


class TrainingSpec(Spec):
    """How the network learns."""

    loss: Loss = CrossEntropy()
    optimizer: Optimizer = Adam()
    schedule: Schedule = Constant()
    regularisation: Regularisation = Regularisation()
    augmentation: tuple[Augmentation, ...] = Field((), max_length=20)
    epochs: int = Field(5, ge=1, le=1000, title="Epochs", description="How often it goes through all training images.")
    batch_size: int = Field(32, ge=1, le=4096, title="Batch size", description="Images between two steps of the optimizer.")


class RunSpec(Spec):
    """A whole experiment."""

    version: Literal[1] = 1
    network: NetworkSpec = NetworkSpec()
    dataset: DatasetSpec = DatasetSpec()
    training: TrainingSpec = TrainingSpec()
    seed: int = Field(0, ge=0, le=2**31 - 1, title="Seed", description="Fixes every random draw: the same seed, the same run.")

    def to_json(self, indent: int | None = None) -> str:
        return self.model_dump_json(indent=indent)

    @classmethod
    def from_json(cls, text: str) -> RunSpec:
        """Reads what `to_json` wrote.

        Raises:
            PlaygroundError: it is no such JSON; every field that is wrong is named with what is allowed.
        """
        if len(text) > MAX_JSON_CHARACTERS:
            raise PlaygroundError(
                f"This description of a run has {len(text):,} characters.",
                f"At most {MAX_JSON_CHARACTERS:,} are read.",
                "Check that it is the right file.",
            )
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise PlaygroundError(
                problems(error), "A run saved by this playground was expected.", "Mend the fields named."
            ) from None

    def to_link(self) -> str:
        """The spec as URL-safe text: deflated JSON in base64."""
        packed = zlib.compress(self.to_json().encode(), 9)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def from_link(cls, text: str) -> RunSpec:
        """Reads what `to_link` wrote.

        Raises:
            PlaygroundError: the text is cut off, too long, or no such link.
        """
        if len(text) > MAX_LINK_CHARACTERS:
            raise PlaygroundError(
                f"The link's run has {len(text):,} characters.",
                f"At most {MAX_LINK_CHARACTERS:,} are read.",
                "Copy the link again.",
            )
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            unpacker = zlib.decompressobj()
            plain = unpacker.decompress(packed, MAX_JSON_CHARACTERS)
            if not unpacker.eof:
                raise ValueError("truncated or oversized")
            content = plain.decode()
        except (binascii.Error, zlib.error, ValueError):
            raise PlaygroundError(
                "The run in this link cannot be read.", "It is cut off or damaged.", "Copy the whole link again."
            ) from None
        return cls.from_json(content)


def problems(error: ValidationError) -> str:
    """All problems in one text: the field, what is wrong with it, and its value when that is short."""
    lines = []
    for problem in error.errors(include_url=False)[:20]:
        field = ".".join(str(part) for part in problem["loc"]) or "the file"
        value = problem.get("input")
        shown = ""
        if isinstance(value, str | int | float | bool) and len(str(value)) <= 40:
            shown = f" (it is {json.dumps(value)})"
        lines.append(f"{field}: {problem['msg']}{shown}")
    return "; ".join(lines) + "."
