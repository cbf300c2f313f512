"""Rules about the signal on its way through the layers: it dies, fades, or hits the ends of an activation."""

from __future__ import annotations

import math

from playground.advisor.advice import Advice
from playground.advisor.case import Case, percent
from playground.advisor.mending import he_start, rate_times, trained_longer
from playground.advisor.steps import LARGE_STEP
from playground.catalog.initialisations import HeNormal, HeUniform
from playground.catalog.losses import CrossEntropy
from playground.checks import check
from playground.edits import relu_instead, squeezing_layers, with_training
from playground.findings import Mend

DEAD, DEAD_AT_FIRST = 0.5, 0.4
SATURATED = 0.5
FEW_STEPS = 300
_STEEP = ("cross_entropy", "binary_cross_entropy_logits")  # losses that are steep where one guesses
FADED = 0.05  # of the last layer's gradient


def dead_neurons(case: Case) -> Advice | None:
    """Neurons with ReLU that were alive at first, and are 0 for every image now."""
    if not case.has() or case.skill(case.accuracy) > 0.9:
        return None
    first = {layer.layer: layer.dead_share for layer in case.history.measured[0].layers} if case.measured else {}
    died = {}
    for layer in case.hidden:
        shares = case.steady(layer.layer, "dead_share")
        if shares and min(shares) >= DEAD and (first.get(layer.layer) or 0.0) < DEAD_AT_FIRST:
            died[layer.layer] = shares[-1]
    if not died or case.first_step < LARGE_STEP:
        return None
    worst = max(died, key=lambda layer: died[layer])
    return Advice(
        "dead-neurons",
        "problem",
        "learning",
        "Neurons have died.",
        f"Layer {worst + 1}: {died[worst]:.0%} of the neurons were 0 for every {case.thing}. The first step had changed a layer "
        f"by {percent(case.first_step)} of its weights.",
        f"ReLU turns everything below 0 into 0. A step that was far too large can push a neuron below 0 for all {case.things}: "
        "then no error "
        "reaches it any more, and it never comes back. Smaller steps keep it alive.",
        rate_times(case.run, 0.1),
    )


def fading_gradient(case: Case) -> Advice | None:
    """The vanishing gradient (Hochreiter, 1991): the first layers get almost nothing of the error."""
    looks = case.history.measured[-3:]
    if not case.has() or case.skill(case.accuracy) > 0.5 or len(looks) < 2:
        return None
    frozen = case.training.frozen_layers
    norms = [[layer.gradient_norm for layer in look.layers if layer.layer not in frozen] for look in looks]
    if len(norms[0]) < 3 or not all(0 < each[-1] < math.inf and each[0] <= FADED * each[-1] for each in norms):
        return None
    layers = [layer.layer for layer in looks[-1].layers if layer.layer not in frozen]
    if any(min(case.steady(layer.layer, "dead_share"), default=0.0) >= 0.9 for layer in case.hidden):
        return None  # nothing can come through dead neurons
    squeezing = squeezing_layers(case.run)
    mend: Mend | None = None
    if squeezing:
        mend = Mend("Use ReLU in all layers", relu_instead(case.run))
        name = case.run.network.layers[squeezing[0]].activation_entry().title.lower()
        cause = (
            f"On its way back to the first layer the error signal is multiplied by each layer's slope. That of {name} is "
            "small, so "
            "after some layers hardly anything is left. ReLU has slope 1 wherever it lets something through."
        )
    else:
        if not isinstance(case.run.network.initialisation, HeNormal | HeUniform):
            mend = he_start(case.run)
        cause = (
            "On its way back to the first layer the error signal is multiplied by the weights of each layer. Small first "
            "weights make "
            "it smaller each time. He's first weights are drawn so large that it keeps its size."
        )
    times = min(each[-1] / each[0] if each[0] else math.inf for each in norms)
    weaker = f"{times:,.0f} times weaker than" if times < 1e9 else "nothing against"
    return Advice(
        "fading-gradient",
        "problem",
        "learning",
        "The gradient fades on its way to the first layers.",
        f"In layer {layers[0] + 1} the gradient is {weaker} in layer {layers[-1] + 1}; {case.right(case.accuracy)}.",
        cause,
        mend,
    )


def saturated(case: Case) -> Advice | None:
    """Sigmoids or tanhs that are stuck at the ends of their range."""
    if not case.has() or case.skill(case.accuracy) > 0.9:
        return None
    shares = {layer.layer: case.steady(layer.layer, "saturated_share") for layer in case.hidden}
    stuck = {layer: values[-1] for layer, values in shares.items() if values and min(values) >= SATURATED}
    if not stuck or case.first_step < LARGE_STEP:
        return None
    worst = max(stuck, key=lambda layer: stuck[layer])
    name = case.run.network.layers[worst].activation_entry().title.lower()
    return Advice(
        "saturated",
        "problem",
        "learning",
        f"The {name}s are stuck at their ends.",
        f"Layer {worst + 1}: {stuck[worst]:.0%} of the values lie at an end of the range. The first step had changed a layer by "
        f"{percent(case.first_step)} of its weights.",
        f"Far from 0 the curve of {name} is flat. There, a weight may change as it likes, and the output stays the same: no "
        "slope, no "
        "learning. Smaller steps keep the values in the middle.",
        rate_times(case.run, 0.1),
    )


def only_guessing(case: Case) -> Advice | None:
    """Nothing was learned, and no other rule knows why."""
    if not case.only_guesses or not (case.has(300) or (case.is_over and case.has())) or not case.epochs:
        return None
    training = case.training
    mend: Mend | None = None
    if not case.is_number and training.loss.kind not in _STEEP:  # type: ignore[attr-defined]
        mended = with_training(case.run, loss=CrossEntropy())
        ending = next(
            (f.mend.run for f in check(mended).findings if f.mend and f.layer == len(mended.network.layers) - 1), mended
        )
        mend = Mend("Use cross-entropy as the loss", ending)
    hurried = mend is None and case.history.step < FEW_STEPS and case.epochs[-1].train_loss < case.epochs[0].train_loss
    if hurried:
        mend = trained_longer(case.run, case.history.step)
    return Advice(
        "only-guessing",
        "problem",
        "learning",
        "It learned nothing so far.",
        f"In the last batches {case.right(case.accuracy)}; {_guessing(case)}. The loss was "
        f"{case.start_loss:.3f} at first and is {case.loss:.3f} now.",
        f"Learning took only {case.history.step:,} steps, one a batch, and the loss was still on its way down. Of few "
        f"{case.things}, an epoch has few batches: such a set needs many epochs."
        if hurried
        else "It has found nothing yet that goes along with the number that it should tell. Steps that are far too small or far "
        "too large do that; or what it sees says nothing about the number."
        if case.is_number
        else "The loss is what the network goes by: it has to fall when answers get better. Cross-entropy punishes confident "
        "wrong answers strongly, which gives a steep way down from pure guessing; other losses are nearly flat there.",
        mend,
    )


def _guessing(case: Case) -> str:
    """What knows nothing gets, in words."""
    if case.is_number:
        return "always telling the mean has 0"
    if case.num_classes == 2:
        return f"always the same answer gets {case.chance:.0%}"
    return f"guessing gets {1 / case.num_classes:.0%}"
