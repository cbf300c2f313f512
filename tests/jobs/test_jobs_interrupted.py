"""What a server's end, a lost worker, or a click may do to a run, in every combination."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.errors import PlaygroundError
from playground.jobs import JobService
from playground.jobs.run_info import info_of
from playground.store.values import Origin
from playground.training.changes import Changes
from playground.training.events import RunStarted, SettingsChanged
from tests.jobs.servers import LONG, Servers, stored, wait_for_checkpoint
from tests.jobs.support import (
    BATCHES_PER_EPOCH,
    a_run,
    all_events,
    assert_same_curves,
    events_alone,
    history,
    history_of,
    wait_for_end,
    wait_for_status,
    wait_until,
)


def kill_worker(service: JobService) -> None:
    pid = service.worker_pids()[0]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: service.worker_pids()[0] not in (None, pid))


def test_a_run_goes_on_exactly_after_two_servers_and_a_worker_are_lost(servers: Servers) -> None:
    run = a_run(epochs=6)
    run_id = servers.service.submit(run, "ann", "epoch")
    wait_for_status(servers.service, run_id, "paused")
    for _ in range(2):
        service = servers.restart()
        assert service.info(run_id).status == history(service, run_id).status == "interrupted"
        service.resume(run_id)
        service.pause(run_id)
        wait_for_status(service, run_id, "paused")
    service.resume(run_id)
    kill_worker(service)
    wait_for_end(service, run_id)
    assert_same_curves(history(service, run_id), history_of(events_alone(run)))
    assert service.info(run_id).repeatable
    again = servers.restart()
    assert_same_curves(history(again, run_id), history_of(events_alone(run)))
    assert again.weights(run_id).step == 6 * BATCHES_PER_EPOCH


def test_a_worker_lost_before_a_resumed_run_begins_loses_nothing(servers: Servers) -> None:
    run = a_run(epochs=2)
    run_id = servers.service.submit(run, "ann", "epoch")
    wait_for_status(servers.service, run_id, "paused")
    service = servers.restart()
    service.resume(run_id)  # while its worker starts
    kill_worker(service)
    wait_for_end(service, run_id)
    assert_same_curves(history(service, run_id), history_of(events_alone(run)))


def test_a_run_that_never_began_is_trained_from_the_beginning(servers: Servers) -> None:
    run_id = servers.service.submit(a_run(epochs=1), "ann", "pause")
    wait_for_status(servers.service, run_id, "paused")
    service = servers.restart()
    assert service.info(run_id).status == "interrupted"
    with pytest.raises(PlaygroundError, match="weights"):
        service.weights(run_id)
    service.resume(run_id)
    wait_for_end(service, run_id)
    assert_same_curves(history(service, run_id), history_of(events_alone(a_run(epochs=1))))


def test_a_change_that_a_paused_run_waits_for_is_made_after_the_restart(servers: Servers) -> None:
    run_id = servers.service.submit(a_run(epochs=2), "ann", "pause")  # it has no trainer yet, so the change has to wait
    wait_for_status(servers.service, run_id, "paused")
    servers.service.change(run_id, Changes(optimizer={"learning_rate": 0.01}))
    service = servers.restart()
    service.resume(run_id)
    wait_for_end(service, run_id)
    changes = [event for event in all_events(service, run_id) if isinstance(event, SettingsChanged)]
    assert [(change.step, change.text) for change in changes] == [(0, "learning rate 0.05 → 0.01")]
    assert history(service, run_id).learning_rate == 0.01
    info = service.info(run_id)
    assert info.run.training.optimizer.learning_rate == 0.01 and not info.repeatable


def test_a_change_that_was_made_stays_made_once(servers: Servers) -> None:
    run_id = servers.service.submit(a_run(epochs=2), "ann", "epoch")
    wait_for_status(servers.service, run_id, "paused")
    servers.service.change(run_id, Changes(batch_size=64))
    wait_until(lambda: len(history(servers.service, run_id).changes) == 1)
    service = servers.restart()
    service.resume(run_id)
    wait_for_end(service, run_id)
    found = history(service, run_id)
    assert [change.text for change in found.changes] == ["batch size 32 → 64"]
    assert found.step == BATCHES_PER_EPOCH + 57


def test_what_a_user_does_to_an_interrupted_run(servers: Servers) -> None:
    run_id = servers.service.submit(a_run(epochs=LONG), "ann", "epoch")
    wait_for_checkpoint(servers, run_id, BATCHES_PER_EPOCH)
    service = servers.restart()
    for command in (service.pause, service.step_batch, service.step_epoch):
        command(run_id)
        assert service.info(run_id).status == "interrupted"
    with pytest.raises(PlaygroundError, match="Continue it first"):
        service.change(run_id, Changes(batch_size=64))
    service.slow_motion(run_id, 5.0)
    weights = service.weights(run_id)
    assert (weights.step, weights.epoch) == (BATCHES_PER_EPOCH, 1.0) and service.weights(run_id) is weights
    service.kept.delete([run_id])
    with pytest.raises(PlaygroundError, match="in the bin"):
        service.resume(run_id)
    service = servers.restart()
    service.info(run_id)
    service.events_since(run_id, 0)  # its page is looked at
    assert service.runs("ann") == []
    service.kept.restore([run_id])
    assert [info.status for info in service.runs("ann")] == ["interrupted"]
    service.stop(run_id)
    assert service.info(run_id).status == "stopped" and stored(servers.store, run_id).status == "stopped"
    assert servers.restart().weights(run_id).step == BATCHES_PER_EPOCH
    servers.service.forget(run_id)
    with pytest.raises(PlaygroundError, match="not on this server"):
        servers.service.info(run_id)


def test_an_interrupted_run_waits_for_room_and_for_its_data(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run_id = servers.service.submit(a_run(epochs=1), "ann", "pause")
    mnist = a_run(epochs=1)
    mnist = mnist.model_copy(update={"dataset": mnist.dataset.model_copy(update={"name": "mnist"})})
    other_id = servers.service.submit(mnist, "bob", "pause")
    wait_for_status(servers.service, other_id, "paused")
    service = servers.restart()
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    with pytest.raises(PlaygroundError, match="MNIST is not on this server any more"):
        service.resume(other_id)
    monkeypatch.setenv("PLAYGROUND_MAX_RUNS_PER_VISITOR", "1")
    waiting = service.submit(a_run(epochs=LONG), "ann", "pause")
    with pytest.raises(PlaygroundError, match="You have 1 unfinished"):
        service.resume(run_id)
    service.stop(waiting)
    wait_for_end(service, waiting)
    assert service.info(run_id).status == service.info(other_id).status == "interrupted"
    service.resume(run_id)
    wait_for_end(service, run_id)
    assert service.info(run_id).status == "finished"


def test_other_threads_after_a_restart_make_a_run_not_repeatable(servers: Servers) -> None:
    wide = a_run(epochs=1, layers=(Conv2d(filters=8), Conv2d(filters=8), Flatten(), Dense(units=10)), batch_size=128)
    run_id = servers.service.submit(wide, "ann", "batch")
    wait_for_status(servers.service, run_id, "paused")
    assert servers.service.info(run_id).repeatable
    service = servers.restart(threads=2)
    service.resume(run_id)
    wait_for_end(service, run_id)
    started = [event for event in all_events(service, run_id) if isinstance(event, RunStarted)]
    assert {event.threads for event in started} == {1, 2} and not service.info(run_id).repeatable


def test_a_stored_run_says_the_same_of_itself_as_in_memory(servers: Servers) -> None:
    service = servers.service
    run_id = service.submit(a_run(epochs=1), "ann", origin=Origin(baseline="another"))
    wait_for_end(service, run_id)
    service.kept.star(run_id, True)
    known = service.info(run_id)
    assert info_of(stored(servers.store, run_id)) == known
    service = servers.restart()
    assert service.info(run_id) == known == service.runs("ann")[0]
    service.events_since(run_id, 0)  # brings it into memory
    assert service.info(run_id) == known == service.runs("ann")[0]
