"""The rules that find what is wrong with a run, or could be better, in words, most with a mend in one click.

To add a rule is to add one function and list it in RULES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playground import settings
from playground.catalog.activations import Identity, LogSoftmax, ReLU
from playground.catalog.layers import ActivationLayer, Conv2d, Dense, Dropout, Flatten
from playground.edits import (
    Layers,
    relu_instead,
    replace,
    replace_ending,
    squeezing_layers,
    with_layers,
    with_training,
    without,
)
from playground.findings import Finding, Mend, Plan
from playground.fitting import fitting_loss, with_ending
from playground.network import trace
from playground.point_rules import POINT_RULES
from playground.training_rules import TRAINING_RULES, examples_to_train_on, most_epochs


def _no_layers(plan: Plan) -> Iterator[Finding]:
    if not plan.layers:
        last = Dense(units=_num_outputs(plan), activation=Identity())
        layers, words = ((Flatten(), last), "Flatten and Dense") if plan.source.is_images else ((last,), "a Dense layer")
        yield Finding("error", "The network has no layers.", None, Mend(f"Add {words}", with_layers(plan.run, layers)))


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


def _num_outputs(plan: Plan) -> int:
    """How many numbers the network must end with; by the usual loss of the task, where the chosen one does not fit it."""
    fitting = fitting_loss(plan.run.training.loss, plan.source.task)
    return fitting.num_outputs(plan.source.num_classes)


def _loss_of_another_task(plan: Plan) -> Iterator[Finding]:
    loss, task = plan.run.training.loss, plan.source.task
    if task in loss.tasks:
        return
    usual = fitting_loss(loss, task)
    what = "a number" if task == "regression" else "one of more than two classes" if task == "classification" else "yes or no"
    yield Finding(
        "error",
        f"{loss.title} is no loss for {plan.source.title}: what is to be told there is {what} ({task}).",
        None,
        Mend(f"Use {usual.title.lower()}", with_ending(with_training(plan.run, loss=usual), plan.source)),
    )


def _outputs_do_not_fit(plan: Plan) -> Iterator[Finding]:
    if not plan.layers:
        return
    wanted = _num_outputs(plan)
    last = plan.layers[-1]
    if last.output_shape == (wanted,):
        return
    mended_with_the_loss = plan.source.task not in plan.run.training.loss.tasks and isinstance(last.layer, Dense)
    if mended_with_the_loss and last.misfit is None:
        return  # how many are wanted hangs on the loss: one sentence is enough
    layers = plan.run.network.layers
    if isinstance(last.layer, Dense) and last.misfit is None:
        mended = replace(layers, last.index, last.layer.model_copy(update={"units": wanted}))
        mend = Mend(f"Give it {wanted} {'neurons' if wanted > 1 else 'neuron'}", with_layers(plan.run, mended))
    else:
        ending: Layers = (Dense(units=wanted, activation=Identity()),)
        if len(last.output_shape) != 1:
            ending = (Flatten(), *ending)
        mend = Mend(f"Add Dense {wanted}", with_layers(plan.run, (*layers, *ending)))
    classes = plan.source.num_classes
    why = f"{plan.source.title} has {classes} classes" if wanted == classes else f"{plan.source.title} asks for one number"
    if wanted == 1 and classes:
        why = f"{plan.run.training.loss.title.lower()} reads one number as yes or no"
    yield Finding(
        "error",
        f"The network ends with {_words(last.output_shape)}, but {why}: "
        f"the last layer must give {wanted} number{'s' if wanted > 1 else ''}.",
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
        limit = most_epochs(examples_to_train_on(plan)) if name == "max_epochs" else settings.number(name)
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
    if plan.source.task not in loss.tasks:
        return
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
            "ReLU after the last layer: outputs below 0 are cut off, and where an output is 0, nothing can be learned.",
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


Rule = Callable[[Plan], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    _no_layers,
    _layers_that_do_not_fit,
    _loss_of_another_task,
    _outputs_do_not_fit,
    *POINT_RULES,
    _limits,
    loss_and_ending,
    *TRAINING_RULES,
    _two_dense_are_one,
    _last_dropout,
    _deep_saturation,
)


# --- helpers ----------------------------------------------------------------------------------------------------------


def _words(shape: tuple[int, ...]) -> str:
    if shape == (1,):
        return "1 number"
    return f"{shape[0]} numbers" if len(shape) == 1 else f"images of {' × '.join(str(size) for size in shape)}"
