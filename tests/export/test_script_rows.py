"""Scripts of runs on tables, on points in the plane, of yes or no and of numbers: the same figures to the bit, elsewhere."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from repeated_runs import LOGIT, exported, rows_run, run_together, script

from playground.catalog import LOSSES
from playground.catalog.layers import BatchNorm, Dense, Dropout
from playground.catalog.losses import CrossEntropy, Huber, L1Loss, MeanSquaredError
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.plane_presets import PLANE_PRESETS
from playground.catalog.schedules import Cosine
from playground.data.points import FAMILIES, INPUTS, num_classes
from playground.errors import PlaygroundError
from playground.export import notebook
from playground.export.exam_section import MOST_COMPARED, is_exact, thinned
from playground.export.plan import plan
from playground.export.value import ExportedRun
from playground.spec import EarlyStopping, PointsSpec, Regularisation, RunSpec
from playground.training.changes import Changes, WeightEdit

PAINTED = ((-3.0, 1.0, 0), (2.5, 1.25, 1), (0.1, -4.0, 2), (-2.0, 2.0, 0), (3.0, 0.3, 1), (1.0, -3.5, 2), (-1.0, 0.7, 0))


def table_runs() -> dict[str, RunSpec]:
    both = Regularisation(l1=0.001, l2=0.01)
    return {
        "iris": rows_run("iris", 3, optimizer=SGD(momentum=0.9), schedule=Cosine()),
        "a fold of a table": rows_run("iris", 3, folds=4, fold=1, training_size=70),
        "one class of wine": rows_run("wine", 1, one_class=1, loss=LOGIT),
        "one class of wine with two outputs": rows_run("wine", 2, one_class=2, validation_share=0.0),
        "breast cancer": rows_run("breast-cancer", 1, hidden=(), loss=LOGIT, validation_share=0.2, batch_size=7),
        "huber": rows_run("diabetes", 1, loss=Huber(delta=0.7), hidden=(Dense(units=9), BatchNorm(), Dropout(rate=0.2))),
        "l1": rows_run("diabetes", 1, loss=L1Loss(), training_size=61, regularisation=both),
        "in its own unit": rows_run(
            "diabetes", 1, loss=MeanSquaredError(), normalise=False, optimizer=SGD(learning_rate=1e-6), batch_size=19
        ),
        "a fold of numbers": rows_run("diabetes", 1, loss=MeanSquaredError(), folds=5, fold=2),
        "is it a 7?": rows_run("mnist-5k", 1, one_class=7, loss=LOGIT, training_size=150, validation_share=0.05),
    }


def point_runs() -> dict[str, RunSpec]:
    """Each family once, each with other settings."""
    runs = {}
    for number, family in enumerate(FAMILIES):
        names = tuple(known.name for known in INPUTS)
        inputs = names[: 2 + number % 6] if number % 2 else names[number % 5 :]
        points = PointsSpec(
            num_points=60 + 7 * number, noise=0.05 * (number % 4), classes=2 + number % 5, seed=number, inputs=inputs
        )
        if family.is_painted:
            points = points.model_copy(update={"painted": PAINTED, "classes": 3})
        classes = num_classes(family.name, points)
        loss = MeanSquaredError() if not classes else LOGIT if classes == 2 else CrossEntropy()
        runs[family.name] = rows_run(
            family.name,
            loss.num_outputs(classes),
            points=points,
            loss=loss,
            normalise=bool(number % 3),
            validation_share=0.1 * (number % 2),
            batch_size=(10, 7, 32)[number % 3],
            epochs=5,
            seed=number,
        )
    stopping = Regularisation(l2=0.001, early_stopping=EarlyStopping(patience=2))
    restless = {"optimizer": SGD(learning_rate=2.0), "regularisation": stopping, "epochs": 60}
    runs["many epochs"] = rows_run("circles", 1, loss=LOGIT, points=PointsSpec(num_points=60), batch_size=30, epochs=130)
    return {**runs, "stopped early": rows_run("xor", 1, loss=LOGIT, points=PointsSpec(num_points=80), **restless)}


@lru_cache
def made() -> dict[str, ExportedRun]:
    """All of them, trained."""
    runs = {**table_runs(), **point_runs()}
    for entry in PLANE_PRESETS:
        training = entry.run.training.model_copy(update={"epochs": 4})
        runs[entry.slug] = entry.run.model_copy(update={"training": training})
    found = {name: exported(run) for name, run in runs.items()}
    penalties = {3: Changes(penalties=(0.001, 0.0)), 6: Changes(penalties=(0.0, 0.02)), 9: Changes(penalties=(0.0, 0.0))}
    found["penalties that change"] = exported(
        rows_run("circles", 1, loss=LOGIT, points=PointsSpec(num_points=60), batch_size=5), changes=penalties
    )
    return found


def packages(text: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names - set(sys.stdlib_module_names)


def test_scripts_on_tables_points_yes_or_no_and_numbers_give_the_same_figures(tmp_path: Path) -> None:
    runs = made()
    assert {run.run.dataset.name for run in runs.values()} >= {family.name for family in FAMILIES}
    assert {run.run.training.loss.kind for run in runs.values()} >= {  # type: ignore[attr-defined]
        kind for kind, loss in LOSSES.items() if "classification" not in loss.tasks
    }
    ran_away = [name for name, run in runs.items() if run.history.failed]
    assert set(ran_away) <= {"plane-too-fast"}  # which is meant to, and has no epoch to repeat
    texts = {name: script(run) for name, run in runs.items() if name not in ran_away}
    ended = run_together(texts, tmp_path)
    assert ended.keys() == texts.keys()
    for name, end in ended.items():
        assert end.passed, f"{name}: {end.text}"
    stopped = runs["stopped early"].history
    assert (
        stopped.finished
        and stopped.finished.stopped_early
        and f"epoch {stopped.epochs[-1].epoch}:" in ended["stopped early"].text
    )


def test_only_the_epochs_that_were_told_are_compared_and_all_are_trained(tmp_path: Path) -> None:
    history = made()["many epochs"].history
    assert len(history.epochs) < 130 and history.epochs[-1].epoch == 130
    text = script(made()["many epochs"])
    assert "for epoch in range(epochs):" in text and "epochs = 130" in text and "(epoch + 1) % 10 == 0" in text
    assert all(f'"epoch {epoch.epoch}": (' in text for epoch in history.epochs)
    assert text.count('    "epoch ') == len(history.epochs)
    assert "test loss, test accuracy" in text  # watched on the way
    wrong = text.replace(repr(history.epochs[-1].test_loss), "0.5")
    ended = run_together({"wrong": wrong}, tmp_path)["wrong"]
    assert ended.code == 1 and "epoch 130, test loss: " in ended.text


def test_a_script_needs_no_package_but_torch_and_what_brings_its_data() -> None:
    assert packages(script(made()["plane-circles"])) == {"torch"}
    assert packages(script(made()["iris"])) == {"torch", "sklearn"}
    assert packages(script(made()["a fold of numbers"])) == {"torch", "sklearn", "numpy"}
    for name, needs in (("spiral", "\n    python"), ("huber", " scikit-learn\n"), ("is it a 7?", " torchvision\n")):
        line = next(line for line in script(made()[name]).splitlines(keepends=True) if "pip install torch" in line)
        following = script(made()[name]).partition(line)[2][:10]
        assert (line + following).endswith(needs) or needs in line + following, name


def test_scripts_are_of_readable_width() -> None:
    for name, run in made().items():
        if not run.history.failed:
            assert max(map(len, script(run).splitlines())) <= 126, name


def test_the_words_are_those_of_the_data() -> None:
    for name, run in made().items():
        if run.history.failed or name == "is it a 7?":
            continue
        text = script(run)
        assert "image" not in text and "pixel" not in text, name
        assert ("R²" in text) == (run.run.training.loss.kind in ("huber", "l1", "mean_squared_error")), name  # type: ignore[attr-defined]
    assert "images" in script(made()["is it a 7?"])


def test_a_notebook_says_what_it_is_about() -> None:
    told = notebook.make(made()["huber"]).decode()
    assert "learns to tell a number" in told and "images" not in told
    assert "learns to tell points apart" in notebook.make(made()["moons"]).decode()


def test_weights_that_were_set_by_hand_cannot_be_repeated() -> None:
    edit = WeightEdit("0_dense_0.weight", (0, 1), 0.5)
    run = exported(rows_run("moons", 1, loss=LOGIT, points=PointsSpec(num_points=40)), changes={2: Changes(weights=(edit,))})
    with pytest.raises(PlaygroundError, match="edited by hand"):
        script(run)


def test_of_many_epochs_some_are_compared_and_the_last_always() -> None:
    epochs = made()["circles"].history.epochs
    many = tuple(replace(epochs[0], epoch=number) for number in range(1, 1002))
    kept = [ended.epoch for ended in thinned(many)]
    assert len(kept) <= MOST_COMPARED and kept[-1] == 1001
    assert len({after - before for before, after in zip(kept, kept[1:], strict=False)}) == 1
    assert thinned(many[:50]) == list(many[:50])


def test_scores_whose_sum_depends_on_its_order_are_not_compared() -> None:
    planned = plan(made()["huber"])
    good, wild = planned.expected[0], replace(planned.expected[0], train_accuracy=-1e9)
    assert is_exact(good, planned) and not is_exact(wild, planned)


def test_a_fast_optimizer_s_name_stays_in_the_script() -> None:
    text = script(exported(rows_run("iris", 3, optimizer=Adam(learning_rate=0.02), epochs=1)))
    assert "torch.optim.Adam(network.parameters(), lr=0.02" in text
