"""How much harder may an image become before the network fails? Curves, other networks beside it, and the images themselves."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.figures.robustness import Line, robustness_figure, sample_strip
from playground.figures.run_styles import run_style
from playground.figures.theme import alt_text
from playground.insight.corruptions import CORRUPTIONS, Corruption
from playground.insight.robustness import Robustness, RobustnessCurve
from playground.jobs import RunInfo, Weights
from playground.ui import session, tasks
from playground.ui.data_words import same_question
from playground.ui.labels import distinct
from playground.ui.snapshots import Snapshot
from playground.ui.trust_exam import PLAIN, is_dark

SLOT = "trust_robustness"
IMAGES = (200, 500, 1000, 2000)
OTHERS = 3
ROWS = 3
_FIRST_SAMPLE = "trust_sample"
_OTHER_WEIGHTS = "trust_other_weights"


def robustness_view(kept: Snapshot) -> None:
    """One corruption at a time; all are computed together, so changing between them costs nothing."""
    st.markdown(
        "**How much can it bear?** The same test images, made harder to read step by step. "
        "Watch the dotted line: does the network notice that it no longer sees well, or does it stay just as sure?"
    )
    title = st.pills(  # on a line of their own, so that they wrap on a phone
        "What is done to the images",
        [corruption.title for corruption in CORRUPTIONS],
        default=CORRUPTIONS[0].title,
        required=True,
        key="trust_corruption",
        persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        images: int = st.selectbox(
            "Test images",
            IMAGES,
            index=IMAGES.index(1000),
            format_func=lambda count: f"{count:,}",
            key="trust_robustness_images",
            persist_state="session",
            help="How many are asked about. More: smoother curves, and a longer wait.",
            width=120,
        )
        others = _others(kept)
    corruption = next(known for known in CORRUPTIONS if known.title == title)
    st.caption(corruption.words)
    found = _asked(kept.run.to_json(), kept.weights, (kept.moment, images), SLOT, "")
    if found is None:
        return
    curve = _curve(found, corruption)
    lines = [Line("This network", run_style(0), curve.right / found.images, curve.confidence)]
    for number, info in enumerate(others, 1):
        beside = _beside(info, number, images)
        if beside is not None and beside.images == found.images:
            name = info.label.split(" · ")[0]
            lines.append(Line(name, run_style(number), _curve(beside, corruption).right / beside.images))
    figure = robustness_figure(corruption.strengths, lines, corruption.unit, found.images, dark=is_dark())
    st.plotly_chart(figure, key=f"robustness.{corruption.name}", config=PLAIN, alt=alt_text(figure))
    st.markdown(_verdict(corruption, lines[0]))
    _samples(kept, found, curve)
    st.caption(
        f"{found.images:,} test images, the same for every network, {kept.when}. All random changes are drawn from one seed, so "
        "the curve is the same each time. Point at a mark for its 95 % interval: other images would give another value within it."
    )


def _asked(run_json: str, weights: Weights, rest: tuple[Hashable, int], slot: str, text: str) -> Robustness | None:
    question = (SLOT, *rest)
    answer = tasks.ask(
        slot,
        question,
        "playground.insight.robustness:robustness",
        lambda: {"run_json": run_json, "weights": weights.tensors, "images": rest[1]},
    )
    if answer.status == "waiting":
        tasks.progress(slot, text)
        return None
    if answer.status != "done":
        tasks.show_problem(answer, question)
        return None
    found: Robustness = answer.result
    return found


def _others(kept: Snapshot) -> list[RunInfo]:
    """The visitor's other networks that were chosen, of the same data set: only those see the same images."""
    infos = {
        info.id: info
        for info in session.service().runs(session.visitor())
        if info.id != kept.run_id and same_question(info.run, kept.run) and info.status != "waiting"
    }
    if not infos:
        return []
    labels = distinct({info.id: info.label for info in infos.values()})
    chosen = st.multiselect(
        "Beside it",
        list(infos),
        format_func=labels.__getitem__,
        max_selections=OTHERS,
        key=f"trust_beside.{kept.run_id}",
        placeholder="other networks of yours, on the same images",
        help="Does augmentation help against turned images? Dropout against noise? Train two networks, and compare.",
    )
    return [infos[run_id] for run_id in chosen]


def _beside(info: RunInfo, number: int, images: int) -> Robustness | None:
    """Another network, with the weights that it has now."""
    try:
        weights = _weights_of(info)
    except PlaygroundError as problem:
        st.info(f"{info.label}: {problem}", icon=":material/hourglass_empty:")
        return None
    question = ((info.id, weights.step), images)
    return _asked(info.run.to_json(), weights, question, f"{SLOT}.{number}", f"{info.label.split(' · ')[0]}:")


def _weights_of(info: RunInfo) -> Weights:
    """Kept for the visit: those of a run that goes on are taken when it is chosen."""
    kept: dict[tuple[str, bool], Weights] = st.session_state.setdefault(_OTHER_WEIGHTS, {})
    key = (info.id, info.is_active)
    if key not in kept:
        while len(kept) >= 2 * OTHERS:
            del kept[next(iter(kept))]
        kept[key] = session.service().weights(info.id)
    return kept[key]


def _curve(found: Robustness, corruption: Corruption) -> RobustnessCurve:
    return next(curve for curve in found.curves if curve.name == corruption.name)


def _verdict(corruption: Corruption, line: Line) -> str:
    """The unchanged images against the strength at which it reads least."""
    clean, worst = corruption.strengths.index(0), int(line.accuracy.argmin())
    assert line.confidence is not None
    if worst == clean:
        return f"Unchanged, it reads **{line.accuracy[clean]:.1%}** right, and nowhere less.".replace("%", " %")
    fell = 100 * (line.accuracy[clean] - line.accuracy[worst])
    calmed = 100 * (line.confidence[clean] - line.confidence[worst])
    where = f"{corruption.strengths[worst]:g}".replace("-", "−")
    words = f"Unchanged, it reads **{line.accuracy[clean]:.1%}** right; at {where}, **{line.accuracy[worst]:.1%}**. "
    words = words.replace("%", " %")
    if fell < 3:
        return words + "This hardly troubles it."
    noticed = "It notices." if calmed > 0.6 * fell else "It hardly notices." if calmed < 0.3 * fell else "It notices in part."
    return words + f"Its accuracy fell by {fell:.0f} points, its confidence by {calmed:.0f}. {noticed}"


def _samples(kept: Snapshot, found: Robustness, curve: RobustnessCurve) -> None:
    names = data.source(kept.run.dataset).class_names
    count = len(found.sample_labels)
    start = int(st.session_state.get(_FIRST_SAMPLE, 0)) % max(1, count)
    rows = np.arange(start, start + min(ROWS, count)) % max(1, count)
    st.html(
        sample_strip(
            curve.samples[:, rows],
            found.sample_labels[rows],
            curve.sample_predicted[:, rows],
            curve.sample_confidence[:, rows],
            curve.strengths.tolist(),
            names,
        )
    )
    if count > ROWS:
        st.button(
            "Other images", icon=":material/shuffle:", key="trust_other_samples", on_click=_next_samples, args=(start + ROWS,)
        )


def _next_samples(start: int) -> None:
    st.session_state[_FIRST_SAMPLE] = start
