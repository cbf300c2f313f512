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


POINT_INPUTS = ("x1", "x2", "x1_squared", "x2_squared", "x1_times_x2", "sin_x1", "sin_x2")
PointInput = Literal["x1", "x2", "x1_squared", "x2_squared", "x1_times_x2", "sin_x1", "sin_x2"]
_Coordinate = Annotated[float, Field(ge=-6.0, le=6.0)]
PaintedPoint = tuple[_Coordinate, _Coordinate, Annotated[float, Field(ge=-10.0, le=10.0)]]


class PointsSpec(Spec):
    """Points in the plane: how they are drawn, and what the network sees of them."""

    num_points: int = Field(500, ge=4, le=2000, title="Points", description="How many points there are, test points included.")
    noise: float = Field(0.0, ge=0.0, le=0.5, title="Noise", description="How far chance moves the points, from 0 to 0.5.")
    train_share: float = Field(
        0.5, ge=0.1, le=0.9, title="Training share", description="The share of the points to learn from; the others test."
    )
    classes: int = Field(2, ge=2, le=6, title="Classes", description="How many colours, where the shape lets you choose.")
    inputs: tuple[PointInput, ...] = Field(
        ("x1", "x2"), max_length=len(POINT_INPUTS), title="Inputs", description="What the network sees of a point."
    )
    painted: tuple[PaintedPoint, ...] = Field(
        (),
        max_length=500,
        title="Painted points",
        description="Your own points: x1, x2 and the class (or the value).",
        exclude_if=lambda painted: not painted,
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, title="Draw", description="Another number draws other points of the same shape.")

    @field_validator("inputs")
    @classmethod
    def _in_their_order(cls, inputs: tuple[PointInput, ...]) -> tuple[PointInput, ...]:
        return tuple(name for name in POINT_INPUTS if name in inputs)


class DatasetSpec(Spec):
    """Which examples, and which of them."""

    name: str = Field(
        "mnist",
        pattern=r"^[a-z0-9][a-z0-9-]{0,40}$",
        title="Data set",
        description="What the network learns from.",
        json_schema_extra={"allowed": "small letters, digits and hyphens, at most 41"},
    )
    training_size: int | None = Field(
        None, ge=20, le=1_000_000, title="Training examples", description="How many it learns from; empty for all."
    )
    validation_share: float = Field(
        0.1, ge=0.0, le=0.5, title="Validation share", description="Kept back from the training data, to check on learning."
    )
    normalise: bool = Field(
        True, title="Normalise", description="Shift and scale the pixels to mean 0 and spread 1, as networks like it."
    )
    folds: int | None = Field(
        None,
        ge=2,
        le=20,
        title="Folds",
        description="Cross-validation: the training data are cut into this many equal parts, and one of them validates.",
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
    one_class: int | None = Field(
        None,
        ge=0,
        le=999,
        title="One class",
        description="Only asks whether it is this class: yes or no.",
        exclude_if=_is_none,
    )
    points: PointsSpec | None = Field(
        None, title="Points", description="For points in the plane: how they are drawn.", exclude_if=_is_none
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
    epochs: int = Field(5, ge=1, le=100_000, title="Epochs", description="How often it goes through all that it learns from.")
    batch_size: int = Field(32, ge=1, le=4096, title="Batch size", description="Examples between two steps of the optimizer.")
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
