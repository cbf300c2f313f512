"""The network that the trainer computes is the learner's own, to the bit."""

from __future__ import annotations

import torch
from torch import nn

from playground.training.fast_path import fast_path


def make() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Flatten(), nn.Linear(100, 10),
    )  # fmt: skip


def test_outputs_and_gradients_are_those_of_the_plain_order_to_the_bit() -> None:
    images, plain, quick = torch.randn(16, 1, 28, 28), make(), make()
    fast = fast_path(quick)
    assert [type(module) for module in fast][:3] == [nn.Conv2d, nn.MaxPool2d, nn.ReLU]
    for network, compute in ((plain, plain), (quick, fast)):
        outputs = compute(images)
        network.outputs = outputs.detach()
        outputs.square().mean().backward()
    assert torch.equal(plain.outputs, quick.outputs)
    for expected, found in zip(plain.parameters(), quick.parameters(), strict=True):
        assert torch.equal(expected.grad, found.grad)


def test_a_relu_that_stands_elsewhere_stays_where_it_is() -> None:
    network = nn.Sequential(nn.ReLU(), nn.AvgPool2d(2), nn.ReLU(), nn.Flatten(), nn.Tanh())
    assert fast_path(network) is network
