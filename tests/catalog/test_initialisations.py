"""Every initialisation against the variance that its paper gives."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from examples import all_examples, name_of
from torch import Tensor, nn

from playground.catalog import INITIALISATIONS
from playground.catalog.initialisations import InitialisationEntry

every_example = pytest.mark.parametrize("initialisation", all_examples("initialisation"), ids=name_of)


def filled(initialisation: InitialisationEntry, shape: tuple[int, ...], seed: int = 1) -> Tensor:
    weight = torch.full(shape, float("nan"))
    initialisation.fill(weight, torch.Generator().manual_seed(seed))
    return weight


def variance(initialisation: Any, inputs: int, outputs: int) -> float:
    return {
        "default": lambda: 1 / (3 * inputs),
        "he_normal": lambda: 2 / inputs,
        "he_uniform": lambda: 2 / inputs,
        "xavier_normal": lambda: 2 / (inputs + outputs),
        "xavier_uniform": lambda: 2 / (inputs + outputs),
        "normal": lambda: initialisation.standard_deviation**2,
        "zeros": lambda: 0.0,
    }[initialisation.kind]()


@every_example
def test_mean_and_variance_are_those_of_the_formula(initialisation: InitialisationEntry) -> None:
    # A kernel's window belongs to the inputs and to the outputs.
    for shape, inputs, outputs in (((300, 200), 200, 300), ((64, 32, 5, 5), 32 * 25, 64 * 25)):
        weight = filled(initialisation, shape)
        wanted = variance(initialisation, inputs, outputs)
        assert float(weight.var()) == pytest.approx(wanted, rel=0.04, abs=1e-12)
        assert abs(float(weight.mean())) <= 4 * math.sqrt(wanted / weight.numel())


@every_example
def test_uniform_draws_end_sharply_and_normal_ones_do_not(initialisation: InitialisationEntry) -> None:
    weight = filled(initialisation, (400, 300))
    if "zero" in initialisation.kind or not weight.any():  # type: ignore[attr-defined]
        return
    reach = float(weight.abs().max() / weight.std())
    is_uniform = initialisation.kind in ("default", "he_uniform", "xavier_uniform")  # type: ignore[attr-defined]
    assert reach == pytest.approx(math.sqrt(3), rel=0.02) if is_uniform else reach > 3.5


@every_example
def test_the_draws_come_from_the_generator_alone(initialisation: InitialisationEntry) -> None:
    torch.manual_seed(1)
    first = filled(initialisation, (30, 20))
    torch.manual_seed(2)
    assert torch.equal(first, filled(initialisation, (30, 20)))
    if first.any():
        assert not torch.equal(first, filled(initialisation, (30, 20), seed=2))


@every_example
def test_the_pytorch_source_fills_the_same(initialisation: InitialisationEntry) -> None:
    source = initialisation.pytorch_source()
    assert bool(source) != initialisation.keeps_default
    if source:
        weight = torch.empty(30, 20)
        eval(source, {"nn": nn, "weight": weight, "generator": torch.Generator().manual_seed(1)})
        assert torch.equal(weight, filled(initialisation, (30, 20)))


def test_the_default_is_the_one_that_torchs_layers_use() -> None:
    (entry,) = [entry for entry in INITIALISATIONS.values() if entry.keeps_default]
    torch.manual_seed(1)
    layer = nn.Linear(20, 30)
    assert torch.equal(layer.weight, filled(entry(), (30, 20)))
