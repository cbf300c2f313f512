"""The same seed gives the same events, whatever else happens beside it."""

from __future__ import annotations

from playground.catalog.optimizers import SGD
from playground.data import load
from playground.jobs import JobService
from playground.spec import EarlyStopping, Regularisation
from playground.training.checkpoint import Checkpoint
from playground.training.events import BatchesEnded, EpochEnded, RunFinished, RunPaused, RunResumed
from playground.training.trainer import Trainer
from tests.jobs.support import (
    a_convolutional_run,
    a_run,
    all_events,
    assert_same_tensors,
    events_alone,
    history,
    plain_trainer,
    wait_for_end,
    wait_for_status,
    wait_for_step,
    without_pauses,
)


def test_a_run_in_a_worker_has_the_events_and_weights_of_a_plain_trainer(service: JobService) -> None:
    run = a_run()
    trainer = plain_trainer(run)
    expected = list(trainer)
    run_id = service.submit(run, "ann")
    wait_for_end(service, run_id)
    assert all_events(service, run_id) == expected
    weights = service.weights(run_id)
    assert_same_tensors(weights.tensors, trainer.weights())
    assert (weights.step, weights.epoch) == (226, 2.0)


def test_runs_that_take_turns_have_the_events_that_each_has_alone(service: JobService) -> None:
    runs = [a_run(epochs=6, seed=1), a_run(epochs=6, seed=2), a_convolutional_run(seed=1)]
    ids = [service.submit(run, "ann") for run in runs]
    for run_id in ids:
        wait_for_step(service, run_id, 1)
    active = [service.info(run_id).is_active for run_id in ids]
    for run_id in ids:
        wait_for_end(service, run_id)
    assert any(active), "the runs did not overlap"
    for run, run_id in zip(runs, ids, strict=True):
        assert all_events(service, run_id) == events_alone(run)
        assert service.info(run_id).repeatable


def test_pausing_and_resuming_changes_no_number(service: JobService) -> None:
    run = a_run(epochs=8)
    run_id = service.submit(run, "ann")
    for step in (1, 200, 500):
        wait_for_step(service, run_id, step)
        service.pause(run_id)
        wait_for_status(service, run_id, "paused")
        standing = history(service, run_id).step
        assert service.weights(run_id).step == standing
        assert history(service, run_id).step == standing
        service.resume(run_id)
    wait_for_end(service, run_id)
    events = all_events(service, run_id)
    assert [type(event) for event in events if isinstance(event, RunPaused | RunResumed)] == [RunPaused, RunResumed] * 3
    assert without_pauses(events) == events_alone(run)


def test_weights_of_a_live_run_are_those_of_a_plain_trainer_at_the_same_step(service: JobService) -> None:
    run = a_run(epochs=50)
    run_id = service.submit(run, "ann")
    wait_for_step(service, run_id, 100)
    weights = service.weights(run_id)
    assert service.info(run_id).is_active
    service.stop(run_id)
    wait_for_end(service, run_id)
    trainer = plain_trainer(run)
    while trainer.progress.step < weights.step:
        next(trainer)
    assert trainer.progress.step == weights.step
    assert_same_tensors(weights.tensors, trainer.weights())


def test_a_run_stopped_early_goes_on_from_any_epochs_checkpoint_to_the_same_end() -> None:
    run = a_run(epochs=30)
    regularisation = Regularisation(early_stopping=EarlyStopping(patience=1))
    optimizer = SGD(learning_rate=0.5)
    training = run.training.model_copy(update={"regularisation": regularisation, "optimizer": optimizer})
    run = run.model_copy(update={"training": training})
    trainer = plain_trainer(run)
    checkpoints, events = [], []
    for event in trainer:
        events.append(event)
        if isinstance(event, EpochEnded):
            checkpoints.append((len(events), trainer.checkpoint().to_bytes()))
    assert isinstance(events[-1], RunFinished) and events[-1].stopped_early
    for position, data in checkpoints[-2:]:
        resumed = Trainer(run, load("mnist-5k"), runtime=trainer.runtime, checkpoint=Checkpoint.from_bytes(data))
        assert list(resumed)[1:] == events[position:]
        assert_same_tensors(resumed.weights(), trainer.weights())


def test_events_arrive_once_and_in_order_for_any_cursor(service: JobService) -> None:
    run_id = service.submit(a_run(), "ann")
    collected, cursor = [], 0
    while not any(isinstance(event, RunFinished) for event in collected):
        events, cursor = service.events_since(run_id, cursor)
        collected.extend(events)
    assert collected == all_events(service, run_id)
    assert service.events_since(run_id, cursor) == ([], cursor)
    steps = [event.step for event in collected if isinstance(event, BatchesEnded)]
    assert steps == sorted(set(steps))
