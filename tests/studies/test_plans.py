"""Plans, their trials, and what is refused."""

from __future__ import annotations

from itertools import product

import pytest
from pydantic import ValidationError

from playground.errors import PlaygroundError
from playground.spec import DatasetSpec, RunSpec
from playground.studies.plans import CrossValidation, Search, SearchField, SeedComparison, plan_from_json
from playground.studies.requirements import require_startable
from playground.studies.trials import fixed_values, grid_points, grid_size, num_planned, run_of_values
from tests.jobs.support import a_run

RATE = SearchField(path="training.optimizer.learning_rate", kind="float", low=0.001, high=0.1, log=True)
KINDS = SearchField(path="training.optimizer", kind="choice", choices=("sgd", "adam"))
NESTEROV = SearchField(path="training.optimizer.nesterov", kind="choice", choices=(False, True))


def a_search(*fields: SearchField, method: str = "grid", budget: int = 50, run: RunSpec | None = None) -> Search:
    return Search(run=run or a_run(), method=method, fields=fields, budget=budget)  # type: ignore[arg-type]


def test_every_plan_survives_json_with_the_types_of_its_choices() -> None:
    mixed = SearchField(path="x", kind="choice", choices=(True, 1, 1.0, "1"))
    for plan in (
        SeedComparison(first=a_run(), second=a_run(3), seeds=(1, 2)),
        a_search(mixed, RATE),
        CrossValidation(run=a_run(), folds=4),
    ):
        assert plan_from_json(plan.model_dump_json()) == plan
    read = plan_from_json(a_search(mixed).model_dump_json())
    assert isinstance(read, Search)
    assert list(map(repr, read.fields[0].choices)) == ["True", "1", "1.0", "'1'"]


def test_grid_values_hold_both_ends_and_equal_steps_or_factors() -> None:
    assert RATE.grid_values() == (0.001, 0.01, 0.1)
    even = SearchField(path="x", kind="float", low=0.0, high=0.5, points=5)
    assert even.grid_values() == (0.0, 0.125, 0.25, 0.375, 0.5)
    assert SearchField(path="x", kind="int", low=1, high=3, points=9).grid_values() == (1, 2, 3)
    assert SearchField(path="x", kind="int", low=4, high=64, log=True, points=5).grid_values() == (4, 8, 16, 32, 64)
    assert SearchField(path="x", kind="float", low=2, high=8, log=True, points=1).grid_values() == (4.0,)


def test_a_grid_holds_every_point_exactly_once() -> None:
    units = SearchField(path="network.layers.1.units", kind="int", low=8, high=32, log=True, points=3)
    points = grid_points(a_search(units, RATE))
    expected = {(u, r) for u, r in product((8, 16, 32), (0.001, 0.01, 0.1))}
    assert [(point[units.path], point[RATE.path]) for point in points] == sorted(expected)
    assert num_planned(a_search(units, RATE)) == 9


def test_a_field_that_only_some_kinds_have_does_not_double_the_others() -> None:
    plan = a_search(NESTEROV, KINDS)
    found = {(point[KINDS.path], point[NESTEROV.path]) for point in grid_points(plan)}
    assert found == {("sgd", False), ("sgd", True), ("adam", None)}
    assert grid_size(plan) == 3


def test_a_grid_larger_than_the_budget_is_sampled_without_repeats_and_the_same_each_time() -> None:
    wide = [SearchField(path=f"training.{name}", kind="int", low=1, high=50, points=50) for name in ("epochs", "batch_size")]
    for fields, size in ((wide, 2_500), ([*wide, RATE.model_copy(update={"points": 50})], 125_000)):
        plan = a_search(*fields, budget=7)
        points = grid_points(plan)
        assert grid_size(plan) == size and len(points) == 7 == num_planned(plan)
        assert len({repr(point) for point in points}) == 7
        assert grid_points(plan) == points


def test_the_trials_of_a_comparison_differ_in_the_run_and_the_seed_only_and_take_turns() -> None:
    plan = SeedComparison(first=a_run(), second=a_run(layers=a_run().network.layers[1:]), seeds=(5, 9))
    values = fixed_values(plan)
    assert [(value["which"], value["seed"]) for value in values] == [("A", 5), ("B", 5), ("A", 9), ("B", 9)]
    runs = [run_of_values(plan, value) for value in values]
    assert [run.seed for run in runs] == [5, 5, 9, 9]
    assert runs[2] == plan.first.model_copy(update={"seed": 9})
    assert runs[1] == plan.second.model_copy(update={"seed": 5})


def test_the_trials_of_a_cross_validation_differ_in_the_fold_only() -> None:
    plan = CrossValidation(run=a_run(), folds=3)
    runs = [run_of_values(plan, values) for values in fixed_values(plan)]
    assert [(run.dataset.folds, run.dataset.fold) for run in runs] == [(3, 0), (3, 1), (3, 2)]
    assert {run.model_copy(update={"dataset": a_run().dataset}).to_json() for run in runs} == {a_run().to_json()}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "float", "low": 1.0},
        {"kind": "float", "low": 2.0, "high": 1.0},
        {"kind": "float", "low": 0.0, "high": 1.0, "log": True},
        {"kind": "int", "low": 0.5, "high": 2.0},
        {"kind": "choice"},
        {"kind": "choice", "choices": ("a", "a")},
    ],
)
def test_a_field_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="training.x"):
        SearchField.model_validate({"path": "training.x"} | wrong)


def test_seeds_and_fields_may_not_stand_there_twice() -> None:
    with pytest.raises(ValidationError, match="twice"):
        SeedComparison(first=a_run(), second=a_run(), seeds=(1, 1))
    with pytest.raises(ValidationError, match="twice"):
        a_search(RATE, RATE)


def without_validation() -> RunSpec:
    return a_run().model_copy(update={"dataset": DatasetSpec(name="mnist-5k", validation_share=0.0)})


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (SeedComparison(first=a_run(), second=without_validation(), seeds=(1,)), "B keeps nothing for validation.*0.1"),
        (a_search(RATE, run=without_validation()), "This run keeps nothing for validation"),
        (SeedComparison(first=a_run(), second=a_run(seed=4), seeds=(1,)), "A and B are the same"),
        (SeedComparison(first=a_run(), second=a_run(3), seeds=tuple(range(31))), "would train 62 networks.*allows 60"),
        (a_search(RATE, budget=61), "would train 61 networks.*allows 60"),
        (a_search(RATE.model_copy(update={"path": "seed"})), "seed cannot be searched"),
        (a_search(RATE.model_copy(update={"path": "training.speed"})), "has no field training.speed"),
        (a_search(RATE.model_copy(update={"high": 99.0})), "learning_rate"),
        (a_search(KINDS.model_copy(update={"choices": ("sgd", "magic")})), "optimizer"),
        (CrossValidation(run=a_run(layers=a_run().network.layers[1:])), "needs Flatten before it"),
    ],
)
def test_a_plan_that_cannot_give_an_answer_is_refused_in_words(plan: Search, said: str) -> None:
    with pytest.raises(PlaygroundError, match=said):
        require_startable(plan)


def test_a_field_that_only_a_chosen_kind_has_can_be_searched() -> None:
    adam = a_run().model_copy(update={"training": a_run().training.model_validate({"optimizer": {"kind": "adam"}})})
    require_startable(a_search(NESTEROV, KINDS, run=adam))
    with pytest.raises(PlaygroundError, match="has no field"):
        require_startable(a_search(NESTEROV, run=adam))
