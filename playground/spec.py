"""One value equals one experiment: what is trained, on what, and how. Strings and numbers only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from playground.catalog import Augmentation, Initialisation, Layer, Loss, Optimizer, Schedule
from playground.catalog.initialisations import Default
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import Adam
from playground.catalog.schedules import Constant
from playground.errors import PlaygroundError
from playground.links import essential, from_link, to_link
from playground.problems import WrongFields, problem_lines
from playground.problems import problems as problems

MAX_JSON_CHARACTERS = 100_000


class Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NetworkSpec(Spec):
    """The layers in order, and how their weights start."""

    layers: tuple[Layer, ...] = Field((), max_length=500)
    initialisation: Initialisation = Default()


def _is_none(value: object) -> bool:
    return value is None


def _is_empty(value: tuple[int, ...]) -> bool:
    return not value


class DatasetSpec(Spec):
    """Which images, and which of them."""

    name: str = Field(
        "mnist",
        pattern=r"^[a-z0-9][a-z0-9-]{0,40}$",
        title="Data set",
        description="What the network learns from.",
        json_schema_extra={"allowed": "small letters, digits and hyphens, at most 41"},
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
    folds: int | None = Field(
        None,
        ge=2,
        le=20,
        title="Folds",
        description="Cross-validation: the training images are cut into this many equal parts, and one of them validates.",
        exclude_if=_is_none,
    )
    fold: int | None = Field(
        None,
        ge=0,
        title="Fold",
        description="Which part validates, from 0; it takes the place of the validation share.",
        exclude_if=_is_none,
        validate_default=True,
    )

    @field_validator("fold")
    @classmethod
    def _is_one_of_the_folds(cls, fold: int | None, info: ValidationInfo) -> int | None:
        folds = info.data.get("folds")
        if folds is None and fold is not None and "folds" in info.data:
            raise ValueError("a fold needs the number of folds beside it")
        if folds is not None and fold is None:
            raise ValueError(f"one of the {folds} folds must be chosen, 0 to {folds - 1}")
        if folds is not None and fold is not None and fold >= folds:
            raise ValueError(f"there are {folds} folds, 0 to {folds - 1}")
        return fold


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
    frozen_layers: tuple[Annotated[int, Field(ge=0, lt=500)], ...] = Field(
        (),
        max_length=500,
        title="Frozen layers",
        description="Layers that keep their weights while the others learn, counted from 0.",
        exclude_if=_is_empty,
    )

    @field_validator("frozen_layers")
    @classmethod
    def _once_each(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(layers)))


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
            raise WrongFields(
                problem_lines(error, cls), "A run saved by this playground was expected.", "Mend the fields named."
            ) from None

    def to_link(self) -> str:
        """The spec as a short text for an address; see `playground.links`."""
        return to_link(essential(self))

    @classmethod
    def from_link(cls, text: str) -> RunSpec:
        """Reads what `to_link` wrote, now or in an earlier version.

        Raises:
            PlaygroundError: the text is cut off, too long, no such link, or from a newer version; or its fields are wrong:
                every one is named with what is allowed.
        """
        try:
            return cls.from_json(from_link(text))
        except WrongFields as problem:
            raise WrongFields(problem.lines, "A link made by this playground was expected.", "Ask for the link again.") from None
