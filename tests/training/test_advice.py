from __future__ import annotations

import pytest

from playground.catalog.presets import preset
from playground.training.advice import advice
from playground.training.history import History

RUN = preset("two-layers-sgd").run  # its learning rate is 0.05


def history(losses: list[float], accuracy: float, status: str = "finished") -> History:
    return History(status=status, batch_loss=losses, batch_accuracy=[accuracy] * len(losses))


def test_a_loss_that_shot_up_is_blamed_on_the_learning_rate() -> None:
    words = advice(RUN, history([2.3, 118_962.0, *[2.4] * 98], 0.1), 10)
    assert words and "118,962" in words and "0.05" in words and "0.005" in words


def test_a_loss_that_never_moved_suggests_a_larger_rate_or_other_layers() -> None:
    words = advice(RUN, history([2.3] * 100, 0.11), 10)
    assert words and "larger learning rate" in words and "ReLU" in words


@pytest.mark.parametrize(
    "given",
    [
        history([2.3, *[0.3] * 99], 0.9),
        history([2.3] * 100, 0.1, status="running"),
        history([2.3] * 10, 0.1, status="stopped"),
        history([], 0.0, status="stopped"),
    ],
    ids=["has learned", "still runs", "was stopped at once", "never began"],
)
def test_there_is_no_advice_where_none_is_needed(given: History) -> None:
    assert advice(RUN, given, 10) is None


def test_what_is_no_better_than_guessing_depends_on_the_number_of_classes() -> None:
    assert advice(RUN, history([3.2] * 100, 0.1), 26) is None
    assert advice(RUN, history([3.2] * 100, 0.04), 26)
