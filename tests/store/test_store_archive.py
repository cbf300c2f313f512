"""Runs as a zip, and back; and what hostile or damaged zips get."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from stories import add, tell

from playground.store import Origin, Store
from playground.store.archive import Imported, read_archive, stream_archive, write_archive
from playground.training.events import BatchesEnded, CurveKept


def without_ids(store: Store, run_id: str) -> dict[str, Any]:
    run = store.run(run_id)
    assert run is not None
    return {
        "row": (run.name, run.note, run.starred, run.created, run.run, run.submitted_json, run.repeatable, run.summary),
        "events": store.events_of(run_id),
        "checkpoints": [
            (info.step, info.epoch, store.checkpoint_data(run_id, info.number)) for info in store.checkpoints(run_id)
        ],
        "final": store.final_weights(run_id),
    }


def test_runs_come_out_of_a_zip_as_they_went_in(trained: Store, elsewhere: Store) -> None:
    archive = write_archive(trained, ["branch", "trained", "not there"])
    assert archive == write_archive(trained, ["branch", "trained"])
    assert read_archive(elsewhere, io.BytesIO(archive), "you") == Imported(("branch", "trained"), (), ())
    for name in ("trained", "branch"):
        assert without_ids(elsewhere, name) == without_ids(trained, name)
    assert len(elsewhere.checkpoints("trained")) > 1
    branch = elsewhere.run("branch")
    assert branch is not None and branch.owner == "you"
    assert branch.origin == Origin(parent="trained", parent_step=9)  # the study stayed behind
    assert {run.id for run in elsewhere.runs("you")} == {"trained", "branch"}


def test_what_the_visitor_has_already_is_skipped(trained: Store) -> None:
    archive = write_archive(trained, ["branch", "trained"])
    assert read_archive(trained, archive, "me") == Imported((), ("Zweiter", "Erster"), ())
    assert trained.count("me") == 1


def test_a_run_that_somebody_else_has_gets_a_new_id(trained: Store) -> None:
    archive = write_archive(trained, ["trained", "branch"])
    imported = read_archive(trained, archive, "you")
    assert len(imported.added) == 2 and not set(imported.added) & {"trained", "branch"}
    assert without_ids(trained, imported.added[0]) == without_ids(trained, "trained")
    branch = trained.run(imported.added[1])
    assert branch is not None and branch.origin.parent == imported.added[0]
    mine = trained.run("trained")
    assert mine is not None and mine.owner == "me"


def test_a_run_that_went_on_in_the_meantime_gets_a_new_id(trained: Store) -> None:
    archive = write_archive(trained, ["branch"])
    tell(trained, "branch", [BatchesEnded(157, 1.01, (0.5,), (0.5,), 0.1, 5024, 1.0)])
    assert trained.flush()
    (name,) = read_archive(trained, archive, "me").added
    assert name != "branch"


def test_the_saved_moments_can_be_left_out(trained: Store, elsewhere: Store) -> None:
    small, large = write_archive(trained, ["trained"], checkpoints=False), write_archive(trained, ["trained"])
    assert len(small) < len(large) / 2
    assert read_archive(elsewhere, small, "you").added == ("trained",)
    assert elsewhere.checkpoints("trained") == [] and elsewhere.final_weights("trained") is not None


def test_a_zip_is_written_piece_by_piece(trained: Store) -> None:
    pieces = list(stream_archive(trained, ["trained", "branch"]))
    assert len(pieces) > 5
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("manifest.json"))["runs"] == ["trained", "branch"]


def test_an_unfinished_run_keeps_its_spacing(store: Store, elsewhere: Store) -> None:
    add(store, "a")
    for first in range(1, 6_001, 60):
        tell(store, "a", [BatchesEnded(first + 59, (first + 59) / 156, (0.1,) * 60, (0.5,) * 60, 0.1, 1, 1.0)])
    assert store.flush()
    assert read_archive(elsewhere, write_archive(store, ["a"]), "you").added == ("a",)
    assert elsewhere.events_of("a") == store.events_of("a")
    curve = elsewhere.events_of("a")[-1]
    assert isinstance(curve, CurveKept) and len(curve.steps) > 1000
