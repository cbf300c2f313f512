"""Hands on: change the trained network by hand, and see what becomes of its answers."""

from __future__ import annotations

import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.insight.networks import SplitName
from playground.insight.unit_paths import Blueprint
from playground.ui.data_words import noun
from playground.ui.hands_on_grid import weights_view
from playground.ui.hands_on_keep import keep_view
from playground.ui.hands_on_numbers import classes, effects, numbers
from playground.ui.hands_on_state import SLOT, answers, take_problem
from playground.ui.hands_on_tools import chosen_layer, chosen_unit, tools
from playground.ui.looked_at import network_picker
from playground.ui.snapshots import Snapshot

# The words take over from the progress bar without moving what is below them.
_STYLE = "<style>.st-key-hands_on_status {min-height: 2.9rem}</style>"


def hands_on_page() -> None:
    """The whole page below the frame."""
    st.subheader("Hands on", anchor=False)
    st.caption("Operate on a trained network, and see at once what it does to its answers. The run itself stays as it is.")
    kept = network_picker(SLOT)
    if kept is None:
        return
    try:
        blueprint = Blueprint.of(kept.run)
        if not blueprint.with_parameters:
            st.info("This network has no weights, so there is nothing to operate on.", icon=":material/healing:")
            return
        split = _split(kept)
        _operation(kept, blueprint, split)
    except PlaygroundError as problem:
        st.warning(str(problem), icon=":material/error:")


def _operation(kept: Snapshot, blueprint: Blueprint, split: SplitName) -> None:
    found = answers(kept, split)
    st.html(_STYLE)
    numbers(kept, split, found)
    problem = take_problem()
    if problem:
        st.warning(problem, icon=":material/error:")
    left, right = st.columns(2, gap="medium")
    with left:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            layer = chosen_layer(kept, blueprint)
            unit = chosen_unit(kept, blueprint, layer)
        tools(kept, blueprint, layer, unit)
        effects(kept, split, found.waiting)
        keep_view(kept, blueprint)
    with right:
        weights_view(kept, blueprint, layer, unit)
    classes(kept, found.before, found.after)


def _split(kept: Snapshot) -> SplitName:
    """Which examples the figures are about."""
    dataset = kept.run.dataset
    has_validation = dataset.validation_share > 0 or dataset.folds is not None
    names: list[SplitName] = ["validation", "test", "training"] if has_validation else ["test", "training"]
    split: SplitName = st.segmented_control(  # type: ignore[assignment]
        noun(data.source(dataset)).capitalize(),
        names,
        default=names[0],
        required=True,
        format_func=str.capitalize,
        key=f"hands_on_split.{has_validation}",
        help="What it is asked about before and after. Validation: kept back from learning, and made for trying things out.",
    )
    return split
