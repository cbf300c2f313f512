"""What the Ingredients page shows and what was set there, as it stands in the address: `?look=loss.huber`.

A third part follows, a link of `playground.links`, where something was set otherwise than the page begins with. All of it is
one parameter, so that no address is ever half of one and half of another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st
from pydantic import BaseModel, ValidationError

from playground.catalog import ACTIVATIONS, LOSSES, OPTIMIZERS
from playground.catalog.entry import Entry
from playground.errors import PlaygroundError
from playground.insight.surfaces import SURFACES
from playground.links import from_link, to_link
from playground.problems import WrongFields, problem_lines
from playground.spec import Spec
from playground.ui import address

PARAMETER = "look"
TABS = "ingredients_view"  # the tabs' key
# What can be looked at: the part of the address before the dot, the tab, and what there is.
FAMILIES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "activation": ("Activations", ACTIVATIONS),
    "loss": ("Losses", LOSSES),
    "optimizer": ("Optimizers", OPTIMIZERS),
    "race": ("Race", SURFACES),
}
_WRITTEN = "ingredients_address"  # what this page wrote into the address last
_REVISION = "ingredients_revision"

Taken = Mapping[str, Any]
# Puts what a link of a family holds into the session: (kind, content).
Take = Callable[[str, Taken], None]
Model = TypeVar("Model", bound=BaseModel)
Trial = TypeVar("Trial", bound=Spec)
Ingredient = TypeVar("Ingredient", bound=Entry)


# --- the address ------------------------------------------------------------------------------------------------------


def open_look(takes: Mapping[str, Take]) -> str | None:
    """Has the page show what the address says, where this page did not write that itself; returns what is wrong with it.

    Args:
        takes: for every family, what takes over the rest of its links.
    """
    text, written = address.named(PARAMETER), st.session_state.get(_WRITTEN)
    if not text or text == written:
        if TABS not in st.session_state and written:  # the visitor comes back from another page
            show(written.partition(".")[0])
        return None
    family, _, rest = text.partition(".")
    kind, _, link = rest.partition(".")
    if family not in FAMILIES or (kind and kind not in FAMILIES[family][1]):
        return f"The address asks for “{text[:60]}”, which is not among the ingredients. Choose one of those below."
    show(family, kind)
    try:
        takes[family](kind or next(iter(FAMILIES[family][1])), json.loads(from_link(link, "view")) if link else {})
    except PlaygroundError as problem:
        return f"{problem} Until then, this is how the page begins."
    return None


def keep(family: str, kind: str, content: Mapping[str, Any]) -> None:
    """Has the address hold what is shown; `content` is what differs from how the page begins."""
    text = f"{family}.{kind}" + (f".{to_link(dict(content))}" if content else "")
    st.session_state[_WRITTEN] = text
    address.keep(PARAMETER, text)


# --- what is looked at ------------------------------------------------------------------------------------------------


def show(family: str, kind: str = "") -> None:
    """Opens a tab, and chooses what is looked at in it."""
    st.session_state[TABS] = FAMILIES[family][0]
    if kind:
        st.session_state[_key(family)] = kind


def choose(family: str, label: str) -> str:
    """Buttons for all that a family has."""
    table = FAMILIES[family][1]
    if st.session_state.get(_key(family)) not in table:
        st.session_state[_key(family)] = next(iter(table))
    kind = st.pills(
        label,
        list(table),
        required=True,
        format_func=lambda one: table[one].title,
        key=_key(family),
        persist_state="session",
        label_visibility="collapsed",
    )
    return str(kind)


def _key(family: str) -> str:
    return f"ingredients.{family}"


# --- what was set -----------------------------------------------------------------------------------------------------


def widget(name: str) -> str:
    """The key of a widget, which begins with the value that the session keeps."""
    revision = st.session_state.get(_REVISION, 0)
    return f"ingredients.{name}" + (f".{revision}" if revision else "")


def renew() -> None:
    """Has all widgets take their values from the session again."""
    st.session_state[_REVISION] = st.session_state.get(_REVISION, 0) + 1


def trial(first: type[Trial]) -> Trial:
    """What was set of this kind, in this session; else how the page begins."""
    found: Trial = st.session_state.get(_trial_key(first)) or first()
    return found


def set_trial(value: Spec) -> None:
    st.session_state[_trial_key(type(value))] = value


def entry_of(family: str, kind: str) -> Any:
    """An entry of the catalogue with the parameters that were set in this session."""
    return _entries().get((family, kind)) or FAMILIES[family][1][kind]()


def set_entry(family: str, kind: str, entry: Entry) -> None:
    _entries()[family, kind] = entry


def settings_of(entry: Entry) -> dict[str, Any]:
    """What differs from the catalogue's, for a link."""
    found = entry.model_dump(mode="json", exclude_defaults=True)
    found.pop("kind", None)
    return found


def with_settings(entry: type[Ingredient], settings: object) -> Ingredient:
    """An entry of this class with the catalogue's parameters, but for those that a link holds.

    Raises:
        PlaygroundError: they are no parameters of this entry, or not allowed.
    """
    if not isinstance(settings, dict):
        raise PlaygroundError("The settings in this link are no settings.", "It is damaged.", "Copy the whole link again.")
    return read(entry, {**settings, "kind": entry.model_fields["kind"].default})


def read(model: type[Model], content: Mapping[str, Any]) -> Model:
    """What a link holds.

    Raises:
        PlaygroundError: it does not fit.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        expected, mend = "A link of this page was expected.", "Ask for the link again."
        raise WrongFields(problem_lines(error, model), expected, mend) from None


def take_trial(family: str, first: type[Spec]) -> Take:
    """Takes links of a family whose entries have parameters: those, and what else was set."""

    def take(kind: str, content: Taken) -> None:
        entry = with_settings(FAMILIES[family][1][kind], content.get("settings", {}))
        set_trial(read(first, {name: each for name, each in content.items() if name != "settings"}))
        set_entry(family, kind, entry)
        renew()

    return take


def keep_trial(family: str, kind: str, entry: Entry, value: Spec, *names: str) -> None:
    """Keeps what was set, in the session and in the address, where only `names` of it concern what is shown."""
    set_trial(value)
    set_entry(family, kind, entry)
    content = value.model_dump(mode="json", exclude_defaults=True, include=set(names))
    settings = settings_of(entry)
    keep(family, kind, content | ({"settings": settings} if settings else {}))


def _trial_key(kind: type[Spec]) -> str:
    return f"ingredients_{kind.__name__}"


def _entries() -> dict[tuple[str, str], Entry]:
    found: dict[tuple[str, str], Entry] = st.session_state.setdefault("ingredients_entries", {})
    return found
