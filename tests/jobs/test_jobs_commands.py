"""What a learner can tell a run that goes on, and what is refused."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from playground.catalog.layers import Dense
from playground.errors import PlaygroundError
from playground.jobs import JobService
from playground.training.changes import Changes, WeightEdit
from playground.training.events import BatchesEnded, EpochEnded, RunStopped, SettingsChanged
from tests.jobs.support import (
    BATCHES_PER_EPOCH,
    a_run,
    a_run_of_points,
    all_events,
    assert_same_tensors,
    history,
    plain_trainer,
    wait_for_end,
    wait_for_status,
    wait_for_step,
    wait_until,
)


def test_a_stopped_run_keeps_its_weights_and_tells_so_soon(service: JobService) -> None:
    run = a_run(epochs=100)
    run_id = service.submit(run, "ann")
    wait_for_step(service, run_id, 50)
    began = time.monotonic()
    service.stop(run_id)
    wait_for_status(service, run_id, "stopped")
    assert time.monotonic() - began < 5  # generous: this is no measurement
    last = all_events(service, run_id)[-1]
    assert last == RunStopped(history(service, run_id).step)
    weights = service.weights(run_id)
    trainer = plain_trainer(run)
    while trainer.progress.step < weights.step:
        next(trainer)
    assert_same_tensors(weights.tensors, trainer.weights())
    service.pause(run_id)  # too late, and no error
    assert service.info(run_id).status == "stopped"


def test_one_batch_and_one_epoch_at_a_time(service: JobService) -> None:
    run_id = service.submit(a_run(epochs=3), "ann")
    service.step_batch(run_id)
    wait_for_status(service, run_id, "paused")
    start = history(service, run_id).step
    for number in (1, 2, 3):
        service.step_batch(run_id)
        wait_until(lambda number=number: history(service, run_id).step == start + number)
        wait_for_status(service, run_id, "paused")
    service.step_epoch(run_id)
    wait_until(lambda: len(history(service, run_id).epochs) > 0)
    wait_for_status(service, run_id, "paused")
    state = history(service, run_id)
    epochs = len(state.epochs)
    assert state.step == epochs * BATCHES_PER_EPOCH and epochs < 3
    assert isinstance(all_events(service, run_id)[-2], EpochEnded)
    service.step_epoch(run_id)
    wait_until(lambda: len(history(service, run_id).epochs) == epochs + 1)
    wait_for_status(service, run_id, "paused")
    service.resume(run_id)
    wait_for_end(service, run_id)
    assert history(service, run_id).batch_steps == list(range(1, 3 * BATCHES_PER_EPOCH + 1))


def test_slow_motion_spaces_the_batches(service: JobService) -> None:
    run_id = service.submit(a_run(epochs=100), "ann")
    wait_for_step(service, run_id, 1)
    service.slow_motion(run_id, 10)
    _, cursor = service.events_since(run_id, 0)
    wait_until(lambda: len(_batches(service, run_id, cursor)) >= 6)
    slow = _batches(service, run_id, cursor)[2:]
    assert all(len(event.losses) == 1 for event in slow)
    began = time.monotonic()
    before = history(service, run_id).step
    wait_for_step(service, run_id, before + 5)
    assert time.monotonic() - began > 0.3  # five batches, at most ten a second
    service.slow_motion(run_id, None)
    wait_until(lambda: any(len(event.losses) > 1 for event in _batches(service, run_id, cursor)[6:]))


def _batches(service: JobService, run_id: str, cursor: int) -> list[BatchesEnded]:
    return [event for event in service.events_since(run_id, cursor)[0] if isinstance(event, BatchesEnded)]


def test_a_learning_rate_changed_in_flight_is_told_and_used(service: JobService) -> None:
    run_id = service.submit(a_run(epochs=100), "ann")
    wait_for_step(service, run_id, 20)
    service.change(run_id, Changes(optimizer={"learning_rate": 0.002}, batch_size=64))
    wait_until(lambda: bool(history(service, run_id).changes))
    wait_for_step(service, run_id, history(service, run_id).changes[0].step + 100)
    service.stop(run_id)
    wait_for_end(service, run_id)
    events = all_events(service, run_id)
    position = next(i for i, event in enumerate(events) if isinstance(event, SettingsChanged))
    change = events[position]
    assert isinstance(change, SettingsChanged)
    assert "0.05 → 0.002" in change.text and "32 → 64" in change.text
    earlier = [event for event in events[:position] if isinstance(event, BatchesEnded)]
    batches = [event for event in events[position:] if isinstance(event, BatchesEnded)]
    assert {event.learning_rate for event in earlier} == {0.05}
    assert {event.learning_rate for event in batches} == {0.002}
    assert 64 in {(b.images - a.images) / len(b.losses) for a, b in pairwise(batches)}  # an epoch ends with fewer
    info = service.info(run_id)
    assert info.run.training.batch_size == 64 and not info.repeatable


def test_a_change_out_of_bounds_is_refused_and_changes_nothing(service: JobService) -> None:
    run = a_run(epochs=100)
    run_id = service.submit(run, "ann")
    with pytest.raises(PlaygroundError):
        service.change(run_id, Changes(batch_size=0))
    assert service.info(run_id).run == run
    service.stop(run_id)
    wait_for_end(service, run_id)
    with pytest.raises(PlaygroundError, match="has ended"):
        service.change(run_id, Changes(batch_size=64))
    assert history(service, run_id).changes == []


def test_limits_are_named_in_refusals(service: JobService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_RUNS_PER_VISITOR", "2")
    monkeypatch.setenv("PLAYGROUND_MAX_RUNS", "3")
    for _ in range(2):
        service.pause(service.submit(a_run(epochs=100), "ann"))
    with pytest.raises(PlaygroundError, match=r"You have 2 unfinished runs.*One visitor may have 2"):
        service.submit(a_run(), "ann")
    third = service.submit(a_run(epochs=100), "bob")
    with pytest.raises(PlaygroundError, match=r"This server has 3 unfinished runs.*It takes 3"):
        service.submit(a_run(), "bob")
    service.stop(third)
    wait_for_end(service, third)
    service.submit(a_run(), "bob")


def test_a_visitor_sees_their_own_runs_newest_first_under_ids_that_cannot_be_guessed(service: JobService) -> None:
    ids = [service.submit(a_run(seed=seed), "ann") for seed in range(3)]
    service.submit(a_run(), "bob")
    mine = service.runs("ann")
    assert [info.id for info in mine] == ids[::-1]
    assert all(info.owner == "ann" and info.run.dataset.name == "mnist-5k" for info in mine)
    assert len({info.label for info in mine}) == 3
    assert all(len(run_id) >= 16 for run_id in ids) and len({run_id[:4] for run_id in ids}) == 3
    service.forget(ids[0])
    assert [info.id for info in service.runs("ann")] == ids[:0:-1]
    for call in (service.info, service.pause, service.weights, service.forget, service.task):
        with pytest.raises(PlaygroundError, match="not on this server any more"):
            call(ids[0])


def test_the_oldest_finished_runs_are_forgotten(service: JobService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_KEPT_RUNS", "2")
    ids = []
    for seed in range(4):
        ids.append(service.submit(a_run(epochs=1, seed=seed), "ann"))
        wait_for_end(service, ids[-1])
    assert [info.id for info in service.runs("ann")] == [ids[3], ids[2]]


def test_a_network_that_cannot_be_trained_is_refused(service: JobService) -> None:
    with pytest.raises(PlaygroundError, match="cannot be trained"):
        service.submit(a_run(layers=(Dense(units=10),)), "ann")
    assert service.runs("ann") == []


def test_a_weight_set_by_hand_is_in_the_next_weights_while_it_runs_and_while_it_waits(service: JobService) -> None:
    run = a_run_of_points(epochs=20_000)
    run_id = service.submit(run, "ann")
    wait_for_step(service, run_id, 20)
    service.pause(run_id)
    wait_for_status(service, run_id, "paused")
    before = service.weights(run_id)
    service.change(run_id, Changes(weights=(WeightEdit("0_dense_0.weight", (1, 0), 2.5),)))
    after = service.weights(run_id, age=0)
    assert after.step == before.step
    assert after.tensors["0_dense_0.weight"][1, 0] == 2.5
    after.tensors["0_dense_0.weight"][1, 0] = before.tensors["0_dense_0.weight"][1, 0]
    assert_same_tensors(after.tensors, before.tensors)
    service.resume(run_id)
    wait_for_step(service, run_id, before.step + 20)
    service.change(run_id, Changes(weights=(WeightEdit("1_dense_0.bias", (0,), 1000.0),)))
    assert service.weights(run_id, age=0).tensors["1_dense_0.bias"][0] > 900
    changes = [event for event in all_events(service, run_id) if isinstance(event, SettingsChanged)]
    assert [event.by_hand for event in changes] == [True, True]
    with pytest.raises(PlaygroundError, match="no number"):
        service.change(run_id, Changes(weights=(WeightEdit("7_dense_0.bias", (0,), 1.0),)))
    assert service.info(run_id).status == "running", "a wrong edit ends nothing"
    service.stop(run_id)
    wait_for_end(service, run_id)


def test_a_weight_set_before_the_start_is_learned_from(service: JobService) -> None:
    run_id = service.submit(a_run_of_points(epochs=3), "ann", mode="pause")
    service.change(run_id, Changes(weights=(WeightEdit("0_dense_0.bias", (0,), 3.0),)))
    service.step_batch(run_id)
    wait_until(lambda: history(service, run_id).step == 1)
    wait_for_status(service, run_id, "paused")
    assert abs(service.weights(run_id).tensors["0_dense_0.bias"][0] - 3.0) < 0.5
    kinds = [type(event) for event in all_events(service, run_id) if isinstance(event, SettingsChanged | BatchesEnded)]
    assert kinds == [SettingsChanged, BatchesEnded]
    service.stop(run_id)
