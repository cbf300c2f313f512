"""The Runs page over a real store and a real job service."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.store.archive import write_archive
from playground.store.store import Store
from playground.store.values import Origin
from playground.training.events import BatchesEnded, EpochEnded, Event, RunFinished, RunStarted
from playground.ui import session
from playground.ui.runs_table import runs_table

APP = str(Path(__file__).parents[2] / "app.py")
PAGE = "pages/3_Runs.py"
PLAIN = Origin()
LAYERS = (Flatten(), Dense(units=8), Dense(units=10, activation=Identity()))


@pytest.fixture(scope="module")
def service() -> Iterator[JobService]:
    """The pages' own service; ended afterwards, so that no worker stays."""
    jobs = session.service()
    yield jobs
    jobs.close()
    session.service.clear()


@pytest.fixture(scope="module")
def store(service: JobService) -> Store:
    return session.store()


@pytest.fixture
def ann(request: pytest.FixtureRequest) -> str:
    """A visitor of this test alone."""
    return f"ann-{request.node.name}"


def _spec(seed: int = 0, epochs: int = 2, dataset: str = "mnist-5k") -> RunSpec:
    images = DatasetSpec(name=dataset, training_size=200)
    return RunSpec(network=NetworkSpec(layers=LAYERS), dataset=images, training=TrainingSpec(epochs=epochs), seed=seed)


def _events(validation: Sequence[float], test: float | None) -> list[Event]:
    events: list[Event] = [RunStarted(6370, 180, 20, 6, len(validation), "cpu", 1, "contiguous", ())]
    for number, share in enumerate(validation, start=1):
        losses = (1 - share,) * 6
        events.append(BatchesEnded(6 * number, number, losses, (share,) * 6, 0.001, 180 * number, 0.5 * number))
        events.append(EpochEnded(number, 6 * number, 1 - share, share, 1 - share, share, 0.001, 0.5 * number))
    if test is not None:
        events.append(RunFinished(6 * len(validation), len(validation), 1 - test, test, False, None, 3.0))
    return events


def _stored(
    store: Store,
    owner: str,
    name: str,
    *,
    spec: RunSpec | None = None,
    validation: Sequence[float] = (0.8, 0.9),
    test: float | None = 0.85,
    origin: Origin = PLAIN,
    age: float = 0.0,
) -> str:
    """A finished run in the store; without a `test` accuracy, one that its server left unfinished."""
    text = (spec or _spec()).to_json()
    run_id = f"{name.partition(' · ')[0]}-{zlib.crc32(owner.encode())}".replace(" ", "-")
    store.add(run_id, owner, 1, name, text, time.time() - age, origin)
    store.events(run_id, _events(validation, test), text, True)
    assert store.flush()
    return run_id


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def _open(visitor: str, run_id: str | None = None) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=60)
    page.session_state["visitor"] = visitor
    page.run()
    if run_id:
        page.query_params["run"] = run_id
    return _shown(page.switch_page(PAGE).run())


def _shown(page: AppTest) -> AppTest:
    assert not page.exception, page.exception[0].message
    return page


def _names(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Name"]) if page.dataframe else []


def _words(page: AppTest) -> str:
    shown = (*page.markdown, *page.caption, *page.info, *page.warning, *page.success, *page.error, *page.subheader)
    return " ".join(element.value for element in shown)


def _click(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return _shown(page.run())


def _view(page: AppTest, name: str) -> AppTest:
    page.session_state["run_view"] = name
    return _shown(page.run())


def _tick(page: AppTest, *run_ids: str) -> AppTest:
    page.session_state["runs_ticked"] = frozenset(run_ids)
    return _shown(page.run())


# --- the list ---------------------------------------------------------------------------------------------------------


def test_without_runs_the_page_says_what_to_do_and_links_there(service: JobService, ann: str) -> None:
    page = _open(ann)
    assert "Nothing trained yet" in _words(page)
    assert any("Go to Build & train" in link.label for link in page.get("page_link"))


def test_the_newest_run_comes_first_with_its_figures(store: Store, ann: str) -> None:
    _stored(store, ann, "Run 1", age=60)
    _stored(store, ann, "Run 2", validation=(0.5, 0.7, 0.9125), test=0.9)
    page = _open(ann)
    table = page.dataframe[0].value
    assert list(table["Name"]) == ["Run 2", "Run 1"]
    first = table.iloc[0]
    assert (first["Validation"], first["Test"]) == (pytest.approx(91.25), pytest.approx(90.0))
    assert (first["Status"], first["Epochs"], first["Parameters"], first["Data set"]) == ("✓ finished", 3, 6370, "mnist-5k")
    assert time.time() - first["When"].timestamp() < 60


def test_nobody_sees_another_visitors_runs(store: Store, ann: str) -> None:
    _stored(store, ann, "Run 1")
    theirs = _stored(store, f"ben-{ann}", "Secret plan")
    page = _open(ann, theirs)
    assert _names(page) == ["Run 1"]
    assert "Secret plan" not in _words(page) and not [field for field in page.text_input if field.label == "Name"]


def test_a_search_looks_into_names_notes_and_settings(store: Store, ann: str) -> None:
    _stored(store, ann, "Apple", age=3)
    noted = _stored(store, ann, "Banana", age=2)
    _stored(store, ann, "Cherry", spec=_spec(dataset="fashion-mnist"), age=1)
    store.annotate(noted, "With much dropout")
    page = _open(ann)
    everything = ["Cherry", "Banana", "Apple"]
    for words, found in (("apple", ["Apple"]), ("DROPOUT much", ["Banana"]), ("fashion", ["Cherry"]), ("", everything)):
        page.text_input(key="runs_words").set_value(words).run()
        assert _names(page) == found
    page.text_input(key="runs_words").set_value("zebra").run()
    assert "No run fits" in _words(page) and "3 runs" in _words(page)


def test_filters_narrow_the_list_down(store: Store, ann: str) -> None:
    starred = _stored(store, ann, "Star", age=2)
    _stored(store, ann, "Plain", spec=_spec(dataset="fashion-mnist"), age=1)
    _stored(store, ann, "Broken", test=None)
    store.star(starred, True)
    page = _open(ann)
    page.toggle(key="runs_starred").set_value(True).run()
    assert _names(page) == ["Star"]
    page.toggle(key="runs_starred").set_value(False)
    page.selectbox(key="runs_status").set_value("interrupted").run()
    assert _names(page) == ["Broken"]
    page.selectbox(key="runs_status").set_value(None)
    page.selectbox(key="runs_dataset").set_value("fashion-mnist").run()
    assert _names(page) == ["Plain"]


def test_trials_of_experiments_are_listed_only_when_asked_for(store: Store, ann: str) -> None:
    _stored(store, ann, "Run 1")
    _stored(store, ann, "Trial 1", origin=Origin(study="s", trial=0))
    page = _open(ann)
    assert _names(page) == ["Run 1"]
    page.toggle(key="runs_trials").set_value(True).run()
    assert sorted(_names(page)) == ["Run 1", "Trial 1"]


def test_a_run_that_trains_now_is_listed_with_what_it_is_doing(service: JobService, ann: str) -> None:
    run_id = service.submit(_spec(epochs=5), ann, mode="epoch")
    _wait(lambda: service.info(run_id).status == "paused")
    page = _open(ann, run_id)
    assert list(page.dataframe[0].value["Status"]) == ["⏸ paused"]
    service.stop(run_id)
    _wait(lambda: service.info(run_id).status == "stopped")
    _wait(lambda: list(_shown(page.run()).dataframe[0].value["Status"]) == ["■ stopped"])


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
    page = _open(ann, _stored(store, ann, "Run 1"))
    assert {metric.label: metric.value for metric in page.metric} == {
        "Validation": "90.00%",
        "Test": "85.00%",
        "Epochs": "2 of 2",
    }
    assert "Dense 8" in _words(page) and "batch size 32" in _words(page) and "today" in _words(page)


def test_a_run_is_renamed_noted_and_starred_in_place(store: Store, ann: str) -> None:
    run_id = _stored(store, ann, "Run 1")
    page = _open(ann, run_id)
    page.text_input(key=f"run.name.{run_id}").set_value("  My *best*  network ").run()
    assert store.run(run_id).name == "My *best* network" and _names(page) == ["My *best* network"]  # type: ignore[union-attr]
    page.text_area(key=f"run.note.{run_id}").set_value("Dropout helps").run()
    assert store.run(run_id).note == "Dropout helps"  # type: ignore[union-attr]
    _click(page, "☆")
    assert store.run(run_id).starred and list(page.dataframe[0].value["★"]) == ["★"]  # type: ignore[union-attr]
    _click(page, "★")
    assert not store.run(run_id).starred  # type: ignore[union-attr]


def test_an_empty_name_is_refused_and_the_old_one_comes_back(store: Store, ann: str) -> None:
    run_id = _stored(store, ann, "Run 1")
    page = _open(ann, run_id)
    page.text_input(key=f"run.name.{run_id}").set_value("   ").run()
    assert "0 characters" in page.error[0].value
    assert page.text_input(key=f"run.name.{run_id}").value == "Run 1" and _names(page) == ["Run 1"]


def test_a_runs_settings_go_onto_the_workbench(store: Store, ann: str) -> None:
    spec = _spec(seed=77)
    page = _open(ann, _stored(store, ann, "Run 1", spec=spec))
    _click(page, "Put it on the workbench")
    assert page.session_state["run_spec"] == spec and "on the workbench now" in page.success[0].value


def test_what_changed_since_the_parent_is_told_in_words(store: Store, ann: str) -> None:
    parent = _stored(store, ann, "Run 1", age=5)
    branch = _stored(store, ann, "Run 2", spec=_spec(seed=3), origin=Origin(parent=parent, parent_step=6))
    words = _words(_open(ann, branch))
    assert "Branched after batch 6 of **Run 1**" in words and "0 → 3" in words


def test_the_family_is_drawn_and_a_relative_can_be_opened(store: Store, ann: str) -> None:
    parent = _stored(store, ann, "Run 1 · mnist-5k", age=5)
    branch = _stored(store, ann, "Run 2", origin=Origin(parent=parent, parent_step=6), age=4)
    _stored(store, ann, "Run 3", origin=Origin(baseline=branch), age=3)
    _stored(store, ann, "Stranger")
    page = _view(_open(ann, branch), "Family")
    tree = next(html.value for html in page.get("html") if 'class="tree"' in html.value)
    assert tree.count("<li") == 3 and "from Run 1 at epoch 1.0" in tree and "Stranger" not in tree
    relatives = page.selectbox(key=f"relative.{branch}")
    assert relatives.options == ["Run 1 · mnist-5k", "Run 3"]
    relatives.set_value(parent).run()
    assert parent in page.query_params["run"]


def test_a_run_without_relatives_says_how_a_tree_grows(store: Store, ann: str) -> None:
    page = _view(_open(ann, _stored(store, ann, "Run 1")), "Family")
    assert "stands alone" in _words(page)


def test_a_deleted_run_leaves_the_list_and_comes_back_with_undo(store: Store, ann: str) -> None:
    run_id = _stored(store, ann, "Run 1", age=5)
    _stored(store, ann, "Run 2")
    page = _click(_open(ann, run_id), "Delete")
    assert _names(page) == ["Run 2"] and "1 run is deleted" in _words(page) and not page.metric
    _shown(page.run())
    assert "1 run is deleted" in _words(page), "the way back stays in sight"
    _click(page, "Undo")
    assert _names(page) == ["Run 2", "Run 1"] and "deleted" not in _words(page)


def test_the_last_run_deleted_can_be_brought_back_as_well(store: Store, ann: str) -> None:
    page = _click(_open(ann, _stored(store, ann, "Run 1")), "Delete")
    assert "Nothing trained yet" in _words(page)
    assert _names(_click(page, "Undo")) == ["Run 1"]


def test_what_is_deleted_for_good_does_not_come_back(store: Store, ann: str) -> None:
    run_id = _stored(store, ann, "Run 1", age=5)
    _stored(store, ann, "Run 2")
    page = _click(_open(ann, run_id), "Delete")
    _click(page, "Delete for good")
    assert store.run(run_id) is None and not [button for button in page.button if button.label in ("Undo", "Put all back")]


def test_several_ticked_runs_are_compared_and_deleted_together(store: Store, ann: str) -> None:
    ids = [_stored(store, ann, f"Run {number}", age=-number) for number in range(3)]
    page = _tick(_open(ann), *ids[:2])
    assert "2 ticked" in _words(page)
    compare = next(link for link in page.get("page_link") if link.label == "Compare" and "runs=" in link.proto.query_string)
    assert ids[0] in compare.proto.query_string and ids[2] not in compare.proto.query_string
    page.button(key="runs.delete").click().run()
    assert _names(_shown(page)) == ["Run 2"] and "2 runs are deleted" in _words(page)
    assert len(_names(_click(page, "Undo"))) == 3


def test_an_interrupted_run_goes_on_with_one_click(service: JobService, store: Store, ann: str) -> None:
    with JobService(workers=1, threads=1, store=store) as before:
        run_id = before.submit(_spec(epochs=3), ann, mode="epoch")
        _wait(lambda: before.info(run_id).status == "paused")
    assert store.flush()
    page = _open(ann, run_id)
    assert list(page.dataframe[0].value["Status"]) == ["⚡ interrupted"] and "interrupted" in _words(page)
    _click(page, "Continue")
    _wait(lambda: service.info(run_id).status == "finished")
    store.flush()
    _shown(page.run())
    assert list(page.dataframe[0].value["Status"]) == ["✓ finished"] and list(page.dataframe[0].value["Epochs"]) == [3]


# --- storage ----------------------------------------------------------------------------------------------------------


def test_a_database_that_cannot_be_written_is_told_and_runs_in_memory_are_listed(
    service: JobService, store: Store, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = service.submit(_spec(epochs=1), ann)
    _wait(lambda: service.info(run_id).status == "finished")
    broken = Store("sqlite:////proc/no-such-folder/runs.db")
    try:
        broken.add("x", ann, 1, "Run 9", _spec().to_json(), time.time(), Origin())
        _wait(lambda: broken.problem is not None)
        monkeypatch.setattr(session, "store", lambda: broken)
        page = _open(ann, run_id)
        assert "Training goes on, and nothing is lost" in page.warning[0].value
        assert len(_names(page)) == 1 and list(page.dataframe[0].value["Epochs"]) == [1]
        assert page.dataframe[0].value["Test"].iloc[0] > 0
    finally:
        broken.close()


def test_the_storage_used_is_told(store: Store, ann: str) -> None:
    _stored(store, ann, "Run 1")
    page = _open(ann)
    assert "1 run · **" in _words(page) and "on this server" in _words(page)


# --- take it home -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(service: JobService) -> str:
    run_id = service.submit(_spec(epochs=1), "ann-takes-it-home")
    _wait(lambda: service.info(run_id).status == "finished")
    return run_id


def test_a_file_is_made_on_a_click_and_then_downloaded(trained: str) -> None:
    page = _view(_open("ann-takes-it-home", trained), "Take it home")
    assert f"python -m playground export {trained} --format pytorch" in page.code[0].value
    assert not page.get("download_button") or all("Download all" in button.label for button in page.get("download_button"))
    _click(page, "Make the file")
    _wait(lambda: not _shown(page.run()).session_state["tasks_asked"])
    _shown(page.run())
    assert any(button.label.endswith(".py") for button in page.get("download_button")), _words(page)


def test_another_format_is_made_only_when_it_is_asked_for(trained: str) -> None:
    page = _view(_open("ann-takes-it-home", trained), "Take it home")
    _click(page, "Make the file")
    page.button_group(key=f"take_home.format.{trained}").set_value("notebook")
    _shown(page.run())
    assert "--format notebook" in page.code[0].value and any(button.label == "Make the file" for button in page.button)


# --- zip and back -----------------------------------------------------------------------------------------------------


def _import(page: AppTest, content: bytes) -> AppTest:
    page.get("file_uploader")[0].upload("runs.zip", content, "application/zip")
    return _shown(page.run())


def test_a_zip_is_taken_in_by_another_visitor_and_not_twice_by_its_maker(store: Store, ann: str) -> None:
    ids = [_stored(store, ann, f"Run {number}") for number in (1, 2)]
    page = _import(_open(f"ben-{ann}"), write_archive(store, ids))
    assert sorted(_names(page)) == ["Run 1", "Run 2"] and "2 runs added." in page.success[0].value, _words(page)
    page = _import(_open(ann), write_archive(store, ids[:1]))
    assert "0 runs added, 1 already there." in page.success[0].value and len(_names(page)) == 2


def test_a_zip_that_holds_no_runs_is_refused_and_nothing_changes(store: Store, ann: str) -> None:
    _stored(store, ann, "Run 1")
    page = _import(_open(ann), b"PK no zip at all")
    assert page.error and _names(page) == ["Run 1"]
