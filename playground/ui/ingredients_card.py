"""What stands beside every ingredient: its words, its formula, when to use it, where it comes from, and its parameters."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

from playground.catalog.entry import Entry
from playground.ui.forms import edit_fields

Ingredient = TypeVar("Ingredient", bound=Entry)


# A long formula can be pushed sideways; its brackets may stand out of its line.
_STYLE = """<style>
[class*="st-key-formula"] .katex {font-size: 1.08em;}
[class*="st-key-formula"] .katex-display {margin: .4em 0; padding: .3em 0; overflow-x: auto; overflow-y: hidden;}
</style>"""


def formula(text: str, symbols: str | None = None) -> None:
    """LaTeX on a line of its own, with what its letters mean behind a question mark."""
    with st.container(key="formula"):
        st.html(_STYLE)
        st.latex(text, help=symbols)


def card(entry: Ingredient, family: str, symbols: str, left_side: str = "") -> Ingredient:
    """Shows an entry; returns it with the parameters that were chosen.

    Args:
        symbols: what the letters of this family's formulas mean.
        left_side: what the formula is equal to, where it does not say so itself.
    """
    st.markdown(f"**{entry.title}.** {entry.help}")
    formula(left_side + entry.formula, symbols)
    st.markdown(f"**When to use it.** {entry.when}")
    st.caption(f"Source: {entry.source}")
    fields = [name for name in type(entry).model_fields if name != "kind"]
    return edit_fields(entry, f"ingredients.{family}", columns=min(2, len(fields))) if fields else entry
