"""Two runs asked about the same images: the confusion matrix of A minus that of B, and the images behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from playground import data
from playground.errors import PlaygroundError
from playground.figures.compared_cards import ComparedCard, Reading, compared_cards
from playground.figures.confusion_difference import confusion_difference_figure, signed
from playground.figures.theme import alt_text
from playground.insight.compared_mistakes import ComparedMistakes, compare_mistakes, validate_alike
from playground.insight.evaluation import Evaluation, Integers
from playground.insight.networks import SplitName
from playground.jobs import Weights
from playground.ui import session, tasks
from playground.ui.compare_runs import ComparedRun
from playground.ui.data_words import noun
from playground.ui.inspect_rows import compared_rows_table

_WEIGHTS = "compare_weights"
_REVISION = "compare_matrix_revision"
_KEYS = ("compare_true", "compare_predicted")
_ANY = -1
_AT_ONCE = 18
_PLAIN = {"displayModeBar": False}


def mistakes_view(runs: Sequence[ComparedRun]) -> None:
    """Which two, on which images; then the count, the matrix and the images."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_pair"):
        first, second = _pair(runs)
        alike = validate_alike(first.info.run, second.info.run)
        source = data.source(first.info.run.dataset)
        plural = noun(source)
        split: SplitName = _split(plural) if alike and source.task != "regression" else "test"
    names = {data.source(run.info.run.dataset).title for run in (first, second)}
    if len(names) > 1:
        titles = " and ".join(sorted(names))
        st.info(
            f"{first.letter} and {second.letter} learned from different data sets ({titles}), so they were never asked about the "
            "same things. Choose two runs of one data set to see who fixes whose mistakes.",
            icon=":material/info:",
        )
        return
    if source.task == "regression":
        st.info(
            "These networks tell numbers, which are hardly ever exactly right: there are no mistakes to count one by one. "
            "Compare their R² and their curves; how far off each of them is stands on the Inspect page.",
            icon=":material/info:",
        )
        return
    if not alike:
        st.caption(
            f"These two did not keep the same {plural} for validation (another seed, share or fold), so they are asked about the "
            f"**test {plural}**: the final exam. Look and learn, but do not choose by it."
        )
    try:
        answers = [_evaluated(run, split, place) for place, run in enumerate((first, second))]
    except PlaygroundError as problem:
        st.info(str(problem), icon=":material/hourglass_empty:")
        return
    if any(evaluation is None for evaluation in answers):
        st.caption(f"The {plural} are shown as soon as both networks have been asked.")
        return
    evaluations = [evaluation for evaluation in answers if evaluation is not None]
    try:
        compared = compare_mistakes(evaluations[0], evaluations[1])
    except PlaygroundError as problem:
        st.info(str(problem), icon=":material/info:")
        return
    st.markdown(f"#### {summary(compared, first.letter, second.letter, split, plural)}")
    _matrix_and_images(first, second, compared)


def summary(compared: ComparedMistakes, first: str, second: str, split: str, plural: str = "images") -> str:
    """The count, in numbers that can be added up."""
    fixed, broken, net = len(compared.changed.fixed), len(compared.changed.broken), signed(compared.changed.net)
    return f"{second} fixes {fixed:,} and breaks {broken:,} of {len(compared):,} {split} {plural}: net {net}."


def _pair(runs: Sequence[ComparedRun]) -> tuple[ComparedRun, ComparedRun]:
    """The baseline and the second run, unless others are chosen."""
    by_id = {run.info.id: run for run in runs}

    def choice(label: str, ids: list[str]) -> ComparedRun:
        key = f"compare_{label.lower()}.{'.'.join(ids)}"
        return by_id[st.selectbox(label, ids, key=key, format_func=lambda run_id: by_id[run_id].title, width=220)]

    first = choice("From", list(by_id))
    return first, choice("to", [run_id for run_id in by_id if run_id != first.info.id])


def _split(plural: str) -> SplitName:
    """Which examples, where both kept the same ones for validation."""
    splits: dict[SplitName, str] = {"validation": f"Validation {plural}", "test": f"Test {plural}"}
    split: SplitName = st.segmented_control(  # type: ignore[assignment]
        plural.capitalize(),
        list(splits),
        default="validation",
        required=True,
        format_func=lambda name: splits[name],
        key="compare_split",
        persist_state="session",
        help=f"Both kept the same {plural} for validation. The test {plural} are the final exam: do not choose by them.",
    )
    return split


def _evaluated(run: ComparedRun, split: SplitName, place: int) -> Evaluation | None:
    """What the run's network says about all images of the split; None while it is being asked, with a progress bar."""
    weights = _weights(run)
    slot = f"compare {place}"
    # The same question as the Inspect page asks, so that an answer found there is used here.
    question = ("evaluation", (run.info.id, weights.step, not run.info.is_active), split)
    spec = run.info.run.to_json()
    answer = tasks.ask(
        slot,
        question,
        "playground.insight.evaluation:evaluate",
        lambda: {"run_json": spec, "weights": weights.tensors, "split": split, "step": weights.step},
    )
    if answer.status == "waiting":
        tasks.progress(slot, f"Asking {run.letter}:")
    elif answer.status in ("failed", "cancelled"):
        tasks.show_problem(answer, question)
    result: Evaluation | None = answer.result
    if run.info.is_active:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{run.letter} is still learning: you see it after {weights.epoch:.2f} epochs.", width="content")
            st.button("Look again", icon=":material/refresh:", key=f"again.{slot}", on_click=_forget, args=(run.info.id,))
    return result


def _weights(run: ComparedRun) -> Weights:
    """A run's weights: of one that still learns, those of the moment when it was first looked at here.

    Raises:
        PlaygroundError: it has none yet.
    """
    kept: dict[str, tuple[str, Weights]] = st.session_state.setdefault(_WEIGHTS, {})
    found = kept.pop(run.info.id, None)
    if found is None or found[0] != run.info.status:
        found = (run.info.status, session.service().weights(run.info.id))
    kept[run.info.id] = found
    while len(kept) > 4:
        del kept[next(iter(kept))]
    return found[1]


def _forget(run_id: str) -> None:
    st.session_state.get(_WEIGHTS, {}).pop(run_id, None)


def _matrix_and_images(first: ComparedRun, second: ComparedRun, compared: ComparedMistakes) -> None:
    names = data.source(first.info.run.dataset).class_names
    for key in _KEYS:
        if not _ANY <= st.session_state.setdefault(key, _ANY) < len(names):
            st.session_state[key] = _ANY
    matrix, images = st.columns([5, 4])
    with matrix:
        figure = confusion_difference_figure(
            compared.difference, names, letters=(first.letter, second.letter), dark=st.context.theme.type == "dark"
        )
        key = f"compare_matrix.{first.info.run.dataset.name}.{st.session_state.get(_REVISION, 0)}"
        st.plotly_chart(
            figure,
            key=key,
            on_select=lambda: _take_click(key, len(names)),
            selection_mode="points",
            config=_PLAIN,
            alt=alt_text(figure),
        )
    with images:
        _behind(first, second, compared, names)


def _behind(first: ComparedRun, second: ComparedRun, compared: ComparedMistakes, names: tuple[str, ...]) -> None:
    """The images (or rows) of the chosen cell, or all that are fixed or broken."""
    plural = noun(data.source(first.info.run.dataset))
    with st.container(horizontal=True):
        true, predicted = (
            st.selectbox(
                label,
                range(_ANY, len(names)),
                format_func=lambda index: "any class" if index == _ANY else names[index],
                key=key,
                width=150,
                on_change=_unmark,
            )
            for label, key in zip((f"{plural.capitalize()} of", "wrongly read as"), _KEYS, strict=True)
        )
    changed = compared.cell(None if true == _ANY else true, None if predicted == _ANY else predicted)
    if true != _ANY and predicted not in (_ANY, true):
        st.caption(cell_words(compared, true, predicted, (first.letter, second.letter)))
    elif true == _ANY and predicted == _ANY:
        st.caption(
            f"Both right: {compared.both_right:,}. Both wrong: {compared.both_wrong:,}. "
            "**Click a cell to see what is behind it.**"
        )
    groups = (
        (f":material/check: **Fixed: {len(changed.fixed):,}** (only {second.letter} reads them right)", changed.fixed),
        (f":material/close: **Broken: {len(changed.broken):,}** (only {first.letter} reads them right)", changed.broken),
        (f":material/swap_horiz: **Wrong either way: {len(changed.otherwise):,}** (as different classes)", changed.otherwise),
    )
    for position, (words, rows) in enumerate(groups):
        if position == 2 and (not len(rows) or (true == _ANY and predicted == _ANY)):
            continue
        st.markdown(words)
        _cards(first, second, compared, rows, f"{position}.{true}.{predicted}")


def cell_words(compared: ComparedMistakes, true: int, predicted: int, letters: tuple[str, str]) -> str:
    """How the number of a cell off the diagonal comes about, so that it can be added up."""
    first, second = (
        int(((evaluation.labels == true) & (evaluation.predicted == predicted)).sum())
        for evaluation in (compared.first, compared.second)
    )
    changed = compared.cell(true, predicted)
    left = int((compared.first.predicted[changed.otherwise] == predicted).sum())
    parts = [f"{len(changed.fixed)} fixed", f"{len(changed.broken)} broken"]
    if len(changed.otherwise):
        parts.append(f"{left} that {letters[1]} takes for another wrong class")
        parts.append(f"{len(changed.otherwise) - left} that {letters[0]} took for one")
    return f"{letters[0]} reads {first} so, {letters[1]} reads {second}: {signed(first - second)}. Behind it: {', '.join(parts)}."


def _take_click(key: str, num_classes: int) -> None:
    """The clicked cell goes into the two lists; a cell of the diagonal stands for all that its class is mistaken for."""
    points = st.session_state[key].selection.points
    if points:
        true, predicted = divmod(int(points[-1]["point_index"]), num_classes)
        st.session_state[_KEYS[0]], st.session_state[_KEYS[1]] = true, _ANY if predicted == true else predicted


def _unmark() -> None:
    """A cell chosen from the lists: the frame around the clicked one goes, by drawing the matrix anew."""
    st.session_state[_REVISION] = st.session_state.get(_REVISION, 0) + 1


def _cards(first: ComparedRun, second: ComparedRun, compared: ComparedMistakes, rows: Integers, key: str) -> None:
    """The images of these rows, the most surely wrong first, a page at a time; a table where they are no images."""
    if not len(rows):
        return
    dataset = data.load(first.info.run.dataset)
    images = dataset.x_test if compared.first.split == "test" else dataset.x_train
    one, other = compared.first, compared.second
    wrong = [
        max((e.confidences[row] for e in (one, other) if e.predicted[row] != e.labels[row]), default=0.0) for row in rows.tolist()
    ]
    shown = st.session_state.get(f"compare_shown.{key}", _AT_ONCE)
    ranked = rows[np.argsort(-np.asarray(wrong), kind="stable")]
    if not dataset.is_images:
        compared_rows_table(first.info.run, ((first.letter, one), (second.letter, other)), ranked, f"compared.{key}")
        return
    chosen = ranked[:shown]
    cards = [
        ComparedCard(
            images[int(one.indices[row])].numpy(),
            int(one.labels[row]),
            (_reading(first, one, row), _reading(second, other, row)),
        )
        for row in chosen.tolist()
    ]
    st.html(compared_cards(cards, dataset.class_names))
    if len(rows) > shown:

        def show_more() -> None:
            st.session_state[f"compare_shown.{key}"] = shown + 3 * _AT_ONCE

        label = f"Show more ({len(rows) - shown:,} left)"
        st.button(label, icon=":material/expand_more:", on_click=show_more, key=f"compare_more.{key}")


def _reading(run: ComparedRun, evaluation: Evaluation, row: int) -> Reading:
    return Reading(run.letter, int(evaluation.predicted[row]), float(evaluation.confidences[row]))
