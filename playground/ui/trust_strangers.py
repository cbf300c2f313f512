"""Not a digit: images of what the network never learned. Does it notice?"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt
import streamlit as st

from playground import data
from playground.figures.strangers import StrangerCard, stranger_cards, stranger_figure
from playground.figures.theme import alt_text
from playground.insight.exam import Exam
from playground.insight.strangers import PRINTED, StrangerAnswers, StrangerSet, auroc, lookalike, stranger_sets
from playground.spec import DatasetSpec, RunSpec
from playground.ui import datasets, tasks
from playground.ui.snapshots import Snapshot
from playground.ui.trust_exam import PLAIN, exam, is_dark, temperature, threshold

SLOT = "trust_strangers"
CARDS = 12
_SET = "trust_stranger_set"


def strangers_view(kept: Snapshot) -> None:
    """What is put to it, how sure it is of it, and the worst of its answers."""
    own = data.source(kept.run.dataset)
    st.markdown(
        f"**Does it notice what it has never seen?** This network knows {own.num_classes} classes, and must choose one of them "
        "whatever it is shown. All that it can do with a stranger is be unsure."
    )
    if kept.run.dataset.one_class is not None:
        st.caption(f"To this question, “{own.class_names[0]}” is the right answer to every stranger.")
    sets = {known.name: known for known in stranger_sets(own.name)}
    name = st.selectbox(
        "Strangers",
        list(sets),
        format_func=lambda known: sets[known].title,
        key=f"{_SET}.{own.name}",
        persist_state="session",
        help="Images of another kind, of the same size.",
    )
    chosen = sets[name]
    if chosen.dataset and not _is_here(chosen):
        return
    st.caption(chosen.words)
    sat = exam(kept)
    answers = _asked(kept, chosen) if sat is not None else None
    if sat is not None and answers is not None:
        _results(kept, sat, chosen, answers)


def _is_here(chosen: StrangerSet) -> bool:
    """Whether a data set can be read; else offers to fetch it."""
    if datasets.downloads().state(chosen.name).status == "running" or (
        not data.is_available(chosen.name) and datasets.downloads().state(chosen.name).status == "failed"
    ):
        datasets.notice(RunSpec(dataset=DatasetSpec(name=chosen.name)))
        return False
    if data.is_available(chosen.name):
        return True
    size = data.source(chosen.name).download_bytes / 1e6
    st.info(f"{chosen.title} is not on this server yet.", icon=":material/cloud_download:")
    st.button(
        f"Fetch it ({size:,.0f} MB)",
        icon=":material/download:",
        key=f"fetch.{chosen.name}",
        on_click=datasets.downloads().start,
        args=(chosen.name,),
    )
    return False


def _asked(kept: Snapshot, chosen: StrangerSet) -> StrangerAnswers | None:
    question: Hashable = (SLOT, kept.moment, chosen.name)
    answer = tasks.ask(
        SLOT,
        question,
        "playground.insight.strangers:ask_strangers",
        lambda: {"run_json": kept.run.to_json(), "weights": kept.weights.tensors, "name": chosen.name},
    )
    if answer.status == "waiting":
        tasks.progress(SLOT, "Showing it strangers:")
        return None
    if answer.status != "done":
        tasks.show_problem(answer, question)
        return None
    found: StrangerAnswers = answer.result
    return found


def _results(kept: Snapshot, sat: Exam, chosen: StrangerSet, answers: StrangerAnswers) -> None:
    names = data.source(kept.run.dataset).class_names
    similar = np.array([lookalike(symbol, names) is not None for symbol in answers.symbols])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        in_use = temperature(sat)
        fair = similar.any() and st.toggle(
            "Leave out lookalikes",
            key="trust_lookalikes",
            persist_state="session",
            help="A printed O is as good as a 0, a small l as good as a 1: "
            + ", ".join(
                sorted({f"{symbol} ≈ {lookalike(symbol, names)}" for symbol in set(answers.symbols) if lookalike(symbol, names)})
            ),
        )
    rows = np.flatnonzero(~similar) if fair else np.arange(len(answers))
    own, foreign = sat.test.confidences(in_use), answers.confidences(in_use)[rows]
    _numbers(own, foreign)
    figure = stranger_figure(own, foreign, threshold(), "its own test images", "strangers", dark=is_dark())
    st.plotly_chart(figure, key="strangers", config=PLAIN, alt=alt_text(figure))
    st.caption(
        f"Upwards {len(own):,} test images of its own, downwards {len(foreign):,} strangers, each in percent of its own; "
        f"{kept.when}. The dashed line is the threshold of “I don't know”."
    )
    _worst(answers, rows, foreign, names)
    if chosen.name == PRINTED:
        st.caption(
            "These letters are printed: drawn by the computer in the typeface Aileron, a little turned and slanted, and prepared "
            "like a drawing. A person's hand would write others."
        )


def _numbers(own: npt.NDArray[np.float64], foreign: npt.NDArray[np.float64]) -> None:
    area = auroc(own, foreign)
    refused, lost = (float((values < threshold()).mean()) if len(values) else float("nan") for values in (foreign, own))
    values = (
        (
            "Strangers refused",
            f"{100 * refused:.1f} %",
            f"How many it is less than {100 * threshold():.1f} % sure of: your threshold from “I don't know”. More is better.",
        ),
        ("Own images refused", f"{100 * lost:.1f} %", "What that costs: images of its own that it refuses as well."),
        (
            "Told apart (AUROC)",
            "–" if area is None else f"{100 * area:.1f} %",
            "Take one image of its own and one stranger: how often is it surer of its own? 50 % is guessing, 100 % perfect. "
            "No threshold is needed for this: it is the area under the ROC curve.",
        ),
        ("Sure of strangers", f"{100 * float(foreign.mean()):.1f} %", "How sure it is of them, on average."),
        ("Sure of its own", f"{100 * float(own.mean()):.1f} %", "How sure it is of its own test images, on average."),
    )
    with st.container(horizontal=True):
        for label, value, words in values:
            st.metric(label, value, help=words, width=160)


def _worst(answers: StrangerAnswers, rows: npt.NDArray[np.intp], sure: npt.NDArray[np.float64], names: tuple[str, ...]) -> None:
    """The strangers of which it was surest, no two of them the same sign for the same answer while there are others."""
    order = np.argsort(-sure, kind="stable")
    seen: dict[tuple[str, int], int] = {}
    ranks = []
    for place in order:
        kind = (answers.symbols[rows[place]], int(answers.predicted[rows[place]]))
        seen[kind] = seen.get(kind, 0) + 1
        ranks.append(seen[kind])
    different = order[np.argsort(np.array(ranks), kind="stable")][:CARDS]
    st.markdown("##### The strangers that it was surest of\nNo two of a kind, while there are others:")
    cards = []
    for place in different:
        row = int(rows[place])
        similar = lookalike(answers.symbols[row], names)
        fair = f"looks like {similar}" if similar == names[int(answers.predicted[row])] else ""
        cards.append(
            StrangerCard(answers.images[row], answers.symbols[row], names[int(answers.predicted[row])], float(sure[place]), fair)
        )
    st.html(stranger_cards(cards))
