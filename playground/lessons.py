"""Lessons: a run to begin with, what is locked in it, the pages left out, and a goal to reach. A teacher hands one on as a link.

A lesson guides; it keeps no secret and guards nothing. Whoever wants to, leaves it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError

from playground.links import essential, from_link, to_link
from playground.problems import WrongFields, problem_lines
from playground.spec import RunSpec, Spec

Control = Literal[
    "presets",
    "network",
    "initialisation",
    "dataset",
    "loss",
    "optimizer",
    "learning_rate",
    "schedule",
    "regularisation",
    "augmentation",
    "epochs",
    "batch_size",
    "seed",
]


@dataclass(frozen=True)
class Part:
    """What a control changes of a run.

    Attributes:
        title: its name on the screen.
        value: takes it out of a run.
        put: gives it to another run.
    """

    title: str
    value: Callable[[RunSpec], Any]
    put: Callable[[RunSpec, Any], RunSpec]


def _network(name: str, title: str) -> Part:
    return Part(title, lambda run: getattr(run.network, name), lambda run, value: _with(run, "network", name, value))


def _training(name: str, title: str) -> Part:
    return Part(title, lambda run: getattr(run.training, name), lambda run, value: _with(run, "training", name, value))


def _with(run: RunSpec, group: str, name: str, value: Any) -> RunSpec:
    return run.model_copy(update={group: getattr(run, group).model_copy(update={name: value})})


def _put_optimizer(run: RunSpec, optimizer: Any) -> RunSpec:
    rate = run.training.optimizer.learning_rate
    return _with(run, "training", "optimizer", optimizer.model_copy(update={"learning_rate": rate}))


def _put_rate(run: RunSpec, rate: float) -> RunSpec:
    return _with(run, "training", "optimizer", run.training.optimizer.model_copy(update={"learning_rate": rate}))


# The learning rate is apart from the rest of the optimizer: to look for a good one is a lesson of its own.
PARTS: dict[Control, Part] = {
    "presets": Part("Presets", lambda run: None, lambda run, value: run),
    "network": _network("layers", "Layers"),
    "initialisation": _network("initialisation", "First weights"),
    "dataset": Part("Data", lambda run: run.dataset, lambda run, value: run.model_copy(update={"dataset": value})),
    "loss": _training("loss", "Loss"),
    "optimizer": Part("Optimizer", lambda run: run.training.optimizer.model_copy(update={"learning_rate": 1.0}), _put_optimizer),
    "learning_rate": Part("Learning rate", lambda run: run.training.optimizer.learning_rate, _put_rate),
    "schedule": _training("schedule", "Learning-rate schedule"),
    "regularisation": _training("regularisation", "Regularisation"),
    "augmentation": _training("augmentation", "Augmentation"),
    "epochs": _training("epochs", "Epochs"),
    "batch_size": _training("batch_size", "Batch size"),
    "seed": Part("Seed", lambda run: run.seed, lambda run, value: run.model_copy(update={"seed": value})),
}


class Goal(Spec):
    """What a run is to reach; what is None does not matter."""

    min_accuracy: float | None = Field(
        None,
        ge=0.0,
        le=100.0,
        title="Accuracy",
        description="At least this many of 100 right on validation; for a number, R² in hundredths.",
    )
    max_parameters: int | None = Field(None, ge=1, le=10**9, title="Parameters", description="At most this many parameters.")
    max_epochs: int | None = Field(None, ge=1, le=1000, title="Epochs", description="Within this many epochs.")
    max_seconds: float | None = Field(
        None, gt=0.0, le=86_400.0, title="Seconds", description="Within this many seconds of training."
    )


class Lesson(Spec):
    """What a teacher's link holds."""

    version: Literal[1] = 1
    title: str = Field("", max_length=80, title="Title", description="Stands over the page.")
    text: str = Field("", max_length=500, title="Text", description="What to do, in a few plain words.")
    run: RunSpec = RunSpec()
    locked: tuple[Control, ...] = Field((), max_length=len(PARTS), title="Locked")
    hidden_pages: tuple[str, ...] = Field((), max_length=30, title="Hidden pages")
    goal: Goal | None = None

    def to_link(self) -> str:
        """The lesson as a short text for an address; see `playground.links`."""
        return to_link(essential(self))

    @classmethod
    def from_link(cls, text: str) -> Lesson:
        """Reads what `to_link` wrote.

        Raises:
            PlaygroundError: the text is cut off, too long, no such link, or from a newer version; or its fields are wrong:
                every one is named with what is allowed.
        """
        try:
            return cls.model_validate_json(from_link(text, "lesson"))
        except ValidationError as error:
            raise WrongFields(
                problem_lines(error, cls), "A lesson made by this playground was expected.", "Ask for the link again."
            ) from None

    def differing(self, run: RunSpec) -> tuple[str, ...]:
        """Titles of what is locked and yet other than in the lesson's run."""
        return tuple(PARTS[name].title for name in self.locked if PARTS[name].value(run) != PARTS[name].value(self.run))

    def with_locked_parts(self, run: RunSpec) -> RunSpec:
        """The run with all that is locked as the lesson has it."""
        for name in self.locked:
            part = PARTS[name]
            if part.value(run) != part.value(self.run):
                run = part.put(run, part.value(self.run))
        return run


@dataclass(frozen=True)
class Moment:
    """A run at the end of an epoch: accuracy from 0 to 1, and the seconds it has trained."""

    epoch: int
    seconds: float
    accuracy: float | None


@dataclass(frozen=True)
class Criterion:
    """One part of a goal: its words, how things stand, and whether it is reached, can be, or was missed."""

    words: str
    now: str
    state: Literal["reached", "open", "missed"]


def criteria(
    goal: Goal, moments: tuple[Moment, ...], num_parameters: int, images: str = "validation", score: str = "accuracy"
) -> tuple[Criterion, ...]:
    """How a goal stands. It is reached by a run that was accurate enough at the end of some epoch within all limits.

    Args:
        moments: the run's ended epochs, in order; empty before training.
        num_parameters: of the network.
        images: which split the scores were measured on.
        score: "accuracy", or "R²" of a regression, of which the goal counts hundredths.
    """
    limited = [
        moment
        for moment in moments
        if (goal.max_epochs is None or moment.epoch <= goal.max_epochs)
        and (goal.max_seconds is None or moment.seconds <= goal.max_seconds)
    ]
    best = max((moment for moment in limited if moment.accuracy is not None), key=lambda moment: moment.accuracy, default=None)  # type: ignore[arg-type, return-value]
    accurate = bool(limited) if goal.min_accuracy is None else best is not None and _percent(best) >= goal.min_accuracy
    over = len(limited) < len(moments)
    found = []
    if goal.min_accuracy is not None:
        is_share = score == "accuracy"
        shown = f"{_shown(_percent(best))} %" if best and is_share else f"{_percent(best) / 100:.3f}" if best else ""
        now = f"best so far {shown} after epoch {best.epoch}" if best else "not measured yet"
        state: Literal["reached", "open", "missed"] = "reached" if accurate else "missed" if over else "open"
        wish = (
            f"at least {goal.min_accuracy:g} % {images} accuracy"
            if is_share
            else f"a {images} R² of at least {goal.min_accuracy / 100:g}"
        )
        found.append(Criterion(wish, now, state))
    last = moments[-1] if moments else None
    if goal.max_epochs is not None:
        now = f"{last.epoch} so far" if last else "not begun"
        state = "reached" if accurate else "missed" if last and last.epoch >= goal.max_epochs else "open"
        found.append(Criterion(f"within {goal.max_epochs} epoch{'s' if goal.max_epochs > 1 else ''}", now, state))
    if goal.max_seconds is not None:
        now = f"{last.seconds:.0f} s so far" if last else "not begun"
        state = "reached" if accurate else "missed" if last and last.seconds > goal.max_seconds else "open"
        found.append(Criterion(f"within {goal.max_seconds:g} seconds of training", now, state))
    if goal.max_parameters is not None:
        state = "reached" if num_parameters <= goal.max_parameters else "missed"
        found.append(Criterion(f"at most {goal.max_parameters:,} parameters", f"it has {num_parameters:,}", state))
    return tuple(found)


def _percent(moment: Moment) -> float:
    """Rounded where a float's last bits could turn 97 % into 96.999999 %."""
    return round(100 * (moment.accuracy or 0.0), 6)


def _shown(percent: float) -> str:
    """Never rounded up: what is shown as the goal has reached the goal."""
    return f"{math.floor(100 * percent + 1e-6) / 100:.2f}"
