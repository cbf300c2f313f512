"""Runs that tell classes and runs that tell numbers in one list, and the score of weights whose epoch was not told."""

from __future__ import annotations

import html
from typing import Any

import pytest
from page_app import metric_values, shown, train, visit

from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense
from playground.catalog.losses import CrossEntropy, MeanSquaredError
from playground.catalog.optimizers import SGD
from playground.export.report import make
from playground.export.value import ExportedRun
from playground.figures.run_styles import run_style
from playground.jobs import JobService
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, Regularisation, RunSpec, TrainingSpec
from playground.store.values import Origin, RunSummary
from playground.training.history import History
from playground.ui import runs_table, session
from playground.ui.compare_runs import ComparedRun
from playground.ui.compare_table import best_rows, to_csv
from playground.ui.runs_rows import RunRow

OWNER = "who teaches with every kind of task"


def row(name: str, task: str, validation: float | None, test: float | None = None) -> RunRow:
    summary = RunSummary(validation_accuracy=validation, test_accuracy=test)
    return RunRow(name, name, "finished", 0.0, name, 1, summary, Origin(), "{}", task=task)


ROWS = [
    row("digits", "classification", 0.971, 0.96),
    row("diabetes", "regression", 0.4512, -0.25),
    row("lumps", "binary", 0.93),
    row("new", "regression", None),
]


def table_of(rows: list[RunRow], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is handed to Streamlit."""
    given: list[Any] = []
    monkeypatch.setattr(runs_table.st, "dataframe", lambda content, **_: given.append(content))
    runs_table.runs_table(rows)
    return given[0]


def test_scores_of_both_kinds_stand_in_one_column_each_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(ROWS, monkeypatch)
    written = table.to_string().splitlines()
    assert "97.10 % 96.00 %" in written[1] and "R² 0.451 R² -0.250" in written[2]
    assert "93.00 % –" in written[3] and "– –" in written[4]
    assert not [title for title in table.data.columns if "R²" in title]
    by_score = table.data.sort_values("Validation", ascending=False)["Name"]
    assert list(by_score) == ["digits", "lumps", "diabetes", "new"], "it sorts by how near they are to perfect"


def test_a_list_of_accuracies_alone_is_plain_numbers_for_the_browser_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of([ROWS[0], ROWS[2]], monkeypatch)
    assert list(table["Validation"]) == pytest.approx([97.1, 93.0])


def stopped_run() -> RunSpec:
    """Its epochs take a millisecond, and the best of them is none of the few that are told."""
    layers = (Dense(units=4, activation=Tanh()), Dense(units=3, activation=Identity()))
    stopping = Regularisation(early_stopping=EarlyStopping(patience=20))
    training = TrainingSpec(
        loss=CrossEntropy(), optimizer=SGD(learning_rate=0.5), epochs=2_000, batch_size=16, regularisation=stopping
    )
    dataset = DatasetSpec(name="iris", validation_share=0.3)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training)


def history_of(service: JobService, run_id: str) -> History:
    history = History()
    history.fold(service.events_since(run_id, 0)[0])
    return history


def test_every_page_and_the_report_tell_the_score_of_the_epoch_that_was_kept(service: JobService) -> None:
    run_id = train(service, stopped_run(), OWNER)
    history = history_of(service, run_id)
    kept = history.final_epoch
    assert kept and kept.epoch not in [event.epoch for event in history.epochs] and kept.validation_accuracy is not None
    words = f"{100 * kept.validation_accuracy:.2f} %"

    page = shown(visit("pages/3_Runs.py", run_id, OWNER))
    assert metric_values(page)["Validation"] == words
    (stored,) = [known for known in session.store().runs(OWNER) if known.id == run_id]
    assert (stored.summary.validation_accuracy, stored.summary.validation_loss) == (
        kept.validation_accuracy,
        kept.validation_loss,
    )
    compared = [ComparedRun(service.info(run_id), history, run_style(place)) for place in range(2)]
    assert f",{kept.validation_accuracy},{kept.validation_loss}," in to_csv(compared)
    weights = service.weights(run_id)
    assert weights
    report = make(ExportedRun(run_id, "Run 1", stopped_run(), history, weights.tensors, True, Origin()))
    assert f"Validation accuracy</dt><dd>{words}" in html.unescape(report.decode())


def test_runs_of_several_questions_are_told_apart_and_none_is_the_smallest(service: JobService) -> None:
    first, second = (train(service, replaced, OWNER) for replaced in (short(stopped_run()), short(stopped_run(), one_class=1)))
    runs = [
        ComparedRun(service.info(name), history_of(service, name), run_style(place)) for place, name in enumerate((first, second))
    ]
    assert best_rows(runs) == {}
    lines = to_csv(runs).splitlines()
    assert ",iris," in lines[1] and ",iris: versicolor?," in lines[2]
    page = visit("pages/4_Compare.py", visitor=OWNER)
    page.query_params["runs"] = f"{first},{second}"
    page.session_state["compare_view"] = "Numbers"
    assert list(shown(page).dataframe[0].value["Learned from"]) == ["iris", "iris: versicolor?"]


def short(run: RunSpec, one_class: int | None = None) -> RunSpec:
    layers = (run.network.layers[0], Dense(units=3 if one_class is None else 2, activation=Identity()))
    return run.model_copy(
        update={
            "network": NetworkSpec(layers=layers),
            "dataset": run.dataset.model_copy(update={"one_class": one_class}),
            "training": run.training.model_copy(update={"epochs": 2}),
        }
    )


def test_the_second_chart_has_the_kind_of_score_that_is_chosen(service: JobService) -> None:
    number = stopped_run().model_copy(update={"dataset": DatasetSpec(name="diabetes")})
    layers = (number.network.layers[0], Dense(units=1, activation=Identity()))
    training = TrainingSpec(loss=MeanSquaredError(), epochs=2)
    number = number.model_copy(update={"network": NetworkSpec(layers=layers), "training": training})
    runs = [train(service, run, OWNER) for run in (short(stopped_run()), number)]
    page = visit("pages/4_Compare.py", visitor=OWNER)
    page.query_params["runs"] = ",".join(runs)
    for score in ("accuracy", "R²"):
        if score != "accuracy":
            page.button_group(key="compare_score").set_value(score)
        layout = str(shown(page).session_state["compare_payload"]["layout"])
        assert f"<b>{score[0].upper()}{score[1:]}</b>: higher is better" in layout
