"""The exported script trains the run again, elsewhere, and comes to the same figures to the bit."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from repeated_runs import CLASS_LOSSES, SCORES, exported, on_the_sample, run_alone, run_together, script, small_run

from playground.catalog import (
    ACTIVATIONS,
    AUGMENTATIONS,
    FAMILIES,
    INITIALISATIONS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
)
from playground.catalog.activations import Identity, LogSoftmax
from playground.catalog.augmentations import Noise, Rotation, Zoom
from playground.catalog.layers import (
    ActivationLayer,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    LayerNorm,
    MaxPool,
)
from playground.catalog.optimizers import SGD, RMSprop
from playground.catalog.presets import PRESETS, Preset
from playground.catalog.schedules import Cosine, OneCycle, WarmUp
from playground.errors import PlaygroundError
from playground.spec import EarlyStopping, Regularisation, RunSpec
from playground.training.changes import Changes

ALLOWED = {"torch", "torchvision"}


def imported(text: str) -> set[str]:
    """The packages that a program imports, however deep in it."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.slug for preset in PRESETS])
def test_the_script_of_a_preset_reprints_its_figures(preset: Preset, tmp_path: Path) -> None:
    run = on_the_sample(preset.run, epochs=1)
    text = script(exported(run, name=preset.title))
    assert imported(text) - set(sys.stdlib_module_names) <= ALLOWED
    ended = run_alone(text, tmp_path)
    assert ended.passed, ended.text


def mixtures() -> dict[str, RunSpec]:
    """Runs in which every entry of every family stands at least once, each family in its own order."""
    families = [CLASS_LOSSES, OPTIMIZERS, SCHEDULES, INITIALISATIONS, AUGMENTATIONS, ACTIVATIONS]
    found = {}
    for number, kinds in enumerate(zip_longest(*families)):
        loss, optimizer, schedule, initialisation, augmentation, activation = (
            family[kind or list(family)[number % len(family)]]() for family, kind in zip(families, kinds, strict=True)
        )
        last = (
            ActivationLayer(function=LogSoftmax())
            if loss.expects == "log-probabilities"
            else ActivationLayer(function=Identity())
        )
        layers = (*_body(number, activation), SCORES, last)
        settings: dict[str, Any] = {"loss": loss, "optimizer": optimizer, "schedule": schedule, "initialisation": initialisation}
        if number % 2 or number < len(AUGMENTATIONS):
            settings["augmentation"] = (augmentation,)
        found[" ".join(kind or "-" for kind in kinds)] = small_run(layers, share=0.03 * (number % 3), **settings)
    return found


def _body(number: int, activation: Any) -> tuple[Any, ...]:
    """Layers that lead from images to a list of numbers; every kind of layer in one of three bodies."""
    bodies: list[tuple[Any, ...]] = [
        (Conv2d(filters=3, activation=activation), MaxPool(pool_size=4, stride=4), BatchNorm(), Flatten(), Dropout(rate=0.2)),
        (
            LAYERS["avg_pool"](),
            Conv2d(filters=6, stride=2, bias=False),
            LayerNorm(),
            ActivationLayer(function=activation),
            GlobalAvgPool(),
        ),
        (Flatten(), Dense(units=16, activation=activation, bias=False), BatchNorm(), Dropout()),
    ]
    return bodies[number % 3]


def special_runs() -> dict[str, RunSpec]:
    """What no mixture holds."""
    normalised = (Flatten(), Dense(units=8, activation=Identity()), BatchNorm(), SCORES)
    both = Regularisation(l1=0.001, l2=0.01)
    stopping = Regularisation(early_stopping=EarlyStopping(patience=1))
    return {
        "a last batch of one image": small_run(normalised, size=129, batch_size=32),
        "pixels as they are": small_run(normalise=False),
        "changed pixels as they are": small_run(normalise=False, augmentation=(Noise(), Rotation(), Zoom())),
        "both penalties": small_run(regularisation=both, optimizer=SGD(momentum=0.9, nesterov=True)),
        "one penalty": small_run((Flatten(), SCORES), regularisation=Regularisation(l1=0.01), share=0.0),
        "early stopping": small_run(regularisation=stopping, epochs=12, optimizer=SGD(learning_rate=1.5)),
        "early stopping without validation": small_run(
            regularisation=stopping, share=0.0, epochs=8, optimizer=SGD(learning_rate=3.0)
        ),
        "all images": small_run((Flatten(), SCORES), size=None, epochs=1),
        "a warm-up that falls": small_run(schedule=WarmUp(epochs=0.5, then="cosine")),
        "label smoothing": small_run(loss=LOSSES["cross_entropy_one_hot"](label_smoothing=0.1)),
        "a fold": small_run(folds=3, fold=1),
        "a fold of all images": small_run((Flatten(), SCORES), folds=7, fold=6, size=None, seed=8, epochs=1),
        "a batch larger than all": small_run(size=40, batch_size=64),
    }


def test_every_entry_of_the_catalogue_gives_the_same_figures_in_a_script(tmp_path: Path) -> None:
    runs = mixtures()
    seen = " ".join(runs) + " ".join(layer.kind for run in runs.values() for layer in run.network.layers)  # type: ignore[attr-defined]
    others = LOSSES.keys() - CLASS_LOSSES.keys()  # for yes or no, and for numbers: see test_script_rows.py
    assert all(kind in seen for table in FAMILIES.values() for kind in table if kind not in others)
    texts = {name: script(exported(run)) for name, run in runs.items()}
    for name, ended in run_together(texts, tmp_path).items():
        assert ended.passed, f"{name}: {ended.text}"


def test_special_settings_give_the_same_figures_in_a_script(tmp_path: Path) -> None:
    runs = {name: exported(run) for name, run in special_runs().items()}
    assert runs["early stopping"].history.finished.stopped_early  # type: ignore[union-attr]
    for name, ended in run_together({name: script(run) for name, run in runs.items()}, tmp_path).items():
        assert ended.passed, f"{name}: {ended.text}"


def test_settings_changed_on_the_way_change_in_the_script_too(tmp_path: Path) -> None:
    momentum = Changes(optimizer={"momentum": 0.5, "learning_rate": 0.003})
    normalised = (Flatten(), Dense(units=8, activation=Identity()), BatchNorm(), SCORES)
    runs = {
        "learning rate": exported(small_run(optimizer=SGD()), changes={3: Changes(optimizer={"learning_rate": 0.01})}),
        "rate under a schedule": exported(small_run(schedule=Cosine()), changes={4: Changes(optimizer={"learning_rate": 0.02})}),
        "a momentum that begins": exported(small_run(optimizer=RMSprop()), changes={2: momentum}),
        "batch size": exported(small_run(size=150), changes={2: Changes(batch_size=16), 7: Changes(batch_size=49)}),
        "batch size with a single image left": exported(small_run(normalised, size=129), changes={2: Changes(batch_size=16)}),
        "augmentation": exported(
            small_run(),
            changes={2: Changes(augmentation=(Zoom(),)), 4: Changes(augmentation=()), 6: Changes(augmentation=(Noise(),))},
        ),
        "augmentation that ends": exported(small_run(augmentation=(Zoom(),)), changes={4: Changes(augmentation=())}),
        "at the very start": exported(small_run(), changes={1: momentum, 5: Changes(batch_size=20)}),
    }
    for name, ended in run_together({name: script(run) for name, run in runs.items()}, tmp_path).items():
        assert ended.passed, f"{name}: {ended.text}"


def test_a_stopped_run_is_repeated_up_to_its_last_finished_epoch(tmp_path: Path) -> None:
    text = script(exported(small_run(epochs=9, schedule=OneCycle()), until=13))
    ended = run_alone(text, tmp_path)
    assert ended.passed, ended.text
    assert "epoch 2:" in ended.text and "epoch 3:" not in ended.text


def test_a_script_with_one_thing_changed_fails_and_names_the_figures(tmp_path: Path) -> None:
    text = script(exported(small_run(epochs=1)))
    changes = {"lr=0.001": "lr=0.0010001", "seed = 5": "seed = 6", "batch_size = 32": "batch_size = 33", "nn.ReLU()": "nn.GELU()"}
    assert all(right in text for right in changes)
    texts = {wrong: text.replace(right, wrong) for right, wrong in changes.items()}
    for wrong, ended in run_together(texts, tmp_path).items():
        assert ended.code == 1, wrong
        assert "FAIL" in ended.text and "PASS" not in ended.text
        assert "epoch 1, loss: " in ended.text and " there: " in ended.text


def test_a_script_holds_nothing_that_its_run_does_not_need() -> None:
    text = script(exported(small_run(share=0.0, normalise=False, epochs=1)))
    for word in (
        "augment",
        "learning_rate",
        "validation",
        "dropout",
        "best",
        "losses",
        "spread",
        "channels",
        "weights =",
        "step =",
    ):
        code = "\n".join(line.partition("#")[0] for line in text.splitlines())
        assert word not in code, word


def test_scripts_are_clean_python_of_readable_width(tmp_path: Path) -> None:
    runs = {**mixtures(), **special_runs(), **{preset.slug: on_the_sample(preset.run, epochs=1) for preset in PRESETS[:1]}}
    for number, run in enumerate(runs.values()):
        text = script(exported(run))
        assert max(map(len, text.splitlines())) <= 124
        (tmp_path / f"script_{number}.py").write_text(text)
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    rules = ["--isolated", "--no-cache", "--select", "E4,E7,E9,F", "--ignore", "E402"]
    done = subprocess.run([ruff, "check", *rules, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_run_on_a_graphics_chip_is_compared_within_a_tolerance_and_says_so(tmp_path: Path) -> None:
    made = exported(small_run(epochs=1))
    assert made.history.started
    made.history.started = replace(made.history.started, device="cuda")
    text = script(made)
    assert "graphics chip" in text
    texts = {"same": text, "slightly": text.replace("lr=0.001", "lr=0.0010001"), "far": text.replace("lr=0.001", "lr=1.0")}
    ended = run_together(texts, tmp_path)
    assert ended["same"].passed and ended["slightly"].passed
    assert ended["far"].code == 1 and "FAIL" in ended["far"].text


def test_a_name_can_put_no_code_into_a_script(tmp_path: Path) -> None:
    name = '"""\nimport os; os.abort() #\\'
    text = script(exported(small_run(epochs=1), name=name))
    assert "os" not in imported(text)
    assert (ast.get_docstring(ast.parse(text)) or "").startswith("'''")


def test_a_run_without_a_finished_epoch_is_refused_with_a_way_out() -> None:
    with pytest.raises(PlaygroundError, match="has not finished an epoch"):
        script(exported(small_run(), until=2))
