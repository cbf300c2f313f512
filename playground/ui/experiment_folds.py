"""Cross-validation: the form for it, and what comes out."""

from __future__ import annotations

import html
import math

import streamlit as st

from playground import data
from playground.checks import check
from playground.figures.folds import fold_curves, fold_dots
from playground.spec import RunSpec
from playground.studies.plans import CrossValidation
from playground.studies.results import fold_summary
from playground.studies.state import StudyState, epochs_of
from playground.studies.trials import run_of_values
from playground.ui.data_words import noun
from playground.ui.experiment_start import WORKBENCH, candidates, choose_candidate, estimate, quicker, seconds_of, start_button
from playground.ui.experiment_words import TABLE_STYLE, status_words, told
from playground.ui.figure_view import figure_view

_FOLDS = "experiment_folds"


def folds_form() -> None:
    """Chooses the run and the number of folds."""
    known = candidates()
    chosen = choose_candidate("Network", known, "experiment_folds_run", WORKBENCH, "What is to be judged.")
    st.session_state.setdefault(_FOLDS, 5)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folds = st.slider(
            "Folds",
            2,
            10,
            key=_FOLDS,
            width=260,
            persist_state="session",
            help="Into how many equal parts the training data is cut. Each part is the mock exam once.",
        )
        shorten = quicker()
    run = shorten(chosen.run)
    st.caption(_in_words(run, folds))
    seconds = seconds_of(chosen, run)
    st.caption(estimate(folds, None if seconds is None else folds * seconds))
    plan = CrossValidation(run=run, folds=folds)
    _fewer_folds(plan)
    start_button(lambda: plan, (run,))


def _fewer_folds(plan: CrossValidation) -> None:
    """The way out where a class is too small for so many folds; the reason stands beside Start."""
    for finding in check(run_of_values(plan, {"fold": 0})).errors:
        if finding.mend and (fewer := finding.mend.run.dataset.folds) not in (None, plan.folds):
            st.button(
                finding.mend.label,
                icon=":material/build:",
                on_click=st.session_state.__setitem__,
                args=(_FOLDS, fewer),
                key="experiment_fewer_folds",
            )


def _in_words(run: RunSpec, folds: int) -> str:
    source = data.source(run.dataset)
    part, plural = source.num_train // folds, noun(source)
    learns = min(source.num_train - part, run.dataset.training_size or source.num_train)
    few = _smallest_class(run) if source.num_classes else folds
    alike = ", each with the same share of every class" if source.num_classes and few >= folds else ""
    missing = f" The smallest class has only {few} of them, so it is missing from some parts." if few < folds else ""
    return (
        f"The {source.num_train:,} training {plural} are cut into {folds} parts of about **{part:,}**{alike}.{missing} "
        f"Each of {folds} networks learns from **{learns:,}** {plural} of the others, and is judged on its own part."
    )


def _smallest_class(run: RunSpec) -> float:
    """How many training examples it has; of images, and where nothing can be loaded, no number is too small."""
    source = data.source(run.dataset)
    if source.is_images or not source.num_train or not source.input_shape[0]:
        return math.inf
    return int(data.load(run.dataset).y_train.bincount(minlength=source.num_classes).min())


def folds_result(state: StudyState) -> None:
    """Mean and spread in large letters, one curve and one dot a fold."""
    assert isinstance(state.plan, CrossValidation)
    summary, scale = fold_summary(state), state.score
    with st.container(key="experiment_verdict"):
        if summary is None:
            words = "The first fold is on its way." if state.is_active else "No fold was finished."
        else:
            words = f"{'So far: ' if state.is_active else ''}{summary.words}"
        st.markdown(f"### {words}")
        if summary is not None and summary.spread is not None:
            st.caption(
                f"With a single split you might have read anything from {told(scale, summary.lowest, 1)} to "
                f"{told(scale, summary.highest, 1)}, by the luck of which {noun(data.source(state.run.dataset))} were kept back. "
                f"The mean is a steadier number. "
                f"The spread is the standard deviation of the folds: most lie that near to the mean. A difference between "
                f"two networks that is smaller than the spread may be luck."
            )
        else:
            st.caption("The spread comes with the second fold.")
    curves, dots = st.columns([5, 4])
    trials = [next((t for t in state.trials if t.values.get("fold") == fold), None) for fold in range(state.plan.folds)]
    lines = [trial.curve if trial else () for trial in trials]
    scores = [trial.score if trial else None for trial in trials]
    with curves:
        st.markdown(f"**Validation {scale.name}** after each epoch, one line a fold")
        figure_view(
            lambda: fold_curves(lines, epochs=epochs_of(trials), score=scale.name),
            key="fold_curves",
            revision=(state.id, tuple(lines)),
            zoom_key=state.id,
        )
    with dots:
        st.markdown("**Where the folds ended**; line: mean, band: ± 1 standard deviation")
        known = [float("nan") if score is None else score for score in scores]
        figure_view(lambda: fold_dots(known, score=scale.name), key="fold_dots", revision=(state.id, tuple(scores)))
    rows = []
    for number, trial in enumerate(trials, start=1):
        said = "–" if trial is None or trial.score is None else f"<b>{told(scale, trial.score)}</b>"
        status = "" if trial is None else status_words(trial.status)
        reason = html.escape(trial.reason) if trial else ""
        epochs = max(trial.epochs, default=0) if trial else 0
        rows.append(f"<tr><td>{number}</td><td>{said}</td><td>{status} {reason}</td><td>{epochs}</td></tr>")
    heads = f"<tr><th>Fold</th><th>Validation {scale.name}</th><th></th><th>Epochs</th></tr>"
    st.html(f'{TABLE_STYLE}<table class="experiment-table">{heads}{"".join(rows)}</table>')
