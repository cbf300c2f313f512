"""Why a run's numbers ran away, in words."""

from __future__ import annotations

import math

from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.training.events import RunFailed

_RAN_AWAY = "the steps were so large that the weights ran away"


class Diverged(Exception):
    """A number of the run is infinite or not a number; the message tells which one became so, and where."""


def in_words(value: float) -> str:
    """What to call a value that is not finite."""
    return "not a number (NaN)" if math.isnan(value) else "infinite"


def diagnose(run: RunSpec, trouble: str, learning_rate: float) -> PlaygroundError:
    """The trouble with its likely cause and mends; `learning_rate` is that of the last step."""
    momentum = getattr(run.training.optimizer, "momentum", 0.0)
    mends = [f"Lower the learning rate, which was {learning_rate:g}: try {learning_rate / 10:g}"]
    if not run.dataset.normalise:
        mends.append("switch normalisation on")
    if momentum > 0.95:
        mends.append(f"lower the momentum of {momentum:g} to 0.9")
    if run.training.loss.expects == "log-probabilities":
        mends.append("let the network end with log-softmax")
    return PlaygroundError(
        f"{trouble}: {_RAN_AWAY}.",
        "The weights from just before are kept, so you can still look inside.",
        ", or ".join(mends) + ".",
    )


def ran_away(failed: RunFailed) -> bool:
    """Whether that is why a run failed; a run may also lose its worker, or its data."""
    return _RAN_AWAY in failed.what
