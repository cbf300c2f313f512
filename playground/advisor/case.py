"""What the advisor looks at: a run's spec, and the most recent of its figures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from playground import data
from playground.catalog.layers import Dropout
from playground.checks import check
from playground.data.splits import split
from playground.errors import PlaygroundError
from playground.findings import Plan
from playground.spec import DatasetSpec, RunSpec, TrainingSpec
from playground.training.events import EpochEnded, LayerMeasures, LayersMeasured
from playground.training.history import History

WINDOW = 50  # batches that are judged together
FEWEST = 20  # of a run that is over
NO_SKILL = 0.05  # of yes or no, and of numbers
GUESSING = 1.5  # times the accuracy of guessing: no better than that


@dataclass(frozen=True, eq=False)
class Case:
    """A run with what happened so far. All that is read of the history is short, however long the run.

    Attributes:
        plan: of the run with the settings in force.
    """

    plan: Plan
    history: History

    @property
    def run(self) -> RunSpec:
        return self.plan.run

    @property
    def training(self) -> TrainingSpec:
        return self.run.training

    @property
    def num_classes(self) -> int:
        """0 for a regression."""
        return self.plan.source.num_classes

    @property
    def is_number(self) -> bool:
        """Whether a number is to be told, so that what is called accuracy is R²."""
        return self.plan.source.task == "regression"

    @property
    def thing(self) -> str:
        """What one example is called: "image", "row" or "point"; `things` are several."""
        return self.plan.source.example

    @property
    def things(self) -> str:
        return f"{self.thing}s"

    @cached_property
    def chance(self) -> float:
        """The accuracy of always giving the commonest answer; 0 for a regression, where that is the R² of the mean."""
        if self.is_number:
            return 0.0
        counts = self.class_counts
        return max(counts) / sum(counts) if sum(counts) else 1 / self.num_classes

    def skill(self, accuracy: float) -> float:
        """How far a score is above guessing, up to 1. Among many classes the accuracy itself; of two, what is left of it when the
        commonest answer is taken off; an R² as it is."""
        return (accuracy - self.chance) / (1 - self.chance) if self.num_classes == 2 and self.chance < 1 else accuracy

    def right(self, accuracy: float, of: str = "", digits: int = 0) -> str:
        """A score in words: "97% are read right", "97% of the validation images are read right", "R² is 0.97 on the validation
        rows"."""
        if self.is_number:
            return f"R² is {accuracy:.{digits + 2}f}{f' on the {of} {self.things}' if of else ''}"
        verb = "read" if self.thing == "image" else "told"
        return f"{accuracy:.{digits}%}{f' of the {of} {self.things}' if of else ''} are {verb} right"

    @property
    def rate(self) -> float:
        """The optimizer's learning rate, before the schedule."""
        return self.training.optimizer.learning_rate

    @property
    def is_over(self) -> bool:
        return self.history.status in ("finished", "stopped", "failed")

    @cached_property
    def class_counts(self) -> tuple[int, ...]:
        """How many images of each class are learned from; empty where that cannot be told."""
        return class_counts(self.run.dataset, self.run.seed)

    @cached_property
    def changed_at(self) -> int:
        """The step after which the present settings are in force."""
        return self.history.changes[-1].step if self.history.changes else 0

    @cached_property
    def first_batch(self) -> int:
        """Where in the batches' columns the present settings begin."""
        return bisect_right(self.history.batch_steps, self.changed_at)

    @cached_property
    def num_batches(self) -> int:
        """Batches in the columns under the present settings."""
        return len(self.history.batch_steps) - self.first_batch

    def has(self, batches: int = WINDOW) -> bool:
        """Whether there is enough to judge: so many batches, or a run that ended with a few."""
        return self.num_batches >= batches or (self.is_over and self.num_batches >= FEWEST)

    def losses(self, count: int = WINDOW) -> list[float]:
        """The latest batches' losses, under the present settings."""
        return self.history.batch_loss[max(self.first_batch, len(self.history.batch_loss) - count) :]

    @cached_property
    def loss(self) -> float:
        """The mean loss of the latest batches."""
        return mean(self.losses())

    @cached_property
    def accuracy(self) -> float:
        """The share read right in the latest batches."""
        column = self.history.batch_accuracy
        return mean(column[max(self.first_batch, len(column) - WINDOW) :])

    @property
    def start_loss(self) -> float:
        """The loss of the very first batch, before any step."""
        return self.history.batch_loss[0]

    @property
    def peak(self) -> float:
        """The highest loss of the first 200 and of the latest batches."""
        return max((*self.history.batch_loss[:200], *self.losses()), default=0.0)

    @property
    def only_guesses(self) -> bool:
        """Whether the latest batches were read no better than by guessing."""
        if self.num_classes > 2:
            return self.accuracy < GUESSING / self.num_classes
        return self.skill(self.accuracy) < NO_SKILL

    @cached_property
    def epochs(self) -> list[EpochEnded]:
        """The latest epochs, at most 60, that ended under the present settings."""
        return [epoch for epoch in self.history.epochs[-60:] if epoch.step > self.changed_at]

    @cached_property
    def validated(self) -> list[tuple[float, float]]:
        """(loss, accuracy) on the validation images after each of `epochs`; empty without validation images."""
        found = [(epoch.validation_loss, epoch.validation_accuracy) for epoch in self.epochs]
        return [(loss, accuracy) for loss, accuracy in found if loss is not None and accuracy is not None]

    @cached_property
    def measured(self) -> list[LayersMeasured]:
        """The latest three looks inside, none of the first steps; while it trains, one alone does not count."""
        found = [each for each in self.history.measured[-3:] if each.step > max(self.changed_at, FEWEST // 2)]
        return found if len(found) >= 2 or self.is_over else []

    @property
    def first_step(self) -> float:
        """How much the very first measured step moved a layer, at most, as a share of its weights; 0 when not measured."""
        first = self.history.measured[:1] if not self.history.changes else []
        return max((layer.update_ratio for each in first for layer in each.layers), default=0.0)

    @property
    def step_sizes(self) -> list[float]:
        """How much each of the latest measured steps moved a layer, at most, as a share of its weights."""
        return [max(layer.update_ratio for layer in each.layers) for each in self.measured if each.layers]

    def steady(self, layer: int, figure: str) -> list[float]:
        """One figure of a layer in the latest looks inside; empty where it means nothing."""
        found = [getattr(each, figure) for looks in self.measured for each in looks.layers if each.layer == layer]
        return [value for value in found if value is not None]

    @property
    def hidden(self) -> list[LayerMeasures]:
        """The latest measures of all layers with weights but the last."""
        return list(self.measured[-1].layers[:-1]) if self.measured else []

    @property
    def has_dropout(self) -> bool:
        return any(isinstance(layer, Dropout) for layer in self.run.network.layers)


def case_of(run: RunSpec, history: History) -> Case:
    """The case of a run.

    Args:
        run: with the settings in force.

    Raises:
        PlaygroundError: the data set's name is unknown.
    """
    return Case(plan_of(run), history)


@lru_cache(maxsize=128)
def plan_of(run: RunSpec) -> Plan:
    return check(run)


@lru_cache(maxsize=64)
def class_counts(dataset: DatasetSpec, seed: int) -> tuple[int, ...]:
    """How many training examples there are of each class; empty when the data is not here, or cut into equal folds, or has no
    classes."""
    if dataset.folds is not None:
        return ()
    try:
        loaded = data.load(dataset)
        cut = split(loaded, dataset.training_size, dataset.validation_share, seed)
    except PlaygroundError:
        return ()
    if not loaded.num_classes:
        return ()
    return tuple(loaded.y_train[cut.train].bincount(minlength=loaded.num_classes).tolist())


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def percent(share: float) -> str:
    """ "146%"; of what is beyond all measure, only that."""
    return f"{share:.0%}" if share < 10 else "more than 1,000%"
