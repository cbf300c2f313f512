"""What to try after a run that ended well and yet learned nothing."""

from __future__ import annotations

from playground.spec import RunSpec
from playground.training.history import History

JUDGED_BATCHES = 50
NO_BETTER_THAN_GUESSING = 1.5  # times the accuracy of guessing
SHOT_UP = 3.0  # times the first loss


def advice(run: RunSpec, history: History, num_classes: int) -> str | None:
    """A sentence or two about an ended run whose readings are no better than guessing; None about any other.

    Args:
        num_classes: guessing reads one image of so many right.
    """
    recent = history.batch_accuracy[-JUDGED_BATCHES:]
    if history.is_active or history.failed or len(recent) < JUDGED_BATCHES:
        return None
    if sum(recent) / len(recent) > NO_BETTER_THAN_GUESSING / num_classes:
        return None
    rate = run.training.optimizer.learning_rate
    highest = max(history.batch_loss)
    if highest > SHOT_UP * history.batch_loss[0]:
        return (
            f"It learned nothing: the steps were so large that the loss shot up to {highest:,.0f}, and the weights never "
            f"recovered. Lower the learning rate, which is {rate:g}: try {rate / 10:g}."
        )
    return (
        "It learned nothing so far: its readings are no better than guessing. More epochs may help, or a larger learning rate "
        f"(it is {rate:g}), fewer layers, or ReLU where it has sigmoid or tanh."
    )
