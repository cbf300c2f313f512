"""The rules that find what is wrong with a run, or could be better, in words, most with a mend in one click.

To add a rule is to add one function and list it in RULES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playground import settings
from playground.catalog.activations import Identity, LogSoftmax, ReLU
from playground.catalog.layers import ActivationLayer, BatchNorm, Conv2d, Dense, Dropout, Flatten
from playground.edits import (
    Layers,
    relu_instead,
    replace,
    replace_ending,
    squeezing_layers,
    with_dataset,
    with_layers,
    with_training,
    without,
)
from playground.findings import Finding, Mend, Plan
from playground.network import estimated_batch_seconds, trace

SLOW_BATCH_SECONDS = 2.0


def _no_layers(plan: Plan) -> Iterator[Finding]:
    if not plan.layers:
        layers = (Flatten(), Dense(units=plan.source.num_classes, activation=Identity()))
        yield Finding("error", "The network has no layers.", None, Mend("Add Flatten and Dense", with_layers(plan.run, layers)))


def _layers_that_do_not_fit(plan: Plan) -> Iterator[Finding]:
    layers = plan.run.network.layers
    for report in plan.layers:
        if report.misfit is None:
            continue
        index, mend = report.index, None
        if report.misfit.mend == "flatten":
            mend = Mend("Add Flatten", with_layers(plan.run, (*layers[:index], Flatten(), *layers[index:])))
        elif report.misfit.mend == "move-before-flatten":
            mend = _image_layer_after_flatten(plan, index)
        elif report.misfit.mend == "remove":
            mend = Mend("Remove this layer", with_layers(plan.run, without(layers, index)))
        elif isinstance(report.layer, Conv2d):
            side = min(report.input_shape[1:])
            smaller = report.layer.model_copy(update={"kernel_size": max(1, side)})
            mend = Mend(f"Shrink the kernel to {max(1, side)}", with_layers(plan.run, replace(layers, index, smaller)))
        yield Finding("error", f"Layer {index + 1}: {report.misfit.message}", index, mend)


def _image_layer_after_flatten(plan: Plan, index: int) -> Mend:
    layers = plan.run.network.layers
    before = [i for i in range(index) if isinstance(layers[i], Flatten)]
    if before and all(not layer.weighted for layer in layers[before[-1] : index]):
        flatten = before[-1]
        moved = (*layers[:flatten], *layers[flatten + 1 : index + 1], layers[flatten], *layers[index + 1 :])
        mended = with_layers(plan.run, moved)
        if trace(mended.network, plan.source.input_shape)[index - 1].misfit is None:
            return Mend("Move Flatten behind it", mended)
    return Mend("Remove this layer", with_layers(plan.run, without(layers, index)))


def _outputs_are_not_the_classes(plan: Plan) -> Iterator[Finding]:
    if not plan.layers:
        return
    classes = plan.source.num_classes
    last = plan.layers[-1]
    if last.output_shape == (classes,):
        return
    layers = plan.run.network.layers
    if isinstance(last.layer, Dense) and last.misfit is None:
        mended = replace(layers, last.index, last.layer.model_copy(update={"units": classes}))
        mend = Mend(f"Give it {classes} neurons", with_layers(plan.run, mended))
    else:
        ending: Layers = (Dense(units=classes, activation=Identity()),)
        if len(last.output_shape) != 1:
            ending = (Flatten(), *ending)
        mend = Mend(f"Add Dense {classes}", with_layers(plan.run, (*layers, *ending)))
    yield Finding(
        "error",
        f"The network ends with {_words(last.output_shape)}, but {plan.source.title} has {classes} classes: "
        f"the last layer must give {classes} numbers.",
        last.index,
        mend,
    )


def _limits(plan: Plan) -> Iterator[Finding]:
    megabytes = plan.totals.memory_bytes / 1e6
    for name, value, what in (
        ("max_layers", len(plan.layers), "layers"),
        ("max_parameters", plan.totals.num_parameters, "parameters"),
        ("max_multiply_adds", plan.totals.multiply_adds, "multiply-adds for one image"),
        ("max_memory_mb", megabytes, "megabytes of memory"),
        ("max_epochs", plan.run.training.epochs, "epochs"),
    ):
        limit = settings.number(name)
        if value > limit:
            yield Finding(
                "error",
                f"This run has {value:,.0f} {what}; this server allows {limit:,}. Use less, or raise PLAYGROUND_{name.upper()}.",
            )


def loss_and_ending(plan: Plan) -> Iterator[Finding]:
    if not plan.layers:
        return
    layers, loss = plan.run.network.layers, plan.run.training.loss
    last = len(layers) - 1
    ending = layers[-1].activation_entry()
    bare = with_layers(plan.run, replace_ending(layers))
    if loss.expects == "log-probabilities" and ending.output != "log-probabilities":
        mended = with_layers(plan.run, (*replace_ending(layers), ActivationLayer(function=LogSoftmax())))
        yield Finding(
            "error",
            f"{loss.title} takes logarithms of probabilities, but the network does not end with log-softmax: "
            "its loss would fall without end and mean nothing.",
            last,
            Mend("End with log-softmax", mended),
        )
    elif loss.expects == "logits" and ending.output != "any":
        yield Finding(
            "warning",
            f"{ending.title} before {loss.title.lower()}: the loss applies it already, and twice blurs what is learned.",
            last,
            Mend(f"Remove the {ending.title.lower()}", bare),
        )
    elif loss.expects == "logits" and ending.saturates:
        yield Finding(
            "warning",
            f"{ending.title} before {loss.title.lower()}: the outputs can no longer become large, so the loss stays high.",
            last,
            Mend(f"Remove the {ending.title.lower()}", bare),
        )
    elif loss.expects != "log-probabilities" and isinstance(ending, ReLU):
        yield Finding(
            "warning",
            "ReLU after the last layer: outputs below 0 are cut off, and a class whose output is 0 cannot learn.",
            last,
            Mend("Remove the ReLU", bare),
        )


def _two_dense_are_one(plan: Plan) -> Iterator[Finding]:
    layers = plan.run.network.layers
    for index, (first, second) in enumerate(zip(layers, layers[1:], strict=False)):
        if isinstance(first, Dense) and isinstance(second, Dense) and first.activation.linear:
            mended = replace(layers, index, first.model_copy(update={"activation": ReLU()}))
            yield Finding(
                "warning",
                f"Layers {index + 1} and {index + 2}: two Dense layers with no activation between them are one.",
                index,
                Mend("Add ReLU between them", with_layers(plan.run, mended)),
            )


def _last_dropout(plan: Plan) -> Iterator[Finding]:
    layers = plan.run.network.layers
    if layers and isinstance(layers[-1], Dropout):
        yield Finding(
            "warning",
            "Dropout after the last layer switches answers off at random.",
            len(layers) - 1,
            Mend("Remove it", with_layers(plan.run, layers[:-1])),
        )


def _deep_saturation(plan: Plan) -> Iterator[Finding]:
    layers, deep = plan.run.network.layers, squeezing_layers(plan.run)
    steadied = any(layer.kind in ("batch_norm", "layer_norm") for layer in layers)  # type: ignore[attr-defined]
    if len(deep) >= 5 and not steadied:
        yield Finding(
            "warning",
            f"{len(deep)} layers squeeze their values ({layers[deep[0]].activation_entry().title.lower()}): "
            "the gradient fades on its way back, and the first layers hardly learn.",
            deep[0],
            Mend("Use ReLU in all of them", relu_instead(plan.run)),
        )


def _batch_size(plan: Plan) -> Iterator[Finding]:
    training = plan.run.training
    size = images_to_train_on(plan)
    fitting = min(32, size)
    mend = Mend(f"Use batches of {fitting}", with_training(plan.run, batch_size=fitting))
    normalised = [report.index for report in plan.layers if isinstance(report.layer, BatchNorm)]
    if training.batch_size == 1 and normalised:
        yield Finding(
            "error",
            "BatchNorm compares the images of a batch, but the batch size is 1.",
            normalised[0],
            mend,
        )
    if training.batch_size > size:
        yield Finding(
            "warning",
            f"The batch size of {training.batch_size} is larger than the {size} training images: one step an epoch.",
            None,
            mend,
        )


def _slow_batches(plan: Plan) -> Iterator[Finding]:
    size = plan.run.training.batch_size
    seconds = estimated_batch_seconds(plan.totals.multiply_adds, size)
    if seconds > SLOW_BATCH_SECONDS and size > 1:
        smaller = max(1, int(size * SLOW_BATCH_SECONDS / seconds))
        yield Finding(
            "warning",
            f"One batch will take about {seconds:.0f} s on a laptop, and Pause and Stop wait for it to end.",
            None,
            Mend(f"Use batches of {smaller}", with_training(plan.run, batch_size=smaller)),
        )


def _needs_validation(plan: Plan) -> Iterator[Finding]:
    if plan.run.dataset.validation_share > 0:
        return
    mend = Mend("Keep 10 % for validation", with_dataset(plan.run, validation_share=0.1))
    if plan.run.training.regularisation.early_stopping:
        yield Finding("error", "Early stopping watches the validation loss, but the validation share is 0.", None, mend)
    if plan.run.training.schedule.watches_losses:
        yield Finding("warning", "The schedule would watch the training loss, because the validation share is 0.", None, mend)


def _validation_is_empty(plan: Plan) -> Iterator[Finding]:
    share = plan.run.dataset.validation_share
    if plan.run.training.regularisation.early_stopping and share > 0 and round(plan.source.num_train * share) == 0:
        yield Finding("error", f"A validation share of {share:g} leaves no image to validate on.")


def _flipped_characters(plan: Plan) -> Iterator[Finding]:
    training = plan.run.training
    if plan.source.name.startswith("fashion"):
        return
    if any(entry.kind == "flip" for entry in training.augmentation):  # type: ignore[attr-defined]
        kept = tuple(entry for entry in training.augmentation if entry.kind != "flip")  # type: ignore[attr-defined]
        yield Finding(
            "warning",
            "Flipping turns digits and letters into others, or into none: a mirrored 3 is no 3.",
            None,
            Mend("Do not flip", with_training(plan.run, augmentation=kept)),
        )


Rule = Callable[[Plan], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    _no_layers,
    _layers_that_do_not_fit,
    _outputs_are_not_the_classes,
    _limits,
    loss_and_ending,
    _batch_size,
    _slow_batches,
    _needs_validation,
    _validation_is_empty,
    _two_dense_are_one,
    _last_dropout,
    _deep_saturation,
    _flipped_characters,
)


# --- helpers ----------------------------------------------------------------------------------------------------------


def images_to_train_on(plan: Plan) -> int:
    """How many images an epoch has: what validation leaves, limited by the training size."""
    dataset = plan.run.dataset
    left = plan.source.num_train - round(plan.source.num_train * dataset.validation_share)
    return min(left, dataset.training_size or left)


def _words(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} numbers" if len(shape) == 1 else f"images of {' × '.join(str(size) for size in shape)}"
