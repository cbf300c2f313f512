"""A study as it stands: values only, safe to hand from thread to page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from playground import data
from playground.catalog.task import TASKS
from playground.figures.score import SCALES, ScoreScale
from playground.spec import RunSpec
from playground.studies.plans import CrossValidation, Search, SeedComparison, Value

ENDED = ("finished", "failed", "stopped", "pruned")


@dataclass(frozen=True)
class Trial:
    """One run of a study.

    Attributes:
        number: its place in the study, from 0.
        run_id: its run in the job service; None before it was submitted, or when its settings cannot be trained.
        values: what varies. A search: path -> value, None where this trial has no such field (Adam has no momentum).
            A comparison: {"which": "A" or "B", "seed": 3}. A cross-validation: {"fold": 0}.
        status: "waiting" (also before it was submitted), "running", "paused", "finished", "stopped", "failed",
            "interrupted" (the server that trained it ended), or "pruned" (stopped, because it was worse than most).
        score: validation accuracy (0 to 1), or R², of the final weights, so of the restored epoch with early stopping; None
            unless the trial finished.
        curve: the same after each epoch so far.
        told: the epochs that `curve` tells of, where they are so short that not each is told; else ().
        seconds: of training.
        reason: why it failed, or was pruned; "" otherwise.
    """

    number: int
    run_id: str | None = None
    values: Mapping[str, Value | None] = field(default_factory=dict)
    status: str = "waiting"
    score: float | None = None
    curve: tuple[float, ...] = ()
    told: tuple[int, ...] = ()
    num_parameters: int | None = None
    seconds: float = 0.0
    reason: str = ""

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epoch of each value of the curve, from 1."""
        return self.told or tuple(range(1, len(self.curve) + 1))


def epochs_of(trials: Iterable[Trial | None]) -> tuple[int, ...]:
    """Of which epochs the longest curve tells."""
    return max((trial.epochs for trial in trials if trial), key=len, default=())


@dataclass(frozen=True)
class StudyState:
    """A study as it stands.

    Attributes:
        kind: of the plan: "seeds", "search" or "cross_validation".
        status: "running", "done", "stopped", "interrupted" (the server ended; `resume` continues) or "failed".
        created: seconds since 1970.
        trials: those known so far, by number. A comparison and a cross-validation know all from the start.
        planned: how many trials there will be at most.
        message: what the learner should know now; often "".
        name: a short name.
    """

    id: str
    owner: str
    kind: str
    plan: SeedComparison | Search | CrossValidation
    status: str
    created: float
    trials: tuple[Trial, ...] = ()
    planned: int = 0
    message: str = ""
    name: str = ""

    @property
    def is_active(self) -> bool:
        return self.status == "running"

    @property
    def run(self) -> RunSpec:
        """The run that it is about; of a comparison, A."""
        return self.plan.first if isinstance(self.plan, SeedComparison) else self.plan.run

    @property
    def score(self) -> ScoreScale:
        """What its networks are judged by: accuracy, or the R² of a regression."""
        return SCALES[TASKS[data.source(self.run.dataset).task].score]

    @property
    def num_ended(self) -> int:
        return sum(trial.has_ended for trial in self.trials)
