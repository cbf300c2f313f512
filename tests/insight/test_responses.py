"""What optimizers make of given gradients."""

from __future__ import annotations

import numpy as np
import pytest

from playground.catalog import OPTIMIZERS
from playground.catalog.optimizers import SGD, Adam, OptimizerEntry
from playground.insight.responses import KICKS, PATTERNS, STEPS, respond

optimizers = pytest.mark.parametrize("optimizer", [entry() for entry in OPTIMIZERS.values()], ids=list(OPTIMIZERS))


@optimizers
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_response_begins_at_0_and_tells_every_step(optimizer: OptimizerEntry, pattern: str) -> None:
    response = respond(optimizer, pattern, 0.5)
    assert response.weights[0] == 0 and response.weights.shape == (STEPS + 1,)
    assert response.gradients.shape == response.steps.shape == (STEPS,)
    assert np.isfinite(response.weights).all()
    assert np.allclose(np.cumsum(response.steps), response.weights[1:])


def test_plain_steps_are_the_rate_times_the_gradient() -> None:
    for pattern in PATTERNS:
        response = respond(SGD(learning_rate=0.2), pattern, 3.0)
        assert np.allclose(response.steps, -0.2 * response.gradients)


def test_momentum_rolls_on_where_there_is_no_gradient_any_more() -> None:
    response = respond(SGD(learning_rate=1.0, momentum=0.5), "kick", 1.0)
    by_hand = [-sum(0.5 ** (step - kick) for kick in range(min(step + 1, KICKS))) for step in range(STEPS)]
    assert np.allclose(response.steps, by_hand)


def test_the_size_of_gradients_does_not_matter_to_adam() -> None:
    small, large = (respond(Adam(), "steady", size).steps for size in (0.01, 100.0))
    assert np.allclose(small, large, rtol=1e-4)
    assert np.allclose(large, -0.001)
