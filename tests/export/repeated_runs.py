"""Runs trained here and now, and their scripts run elsewhere: in processes that know nothing of the playground."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground import data
from playground.catalog import LOSSES
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import BinaryCrossEntropyLogits
from playground.export import pytorch_script
from playground.export.value import ExportedRun
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.store.values import Origin
from playground.training.changes import Changes
from playground.training.events import EpochEnded, RunFinished, RunStopped
from playground.training.history import History
from playground.training.trainer import Trainer

SCORES = Dense(units=10, activation=Identity())
SMALL = (Flatten(), Dense(units=12), SCORES)
LOGIT = BinaryCrossEntropyLogits()
CLASS_LOSSES = {kind: loss for kind, loss in LOSSES.items() if "classification" in loss.tasks}
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}

# Runs each script as if it were the main program, and tells how each ended.
_RUN_ALL = """
import contextlib, io, runpy, sys
count = int(sys.argv[1])
paths, arguments = sys.argv[2 : 2 + count], sys.argv[2 + count :]
for path in paths:
    sys.argv = [path, *arguments]
    written = io.StringIO()
    try:
        with contextlib.redirect_stdout(written):
            runpy.run_path(path, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code
    assert not any(name.split(".")[0] == "playground" for name in sys.modules)
    print("====", path, code, written.getvalue(), sep="\\n")
"""


@dataclass(frozen=True)
class Ended:
    """How a script ended."""

    code: int
    text: str

    @property
    def passed(self) -> bool:
        return self.code == 0 and "PASS" in self.text and "FAIL" not in self.text


def small_run(layers: Sequence[Any] = SMALL, *, name: str = "mnist-5k", **settings: Any) -> RunSpec:
    """A run on a few images; settings are those of `TrainingSpec`, or `size`, `share`, `normalise`, `initialisation`, `seed`."""
    network = NetworkSpec(layers=tuple(layers), **{k: settings.pop(k) for k in ("initialisation",) if k in settings})
    images = {"training_size": settings.pop("size", 150), "validation_share": settings.pop("share", 0.05)}
    seed = settings.pop("seed", 5)
    images |= {key: settings.pop(key) for key in ("folds", "fold") if key in settings}
    dataset = DatasetSpec(name=name, normalise=settings.pop("normalise", True), **images)
    return RunSpec(network=network, dataset=dataset, training=TrainingSpec(**{"epochs": 2, **settings}), seed=seed)


def rows_run(
    name: str, outputs: int, *, hidden: tuple[Any, ...] = (Dense(units=6, activation=Tanh()),), **settings: Any
) -> RunSpec:
    """A short run; settings are those of `DatasetSpec` or of `TrainingSpec`, or the seed."""
    first = (Flatten(),) if name.startswith("mnist") else ()
    layers = (*first, *hidden, Dense(units=outputs, activation=Identity()))
    seed = settings.pop("seed", 4)
    dataset = {key: settings.pop(key) for key in tuple(settings) if key in DatasetSpec.model_fields}
    return RunSpec(
        network=NetworkSpec(layers=layers),
        dataset=DatasetSpec(name=name, **dataset),
        training=TrainingSpec(**{"epochs": 2, **settings}),
        seed=seed,
    )


def on_the_sample(run: RunSpec, **training: Any) -> RunSpec:
    """The run on the 5,000-image sample with other training settings."""
    dataset = run.dataset.model_copy(update={"name": "mnist-5k"})
    return run.model_copy(update={"dataset": dataset, "training": run.training.model_copy(update=training)})


def exported(
    run: RunSpec,
    *,
    changes: Mapping[int, Changes] | None = None,
    until: int | None = None,
    **fields: Any,
) -> ExportedRun:
    """A run trained on one thread, as an export sees it.

    Args:
        changes: what is changed after so many batches.
        until: it is stopped after so many batches.
    """
    trainer = Trainer(run, data.load(run.dataset))
    history, waiting = History(), dict(changes or {})
    trainer.batch_limit = 1 if waiting or until is not None else None
    for event in trainer:
        history.fold([event])
        if trainer.progress.step in waiting and not isinstance(event, EpochEnded | RunFinished):
            history.fold([trainer.change(waiting.pop(trainer.progress.step))])
        if until is not None and trainer.progress.step >= until:
            history.fold([RunStopped(trainer.progress.step)])
            break
    assert not waiting
    given = {"id": "r1", "name": "A small run", "repeatable": True, "origin": Origin(), **fields}
    return ExportedRun(run=trainer.run, history=history, weights=trainer.weights(), submitted=run, **given)


def script(exported_run: ExportedRun) -> str:
    return pytorch_script.make(exported_run).decode()


def run_alone(text: str, folder: Path, *arguments: str) -> Ended:
    """Runs one script in a process of its own, in a folder where no playground can be imported."""
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", str(path), *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=250)
    return Ended(done.returncode, done.stdout + done.stderr)


def run_together(texts: Mapping[str, str], folder: Path, *arguments: str) -> dict[str, Ended]:
    """Runs many scripts one after another in one process, since importing torch takes longer than a small run."""
    paths = {name: folder / f"script_{number}.py" for number, name in enumerate(texts)}
    for name, path in paths.items():
        path.write_text(texts[name], encoding="utf-8")
    command = [sys.executable, "-I", "-c", _RUN_ALL, str(len(paths)), *(str(path) for path in paths.values()), *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
    ended = {}
    for part in done.stdout.split("====\n")[1:]:
        path_text, code, text = part.split("\n", 2)
        ended[path_text] = Ended(int(code), text)
    return {name: ended[str(path)] for name, path in paths.items()}
