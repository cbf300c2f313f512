"""What goes in and out of the Runs page: the store with its troubles, zips, and files to take home."""

from __future__ import annotations

import time

import pytest
from page_app import settled, shown, train, wait
from runs_page import click, names, open_page, open_view, small_run, stored, words
from streamlit.testing.v1 import AppTest

from playground.jobs import JobService
from playground.store.archive import write_archive
from playground.store.store import Store
from playground.store.values import Origin
from playground.ui import session

# --- storage ----------------------------------------------------------------------------------------------------------


def test_a_database_that_cannot_be_written_is_told_and_runs_in_memory_are_listed(
    service: JobService, store: Store, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = train(service, small_run(epochs=1), ann)
    broken = Store("sqlite:////proc/no-such-folder/runs.db")
    try:
        broken.add("x", ann, 1, "Run 9", small_run().to_json(), time.time(), Origin())
        wait(lambda: broken.problem is not None)
        monkeypatch.setattr(session, "store", lambda: broken)
        page = open_page(ann, run_id)
        assert "Training goes on, and nothing is lost" in page.warning[0].value
        assert len(names(page)) == 1 and list(page.dataframe[0].value["Epochs"]) == [1]
        assert page.dataframe[0].value["Test"].iloc[0] > 0
    finally:
        broken.close()


def test_the_storage_used_is_told(store: Store, ann: str) -> None:
    stored(store, ann, "Run 1")
    page = open_page(ann)
    assert "1 run · **" in words(page) and "on this server" in words(page)


# --- take it home -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(service: JobService) -> str:
    return train(service, small_run(epochs=1), "ann-takes-it-home")


def test_a_file_is_made_on_a_click_and_then_downloaded(trained: str) -> None:
    page = open_view(open_page("ann-takes-it-home", trained), "Take it home")
    assert f"python -m playground export {trained} --format pytorch" in page.code[0].value
    assert not page.get("download_button") or all("Download all" in button.label for button in page.get("download_button"))
    click(page, "Make the file")
    settled(page)
    assert any(button.label == "Download the file" for button in page.get("download_button")), words(page)
    assert ".py, " in words(page)


def test_another_format_is_made_only_when_it_is_asked_for(trained: str) -> None:
    page = open_view(open_page("ann-takes-it-home", trained), "Take it home")
    click(page, "Make the file")
    page.button_group(key=f"take_home.format.{trained}").set_value("notebook")
    shown(page)
    assert "--format notebook" in page.code[0].value and any(button.label == "Make the file" for button in page.button)


# --- zip and back -----------------------------------------------------------------------------------------------------


def _import(page: AppTest, content: bytes) -> AppTest:
    page.get("file_uploader")[0].upload("runs.zip", content, "application/zip")
    return shown(page)


def test_a_zip_is_taken_in_by_another_visitor_and_not_twice_by_its_maker(store: Store, ann: str) -> None:
    ids = [stored(store, ann, f"Run {number}") for number in (1, 2)]
    page = _import(open_page(f"ben-{ann}"), write_archive(store, ids))
    assert sorted(names(page)) == ["Run 1", "Run 2"] and "2 runs added." in page.success[0].value, words(page)
    page = _import(open_page(ann), write_archive(store, ids[:1]))
    assert "0 runs added, 1 already there." in page.success[0].value and len(names(page)) == 2


def test_a_zip_that_holds_no_runs_is_refused_and_nothing_changes(store: Store, ann: str) -> None:
    stored(store, ann, "Run 1")
    page = _import(open_page(ann), b"PK no zip at all")
    assert page.error and names(page) == ["Run 1"]
