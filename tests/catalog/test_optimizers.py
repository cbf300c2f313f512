"""Every optimizer against the class of torch that its source names, on real digits."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from examples import all_examples, digits, name_of
from torch import nn

from playground.catalog import OPTIMIZERS
from playground.catalog.optimizers import SGD, AdamW, NAdam, OptimizerEntry, RMSprop

every_optimizer = pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
every_example = pytest.mark.parametrize("optimizer", all_examples("optimizer"), ids=name_of)

IMAGES, LABELS = digits(48)


def small_network() -> nn.Sequential:
    torch.manual_seed(4)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.Tanh(), nn.Linear(12, 10))


def take_steps(network: nn.Sequential, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(IMAGES), LABELS)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses


@every_optimizer
def test_steps_on_real_digits_lower_the_loss_with_the_settings_that_it_comes_with(entry: type[OptimizerEntry]) -> None:
    network = small_network()
    losses = take_steps(network, entry().build(network.parameters()), 8)
    assert losses[-1] < losses[0]


@every_example
def test_one_step_moves_every_weight_tensor(optimizer: OptimizerEntry) -> None:
    network = small_network()
    before = [parameter.detach().clone() for parameter in network.parameters()]
    take_steps(network, optimizer.build(network.parameters()), 1)
    assert all(not torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))


@every_example
def test_the_pytorch_source_takes_the_same_steps(optimizer: OptimizerEntry) -> None:
    ours, theirs = small_network(), small_network()
    written = eval(optimizer.pytorch_source(), {"torch": torch, "network": theirs})
    ours_losses = take_steps(ours, optimizer.build(ours.parameters()), 3)
    their_losses = take_steps(theirs, written, 3)
    assert [repr(loss) for loss in ours_losses] == [repr(loss) for loss in their_losses]


def test_sgd_steps_are_the_textbooks() -> None:
    network = small_network()
    weight = network[1].weight
    optimizer = SGD(learning_rate=0.2, momentum=0.5, weight_decay=0.1).build(network.parameters())
    velocity = torch.zeros_like(weight)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(network(IMAGES), LABELS).backward()
        assert weight.grad is not None
        velocity = 0.5 * velocity + weight.grad + 0.1 * weight.detach()
        wanted = weight.detach() - 0.2 * velocity
        optimizer.step()
        assert torch.allclose(weight, wanted, atol=1e-6)


def test_nesterov_without_momentum_is_plain_descent_and_with_it_is_not() -> None:
    def losses(**options: object) -> list[float]:
        network = small_network()
        return take_steps(network, SGD(**options).build(network.parameters()), 4)

    assert losses(nesterov=True) == losses()
    assert losses(nesterov=True, momentum=0.9) != losses(momentum=0.9)


def test_adamw_decays_apart_from_the_gradient() -> None:
    network = small_network()
    weight = network[1].weight
    before = weight.detach().clone()
    optimizer = AdamW(learning_rate=0.01, weight_decay=0.5).build([weight])
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    assert torch.allclose(weight, before * (1 - 0.01 * 0.5))


@every_optimizer
def test_all_settings_can_change_between_two_steps(entry: type[OptimizerEntry]) -> None:
    """As if torch's own groups had been written to; a momentum of 0 may become another and go back."""
    network = small_network()
    start = entry(momentum=0.0) if "momentum" in entry.model_fields else entry()
    optimizer = start.build(network.parameters())
    take_steps(network, optimizer, 2)
    changes: dict[str, float] = {"learning_rate": 0.003, "weight_decay": 0.01}
    if "momentum" in entry.model_fields:
        changes["momentum"] = 0.8
    for settings in (changes, {**changes, "learning_rate": 0.001}):
        changed = start.model_copy(update=settings)
        changed.apply_to(optimizer)
        group = optimizer.param_groups[0]
        assert {name: group[name] for name in changed.options()} == changed.options()
        assert all(torch.isfinite(torch.tensor(take_steps(network, optimizer, 2))))
    start.apply_to(optimizer)
    take_steps(network, optimizer, 1)


def test_momentum_that_comes_later_starts_from_rest() -> None:
    network = small_network()
    weight = network[1].weight
    optimizer = RMSprop(alpha=0.0, learning_rate=0.01).build([weight])
    for momentum in (0.0, 0.9):
        RMSprop(alpha=0.0, learning_rate=0.01, momentum=momentum).apply_to(optimizer)
        before = weight.detach().clone()
        weight.grad = torch.ones_like(weight)
        optimizer.step()
        # The gradient over its own size is 1, so either is a step of the learning rate.
        assert torch.allclose(before - weight, torch.full_like(weight, 0.01), atol=1e-6)


@every_optimizer
def test_the_memory_estimate_counts_the_states_that_torch_keeps(entry: type[OptimizerEntry]) -> None:
    network = small_network()
    full = entry(momentum=0.9) if "momentum" in entry.model_fields else entry()
    optimizer = full.build(network.parameters())
    take_steps(network, optimizer, 1)
    weight = network[1].weight
    kept = [v for v in optimizer.state[weight].values() if isinstance(v, torch.Tensor) and v.shape == weight.shape]
    assert len(kept) == entry.states


def test_a_kept_state_is_all_that_goes_on_needs_for_nadam() -> None:
    """NAdam multiplies its momentums up as it goes; that product is a part of its state."""
    network = small_network()
    optimizer = NAdam().build(network.parameters())
    take_steps(network, optimizer, 3)
    assert "mu_product" in optimizer.state[network[1].weight]
