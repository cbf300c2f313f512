"""The tabs of a page that looks inside, and what each needs of the data: one that has nothing to show says why, and where to
go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, ParamSpec

import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.errors import PlaygroundError
from playground.spec import RunSpec
from playground.ui import session
from playground.ui.address import RUN_PARAMETER

Need = Literal["pictures", "classes", "columns", "number"]
P = ParamSpec("P")

PICTURES: frozenset[Need] = frozenset({"pictures"})
CLASSES: frozenset[Need] = frozenset({"classes"})
BOTH: frozenset[Need] = PICTURES | CLASSES
COLUMNS: frozenset[Need] = frozenset({"columns"})
NUMBER: frozenset[Need] = frozenset({"number"})


@dataclass(frozen=True)
class View(Generic[P]):
    """One tab.

    Attributes:
        title: what stands on the tab.
        draw: draws it.
        needs: what the data must have, so that there is something to draw.
        help: one line about it, above it.
        slot: of its long work, as in `tasks.ask`.
    """

    title: str
    draw: Callable[P, None]
    needs: frozenset[Need] = frozenset()
    help: str = ""
    slot: str = ""


def missing(source: Source, needs: frozenset[Need]) -> str:
    """Why data of this kind gives a view nothing to show, in words that go on from "This view"; "" when it does."""
    if "pictures" in needs and not source.is_images:
        return f"looks at pictures; {source.title} {kind_words(source)}"
    if "classes" in needs and not source.num_classes:
        return f"looks at classes; {source.title} is about a number ({source.target_name})"
    if "columns" in needs and source.is_images:
        return f"looks at columns; {source.title} {kind_words(source)}"
    if "number" in needs and source.num_classes:
        return f"looks at numbers; {source.title} is about classes"
    return ""


def kind_words(source: Source) -> str:
    """What the data is, in words that go on from its title: "is a table"."""
    if source.is_images:
        return "has pictures"
    return "is made of points in the plane" if source.example == "point" else "is a table"


def served(run: RunSpec, needs: frozenset[Need], what: str = "This view") -> bool:
    """Whether the run's data has all that is needed; else one sentence says what is missing, with a link to go on."""
    why = missing(data.source(run.dataset), needs)
    if why:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"{what} {why}. See **Inspect**.", icon=":material/info:", width="stretch")
            run_id = session.run_id()
            query = session.link_query() | ({RUN_PARAMETER: run_id} if run_id else {})
            st.page_link("pages/1_Inspect.py", label="Inspect", icon=":material/search:", query_params=query)
    return not why


def show_tabs(
    views: Sequence[View[P]], run: RunSpec, key: str, draw: Callable[[View[P]], None], default: str | None = None
) -> None:
    """One tab a view; only the open one is computed and sent.

    Args:
        draw: calls `view.draw` with what it takes.
    """
    for view, tab in zip(views, st.tabs([one.title for one in views], default=default, key=key, on_change="rerun"), strict=True):
        if not tab.open:
            continue
        with tab:
            if view.help:
                st.caption(view.help)
            if served(run, view.needs):
                try:
                    draw(view)
                except PlaygroundError as problem:
                    st.warning(str(problem), icon=":material/error:")
