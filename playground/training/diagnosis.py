"""Why a loss stopped being a number, in words."""

from __future__ import annotations

from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.training.events import BatchesEnded


def diagnose(run: RunSpec, chunk: BatchesEnded, position: int) -> PlaygroundError:
    """The problem with batch `position` of `chunk`, whose loss is infinite or not a number."""
    optimizer = run.training.optimizer
    step = chunk.step - len(chunk.losses) + position + 1
    value = "infinite" if chunk.losses[position] in (float("inf"), float("-inf")) else "not a number (NaN)"
    mends = [f"Lower the learning rate, which was {chunk.learning_rate:g}: try {chunk.learning_rate / 10:g}"]
    if not run.dataset.normalise:
        mends.append("switch normalisation on")
    if getattr(optimizer, "momentum", 0.0) > 0.95:
        mends.append(f"lower the momentum of {optimizer.momentum:g} to 0.9")  # type: ignore[attr-defined]
    if run.training.loss.expects == "log-probabilities":
        mends.append("let the network end with log-softmax")
    return PlaygroundError(
        f"The loss became {value} at batch {step} of epoch {int(chunk.epoch) + (chunk.epoch % 1 > 0)}: the steps were so large "
        "that the weights ran away.",
        "The weights from just before are kept, so you can still look inside.",
        ", or ".join(mends) + ".",
    )
