"""Networks of tables, points, yes or no and numbers, taken home: ONNX, weights and reports say what they should."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
import pytest
import torch
from repeated_runs import LOGIT, exported, rows_run
from report_page import Page
from sklearn.metrics import mean_absolute_error, r2_score
from torch import nn

from playground import data
from playground.catalog.losses import Huber, MeanSquaredError
from playground.data.splits import split
from playground.errors import PlaygroundError
from playground.export import onnx as onnx_export
from playground.export import report, weights
from playground.export.report_tables import settings_table
from playground.export.value import ExportedRun
from playground.spec import PointsSpec
from playground.training.saved import SavedNetwork

POINTS = PointsSpec(num_points=80, noise=0.1, inputs=("x1", "x2_squared", "sin_x2"))


@lru_cache
def made() -> dict[str, ExportedRun]:
    runs = {
        "table": rows_run("wine", 3, epochs=10),
        "question": rows_run("wine", 1, one_class=1, loss=LOGIT, epochs=10),
        "picture question": rows_run("mnist-5k", 1, one_class=7, loss=LOGIT, training_size=100),
        "number": rows_run("diabetes", 1, loss=Huber(), epochs=12),
        "plain number": rows_run("sine", 1, loss=MeanSquaredError(), points=POINTS, normalise=False, epochs=20),
        "points": rows_run("spiral", 2, points=POINTS, epochs=20),
    }
    return {name: exported(run, name=name.title()) for name, run in runs.items()}


def answers(run: ExportedRun) -> np.ndarray:
    """What plain torch says of the test rows: columns scaled by hand, over the rows of the training split alone."""
    dataset, spec = data.load(run.run.dataset), run.run.dataset
    train = split(dataset, spec.training_size, spec.validation_share, run.run.seed).train.numpy()
    x, x_test = dataset.x_train.numpy(), dataset.x_test.numpy()
    if dataset.is_images:
        x, x_test = x / 255, x_test / 255
    mean, spread = (x[train].mean(), x[train].std()) if dataset.is_images else (x[train].mean(0), x[train].std(0))
    inputs = (x_test - mean) / spread if spec.normalise else x_test
    tensors = list(run.weights.values())
    network = nn.Sequential(nn.Flatten(), *(nn.Linear(w.shape[1], w.shape[0]) for w in tensors[::2]))
    network.load_state_dict(dict(zip(network.state_dict(), tensors, strict=True)))
    network.insert(2, nn.Tanh())
    with torch.no_grad():
        outputs = network(torch.from_numpy(inputs).float()).numpy()
    if dataset.task != "regression":
        logits = outputs if outputs.shape[1] > 1 else np.concatenate([np.zeros_like(outputs), outputs], axis=1)
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return odds / odds.sum(1, keepdims=True)
    y = dataset.y_train.numpy()[train]
    return outputs * y.std() + y.mean() if spec.normalise else outputs


@pytest.mark.parametrize("name", ["table", "question", "picture question", "number", "plain number", "points"])
def test_an_onnx_file_takes_plain_rows_and_answers_in_their_own_unit(name: str) -> None:
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    run = made()[name]
    content, dataset = onnx_export.make(run), data.load(run.run.dataset)
    model, session = onnx.load_from_string(content), runtime.InferenceSession(content)
    assert session.get_inputs()[0].shape[1:] == list(dataset.input_shape)
    examples = dataset.x_test.numpy() / np.float32(255) if dataset.is_images else dataset.x_test.numpy()
    is_number = dataset.task == "regression"
    wanted = answers(run)
    unit = wanted.std() if is_number else 1
    for count in (1, len(examples)):
        (found,) = session.run(["value" if is_number else "probabilities"], {session.get_inputs()[0].name: examples[:count]})
        np.testing.assert_allclose(found / unit, wanted[:count] / unit, atol=1e-5, rtol=0)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    if is_number:
        assert facts["target_name"] == dataset.target_name and "class_names" not in facts
        assert run.history.finished and float(facts["test_r2"]) == run.history.finished.test_accuracy
        assert r2_score(dataset.y_test, wanted) == pytest.approx(float(facts["test_r2"]), abs=1e-4)
    else:
        assert json.loads(facts["class_names"]) == list(dataset.class_names)
    if not dataset.is_images:
        assert json.loads(facts["feature_names"]) == list(dataset.feature_names)
        assert "pixel" not in model.doc_string and "columns" in model.doc_string


@pytest.mark.parametrize("name", ["table", "number", "plain number", "picture question"])
def test_saved_weights_bring_the_scale_of_every_column_and_of_the_target(name: str) -> None:
    run = made()[name]
    back, dataset, spec = weights.read_network(weights.make(run)), data.load(run.run.dataset), run.run.dataset
    train = split(dataset, spec.training_size, spec.validation_share, run.run.seed).train
    rows = dataset.x_train[train].double()
    assert back.run == run.run
    if dataset.is_images:
        wanted = (float(rows.mean()) / 255, float(rows.std(correction=0)) / 255)
        assert (back.mean, back.spread) == back.pixel_scale == pytest.approx(wanted)
    elif spec.normalise:
        assert isinstance(back.mean, tuple) and isinstance(back.spread, tuple) and back.pixel_scale == (0.0, 1.0)
        assert back.mean == pytest.approx(rows.mean(0).tolist(), rel=1e-6)
        assert back.spread == pytest.approx(rows.std(0, correction=0).tolist(), rel=1e-6)
    else:
        assert (back.mean, back.spread, back.target_mean, back.target_spread) == (0.0, 1.0, 0.0, 1.0)
    targets = dataset.y_train[train].double()
    scaled = dataset.task == "regression" and spec.normalise
    wanted = (float(targets.mean()), float(targets.std(correction=0))) if scaled else (0.0, 1.0)
    assert (back.target_mean, back.target_spread) == pytest.approx(wanted, rel=1e-6)


def test_a_score_below_zero_is_kept_and_a_scale_of_other_columns_is_refused() -> None:
    good = weights.read_network(weights.make(made()["number"]))
    fields = {name: getattr(good, name) for name in SavedNetwork.__dataclass_fields__}
    assert SavedNetwork.from_bytes(SavedNetwork(**fields | {"test_accuracy": -3.5}).to_bytes()).test_accuracy == -3.5
    for wrong, words in (
        ({"mean": (0.0, 1.0)}, "2 numbers for 10 columns"),
        ({"spread": (0.0,) * 10}, "out of range"),
        ({"target_spread": 0.0}, "out of range"),
        ({"target_mean": float("nan")}, "out of range"),
        ({"test_accuracy": 1.5}, "out of range"),
    ):
        with pytest.raises(PlaygroundError, match=words):
            SavedNetwork.from_bytes(SavedNetwork(**fields | wrong).to_bytes())


def test_a_report_of_numbers_says_how_far_off_they_are() -> None:
    run = made()["number"]
    page, dataset, said = Page(report.make(run)), data.load(run.run.dataset), answers(run)
    measures = {row[0]: row[1] for row in page.tables["measures settings"]}
    assert float(measures["MAE"]) == pytest.approx(mean_absolute_error(dataset.y_test, said), rel=1e-3)
    assert float(measures["R²"]) == pytest.approx(r2_score(dataset.y_test, said), abs=1e-3)
    worst = np.argsort(-np.abs(said - dataset.y_test.numpy())[:, 0])[:12]
    assert [int(row[0]) for row in page.tables["examples"][1:]] == worst.tolist()
    assert "Test R²" in page.text and "accuracy" not in page.text.lower() and "onfusion" not in page.text
    assert "Training R²" in page.tables["epochs"][0]


@pytest.mark.parametrize("name", ["table", "question", "number", "plain number", "points"])
def test_a_report_without_pictures_speaks_of_none(name: str) -> None:
    page = Page(report.make(made()[name]))
    assert "img" not in {tag for tag, _ in page.tags}
    assert "image" not in page.text.lower() and "pixel" not in page.text.lower()


def test_a_report_lists_the_surest_mistakes_with_what_the_network_saw() -> None:
    run = made()["points"]
    page, dataset, said = Page(report.make(run)), data.load(run.run.dataset), answers(run)
    wrong = np.flatnonzero(said.argmax(1) != dataset.y_test.numpy())
    surest = wrong[np.argsort(-said.max(1)[wrong])]
    head, *rows = page.tables["examples"]
    assert head == ["Point", "True", "Said", "How sure", "x₁", "x₂²", "sin x₂"]
    assert [int(row[0]) for row in rows] == surest[:12].tolist()
    assert float(rows[0][4]) == pytest.approx(float(dataset.x_test[surest[0], 0]), rel=1e-3)
    assert "Points" in page.tables["classes"][0] and f"{len(wrong)} of 40 test points are told wrong" in page.text


def settings(run: ExportedRun) -> dict[str, str]:
    rows = Page(f"<main>{settings_table(run.run)}</main>".encode()).tables["settings"]
    return {row[0]: row[1] for row in rows if len(row) == 3}


def test_the_settings_of_points_and_of_one_class_are_told_in_words() -> None:
    rows = settings(made()["points"])
    assert (rows["Inputs"], rows["Noise"], rows["Data set"]) == ("x₁, x₂², sin x₂", "0.1", "Spiral")
    assert "One class" not in rows and "Training points" in rows and "Painted points" not in rows
    rows = settings(made()["question"])
    assert rows["One class"] == "vine 2" and "Inputs" not in rows
