"""The Runs page over a real store and a real job service: the list, and one run of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from page_app import ended, shown, wait
from runs_page import click, names, open_page, open_view, small_run, stored, tick, words

from playground.jobs import JobService
from playground.store.store import Store
from playground.store.values import Origin
from playground.ui import session
from playground.ui.runs_table import runs_table

# --- the list ---------------------------------------------------------------------------------------------------------


def test_without_runs_the_page_says_what_to_do_and_links_there(service: JobService, ann: str) -> None:
    page = open_page(ann)
    assert "Nothing trained yet" in words(page)
    assert any("Go to Build & train" in link.label for link in page.get("page_link"))


def test_the_newest_run_comes_first_with_its_figures(store: Store, ann: str) -> None:
    stored(store, ann, "Run 1", age=60)
    stored(store, ann, "Run 2", validation=(0.5, 0.7, 0.9125), test=0.9)
    page = open_page(ann)
    table = page.dataframe[0].value
    assert list(table["Name"]) == ["Run 2", "Run 1"]
    first = table.iloc[0]
    assert (first["Validation"], first["Test"]) == (pytest.approx(91.25), pytest.approx(90.0))
    assert (first["Status"], first["Epochs"], first["Parameters"], first["Data set"]) == ("✓ finished", 3, 6370, "mnist-5k")
    assert time.time() - first["When"].timestamp() < 60


def test_nobody_sees_another_visitors_runs(store: Store, ann: str) -> None:
    stored(store, ann, "Run 1")
    theirs = stored(store, f"ben-{ann}", "Secret plan")
    page = open_page(ann, theirs)
    assert names(page) == ["Run 1"]
    assert "Secret plan" not in words(page) and not [field for field in page.text_input if field.label == "Name"]


def test_a_search_looks_into_names_notes_and_settings(store: Store, ann: str) -> None:
    stored(store, ann, "Apple", age=3)
    noted = stored(store, ann, "Banana", age=2)
    stored(store, ann, "Cherry", spec=small_run(dataset="fashion-mnist"), age=1)
    store.annotate(noted, "With much dropout")
    page = open_page(ann)
    everything = ["Cherry", "Banana", "Apple"]
    for typed, found in (("apple", ["Apple"]), ("DROPOUT much", ["Banana"]), ("fashion", ["Cherry"]), ("", everything)):
        shown(page.text_input(key="runs_words").set_value(typed))
        assert names(page) == found
    shown(page.text_input(key="runs_words").set_value("zebra"))
    assert "No run fits" in words(page) and "3 runs" in words(page)


def test_filters_narrow_the_list_down(store: Store, ann: str) -> None:
    starred = stored(store, ann, "Star", age=2)
    stored(store, ann, "Plain", spec=small_run(dataset="fashion-mnist"), age=1)
    stored(store, ann, "Broken", test=None)
    store.star(starred, True)
    page = open_page(ann)
    shown(page.toggle(key="runs_starred").set_value(True))
    assert names(page) == ["Star"]
    page.toggle(key="runs_starred").set_value(False)
    shown(page.selectbox(key="runs_status").set_value("interrupted"))
    assert names(page) == ["Broken"]
    page.selectbox(key="runs_status").set_value(None)
    shown(page.selectbox(key="runs_dataset").set_value("fashion-mnist"))
    assert names(page) == ["Plain"]


def test_trials_of_experiments_are_listed_only_when_asked_for(store: Store, ann: str) -> None:
    stored(store, ann, "Run 1")
    stored(store, ann, "Trial 1", origin=Origin(study="s", trial=0))
    page = open_page(ann)
    assert names(page) == ["Run 1"]
    shown(page.toggle(key="runs_trials").set_value(True))
    assert sorted(names(page)) == ["Run 1", "Trial 1"]


def test_a_run_that_trains_now_is_listed_with_what_it_is_doing(service: JobService, ann: str) -> None:
    run_id = service.submit(small_run(epochs=5), ann, mode="epoch")
    wait(lambda: service.info(run_id).status == "paused")
    page = open_page(ann, run_id)
    assert list(page.dataframe[0].value["Status"]) == ["⏸ paused"]
    service.stop(run_id)
    assert ended(service, run_id) == "stopped"
    wait(lambda: list(shown(page).dataframe[0].value["Status"]) == ["■ stopped"])


def test_a_tapped_row_opens_its_run_and_ticks_are_kept_by_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser tells places in the list; AppTest has no table that can be clicked."""
    import streamlit as st

    from playground.ui import runs_table as module

    taken: list[Callable[[], None]] = []
    monkeypatch.setattr(module.st, "dataframe", lambda *args, **named: taken.append(named["on_select"]))
    opened: list[str | None] = []
    monkeypatch.setattr(session, "set_run_id", opened.append)
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    rows = [_row("c"), _row("b"), _row("a")]
    runs_table(rows)
    key = next(iter(_keys(taken[0])))
    state[key] = _selection(rows=[2, 0], cells=[(1, "Name")])
    taken[0]()
    assert opened == ["b"] and state["runs_ticked"] == {"a", "c"}
    state[key] = _selection(rows=[2, 0], cells=[(0, "★")])
    taken[0]()
    assert opened == ["b"], "a click on a header marks the first cell, and opens nothing"


def _row(name: str) -> Any:
    from playground.store.values import RunSummary
    from playground.ui.runs_rows import RunRow

    return RunRow(name, name, "finished", 0.0, "mnist", 1, RunSummary(), Origin(), "{}")


def _keys(callback: Callable[[], None]) -> list[str]:
    return [cell.cell_contents for cell in callback.__closure__ or () if isinstance(cell.cell_contents, str)]


def _selection(rows: list[int], cells: list[tuple[int, str]]) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(selection=SimpleNamespace(rows=rows, cells=cells))


# --- one run ----------------------------------------------------------------------------------------------------------


def test_an_opened_run_shows_its_figures_and_settings(store: Store, ann: str) -> None:
    page = open_page(ann, stored(store, ann, "Run 1"))
    assert {metric.label: metric.value for metric in page.metric} == {
        "Validation": "90.00 %",
        "Test": "85.00 %",
        "Epochs": "2 of 2",
    }
    assert "Dense 8" in words(page) and "batch size 32" in words(page) and "today" in words(page)


def test_a_run_is_renamed_noted_and_starred_in_place(store: Store, ann: str) -> None:
    run_id = stored(store, ann, "Run 1")
    page = open_page(ann, run_id)
    shown(page.text_input(key=f"run.name.{run_id}").set_value("  My *best*  network "))
    assert store.run(run_id).name == "My *best* network" and names(page) == ["My *best* network"]  # type: ignore[union-attr]
    shown(page.text_area(key=f"run.note.{run_id}").set_value("Dropout helps"))
    assert store.run(run_id).note == "Dropout helps"  # type: ignore[union-attr]
    click(page, "☆")
    assert store.run(run_id).starred and list(page.dataframe[0].value["★"]) == ["★"]  # type: ignore[union-attr]
    click(page, "★")
    assert not store.run(run_id).starred  # type: ignore[union-attr]


def test_an_empty_name_is_refused_and_the_old_one_comes_back(store: Store, ann: str) -> None:
    run_id = stored(store, ann, "Run 1")
    page = open_page(ann, run_id)
    shown(page.text_input(key=f"run.name.{run_id}").set_value("   "))
    assert "0 characters" in page.error[0].value
    assert page.text_input(key=f"run.name.{run_id}").value == "Run 1" and names(page) == ["Run 1"]


def test_a_runs_settings_go_onto_the_workbench(store: Store, ann: str) -> None:
    spec = small_run(seed=77)
    page = open_page(ann, stored(store, ann, "Run 1", spec=spec))
    click(page, "Put it on the workbench")
    assert page.session_state["run_spec"] == spec and "on the workbench now" in page.success[0].value


def test_what_changed_since_the_parent_is_told_in_words(store: Store, ann: str) -> None:
    parent = stored(store, ann, "Run 1", age=5)
    branch = stored(store, ann, "Run 2", spec=small_run(seed=3), origin=Origin(parent=parent, parent_step=6))
    told = words(open_page(ann, branch))
    assert "Branched after batch 6 of **Run 1**" in told and "0 → 3" in told


def test_the_family_is_drawn_and_a_relative_can_be_opened(store: Store, ann: str) -> None:
    parent = stored(store, ann, "Run 1 · mnist-5k", age=5)
    branch = stored(store, ann, "Run 2", origin=Origin(parent=parent, parent_step=6), age=4)
    stored(store, ann, "Run 3", origin=Origin(baseline=branch), age=3)
    stored(store, ann, "Stranger")
    page = open_view(open_page(ann, branch), "Family")
    tree = next(html.value for html in page.get("html") if 'class="tree"' in html.value)
    assert tree.count("<li") == 3 and "from Run 1, epoch 1" in tree and "Stranger" not in tree
    relatives = page.selectbox(key=f"relative.{branch}")
    assert relatives.options == ["Run 1 · mnist-5k", "Run 3"]
    shown(relatives.set_value(parent))
    assert parent in page.query_params["run"]


def test_a_run_without_relatives_says_how_a_tree_grows(store: Store, ann: str) -> None:
    page = open_view(open_page(ann, stored(store, ann, "Run 1")), "Family")
    assert "stands alone" in words(page)


def test_a_deleted_run_leaves_the_list_and_comes_back_with_undo(store: Store, ann: str) -> None:
    run_id = stored(store, ann, "Run 1", age=5)
    stored(store, ann, "Run 2")
    page = click(open_page(ann, run_id), "Delete")
    assert names(page) == ["Run 2"] and "1 run is deleted" in words(page) and not page.metric
    shown(page)
    assert "1 run is deleted" in words(page), "the way back stays in sight"
    click(page, "Undo")
    assert names(page) == ["Run 2", "Run 1"] and "deleted" not in words(page)


def test_the_last_run_deleted_can_be_brought_back_as_well(store: Store, ann: str) -> None:
    page = click(open_page(ann, stored(store, ann, "Run 1")), "Delete")
    assert "Nothing trained yet" in words(page)
    assert names(click(page, "Undo")) == ["Run 1"]


def test_what_is_deleted_for_good_does_not_come_back(store: Store, ann: str) -> None:
    run_id = stored(store, ann, "Run 1", age=5)
    stored(store, ann, "Run 2")
    page = click(open_page(ann, run_id), "Delete")
    click(page, "Delete for good")
    assert store.run(run_id) is None and not [button for button in page.button if button.label in ("Undo", "Put all back")]


def test_several_ticked_runs_are_compared_and_deleted_together(store: Store, ann: str) -> None:
    ids = [stored(store, ann, f"Run {number}", age=-number) for number in range(3)]
    page = tick(open_page(ann), *ids[:2])
    assert "2 ticked" in words(page)
    compare = next(link for link in page.get("page_link") if link.label == "Compare" and "runs=" in link.proto.query_string)
    assert ids[0] in compare.proto.query_string and ids[2] not in compare.proto.query_string
    page.button(key="runs.delete").click()
    assert names(shown(page)) == ["Run 2"] and "2 runs are deleted" in words(page)
    assert len(names(click(page, "Undo"))) == 3


def test_an_interrupted_run_goes_on_with_one_click(service: JobService, store: Store, ann: str) -> None:
    with JobService(workers=1, threads=1, store=store) as before:
        run_id = before.submit(small_run(epochs=3), ann, mode="epoch")
        wait(lambda: before.info(run_id).status == "paused")
    assert store.flush(60)
    page = open_page(ann, run_id)
    assert list(page.dataframe[0].value["Status"]) == ["⚡ interrupted"] and "interrupted" in words(page)
    click(page, "Continue")
    assert ended(service, run_id) == "finished"
    shown(page)
    assert list(page.dataframe[0].value["Status"]) == ["✓ finished"] and list(page.dataframe[0].value["Epochs"]) == [3]
