"""A study outlives its server."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from playground.jobs import JobService
from playground.store.store import Store
from playground.store.values import StoredStudy
from playground.studies.plans import CrossValidation, Search, SearchField
from playground.studies.record import to_stored
from playground.studies.service import StudyService
from playground.studies.state import Trial
from tests.jobs.support import events_alone, history_of, wait_until
from tests.studies.support import a_tiny_run, wait_for_ended, wait_for_study

OWNER = "ann"


def test_a_restarted_server_shows_the_study_as_interrupted_and_resume_ends_it_as_if_nothing_had_happened(database: str) -> None:
    plan = CrossValidation(run=a_tiny_run(epochs=40), folds=4)
    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        study_id = studies.start(plan, OWNER)
        before = wait_for_ended(studies, study_id, 1)
    store.close()

    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        (state,) = studies.studies(OWNER)
        assert (state.id, state.status, state.plan, state.planned) == (study_id, "interrupted", plan, 4)
        assert [trial for trial in state.trials if trial.has_ended][: before.num_ended] == [
            trial for trial in before.trials if trial.has_ended
        ]
        assert "interrupted" in {trial.status for trial in state.trials}
        studies.resume(study_id)
        done = wait_for_study(studies, study_id)
        assert done.status == "done" and {trial.status for trial in done.trials} == {"finished"}
        for old, new in zip(state.trials, done.trials, strict=True):
            assert new == old or not old.has_ended
            assert old.run_id in (None, new.run_id)
        assert store.flush()
        assert len(store.runs(OWNER, study=study_id, trials=True)) == 4
        folds = (content.dataset.fold for content in (run.run for run in store.runs(OWNER, study=study_id, trials=True)))
        assert sorted(fold for fold in folds if fold is not None) == [0, 1, 2, 3]
    store.close()
    for trial in done.trials:
        dataset = plan.run.dataset.model_copy(update={"folds": 4, "fold": trial.number, "validation_share": 0.25})
        alone = history_of(events_alone(plan.run.model_copy(update={"dataset": dataset})))
        assert trial.curve == tuple(epoch.validation_accuracy for epoch in alone.epochs)

    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        assert studies.state(study_id) == done
    store.close()


SERVER = """
import sys, time
from playground.jobs import JobService
from playground.store.store import Store
from playground.studies.plans import plan_from_json
from playground.studies.service import StudyService

if __name__ == "__main__":
    store = Store(sys.argv[1])
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        studies.start(plan_from_json(sys.argv[2]), "ann")
        time.sleep(600)
"""


def test_a_search_goes_on_after_its_server_was_killed_and_keeps_within_its_budget(database: str) -> None:
    rate = SearchField(path="training.optimizer.learning_rate", kind="float", low=1e-3, high=0.5, log=True)
    plan = Search(run=a_tiny_run(epochs=10), method="tpe", fields=(rate,), budget=6, prune=False)
    root = Path(__file__).parents[2]
    server = subprocess.Popen([sys.executable, "-c", SERVER, database, plan.model_dump_json()], cwd=root)
    store = Store(database)
    reader = StudyService(JobService(workers=1, threads=1), store)  # nothing is started: it only reads
    wait_until(lambda: any(state.num_ended >= 2 for state in reader.studies(OWNER)), 120)
    server.kill()
    server.wait()
    (before,) = reader.studies(OWNER)
    store.close()
    assert before.status == "interrupted"

    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        studies.resume(before.id)
        done = wait_for_study(studies, before.id)
        assert store.flush()
        assert len(store.runs(OWNER, study=before.id, trials=True)) == 6
    store.close()
    assert done.status == "done" and len(done.trials) == 6
    assert len({trial.values[rate.path] for trial in done.trials}) == 6
    for old in before.trials:
        assert done.trials[old.number].values == old.values
        assert done.trials[old.number] == old or not old.has_ended


def test_a_run_that_was_stored_after_its_study_is_found_again(database: str) -> None:
    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=100), folds=2), OWNER)
        wait_until(lambda: all(trial.curve for trial in studies.state(study_id).trials))
        state = studies.state(study_id)
    assert store.flush()
    # As a server leaves it that was killed between the two.
    store.save_study(to_stored(replace(state, trials=tuple(Trial(trial.number, values=trial.values) for trial in state.trials))))
    store.close()
    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        studies.resume(study_id)
        done = wait_for_study(studies, study_id)
    assert [trial.run_id for trial in done.trials] == [trial.run_id for trial in state.trials]
    assert [trial.status for trial in done.trials] == ["finished", "finished"]
    store.close()


def test_an_interrupted_study_can_be_stopped_instead(database: str) -> None:
    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=100), folds=2), OWNER)
        wait_for_ended(studies, study_id, 0)
    with StudyService(jobs, store) as studies:
        studies.stop(study_id)
        assert studies.state(study_id).status == "stopped"
    store.close()


def test_a_damaged_study_is_left_out_of_the_list(database: str) -> None:
    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=1), folds=2), OWNER)
        wait_for_study(studies, study_id)
        for number, text in enumerate(
            ("", "[]", "{}", '{"version": 1, "plan": {}, "planned": 1, "trials": []}', '{"version": 9}')
        ):
            store.save_study(StoredStudy(f"bad-{number}", OWNER, "search", text, "done", 1.0 + number))
        assert store.flush()
        assert [state.id for state in studies.studies(OWNER)] == [study_id]
    store.close()


def test_a_trial_that_was_stopped_and_begun_anew_goes_on_with_its_newest_run(database: str) -> None:
    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        study_id = studies.start(CrossValidation(run=a_tiny_run(epochs=100), folds=2), OWNER)
        wait_until(lambda: all(trial.curve for trial in studies.state(study_id).trials))
        studies.stop(study_id)
        wait_until(lambda: all(trial.status == "stopped" for trial in studies.state(study_id).trials))
        old = {trial.run_id for trial in studies.state(study_id).trials}
        studies.resume(study_id)
        wait_until(lambda: all(trial.curve and trial.run_id not in old for trial in studies.state(study_id).trials))
        newest = [trial.run_id for trial in studies.state(study_id).trials]
        assert store.flush()
    store.close()
    store = Store(database)
    with JobService(workers=1, threads=1, store=store) as jobs, StudyService(jobs, store) as studies:
        studies.resume(study_id)
        done = wait_for_study(studies, study_id)
    assert [(trial.run_id, trial.status) for trial in done.trials] == [(run_id, "finished") for run_id in newest]
    store.close()
