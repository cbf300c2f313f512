"""What is told is found again. Every test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import math
import struct

import pytest
from stories import EPOCH_BATCHES, SPEC, SPEC_JSON, add, batches, course, epoch_ended, folded, samples, started, tell

from playground.errors import PlaygroundError
from playground.store import RunSummary, Store, StoredWeights
from playground.training.events import (
    BatchesEnded,
    CurveKept,
    EpochEnded,
    Evaluating,
    RunFailed,
    RunPaused,
    RunResumed,
    RunRewound,
    RunStarted,
    RunStopped,
    SamplesPredicted,
    SettingsChanged,
)


def test_a_run_is_found_again_as_it_was_told(store: Store) -> None:
    events = list(course(3))
    add(store, "a", owner="me", name="Erster Lauf", number=4, created=123.456)
    tell(store, "a", events)
    store.final("a", StoredWeights(3 * EPOCH_BATCHES, 3.0, b"weights"))
    assert store.flush()

    run = store.run("a")
    assert run is not None
    assert (run.owner, run.name, run.number, run.created, run.run) == ("me", "Erster Lauf", 4, 123.456, SPEC)
    last = epoch_ended(3)
    accuracies = [epoch_ended(epoch).validation_accuracy or 0.0 for epoch in (1, 2, 3)]
    assert run.summary == RunSummary(
        "finished",
        3 * EPOCH_BATCHES,
        3.0,
        32 * 3 * EPOCH_BATCHES,
        3 * EPOCH_BATCHES / 1000,
        7850,
        last.train_loss,
        last.train_accuracy,
        last.validation_loss,
        last.validation_accuracy,
        max(accuracies),
        0.1 / 7,
        0.97,
    )
    told, found = folded(events), folded(store.events_of("a"))
    for history in (told, found):
        history.revision, history.images_per_second = 0, 0.0
    assert found == told  # 468 batches: all of them are kept, to the bit
    assert found.seconds == told.seconds
    final = store.final_weights("a")
    assert final == StoredWeights(3 * EPOCH_BATCHES, 3.0, b"weights")


def test_of_the_readings_only_the_latest_is_kept_and_of_evaluations_none(store: Store) -> None:
    add(store, "a")
    tell(store, "a", [started(), samples(1), Evaluating("validation", 1, 2), samples(2)])
    tell(store, "a", [batches(1, 5), samples(5)])
    assert store.flush()
    found = store.events_of("a")
    assert [type(event) for event in found] == [RunStarted, SamplesPredicted, CurveKept]
    assert found[1] == samples(5)


def test_before_the_first_batch_there_is_no_curve(store: Store) -> None:
    add(store, "a")
    tell(store, "a", [started()])
    assert store.flush()
    assert store.events_of("a") == [started()]


def test_numbers_come_back_to_the_bit_and_so_do_those_that_are_no_numbers(store: Store) -> None:
    odd = (math.nan, math.inf, -math.inf, 5e-324, 0.1 + 0.2, 1e308)
    add(store, "a")
    tell(store, "a", [BatchesEnded(6, 0.1, odd, odd, 1 / 3, 192, 1.0)])
    tell(store, "a", [EpochEnded(1, 6, math.nan, 0.1 + 0.2, math.inf, None, 1 / 3, 2.0)])
    assert store.flush()
    ended, curve = store.events_of("a")
    assert isinstance(ended, EpochEnded) and isinstance(curve, CurveKept)
    assert struct.pack("6d", *curve.losses) == struct.pack("6d", *odd)
    assert struct.pack("6d", *curve.accuracies) == struct.pack("6d", *odd)
    assert math.isnan(ended.train_loss) and ended.train_accuracy == 0.1 + 0.2 and ended.validation_loss == math.inf
    assert store.run("a") is not None and store.runs("me")


def test_a_long_curve_is_thinned_to_real_batches(store: Store) -> None:
    add(store, "a")
    every: dict[int, tuple[float, float]] = {}
    for first in range(1, 30_001, 100):
        event = batches(first, 100)
        every |= {first + i: (event.losses[i], event.accuracies[i]) for i in range(100)}
        tell(store, "a", [event])
        if first % 5000 == 1:
            store.flush()
    assert store.flush()
    curve = store.events_of("a")[-1]
    assert isinstance(curve, CurveKept)
    assert 1000 <= len(curve.steps) <= 2000
    assert (curve.steps[0], curve.steps[-1]) == (1, 30_000)
    assert [(loss, accuracy) for loss, accuracy in zip(curve.losses, curve.accuracies, strict=True)] == [
        every[step] for step in curve.steps
    ]
    assert curve.epochs == pytest.approx([step / EPOCH_BATCHES for step in curve.steps], abs=1e-9)
    gaps = {b - a for a, b in zip(curve.steps[:-2], curve.steps[1:-1], strict=True)}
    assert len(gaps) == 1


def test_a_rewind_forgets_what_came_after_it(store: Store) -> None:
    add(store, "a")
    tell(store, "a", [started(), batches(1, EPOCH_BATCHES), epoch_ended(1)])
    store.checkpoint("a", EPOCH_BATCHES, 1.0, b"first", keep=True)
    tell(store, "a", [batches(EPOCH_BATCHES + 1, EPOCH_BATCHES), epoch_ended(2)])
    store.checkpoint("a", 2 * EPOCH_BATCHES, 2.0, b"second", keep=True)
    tell(store, "a", [RunRewound(EPOCH_BATCHES, 1, 32 * EPOCH_BATCHES, 0.156, "lost")])
    assert store.flush()
    run = store.run("a")
    assert run is not None
    assert (run.summary.step, run.summary.epoch, run.summary.validation_accuracy) == (
        EPOCH_BATCHES,
        1.0,
        epoch_ended(1).validation_accuracy,
    )
    curve = store.events_of("a")[-1]
    assert isinstance(curve, CurveKept) and curve.steps[-1] == EPOCH_BATCHES
    assert store.latest_checkpoint("a") == b"first"
    assert len(folded(store.events_of("a")).epochs) == 1


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], "waiting"),
        ([started()], "running"),
        ([started(), RunPaused(3)], "paused"),
        ([started(), RunPaused(3), RunResumed(3)], "running"),
        ([started(), RunStopped(3)], "stopped"),
        ([started(), RunFailed(3, "what", "expected", "mend")], "failed"),
    ],
)
def test_the_status_is_that_of_the_last_event(store: Store, events: list, status: str) -> None:
    add(store, "a")
    tell(store, "a", events)
    assert store.flush()
    run = store.run("a")
    assert run is not None and run.status == status
    assert store.events_of("a") == events


def test_changed_settings_are_kept_and_the_submitted_ones_too(store: Store) -> None:
    changed = SPEC.model_copy(update={"seed": 99})
    add(store, "a")
    store.events("a", [started(), SettingsChanged(1, 0.1, "seed 99", changed.to_json())], changed.to_json(), False)
    assert store.flush()
    run = store.run("a")
    assert run is not None
    assert run.run == changed and run.submitted_json == SPEC_JSON and not run.repeatable


def test_a_new_server_goes_on_where_the_old_one_ended(url: str) -> None:
    before, events = Store(url), list(course(30))
    add(before, "a")
    tell(before, "a", events[:90])
    for step in range(1, 40):
        before.checkpoint("a", step, step / 10, f"{step}".encode(), keep=True)
    before.close()
    after = Store(url)
    tell(after, "a", events[90:])
    for step in range(40, 80):
        after.checkpoint("a", step, step / 10, f"{step}".encode(), keep=True)
    assert after.flush()

    through = Store(url)
    add(through, "b")
    tell(through, "b", events)
    for step in range(1, 80):
        through.checkpoint("b", step, step / 10, f"{step}".encode(), keep=True)
    assert through.flush()
    assert through.events_of("a") == through.events_of("b")
    assert [info.step for info in through.checkpoints("a")] == [info.step for info in through.checkpoints("b")]
    one, other = through.run("a"), through.run("b")
    assert one is not None and other is not None
    assert one.summary == other.summary and one.stored_bytes == other.stored_bytes
    for store in (after, through):
        store.close()


def test_at_most_24_checkpoints_are_kept_evenly_with_the_first_and_the_latest(store: Store) -> None:
    add(store, "a")
    for step in range(1, 301):
        store.checkpoint("a", step, step / 10, b"%d" % step, keep=True)
        if step % 7 == 0:
            store.flush()
        assert step % 50 or store.flush()
        if step % 50 == 0:
            infos = store.checkpoints("a")
            assert len(infos) <= 24 and (infos[0].step, infos[-1].step) == (1, step)
    infos = store.checkpoints("a")
    assert len(infos) >= 12
    assert len({b.step - a.step for a, b in zip(infos[:-2], infos[1:-1], strict=True)}) == 1
    for info in infos:
        assert store.checkpoint_data("a", info.number) == b"%d" % info.step
        assert info.size == len(b"%d" % info.step) and info.epoch == info.step / 10
    assert [info.number for info in infos] == sorted(info.number for info in infos)
    assert store.latest_checkpoint("a") == b"300"


def test_a_large_networks_checkpoints_take_no_more_than_is_allowed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_CHECKPOINTS_MB", "1")
    add(store, "a")
    for step in range(0, 20):
        store.checkpoint("a", step, step / 10, bytes(200_000), keep=True)
    assert store.flush()
    infos = store.checkpoints("a")
    assert sum(info.size for info in infos) <= 1_000_000
    assert [infos[0].step, infos[-1].step] == [0, 19] and len(infos) > 2


def test_a_passing_checkpoint_replaces_the_one_before_it(store: Store) -> None:
    add(store, "a")
    store.checkpoint("a", 10, 0.1, b"ten", keep=True)
    store.checkpoint("a", 11, 0.2, b"eleven", keep=False)
    assert store.flush()
    eleven = store.checkpoints("a")[-1].number
    store.checkpoint("a", 12, 0.3, b"twelve", keep=False)
    assert store.flush()
    assert [info.step for info in store.checkpoints("a")] == [10, 12]
    assert store.latest_checkpoint("a") == b"twelve"
    with pytest.raises(PlaygroundError, match="not stored any more"):
        store.checkpoint_data("a", eleven)


def test_there_is_no_checkpoint_before_the_first(store: Store) -> None:
    add(store, "a")
    assert store.flush()
    assert store.latest_checkpoint("a") is None and store.checkpoints("a") == [] and store.final_weights("a") is None
    assert store.run("nobody") is None and store.events_of("nobody") == []
