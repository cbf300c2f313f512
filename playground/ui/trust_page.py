"""Trust: when to believe the network, and when not."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.data.sources import Source
from playground.ui import trust_exam, trust_intervals, trust_noise, trust_robustness, trust_strangers
from playground.ui.looked_at import network_picker
from playground.ui.snapshots import Snapshot
from playground.ui.trust_intervals import interval_view, parts_view
from playground.ui.trust_noise import noise_view
from playground.ui.trust_reliability import reliability_view
from playground.ui.trust_robustness import robustness_view
from playground.ui.trust_strangers import strangers_view
from playground.ui.trust_threshold import threshold_view
from playground.ui.views import BOTH, CLASSES, COLUMNS, NUMBER, View, missing, show_tabs

VIEWS: tuple[View[Snapshot], ...] = (
    View("Does it know?", reliability_view, CLASSES, slot=trust_exam.SLOT),
    View("“I don't know”", threshold_view, CLASSES, slot=trust_exam.SLOT),
    View("How far off?", interval_view, NUMBER, slot=trust_intervals.SLOT),
    View("Good everywhere?", parts_view, NUMBER, slot=trust_intervals.SLOT),
    View("Noisy inputs", noise_view, COLUMNS, slot=trust_noise.SLOT),
    View("Hard images", robustness_view, BOTH, slot=trust_robustness.SLOT),
    View("Strangers", strangers_view, BOTH, slot=trust_strangers.SLOT),
)
_OPEN = "trust_view"


def views(source: Source) -> tuple[View[Snapshot], ...]:
    """The questions that fit the task and the data, in the order of the tabs."""
    return tuple(view for view in VIEWS if not missing(source, view.needs))


def trust_page() -> None:
    """The whole page below the frame."""
    st.subheader("Trust", anchor=False)
    opened = st.session_state.get(_OPEN, VIEWS[0].title)
    kept = network_picker(next((view.slot for view in VIEWS if view.title == opened), trust_exam.SLOT))
    if kept is None:
        return
    fitting = views(data.source(kept.run.dataset))
    if st.session_state.get(_OPEN) not in [view.title for view in fitting]:
        st.session_state.pop(_OPEN, None)  # the tab of another task
    show_tabs(fitting, kept.run, _OPEN, lambda view: view.draw(kept))
