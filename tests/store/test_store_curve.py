"""The thinned curve against the whole one that `History` keeps."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from stories import batches, folded

from playground.errors import PlaygroundError
from playground.store.curve import MAX_POINTS, Curve
from playground.training.events import BatchesEnded, Event


@pytest.mark.parametrize("seed", range(5))
def test_points_are_batches_of_the_whole_curve_evenly_spread(seed: int) -> None:
    draws = random.Random(seed)
    curve, events, step = Curve(), list[Event](), 0
    while step < draws.choice((1_900, 2_001, 7_000, 50_000)):
        event = batches(step + 1, draws.randint(1, 150))
        step = event.step
        events.append(event)
        curve.add(event)
        assert (curve.steps[0], curve.steps[-1]) == (1, step) and len(curve.steps) <= MAX_POINTS
    whole = folded(events)
    at = {step: number for number, step in enumerate(whole.batch_steps)}
    chosen = [at[step] for step in curve.steps]
    assert list(curve.losses) == [whole.batch_loss[number] for number in chosen]
    assert list(curve.accuracies) == [whole.batch_accuracy[number] for number in chosen]
    assert list(curve.epochs) == pytest.approx([whole.batch_epochs[number] for number in chosen], rel=1e-12)
    assert {(step - 1) % curve.stride for step in curve.steps[:-1]} == {0}
    assert len(curve.steps) == step or len(curve.steps) > MAX_POINTS // 2 - 2


def test_up_to_2000_batches_all_are_kept_exactly_as_history_has_them() -> None:
    events = [batches(first, 40) for first in range(1, 2_000, 40)]
    curve = Curve()
    for event in events:
        curve.add(event)
    kept, whole = curve.kept(), folded(events)
    assert kept is not None
    assert list(kept.steps) == whole.batch_steps and list(kept.epochs) == whole.batch_epochs
    assert list(kept.losses) == whole.batch_loss and list(kept.accuracies) == whole.batch_accuracy
    assert (kept.learning_rate, kept.images) == (whole.learning_rate, whole.images)


@pytest.mark.parametrize("back_to", [0, 1, 700, 9_999, 10_000])
def test_after_a_rewind_the_same_batches_give_the_same_curve(back_to: int) -> None:
    through, rewound = Curve(), Curve()
    for first in range(1, 20_001, 20):
        through.add(batches(first, 20))
    for first in range(1, 10_001, 20):
        rewound.add(batches(first, 20))
    rewound.rewind(back_to, 32 * back_to, 1.0)
    assert rewound.step == back_to and all(step <= back_to for step in rewound.steps)
    rest = back_to
    if back_to % 20:  # the same batches, told in other portions
        whole = batches(back_to // 20 * 20 + 1, 20)
        skip = back_to % 20
        rewound.add(
            BatchesEnded(
                whole.step, whole.epoch, whole.losses[skip:], whole.accuracies[skip:], whole.learning_rate, whole.images, 1.0
            )
        )
        rest = whole.step
    for first in range(rest + 1, 20_001, 20):
        rewound.add(batches(first, 20))
    shared = set(through.steps) & set(rewound.steps)
    assert len(shared) >= 900
    one = dict(zip(through.steps, zip(through.losses, through.accuracies, strict=True), strict=True))
    other = dict(zip(rewound.steps, zip(rewound.losses, rewound.accuracies, strict=True), strict=True))
    assert all(one[step] == other[step] for step in shared)
    assert list(rewound.epochs) == pytest.approx([step / 156 for step in rewound.steps], rel=1e-9)


@pytest.mark.parametrize("small", [False, True])
def test_bytes_hold_all_of_it(small: bool) -> None:
    curve = Curve()
    for first in range(1, 5_000, 33):
        curve.add(batches(first, 33))
    assert Curve.from_bytes(curve.to_bytes(small)) == curve
    assert Curve.from_bytes(Curve().to_bytes(small)) == Curve()


def test_damaged_bytes_are_refused() -> None:
    curve = Curve()
    curve.add(batches(1, 33))
    good = curve.to_bytes(True)
    for bad in (b"", b"z", good[:-9], good[:20], b"r" + good[1:], curve.to_bytes(False)[:-1], b"x" * 1000):
        with pytest.raises(PlaygroundError, match="curve"):
            Curve.from_bytes(bad)


def test_a_curve_that_was_kept_elsewhere_goes_on_at_its_own_spacing() -> None:
    long = Curve()
    for first in range(1, 6_401, 100):
        long.add(batches(first, 100))
    kept = long.kept()
    assert kept is not None
    taken = Curve()
    taken.take(kept)
    for first in range(6_401, 9_001, 100):
        long.add(batches(first, 100))
        taken.add(batches(first, 100))
    assert taken.kept() == long.kept()


@pytest.mark.parametrize("every", [2, 3, 16])
def test_batches_that_are_told_in_part_stand_at_their_own_steps(every: int) -> None:
    """Every k-th batch is told, counted back from the last; so their steps need not begin at 1."""
    curve, events, step = Curve(), list[Event](), 0
    while step < 200_000:
        step += 10 * every
        whole = batches(step - 9, 10)
        events.append(replace(whole, step=step, epoch=step / 156, every=every))
        curve.add(events[-1])
    told = folded(events)
    assert told.batch_steps == list(range(every, step + 1, every))
    at = {place: number for number, place in enumerate(told.batch_steps)}
    chosen = [at[place] for place in curve.steps]
    assert list(curve.losses) == [told.batch_loss[number] for number in chosen]
    assert list(curve.epochs) == pytest.approx([place / 156 for place in curve.steps], rel=1e-9)
    assert (curve.steps[0], curve.steps[-1]) == (every, step)
    assert MAX_POINTS // 2 - 2 < len(curve.steps) <= MAX_POINTS
    gaps = {b - a for a, b in zip(curve.steps, curve.steps[1:-1], strict=False)}
    assert max(gaps) < 2 * min(gaps), "they are evenly spread"
    goes_on, kept = Curve(), curve.kept()
    assert kept is not None
    goes_on.take(kept)
    for some in (curve, goes_on):
        some.add(replace(events[-1], step=step + 10 * every, epoch=(step + 10 * every) / 156))
    assert goes_on.steps[-2:] == curve.steps[-2:] and goes_on.losses[-1] == curve.losses[-1]
