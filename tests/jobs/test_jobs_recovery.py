"""Workers that die, starve, or lose their server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.errors import PlaygroundError
from playground.jobs import JobService
from playground.spec import DatasetSpec
from playground.training.changes import Changes
from playground.training.events import RunFailed
from tests.jobs.support import (
    BATCHES_PER_EPOCH,
    a_run,
    all_events,
    assert_same_curves,
    assert_same_tensors,
    events_alone,
    history,
    history_of,
    plain_trainer,
    wait_for_end,
    wait_for_status,
    wait_for_step,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[2]


def _kill_worker(service: JobService) -> None:
    pid = service.worker_pids()[0]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: service.worker_pids()[0] not in (pid, None))


def test_a_run_whose_worker_is_killed_in_mid_epoch_ends_as_if_nothing_had_happened(
    fragile_service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = fragile_service
    run = a_run(epochs=8)
    run_id = service.submit(run, "ann")
    service.slow_motion(run_id, 60)
    wait_for_step(service, run_id, BATCHES_PER_EPOCH + 40)
    assert history(service, run_id).step % BATCHES_PER_EPOCH != 0
    service.slow_motion(run_id, None)
    _kill_worker(service)
    wait_for_end(service, run_id)
    state = history(service, run_id)
    assert len(state.rewinds) == 1 and state.rewinds[0].step > 0
    assert state.batch_steps == list(range(1, 8 * BATCHES_PER_EPOCH + 1))
    trainer = plain_trainer(run)
    assert_same_curves(state, history_of(list(trainer)))
    assert_same_tensors(service.weights(run_id).tensors, trainer.weights())


def test_a_paused_run_stays_paused_when_its_worker_is_lost_and_keeps_its_changes(fragile_service: JobService) -> None:
    service = fragile_service
    run_id = service.submit(a_run(epochs=6), "ann")
    wait_for_step(service, run_id, 30)
    service.pause(run_id)
    wait_for_status(service, run_id, "paused")
    step = history(service, run_id).step
    weights = service.weights(run_id)
    _kill_worker(service)
    service.change(run_id, Changes(optimizer={"learning_rate": 0.01}))
    for _ in range(2):  # a worker that does nothing blames nobody when it is killed
        wait_for_status(service, run_id, "paused")
        _kill_worker(service)
    wait_for_status(service, run_id, "paused")
    assert history(service, run_id).step == step
    assert_same_tensors(service.weights(run_id).tensors, weights.tensors)
    service.resume(run_id)
    wait_for_end(service, run_id)
    state = history(service, run_id)
    assert state.status == "finished" and state.batch_steps == list(range(1, 6 * BATCHES_PER_EPOCH + 1))
    assert [change.step for change in state.changes] == [step]
    assert state.learning_rate == 0.01


def test_a_run_that_loses_its_worker_twice_is_failed_in_plain_words(fragile_service: JobService) -> None:
    service = fragile_service
    run = a_run(epochs=200)
    run_id = service.submit(run, "ann")
    waiting = service.submit(a_run(epochs=2), "ann")
    service.pause(waiting)
    wait_for_status(service, waiting, "paused")
    for kills in (1, 2):
        wait_until(lambda kills=kills: len(history(service, run_id).rewinds) == kills - 1)
        before = len(all_events(service, run_id))
        wait_until(lambda before=before: len(all_events(service, run_id)) > before + 5)
        _kill_worker(service)
    wait_for_status(service, run_id, "failed")
    failed = all_events(service, run_id)[-1]
    assert isinstance(failed, RunFailed) and "second time" in failed.what and "smaller batch" in failed.mend
    assert service.weights(run_id).step == failed.step == history(service, run_id).step
    service.resume(waiting)
    wait_for_end(service, waiting)
    assert_same_curves(history(service, waiting), history_of(events_alone(a_run(epochs=2))))


@pytest.mark.skipif(sys.platform != "linux", reason="another process's memory can be limited on Linux only")
def test_a_run_that_does_not_fit_into_memory_is_failed_alone_and_told_how_to_mend_it(
    fragile_service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_MEMORY_MB", "100000")
    service = fragile_service
    small = service.submit(a_run(epochs=10), "ann")
    wait_for_step(service, small, 10)
    worker = psutil.Process(service.worker_pids()[0])
    limit = worker.memory_info().vms + 400_000_000
    worker.rlimit(psutil.RLIMIT_AS, (limit, limit))
    layers = (Conv2d(filters=256), Flatten(), Dense(units=10, activation=Identity()))
    big = service.submit(a_run(layers=layers, batch_size=2048), "ann")
    wait_for_status(service, big, "failed")
    failed = history(service, big).failed
    assert failed is not None and "memory" in failed.what and "smaller batch size" in failed.mend
    assert service.weights(big).step == 0
    wait_for_end(service, small)
    assert history(service, small).status == "finished" and not history(service, small).rewinds


_SERVER = """
import sys, time
from playground.jobs import JobService
from tests.jobs.support import a_run
service = JobService(workers=2, threads=1)
service.start()
run_id = service.submit(a_run(epochs=200), "ann")
while not service.events_since(run_id, 0)[0]:
    time.sleep(0.01)
print(*service.worker_pids(), flush=True)
time.sleep(600)
"""


def test_workers_end_when_their_server_is_killed_wherever_it_was_started(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise ImportError('a file of the working folder was imported')")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", _SERVER]
    server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in server.stdout.readline().split()]
        assert len(workers) == 2
    finally:
        server.kill()
        server.wait()
    wait_until(lambda: not any(_is_alive(worker) for worker in workers), 10)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_is_asked_before_a_worker_is_ready_is_done_and_missing_data_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    with JobService(workers=1, threads=1) as service:
        began = time.monotonic()
        run_id = service.submit(a_run(epochs=1), "ann")
        stopped = service.submit(a_run(epochs=1), "ann")
        service.stop(stopped)
        service.change(run_id, Changes(batch_size=64))
        assert service.info(run_id).status == "waiting" and service.info(run_id).position == 1
        with pytest.raises(PlaygroundError, match="has not begun"):
            service.weights(run_id)
        assert time.monotonic() - began < 1.5, "the service waited for its worker"
        assert service.info(stopped).status == "stopped"
        wait_for_end(service, run_id)
        state = history(service, run_id)
        assert state.status == "finished" and len(state.changes) == 1
        without_data = a_run().model_copy(update={"dataset": DatasetSpec(name="kmnist")})
        run_id = service.submit(without_data, "ann")
        wait_for_status(service, run_id, "failed")
        failed = history(service, run_id).failed
        assert failed is not None and "KMNIST" in failed.what
        with pytest.raises(PlaygroundError, match="ended before it began"):
            service.weights(run_id)


def test_a_run_without_room_in_memory_waits_until_another_ends_or_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_WORKER_MEMORY_MB", "1")
    with JobService(workers=1, threads=1) as service:
        runs = [a_run(epochs=4, seed=seed) for seed in range(3)]
        first, second, third = (service.submit(run, "ann") for run in runs)
        service.slow_motion(first, 40)
        wait_for_step(service, first, 20)
        assert [service.info(run_id).position for run_id in (first, second, third)] == [None, 1, 2]
        service.pause(first)
        wait_for_step(service, second, 1)
        assert service.info(third).status == "waiting"
        standing = history(service, first).step
        assert service.weights(first).step == standing
        service.resume(first)
        service.slow_motion(first, None)
        for run, run_id in zip(runs, (first, second, third), strict=True):
            wait_for_end(service, run_id)
            assert_same_curves(history(service, run_id), history_of(events_alone(run)))
