"""Keras scripts of tables, points, yes or no and numbers: they load what the playground has, and ask what it asks."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from keras_scripts import ALLOWED, calls, finished, keywords, part, script, undefined
from repeated_runs import LOGIT, rows_run

from playground import data
from playground.catalog.losses import Huber, L1Loss, MeanSquaredError
from playground.data.points import drawn
from playground.export.keras_script import make
from playground.spec import POINT_INPUTS, PointsSpec, RunSpec
from playground.training.events import RunFinished
from playground.training.history import History

POINTS = PointsSpec(num_points=60, noise=0.2, train_share=0.7, classes=3, seed=6, inputs=POINT_INPUTS)
PAINTED = PointsSpec(painted=((-1.0, 2.0, 0), (2.0, 0.5, 1), (-3.0, 1.0, 0), (4.0, -5.5, 1)), inputs=("x2",))


def runs() -> dict[str, RunSpec]:
    return {
        "iris": rows_run("iris", 3),
        "wine": rows_run("wine", 1, one_class=2, loss=LOGIT),
        "breast-cancer": rows_run("breast-cancer", 1, loss=LOGIT, validation_share=0.0),
        "diabetes": rows_run("diabetes", 1, loss=Huber(delta=0.5)),
        "as it is": rows_run("diabetes", 1, loss=L1Loss(), normalise=False),
        "7": rows_run("mnist-5k", 1, one_class=7, loss=LOGIT),
        "spiral": rows_run("spiral", 3, points=POINTS, epochs=300),
        "sine": rows_run("sine", 1, points=POINTS, loss=MeanSquaredError(), validation_share=0.0),
        "painted": rows_run("painted", 1, points=PAINTED, loss=LOGIT),
    }


@pytest.mark.parametrize("name", runs())
def test_a_script_compiles_and_needs_keras_numpy_and_the_tables_package_only(name: str) -> None:
    text = script(runs()[name])
    modules: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(str(node.module).split(".")[0])
    is_table = name in ("iris", "wine", "breast-cancer", "diabetes", "as it is")
    assert modules <= ALLOWED | ({"sklearn"} if is_table else set())
    assert undefined(text) == set()
    assert ("pip install scikit-learn" in text) == is_table
    assert name == "7" or not any(word in text for word in ("image", "pixel"))
    assert max(map(len, text.splitlines())) <= 140


@pytest.mark.parametrize("name", ["iris", "wine", "breast-cancer", "diabetes", "spiral", "sine", "painted"])
def test_rows_are_loaded_and_cut_as_the_playground_does(name: str) -> None:
    run = runs()[name]
    text = script(run)
    space = loaded(text, run)
    (x_train, y_train), (x_test, y_test) = (space["prepare"](*rows) for rows in space["load"]())
    dataset = data.load(run.dataset)
    assert x_train.dtype == y_train.dtype == np.float32
    outputs = run.training.loss.num_outputs(dataset.num_classes)
    for found, answers, wanted, truth in (
        (x_train, y_train, dataset.x_train.numpy(), dataset.y_train.numpy()),
        (x_test, y_test, dataset.x_test.numpy(), dataset.y_test.numpy()),
    ):
        assert answers.shape == (len(truth), outputs)
        told = answers.argmax(1) if outputs > 1 else answers[:, 0]
        # A table's rows come in the order of the file; the split draws them anew anyway.
        order, expected = (np.lexsort(rows.round(2).T) for rows in (found, wanted))
        np.testing.assert_allclose(found[order], wanted[expected], rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(told[order], truth.reshape(-1)[expected], rtol=1e-3, atol=1e-4)


def loaded(text: str, run: RunSpec) -> dict[str, Any]:
    """The functions that load and prepare, without Keras."""
    kinds = {"image": "load_images", "row": "load_rows", "point": "load_points"}
    load = kinds[data.source(run.dataset).example]
    constants = [node for node in ast.parse(text).body if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)]
    space: dict[str, Any] = part(text, load, "prepare")
    if "from sklearn" in text:
        from sklearn import datasets

        space["datasets"] = datasets
    exec(compile(ast.Module(constants, []), "<script>", "exec"), space)
    space["load"] = space[load]
    return space


def test_points_are_those_of_the_playground_without_rounding_that_one_could_see() -> None:
    text, points = script(runs()["spiral"]), drawn("spiral", POINTS)
    listed = np.array(loaded(text, runs()["spiral"])["POINTS"])
    places = np.concatenate([points.train_points.numpy(), points.test_points.numpy()])
    np.testing.assert_allclose(listed[:, :2], places, rtol=1e-4, atol=1e-4)


def test_one_question_about_pictures_has_one_answer() -> None:
    space = part(script(runs()["7"]), "prepare")
    pixels, truth = space["prepare"](np.zeros((3, 28, 28), np.uint8), np.array([7, 1, 7], np.uint8))
    assert pixels.shape == (3, 28, 28, 1)
    assert truth.tolist() == [[1.0], [0.0], [1.0]]


def test_the_metric_and_the_loss_are_those_of_the_task() -> None:
    for name, loss, metric in (
        ("iris", "losses.CategoricalCrossentropy", "keras.metrics.CategoricalAccuracy"),
        ("breast-cancer", "losses.BinaryCrossentropy", "keras.metrics.BinaryAccuracy"),
        ("diabetes", "losses.Huber", "keras.metrics.R2Score"),
        ("sine", "losses.MeanSquaredError", "keras.metrics.R2Score"),
    ):
        found = calls(script(runs()[name]))
        assert loss in found and metric in found, name
    # Outputs are logits: above 0 means yes.
    assert keywords(calls(script(runs()["wine"]))["keras.metrics.BinaryAccuracy"][0])["threshold"] == "0.0"
    assert keywords(calls(script(runs()["diabetes"]))["losses.Huber"][0]) == {"delta": "0.5"}


def test_columns_and_targets_are_scaled_only_where_the_run_does_so() -> None:
    assert "layers.Normalization" in script(runs()["diabetes"]) and "target_mean" in script(runs()["diabetes"])
    assert "layers.Normalization" not in script(runs()["as it is"]) and "target_mean" not in script(runs()["as it is"])
    assert "target_mean" not in script(runs()["iris"])


@pytest.mark.parametrize(("r2", "within"), [(0.5, 0.21), (0.999, 0.05), (-2.0, 0.05)])
def test_a_regression_is_compared_by_its_r2(r2: float, within: float) -> None:
    history = History()
    history.fold([RunFinished(10, 2, 0.4, r2, False, None)])
    text = make(replace(finished(runs()["diabetes"]), history=history)).decode()
    space = part(text)
    # Two standard errors of a difference by hand, for the 88 rows of the test.
    assert within == max(0.05, round(2 * math.sqrt(2) * 2 * math.sqrt(max(0, r2)) * (1 - max(0, r2)) / math.sqrt(88), 2))
    assert f"PLAYGROUND_R2 = {r2!r}\n" in text and space["TOLERANCE"] == within
    assert "accuracy" not in text


def test_hundreds_of_epochs_are_not_all_printed() -> None:
    assert keywords(calls(script(runs()["spiral"]))["network.fit"][0])["verbose"] == "0"
    assert keywords(calls(script(runs()["iris"]))["network.fit"][0])["verbose"] == "2"
