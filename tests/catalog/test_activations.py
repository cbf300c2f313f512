"""Every activation against its formula, written out here by hand."""

from __future__ import annotations

import pytest
import torch
from examples import all_examples, name_of
from torch import Tensor, nn

from playground.catalog import ACTIVATIONS
from playground.catalog.activations import ELU, ActivationEntry, LeakyReLU

every_example = pytest.mark.parametrize("activation", all_examples("activation"), ids=name_of)

INPUTS = torch.linspace(-6, 6, 60).reshape(6, 10)


def by_hand(activation: ActivationEntry, x: Tensor) -> Tensor:
    x = x.double()
    exponentials = x.exp() / x.exp().sum(1, keepdim=True)
    formulas = {
        "identity": lambda: x,
        "relu": lambda: x * (x > 0),
        "leaky_relu": lambda: torch.where(x > 0, x, _slope(activation) * x),
        "elu": lambda: torch.where(x > 0, x, _alpha(activation) * (x.exp() - 1)),
        "gelu": lambda: x * (1 + torch.special.erf(x / 2**0.5)) / 2,
        "silu": lambda: x / (1 + (-x).exp()),
        "sigmoid": lambda: 1 / (1 + (-x).exp()),
        "tanh": lambda: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
        "softmax": lambda: exponentials,
        "log_softmax": lambda: exponentials.log(),
        "softplus": lambda: (1 + x.exp()).log(),
    }
    return formulas[activation.kind]()  # type: ignore[attr-defined]


def _slope(activation: ActivationEntry) -> float:
    assert isinstance(activation, LeakyReLU)
    return activation.negative_slope


def _alpha(activation: ActivationEntry) -> float:
    assert isinstance(activation, ELU)
    return activation.alpha


@every_example
def test_an_activation_computes_its_formula(activation: ActivationEntry) -> None:
    outputs = activation.module()(INPUTS)
    assert outputs.dtype == torch.float32
    assert torch.allclose(outputs.double(), by_hand(activation, INPUTS), atol=1e-5)


@every_example
def test_the_pytorch_source_computes_the_same(activation: ActivationEntry) -> None:
    written = eval(activation.pytorch_source(), {"nn": nn})
    assert torch.equal(written(INPUTS), activation.module()(INPUTS))


@every_example
def test_an_activation_keeps_the_shape_of_images_and_lists(activation: ActivationEntry) -> None:
    for shape in ((4, 7), (4, 3, 5, 5)):
        assert activation.module()(torch.zeros(shape)).shape == shape


def test_only_the_identity_is_called_linear() -> None:
    for entry in ACTIVATIONS.values():
        module = entry().module()
        doubled, twice = module(2 * INPUTS), 2 * module(INPUTS)
        assert entry.linear == torch.allclose(doubled, twice, atol=1e-6) or entry.__name__ in ("ReLU", "LeakyReLU")
        assert entry.linear == (entry.__name__ == "Identity")


def test_what_saturates_has_no_slope_left_far_from_zero() -> None:
    for entry in ACTIVATIONS.values():
        far = torch.tensor([[-30.0, 30.0]], requires_grad=True)
        entry().module()(far).sum().backward()
        assert far.grad is not None
        if entry.output == "any":
            assert entry.saturates == bool((far.grad.abs() < 1e-6).all()), entry.title


def test_outputs_called_probabilities_add_up_to_1() -> None:
    for entry in ACTIVATIONS.values():
        outputs = entry().module()(INPUTS)
        if entry.output == "log-probabilities":
            outputs = outputs.exp()
        adds_up = torch.allclose(outputs.sum(1), torch.ones(len(INPUTS)), atol=1e-5)
        assert adds_up == (entry.output != "any"), entry.title
