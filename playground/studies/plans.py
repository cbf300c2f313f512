"""What a study is to do: frozen, and JSON like everything else that is kept."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from playground.errors import PlaygroundError
from playground.spec import RunSpec, problems

Value = bool | int | float | str
_LARGEST_SEED = 2**31 - 1


class _Plan(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SearchField(_Plan):
    """One field of the spec that a search varies.

    Attributes:
        path: where it stands, such as "training.optimizer.learning_rate", "network.layers.1.units", or
            "training.optimizer" for the kind of optimizer.
        low, high: of a number, both included.
        log: equal factors are equally likely, rather than equal steps; `low` must be above 0.
        choices: of a choice.
        points: how many values of a number a grid tries.
    """

    path: str = Field(min_length=1, max_length=200)
    kind: Literal["float", "int", "choice"]
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Value, ...] = Field((), max_length=50)
    points: int = Field(3, ge=1, le=50, title="Grid points", description="How many values a grid tries.")

    @model_validator(mode="after")
    def _is_whole(self) -> SearchField:
        if self.kind == "choice":
            if not self.choices:
                raise ValueError(f"{self.path} needs at least one choice")
            if len(set(map(repr, self.choices))) != len(self.choices):
                raise ValueError(f"{self.path} has the same choice twice")
            return self
        if self.low is None or self.high is None:
            raise ValueError(f"{self.path} needs a lowest and a highest value")
        if self.low > self.high:
            raise ValueError(f"{self.path}: the lowest value {self.low:g} is above the highest {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"{self.path}: a logarithmic scale starts above 0, not at {self.low:g}")
        if self.kind == "int" and (self.low != int(self.low) or self.high != int(self.high)):
            raise ValueError(f"{self.path} takes whole numbers, not {self.low:g} to {self.high:g}")
        return self

    def grid_values(self) -> tuple[Value, ...]:
        """The values that a grid tries: `points` of them, both ends included, or all choices."""
        if self.kind == "choice":
            return self.choices
        assert self.low is not None and self.high is not None
        if self.points == 1 or self.low == self.high:
            values = [math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2]
        else:
            shares = [index / (self.points - 1) for index in range(self.points)]
            if self.log:
                values = [self.low * (self.high / self.low) ** share for share in shares]
            else:
                values = [self.low + (self.high - self.low) * share for share in shares]
            values[-1] = self.high
        if self.kind == "int":
            return tuple(dict.fromkeys(round(value) for value in values))
        # Twelve digits: 0.1 rather than 0.10000000000000002, which is what the learner meant.
        inside = (min(self.high, max(self.low, float(f"{value:.12g}"))) for value in values)
        return tuple(dict.fromkeys(inside))


class SeedComparison(_Plan):
    """Is B better than A, or was it luck? Both are trained once with each seed."""

    kind: Literal["seeds"] = "seeds"
    first: RunSpec
    second: RunSpec
    seeds: tuple[Annotated[int, Field(ge=0, le=_LARGEST_SEED)], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _seeds_differ(self) -> SeedComparison:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("the same seed stands there twice, which would count one result double")
        return self

    def notes(self) -> tuple[str, ...]:
        """What to know when reading the answer, one sentence each."""
        notes = [
            "Both use the same seeds: in each pair they start from the same random draws and see the same examples in the "
            "same order, as far as their settings allow. So the pairs are compared, one seed at a time."
        ]
        before, after = self.first.dataset, self.second.dataset
        if (before.name, before.validation_share, before.folds, before.fold) != (
            after.name,
            after.validation_share,
            after.folds,
            after.fold,
        ):
            notes.append("A and B are judged on different validation examples, so part of the difference may come from those.")
        return tuple(notes)


class Search(_Plan):
    """Which settings are best? Trials of the same run with other values in some of its fields."""

    kind: Literal["search"] = "search"
    run: RunSpec
    method: Literal["grid", "random", "tpe"] = "tpe"
    fields: tuple[SearchField, ...] = Field(min_length=1, max_length=20)
    budget: int = Field(20, ge=1, le=10_000, title="Budget", description="How many networks may be trained.")
    prune: bool = Field(True, title="Stop hopeless trials", description="Ends a trial that is worse than most at its age.")
    seed: int = Field(0, ge=0, le=_LARGEST_SEED, title="Seed of the search")

    @model_validator(mode="after")
    def _paths_differ(self) -> Search:
        paths = [field.path for field in self.fields]
        if len(set(paths)) != len(paths):
            raise ValueError("the same field stands there twice")
        return self


class CrossValidation(_Plan):
    """How much does the result hang on which examples validate? Each of `folds` equal parts validates once."""

    kind: Literal["cross_validation"] = "cross_validation"
    run: RunSpec
    folds: int = Field(5, ge=2, le=20, title="Folds", description="Into how many parts the training data is cut.")


StudyPlan = Annotated[SeedComparison | Search | CrossValidation, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[SeedComparison | Search | CrossValidation] = TypeAdapter(StudyPlan)


def plan_from_json(text: str) -> SeedComparison | Search | CrossValidation:
    """Reads what a plan's `model_dump_json` wrote.

    Raises:
        PlaygroundError: it is no such JSON; every field that is wrong is named.
    """
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise PlaygroundError(problems(error), "The plan of an experiment was expected.", "Plan the experiment again.") from None
