"""The report: one file that needs nothing else, holds the run's own numbers, and runs nothing that somebody typed."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from repeated_runs import SCORES, SMALL, exported, small_run
from report_page import Page
from sklearn.metrics import confusion_matrix
from torch import nn

from playground import data
from playground.catalog import AUGMENTATIONS, OPTIMIZERS
from playground.catalog.layers import Dense
from playground.catalog.presets import PRESETS
from playground.data import SOURCES
from playground.export.report import duration, make
from playground.export.report_axes import ticks
from playground.export.report_curves import curves_svg
from playground.export.report_tables import mixed, settings_table, spec_text
from playground.export.value import ExportedRun
from playground.spec import DatasetSpec, EarlyStopping, Regularisation, RunSpec
from playground.training.changes import Changes
from playground.training.events import RunFailed
from playground.training.history import History


@pytest.fixture(scope="module")
def run() -> ExportedRun:
    return exported(
        small_run(size=400, share=0.1),
        name="Anna's <b>network</b> & co",
        note="First line\n<script>alert('note')</script>",
    )


@pytest.fixture(scope="module")
def page(run: ExportedRun) -> Page:
    return Page(make(run))


def test_nothing_is_fetched_and_nothing_runs(page: Page) -> None:
    assert not {"script", "link", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href"):
                assert (value or "").startswith("data:image/png;base64,")
    style = make(exported(small_run(), until=1)).decode().partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style


def test_what_somebody_typed_is_shown_and_not_run(run: ExportedRun, page: Page) -> None:
    content = make(run).decode()
    assert "<script" not in content
    assert "<b>network" not in content
    assert "Anna's <b>network</b> & co" in page.text
    assert "<script>alert('note')</script>" in page.text


def test_the_figures_are_the_run_s(run: ExportedRun, page: Page) -> None:
    finished, last = run.history.finished, run.history.epochs[-1]
    assert finished and last.validation_accuracy is not None
    for words in (
        f"Test accuracy{100 * finished.test_accuracy:.2f} %",
        f"Test loss{finished.test_loss:.4f}",
        f"Validation accuracy{100 * last.validation_accuracy:.2f} %",
        f"Training accuracy{100 * last.train_accuracy:.2f} %",
        f"Parameters{784 * 12 + 12 + 12 * 10 + 10:,}",
        "Epochs2 of 2",
    ):
        assert words in page.text
    rows = page.tables["epochs"][1:]
    assert [row[:2] for row in rows] == [[str(epoch.epoch), f"{epoch.train_loss:.4f}"] for epoch in run.history.epochs]


def test_the_confusion_matrix_is_that_of_scikit_learn(run: ExportedRun, page: Page) -> None:
    digits = data.load("mnist-5k")
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10))
    network.load_state_dict(dict(zip(network.state_dict(), run.weights.values(), strict=True)))
    train = digits.x_train.float() / 255
    with torch.no_grad():
        # The mean and spread of all training images are close enough to those of the 400 to decide nearly every image.
        predicted = network((digits.x_test.float() / 255 - train.mean()) / train.std()).argmax(1)
    wanted = confusion_matrix(digits.y_test, predicted)
    found = np.array([[int(cell or 0) for cell in row[1:]] for row in page.tables["confusion"][1:]])
    assert found.sum() == 1000
    assert np.abs(found - wanted).sum() <= 20
    assert run.history.finished
    assert np.trace(found) / 1000 == pytest.approx(run.history.finished.test_accuracy, abs=0.0015)
    classes = page.tables["classes"][1:]
    assert [row[2] for row in classes] == [f"{100 * found[i, i] / found[i].sum():.1f} %" for i in range(10)]


def test_the_layers_table_adds_up(page: Page) -> None:
    rows = page.tables["layers"]
    assert [row[1] for row in rows[1:]] == ["Image", "Flatten", "Dense 12", "Dense 10", "All"]
    assert [row[3] for row in rows[1:-1]] == ["1×28×28", "784", "12", "10"]
    assert [int(row[-2].replace(",", "")) for row in rows[1:]] == [0, 0, 9420, 130, 9550]


def test_the_settings_at_the_end_of_the_page_come_back_as_the_run(run: ExportedRun) -> None:
    text = make(run).decode().partition("<pre>")[2].partition("</pre>")[0]
    assert RunSpec.from_json(html.unescape(text)) == run.run


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_the_short_json_of_a_preset_is_the_preset(entry: Any) -> None:
    text = spec_text(entry.run)
    assert RunSpec.from_json(text) == entry.run
    assert max(map(len, text.splitlines())) <= 140


def test_every_setting_has_its_title_and_value() -> None:
    run = small_run(
        optimizer=OPTIMIZERS["sgd"](learning_rate=0.0321, momentum=0.77),
        regularisation=Regularisation(l2=0.0045, early_stopping=EarlyStopping(patience=7)),
        augmentation=(AUGMENTATIONS["rotation"](degrees=11), AUGMENTATIONS["noise"](strength=0.07)),
        batch_size=1024,
        seed=20_000,
    )
    table = Page(f"<main>{settings_table(run)}</main>".encode()).tables["settings"]
    rows = {row[0]: row[1] for row in table if len(row) == 3}
    assert rows["Data set"] == "MNIST, 5,000-image sample"
    assert rows["Batch size"] == "1,024"
    assert rows["Seed"] == "20000"
    assert rows["L2"] == "0.0045"
    assert rows["Early stopping"] == "Patience: 7"
    assert "SGD (Learning rate: 0.0321" in rows["Optimizer"] and "Momentum: 0.77" in rows["Optimizer"]
    assert "Rotation" in rows["Augmentation"] and "11" in rows["Augmentation"] and "0.07" in rows["Augmentation"]
    titles = {field.title for model in (DatasetSpec, Regularisation) for field in model.model_fields.values() if field.title}
    in_words = {title.replace("examples", "images") for title in titles}  # of what these data are
    assert in_words - {"Folds", "Fold", "One class", "Points"} <= set(rows)


def test_the_curves_end_where_the_run_ended(run: ExportedRun) -> None:
    drawn = curves_svg(run.history)
    ends = [float(match) for match in re.findall(r'<circle cx="([\d.]+)"', drawn)]
    # Two epochs. The second ends the run, 2 % before the axis' end, so that its marker is whole; the first is half way there.
    assert ends[-2:] == [round(48 + 150 / 1.02, 1), round(48 + 300 / 1.02, 1)]
    assert "validation, each epoch" in drawn
    Page(f"<main>{drawn}</main>".encode())


def test_losses_that_are_no_numbers_break_the_line_and_not_the_report() -> None:
    history = History()
    history.batch_steps, history.batch_epochs = [1, 2, 3, 4], [0.25, 0.5, 0.75, 1.0]
    history.batch_loss, history.batch_accuracy = [2.0, float("nan"), float("inf"), 1.0], [0.1, 0.2, 0.3, 0.4]
    drawn = curves_svg(history)
    assert "nan" not in drawn and "inf" not in drawn


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 5, [0, 1, 2, 3, 4, 5]),
        (10, 100, [20, 40, 60, 80, 100]),
        (0, 0.03, [0, 0.01, 0.02, 0.03]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_a_run_without_weights_still_has_its_settings() -> None:
    run = exported(small_run(), until=1)
    empty = replace(run, weights={}, history=History())
    page = Page(make(empty))
    assert "there are no curves" in page.text
    assert "it has no weights" in page.text
    assert "Batch size" in page.text


def test_a_stopped_run_says_so_and_is_examined() -> None:
    page = Page(make(exported(small_run(), until=3)))
    assert "stopped before its end" in page.text
    assert "of 1,000 test images are read wrong" in page.text


def test_a_data_set_that_is_not_here_is_told_in_its_place(
    run: ExportedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    elsewhere = run.run.model_copy(update={"dataset": DatasetSpec(name="fashion-mnist")})
    page = Page(make(replace(run, run=elsewhere)))
    assert "Fashion-MNIST is not on this computer" in page.text
    assert "Test accuracy" in page.text


def test_what_happened_on_the_way_is_told() -> None:
    run = exported(small_run(), changes={2: Changes(optimizer={"learning_rate": 0.5})})
    assert "somebody changed" in Page(make(run)).text
    failed = exported(small_run(), until=2)
    failed.history.fold([RunFailed(2, "The loss became infinite.", "", "Take a smaller <learning rate>.")])
    assert "The loss became infinite. Take a smaller <learning rate>." in Page(make(failed)).text


@pytest.mark.parametrize("name", [source.name for source in SOURCES])
def test_every_data_set_has_a_report(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path))
    classes = next(source.num_classes for source in SOURCES if source.name == name)
    run = small_run((*SMALL[:2], Dense(units=max(1, classes)))).model_copy(update={"dataset": DatasetSpec(name=name)})
    empty = replace(exported(small_run(), until=1), run=run, weights={}, history=History())
    Page(make(empty))


def test_the_colours_of_mistakes_run_from_pale_to_dark() -> None:
    assert (mixed(0), mixed(1)) == ("#fde9da", "#7a3300")


def test_durations_are_short() -> None:
    assert [duration(seconds) for seconds in (8.26, 125, 4320)] == ["8.3 s", "2 min 5 s", "1 h 12 min"]


def test_json_values_are_the_spec_s_own() -> None:
    run = small_run((*SMALL[:2], SCORES))
    assert json.loads(spec_text(run)) == json.loads(run.to_json())
