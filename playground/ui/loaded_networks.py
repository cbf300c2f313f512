"""Trained networks that a visitor has opened from files. They stay for this visit: a reload forgets them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from playground import data
from playground.catalog.task import score_words
from playground.training.saved import SavedNetwork
from playground.ui.data_words import noun

MAX_LOADED = 3  # a server holds them for every visitor


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network and the name of its file."""

    name: str
    network: SavedNetwork

    @property
    def label(self) -> str:
        source = data.source(self.network.run.dataset)
        told = score_words(source.task, self.network.test_accuracy)
        right = f"R² {told} on" if source.task == "regression" else f"{told} of"
        return f"From the file “{self.name}”: {right} its test {noun(source)}"


def loaded() -> dict[str, Loaded]:
    """What was opened in this visit, the newest first, by an id of its own."""
    found: dict[str, Loaded] = st.session_state.setdefault("loaded_networks", {})
    return found


def keep(name: str, network: SavedNetwork) -> None:
    """Keeps a network, in the place of the oldest one if there are too many, and chooses it."""
    number = int(st.session_state.get("loaded_count", 0)) + 1
    st.session_state["loaded_count"] = number
    newest = {f"file-{number}": Loaded(name, network)}
    st.session_state["loaded_networks"] = dict(list((newest | loaded()).items())[:MAX_LOADED])
    choose(f"file-{number}")


def choose(which: str | None) -> None:
    """Has one of them read drawings; None leaves that to the network that comes with the playground."""
    st.session_state["loaded_choice"] = which


def chosen() -> str | None:
    """The id of the one that reads, or None."""
    which: str | None = st.session_state.get("loaded_choice")
    return which if which in loaded() else None
