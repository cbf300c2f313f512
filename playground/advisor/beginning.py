"""Rules about what is wrong from the first batch on: the network's ending, its first weights, its input, its classes."""

from __future__ import annotations

import math

from playground.advisor.advice import Advice
from playground.advisor.case import Case
from playground.advisor.mending import he_start, more_images
from playground.catalog.initialisations import Normal, Zeros
from playground.edits import with_dataset
from playground.findings import Mend
from playground.rules import loss_and_ending
from playground.training_rules import examples_to_train_on

LOUD_START = 5.0  # times the loss of guessing
UNEVEN = 3  # the commonest class has so many times the images of the rarest
FIRST_PIXELS = 1000


def softmax_twice(case: Case) -> Advice | None:
    """The finding about the network's ending that stood there before training, now with what came of it."""
    finding = next(loss_and_ending(case.plan), None)
    if finding is None or finding.mend is None or finding.severity == "error" or not case.has():
        return None
    ending = case.run.network.layers[-1].activation_entry()
    evidence = f"In the last batches the loss was {case.loss:.2f}; {case.right(case.accuracy)}."
    many = case.training.loss.num_outputs(case.num_classes) > 1
    if many and case.training.loss.expects == "logits" and ending.output == "probabilities":
        lowest = math.log(math.e + case.num_classes - 1) - 1
        evidence += f" With softmax applied twice it can never fall below {lowest:.2f}, however good the network gets."
    return Advice(
        "softmax-twice",
        "problem",
        "ending",
        finding.message.partition(":")[0].rstrip(".") + ".",
        evidence,
        "The right numbers lie on both sides of 0, near and far. A function at the end cuts some of them off, and the network "
        "can never say these."
        if case.is_number
        else "The loss turns the last layer's numbers into probabilities by itself. A function before it squeezes those numbers, "
        "so the network can never say that it is sure, and the error signal that it learns from becomes weak.",
        finding.mend,
    )


def all_alike(case: Case) -> Advice | None:
    """Neurons that began alike get the same steps, and stay alike."""
    start = case.run.network.initialisation
    constant = isinstance(start, Zeros) or (isinstance(start, Normal) and start.standard_deviation == 0)
    hidden = sum(layer.weighted for layer in case.run.network.layers) - 1
    if not constant or hidden < 1 or not case.has() or case.skill(case.accuracy) > 0.6:
        return None
    moved = [each.update_ratio for each in case.hidden]
    still = " The layers before the last one have not moved at all." if moved and max(moved) == 0 else ""
    return Advice(
        "all-alike",
        "problem",
        "learning",
        "All neurons of a layer began with the same weights.",
        f"The loss began at {case.start_loss:.2f} and is {case.loss:.2f} now; {case.right(case.accuracy)}.{still}",
        "Neurons that begin alike see the same, get the same steps, and stay alike for ever: a hundred of them are worth one. "
        "Random first weights make each neuron look for something else.",
        he_start(case.run),
    )


def loud_start(case: Case) -> Advice | None:
    """First weights so large that the untrained network is sure of its wrong answers."""
    if not case.history.batch_loss or case.history.epochs[3:] or case.history.changes:
        return None
    if case.is_number and not case.run.dataset.normalise:
        return None  # the loss is in the square of the target's own unit
    guessing = 1.0 if case.is_number else math.log(case.num_classes)
    if case.start_loss < LOUD_START * guessing or not (case.has(FEWEST_BATCHES) or case.history.failed):
        return None
    return Advice(
        "loud-start",
        "problem",
        "learning",
        "The first weights were too large.",
        f"Before it had learned anything, the loss was {case.start_loss:.1f}; "
        f"{'always telling the mean has about' if case.is_number else 'pure guessing has'} {guessing:.1f}.",
        "With large first weights the untrained network is very sure, and mostly wrong. It spends its time on unlearning that. "
        "Weights drawn to fit the size of each layer begin with careful guesses.",
        he_start(case.run),
    )


FEWEST_BATCHES = 20


def raw_pixels(case: Case) -> Advice | None:
    if case.run.dataset.normalise or not case.epochs or case.thing == "point":
        return None
    what = "pixels" if case.plan.source.is_images else "columns"
    seen = "as numbers from 0 to 1" if case.plan.source.is_images else "in their own units, one in the thousands, another below 1"
    last = case.epochs[-1]
    loss, accuracy = case.validated[-1] if case.validated else (last.train_loss, last.train_accuracy)
    return Advice(
        "raw-pixels",
        "tip",
        "pixels",
        f"The {what} are not normalised.",
        f"They go in {seen}. After epoch {last.epoch} the loss is {loss:.3f}; {case.right(accuracy, digits=1)}.",
        "When all inputs lie on one side of 0, all weights of a neuron are pushed the same way at once, and learning zigzags. "
        "Shifted to mean 0 and scaled to spread 1, the same network learns faster.",
        Mend(f"Normalise the {what}", with_dataset(case.run, normalise=True)),
    )


def uneven_classes(case: Case) -> Advice | None:
    """Some classes have far fewer images than others, which happens in small training sets."""
    if case.run.dataset.one_class is not None:
        return None  # the question itself makes them so
    counts = case.class_counts if case.has(FEWEST_BATCHES) else ()
    if not counts or max(counts) < UNEVEN * min(counts):
        return None
    names = case.plan.source.class_names
    rare, common = counts.index(min(counts)), counts.index(max(counts))
    return Advice(
        "uneven-classes",
        "tip",
        "classes",
        "Some classes are much rarer than others.",
        f"It learns from {counts[rare]} {case.thing}{'s' * (counts[rare] != 1)} of “{names[rare]}”, but {counts[common]} of "
        f"“{names[common]}”.",
        "What is rare in training is rarely answered: the network does well by betting on what it sees often. "
        f"More {case.things} even that out.",
        more_images(case.run, images_to_train_on_all(case), case.things),
    )


def images_to_train_on_all(case: Case) -> int:
    """How many there are when the training size is not limited."""
    return examples_to_train_on(
        type(case.plan)(with_dataset(case.run, training_size=None), case.plan.source, (), case.plan.totals)
    )
