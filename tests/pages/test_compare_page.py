"""The Compare page over a real job service with real runs."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from page_app import settled, shown, train, visit, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten, LayerEntry
from playground.catalog.losses import MeanSquaredError
from playground.catalog.optimizers import SGD, Adam
from playground.insight.compared_mistakes import compare_mistakes
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.ui.compare_mistakes import cell_words
from playground.ui.compare_page import option_labels
from playground.ui.compare_runs import compared_runs
from playground.ui.compare_table import best_rows, to_csv

PAGE = "pages/4_Compare.py"
DENSE: tuple[LayerEntry, ...] = (Flatten(), Dense(units=16), Dense(units=10, activation=Identity()))


def _run(seed: int = 0, **training: Any) -> RunSpec:
    dataset = DatasetSpec(name="mnist-5k", training_size=400)
    spec = TrainingSpec(**({"epochs": 2, "optimizer": Adam()} | training))
    return RunSpec(network=NetworkSpec(layers=DENSE), dataset=dataset, training=spec, seed=seed)


@pytest.fixture(scope="module")
def pair(service: JobService) -> tuple[str, str]:
    return train(service, _run(optimizer=SGD())), train(service, _run(optimizer=Adam()))


@pytest.fixture(scope="module")
def other_seed(service: JobService) -> str:
    return train(service, _run(seed=1))


def _open(*run_ids: str, visitor: str = "a visitor of this file alone") -> AppTest:
    """The page as of a visitor who was sent a link to these runs."""
    page = visit(PAGE, visitor=visitor)
    if run_ids:
        page.query_params["runs"] = ",".join(run_ids)
    return shown(page)


def _view(page: AppTest, name: str) -> AppTest:
    page.session_state["compare_view"] = name
    return settled(page)


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.subheader))


def _legend(page: AppTest) -> list[str]:
    """What is said of each run, without the markup."""
    found = [html.value for html in page.get("html") if 'class="compared"' in html.value]
    return [re.sub(r"<[^>]+>", " ", text).strip() for text in found]


def _links(page: AppTest, label: str) -> list[Any]:
    return [link for link in page.get("page_link") if link.label == label]


def test_without_two_runs_the_page_says_what_to_do_and_links_there(service: JobService, pair: tuple[str, str]) -> None:
    page = _open()
    assert "Two runs are needed" in _words(page)
    assert _links(page, "Go to Build & train") and _links(page, "Go to Runs")
    page = _open(pair[0])
    assert "You have one run" in _words(page) and not _legend(page)


def test_a_forgotten_run_in_the_address_is_told_and_the_others_are_compared(service: JobService, pair: tuple[str, str]) -> None:
    page = _open(pair[0], "no-such-run", pair[1])
    assert "One of the runs in this address cannot be shown. This run is not on this server any more." in _words(page)
    assert len(_legend(page)) == 2


def test_each_run_is_told_with_what_differs_from_the_baseline(
    service: JobService, pair: tuple[str, str], other_seed: str
) -> None:
    page = _open(*pair, other_seed)
    baseline, second, third = _legend(page)
    assert baseline.endswith("The baseline.")
    assert "Only the optimizer differs: SGD → Adam." in second
    assert "2 things differ: optimizer SGD → Adam; seed 0 → 1." in third
    assert len(_links(page, "Inspect")) == 4  # one is the sidebar's
    assert len(_links(page, "Is the difference real?")) == 2
    assert page.query_params["runs"] in (",".join([*pair, other_seed]), [",".join([*pair, other_seed])])


def test_the_choice_holds_when_the_page_is_left_and_the_first_chosen_is_the_baseline(
    service: JobService, pair: tuple[str, str]
) -> None:
    page = _open(*pair)
    shown(page.multiselect[0].set_value([pair[1], pair[0]]))
    assert "Adam → SGD" in _legend(page)[1]
    shown(page.switch_page("pages/1_Inspect.py"))
    page.query_params.clear()
    shown(page.switch_page(PAGE))
    assert "Adam → SGD" in _legend(page)[1]


def test_whoever_comes_without_a_link_sees_the_newest_two_of_their_runs(service: JobService) -> None:
    ids = [train(service, _run(epochs=1, seed=seed), owner="bob") for seed in range(3)]
    page = _open(visitor="bob")
    assert page.multiselect[0].value == ids[1:]
    assert "Only the seed differs: 1 → 2." in _legend(page)[1]


def test_runs_of_one_name_are_told_apart(service: JobService, pair: tuple[str, str], other_seed: str) -> None:
    infos = [replace(service.info(run_id), label="Mine") for run_id in (*pair, other_seed)]
    infos.append(replace(infos[0], id="fourth", label="Mine (2)", created=0.0))
    labels = option_labels(infos)
    assert len(set(labels.values())) == 4 and labels[pair[0]] == "Mine" and labels["fourth"] == "Mine (2)"


def test_the_curves_are_those_of_the_runs_events(service: JobService, pair: tuple[str, str]) -> None:
    page = _open(*pair)
    drawn = {trace["uid"]: trace for trace in page.session_state["compare_payload"]["traces"]}
    assert len(drawn) == 8
    for run_id, letter in zip(pair, "AB", strict=True):
        epochs = [event for event in service.events_since(run_id, 0)[0] if type(event).__name__ == "EpochEnded"]
        for panel, scale in (("loss", 1), ("accuracy", 100)):
            values = _decoded(drawn[f"{letter}-validation-{panel}"]["y"])
            np.testing.assert_allclose(values, [scale * getattr(epoch, f"validation_{panel}") for epoch in epochs], rtol=1e-6)
        assert len(_decoded(drawn[f"{letter}-training-loss"]["y"])) == epochs[-1].step
    before = page.session_state["compare_payload"]
    page.session_state["compare_unit"] = "second"
    page.session_state["compare_log"] = True
    shown(page)
    after = page.session_state["compare_payload"]
    assert after["revision"] != before["revision"] and after["layout"]["yaxis"]["type"] == "log"
    assert after["layout"]["xaxis"]["title"]["text"] == "seconds of training"


def _decoded(values: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(values["bdata"]), "<f4")


def test_the_table_and_its_file_hold_the_final_numbers_and_mark_the_best(service: JobService, pair: tuple[str, str]) -> None:
    page = _view(_open(*pair), "Numbers")
    table = page.dataframe[0].value
    events = [service.events_since(run_id, 0)[0] for run_id in pair]
    ends = [next(event for event in found if type(event).__name__ == "RunFinished") for found in events]
    lasts = [[event for event in found if type(event).__name__ == "EpochEnded"][-1] for found in events]
    assert list(table["Test accuracy"]) == [end.test_accuracy for end in ends]
    assert list(table["Validation loss"]) == [last.validation_loss for last in lasts]
    assert list(table["Training accuracy"]) == [last.train_accuracy for last in lasts]
    assert list(table["Parameters"]) == [784 * 16 + 16 + 16 * 10 + 10] * 2
    runs = compared_runs([service.info(run_id) for run_id in pair])
    marked = best_rows(runs)
    assert marked["Validation accuracy"] == {int(np.argmax([last.validation_accuracy for last in lasts]))}
    assert marked["Validation loss"] == {int(np.argmin([last.validation_loss for last in lasts]))}
    assert marked["Parameters"] == {0, 1} and "Test accuracy" not in marked and "Epochs" not in marked
    rows = list(csv.DictReader(io.StringIO(to_csv(runs))))
    assert [row["letter"] for row in rows] == ["A", "B"]
    formula = [replace(service.info(pair[0]), label="=1+1")]
    assert "A,'=1+1,finished" in to_csv(compared_runs(formula))  # a spreadsheet would compute it
    assert [float(row["test_accuracy"]) for row in rows] == [end.test_accuracy for end in ends]
    assert "choose by validation" in _words(page).lower()


def test_losses_of_different_kinds_are_not_ranked(service: JobService, pair: tuple[str, str]) -> None:
    squared = train(service, _run(loss=MeanSquaredError()))
    page = _view(_open(pair[0], squared), "Numbers")
    assert "losses are not ranked" in _words(page)
    marked = best_rows(compared_runs([service.info(run_id) for run_id in (pair[0], squared)]))
    assert "Validation loss" not in marked and "Validation accuracy" in marked


def test_size_and_time_are_drawn_and_say_that_they_are_about_validation(service: JobService, pair: tuple[str, str]) -> None:
    page = _view(_open(*pair), "Size and time")
    assert len(page.get("plotly_chart")) == 2 and "validation images" in _words(page)


def test_what_is_fixed_and_broken_adds_up(service: JobService, pair: tuple[str, str]) -> None:
    page = _view(_open(*pair), "Who fixes what")
    one, other = (_evaluation(page, run_id, "validation") for run_id in pair)
    right_before, right_after = one.predicted == one.labels, other.predicted == other.labels
    fixed, broken = int((~right_before & right_after).sum()), int((right_before & ~right_after).sum())
    net = fixed - broken
    assert int(right_after.sum()) - int(right_before.sum()) == net
    sign = "+" if net > 0 else "−" if net < 0 else ""
    assert f"B fixes {fixed} and breaks {broken} of 400 validation images: net {sign}{abs(net)}." in _words(page)
    assert f"Fixed: {fixed}" in _words(page) and f"Broken: {broken}" in _words(page)
    cards = [html.value.count("<figure") for html in page.get("html") if 'class="pairs"' in html.value]
    assert cards == [count for count in (min(18, fixed), min(18, broken)) if count]


def _evaluation(page: AppTest, run_id: str, split: str) -> Any:
    answers = page.session_state["task_answers"]
    return next(answer.result for question, answer in answers.items() if question[1][0] == run_id and question[2] == split)


def test_a_chosen_cell_shows_its_images_and_how_its_number_comes_about(service: JobService, pair: tuple[str, str]) -> None:
    page = _view(_open(*pair), "Who fixes what")
    one, other = (_evaluation(page, run_id, "validation") for run_id in pair)
    compared = compare_mistakes(one, other)
    wrong = compared.difference - np.diag(np.diag(compared.difference))
    true, predicted = divmod(int(wrong.argmax()), 10)
    page.selectbox(key="compare_true").set_value(true)
    page.selectbox(key="compare_predicted").set_value(predicted)
    shown(page)
    changed = compared.cell(true, predicted)
    assert cell_words(compared, true, predicted, ("A", "B")) in _words(page)
    assert f"Fixed: {len(changed.fixed)}" in _words(page)
    pairs = "".join(html.value for html in page.get("html") if 'class="pairs"' in html.value)
    assert pairs.count(f"a {true}: A reads {predicted}, B reads {true}") == 2 * min(18, len(changed.fixed))


def test_runs_with_other_validation_images_are_asked_about_the_test_images(
    service: JobService, pair: tuple[str, str], other_seed: str
) -> None:
    page = _view(_open(pair[0], other_seed), "Who fixes what")
    assert "of 1,000 test images" in _words(page) and "final exam" in _words(page)


def test_runs_of_different_data_sets_get_a_kind_word_instead(
    service: JobService, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    info = service.info(pair[1])
    clothes = info.run.model_copy(update={"dataset": info.run.dataset.model_copy(update={"name": "fashion-mnist"})})
    original = service.info
    changed = replace(info, run=clothes)
    monkeypatch.setattr(service, "info", lambda run_id: changed if run_id == pair[1] else original(run_id))
    page = _view(_open(*pair), "Who fixes what")
    assert "learned from different data sets" in _words(page) and not page.get("plotly_chart")
    assert "different data sets" in _words(_view(page, "Size and time"))
    assert "different data sets" in _words(_view(page, "Numbers"))


def test_a_run_that_still_learns_is_drawn_as_far_as_it_is(service: JobService, pair: tuple[str, str]) -> None:
    run_id = service.submit(_run(epochs=5), "ann", mode="epoch")
    wait(lambda: service.info(run_id).status == "paused")
    page = _open(pair[0], run_id)
    assert "is paused, at epoch 1.00" in _legend(page)[1]
    marked = best_rows(compared_runs([service.info(chosen) for chosen in (pair[0], pair[1], run_id)]))
    assert 2 not in marked["Seconds"]
    drawn = {trace["uid"]: trace for trace in page.session_state["compare_payload"]["traces"]}
    assert len(_decoded(drawn["B-validation-loss"]["y"])) == 1
    service.step_batch(run_id)
    wait(lambda: service.info(run_id).status == "paused" and service.weights(run_id).step == 14)
    shown(page)
    drawn = {trace["uid"]: trace for trace in page.session_state["compare_payload"]["traces"]}
    assert len(_decoded(drawn["B-training-loss"]["y"])) == 14
    _view(page, "Who fixes what")
    assert "B is still learning: you see it after 1.08 epochs." in _words(page)
    service.stop(run_id)
    wait(lambda: service.info(run_id).status == "stopped")
    shown(page)
    assert "still learning" not in _words(page)
