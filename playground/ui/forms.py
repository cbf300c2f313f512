"""Forms derived from the catalogue: an entry's fields, with their bounds, titles and help, become widgets.

Every form takes a value and returns the value as edited. Widget keys carry the workbench's form revision, so that a
preset or a mend, which replaces the whole run, gives all widgets their new values.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Sequence
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import streamlit as st
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from playground.catalog import FAMILIES
from playground.catalog.entry import Entry
from playground.ui.lesson import LOCKED_WORDS

Model = TypeVar("Model", bound=BaseModel)

# Learning rates and their like are changed by factors, so their field shows as many digits as they need.
_SMALL = 0.1


def choose_entry(
    family: str,
    entry: Entry,
    key: str,
    label: str,
    help: str | None = None,
    *,
    locked: bool = False,
    kinds: Sequence[str] | None = None,
) -> Entry:
    """A selectbox over a catalogue family, or those of its `kinds` that fit; a newly chosen entry comes with its defaults."""
    table = FAMILIES[family]
    # What is chosen is always shown, also where it does not fit: the findings say so.
    kinds = [kind for kind in table if kinds is None or kind in kinds or kind == _kind(entry)]
    kind = st.selectbox(
        marked(label, locked),
        kinds,
        index=kinds.index(_kind(entry)),
        format_func=lambda kind: table[kind].title,
        key=f"{key}.kind",
        help=LOCKED_WORDS if locked else help or table[_kind(entry)].help,
        disabled=locked,
    )
    return entry if kind == _kind(entry) else table[kind]()


def marked(label: str, locked: bool) -> str:
    """A control's label, with a lock when a lesson has locked it."""
    return f":material/lock: {label}" if locked else label


def edit_fields(
    model: Model,
    key: str,
    *,
    only: tuple[str, ...] | None = None,
    columns: int = 1,
    locked: bool | Collection[str] = False,
) -> Model:
    """One widget a field; returns the model with the values chosen.

    Args:
        only: the fields to show, in this order; all but `kind` when not given.
        columns: widgets beside one another.
        locked: whether all fields are shown greyed out, or the names of those that are.
    """
    names = only or tuple(name for name in type(model).model_fields if name != "kind")
    places = st.columns(min(columns, max(1, len(names)))) if columns > 1 else [st.container()]
    values: dict[str, Any] = {}
    for position, name in enumerate(names):
        with places[position % len(places)]:
            # A field's widget belongs to this kind of entry: another kind's field of the same name starts anew.
            field, held = type(model).model_fields[name], locked if isinstance(locked, bool) else name in locked
            values[name] = _field(field, getattr(model, name), f"{key}.{_kind(model)}.{name}", held)
    changed = {name: value for name, value in values.items() if value != getattr(model, name)}
    return model.model_copy(update=changed) if changed else model


def _kind(model: BaseModel) -> str:
    return str(getattr(model, "kind", type(model).__name__))


def _field(field: FieldInfo, value: Any, key: str, locked: bool = False) -> Any:
    title, help = field.title or key, field.description
    if isinstance(value, Entry):
        family = next(name for name, table in FAMILIES.items() if type(value) in table.values())
        chosen = choose_entry(family, value, key, title, help, locked=locked)
        return edit_fields(chosen, key, locked=locked) if len(type(chosen).model_fields) > 1 else chosen
    title, help = marked(title, locked), LOCKED_WORDS if locked else help
    if get_origin(field.annotation) is tuple:
        choices = list(get_args(get_args(field.annotation)[0]))
        return tuple(st.multiselect(title, choices, value, format_func=_plain, key=key, help=help, disabled=locked))
    if get_origin(field.annotation) is Literal:
        options = list(get_args(field.annotation))
        return st.selectbox(title, options, index=options.index(value), key=key, help=help, disabled=locked)
    if isinstance(value, bool):
        return st.toggle(title, value, key=key, help=help, disabled=locked)
    if _is_integer(field):
        low, high = _bounds(field, 1)
        return st.number_input(title, int(low), int(high), value, step=1, key=key, help=help, disabled=locked)
    low, high = _bounds(field, 1e-6)
    low, high = min(low, value), max(high, value)  # a link may hold what lies between these and the open bounds
    step = 0.0001 if value < 0.01 else 0.001 if value < _SMALL else 0.05 if value <= 1 else 1.0
    return st.number_input(title, low, high, float(value), step=step, format="%g", key=key, help=help, disabled=locked)


def _plain(name: str) -> str:
    """A name of the spec as people read it: "x1_times_x2" is "x1 times x2"."""
    return name.replace("_", " ")


def _is_integer(field: FieldInfo) -> bool:
    annotation = field.annotation
    if get_origin(annotation) in (Union, types.UnionType):
        return int in get_args(annotation)
    return annotation is int


def _bounds(field: FieldInfo, smallest: float) -> tuple[float, float]:
    """The closed range that a number input can offer; open bounds give way by `smallest`."""
    low, high = 0.0, 1e9
    for rule in field.metadata:
        if isinstance(rule, Ge):
            low = float(rule.ge)  # type: ignore[arg-type]
        elif isinstance(rule, Gt):
            low = float(rule.gt) + smallest  # type: ignore[arg-type]
        elif isinstance(rule, Le):
            high = float(rule.le)  # type: ignore[arg-type]
        elif isinstance(rule, Lt):
            high = float(rule.lt) - smallest  # type: ignore[arg-type]
    return low, high
