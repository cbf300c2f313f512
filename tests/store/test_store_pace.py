"""Checkpoints that come in very fast: they wait while the run trains, and are all there when it does not."""

from __future__ import annotations

import time

from stories import add, batches, epoch_ended, folded, started, tell

from playground.store import Store
from playground.store.budget import BURST_BYTES, MOST_WAITING_BYTES, Budget
from playground.training.events import RunFinished, RunPaused

LARGE = b"x" * 1_000_000


def told_fast(store: Store, epochs: int) -> None:
    add(store, "a")
    tell(store, "a", [started()])
    for epoch in range(1, epochs + 1):
        tell(store, "a", [batches((epoch - 1) * 156 + 1, 156), epoch_ended(epoch)])
        store.checkpoint("a", epoch * 156, float(epoch), LARGE, keep=True)
        time.sleep(0.05)


def until_stored(store: Store, epochs: int) -> None:
    end = time.monotonic() + 20
    while len(folded(store.events_of("a")).epochs) < epochs:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_events_do_not_wait_for_checkpoints_that_do(file_store: Store) -> None:
    assert file_store.runs("me") == []
    told_fast(file_store, 40)
    until_stored(file_store, 40)
    assert len(file_store.checkpoints("a")) >= 1
    assert file_store.flush()
    assert [info.step // 156 for info in file_store.checkpoints("a")] == [*range(1, 40, 2), 40]


def test_at_the_end_of_a_run_nothing_waits_any_more(file_store: Store) -> None:
    told_fast(file_store, 20)
    tell(file_store, "a", [RunFinished(20 * 156, 20, 0.1, 0.9, False, None, 1.0)])
    end = time.monotonic() + 20
    while len(file_store.checkpoints("a")) < 20:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_when_a_run_is_paused_nothing_waits_any_more(file_store: Store) -> None:
    told_fast(file_store, 20)
    tell(file_store, "a", [RunPaused(20 * 156)])
    end = time.monotonic() + 20
    while len(file_store.checkpoints("a")) < 20:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_budget_allows_a_burst_and_never_lets_too_much_wait() -> None:
    budget = Budget()
    assert budget.allows(1000)
    budget.spend(int(BURST_BYTES) + 10_000_000)
    assert not budget.allows(1000) and budget.allows(int(MOST_WAITING_BYTES) + 1)
