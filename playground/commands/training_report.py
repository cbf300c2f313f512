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

import torch

from playground.catalog.task import score_words
from playground.commands.status_line import StatusLine, bar
from playground.data import Dataset, source
from playground.export.words import Words, words_for
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
    history, words = History(), words_for(source(run.dataset), run.training.loss)
    try:
        for event in trainer:
            history.fold([event])
            if isinstance(event, BatchesEnded | Evaluating):
                line.show(_progress(history, event, words))
            elif isinstance(event, EpochEnded) and _is_printed(event, history, run.training.epochs):
                line.print(_epoch(event, run.training.epochs, words))
            elif isinstance(event, RunFailed):
                line.print(" ".join(filter(None, (event.what, event.expected, event.mend))))
                return 1
    finally:
        line.clear()
    results = summary(run, data, history)
    if words.is_regression:
        results |= {"test_mae": mean_absolute_error(trainer), "target_name": data.target_name}
    results["preset"] = None if chosen.spec else chosen.preset or "first-network"
    print(in_words(results, words), file=sys.stderr if chosen.json else sys.stdout)
    if chosen.save and not write_weights(chosen.save, saved_network(trainer, data, history, command_line(chosen))):
        return 1
    if chosen.json:
        print(json.dumps(results, allow_nan=False))
    return 0


def summary(run: RunSpec, data: Dataset, history: History) -> dict[str, Any]:
    """What came of a finished run, as plain numbers and strings.

    `train_seconds` is the trainer's time for all epochs with their validation, without loading the data set and without
    the test; `images_per_second` counts the images learned from in that time. A loss that is not finite is None. Of a table
    or of points, what is called images here is called rows or points; of a regression, what is called accuracy is called r2.
    """
    started, finished, last, kept = history.started, history.finished, history.epochs[-1], history.final_epoch
    assert started and finished and kept
    words = words_for(source(run.dataset), run.training.loss)
    score = words.score_name
    results = {
        "dataset": data.name,
        "task": words.task,
        "seed": run.seed,
        "epochs": finished.epochs,
        f"test_{score}": finished.test_accuracy,
        "test_loss": finished.test_loss,
        f"validation_{score}": kept.validation_accuracy,
        "validation_loss": kept.validation_loss,
        f"train_{score}": kept.train_accuracy,
        "train_loss": kept.train_loss,
        "train_seconds": round(last.seconds, 3),
        f"{words.examples}_per_second": round(history.images / last.seconds, 1),
        "num_parameters": started.num_parameters,
        f"train_{words.examples}": started.train_size,
        f"test_{words.examples}": len(data.x_test),
        "stopped_early": finished.stopped_early,
        "best_epoch": finished.best_epoch,
        "device": started.device,
        "threads": started.threads,
        "memory_format": started.memory_format,
    }
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in results.items()}


def mean_absolute_error(trainer: Trainer) -> float:
    """How far off the network of a finished run is on average on the test examples, in the target's own unit."""
    examples, targets = trainer.batches.split_images("test")
    trainer.network.eval()
    with torch.inference_mode():
        outputs = trainer.network(trainer.batches.inputs(examples))
    return float((outputs - targets).abs().double().mean()) * trainer.batches.target_spread


def in_words(results: dict[str, Any], words: Words) -> str:
    """The results in two lines."""
    loss = "infinite" if results["test_loss"] is None else f"{results['test_loss']:.4f}"
    count = f"the {results[f'test_{words.examples}']:,} test {words.examples} of {results['dataset']}"
    if words.is_regression:
        off = f"off by {results['test_mae']:.4g} on average"
        reached = f"R² is {results['test_r2']:.4f} on {count}: {results['target_name']} is {off}"
    else:
        reached = f"{results['test_accuracy']:.2%} of {count} are {words.told} right"
    return (
        f"{reached} (loss {loss}).\n"
        f"{results['num_parameters']:,} parameters, {results['epochs']:,} epochs in {results['train_seconds']:.1f} s: "
        f"{results[f'{words.examples}_per_second']:,.0f} {words.examples}/s on {results['device']} with {results['threads']} "
        f"thread(s), seed {results['seed']}."
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


def _progress(history: History, event: BatchesEnded | Evaluating, words: Words) -> str:
    epochs = history.started.epochs if history.started else 1
    if isinstance(event, Evaluating):
        return f"{event.split.capitalize()} {words.examples} {bar(event.done / event.total)}"
    epoch = max(1, math.ceil(event.epoch))
    scores = history.batch_accuracy[-RECENT_BATCHES:]
    losses = history.batch_loss[-RECENT_BATCHES:]
    score = sum(scores) / len(scores)
    return (
        f"Epoch {epoch:,}/{epochs:,} {bar(event.epoch - epoch + 1)}  {history.images_per_second:,.0f} {words.examples}/s  "
        f"loss {sum(losses) / len(losses):.4f}  {words.score} {score_words(words.task, score)}"
    )


def _is_printed(event: EpochEnded, history: History, epochs: int) -> bool:
    """Of hundreds of epochs, 10 to 100 are printed; the first and the last always."""
    every = 10 ** max(0, len(str(epochs - 1)) - 2)
    before = history.epochs[-2].epoch if len(history.epochs) > 1 else 0
    return event.epoch in (1, epochs) or event.epoch // every != before // every


def _epoch(event: EpochEnded, epochs: int, words: Words) -> str:
    figures = {
        "": (event.train_loss, event.train_accuracy),
        "validation ": (event.validation_loss, event.validation_accuracy),
        "test ": (event.test_loss, event.test_accuracy),
    }
    told = "; ".join(
        f"{split}loss {loss:.4f}, {words.score} {score:{words.score_format}}"
        for split, (loss, score) in figures.items()
        if loss is not None and score is not None
    )
    return f"Epoch {event.epoch:,}/{epochs:,}: {told}; {event.seconds:.1f} s"
