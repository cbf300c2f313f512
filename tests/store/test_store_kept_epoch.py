"""A run that early stopping ended is stored with the figures of the weights that it kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stories import EPOCH_BATCHES, add, course, epoch_ended, folded, tell

from playground.store import Store
from playground.training.events import EpochEnded, RunFinished


@pytest.mark.parametrize("was_told", [True, False])
def test_the_summary_has_the_figures_of_the_kept_epoch_told_or_not(store: Store, was_told: bool) -> None:
    kept = epoch_ended(2)
    *events, ended = course(4)
    assert isinstance(ended, RunFinished)
    told = [event for event in events if was_told or not isinstance(event, EpochEnded) or event.epoch != 2]
    add(store, "a")
    tell(store, "a", [*told, replace(ended, stopped_early=True, best_epoch=2, kept=None if was_told else kept)])
    assert store.flush()
    run = store.run("a")
    assert run is not None
    summary = run.summary
    assert (summary.train_loss, summary.train_accuracy) == (kept.train_loss, kept.train_accuracy)
    assert (summary.validation_loss, summary.validation_accuracy) == (kept.validation_loss, kept.validation_accuracy)
    assert summary.step == 4 * EPOCH_BATCHES
    assert summary.best_validation_accuracy == max(epoch_ended(epoch).validation_accuracy or 0 for epoch in (1, 2, 3, 4))
    assert folded(store.events_of("a")).final_epoch == kept
