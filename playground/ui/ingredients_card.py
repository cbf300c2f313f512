"""What stands beside every ingredient: its words, its formula, when to use it, where it comes from, and its parameters."""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground.ui.forms import edit_fields
from playground.ui.ingredients_look import entry_of, widget

# A long formula breaks where a line of mathematics may break; what cannot (a fraction, a table) is pushed sideways.
# Its brackets may stand out of its line.
_STYLE = """<style>
[class*="st-key-formula"] .katex-display {margin: .4em 0; padding: .3em 3px; overflow-x: auto; overflow-y: hidden;}
[class*="st-key-formula"] .katex-display > .katex {font-size: 1.08em; white-space: normal;}
[class*="st-key-formula"] .katex-display .katex-html {white-space: normal;}
[class*="st-key-formula"] .katex-display .base {margin-block: .15em;}
@media (max-width: 640px) {[class*="st-key-formula"] .katex-display > .katex {font-size: 1em;}}
@media (max-width: 360px) {[class*="st-key-formula"] .katex-display > .katex {font-size: .8em;}}
</style>"""


def formula(text: str, symbols: str | None = None) -> None:
    """LaTeX on a line of its own, with what its letters mean behind a question mark."""
    with st.container(key="formula"):
        st.html(_STYLE)
        st.latex(text, help=symbols)


def card(family: str, kind: str, symbols: str, left_side: str = "") -> Any:
    """Shows an entry; returns it with the parameters that were chosen.

    Args:
        symbols: what the letters of this family's formulas mean.
        left_side: what the formula is equal to, where it does not say so itself.
    """
    entry = entry_of(family, kind)
    st.markdown(f"**{entry.title}.** {entry.help}")
    formula(left_side + entry.formula, symbols)
    st.markdown(f"**When to use it.** {entry.when}")
    st.caption(f"Source: {entry.source}")
    fields = [name for name in type(entry).model_fields if name != "kind"]
    return edit_fields(entry, widget(family), columns=min(2, len(fields))) if fields else entry
