"""The final numbers of the runs, side by side, with the best of each column marked; and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import streamlit as st

from playground.figures.score import SCALES
from playground.jobs.run_info import question
from playground.ui.compare_runs import ComparedRun
from playground.ui.data_words import same_question

STAR = "★ "
_DASH = "–"
_ONLY_FINISHED = "Seconds"  # to have stopped early is not to be quick


@dataclass(frozen=True)
class Column:
    """One column of numbers: how a run's is found and written, and which is best. `needs` says what must be equal in all runs
    for one of them to be called the best."""

    title: str
    help: str
    value: Callable[[ComparedRun], float | int | None]
    words: Callable[[float], str]
    best: Literal["lowest", "highest"] | None = None
    needs: tuple[Literal["data", "loss"], ...] = ()

    def said(self, run: ComparedRun, value: float) -> str:
        """The run's number, written; where scores of two kinds stand side by side, each as what it is."""
        if not self.title.endswith(" score"):
            return self.words(value)
        return f"{'' if run.score == 'accuracy' else f'{run.score} '}{_score_words(run.score)(value)}"


def _loss(value: float) -> str:
    return f"{value:.4f}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _time(seconds: float) -> str:
    return f"{seconds:,.1f}"


def _plain(value: float) -> str:
    return f"{value:g}"


def _of_epoch(name: str) -> Callable[[ComparedRun], float | None]:
    return lambda run: getattr(run.final_epoch, name) if run.final_epoch else None


def columns(score: str) -> tuple[Column, ...]:
    """All columns; `score` is "accuracy", "R²", or "score" where runs of both kinds stand side by side."""
    words = _plain if score == "score" else _score_words(score)
    told = {"accuracy": "The share that is right", "R²": "How much of the ups and downs it explains"}.get(
        score, "Accuracy (1 is 100 %) or R²"
    )
    return (
        Column(
            f"Validation {score}",
            f"{told}, of what was kept back from learning: choose by this one; ★ the highest.",
            _of_epoch("validation_accuracy"),
            words,
            "highest",
            ("data",),
        ),
        Column(
            "Validation loss",
            "On what was kept back from learning: the mock exam; ★ the lowest.",
            _of_epoch("validation_loss"),
            _loss,
            "lowest",
            ("data", "loss"),
        ),
        Column(
            f"Test {score}",
            "The final exam, taken once at the end. It is not there to choose by, so none is marked.",
            lambda run: run.history.finished.test_accuracy if run.history.finished else None,
            words,
        ),
        Column(
            "Parameters", "Numbers that it learned; ★ the fewest.", lambda run: run.num_parameters, _count, "lowest", ("data",)
        ),
        Column(
            "Seconds",
            "Time spent training; ★ the least of the finished runs.",
            lambda run: run.history.seconds,
            _time,
            "lowest",
            ("data",),
        ),
        Column("Epochs", "How often it went through its training data.", lambda run: round(run.history.epoch, 2), _plain),
        Column(
            f"Training {score}",
            f"{told}, of the training data, while it learned from it, in its last epoch; ★ the highest.",
            _of_epoch("train_accuracy"),
            words,
            "highest",
            ("data",),
        ),
        Column(
            "Training loss",
            "While it learned from this very data, in its last epoch; ★ the lowest.",
            _of_epoch("train_loss"),
            _loss,
            "lowest",
            ("data", "loss"),
        ),
    )


def _score_words(score: str) -> Callable[[float], str]:
    scale = SCALES[score]
    return lambda value: scale.text(value, 2)


def columns_of(runs: Sequence[ComparedRun]) -> tuple[Column, ...]:
    """The columns for these runs."""
    names = {run.score for run in runs}
    return columns(names.pop() if len(names) == 1 else "score" if names else "accuracy")


def table_view(runs: Sequence[ComparedRun]) -> None:
    """The table, which sorts itself by a click on a column's head, and its download."""
    marked = best_rows(runs)
    st.dataframe(
        _styled(runs, marked),
        hide_index=True,
        height="content",
        key="compare_table",
        column_config={"Run": st.column_config.TextColumn("Run", pinned=True)}
        | {column.title: st.column_config.Column(column.title, help=column.help) for column in columns_of(runs)},
        placeholder=_DASH,
        alt="The final numbers of the compared runs",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download as CSV",
            to_csv(runs),
            "compared-runs.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="compare_csv",
        )
        st.caption(f"{STAR.strip()} the best of its column. {_remarks(runs)}" if any(marked.values()) else _remarks(runs))


def best_rows(runs: Sequence[ComparedRun]) -> dict[str, set[int]]:
    """Column title -> the rows to mark: those with its best value, where a best makes sense."""
    alike = {
        "data": _is_one_question(runs),
        "loss": len({run.info.run.training.loss for run in runs}) == 1,
    }
    marked: dict[str, set[int]] = {}
    for column in columns_of(runs):
        ranked = (run.info.status == "finished" or column.title != _ONLY_FINISHED for run in runs)
        values = {
            row: value
            for row, (run, counts) in enumerate(zip(runs, ranked, strict=True))
            if counts and (value := column.value(run)) is not None and value == value
        }
        if column.best and len(values) > 1 and all(alike[need] for need in column.needs):
            best = (min if column.best == "lowest" else max)(values.values())
            marked[column.title] = {row for row, value in values.items() if value == best}
    return marked


def _is_one_question(runs: Sequence[ComparedRun]) -> bool:
    return all(same_question(run.info.run, runs[0].info.run) for run in runs)


def to_csv(runs: Sequence[ComparedRun]) -> str:
    """All numbers with all their digits; losses and scores as they are, accuracies from 0 to 1."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    shown = columns_of(runs)
    names = [column.title.lower().replace(" ", "_") for column in shown]
    writer.writerow(["letter", "name", "status", "dataset", "seed", *names])
    for run in runs:
        values = [column.value(run) for column in shown]
        spec = run.info.run
        # A name that a spreadsheet would take for a formula stays a name.
        name = f"'{run.name}" if run.name[:1] in "=+-@\t\r" else run.name
        written = ["" if value is None else value for value in values]
        writer.writerow([run.letter, name, run.info.status, question(spec.dataset), spec.seed, *written])
    return file.getvalue()


def _styled(runs: Sequence[ComparedRun], marked: dict[str, set[int]]) -> pd.io.formats.style.Styler:
    """Numbers, so that they sort as numbers, written with their units and marks."""
    content: dict[str, list[object]] = {"Run": [run.title for run in runs]}
    if not _is_one_question(runs):
        content["Learned from"] = [question(run.info.run.dataset) for run in runs]
    words: dict[str, list[str]] = {}
    for column in columns_of(runs):
        values = [column.value(run) for run in runs]
        content[column.title] = [float("nan") if value is None else float(value) for value in values]
        words[column.title] = [
            _DASH if value is None else (STAR if row in marked.get(column.title, ()) else "") + column.said(runs[row], value)
            for row, value in enumerate(values)
        ]
    if any(run.info.status != "finished" for run in runs):
        content["Status"] = [run.info.status for run in runs]
    styler = pd.DataFrame(content).style
    for title, cells in words.items():
        for row, cell in enumerate(cells):
            styler.format(lambda _, cell=cell: cell, subset=pd.IndexSlice[[row], [title]])
    return styler


def _remarks(runs: Sequence[ComparedRun]) -> str:
    """What one has to know to read the table rightly."""
    said = []
    if len({run.score for run in runs}) > 1:
        said.append(
            "Some of these runs tell classes, others numbers: their score is accuracy or R², and the two cannot be compared."
        )
    elif not _is_one_question(runs):
        said.append("These runs learned from different data sets, so their losses and scores are not ranked.")
    elif len({run.info.run.training.loss for run in runs}) > 1:
        said.append("These runs measure their loss in different ways, so losses are not ranked.")
    if any(run.history.finished and run.history.finished.best_epoch for run in runs):
        said.append("Where early stopping put the best weights back, the losses and scores are those of that epoch.")
    if any(run.info.status != "finished" for run in runs):
        said.append("A run that is not finished stands with its last whole epoch, and has taken no final exam.")
    said.append("Choose by validation; the test column is the final exam, and nothing there is marked.")
    return " ".join(said)
