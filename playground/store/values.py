"""What the store keeps of a run, as values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from playground.spec import RunSpec


@dataclass(frozen=True)
class Origin:
    """Where a run comes from; all None for one that somebody just trained.

    Attributes:
        study: the id of the study that it is a trial of.
        trial: its number in that study, from 0.
        baseline: the run that it is compared with ("change one thing").
        parent: the run that it branched from.
        parent_step: after so many batches of the parent.
        forecast: what its learner expected of it, as the JSON of a `Forecast`.
    """

    study: str | None = None
    trial: int | None = None
    baseline: str | None = None
    parent: str | None = None
    parent_step: int | None = None
    forecast: str | None = None


@dataclass(frozen=True)
class RunSummary:
    """What is known of a run's course; None while unknown.

    Attributes:
        status: as in `History`: "waiting", "running", "paused", "finished", "stopped" or "failed".
        step: batches learned from.
        epoch: epochs done, with the fraction of the current one.
        images: images learned from.
        seconds: time spent training.
        train_loss, train_accuracy, validation_loss, validation_accuracy: of the last epoch that ended, or of the one whose
            weights early stopping put back.
        best_validation_accuracy: of all epochs that ended.
        test_loss, test_accuracy: of the one look at the test set, at the end.
    """

    status: str = "waiting"
    step: int = 0
    epoch: float = 0.0
    images: int = 0
    seconds: float = 0.0
    num_parameters: int | None = None
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    best_validation_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True)
class StoredRun:
    """One row of the table of runs.

    Attributes:
        spec_json: the RunSpec with the settings in force at the end, as JSON.
        created: seconds since 1970.
        repeatable: whether the same run gives the same numbers again.
        deleted: when it was put in the bin, in seconds since 1970; None when it was not.
        stored_bytes: what it takes up: events, curve, checkpoints and final weights.
        number: the run's number among its owner's, from 1.
        submitted_json: the RunSpec as it was submitted, as JSON.
    """

    id: str
    owner: str
    name: str
    spec_json: str
    created: float
    summary: RunSummary
    origin: Origin
    repeatable: bool
    note: str = ""
    starred: bool = False
    deleted: float | None = None
    stored_bytes: int = 0
    number: int = 0
    submitted_json: str = ""

    @cached_property
    def run(self) -> RunSpec:
        """The spec with the settings in force at the end; parsed when first asked for.

        Raises:
            PlaygroundError: what is stored is no such spec.
        """
        return RunSpec.from_json(self.spec_json)

    @property
    def status(self) -> str:
        return self.summary.status


@dataclass(frozen=True)
class CheckpointInfo:
    """One of a run's checkpoints.

    Attributes:
        number: grows with time; names the checkpoint within its run.
        step: batches learned from.
        epoch: epochs done, with the fraction of the current one.
        size: in bytes.
    """

    number: int
    step: int
    epoch: float
    size: int


@dataclass(frozen=True)
class StoredWeights:
    """The weights that a run ended with.

    Attributes:
        step: batches learned from.
        epoch: epochs done, with the fraction of the current one.
        data: the weights as one safetensors file.
    """

    step: int
    epoch: float
    data: bytes


@dataclass(frozen=True)
class StoredStudy:
    """Many runs that answer one question.

    Attributes:
        plan_json: the plan of the study, as JSON.
        created: seconds since 1970.
    """

    id: str
    owner: str
    kind: str
    plan_json: str
    status: str
    created: float
    name: str = ""
    message: str = ""
