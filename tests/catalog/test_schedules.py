"""Every schedule against torch's own schedulers, and against its own source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from examples import all_examples, name_of

from playground.catalog import SCHEDULES
from playground.catalog.schedules import (
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    Position,
    ReduceOnPlateau,
    ScheduleEntry,
    Step,
    WarmUp,
)

every_example = pytest.mark.parametrize("schedule", all_examples("schedule"), ids=name_of)

LOSSES = (2.0, 1.5, 1.6, 1.5, 1.4, 1.41, 1.42, 1.43, 1.44, 1.45, 1.3, 1.2, 1.2, 1.2, 1.2, 1.2)


def positions() -> list[Position]:
    found = []
    for epochs in (1, 2, 7, 60):
        for part in range(0, 121):
            epoch = epochs * part / 120
            found.append(Position(epoch, epochs, LOSSES[: min(int(epoch), len(LOSSES))]))
    return found


def plateau_factor(losses: Sequence[float], patience: int, gamma: float) -> float:
    """By torch's scheduler, which drops one epoch later for the same number."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=gamma, patience=patience - 1, threshold=0.0, eps=0.0)
    for loss in losses:
        scheduler.step(loss)
    return float(optimizer.param_groups[0]["lr"])


@every_example
def test_the_factor_lies_between_0_and_1(schedule: ScheduleEntry) -> None:
    for position in positions():
        assert 0 <= schedule.factor(position) <= 1 + 1e-12


@every_example
def test_the_source_gives_the_same_factor(schedule: ScheduleEntry) -> None:
    code = compile(schedule.pytorch_source(), "<source>", "eval")
    for position in positions():
        names = {"epoch": position.epoch, "epochs": position.epochs, "losses": position.losses}
        written = eval(code, {"math": math, "plateau_factor": plateau_factor, **names})
        assert written == pytest.approx(schedule.factor(position), abs=1e-12)
        scope: dict[str, Any] = {"math": math, **names}
        exec(schedule.pytorch_helper(), scope)
        assert eval(code, scope) == schedule.factor(position)


@every_example
def test_a_schedule_depends_on_the_position_alone(schedule: ScheduleEntry) -> None:
    forwards = [schedule.factor(position) for position in positions()]
    backwards = [schedule.factor(position) for position in reversed(positions())]
    assert forwards == backwards[::-1]


def test_only_schedules_that_say_so_look_at_the_losses() -> None:
    for entry in SCHEDULES.values():
        with_losses, without = (entry().factor(Position(9.5, 12, losses)) for losses in (LOSSES[:9], ()))
        assert (with_losses != without) == entry.watches_losses


def torch_factors(epochs: int, make: object) -> list[float]:
    """torch's factor at the start of each epoch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)  # type: ignore[operator]
    factors = []
    for _ in range(epochs):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return factors


def test_step_exponential_and_cosine_are_torchs_at_whole_epochs() -> None:
    schedulers = torch.optim.lr_scheduler
    pairs = [
        (Step(every=3, gamma=0.4), lambda o: schedulers.StepLR(o, 3, 0.4)),
        (Exponential(gamma=0.7), lambda o: schedulers.ExponentialLR(o, 0.7)),
        (Cosine(), lambda o: schedulers.CosineAnnealingLR(o, 10)),
        (Constant(), lambda o: schedulers.ConstantLR(o, factor=1.0)),
    ]
    for schedule, make in pairs:
        ours = [schedule.factor(Position(float(epoch), 10)) for epoch in range(10)]
        assert ours == pytest.approx(torch_factors(10, make), abs=1e-9), schedule.kind


def test_one_cycle_follows_torchs_shape() -> None:
    steps = 1000
    theirs = torch_factors(steps, lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=steps, cycle_momentum=False))
    ours = [OneCycle().factor(Position(step / steps, 1)) for step in range(steps)]
    # torch counts its steps from the first to the last, which moves the peak by one.
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < 0.01
    assert max(ours) == pytest.approx(1.0)
    assert OneCycle().factor(Position(1.0, 1)) == pytest.approx(0.0)


def test_reduce_on_plateau_drops_after_its_patience_and_not_before() -> None:
    schedule = ReduceOnPlateau(patience=2, gamma=0.1)
    losses = (1.0, 0.9, 0.95, 0.9, 0.8)
    factors = [schedule.factor(Position(float(n), 9, losses[:n])) for n in range(6)]
    assert factors == pytest.approx([1, 1, 1, 1, 0.1, 0.1])


def test_warm_up_rises_in_a_line_and_then_stays_or_falls() -> None:
    stays, falls = WarmUp(epochs=2.0), WarmUp(epochs=2.0, then="cosine")
    assert [stays.factor(Position(e, 6)) for e in (0.5, 1.0, 2.0, 5.0)] == pytest.approx([0.25, 0.5, 1, 1])
    assert [falls.factor(Position(e, 6)) for e in (1.0, 2.0, 4.0, 6.0)] == pytest.approx([0.5, 1, 0.5, 0])
    assert 0 < stays.factor(Position(0.0, 6)) < 0.01
