"""Looks under the hood are stored, few of them, and come back."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from stories import SPEC, add, batches, folded, started, tell

from playground.errors import PlaygroundError
from playground.jobs import JobService
from playground.store import Store
from playground.store.archive import read_archive, write_archive
from playground.store.codec import decode, encode
from playground.store.curve import Curve
from playground.store.measures import Measures, require_sound
from playground.training.events import LayerMeasures, LayersMeasured, RunRewound
from playground.training.thinning import MAX_MEASURED
from tests.jobs.support import a_run, events_alone, history, history_of, wait_for_end


def look(step: int, layer: int = 1) -> LayersMeasured:
    measures = LayerMeasures(layer, 0.1 / step, math.inf, -0.3, 1 / 3, None if step % 2 else 0.25, 0.5 if step % 2 else None)
    return LayersMeasured(step, step / 156, 0.01 / 3, (measures,))


def test_a_look_as_json_comes_back_to_the_bit() -> None:
    assert decode(encode(look(7))) == look(7)


@pytest.mark.parametrize("small", [False, True])
def test_a_curve_with_looks_comes_back_to_the_bit_and_one_from_before_there_were_looks_has_none(small: bool) -> None:
    curve = Curve()
    curve.add(batches(1, 40))
    before = curve.to_bytes(False)[: -len(Measures().to_bytes())]
    assert Curve.from_bytes(before) == curve
    for step in (1, 20, 39):
        curve.measures.add(look(step))
    assert Curve.from_bytes(curve.to_bytes(small)) == curve
    for cut in (1, 8, 30, 56):
        with pytest.raises(PlaygroundError):
            Curve.from_bytes(curve.to_bytes(False)[:-cut])


def test_of_many_looks_at_most_300_are_stored_and_after_a_rewind_none_of_later(store: Store) -> None:
    add(store, "a")
    tell(store, "a", [started(), *(look(step) for step in range(1, 2_000))])
    assert store.flush()
    kept = folded(store.events_of("a")).measured
    assert 100 < len(kept) <= MAX_MEASURED and kept[0] == look(1) and kept[-1] == look(1_999)
    assert len([event for event in store.events_of("a") if isinstance(event, LayersMeasured)]) == len(kept)
    tell(store, "a", [RunRewound(1_000, 6, 32_000, 1.0, "lost"), look(1_001)])
    assert store.flush()
    kept = folded(store.events_of("a")).measured
    assert [found.step for found in kept] == sorted({found.step for found in kept}) and kept[-1] == look(1_001)


def test_an_archive_holds_the_looks(store: Store, url: str) -> None:
    add(store, "a")
    tell(store, "a", [started(), batches(1, 40), look(1), look(21)])
    assert store.flush()
    archive = write_archive(store, ["a"])
    assert read_archive(store, archive, "me").added == ()
    read_archive(store, archive, "you")
    (copy,) = store.runs("you")
    assert folded(store.events_of(copy.id)).measured == [look(1), look(21)]


def test_looks_of_another_network_are_refused() -> None:
    layers = len(SPEC.network.layers)
    require_sound([look(1), look(2)], layers)
    for bad in ([look(2), look(1)], [look(1, layer=layers)], [look(1, layer=-1)], [look(step) for step in range(1, 400)]):
        with pytest.raises(PlaygroundError, match="hood"):
            require_sound(bad, layers)


def test_after_a_restart_a_run_has_the_looks_that_it_had(tmp_path: Path) -> None:
    run, address = a_run(), f"sqlite:///{tmp_path / 'runs.db'}"
    store = Store(address)
    with JobService(workers=1, threads=1, store=store) as service:
        run_id = service.submit(run, "ann")
        wait_for_end(service, run_id)
    store.close()
    alone = history_of(events_alone(run)).measured
    again = Store(address)
    with JobService(workers=1, threads=1, store=again) as service:
        assert history(service, run_id).measured == alone and alone
        longer = run.model_copy(update={"training": run.training.model_copy(update={"epochs": run.training.epochs + 1})})
        branch = service.branch(run_id, service.checkpoints(run_id)[-1].number, longer, "ann")
        assert history(service, branch).measured[: len(alone)] == alone
    again.close()
