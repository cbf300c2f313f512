"""Advice while a run trains: in good time, without flicker or contradiction, at a low cost; and mends taken up on the way."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from advised_runs import SEEDS, TRIED, Tried, advice, events, final, medians, seeded, small

from playground import data
from playground.advisor import RULES, Advice, Keeper, advise, case_of
from playground.advisor.keeping import LINGER_BATCHES
from playground.catalog.layers import Dense, Flatten
from playground.findings import Mend
from playground.spec import RunSpec
from playground.training.changes import changes_between
from playground.training.events import BatchesEnded, LayerMeasures, LayersMeasured, RunFailed, SettingsChanged
from playground.training.history import History
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

FACTS = {"pixels", "classes"}
LIVE = ("rate-too-high", "rate-too-low", "huge-batches", "plateau")


def told(run: RunSpec) -> Iterator[tuple[History, tuple[Advice, ...], tuple[Advice, ...]]]:
    """After every event: the history, what the rules say, and what is shown."""
    history, keeper = History(), Keeper()
    for event in events(run):
        history.fold([event])
        found = advise(case_of(run, history))
        yield history, found, keeper.update(found, history.step, not history.is_active)


@pytest.mark.parametrize("tried", TRIED, ids=str)
def test_while_it_trains_nothing_is_said_too_early_or_against_each_other(tried: Tried) -> None:
    shown_before: set[str] = set()
    appeared: list[str] = []
    for history, _, shown in told(tried.loud):
        names, topics = [each.name for each in shown], [each.topic for each in shown]
        assert not shown or history.step >= 20 or len(history.epochs) >= 2 or history.failed, names
        assert len(set(topics)) == len(topics), names
        if shown and shown[0].severity == "problem":
            assert set(topics[1:]) <= FACTS, names
        order = [["problem", "tip", "fine"].index(each.severity) for each in shown]
        assert order == sorted(order)
        appeared += sorted(set(names) - shown_before)
        shown_before = set(names)
    assert all(appeared.count(name) <= 2 for name in appeared), appeared


def train_with_live_mend(run: RunSpec, rule: str) -> History:
    """Trains, and takes up the rule's mend when it is first offered."""
    history = History()
    trainer = Trainer(run, data.load("mnist-5k"), runtime=Runtime())
    for event in trainer:
        history.fold([event])
        found = {each.name: each for each in advise(case_of(trainer.run, history))}.get(rule)
        if found and found.live and not history.changes:
            changes = changes_between(trainer.run, found.live.run)
            assert changes
            history.fold([trainer.change(changes)])
    assert history.changes, "it was never offered"
    return history


@pytest.mark.parametrize("rule", LIVE)
def test_a_mend_taken_up_on_the_way_helps_as_well(rule: str) -> None:
    tried = next(tried for tried in TRIED if tried.rule == rule)
    run = tried.loud
    if rule != "plateau":  # the rule needs some epochs to be sure, and its mend some to help
        run = run.model_copy(update={"training": run.training.model_copy(update={"epochs": 8})})
    changed = [final(train_with_live_mend(seeded(run, seed), rule))[0] for seed in SEEDS]
    assert statistics.median(changed) < medians(run)[0]


def test_only_mends_that_were_tried_on_the_way_are_offered_there() -> None:
    for tried in TRIED:
        for _, found, _ in told(tried.loud):
            assert all(each.name in LIVE for each in found if each.live)


def test_a_run_that_is_over_is_offered_nothing_to_take_up() -> None:
    assert not any(each.live for tried in TRIED for each in advice(tried.loud).values())


def long(losses: list[float], accuracy: float, status: str = "running", measured: tuple[float, ...] = ()) -> History:
    """A history made by hand: a batch a loss, and looks inside with these sizes of steps."""
    history = History(status=status, batch_loss=losses, batch_accuracy=[accuracy] * len(losses))
    history.batch_steps = list(range(1, len(losses) + 1))
    history.batch_epochs = [step / 100 for step in history.batch_steps]
    for step, ratio in zip((1, 50, 90, 100), measured, strict=False):
        layers = tuple(LayerMeasures(layer, 1.0, ratio, 0.0, 1.0, 0.0, None) for layer in (1, 2))
        history.measured.append(LayersMeasured(step, step / 100, 0.001, layers))
    return history


def names(history: History, run: RunSpec | None = None) -> list[str]:
    return [each.name for each in advise(case_of(run or small(), history))]


def test_the_first_batches_are_not_judged() -> None:
    assert names(long([2.3, *[300.0] * 19], 0.1)) == []
    assert names(long([2.3, *[300.0] * 99], 0.1)) == ["exploding"]
    assert names(History()) == [] and names(History(status="stopped")) == []


def test_one_look_inside_is_not_enough_while_it_trains() -> None:
    slow = [2.3 - 0.0005 * step for step in range(100)]
    assert names(long(slow, 0.15, measured=(1e-5, 1e-5))) == []
    assert names(long(slow, 0.15, measured=(1e-5, 1e-5, 1e-5))) == ["rate-too-low"]


def test_after_a_change_only_what_came_since_is_judged() -> None:
    history = long([2.3, *[300.0] * 99], 0.1)
    history.changes.append(SettingsChanged(100, 1.0, "learning rate 1 → 0.1"))
    assert names(history) == []
    history.fold([BatchesEnded(160, 1.6, (2.0,) * 60, (0.3,) * 60, 0.1, 5000)])
    assert names(history) == []


def test_guessing_depends_on_the_number_of_classes() -> None:
    """0.1 is no better than guessing among ten classes; among 26 it is."""
    letters = small()
    letters = letters.model_copy(update={"dataset": letters.dataset.model_copy(update={"name": "emnist-letters"})})
    shot_up = long([3.2, *[30.0] * 20, *[3.1] * 80], 0.1)
    assert names(shot_up) == ["exploding"]
    assert names(shot_up, letters) == []


def test_only_a_run_that_ran_away_is_blamed_on_its_steps() -> None:
    lost = long([2.3] * 10, 0.1, status="failed")
    lost.failed = RunFailed(10, "The run's worker was lost twice.")
    assert names(lost) == []


@pytest.mark.parametrize("bad", [0.0, math.inf])
def test_figures_without_measure_make_no_odd_words(bad: float) -> None:
    """Nothing moves, or all is infinite; and so it is with the loss."""
    history = long([2.3, *[1e30] * 99], 0.1, measured=(bad, bad, bad, bad))
    for look in history.measured:
        object.__setattr__(look, "layers", tuple(replace(layer, gradient_norm=bad) for layer in look.layers))
    for losses in (history.batch_loss, [0.0] * 100):
        history.batch_loss = losses
        for each in advise(case_of(small(), history)):
            assert not {"nan", "inf", "inf%"} & set(each.evidence.replace(",", " ").replace(".", " ").split()), each.evidence


def test_networks_without_weights_without_hidden_layers_and_very_deep_ones_are_judged_as_well() -> None:
    for layers in ((Flatten(),), (Flatten(), Dense(units=10)), (Flatten(), *[Dense(units=4)] * 50, Dense(units=200))):
        history = long([2.3] * 100, 0.1, measured=(0.01, 0.01, 0.01))
        for look in history.measured:
            weighted = [index for index, layer in enumerate(layers) if layer.weighted]
            object.__setattr__(look, "layers", tuple(LayerMeasures(i, 1.0, 0.01, 0.0, 1.0, None, None) for i in weighted))
        advise(case_of(small(layers), history))


class Counting(list[Any]):
    """A column that counts what is read of it, and is never read as a whole."""

    reads = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        Counting.reads += len(found) if isinstance(key, slice) else 1
        return found

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("a column was read as a whole")


def test_a_long_run_costs_no_more_than_a_short_one() -> None:
    history = long([2.3] * 200_000, 0.5, measured=(0.01, 0.01, 0.01, 0.01))
    for column in ("batch_loss", "batch_accuracy", "batch_steps", "batch_epochs"):
        setattr(history, column, Counting(getattr(history, column)))
    advise(case_of(small(), history))
    assert 0 < Counting.reads < 1000 * len(RULES)


def said(name: str, severity: Any = "tip", topic: Any = "capacity") -> Advice:
    return Advice(name, severity, topic, name, "1", "why", Mend("mend", small(epochs=9)) if severity == "tip" else None)


def test_what_was_said_stays_for_a_while() -> None:
    keeper = Keeper()
    assert keeper.update([said("a")], 100) == (said("a"),)
    assert keeper.update([], 100 + LINGER_BATCHES - 1) == (said("a"),)
    assert keeper.update([], 100 + LINGER_BATCHES) == ()


def test_what_was_said_gives_way_to_its_contrary_to_a_problem_and_to_the_end() -> None:
    for found in ([said("b")], [said("b", "problem", "learning")]):
        keeper = Keeper()
        keeper.update([said("a")], 100)
        assert keeper.update(found, 110) == tuple(found)
    keeper = Keeper()
    keeper.update([said("a")], 100)
    assert keeper.update([], 110, is_over=True) == ()
    keeper.update([said("a")], 100)
    assert keeper.update([], 50) == (), "the run went back to a checkpoint"
