"""Small studies on 200 of the bundled digits, and ways to wait for them."""

from __future__ import annotations

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.catalog.optimizers import SGD
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.studies.service import StudyService
from playground.studies.state import StudyState
from playground.training.history import History
from tests.jobs.support import history, wait_until


def a_tiny_run(epochs: int = 2, units: int = 16, learning_rate: float = 0.1) -> RunSpec:
    return RunSpec(
        network=NetworkSpec(layers=(Flatten(), Dense(units=units), Dense(units=10, activation=Identity()))),
        dataset=DatasetSpec(name="mnist-5k", training_size=200),
        training=TrainingSpec(epochs=epochs, batch_size=20, optimizer=SGD(learning_rate=learning_rate)),
    )


def with_training(run: RunSpec, **updates: object) -> RunSpec:
    training = run.training.model_copy(update=updates)
    return run.model_copy(update={"training": training})


def wait_for_study(studies: StudyService, study_id: str) -> StudyState:
    wait_until(lambda: not studies.state(study_id).is_active, 120)
    return studies.state(study_id)


def wait_for_ended(studies: StudyService, study_id: str, count: int) -> StudyState:
    wait_until(lambda: studies.state(study_id).num_ended >= count, 120)
    return studies.state(study_id)


def history_of_trial(jobs: JobService, state: StudyState, number: int) -> History:
    run_id = state.trials[number].run_id
    assert run_id is not None
    return history(jobs, run_id)
