"""The exported Keras script of "First network", run with a real Keras: how far its test accuracy is from the playground's."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from benchmarks.measurement import Measurement, Report
from benchmarks.options import Options
from benchmarks.training_speed import keras_python
from playground import data
from playground.catalog.presets import preset
from playground.errors import PlaygroundError
from playground.export.formats import FORMATS
from playground.export.keras_script import TOLERANCE
from playground.export.value import ExportedRun
from playground.store.values import Origin
from playground.training.history import History
from playground.training.runtime import choose_runtime
from playground.training.trainer import Trainer

PRESET, QUICK_EPOCHS = "first-network", 1
LONGEST_SECONDS = 3600
SAID = re.compile(r"^Keras: +([\d.]+)% of the test images are read right", re.MULTILINE)


def measure(name: str, options: Options, report: Report) -> None:
    """Trains the preset here, exports it, and runs the script; `quick` trains for one epoch only.

    Raises:
        PlaygroundError: there is no Keras, or the script failed.
    """
    python = keras_python(options)
    exported = trained(options)
    assert exported.history.finished
    ours = 100 * exported.history.finished.test_accuracy
    script = FORMATS["keras"].make(exported).decode()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FORMATS["keras"].file_name(exported)
        file.write_text(script, encoding="utf-8")
        output = run_script(python, file)
    found = SAID.search(output)
    if not found:
        raise PlaygroundError("The Keras script did not say how far it got.", output.strip()[-500:])
    keras = float(found[1])
    detail = f"full MNIST, {exported.run.training.epochs} epoch(s), seed {exported.run.seed}"
    report(Measurement(f"{exported.name} in the playground: test images read right", ours, "%", detail=detail))
    report(Measurement(f"{exported.name}'s Keras script: test images read right", keras, "%", detail=detail))
    said = f"Keras minus playground {keras - ours:+.2f}; the script itself says {'PASS' if 'PASS' in output else 'FAIL'}"
    report(Measurement("difference between the two", abs(keras - ours), "points", TOLERANCE, "lower", said))


def trained(options: Options) -> ExportedRun:
    """The preset, trained here on full MNIST."""
    chosen = preset(PRESET)
    run = chosen.run
    if options.quick:
        run = run.model_copy(update={"training": run.training.model_copy(update={"epochs": QUICK_EPOCHS})})
    images = data.load(run.dataset)
    trainer = Trainer(run, images, runtime=choose_runtime(run, images.input_shape, options.threads))
    history = History()
    history.fold(trainer)
    return ExportedRun("benchmark", chosen.title, run, history, trainer.weights(), True, Origin())


def run_script(python: str, file: Path) -> str:
    """What the script printed on stdout; it ends with 1 when it says FAIL.

    Raises:
        PlaygroundError: it crashed.
    """
    environment = os.environ | {"PLAYGROUND_DATA_DIR": str(data.data_folder()), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, str(file)], env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    if done.returncode and "FAIL" not in done.stdout:
        raise PlaygroundError(f"The Keras script ended with {done.returncode}.", done.stderr.strip()[-500:])
    return done.stdout
