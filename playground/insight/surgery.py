"""What can be changed in a trained network by hand. To add an edit is to add one class and list it in `EDITS`.

Edits are values; the network that was trained is never touched: `edited_weights` is a pure function of its weights and a
list of edits. The fields of an edit, with their bounds, titles and help, become its form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.sizes import INT8_STEPS, int8_scale
from playground.insight.unit_paths import Blueprint, State, number_words, scaled
from playground.seeds import generator

Where = Literal["this layer", "every layer"]


class Edit(BaseModel):
    """One change. `layer` counts from 0; edits of one `group` stand together on the page."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    title: ClassVar[str] = ""
    help: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    group: ClassVar[str] = ""

    layer: int = Field(0, ge=0)

    def words(self, blueprint: Blueprint) -> str:
        """What was done, beginning with a capital letter."""
        raise NotImplementedError

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        """The weights after it; tensors that it changes are new ones.

        Raises:
            PlaygroundError: it cannot be done to this network.
        """
        return weights

    def frozen(self, before: frozenset[int]) -> frozenset[int]:
        """The layers that do not learn after it."""
        return before


class _UnitEdit(Edit):
    group = "Neuron"
    unit: int = Field(0, ge=0)

    def _unit(self, blueprint: Blueprint) -> str:
        return f"{blueprint.unit(self.layer).capitalize()} {self.unit + 1} of {blueprint.words(self.layer)}"


class KillUnit(_UnitEdit):
    kind: Literal["kill_unit"] = "kill_unit"
    title = "Kill it"
    icon = ":material/block:"
    help = "The next layer hears exactly 0 from it, whatever it is shown. How much does the network miss it?"

    def words(self, blueprint: Blueprint) -> str:
        return f"{self._unit(blueprint)} killed"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        return scaled(weights, blueprint, self.layer, self.unit, 0.0)


class ScaleUnit(_UnitEdit):
    kind: Literal["scale_unit"] = "scale_unit"
    title = "Scale it"
    icon = ":material/volume_up:"
    help = "The next layer hears it this many times as loud."
    factor: float = Field(2.0, ge=-100, le=100, title="Times", description="2: twice as loud; 0.5: half; -1: the opposite.")

    def words(self, blueprint: Blueprint) -> str:
        return f"{self._unit(blueprint)} × {self.factor:g}"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        return scaled(weights, blueprint, self.layer, self.unit, self.factor)


class FreezeLayer(Edit):
    kind: Literal["freeze_layer"] = "freeze_layer"
    title = "Freeze it"
    icon = ":material/ac_unit:"
    group = "Layer"
    help = "It keeps its weights when training goes on; only the other layers learn. Nothing changes now."

    def words(self, blueprint: Blueprint) -> str:
        return f"{_capital(blueprint.words(self.layer))} frozen"

    def frozen(self, before: frozenset[int]) -> frozenset[int]:
        return before | {self.layer}


class ThawLayer(Edit):
    kind: Literal["thaw_layer"] = "thaw_layer"
    title = "Thaw it"
    icon = ":material/sunny:"
    group = "Layer"
    help = "A frozen layer learns again when training goes on."

    def words(self, blueprint: Blueprint) -> str:
        return f"{_capital(blueprint.words(self.layer))} thawed"

    def frozen(self, before: frozenset[int]) -> frozenset[int]:
        return before - {self.layer}


class KillLayer(Edit):
    kind: Literal["kill_layer"] = "kill_layer"
    title = "Kill it"
    icon = ":material/block:"
    group = "Layer"
    help = "Nothing of it gets through any more: the network answers everything alike."

    def words(self, blueprint: Blueprint) -> str:
        return f"{_capital(blueprint.words(self.layer))} killed"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        return scaled(weights, blueprint, self.layer, None, 0.0)


class ScaleLayer(Edit):
    kind: Literal["scale_layer"] = "scale_layer"
    title = "Scale it"
    icon = ":material/volume_up:"
    group = "Layer"
    help = "What comes next hears the whole layer this many times as loud."
    factor: float = Field(2.0, ge=-100, le=100, title="Times", description="2: twice as loud; 0.5: half; -1: the opposite.")

    def words(self, blueprint: Blueprint) -> str:
        return f"{_capital(blueprint.words(self.layer))} × {self.factor:g}"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        return scaled(weights, blueprint, self.layer, None, self.factor)


class SetNumber(Edit):
    """One weight or bias gets another value; `index` is its place in the tensor, row by row."""

    kind: Literal["set_number"] = "set_number"
    title = "Set"
    icon = ":material/edit:"
    group = "Number"
    help = "This one number gets the value that you write."
    parameter: str = "weight"
    index: int = Field(0, ge=0)
    value: float = Field(0.0, ge=-1e6, le=1e6, title="New value", description="Any number; 0 cuts this connection.")

    def words(self, blueprint: Blueprint) -> str:
        return f"{_capital(number_words(blueprint, self.layer, self.parameter, self.index))} set to {self.value:g}"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        name = blueprint.parameters(weights, self.layer).get(self.parameter)
        if name is None or self.index >= weights[name].numel():
            raise PlaygroundError(f"{_capital(blueprint.words(self.layer))} has no such number.", mend="Choose another one.")
        changed = weights[name].clone(memory_format=torch.contiguous_format)
        changed.view(-1)[self.index] = self.value
        return {**weights, name: changed}


class Prune(Edit):
    kind: Literal["prune"] = "prune"
    title = "Prune the smallest"
    group = "Prune"
    icon = ":material/content_cut:"
    help = "Sets the weights closest to 0 to exactly 0. Biases stay. How many does the network not need?"
    percent: float = Field(30.0, ge=0, le=100, title="Percent", description="So many of 100 weights become 0.")
    where: Literal["all layers together", "every layer", "this layer"] = Field(
        "all layers together",
        title="Among",
        description="All layers together: the smallest of the network. Every layer: as many in each. This layer: the chosen one.",
    )

    def words(self, blueprint: Blueprint) -> str:
        return f"The smallest {self.percent:g} % of the weights pruned, {_where(self, blueprint)}"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        names = _weight_names(self, weights, blueprint)
        groups = [names] if self.where == "all layers together" else [[name] for name in names]
        return {**weights, **{name: tensor for group in groups for name, tensor in self._pruned(weights, group).items()}}

    def _pruned(self, weights: State, names: Sequence[str]) -> dict[str, Tensor]:
        flat = torch.cat([weights[name].reshape(-1) for name in names]) if names else torch.empty(0)
        count = round(self.percent / 100 * flat.numel())
        if count:
            smallest = np.argpartition(flat.abs().numpy(), count - 1)[:count]  # ten times as fast as torch.topk
            flat[torch.from_numpy(smallest)] = 0.0
        parts = flat.split([weights[name].numel() for name in names]) if names else ()
        return {name: part.reshape(weights[name].shape).clone() for name, part in zip(names, parts, strict=True)}


class AddNoise(Edit):
    kind: Literal["add_noise"] = "add_noise"
    title = "Add noise"
    group = "Noise"
    icon = ":material/grain:"
    help = "Adds a random number to every weight, as a worn-out chip might. Biases stay."
    strength: float = Field(
        0.1, ge=0, le=10, title="Strength", description="Spread of the noise, as a share of the spread of the layer's weights."
    )
    where: Where = Field("every layer", title="Where", description="Every layer, or the chosen one.")
    seed: int = Field(0, ge=0, le=2**31 - 1, title="Seed", description="Another seed, other random numbers.")

    def words(self, blueprint: Blueprint) -> str:
        return f"Noise of {100 * self.strength:g} % of the weights' spread added, {_where(self, blueprint)} (seed {self.seed})"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        changed = {}
        for name in _weight_names(self, weights, blueprint):
            before = weights[name]
            draws = generator(self.seed, "weight noise", int(name.split("_", 1)[0]))
            noise = torch.randn(before.shape, generator=draws)
            changed[name] = before + self.strength * before.std(correction=0) * noise
        return {**weights, **changed}


class Quantise(Edit):
    kind: Literal["quantise"] = "quantise"
    title = "Quantise to int8"
    group = "int8"
    icon = ":material/compress:"
    help = (
        "Rounds each weight of the Dense and Conv2d layers to one of 255 even steps, -127 to 127 times a scale: one byte instead "
        "of four. Biases, batch norm and what flows through the network stay as they are."
    )
    where: Where = Field("every layer", title="Where", description="Every layer, or the chosen one.")
    scales: Literal["one a layer", "one a unit"] = Field(
        "one a layer", title="Scales", description="One scale for the whole layer, or one for each neuron or filter: finer."
    )

    def words(self, blueprint: Blueprint) -> str:
        return f"Weights rounded to int8, {_where(self, blueprint)}, {self.scales.replace('one', 'one scale')}"

    def apply(self, weights: State, blueprint: Blueprint) -> State:
        changed = {}
        for name in _weight_names(self, weights, blueprint):
            scale = int8_scale(weights[name], per_unit=self.scales == "one a unit")
            changed[name] = torch.round(weights[name] / scale).clamp(-INT8_STEPS, INT8_STEPS) * scale
        return {**weights, **changed}


EDITS: tuple[type[Edit], ...] = (
    KillUnit,
    ScaleUnit,
    FreezeLayer,
    ThawLayer,
    KillLayer,
    ScaleLayer,
    SetNumber,
    Prune,
    AddNoise,
    Quantise,
)


def edited_weights(weights: State, edits: Sequence[Edit], blueprint: Blueprint) -> State:
    """The weights after all edits, in order; `weights` itself stays as it is.

    Raises:
        PlaygroundError: an edit cannot be done to this network.
    """
    for edit in edits:
        weights = edit.apply(weights, blueprint)
    return weights


def frozen_layers(before: Sequence[int], edits: Sequence[Edit]) -> tuple[int, ...]:
    """The layers that do not learn after all edits, ascending."""
    frozen = frozenset(before)
    for edit in edits:
        frozen = edit.frozen(frozen)
    return tuple(sorted(frozen))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _where(edit: Prune | AddNoise | Quantise, blueprint: Blueprint) -> str:
    return blueprint.words(edit.layer) if edit.where == "this layer" else edit.where


def _weight_names(edit: Prune | AddNoise | Quantise, weights: Mapping[str, Tensor], blueprint: Blueprint) -> list[str]:
    """The weight matrices and kernels that an edit is about."""
    if edit.where == "this layer":
        blueprint.require(edit.layer)
    layers = [edit.layer] if edit.where == "this layer" else blueprint.weighted
    return [blueprint.parameters(weights, layer)["weight"] for layer in layers]
