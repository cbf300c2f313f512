"""Examples of every catalogue entry, made from its fields: a new entry is tested without a line of test code."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import torch
from pydantic.fields import FieldInfo
from torch import Tensor

from playground import data
from playground.catalog import ACTIVATIONS, FAMILIES
from playground.catalog.entry import Entry

ENTRIES = [(family, entry) for family, table in FAMILIES.items() for entry in table.values()]


def parameters(entry: type[Entry]) -> dict[str, FieldInfo]:
    """The fields that a learner can set."""
    return {name: field for name, field in entry.model_fields.items() if name != "kind"}


def bounds(field: FieldInfo) -> dict[str, float]:
    """The numeric limits of a field by their names: "ge", "gt", "le", "lt"."""
    return {name: getattr(limit, name) for limit in field.metadata for name in ("ge", "gt", "le", "lt") if hasattr(limit, name)}


def is_number(field: FieldInfo) -> bool:
    return field.annotation in (int, float)


def edges(field: FieldInfo) -> list[Any]:
    """The smallest and largest value of a number, or every choice."""
    if field.annotation is bool:
        return [False, True]
    if get_origin(field.annotation) is Literal:
        return list(get_args(field.annotation))
    if not is_number(field):
        return [entry() for entry in ACTIVATIONS.values()]
    limits = bounds(field)
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    assert low is not None and high is not None
    inset = 1 if field.annotation is int else (high - low) / 1000
    return [low if "ge" in limits else low + inset, high if "le" in limits else high - inset]


def examples(entry: type[Entry]) -> list[Any]:
    """The entry as it comes, then with each field at each of its edges."""
    return [entry(), *(entry(**{name: edge}) for name, field in parameters(entry).items() for edge in edges(field))]


def all_examples(family: str) -> list[Any]:
    return [example for entry in FAMILIES[family].values() for example in examples(entry)]


def name_of(example: Entry) -> str:
    """A short name of an example for the report of a failed test."""
    fields = {name: getattr(example, name) for name in parameters(type(example))}
    changed = {name: value for name, value in fields.items() if value != getattr(type(example)(), name)}
    values = ",".join(f"{name}={getattr(value, 'kind', value)}" for name, value in changed.items())
    return f"{example.kind}({values})"  # type: ignore[attr-defined]


def digits(count: int) -> tuple[Tensor, Tensor]:
    """Real digits `(count, 1, 28, 28)` float32 in [0, 1], of mixed classes, and their labels."""
    sample = data.load("mnist-5k")
    rows = torch.arange(count) * 97 % len(sample.x_train)
    return sample.x_train[rows].float() / 255, sample.y_train[rows]
