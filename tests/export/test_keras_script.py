"""The Keras script: it compiles, needs nothing of the playground, and says what the run says. A real Keras runs it in
`python -m playground bench keras-script`; here its plain parts are taken out and compared."""

from __future__ import annotations

import ast
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras_scripts import ALLOWED, calls, finished, keywords, part, script, undefined
from repeated_runs import CLASS_LOSSES, SCORES, SMALL, exported, on_the_sample, small_run

from playground import data
from playground.catalog import AUGMENTATIONS, FAMILIES, LOSSES, SCHEDULES
from playground.catalog.activations import LogSoftmax
from playground.catalog.augmentations import Noise, Rotation, Shear
from playground.catalog.initialisations import Default, HeNormal
from playground.catalog.layers import Conv2d, Dense, Dropout, Flatten
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import SGD, Adam, AdamW
from playground.catalog.presets import PRESETS, preset
from playground.catalog.schedules import Position
from playground.errors import PlaygroundError
from playground.export.keras_script import make
from playground.spec import DatasetSpec, EarlyStopping, Regularisation
from playground.store.values import Origin
from playground.training.events import RunFinished
from playground.training.history import History


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_the_script_of_a_preset_compiles_and_imports_keras_numpy_and_the_standard_library_only(entry: Any) -> None:
    text = script(entry.run)
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert "keras" in imported
    assert imported <= ALLOWED
    assert "playground." not in text


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_every_name_that_the_script_uses_is_defined_in_it(entry: Any) -> None:
    assert undefined(script(entry.run)) == set()


@pytest.mark.parametrize("kind", [*AUGMENTATIONS, *CLASS_LOSSES])
def test_what_keras_does_not_have_is_defined_in_the_script(kind: str) -> None:
    if kind in AUGMENTATIONS:
        run = small_run(augmentation=(AUGMENTATIONS[kind](),))
    else:
        run = small_run((*SMALL[:2], Dense(units=10, activation=LogSoftmax())), loss=LOSSES[kind]())
    assert undefined(script(run)) == set()


def test_every_value_of_the_run_stands_in_the_script() -> None:
    run = small_run(
        (Conv2d(filters=7, kernel_size=3, stride=2), Flatten(), Dropout(rate=0.15), Dense(units=33, bias=False), SCORES),
        initialisation=HeNormal(),
        loss=CrossEntropy(label_smoothing=0.07),
        optimizer=SGD(learning_rate=0.031, momentum=0.83, nesterov=True),
        epochs=6,
        batch_size=48,
        share=0.2,
        size=750,
        seed=1234,
        augmentation=(Noise(strength=0.06), Rotation(degrees=9)),
        regularisation=Regularisation(l1=0.0004, l2=0.003, early_stopping=EarlyStopping(patience=4)),
    )
    text = script(run)
    space = part(text)
    expected = {"EPOCHS": 6, "BATCH_SIZE": 48, "LEARNING_RATE": 0.031, "L1": 0.0004, "L2": 0.003, "SEED": 1234}
    expected |= {"VALIDATION_SHARE": 0.2, "PLAYGROUND_ACCURACY": 0.9723, "PLAYGROUND_LOSS": 0.0912}
    assert {name: space[name] for name in expected} == expected
    found = calls(text)
    assert ast.unparse(found["layers.Conv2D"][0]) == "layers.Conv2D(7, 3, strides=2)"
    assert ast.unparse(found["layers.ZeroPadding2D"][0]) == "layers.ZeroPadding2D(1)"
    assert [ast.unparse(call) for call in found["layers.Dense"]] == ["layers.Dense(33, use_bias=False)", "layers.Dense(10)"]
    assert ast.unparse(found["layers.Dropout"][0]) == "layers.Dropout(0.15)"
    assert keywords(found["losses.CategoricalCrossentropy"][0])["label_smoothing"] == "0.07"
    assert keywords(found["Penalised"][0]) == {"learning_rate": "LEARNING_RATE", "momentum": "0.83", "nesterov": "True"}
    assert ast.unparse(found["callbacks.EarlyStopping"][0]) == (
        "callbacks.EarlyStopping('val_loss', patience=4, restore_best_weights=True)"
    )
    assert "initializers.HeNormal" in found
    assert "num_validation + 750" in text
    # What moves pixels comes before what changes them, as in the playground.
    assert text.index("layers.RandomRotation(9.0 / 360") < text.index("Noise(0.06)") < text.index("layers.Rescaling")


@pytest.mark.parametrize("kind", [kind for kind in SCHEDULES if not SCHEDULES[kind].watches_losses and kind != "constant"])
def test_the_learning_rate_follows_the_schedule(kind: str) -> None:
    for schedule in (SCHEDULES[kind](), SCHEDULES[kind](epochs=2.5, then="cosine") if kind == "warm_up" else SCHEDULES[kind]()):
        factor = part(script(small_run(schedule=schedule, epochs=8)), "rate_factor")["rate_factor"]
        for epoch in np.linspace(0, 7.99, 57):
            assert factor(epoch, 8) == pytest.approx(schedule.factor(Position(float(epoch), 8)), abs=1e-12)


@pytest.mark.parametrize(("share", "watched"), [(0.1, "val_loss"), (0.0, "loss")])
def test_what_watches_losses_watches_the_validation_loss_if_there_is_one(share: float, watched: str) -> None:
    run = small_run(
        schedule=SCHEDULES["reduce_on_plateau"](), share=share, regularisation=Regularisation(early_stopping=EarlyStopping())
    )
    found = calls(script(run))
    assert [ast.literal_eval(found[f"callbacks.{name}"][0].args[0]) for name in ("ReduceLROnPlateau", "EarlyStopping")] == [
        watched,
        watched,
    ]
    assert ("validation_data" in keywords(found["network.fit"][0])) == bool(share)


def test_weight_decay_is_decoupled_for_adamw_and_part_of_the_gradient_for_the_others() -> None:
    adam, adamw = (script(small_run(optimizer=entry(weight_decay=0.02))) for entry in (Adam, AdamW))
    assert "weight_decay" not in keywords(calls(adam)["Penalised"][0])
    assert part(adam)["WEIGHT_DECAY"] == 0.02
    assert keywords(calls(adamw)["optimizers.AdamW"][0])["weight_decay"] == "0.02"
    # Keras' own default is not 0.
    assert keywords(calls(script(small_run(optimizer=AdamW(weight_decay=0.0))))["optimizers.AdamW"][0])["weight_decay"] == "0.0"


def test_the_sample_is_read_and_cut_as_the_playground_does() -> None:
    space = part(script(small_run()), "load_images", "prepare")
    sys_argv, sys.argv = sys.argv, ["script.py"]
    try:
        (x_train, y_train), (x_test, y_test) = space["load_images"]()
    finally:
        sys.argv = sys_argv
    digits = data.load("mnist-5k")
    for found, expected in ((x_train, digits.x_train[:, 0]), (x_test, digits.x_test[:, 0])):
        assert np.array_equal(found, expected.numpy())
    for found, expected in ((y_train, digits.y_train), (y_test, digits.y_test)):
        assert np.array_equal(found, expected.numpy())
    pixels, truth = space["prepare"](x_test[:3], y_test[:3])
    assert pixels.shape == (3, 28, 28, 1)
    assert pixels.dtype == truth.dtype == np.float32
    assert pixels.max() <= 1
    assert truth.argmax(1).tolist() == y_test[:3].tolist()


@pytest.mark.parametrize("packed", [False, True])
def test_files_as_torchvision_keeps_them_are_read_with_plain_numpy(tmp_path: Path, packed: bool) -> None:
    import gzip
    import struct

    raw = tmp_path / "EMNIST" / "raw"
    raw.mkdir(parents=True)
    images = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28)
    for split in ("train", "test"):
        for kind, values in (("images-idx3", images), ("labels-idx1", np.array([1, 26], np.uint8))):
            content = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()
            name = f"emnist-letters-{split}-{kind}-ubyte"
            (raw / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    text = script(small_run((*SMALL[:2], Dense(units=26))).model_copy(update={"dataset": DatasetSpec(name="emnist-letters")}))
    space = part(text, "load_images", "read_idx")
    sys_argv, sys.argv = sys.argv, ["script.py", str(tmp_path)]
    try:
        (x_train, y_train), (x_test, y_test) = space["load_images"]()
    finally:
        sys.argv = sys_argv
    # Letters lie on their side in these files, and A is 1.
    assert np.array_equal(x_train, images.transpose(0, 2, 1))
    assert np.array_equal(x_test, x_train)
    assert y_train.tolist() == y_test.tolist() == [0, 25]


def test_mnist_without_a_folder_is_keras_own() -> None:
    text = script(preset("first-network").run)
    assert "keras.datasets.mnist.load_data()" in text
    assert '"MNIST"' in text


def test_biases_start_as_pytorch_draws_them_with_its_default_only() -> None:
    assert "layer.bias.assign" in script(small_run(initialisation=Default()))
    assert "layer.bias.assign" not in script(small_run(initialisation=HeNormal()))


def test_a_run_that_was_stopped_has_nothing_to_compare_with() -> None:
    stopped = exported(small_run(), until=2)
    text = make(stopped).decode()
    assert "PASS" not in text
    assert "nothing to compare with" in text
    compile(text, "<script>", "exec")


def test_a_name_cannot_end_the_docstring() -> None:
    name = 'A """ + __import__("os").system("x") + """ run \\ \n\x00 \N{PARTY POPPER}'
    tree = ast.parse(script(small_run(), name=name))
    assert (ast.get_docstring(tree) or "").startswith("A")
    assert "__import__" not in {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_changes_and_a_parent_are_told() -> None:
    assert "went on from another one's weights" in script(small_run(), origin=Origin(parent="r0", parent_step=10))


def test_folds_become_their_share() -> None:
    run = small_run().model_copy(update={"dataset": DatasetSpec(name="mnist-5k", folds=5, fold=2)})
    assert "VALIDATION_SHARE = 1 / 5" in script(run)


@pytest.mark.parametrize(
    ("name", "size", "accuracy", "points"),
    [
        ("mnist", None, 0.9785, 0.5),
        ("fashion-mnist", None, 0.87, 0.5),
        # Two standard errors by hand: 200 * sqrt(2 * 0.9 * 0.1 / 1000) and / 500.
        ("mnist-5k", None, 0.9, 2.7),
        ("mnist", 500, 0.9, 3.8),
        ("mnist-5k", None, 1.0, 0.5),
    ],
)
def test_few_images_leave_more_to_chance(name: str, size: int | None, accuracy: float, points: float) -> None:
    run = preset("first-network").run
    run = run.model_copy(update={"dataset": DatasetSpec(name=name, training_size=size)})
    history = History()
    history.fold([RunFinished(10, 1, 0.1, accuracy, False, None)])
    text = make(replace(finished(run), history=history)).decode()
    assert part(text)["TOLERANCE"] == points
    assert f"within {points:g} points" in text


def test_the_file_says_how_it_is_called() -> None:
    text = make(replace(finished(on_the_sample(preset("fast-cnn").run)), name="My Network!")).decode()
    assert "python my-network-keras.py" in text


def test_every_entry_of_the_catalogue_has_keras_source() -> None:
    for family, table in FAMILIES.items():
        if family != "layer":
            assert all(entry().keras_source() for entry in table.values()), family


def test_the_sheared_image_is_looked_up_about_its_middle() -> None:
    """The matrix of the script's Shear layer, by hand, against the playground's."""
    slant, height = math.tan(0.3), 28
    x, y = 5.0, 20.0
    # From the script: source x = x + slant * y - slant * (height - 1) / 2.
    by_script = x + slant * y - slant * (height - 1) / 2
    # The playground's matrix acts on coordinates in [-1, 1] of pixel middles.
    to_unit = lambda place: (2 * place + 1) / height - 1  # noqa: E731
    by_playground = ((to_unit(x) + slant * to_unit(y)) + 1) * height / 2 - 0.5
    assert by_script == pytest.approx(by_playground)
    assert "-slant * (height - 1) / 2" in script(small_run(augmentation=(Shear(),)))


def test_a_data_set_that_no_script_reads_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from playground.data.registry import SOURCES

    large = replace(SOURCES[0], image_size=(32, 32))
    monkeypatch.setattr("playground.export.keras_script.source", lambda spec: large)
    with pytest.raises(PlaygroundError, match="no Keras script"):
        script(small_run())
