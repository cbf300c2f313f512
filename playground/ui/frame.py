"""What every page begins with: its title, the sidebar, and the job service."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from playground.ui import lesson, session
from playground.ui.labels import distinct
from playground.ui.visitor import remember_visitor

# What stands under each heading of the sidebar: the page's file, its name, its icon.
GROUPS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "": (
        ("app.py", "Build & train", ":material/school:"),
        ("pages/11_Plane.py", "Points in the plane", ":material/scatter_plot:"),
    ),
    "See inside": (
        ("pages/1_Inspect.py", "Inspect", ":material/search:"),
        ("pages/2_Draw.py", "Draw", ":material/draw:"),
        ("pages/6_Explain.py", "Explain", ":material/center_focus_strong:"),
        ("pages/7_Step_by_step.py", "Step by step", ":material/calculate:"),
        ("pages/8_Hands_on.py", "Hands on", ":material/construction:"),
        ("pages/9_Trust.py", "Trust", ":material/verified:"),
        ("pages/10_Maps.py", "Maps", ":material/map:"),
    ),
    "Experiment": (
        ("pages/3_Runs.py", "Runs", ":material/inventory_2:"),
        ("pages/4_Compare.py", "Compare", ":material/compare_arrows:"),
        ("pages/5_Experiments.py", "Experiments", ":material/science:"),
    ),
    "Learn": (("pages/12_Ingredients.py", "Ingredients", ":material/grocery:"),),
}
PAGES = tuple(page for group in GROUPS.values() for page in group)

SIDEBAR_PIXELS = 232

# A file of our own: Streamlit's icons for a browser tab come from another site, which a school may not reach.
_ICON = Path(__file__).parents[1] / "assets" / "icon.svg"

# Streamlit leaves a wide margin around the page; the front page is to fit a 1280 x 800 screen without scrolling. Its
# header lies over the page: what is below its empty parts must be seen and clicked.
_STYLE = """
@media (min-width: 641px) {[data-testid="stHeader"] {background: transparent;}}
[data-testid="stHeader"], [data-testid="stHeader"] :not(button, button *) {pointer-events: none;}
[data-testid="stHeader"] :is(button, button *) {pointer-events: auto;}
[data-testid="stMainBlockContainer"] {padding: 1.5rem 1.6rem 2rem;}
[data-testid="stMain"] [data-testid="stVerticalBlock"] {gap: .6rem;}
.st-key-presets button {border-radius: 999px; min-height: 2rem; padding: .2rem .8rem;}
@media (max-width: 640px) {
  .st-key-progress [data-testid="stProgress"] p {min-height: 2.6em;}
  [data-testid="stMainBlockContainer"] {padding: 4.2rem .8rem 2rem;}
  .st-key-presets {flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none;}
  .st-key-presets > * {flex: 0 0 auto;}
}
"""


def frame(title: str) -> None:
    """Sets the page up and draws the sidebar. Every page calls this first, and once."""
    st.set_page_config(
        page_title=f"{title} · Neural network playground",
        page_icon=_ICON,
        layout="wide",
        initial_sidebar_state=SIDEBAR_PIXELS,
    )
    st.html(f"<style>{_STYLE}</style>")
    session.service()
    remember_visitor()
    session.freeze_imports(title)
    session.keep_address()
    with st.sidebar:
        for heading, pages in GROUPS.items():
            shown = [page for page in pages if lesson.allowed(page[0])]
            if heading and shown:
                st.caption(heading)
            for path, label, icon in shown:
                st.page_link(path, label=label, icon=icon, query_params=session.link_query())
    lesson.guard(title, PAGES)


def run_picker(label: str = "Run") -> str | None:
    """Lets the visitor choose among their runs; returns the chosen run's id, or None when there is none.

    The choice goes into the address and holds on every page.
    """
    current = session.run_id()
    infos = {info.id: info for info in session.service().runs(session.visitor())}
    if current and current not in infos:
        infos = {current: session.service().info(current), **infos}
    if not infos:
        return None
    ids = list(infos)
    labels = distinct({info.id: f"{info.label} · {info.status}" for info in infos.values()})
    chosen = st.selectbox(
        label,
        ids,
        index=ids.index(current) if current in ids else 0,
        format_func=labels.__getitem__,
        help="The network that this page looks at; your newest run comes first.",
    )
    if chosen != current:
        session.set_run_id(chosen)
    return str(chosen) if chosen else None
