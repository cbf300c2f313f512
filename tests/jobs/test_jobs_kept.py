"""Runs outlive their server: what was stored comes back, and an interrupted run goes on as if nothing had happened."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.catalog.layers import Dense, Flatten
from playground.catalog.optimizers import Adam
from playground.errors import PlaygroundError
from playground.jobs import JobService
from playground.spec import RunSpec
from playground.store.store import Store
from playground.store.values import Origin
from playground.training.checkpoint import Checkpoint
from playground.training.events import BatchesEnded, Event, RunFinished, RunRewound, SamplesPredicted
from playground.training.history import History
from tests.jobs.support import a_run, all_events, events_alone, plain_trainer, wait_until

ROOT = Path(__file__).parents[2]
EPOCHS = 8
LOST_SECONDS = 1.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    kept = Store(address(tmp_path))
    yield kept
    kept.close()


@pytest.fixture
def service(store: Store) -> Iterator[JobService]:
    with JobService(workers=1, threads=1, store=store) as jobs:
        yield jobs


def address(folder: Path) -> str:
    return f"sqlite:///{folder / 'runs.db'}"


def folded(events: list[Event]) -> History:
    history = History()
    history.fold(events)
    return history


def curve(history: History) -> list[tuple[int, float, float]]:
    return list(zip(history.batch_steps, history.batch_loss, history.batch_accuracy, strict=True))


def trained(service: JobService, run: RunSpec, owner: str = "ann", pauses: int = 0) -> str:
    """A finished run; it was paused after each of the first epochs, and so has a checkpoint of each."""
    run_id = service.submit(run, owner, "epoch" if pauses else "run")
    for number in range(1, pauses + 1):
        wait_until(lambda: service.info(run_id).status == "paused")
        if number < pauses:
            service.step_epoch(run_id)
            wait_until(lambda: service.info(run_id).status != "paused")
    service.resume(run_id)
    wait_until(lambda: not service.info(run_id).is_active)
    assert service.info(run_id).status == "finished"
    return run_id


def killed_in_training(folder: Path, seed: int) -> tuple[str, int]:
    """A server killed at a random moment of a run: the run's id, and the step that it had told LOST_SECONDS before."""
    log = folder / "log"
    moment = random.Random(seed).uniform(0.02, 2.5)
    with log.open("w") as output:
        command = [sys.executable, "-m", "tests.jobs.server_program", address(folder), str(EPOCHS)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=output)
        try:
            told: list[tuple[float, int]] = []
            killed_at = float("inf")
            while time.monotonic() < killed_at:
                lines = log.read_text().split("\n")[:-1]
                if len(lines) > 1:
                    told.append((time.monotonic(), int(lines[-1])))
                    if told[-1][1] and killed_at == float("inf"):
                        killed_at = time.monotonic() + moment
                time.sleep(0.01)
                assert server.poll() is None
        finally:
            server.kill()
            server.wait()
        ended = time.monotonic()
    return log.read_text().split("\n")[0], max((step for at, step in told if at <= ended - LOST_SECONDS), default=0)


@pytest.mark.parametrize("seed", range(5))
def test_a_run_whose_server_was_killed_goes_on_exactly_where_it_was(tmp_path: Path, seed: int) -> None:
    alone = events_alone(a_run(epochs=EPOCHS))
    run_id, told_before = killed_in_training(tmp_path, seed)
    store = Store(address(tmp_path))
    with JobService(workers=1, threads=1, store=store) as service:
        before = folded(all_events(service, run_id))
        if service.info(run_id).status != "finished":  # the run may have been over before the kill
            assert service.info(run_id).status == before.status == "interrupted"
            assert [info.id for info in service.runs("ann")] == [run_id]
            service.resume(run_id)
            wait_until(lambda: not service.info(run_id).is_active)
        events = all_events(service, run_id)
    store.close()
    # What was stored is the beginning of the same run, and at most the last second is missing.
    assert curve(before) == curve(folded(alone))[: len(before.batch_steps)]
    assert before.step >= told_before
    # What came after the restart is, event by event, what comes after that step in a run that was never stopped.
    rewinds = [index for index, event in enumerate(events) if isinstance(event, RunRewound)]
    if rewinds:
        rewound = events[rewinds[-1]]
        assert isinstance(rewound, RunRewound)
        after = [event for event in events[rewinds[-1] + 2 :] if not isinstance(event, SamplesPredicted)]
        expected = [event for event in alone if not isinstance(event, SamplesPredicted)]
        first = next((i for i, e in enumerate(expected) if isinstance(e, BatchesEnded) and e.step > rewound.step), None)
        if first is None:
            assert after == expected[-len(after) :] and isinstance(after[-1], RunFinished)
        else:
            assert after == expected[first:]
    assert curve(folded(events)) == curve(folded(alone))
    assert folded(events).epochs == folded(alone).epochs
    assert folded(events).finished == folded(alone).finished


def test_yesterdays_runs_can_be_looked_at_and_numbers_go_on(tmp_path: Path) -> None:
    store = Store(address(tmp_path))
    with JobService(workers=1, threads=1, store=store) as service:
        run_id = trained(service, a_run(epochs=2))
        today, weights = folded(all_events(service, run_id)), service.weights(run_id)
    store.close()
    store = Store(address(tmp_path))
    with JobService(workers=1, threads=1, store=store) as service:
        info = service.info(run_id)
        assert (info.status, info.run, info.owner) == ("finished", a_run(epochs=2), "ann")
        again = folded(all_events(service, run_id))
        assert (curve(again), again.epochs, again.finished) == (curve(today), today.epochs, today.finished)
        assert again.samples == today.samples
        kept = service.weights(run_id)
        assert kept.step == weights.step
        assert all(bool((kept.tensors[name] == tensor).all()) for name, tensor in weights.tensors.items())
        second = service.submit(a_run(epochs=1), "ann")
        assert service.info(second).label.startswith("Run 2 ")
        with pytest.raises(PlaygroundError, match="not on this server"):
            service.info("nobody-knows")
    store.close()


def test_a_checkpoint_shows_the_weights_as_they_were_then(service: JobService, store: Store) -> None:
    run = a_run(epochs=3)
    run_id = trained(service, run)
    assert store.flush()
    moments = service.checkpoints(run_id)
    assert moments[0].step == 0 and moments[-1].step == 3 * 113
    trainer = plain_trainer(run)
    seen = {}
    next(trainer)
    seen[0] = trainer.weights()
    for event in trainer:
        if type(event).__name__ == "EpochEnded":
            seen[trainer.progress.step] = trainer.weights()
    for moment in moments:
        found = service.weights(run_id, checkpoint=moment.number)
        assert found.step == moment.step and found.epoch == moment.epoch == moment.step / 113
        assert all(bool((found.tensors[name] == tensor).all()) for name, tensor in seen[moment.step].items())


def test_a_branch_without_changes_repeats_the_rest_of_its_parent(service: JobService, store: Store) -> None:
    run = a_run(epochs=4)
    parent = trained(service, run, pauses=2)
    assert store.flush()
    moment = next(moment for moment in service.checkpoints(parent) if moment.step == 2 * 113)
    branch = service.branch(parent, moment.number, run, "ann")
    wait_until(lambda: not service.info(branch).is_active)
    info = service.info(branch)
    assert (info.origin.parent, info.origin.parent_step) == (parent, moment.step)
    one, other = (folded(all_events(service, run_id)) for run_id in (parent, branch))
    assert curve(one) == curve(other)
    assert one.epochs == other.epochs and one.finished == other.finished
    assert store.flush()
    again = folded(store.events_of(branch))
    assert curve(again) == curve(other) and again.epochs == other.epochs


def test_a_branch_with_another_optimizer_keeps_weights_and_draws(service: JobService, store: Store) -> None:
    run = a_run(epochs=2)
    parent = trained(service, run, pauses=1)
    assert store.flush()
    moment = next(moment for moment in service.checkpoints(parent) if moment.step == 113)
    other = run.model_copy(update={"training": run.training.model_copy(update={"optimizer": Adam(learning_rate=0.001)})})
    branch = service.branch(parent, moment.number, other, "ann")
    wait_until(lambda: not service.info(branch).is_active)
    # By hand: the same weights and the same images in the same order; Adam's averages begin at nothing.
    kept = Checkpoint.from_bytes(service.kept.checkpoint_data(parent, moment.number))
    trainer = plain_trainer(other)
    trainer.network.load_state_dict(kept.weights)
    trainer.progress.step, trainer.progress.epoch, trainer.progress.images = 113, 1, kept.progress["images"]
    trainer.progress.losses = kept.progress["losses"]
    expected = folded(list(trainer))
    found = folded(all_events(service, branch))
    assert curve(found)[113:] == curve(expected)
    assert found.finished == expected.finished


def test_a_branch_that_cannot_be_is_refused_with_all_reasons(service: JobService, store: Store) -> None:
    parent = trained(service, a_run(epochs=1))
    assert store.flush()
    last = service.checkpoints(parent)[-1].number
    wider = a_run(epochs=1, layers=(Flatten(), Dense(units=64), Dense(units=10)))
    with pytest.raises(PlaygroundError) as refused:
        service.branch(parent, last, wider, "ann")
    for words in (
        "1 epochs, and 1 of them",
        "1_dense_0.weight is (32, 784)",
        "(64, 784)",
        "2_dense_0.weight",
        "keeps the layers",
    ):
        assert words in str(refused.value)
    with pytest.raises(PlaygroundError):
        service.branch(parent, 999, a_run(epochs=5), "ann")


def test_a_deleted_run_leaves_the_list_and_comes_back(service: JobService, store: Store) -> None:
    first, second = (service.submit(a_run(epochs=100), "ann") for _ in range(2))
    assert store.flush()
    service.kept.delete([first])
    assert [info.id for info in service.runs("ann")] == [second]
    wait_until(lambda: not service.info(first).is_active)
    service.kept.restore([first])
    assert [info.id for info in service.runs("ann")] == [second, first]
    service.kept.rename(second, "  My   best ")
    service.kept.star(second, True)
    assert [(info.label, info.starred) for info in service.runs("ann")][0] == ("My best", True)
    for name in ("", "x" * 81):
        with pytest.raises(PlaygroundError, match="1 to 80"):
            service.kept.rename(second, name)


def test_runs_of_an_experiment_do_not_count_as_the_visitors_own(service: JobService, store: Store) -> None:
    trials = [service.submit(a_run(epochs=100), "ann", "pause", Origin(study="s", trial=number)) for number in range(5)]
    assert service.runs("ann") == []
    service.submit(a_run(epochs=1), "ann")
    assert service.info(trials[0]).origin.study == "s"
    for run_id in trials:
        service.stop(run_id)
