"""What a script has to do to repeat a run: the settings from the first batch to the last, and the figures to reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground import data
from playground.data.sources import Source
from playground.errors import PlaygroundError
from playground.export.value import ExportedRun
from playground.export.words import Words, words_for
from playground.network import has_batch_norm, totals, trace
from playground.spec import RunSpec
from playground.training.events import EpochEnded, RunStarted
from playground.training.pace import Pace

# A run that cannot be repeated to the bit drifts away with every step; its final figures stay this close.
TOLERANCE = 0.05


@dataclass(frozen=True)
class Change:
    """Settings that came into force after `step` batches; `words` tells what changed."""

    step: int
    run: RunSpec
    words: str


@dataclass(frozen=True)
class Plan:
    """One run, as a script repeats it.

    Attributes:
        run: the settings at the start.
        changes: what was changed on the way, in order.
        train_size: examples that it learns from.
        epochs: the last epoch whose figures are known; fewer than planned when the run was stopped.
        expected: the figures of the epochs that were told: of very short ones not all.
        test: loss and score on the test examples; None when the run never got there.
        slice_size: examples in one slice of an evaluation: it decides the last digits.
        inexact: why the figures can only be reached to within `TOLERANCE`; "" when they come out the same to the bit.
    """

    name: str
    run: RunSpec
    changes: tuple[Change, ...]
    source: Source
    train_size: int
    epochs: int
    expected: tuple[EpochEnded, ...]
    test: tuple[float, float] | None
    threads: int
    channels_last: bool
    slice_size: int
    inexact: str

    @property
    def has_validation(self) -> bool:
        return bool(self.expected) and self.expected[0].validation_loss is not None

    @property
    def watches_test(self) -> bool:
        """Whether the test loss was looked at on the way: of points in the plane, where both are watched."""
        return any(epoch.test_loss is not None for epoch in self.expected)

    @property
    def penalties(self) -> bool:
        """Whether large weights are pulled back at some time."""
        return any(phase.training.regularisation.l1 or phase.training.regularisation.l2 for phase in self.phases)

    @property
    def phases(self) -> tuple[RunSpec, ...]:
        """The settings at the start, and behind each change."""
        return (self.run, *(change.run for change in self.changes))

    @property
    def words(self) -> Words:
        """How the program speaks of its examples and figures."""
        return words_for(self.source, self.run.training.loss)

    @property
    def leaves_single_out(self) -> bool:
        """Whether an epoch would end with a batch of one image, from which batch normalisation cannot learn."""
        sizes = [phase.training.batch_size for phase in self.phases]
        if len(set(sizes)) > 1:
            return has_batch_norm(self.run.network)
        return has_batch_norm(self.run.network) and self.train_size % sizes[0] == 1 < sizes[0]


def plan(exported: ExportedRun) -> Plan:
    """How to repeat a run.

    Raises:
        PlaygroundError: it cannot be repeated by a script; the reason, and which format to take instead.
    """
    history, run = exported.history, exported.run
    started = history.started
    if started is None or not history.epochs:
        raise PlaygroundError(
            f"{exported.name} has not finished an epoch, so there is no figure that a script could reach.",
            "A run with one finished epoch or more was expected.",
            "Let it train an epoch, or take its settings home: format `spec`.",
        )
    first, *later = _phases(exported)
    _check_changes(exported, (first, *later))
    source = data.source(run.dataset)
    finished = history.finished
    cost = totals(run, trace(run.network, source.input_shape))
    return Plan(
        name=exported.name,
        run=first.run,
        changes=tuple(later),
        source=source,
        train_size=int(started.train_size),
        epochs=int(history.epochs[-1].epoch),
        expected=tuple(history.epochs),
        test=(float(finished.test_loss), float(finished.test_accuracy)) if finished else None,
        threads=int(started.threads),
        channels_last=started.memory_format == "channels_last",
        slice_size=Pace(cost.multiply_adds, run.training.batch_size).evaluation_images,
        inexact=_why_inexact(exported, started),
    )


def _phases(exported: ExportedRun) -> list[Change]:
    """The settings at the start and each time that they changed, those of the runs that it was branched from before its own."""
    if exported.submitted is None and exported.history.changes:
        raise _cannot(exported, "its settings were changed on the way, and those at its start are not known any more")
    own = [Change(0, exported.submitted or exported.run, "")]
    for change in exported.history.changes:
        if change.by_hand:
            raise _cannot(exported, "its weights were edited by hand")
        if not change.spec:
            raise _cannot(exported, "its settings were changed on the way, and what they were is not known any more")
        own.append(Change(int(change.step), RunSpec.from_json(change.spec), change.text))
    if exported.origin.parent is None:
        return own
    if exported.parent is None:
        raise _cannot(exported, "the run that it was branched from is gone")
    at = exported.origin.parent_step or 0
    before = [phase for phase in _phases(exported.parent) if phase.step < max(1, at)]
    branched = [Change(at, own[0].run, "branched off here")]
    return [*before, *branched, *own[1:]]


def _check_changes(exported: ExportedRun, phases: tuple[Change, ...]) -> None:
    """Raises unless only optimizer, batch size, penalties, augmentation and epochs change on the way, and no layer is frozen."""
    if any(phase.run.training.frozen_layers for phase in phases):
        raise _cannot(exported, "some of its layers were frozen, which these scripts do not do")
    free: dict[str, Any] = {"optimizer": True, "batch_size": True, "augmentation": True, "epochs": True}
    free["regularisation"] = {"l1", "l2"}
    fixed = [phase.run.model_dump(exclude={"training": free}) for phase in phases]
    if any(settings != fixed[0] for settings in fixed):
        raise _cannot(exported, "more was changed on its way than optimizer, batch size, penalties, augmentation and epochs")


def _why_inexact(exported: ExportedRun, started: RunStarted) -> str:
    runtimes: set[tuple[object, ...]] = set()
    ancestor: ExportedRun | None = exported
    while ancestor:
        begun = ancestor.history.started
        if begun:
            runtimes.add((begun.device, begun.threads, begun.memory_format))
        if not ancestor.one_runtime:
            runtimes.add(())
        ancestor = ancestor.parent
    if started.device != "cpu":
        return f"The playground computed this run on a graphics chip ({started.device}), this program uses the processor."
    return "The playground changed the number of its processor threads while this run went on." if len(runtimes) > 1 else ""


def _cannot(exported: ExportedRun, reason: str) -> PlaygroundError:
    return PlaygroundError(
        f"{exported.name} cannot become a script that repeats it: {reason}.",
        mend="Take its weights with all settings instead: format `safetensors`.",
    )
