"""Studies as a learner meets them: real networks in a real worker process."""

from __future__ import annotations

import statistics

import pytest

from playground.catalog.layers import Dense
from playground.catalog.losses import MeanSquaredError
from playground.errors import PlaygroundError
from playground.findings import Plan
from playground.jobs import JobService
from playground.spec import EarlyStopping, NetworkSpec, Regularisation, RunSpec
from playground.store.store import Store
from playground.studies import active
from playground.studies.plans import CrossValidation, Search, SearchField, SeedComparison
from playground.studies.results import best_so_far, best_trial, comparison, fold_summary, importance, pairs, run_of
from playground.studies.service import StudyService
from playground.training.changes import Changes
from tests.jobs.support import events_alone, history_of, wait_until
from tests.studies.support import a_tiny_run, history_of_trial, wait_for_ended, wait_for_study, with_training

RATE = SearchField(path="training.optimizer.learning_rate", kind="float", low=1e-6, high=0.1, log=True, points=2)
OWNER = "ann"


def test_a_comparison_trains_both_with_every_seed_and_judges_the_pairs(studies: StudyService, jobs: JobService) -> None:
    plan = SeedComparison(first=a_tiny_run(learning_rate=1e-4), second=a_tiny_run(), seeds=(0, 1, 2))
    state = wait_for_study(studies, studies.start(plan, OWNER))
    assert (state.status, state.planned, len(state.trials), state.message) == ("done", 6, 6, "")
    assert {trial.status for trial in state.trials} == {"finished"}
    for trial in state.trials[:2]:
        alone = history_of(events_alone(run_of(state, trial)))
        assert trial.curve == tuple(epoch.validation_accuracy for epoch in alone.epochs)
        assert trial.score == trial.curve[-1]
        assert trial.num_parameters == (784 + 1) * 16 + (16 + 1) * 10
    both = pairs(state)
    assert [seed for seed, _, _ in both] == [0, 1, 2]
    verdict = comparison(state)
    assert verdict is not None and verdict.n == verdict.wins == 3
    assert verdict.difference == pytest.approx(statistics.fmean(b - a for _, a, b in both) * 100)


def test_a_comparison_goes_on_with_more_seeds_and_keeps_what_it_has(studies: StudyService) -> None:
    plan = SeedComparison(first=a_tiny_run(learning_rate=1e-4), second=a_tiny_run(), seeds=(0,))
    before = wait_for_study(studies, studies.start(plan, OWNER))
    studies.extend(before.id, (1, 2))
    state = wait_for_study(studies, before.id)
    assert state.trials[:2] == before.trials
    assert (state.status, state.planned, [seed for seed, _, _ in pairs(state)]) == ("done", 6, [0, 1, 2])
    with pytest.raises(PlaygroundError, match="60"):
        studies.extend(before.id, tuple(range(3, 40)))
    assert studies.state(before.id) == state


def test_with_early_stopping_the_score_is_that_of_the_weights_that_were_restored(studies: StudyService, jobs: JobService) -> None:
    stopping = Regularisation(early_stopping=EarlyStopping(patience=1))
    restless = with_training(a_tiny_run(epochs=20, learning_rate=0.8), regularisation=stopping)
    plan = SeedComparison(first=restless, second=with_training(restless, batch_size=10), seeds=(0,))
    state = wait_for_study(studies, studies.start(plan, OWNER))
    for trial in state.trials:
        history = history_of_trial(jobs, state, trial.number)
        assert history.finished is not None and history.finished.best_epoch is not None
        assert len(trial.curve) > history.finished.best_epoch
        assert trial.score == history.epochs[history.finished.best_epoch - 1].validation_accuracy


def test_a_cross_validation_has_one_curve_a_fold_a_mean_and_a_spread(studies: StudyService, jobs: JobService) -> None:
    state = wait_for_study(studies, studies.start(CrossValidation(run=a_tiny_run(), folds=3), OWNER))
    assert [trial.values for trial in state.trials] == [{"fold": 0}, {"fold": 1}, {"fold": 2}]
    assert [len(trial.curve) for trial in state.trials] == [2, 2, 2]
    sizes = [history_of_trial(jobs, state, number).started for number in range(3)]
    images = 4_000
    assert sum(started.validation_size for started in sizes if started) == images
    assert [started.train_size for started in sizes if started] == [200, 200, 200]
    summary, scores = fold_summary(state), [trial.score or 0.0 for trial in state.trials]
    assert summary is not None and summary.n == 3
    assert summary.mean == pytest.approx(sum(scores) / 3)
    assert summary.spread == pytest.approx((sum((score - sum(scores) / 3) ** 2 for score in scores) / 2) ** 0.5)


def test_tpe_finds_that_a_learning_rate_of_a_tenth_beats_a_millionth(studies: StudyService) -> None:
    plan = Search(run=a_tiny_run(), method="tpe", fields=(RATE,), budget=8, prune=False)
    state = wait_for_study(studies, studies.start(plan, OWNER))
    assert state.status == "done" and len(state.trials) == 8
    best = best_trial(state)
    assert best is not None and float(best.values[RATE.path] or 0) > 0.01
    series = best_so_far(state)
    assert [score for _, score in series] == sorted(score for _, score in series)
    assert series[-1][1] == best.score
    assert run_of(state, best) == with_training(
        a_tiny_run(), optimizer=a_tiny_run(learning_rate=float(best.values[RATE.path] or 0)).training.optimizer
    )
    assert importance(state) == {RATE.path: 1.0}


def test_a_grid_trains_every_point_once_and_trials_are_no_ordinary_runs_of_the_visitor(
    studies: StudyService, jobs: JobService, store: Store
) -> None:
    units = SearchField(path="network.layers.1.units", kind="choice", choices=(4, 8))
    plan = Search(run=a_tiny_run(epochs=1), method="grid", fields=(units, RATE), budget=20, prune=False)
    study_id = studies.start(plan, OWNER)
    state = wait_for_study(studies, study_id)
    assert state.planned == len(state.trials) == 4
    found = {(trial.values[units.path], trial.values[RATE.path]) for trial in state.trials}
    assert found == {(4, 1e-6), (4, 0.1), (8, 1e-6), (8, 0.1)}
    assert jobs.runs(OWNER) == []
    assert store.flush()
    stored = store.runs(OWNER, study=study_id, trials=True)
    assert sorted(run.origin.trial or 0 for run in stored) == [0, 1, 2, 3]
    assert {run.id for run in stored} == {trial.run_id for trial in state.trials}


def test_pruning_stops_a_hopeless_trial_before_its_end(studies: StudyService, jobs: JobService) -> None:
    rates = SearchField(path=RATE.path, kind="choice", choices=(0.1, 0.12, 0.14, 1e-8))
    # Long enough that the hopeless one cannot reach its end between two looks at it.
    plan = Search(run=a_tiny_run(epochs=150), method="grid", fields=(rates,), budget=4, prune=True)
    state = wait_for_study(studies, studies.start(plan, OWNER))
    hopeless = state.trials[3]
    assert (hopeless.status, hopeless.score) == ("pruned", None)
    assert "Worse than most" in hopeless.reason
    assert 0 < len(hopeless.curve) < 150
    assert history_of_trial(jobs, state, 3).status == "stopped"
    assert [trial.status for trial in state.trials[:2]] == ["finished", "finished"]
    best = best_trial(state)
    assert state.status == "done" and best is not None and best.number != 3


def test_settings_that_cannot_be_trained_are_a_failed_trial_with_the_reason(studies: StudyService) -> None:
    kernel = SearchField(path="network.layers.0.kernel_size", kind="choice", choices=(3, 11))
    run = a_tiny_run(epochs=1)
    layers = (
        {"kind": "conv2d", "filters": 2, "kernel_size": 3, "stride": 4, "padding": "valid"},
        {"kind": "conv2d", "filters": 2, "kernel_size": 6, "padding": "valid"},
        {"kind": "flatten"},
        Dense(units=10).model_dump(),
    )
    run = run.model_validate(run.model_dump() | {"network": {"layers": layers}})
    state = wait_for_study(studies, studies.start(Search(run=run, method="grid", fields=(kernel,), budget=5), OWNER))
    good, bad = state.trials
    assert (good.status, bad.status, bad.run_id, bad.score) == ("finished", "failed", None, None)
    assert "kernel is larger" in bad.reason
    assert (state.status, state.message) == ("done", "1 of 2 trials failed.")


def test_at_most_two_trials_are_unfinished_at_once(studies: StudyService, jobs: JobService) -> None:
    study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=3), folds=5), OWNER)
    most = 0

    def look() -> bool:
        nonlocal most
        state = studies.state(study_id)
        most = max(most, sum(jobs.info(trial.run_id).is_active for trial in state.trials if trial.run_id))
        return not state.is_active

    wait_until(look, 120)
    assert most == 2


def test_stop_ends_the_trials_and_resume_does_the_rest(studies: StudyService, jobs: JobService) -> None:
    study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=30), folds=4), OWNER)
    wait_for_ended(studies, study_id, 1)
    studies.stop(study_id)
    assert studies.state(study_id).status == "stopped"
    wait_until(lambda: all(trial.status != "running" for trial in studies.state(study_id).trials))
    stopped = studies.state(study_id)
    wait_until(lambda: not any(jobs.info(trial.run_id).is_active for trial in stopped.trials if trial.run_id))
    kept = {trial.number: trial for trial in stopped.trials if trial.status == "finished"}
    assert kept and len(kept) < 4
    studies.resume(study_id)
    state = wait_for_study(studies, study_id)
    assert state.status == "done" and {trial.status for trial in state.trials} == {"finished"}
    assert all(state.trials[number] == trial for number, trial in kept.items())


def test_a_run_that_its_owner_deletes_or_changes_is_a_failed_trial(studies: StudyService, jobs: JobService) -> None:
    study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=100), folds=3), OWNER)
    wait_until(lambda: sum(bool(trial.curve) for trial in studies.state(study_id).trials) >= 2)
    first, second, _ = studies.state(study_id).trials
    jobs.change(second.run_id or "", Changes(optimizer={"learning_rate": 0.02}))
    jobs.kept.delete([first.run_id or ""])
    state = wait_for_study(studies, study_id)
    assert [trial.status for trial in state.trials] == ["failed", "failed", "finished"]
    assert [trial.reason[:15] for trial in state.trials[:2]] == ["Its run was del", "Its settings we"]
    assert state.status == "done" and state.message == "2 of 3 trials failed."


def test_a_server_without_room_is_waited_for(studies: StudyService, jobs: JobService, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = jobs.submit(a_tiny_run(epochs=100), "bob")
    jobs.pause(blocker)
    monkeypatch.setenv("PLAYGROUND_MAX_RUNS", "1")
    study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=1), folds=2), OWNER)
    wait_until(lambda: studies.state(study_id).message != "")
    assert "takes 1 at a time" in studies.state(study_id).message
    assert studies.state(study_id).is_active
    jobs.forget(blocker)
    state = wait_for_study(studies, study_id)
    assert (state.status, state.message) == ("done", "")


def test_studies_of_one_visitor_share_their_places_and_one_too_many_is_refused(
    studies: StudyService, jobs: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_RUNS_PER_VISITOR", "2")
    ids = [studies.start(CrossValidation(run=a_tiny_run(epochs=5), folds=3), OWNER) for _ in range(2)]
    with pytest.raises(PlaygroundError, match="You have 2 experiments under way. One visitor may have 2 at a time."):
        studies.start(CrossValidation(run=a_tiny_run(), folds=2), OWNER)
    most = 0

    def look() -> bool:
        nonlocal most
        states = [studies.state(study_id) for study_id in ids]
        runs = [trial.run_id for state in states for trial in state.trials if trial.run_id]
        most = max(most, sum(jobs.info(run_id).is_active for run_id in runs))
        return not any(state.is_active for state in states)

    wait_until(look, 120)
    assert most == 2
    assert [studies.state(study_id).status for study_id in ids] == ["done", "done"]


def test_a_fault_in_one_study_does_not_end_the_others(studies: StudyService, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = active.check

    def faulty(run: RunSpec) -> Plan:
        if run.training.epochs == 3:
            raise RuntimeError("a fault of our own")
        return checked(run)

    monkeypatch.setattr(active, "check", faulty)
    bad = studies.start(CrossValidation(run=a_tiny_run(epochs=3), folds=2), OWNER)
    good = studies.start(CrossValidation(run=a_tiny_run(epochs=1), folds=2), OWNER)
    assert wait_for_study(studies, good).status == "done"
    state = wait_for_study(studies, bad)
    assert state.status == "failed" and "server's log" in state.message


def test_a_study_in_which_nothing_succeeds_says_why(studies: StudyService) -> None:
    rates = SearchField(path=RATE.path, kind="choice", choices=(9.0, 10.0))
    tiny = a_tiny_run(epochs=3)
    layers = (tiny.network.layers[0], tiny.network.layers[-1])  # without a ReLU that could die, and end the explosion
    run = with_training(tiny, loss=MeanSquaredError()).model_copy(update={"network": NetworkSpec(layers=layers)})
    plan = Search(run=run, method="grid", fields=(rates,), budget=2)
    state = wait_for_study(studies, studies.start(plan, OWNER))
    assert state.status == "failed"
    assert state.message.startswith("No trial could be finished. ")


def test_studies_of_a_visitor_are_listed_newest_first_and_a_deleted_one_is_gone(studies: StudyService) -> None:
    first = studies.start(CrossValidation(run=a_tiny_run(), folds=2), OWNER)
    second = studies.start(SeedComparison(first=a_tiny_run(), second=a_tiny_run(units=8), seeds=(1,)), OWNER)
    assert [state.id for state in studies.studies(OWNER)] == [second, first]
    assert [state.name for state in studies.studies(OWNER)] == ["A against B, one seed", "2-fold cross-validation"]
    assert studies.studies("bob") == []
    studies.delete(second)
    wait_for_study(studies, first)
    assert [state.id for state in studies.studies(OWNER)] == [first]
    with pytest.raises(PlaygroundError, match="not on this server"):
        studies.state(second)


def test_a_finished_study_cannot_be_resumed(studies: StudyService) -> None:
    study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=1), folds=2), OWNER)
    wait_for_study(studies, study_id)
    with pytest.raises(PlaygroundError, match="is done"):
        studies.resume(study_id)


def test_a_study_deleted_while_it_works_neither_comes_back_nor_leaves_runs_behind(
    studies: StudyService, jobs: JobService, store: Store
) -> None:
    for _ in range(5):
        study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=100), folds=3), OWNER)
        study = studies._active[study_id]
        wait_until(lambda study=study: study.num_unfinished > 0)  # type: ignore[misc]
        studies.delete(study_id)
        runs = [trial.run_id for trial in study.state.trials if trial.run_id]
        study.advance(2)  # as the service's thread may do that took it up just before
        assert [trial.run_id for trial in study.state.trials if trial.run_id] == runs
        wait_until(lambda runs=runs: not any(jobs.info(run_id).is_active for run_id in runs))  # type: ignore[misc]
        assert store.flush()
        assert study_id not in {state.id for state in studies.studies(OWNER)} and store.study(study_id) is None
