"""The history: events folded into curves."""

from __future__ import annotations

import pytest
from plain_loop import WITH_DROPOUT, losses, small_run, trainer

from playground.training.events import (
    BatchesEnded,
    EpochEnded,
    Evaluating,
    Event,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunRewound,
    RunStopped,
    SettingsChanged,
)
from playground.training.history import History

EVENTS = list(trainer(small_run(WITH_DROPOUT), limit=3))


def folded(*events: Event) -> History:
    history = History()
    history.fold(events)
    return history


def curves(history: History) -> tuple[object, ...]:
    return (history.batch_steps, history.batch_epochs, history.batch_loss, history.batch_accuracy, history.epochs)


def test_the_curves_have_one_point_a_batch_and_one_an_epoch() -> None:
    history = folded(*EVENTS)
    assert history.batch_steps == list(range(1, 15))
    assert history.batch_loss == losses(EVENTS)
    assert len(history.batch_accuracy) == len(history.batch_epochs) == 14
    assert [epoch.epoch for epoch in history.epochs] == [1, 2]
    assert (history.step, history.epoch, history.images) == (14, 2.0, 400)


def test_the_horizontal_axis_grows_and_meets_the_epochs() -> None:
    history = folded(*EVENTS)
    assert history.batch_epochs == sorted(set(history.batch_epochs))
    assert history.batch_epochs[6] == pytest.approx(1.0) and history.batch_epochs[13] == pytest.approx(2.0)


def test_folding_one_by_one_or_at_once_is_the_same() -> None:
    one_by_one = History()
    for event in EVENTS:
        one_by_one.fold([event])
    assert one_by_one == folded(*EVENTS)
    assert one_by_one.revision == len(EVENTS)


def test_the_status_follows_the_events() -> None:
    history = History()
    assert history.status == "waiting" and history.is_active
    for event, status in (
        (EVENTS[0], "running"),
        (EVENTS[1], "running"),
        (RunPaused(3), "paused"),
        (RunResumed(3), "running"),
    ):
        history.fold([event])
        assert history.status == status and history.is_active
    for ending, status in (
        (EVENTS[-1], "finished"),
        (RunStopped(3), "stopped"),
        (RunFailed(3, "It broke."), "failed"),
    ):
        ended = folded(*EVENTS[:3], ending)
        assert ended.status == status and not ended.is_active


def test_an_evaluation_is_shown_until_it_is_over() -> None:
    history = folded(*EVENTS[:2], Evaluating("validation", 64, 200))
    assert history.evaluating == Evaluating("validation", 64, 200)
    ended = next(event for event in EVENTS if isinstance(event, EpochEnded))
    history.fold([ended])
    assert history.evaluating is None
    assert folded(*EVENTS).evaluating is None


def test_a_rewound_run_has_no_gap_and_no_double_point() -> None:
    for lost in range(2, len(EVENTS) - 1):
        for kept in range(1, lost):
            so_far = folded(*EVENTS[:kept])
            last_epoch = max((epoch.epoch for epoch in so_far.epochs), default=0)
            rewound = RunRewound(so_far.step, last_epoch, so_far.images, so_far.seconds, "its process was lost")
            history = folded(*EVENTS[:lost], rewound, *EVENTS[kept:])
            assert curves(history) == curves(folded(*EVENTS))
            assert history.images == 400 and history.status == "finished"
            assert history.rewinds == [rewound]


def test_a_rewind_forgets_later_changes_of_settings() -> None:
    early, late = SettingsChanged(3, 0.4, "learning rate 0.1 → 0.2"), SettingsChanged(6, 0.8, "batch size 32 → 16")
    history = folded(*EVENTS[:4], early, late, RunRewound(4, 0, 128, 1.0, "lost"))
    assert history.changes == [early]


def test_the_speed_is_images_over_seconds() -> None:
    first = BatchesEnded(10, 0.1, (1.0,) * 10, (0.5,) * 10, 0.1, 320, seconds=0.1)
    second = BatchesEnded(20, 0.2, (1.0,) * 10, (0.5,) * 10, 0.1, 640, seconds=0.2)
    assert folded(first).images_per_second == pytest.approx(3200)
    assert folded(first, second).images_per_second == pytest.approx(3200)
    slower = BatchesEnded(30, 0.3, (1.0,) * 10, (0.5,) * 10, 0.1, 960, seconds=2.2)
    assert folded(first, second, slower).images_per_second == pytest.approx(160)


def test_measured_seconds_do_not_make_two_runs_differ() -> None:
    again = list(trainer(small_run(WITH_DROPOUT), limit=3))
    assert again == EVENTS
    assert isinstance(EVENTS[-1], RunFinished) and EVENTS[-1].seconds > 0
