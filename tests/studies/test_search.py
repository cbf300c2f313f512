"""What a search tries next, what it gives up, and what it finds important, on scores from a known formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from playground.studies.plans import Search, SearchField
from playground.studies.search import Explorer, importance_of
from playground.studies.state import Trial
from playground.studies.trials import Values
from tests.jobs.support import a_run

RATE = SearchField(path="training.optimizer.learning_rate", kind="float", low=1e-5, high=1.0, log=True)
UNITS = SearchField(path="network.layers.1.units", kind="int", low=4, high=64)
KIND = SearchField(path="training.optimizer", kind="choice", choices=("sgd", "adam"))
NESTEROV = SearchField(path="training.optimizer.nesterov", kind="choice", choices=(False, True))


def a_search(*fields: SearchField, method: str = "tpe", budget: int = 20, prune: bool = False, seed: int = 0) -> Search:
    return Search(run=a_run(), method=method, fields=fields, budget=budget, prune=prune, seed=seed)  # type: ignore[arg-type]


def bump(values: Values) -> float:
    """Highest, 1, at a learning rate of 0.1; the number of neurons counts for a hundredth."""
    rate, units = values[RATE.path], values.get(UNITS.path) or 0
    assert isinstance(rate, float) and isinstance(units, int)
    return 0.99 - (math.log10(rate) + 1) ** 2 / 20 + units / 6400


def explored(plan: Search, score: Callable[[Values], float], known: list[Trial] | None = None) -> list[Trial]:
    trials = list(known or [])
    explorer = Explorer(plan, trials)
    while (values := explorer.propose(len(trials))) is not None:
        trial = Trial(len(trials), values=values, status="finished", score=score(values), curve=(score(values),))
        explorer.learn(trial)
        trials.append(trial)
    return trials


def test_tpe_comes_to_try_values_near_the_best_and_random_search_does_not() -> None:
    def distance(trials: list[Trial]) -> float:
        return sum(abs(math.log10(float(trial.values[RATE.path] or 1)) + 1) for trial in trials) / len(trials)

    tpe = explored(a_search(RATE, UNITS, budget=40), bump)
    random = explored(a_search(RATE, UNITS, budget=40, method="random"), bump)
    assert len(tpe) == len(random) == 40
    assert distance(tpe[20:]) < 0.5 * distance(random[20:])
    assert max(trial.score or 0 for trial in tpe) > 0.99


def test_the_same_seed_proposes_the_same_trials_and_another_seed_others() -> None:
    first, again, other = (explored(a_search(RATE, UNITS, budget=8, seed=seed), bump) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_random_values_stay_within_their_bounds_and_kinds() -> None:
    for trial in explored(a_search(RATE, UNITS, KIND, NESTEROV, method="random", budget=30), bump):
        values = trial.values
        assert 1e-5 <= float(values[RATE.path] or 0) <= 1 and values[UNITS.path] in range(4, 65)
        assert values[NESTEROV.path] in ((None,) if values[KIND.path] == "adam" else (False, True))


def test_a_small_space_is_tried_once_each_and_then_the_search_ends() -> None:
    trials = explored(a_search(KIND, NESTEROV, budget=20), lambda values: 0.9)
    found = [(trial.values[KIND.path], trial.values[NESTEROV.path]) for trial in trials]
    assert sorted(found, key=str) == [("adam", None), ("sgd", False), ("sgd", True)]


def test_a_search_that_goes_on_keeps_what_it_learned_and_tries_nothing_twice() -> None:
    plan = a_search(RATE, UNITS, budget=40)
    half = explored(a_search(RATE, UNITS, budget=20), bump)
    whole = explored(plan, bump, half)
    assert whole[:20] == half and len(whole) == 40
    assert len({repr(trial.values) for trial in whole}) == 40
    # By chance, about a third would lie so near the best.
    assert sum(bump(dict(trial.values)) > 0.95 for trial in whole[20:]) > 10


def test_a_trial_below_the_median_at_its_age_is_hopeless_and_one_above_is_not() -> None:
    explorer = Explorer(a_search(RATE, prune=True, budget=8))
    for number, curve in enumerate([(0.5, 0.8), (0.6, 0.9), (0.7, 0.95)]):
        values = explorer.propose(number)
        assert values is not None
        explorer.learn(Trial(number, values=values, status="finished", score=curve[-1], curve=curve))
    poor, good = (Trial(number, values=explorer.propose(number) or {}, status="running") for number in (3, 4))
    assert not explorer.is_hopeless(poor)
    assert not explorer.is_hopeless(replace(good, curve=(0.65,)))
    assert explorer.is_hopeless(replace(poor, curve=(0.55,)))
    assert explorer.is_hopeless(replace(good, curve=(0.65, 0.7)))


def test_trials_of_which_not_every_epoch_is_told_are_compared_at_the_same_epoch() -> None:
    explorer = Explorer(a_search(RATE, prune=True, budget=8))
    for number in range(3):
        values = explorer.propose(number) or {}
        explorer.learn(Trial(number, values=values, status="finished", score=0.9, curve=(0.1, 0.5, 0.9), told=(1, 40, 80)))
    early, late = (Trial(number, values=explorer.propose(number) or {}, status="running") for number in (3, 4))
    assert not explorer.is_hopeless(replace(early, curve=(0.2, 0.45), told=(1, 20))), "none of the others is known at that age"
    assert explorer.is_hopeless(replace(late, curve=(0.2, 0.45), told=(1, 40)))
    assert late.epochs == () and replace(late, curve=(0.1, 0.2)).epochs == (1, 2)


def test_no_trial_is_hopeless_while_too_few_have_finished_or_without_pruning() -> None:
    for prune, count in ((True, 1), (False, 4)):
        explorer = Explorer(a_search(RATE, prune=prune, budget=8))
        for number in range(count):
            values = explorer.propose(number) or {}
            explorer.learn(Trial(number, values=values, status="finished", score=0.9, curve=(0.9,)))
        assert not explorer.is_hopeless(Trial(count, values=explorer.propose(count) or {}, curve=(0.1,)))


def test_importance_finds_the_field_that_the_score_hangs_on() -> None:
    plan = a_search(RATE, UNITS, method="random", budget=40)
    found = importance_of(plan, explored(plan, bump))
    assert list(found) == [RATE.path, UNITS.path]
    assert abs(sum(found.values()) - 1) < 1e-9
    assert found[RATE.path] > 0.8
    assert importance_of(plan, explored(plan, bump)) == found


def test_importance_leaves_out_fields_that_not_every_trial_has() -> None:
    plan = a_search(RATE, KIND, NESTEROV, method="random", budget=20)
    assert set(importance_of(plan, explored(plan, bump))) == {RATE.path, KIND.path}


def test_importance_of_too_few_or_equal_scores_is_empty() -> None:
    plan = a_search(RATE, UNITS, method="random", budget=10)
    assert importance_of(plan, explored(plan, bump)[:3]) == {}
    assert importance_of(plan, explored(plan, lambda values: 0.9)) == {}


def test_one_field_alone_has_all_the_importance() -> None:
    plan = a_search(RATE, method="random", budget=6)
    assert importance_of(plan, explored(plan, bump)) == {RATE.path: 1.0}
