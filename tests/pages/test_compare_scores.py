"""The numbers of runs that tell classes beside those of runs that tell numbers."""

from __future__ import annotations

import pytest

from playground.figures.run_styles import run_style
from playground.jobs import RunInfo
from playground.spec import DatasetSpec, RunSpec
from playground.training.events import EpochEnded, RunFinished
from playground.training.history import History
from playground.ui.compare_runs import ComparedRun
from playground.ui.compare_table import best_rows, columns_of, to_csv


def compared(number: int, dataset: DatasetSpec, score: float) -> ComparedRun:
    history = History(status="finished")
    history.fold([EpochEnded(1, 10, 0.4, score, 0.5, score, 0.001), RunFinished(10, 1, 0.5, score, False, None)])
    info = RunInfo(f"run-{number}", "ann", RunSpec(dataset=dataset), "finished", 0.0, f"Run {number}", None, True)
    return ComparedRun(info, history, run_style(number))


IRIS, DIABETES = DatasetSpec(name="iris"), DatasetSpec(name="diabetes")


def test_scores_of_one_kind_have_its_name_and_are_ranked() -> None:
    for dataset, title in ((IRIS, "Validation accuracy"), (DIABETES, "Validation R²")):
        runs = [compared(0, dataset, 0.5), compared(1, dataset, 0.75)]
        assert columns_of(runs)[0].title == title and best_rows(runs)[title] == {1}
    assert columns_of(runs)[0].said(runs[0], 0.5) == "0.5000"


def test_scores_of_two_kinds_are_told_apart_and_not_ranked() -> None:
    runs = [compared(0, IRIS, 0.5), compared(1, DIABETES, 0.75)]
    column = columns_of(runs)[0]
    assert column.title == "Validation score" and column.title not in best_rows(runs)
    assert [column.said(run, 0.75) for run in runs] == ["75.00 %", "R² 0.7500"]
    assert "validation_score" in to_csv(runs).splitlines()[0]


@pytest.mark.parametrize("other", [DatasetSpec(name="mnist"), DatasetSpec(name="mnist", one_class=3)])
def test_answers_to_another_question_are_not_ranked(other: DatasetSpec) -> None:
    runs = [compared(0, DatasetSpec(name="mnist", one_class=7), 0.9), compared(1, other, 0.95)]
    assert "Validation accuracy" not in best_rows(runs)
