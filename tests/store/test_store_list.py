"""The list of runs, and what the user does to them. Every test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from stories import add, batches, started, tell

from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.catalog.optimizers import SGD
from playground.errors import PlaygroundError
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.store import Origin, Store, StoredStudy, StoredWeights
from playground.training.events import (
    BatchesEnded,
    CurveKept,
)


def test_runs_are_listed_newest_first_and_only_to_their_owner(store: Store) -> None:
    for number in range(1, 6):
        add(store, f"run{number}", number=number, created=1000.0 + number)
    add(store, "other", owner="somebody else", created=2000.0)
    assert store.flush()
    assert [run.id for run in store.runs("me")] == ["run5", "run4", "run3", "run2", "run1"]
    assert [run.id for run in store.runs("me", limit=2, offset=1)] == ["run4", "run3"]
    assert [run.id for run in store.runs(None, limit=2)] == ["other", "run5"]  # whoever runs the server sees all
    assert store.count("me") == 5 and store.count("nobody") == 0
    assert store.next_number("me") == 6 and store.next_number("nobody") == 1


def test_trials_stand_apart_from_the_other_runs(store: Store) -> None:
    add(store, "plain")
    for trial in range(3):
        add(store, f"trial{trial}", origin=Origin(study="s", trial=trial), created=2000.0 + trial)
    assert store.flush()
    assert [run.id for run in store.runs("me")] == ["plain"] and store.count("me") == 1
    assert [run.origin.trial for run in store.runs("me", study="s")] == [2, 1, 0]
    assert len(store.runs("me", trials=True)) == 4


def test_a_search_wants_every_word_in_name_note_or_spec(store: Store) -> None:
    convolutional = RunSpec(
        network=NetworkSpec(layers=(Conv2d(filters=8, kernel_size=5), Flatten(), Dense(units=10))),
        dataset=DatasetSpec(name="fashion-mnist"),
        training=TrainingSpec(optimizer=SGD()),
    )
    add(store, "dense", name="Größer 100%")
    add(store, "conv", name="Second_try", spec=convolutional)
    assert store.flush()
    store.annotate("conv", "Für die Klasse 7b")

    def found(search: str) -> list[str]:
        return sorted(run.id for run in store.runs("me", search=search))

    assert found("") == ["conv", "dense"]
    assert found("GRÖSSER") == ["dense"]
    assert found("conv2d sgd") == ["conv"] and found("sgd adam") == []
    assert found("FASHION klasse") == ["conv"]
    assert found("dense") == ["conv", "dense"]  # a layer of both
    assert found("100%") == ["dense"] and found("%") == ["dense"] and found("second_") == ["conv"]
    assert found("' OR 1=1 --") == []


def test_what_the_user_writes_survives_what_the_run_does(store: Store) -> None:
    add(store, "a", name="Run 1")
    tell(store, "a", [started()])
    store.rename("a", "  Mein Lauf\0 ")
    store.annotate("a", "zwei\nZeilen")
    store.star("a", True)
    tell(store, "a", [batches(1, 5)])
    assert store.flush()
    run = store.run("a")
    assert run is not None
    assert (run.name, run.note, run.starred, run.summary.step) == ("Mein Lauf", "zwei\nZeilen", True, 5)
    assert [run.id for run in store.runs("me", starred=True)] == ["a"]
    store.star("a", False)
    assert store.runs("me", starred=True) == []


def test_an_edit_of_what_is_not_there_is_refused(store: Store) -> None:
    add(store, "a")
    for edit in (lambda: store.rename("b", "x"), lambda: store.annotate("b", "x"), lambda: store.star("b", True)):
        with pytest.raises(PlaygroundError, match="not stored any more"):
            edit()
    with pytest.raises(PlaygroundError, match="needs a name"):
        store.rename("a", "  ")


def test_deleting_can_be_undone_until_the_bin_is_emptied(store: Store) -> None:
    for name in ("a", "b", "c"):
        add(store, name)
    tell(store, "a", [started()])
    store.checkpoint("a", 1, 0.1, b"x", keep=True)
    store.delete(["a", "b"])
    assert {run.id for run in store.runs("me")} == {"c"} and store.count("me") == 1
    assert {run.id for run in store.runs("me", deleted=True)} == {"a", "b"}
    store.restore(["b"])
    assert {run.id for run in store.runs("me")} == {"b", "c"}
    assert store.purge_deleted(3600) == 0
    assert store.purge_deleted(0) == 1
    assert store.run("a") is None and store.events_of("a") == [] and store.checkpoints("a") == []


def test_what_is_told_of_a_deleted_run_is_ignored(store: Store) -> None:
    add(store, "a")
    add(store, "b")
    tell(store, "a", [started()])
    assert store.flush()
    store.forget("a")
    tell(store, "a", [batches(1, 5)])
    store.checkpoint("a", 5, 0.1, b"x", keep=True)
    tell(store, "b", [started()])
    assert store.flush() and store.problem is None
    assert store.run("a") is None and store.checkpoints("a") == []
    assert store.events_of("b") == [started()]


def test_a_run_can_be_forgotten_before_it_was_stored(store: Store) -> None:
    add(store, "a")
    tell(store, "a", [started()])
    store.forget("a")
    assert store.flush() and store.run("a") is None


def test_the_room_that_runs_take_is_counted(store: Store) -> None:
    add(store, "a")
    store.checkpoint("a", 1, 0.1, b"x" * 100_000, keep=True)
    store.checkpoint("a", 2, 0.2, b"x" * 50_000, keep=False)
    store.checkpoint("a", 3, 0.3, b"x" * 70_000, keep=False)
    store.final("a", StoredWeights(3, 0.3, b"x" * 10_000))
    add(store, "b")
    assert store.flush()
    run = store.run("a")
    assert run is not None and 180_000 < run.stored_bytes < 190_000
    assert store.storage_bytes("me") == sum(run.stored_bytes for run in store.runs("me"))
    assert store.storage_bytes("nobody") == 0


def test_studies_are_kept(store: Store) -> None:
    first = StoredStudy("s", "me", "search", '{"kind": "search"}', "running", 1.0)
    second = StoredStudy("t", "me", "seeds", "{}", "running", 2.0, "Name", "words")
    store.save_study(first)
    store.save_study(second)
    assert store.study("s") == first  # also before it is stored
    assert store.flush()
    assert store.studies("me") == [second, first] and store.studies("nobody") == []
    done = StoredStudy("s", "me", "search", '{"kind": "search"}', "done", 1.0)
    store.save_study(done)
    assert store.flush() and store.study("s") == done
    add(store, "trial", origin=Origin(study="s", trial=0))
    store.delete_study("s")
    assert store.study("s") is None and store.run("trial") is None and store.studies("me") == [second]


def test_what_no_database_takes_stops_nobody_else(store: Store) -> None:
    add(store, "bad", number=2**70)
    add(store, "good")
    tell(store, "good", [started()])
    tell(store, "bad", [started()])
    assert store.flush() and store.problem is None
    assert store.run("bad") is None and store.events_of("good") == [started()]


def test_a_run_that_branches_begins_with_the_curve_of_another(store: Store) -> None:
    kept = CurveKept((1, 2, 3), (0.1, 0.2, 0.3), (3.0, 2.0, 1.0), (0.1, 0.5, 0.9), 0.01, 96, 1.0)
    add(store, "a", origin=Origin(parent="p", parent_step=3))
    tell(store, "a", [kept, started(), BatchesEnded(5, 0.5, (0.9, 0.8), (0.9, 1.0), 0.01, 160, 1.5)])
    assert store.flush()
    curve = store.events_of("a")[-1]
    assert isinstance(curve, CurveKept) and curve.steps == (1, 2, 3, 4, 5) and curve.losses == (3.0, 2.0, 1.0, 0.9, 0.8)
    run = store.run("a")
    assert run is not None and run.origin == Origin(parent="p", parent_step=3)
