"""Rules about how much is learned, and whether it holds for new images."""

from __future__ import annotations

from playground.advisor.advice import Advice
from playground.advisor.beginning import images_to_train_on_all
from playground.advisor.case import Case
from playground.advisor.mending import dropout_before_the_end, more_images
from playground.catalog.augmentations import Rotation, Shift
from playground.catalog.layers import Conv2d, Dense
from playground.edits import with_layer, with_layers, with_training
from playground.findings import Mend
from playground.spec import EarlyStopping

MOST_EPOCHS = 100_000  # what can be asked for; what a server allows is looked at with the mend
GAP = 0.06  # accuracy on training images over that on validation images
WORSENED = 1.1  # times the best validation loss


def overfitting(case: Case) -> Advice | None:
    """Learned by heart: right on the images it has seen, less so on others."""
    if len(case.validated) < 4:
        return None
    gaps = [e.train_accuracy - (e.validation_accuracy or 0.0) for e in case.epochs[-2:]]
    last = case.epochs[-1]
    if min(gaps) < GAP or last.train_accuracy < 0.9:
        return None
    return Advice(
        "overfitting",
        "tip",
        "capacity",
        "It learns by heart.",
        f"{case.right(last.train_accuracy, 'training', 1)}, but "
        f"{_only(case.right(last.validation_accuracy or 0.0, 'validation', 1))}, from which it does not learn.",
        f"A network with enough weights can remember its training {case.things} one by one. That does not help with new ones. "
        f"What makes remembering harder (more {case.things}, {'moved and turned copies, ' * case.plan.source.is_images}dropout) "
        "makes it look for what they have in common.",
        _against_overfitting(case),
    )


def _against_overfitting(case: Case) -> Mend | None:
    run = case.run
    mend = more_images(run, images_to_train_on_all(case), case.things)
    source = case.plan.source
    if mend is None and source.is_images and not run.training.augmentation and not source.name.startswith("fashion"):
        moved = (Rotation(degrees=10), Shift(distance=1))
        mend = Mend("Turn and shift the images a little", with_training(run, augmentation=moved))
    if mend is None and not case.has_dropout:
        mend = dropout_before_the_end(run)
    return mend


def past_its_best(case: Case) -> Advice | None:
    """The validation loss has been rising for some epochs."""
    if len(case.validated) < 5 or case.training.regularisation.early_stopping:
        return None
    losses = [loss for loss, _ in case.validated]
    best = losses.index(min(losses))
    if best > len(losses) - 4 or min(losses[-2:]) < WORSENED * losses[best]:
        return None
    if case.epochs[-1].train_loss > case.epochs[best].train_loss:
        return None  # it gets worse at everything: that is no learning by heart
    stopping = case.training.regularisation.model_copy(update={"early_stopping": EarlyStopping()})
    return Advice(
        "past-its-best",
        "tip",
        "stopping",
        "It has been better before.",
        f"The validation loss was lowest after epoch {case.epochs[best].epoch}: {losses[best]:.3f}. It has risen to "
        f"{losses[-1]:.3f} "
        "since.",
        f"From some point on, learning more about the training {case.things} makes it worse on others: more and more sure of its "
        "mistakes. Early stopping watches the validation loss, and brings back the weights of the best epoch.",
        Mend("Stop early", with_training(case.run, regularisation=stopping)),
    )


def still_learning(case: Case) -> Advice | None:
    """It ended while it was getting better."""
    finished = case.history.finished
    if finished is None or finished.stopped_early or len(case.validated) < 2:
        return None
    losses = [loss for loss, _ in case.validated]
    if losses[-1] > 0.95 * min(losses[:-1]):
        return None
    epochs = min(MOST_EPOCHS, 2 * case.training.epochs)
    return Advice(
        "still-learning",
        "tip",
        "stopping",
        "It was still getting better when it ended.",
        f"In the last epoch the validation loss fell from {losses[-2]:.3f} to {losses[-1]:.3f}.",
        f"An epoch is one time through all training {case.things}. As long as the loss on {case.things} that it does not learn "
        "from falls, more of them help.",
        Mend(f"Train for {epochs} epochs", with_training(case.run, epochs=epochs)),
    )


def no_hidden_layer(case: Case) -> Advice | None:
    layers = case.run.network.layers
    weighted = [index for index, layer in enumerate(layers) if layer.weighted]
    if len(weighted) != 1 or not isinstance(layers[weighted[0]], Dense) or not _has_settled(case):
        return None
    if not case.plan.source.is_images and (case.is_number or case.skill(case.epochs[-1].train_accuracy) > 0.9):
        return None  # straight lines are good enough for many tables
    mended = (*layers[: weighted[0]], Dense(units=64), *layers[weighted[0] :])
    return Advice(
        "no-hidden-layer",
        "tip",
        "capacity",
        "There is no hidden layer.",
        f"With one layer of weights, {case.right(_accuracy(case), 'validation', 1)}, and it hardly gets better.",
        "One layer can only add up evidence pixel by pixel: this pixel speaks for a 3, that one against it. A hidden layer first "
        "finds strokes and loops, and the last one decides from those."
        if case.plan.source.is_images
        else "One layer can only draw a straight line: each input adds its share, whatever the others are. A hidden layer bends "
        "the line, and lets inputs work together.",
        Mend("Add a hidden layer of 64", with_layers(case.run, mended)),
    )


def bottleneck(case: Case) -> Advice | None:
    """A hidden layer with fewer neurons than there are classes: all that is known must pass through it."""
    layers = case.run.network.layers
    dense = [index for index, layer in enumerate(layers) if isinstance(layer, Dense)]
    narrow = [i for i in dense[:-1] if layers[i].units < case.num_classes]  # type: ignore[attr-defined]
    if not narrow or len(case.epochs) < 2 or case.epochs[-1].train_accuracy > 0.9:
        return None
    units = layers[narrow[0]].units  # type: ignore[attr-defined]
    return Advice(
        "bottleneck",
        "tip",
        "capacity",
        "A layer is too narrow.",
        f"Layer {narrow[0] + 1} has {units} neuron{'s' * (units != 1)}, to tell {case.num_classes} classes apart. After epoch "
        f"{case.epochs[-1].epoch}, {case.right(case.epochs[-1].train_accuracy, 'training')}.",
        f"Everything that the last layer knows of {'an image' if case.thing == 'image' else f'a {case.thing}'} has to pass "
        "through each layer before it. What a narrow layer "
        "drops, no "
        "later layer can bring back.",
        Mend("Give it 32 neurons", with_layer(case.run, narrow[0], units=32)),
    )


def underfitting(case: Case) -> Advice | None:
    """Too small: wrong even about the images that it learns from, and it has stopped getting better."""
    hidden = [i for i, layer in enumerate(case.run.network.layers) if layer.weighted][:-1]
    if not hidden or not _has_settled(case) or case.skill(case.epochs[-1].train_accuracy) > 0.9:
        return None
    if case.is_number and case.thing == "row":
        return None  # a table seldom holds all that its number hangs on
    if case.training.augmentation or case.has_dropout or case.epochs[-1].train_accuracy - _accuracy(case) > GAP:
        return None
    wider = case.run
    for index in hidden:
        layer = wider.network.layers[index]
        field, most = ("units", 4096) if isinstance(layer, Dense) else ("filters", 512)
        if isinstance(layer, Dense | Conv2d):
            wider = with_layer(wider, index, **{field: min(most, 4 * getattr(layer, field))})
    return Advice(
        "underfitting",
        "tip",
        "capacity",
        "The network seems too small.",
        f"{_only(case.right(case.epochs[-1].train_accuracy, 'training', 1)).capitalize()}, and it hardly gets better: its "
        f"training loss fell from {case.epochs[-2].train_loss:.3f} to {case.epochs[-1].train_loss:.3f} in the last epoch.",
        "Each neuron, or filter, looks for one pattern. With too few of them there is not room enough for all that "
        f"{'the number hangs on' if case.is_number else 'tells the classes apart'}.",
        Mend("Make the hidden layers 4 times as wide", wider) if wider != case.run else None,
    )


def _has_settled(case: Case) -> bool:
    """Whether the training loss fell by less than 10 % in each of the last two epochs."""
    losses = [epoch.train_loss for epoch in case.epochs[-3:]]
    return len(case.epochs) >= 4 and bool(case.validated) and all(b > 0.9 * a for a, b in zip(losses, losses[1:], strict=False))


def _accuracy(case: Case) -> float:
    return case.validated[-1][1]


def _only(words: str) -> str:
    """The score in words, as of one that is low."""
    return words.replace("R² is ", "R² is only ") if words.startswith("R²") else f"only {words}"
