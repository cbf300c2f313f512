"""Rules about the steps: too large, too small, too few, too rough."""

from __future__ import annotations

from playground.advisor.advice import Advice
from playground.advisor.case import Case, mean, percent
from playground.advisor.mending import batches_of, rate_times
from playground.catalog.layers import BatchNorm
from playground.catalog.schedules import Constant, Cosine
from playground.edits import with_training
from playground.findings import Mend
from playground.training.diagnosis import ran_away

SHOT_UP = 3.0  # times the first loss
LARGE_STEP = 0.25  # of a layer's weights, at once
TINY_STEP, STILL_LARGE = 5e-4, 2e-3  # of a layer's weights
HIGH_MOMENTUM = 0.95
FEW_STEPS = 8  # an epoch
MANY_STEPS = 2000  # in all: then it does not matter how many epochs they make
NOISY_BATCH = 4
GONE = 0.02  # of the learning rate

_TOO_LARGE = (
    "Each step follows the slope under the network's feet. The slope holds only nearby: who leaps too far lands higher up on "
    "the other side of the valley, and leaps farther still the next time."
)


def diverged(case: Case) -> Advice | None:
    failed = case.history.failed
    if failed is None or not ran_away(failed):
        return None
    return Advice(
        "diverged",
        "problem",
        "learning",
        "The numbers ran away.",
        f"After {failed.step:,} batch{'es' * (failed.step != 1)} the loss was no finite number any more, with a learning rate of "
        f"{case.rate:g}.",
        _TOO_LARGE,
        rate_times(case.run, 0.1),
    )


def high_momentum(case: Case) -> Advice | None:
    optimizer = case.training.optimizer
    momentum = getattr(optimizer, "momentum", 0.0)
    if momentum <= HIGH_MOMENTUM or not case.has() or (case.loss < 0.9 * case.start_loss and case.peak < 1.2 * case.start_loss):
        return None
    return Advice(
        "high-momentum",
        "problem",
        "learning",
        "The momentum is so high that it overshoots.",
        f"With a momentum of {momentum:g}, a step is a sum over about {1 / (1 - momentum):.0f} batches. The loss rose to "
        f"{case.peak:.2f} from {case.start_loss:.2f}, and is {case.loss:.2f} now.",
        "Momentum is like a heavy ball: it rolls on in the direction of the last steps. With too much of it, it cannot stop "
        "at the "
        "bottom and rolls up the other side.",
        Mend("Lower the momentum to 0.9", with_training(case.run, optimizer=optimizer.model_copy(update={"momentum": 0.9}))),
    )


def exploding(case: Case) -> Advice | None:
    """The loss shot up, and has not come back."""
    if not case.has() or case.peak < SHOT_UP * case.start_loss or case.start_loss <= 0:
        return None
    if not case.only_guesses and case.loss < 2 * case.start_loss:
        return None
    return Advice(
        "exploding",
        "problem",
        "learning",
        "It learned nothing: the steps are far too large." if case.only_guesses else "The loss exploded.",
        f"The loss was {case.start_loss:.2f} at first, shot up to {case.peak:,.0f}, and is {case.loss:,.2f} now. The learning "
        "rate is "
        f"{case.rate:g}.",
        _TOO_LARGE,
        rate_times(case.run, 0.1),
    )


def rate_too_high(case: Case) -> Advice | None:
    """A step too large for the weights that it changes; or steps that go on and on, and lead nowhere."""
    if not case.has() or case.skill(case.accuracy) > 0.9:
        return None
    least = min(case.step_sizes, default=0.0)
    largest, losses = max(case.first_step, least), [epoch.train_loss for epoch in case.epochs]
    if largest >= LARGE_STEP:
        seen = f"One step changed a layer by {percent(largest)} of its weights; about 1% is usual."
    elif len(losses) >= 3 and mean(losses[-2:]) > 0.95 * losses[0] and least > STILL_LARGE and case.skill(case.accuracy) < 0.5:
        seen = (
            f"The training loss was {losses[0]:.3f} in epoch {case.epochs[0].epoch} and is {losses[-1]:.3f} now, though every "
            f"step still changes a layer by {least:.1%} of its weights."
        )
    else:
        return None
    mend = rate_times(case.run, 0.1)
    return Advice(
        "rate-too-high",
        "tip" if case.skill(case.accuracy) > 0.5 else "problem",
        "learning",
        "The learning rate seems too high.",
        f"{seen} In the last batches {case.right(case.accuracy)}, with a loss of {case.loss:.2f}.",
        _TOO_LARGE,
        mend,
        mend if case.history.is_active else None,
    )


def rate_too_low(case: Case) -> Advice | None:
    """It goes downhill, but in tiny steps."""
    now = case.step_sizes
    if (
        not case.has()
        or not 0 < max(now, default=0.0) <= TINY_STEP
        or case.skill(case.accuracy) > 0.5
        or case.loss < 0.7 * case.start_loss
    ):
        return None
    if case.history.learning_rate is not None and case.history.learning_rate < 0.5 * case.rate:
        return None  # the schedule made it small
    mend = rate_times(case.run, 10)
    return Advice(
        "rate-too-low",
        "problem",
        "learning",
        "The learning rate seems too low.",
        f"A step changes the weights by {100 * max(now):.1g}% at most; about 1% is usual. In {case.history.step:,} batches the "
        f"loss went from {case.start_loss:.3f} to {case.loss:.3f} only.",
        "Each step goes a little downhill. With tiny steps the direction is right, but the way takes for ever.",
        mend,
        mend if case.history.is_active else None,
    )


def rate_gone(case: Case) -> Advice | None:
    """The schedule took the rate away long before the end."""
    if isinstance(case.training.schedule, Constant | Cosine) or len(case.epochs) < 2 or case.history.learning_rate is None:
        return None
    share = case.history.learning_rate / case.rate
    planned = case.training.epochs
    faded = next((epoch.epoch for epoch in case.epochs if epoch.learning_rate < GONE * case.rate), planned)
    if share > GONE or faded > 0.7 * planned or case.skill(case.epochs[-1].train_accuracy) > 0.97:
        return None
    return Advice(
        "rate-gone",
        "tip",
        "learning",
        "The schedule stopped the learning too early.",
        f"By epoch {faded} of {planned} the learning rate had fallen from {case.rate:g} to under {GONE:.0%} of it. Since then "
        "the "
        f"training loss went from {next(e for e in case.epochs if e.epoch == faded).train_loss:.3f} to "
        f"{case.epochs[-1].train_loss:.3f}.",
        "A falling rate helps the network to settle. When it falls too soon, the network settles on the way down, far from "
        "the valley.",
        Mend("Let it fall along a cosine", with_training(case.run, schedule=Cosine())),
    )


def tiny_batches(case: Case) -> Advice | None:
    size = case.training.batch_size
    if size > NOISY_BATCH or not case.has(200) or case.skill(case.accuracy) > 0.9:
        return None
    losses = case.losses(200)
    average = mean(losses)
    spread = mean([(loss - average) ** 2 for loss in losses]) ** 0.5
    normalised = any(isinstance(layer, BatchNorm) for layer in case.run.network.layers)
    if spread < 0.25 * average and not normalised:
        return None
    return Advice(
        "tiny-batches",
        "tip",
        "learning",
        "The batches are tiny, and the steps go here and there.",
        f"With {size} {case.thing}{'s' * (size != 1)} a batch, the loss jumps by ±{spread:.2f} around {average:.2f} from one "
        "batch to the next.",
        f"A step is drawn from a batch's {case.things} alone. A few {case.things} are a poor picture of all, so one step undoes "
        "the other. "
        "The mean over 32 points more reliably downhill." + " BatchNorm, too, needs a batch to compare with." * normalised,
        batches_of(case.run, 32),
    )


def huge_batches(case: Case) -> Advice | None:
    """So few steps an epoch that hardly anything is learned."""
    started, size = case.history.started, case.training.batch_size
    if started is None or len(case.epochs) < 2 or case.skill(case.epochs[-1].train_accuracy) > 0.95 or size <= 64:
        return None
    steps = -(-started.train_size // size)
    if steps > FEW_STEPS or case.history.step > MANY_STEPS:
        return None
    fitting = 32 if started.train_size >= 10 * 32 else 8
    mend = batches_of(case.run, fitting)
    return Advice(
        "huge-batches",
        "tip",
        "learning",
        f"The batches are too large for so few {case.things}.",
        f"{size:,} of {started.train_size:,} {case.things} a batch make {steps} step{'s' * (steps != 1)} an epoch: "
        f"{case.history.step:,} steps "
        f"so far; {case.right(case.epochs[-1].train_accuracy)}.",
        f"The network learns once a batch, whatever its size. Smaller batches give many more steps from the same {case.things} "
        f"in about the same time: {-(-started.train_size // fitting)} an epoch with {fitting} {case.things} each.",
        mend,
        mend if case.history.is_active else None,
    )


def plateau(case: Case) -> Advice | None:
    """The loss stopped falling, well above 0, and the steps are still large."""
    epochs = case.epochs
    if not isinstance(case.training.schedule, Constant) or len(epochs) < 6 or case.only_guesses:
        return None
    before, now = (mean([epoch.train_loss for epoch in part]) for part in (epochs[-6:-3], epochs[-3:]))
    if (
        now < 0.95 * before
        or case.skill(max(epoch.train_accuracy for epoch in epochs[-6:])) > 0.97
        or min(case.step_sizes, default=1.0) < STILL_LARGE
    ):
        return None
    mend = rate_times(case.run, 0.2)
    return Advice(
        "plateau",
        "tip",
        "learning",
        "It does not get better any more: a plateau.",
        f"In the last 3 epochs the training loss was {now:.3f} on average, in the 3 before {before:.3f}. The learning rate is "
        "still "
        f"{case.rate:g}.",
        "Near the bottom of the valley, large steps jump to and fro over it. Smaller ones go down the last bit.",
        mend,
        mend if case.history.is_active else None,
    )
