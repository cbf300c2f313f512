"""Which columns of a row speak for the answer, and which against it."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch

from playground import data
from playground.figures.arithmetic import contribution_bars
from playground.figures.reading import named
from playground.figures.theme import alt_text
from playground.insight.quick import quick
from playground.insight.row_attribution import row_contributions
from playground.ui.chosen_image import ChosenImage
from playground.ui.looked_at import asked_network
from playground.ui.snapshots import Snapshot

MOST_BARS = 15


def columns_view(kept: Snapshot, row: ChosenImage) -> None:
    """One bar a column, the weightiest first, and the check that they make the whole difference."""
    trained, source = asked_network(kept), data.source(kept.run.dataset)
    names = source.class_names
    target: int | None = None
    if names:
        with quick(), torch.inference_mode():
            answer = int(trained.class_scores(row.inputs(trained))[0].argmax())
        target = int(
            st.selectbox(
                "What speaks for",
                range(len(names)),
                answer,
                format_func=lambda index: f"{named(names[index])}{', its answer' if index == answer else ''}",
                key=f"explain_column_target.{kept.run_id}.{hash(row.key)}",
                width=280,
                help="Ask for the wrong classes too: what would have spoken for them?",
            )
        )
    column = "input" if source.example == "point" else "column"
    found = row_contributions(trained, row.pixels, target)
    what = f"the score of {named(names[target])}" if target is not None else f"“{source.target_name}”"
    st.markdown(
        f"To the **mean {source.example}**, with the mean of the training {source.examples} in every {column}, the network "
        f"would give {what} as **{found.at_mean:.4g}**. To this one it gives **{found.output:.4g}**. Each {column} has its share "
        "in that: blue raises it, orange lowers it."
    )
    order = np.argsort(-np.abs(found.values), kind="stable")[:MOST_BARS]
    labels = [f"{source.feature_names[index]}\n{row.pixels[index]:.4g}" for index in order]
    title = f"{column.capitalize()} and its value"
    figure = contribution_bars(labels, found.values[order], title, unit="share in the difference")
    st.plotly_chart(figure, key="explain_columns", config={"displayModeBar": False}, alt=alt_text(figure))
    left = len(found.values) - len(order)
    rest = f" The other {left} {column}s together: {found.values.sum() - found.values[order].sum():+.3g}." if left else ""
    st.markdown(
        f":material/fact_check: **The check.** All {column}s together: **{found.values.sum():.5g}**. The difference: "
        f"**{found.output - found.at_mean:.5g}**. They should be equal; they are {found.gap:.2g} apart.{rest}"
    )
    st.caption(
        f"Method: integrated gradients (Sundararajan, Taly, Yan, 2017): the {column}s go from their means to these values "
        f"together, in many small steps, and each step's change is shared out by the slopes. Weights {kept.when}."
    )
