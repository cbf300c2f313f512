"""Runs whose epochs take milliseconds: killed, unloaded, edited by hand, and kept."""

from __future__ import annotations

import math
import os
import signal

import pytest

from playground.data import load
from playground.errors import PlaygroundError
from playground.jobs import JobService
from playground.spec import RunSpec
from playground.store.archive import read_archive, write_archive
from playground.store.store import Store
from playground.training.changes import Changes, WeightEdit
from playground.training.events import EpochEnded, RunPaused, SettingsChanged
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer
from tests.jobs.servers import Servers
from tests.jobs.support import (
    a_run,
    a_run_of_points,
    all_events,
    assert_same_curves,
    assert_same_tensors,
    history,
    history_of,
    wait_for_end,
    wait_for_status,
    wait_for_step,
    wait_until,
)

EDIT = Changes(weights=(WeightEdit("0_dense_0.weight", (1, 0), 2.5),))


def _kill_worker(service: JobService) -> None:
    pid = service.worker_pids()[0]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: service.worker_pids()[0] not in (pid, None))


def _alone(run: RunSpec) -> Trainer:
    return Trainer(run, load(run.dataset), runtime=Runtime(threads=1))


def test_points_whose_worker_is_killed_end_as_if_nothing_had_happened(fragile_service: JobService) -> None:
    run = a_run_of_points(epochs=1_000)
    run_id = fragile_service.submit(run, "ann")
    other = fragile_service.submit(run.model_copy(update={"seed": 1}), "ann")  # they take turns
    wait_for_step(fragile_service, run_id, 200)
    fragile_service.pause(run_id)
    wait_for_status(fragile_service, run_id, "paused")
    fragile_service.resume(run_id)
    wait_for_step(fragile_service, run_id, history(fragile_service, run_id).step + 50)
    _kill_worker(fragile_service)
    for name in (run_id, other):
        wait_for_end(fragile_service, name)
    assert len(history(fragile_service, run_id).rewinds) == 1
    alone = _alone(run)
    assert_same_curves(history(fragile_service, run_id), history_of(list(alone)))
    assert_same_tensors(fragile_service.weights(run_id).tensors, alone.weights())


def test_one_epoch_is_a_whole_one_after_a_pause_behind_the_last_batch_of_an_epoch(fragile_service: JobService) -> None:
    """Of very short epochs some are told, at their ends: there a pause finds a run."""
    service = fragile_service
    run_id = service.submit(a_run_of_points(epochs=50_000), "ann")
    for step in (200, 800, 1400):
        service.resume(run_id)
        wait_for_step(service, run_id, step)
        service.pause(run_id)
        wait_until(lambda: isinstance(all_events(service, run_id)[-1], RunPaused))
        before = service.weights(run_id, age=0)
        service.step_epoch(run_id)
        wait_until(lambda: isinstance(all_events(service, run_id)[-1], EpochEnded | RunPaused))
        wait_until(lambda before=before: history(service, run_id).step > before.step)
        wait_until(lambda: isinstance(all_events(service, run_id)[-1], RunPaused))
        ended = history(service, run_id).epochs[-1].epoch
        assert ended == math.floor(before.epoch + 1e-9) + 1
        assert service.weights(run_id, age=0).epoch == ended
    for wrong in (WeightEdit("0_dense_0.bias", (0,), None), WeightEdit("0_dense_0.bias", (0.0,), 1.0)):  # type: ignore[arg-type]
        with pytest.raises(PlaygroundError):
            service.change(run_id, Changes(weights=(wrong,)))
    assert service.info(run_id).status == "paused", "a wrong edit ends nothing"


@pytest.mark.parametrize("how", ["unloaded", "worker lost"])
def test_a_weight_is_seen_to_change_in_a_run_that_no_worker_holds_in_memory(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "unloaded":
        monkeypatch.setenv("PLAYGROUND_WORKER_MEMORY_MB", "1")
    with JobService(workers=1, threads=1) as service:
        run_id = service.submit(a_run_of_points(epochs=20_000), "ann")
        wait_for_step(service, run_id, 20)
        service.pause(run_id)
        wait_for_status(service, run_id, "paused")
        before = service.weights(run_id)
        if how == "unloaded":
            wait_for_end(service, service.submit(a_run(epochs=1), "ann"))  # it takes all the room that there is
        else:
            _kill_worker(service)
            wait_for_status(service, run_id, "paused")
        service.change(run_id, EDIT)
        wait_until(lambda: any(isinstance(event, SettingsChanged) for event in all_events(service, run_id)))
        after = service.weights(run_id, age=0)
        assert (after.step, after.tensors["0_dense_0.weight"][1, 0]) == (before.step, 2.5)
        service.step_batch(run_id)
        wait_until(lambda: history(service, run_id).step == before.step + 1)
        assert abs(service.weights(run_id, age=0).tensors["0_dense_0.weight"][1, 0] - 2.5) < 0.5


def test_the_last_saved_state_is_not_taken_for_the_one_before_an_edit(servers: Servers) -> None:
    """A worker that does not answer in time: what is in hand may be of the same step, and yet other weights."""
    service = servers.service
    run_id = service.submit(a_run_of_points(epochs=20_000), "ann")
    wait_for_step(service, run_id, 20)
    service.pause(run_id)
    wait_for_status(service, run_id, "paused")
    service.weights(run_id)
    service.change(run_id, EDIT)
    wait_until(lambda: any(isinstance(event, SettingsChanged) for event in all_events(service, run_id)))
    assert service.weights(run_id, timeout=0.0, age=0).tensors["0_dense_0.weight"][1, 0] == 2.5


def test_an_edit_survives_the_server_and_a_branch_from_there_has_it(servers: Servers) -> None:
    run = a_run_of_points(epochs=20_000)
    run_id = servers.service.submit(run, "ann")
    wait_for_step(servers.service, run_id, 200)
    servers.service.pause(run_id)
    wait_for_status(servers.service, run_id, "paused")
    both = Changes(weights=EDIT.weights, optimizer={"learning_rate": 0.001})
    servers.service.change(run_id, both)
    servers.service.change(run_id, Changes(weights=(WeightEdit("1_dense_0.bias", (0,), -4.0),)))
    wait_until(lambda: sum(isinstance(event, SettingsChanged) for event in all_events(servers.service, run_id)) == 2)
    step = history(servers.service, run_id).step
    service = servers.restart()
    weights = service.weights(run_id)
    assert (weights.step, weights.tensors["0_dense_0.weight"][1, 0], weights.tensors["1_dense_0.bias"][0]) == (step, 2.5, -4.0)
    told = history(service, run_id).changes
    assert [change.by_hand for change in told] == [True, True] and "0.03 → 0.001" in told[0].text
    branch = service.branch(run_id, service.checkpoints(run_id)[-1].number, service.info(run_id).run, "bob", "pause")
    service.change(branch, Changes(weights=(WeightEdit("1_dense_0.bias", (0,), 5.0),)))
    wait_until(lambda: bool(service.weights(branch, age=0).tensors["1_dense_0.bias"][0] == 5.0))
    assert service.weights(branch).tensors["0_dense_0.weight"][1, 0] == 2.5
    assert service.weights(run_id).tensors["1_dense_0.bias"][0] == -4.0, "the run that it came from is left alone"
    service.resume(run_id)
    wait_for_step(service, run_id, step + 10)
    assert service.info(run_id).run.training.optimizer.learning_rate == 0.001
    for name in (run_id, branch):
        service.stop(name)
        wait_for_end(service, name)


def test_what_is_stored_and_taken_along_in_a_zip_is_the_curve_that_was_told(servers: Servers) -> None:
    points = a_run_of_points(epochs=400)
    inputs = points.dataset.points.model_copy(update={"inputs": ("x1", "x2", "sin_x1")})  # type: ignore[union-attr]
    run = points.model_copy(update={"dataset": points.dataset.model_copy(update={"points": inputs})})
    run_id = servers.service.submit(run, "ann")
    wait_for_end(servers.service, run_id)
    told = history(servers.service, run_id)
    assert len(told.epochs) < 400 and told.epochs[-1].test_accuracy is not None
    service = servers.restart()
    assert_same_curves(history(service, run_id), told)
    assert history(service, run_id).batch_epochs == pytest.approx(told.batch_epochs)
    content = write_archive(servers.store, [run_id])
    other = Store(f"sqlite:///{servers.file.parent / 'other.db'}")
    taken = read_archive(other, content, "bob")
    assert len(taken.added) == 1, taken.problems
    assert_same_curves(history_of(other.events_of(taken.added[0])), told)
    other.close()
