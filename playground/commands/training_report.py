"""Trains a run in this process, tells how it goes, and what came of it."""

from __future__ import annotations

import argparse
import json
import math
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from playground.commands.status_line import StatusLine, bar
from playground.data import Dataset
from playground.spec import RunSpec
from playground.training.events import BatchesEnded, EpochEnded, Evaluating, RunFailed
from playground.training.history import History
from playground.training.runtime import choose_runtime
from playground.training.saved import SavedNetwork
from playground.training.trainer import Trainer

RECENT_BATCHES = 50


def train_and_report(run: RunSpec, data: Dataset, chosen: argparse.Namespace) -> int:
    """Trains `run` on `data`; `chosen` has the command's arguments `json`, `save`, `preset`, `spec` and `threads`.

    Returns:
        The exit code: 0, or 1 when the loss diverged or the weights could not be written; the reason is on stderr.
    """
    line = StatusLine(sys.stderr)
    trainer = Trainer(run, data, runtime=choose_runtime(run, data.input_shape, chosen.threads))
    history = History()
    try:
        for event in trainer:
            history.fold([event])
            if isinstance(event, BatchesEnded | Evaluating):
                line.show(_progress(history, event))
            elif isinstance(event, EpochEnded):
                line.print(_epoch(event, run.training.epochs))
            elif isinstance(event, RunFailed):
                line.print(" ".join(filter(None, (event.what, event.expected, event.mend))))
                return 1
    finally:
        line.clear()
    results = summary(run, data, history)
    results["preset"] = None if chosen.spec else chosen.preset or "first-network"
    print(in_words(results), file=sys.stderr if chosen.json else sys.stdout)
    if chosen.save and not write_weights(chosen.save, saved_network(trainer, data, history, command_line(chosen))):
        return 1
    if chosen.json:
        print(json.dumps(results, allow_nan=False))
    return 0


def summary(run: RunSpec, data: Dataset, history: History) -> dict[str, Any]:
    """What came of a finished run, as plain numbers and strings.

    `train_seconds` is the trainer's time for all epochs with their validation, without loading the data set and without
    the test; `images_per_second` counts the images learned from in that time. A loss that is not finite is None.
    """
    started, finished, last = history.started, history.finished, history.epochs[-1]
    assert started and finished
    results = {
        "dataset": data.name,
        "seed": run.seed,
        "epochs": finished.epochs,
        "test_accuracy": finished.test_accuracy,
        "test_loss": finished.test_loss,
        "validation_accuracy": last.validation_accuracy,
        "validation_loss": last.validation_loss,
        "train_accuracy": last.train_accuracy,
        "train_loss": last.train_loss,
        "train_seconds": round(last.seconds, 3),
        "images_per_second": round(history.images / last.seconds, 1),
        "num_parameters": started.num_parameters,
        "train_images": started.train_size,
        "test_images": len(data.x_test),
        "stopped_early": finished.stopped_early,
        "best_epoch": finished.best_epoch,
        "device": started.device,
        "threads": started.threads,
        "memory_format": started.memory_format,
    }
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in results.items()}


def in_words(results: dict[str, Any]) -> str:
    """The results in two lines."""
    loss = "infinite" if results["test_loss"] is None else f"{results['test_loss']:.4f}"
    return (
        f"{results['test_accuracy']:.2%} of the {results['test_images']:,} test images of {results['dataset']} are read right "
        f"(loss {loss}).\n"
        f"{results['num_parameters']:,} parameters, {results['epochs']} epochs in {results['train_seconds']:.1f} s: "
        f"{results['images_per_second']:,.0f} images/s on {results['device']} with {results['threads']} thread(s), "
        f"seed {results['seed']}."
    )


def command_line(chosen: argparse.Namespace) -> str:
    """The command that `chosen` came from, as far as it decides the weights."""
    options = ("preset", "spec", "dataset", "epochs", "seed", "threads", "save")
    given = [(f"--{name}", str(value)) for name in options if (value := getattr(chosen, name)) is not None]
    return shlex.join(["python", "-m", "playground", "train", *(part for pair in given for part in pair)])


def saved_network(trainer: Trainer, data: Dataset, history: History, command: str) -> SavedNetwork:
    """The network of a finished run, with all that is needed to read with it."""
    assert history.finished
    score, count = history.finished.test_accuracy, len(data.x_test)
    return SavedNetwork.of(trainer.run, trainer.weights(), trainer.batches, score, count, command)


def write_weights(path: Path, network: SavedNetwork) -> bool:
    """Writes the network as safetensors, with the run as JSON in the metadata's "spec". All of the file, or nothing."""
    partial = path.with_name(f"{path.name}.part")
    try:
        partial.write_bytes(network.to_bytes())
        os.replace(partial, path)
    except OSError as problem:
        partial.unlink(missing_ok=True)
        print(f"The weights could not be written to {path} ({problem.strerror}).", file=sys.stderr)
        return False
    print(f"Weights written to {path} ({path.stat().st_size:,} bytes).", file=sys.stderr)
    return True


def _progress(history: History, event: BatchesEnded | Evaluating) -> str:
    epochs = history.started.epochs if history.started else 1
    if isinstance(event, Evaluating):
        return f"{event.split.capitalize()} images {bar(event.done / event.total)}"
    epoch = min(epochs, len(history.epochs) + 1)
    accuracies = history.batch_accuracy[-RECENT_BATCHES:]
    losses = history.batch_loss[-RECENT_BATCHES:]
    return (
        f"Epoch {epoch}/{epochs} {bar(event.epoch - len(history.epochs))}  {history.images_per_second:,.0f} images/s  "
        f"loss {sum(losses) / len(losses):.4f}  accuracy {sum(accuracies) / len(accuracies):.1%}"
    )


def _epoch(event: EpochEnded, epochs: int) -> str:
    text = f"Epoch {event.epoch}/{epochs}: loss {event.train_loss:.4f}, accuracy {event.train_accuracy:.2%}"
    if event.validation_loss is not None and event.validation_accuracy is not None:
        text += f"; validation loss {event.validation_loss:.4f}, accuracy {event.validation_accuracy:.2%}"
    return f"{text}; {event.seconds:.1f} s"
