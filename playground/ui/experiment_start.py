"""What all experiments begin with: which runs there are to experiment with, how to make them quicker, and Start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st
from pydantic import ValidationError

from playground import data
from playground.catalog.presets import PRESETS
from playground.errors import PlaygroundError
from playground.spec import RunSpec, problems
from playground.studies.plans import CrossValidation, Search, SeedComparison
from playground.studies.requirements import require_startable
from playground.ui import address, session
from playground.ui.datasets import effective
from playground.ui.labels import distinct
from playground.ui.live import clock

STUDY_PARAMETER = "study"
WORKBENCH = "workbench"
_PRESET = "preset:"
_STUDY, _PROBLEM = "study_id", "experiment_problem"
_AS_THEY_ARE = 0  # not None, which a list takes for "nothing chosen" when it comes back
_SIZES = (500, 1_000, 5_000, 20_000)
_EPOCHS = (1, 2, 3, 5, 10, 20)


@dataclass(frozen=True)
class Candidate:
    """A run to experiment with. `seconds` are those that it took; None when nobody has trained it to its end."""

    key: str
    title: str
    run: RunSpec
    seconds: float | None = None

    @property
    def name(self) -> str:
        """The title without what it consists of."""
        return self.title.partition(" · ")[0]


def study_id() -> str | None:
    """The open experiment: that of the address, or else of this session, unless the address asks for a new one."""
    asked = "a" in st.query_params or "b" in st.query_params
    return address.named(STUDY_PARAMETER) or (None if asked else st.session_state.get(_STUDY))


def open_study(chosen: str | None) -> None:
    """Opens an experiment, or with None the form for a new one."""
    st.session_state[_STUDY] = chosen
    address.keep(STUDY_PARAMETER, chosen)


def candidates() -> dict[str, Candidate]:
    """The workbench, the visitor's runs and the presets, by key; a run's key is its id."""
    seconds: dict[str, float] = {}
    with suppress(PlaygroundError):  # without the store only the estimates are missing
        for stored in session.store().runs(session.visitor(), limit=200):
            if stored.summary.status == "finished":
                seconds[stored.id] = stored.summary.seconds
    found = [Candidate(info.id, info.label, info.run, seconds.get(info.id)) for info in session.service().runs(session.visitor())]
    for name in ("a", "b"):
        linked = st.query_params.get(name)
        if linked and linked not in {candidate.key for candidate in found}:
            with suppress(PlaygroundError):
                info = session.service().info(linked)
                found.append(Candidate(info.id, info.label, info.run))
    known = {candidate.run: candidate.seconds for candidate in reversed(found) if candidate.seconds is not None}
    workbench = session.run_spec()
    presets = [Candidate(_PRESET + preset.slug, f"Preset: {preset.title}", preset.run) for preset in PRESETS]
    first = Candidate(WORKBENCH, "The workbench", workbench, known.get(effective(workbench)))
    return {candidate.key: candidate for candidate in (first, *found, *presets)}


def choose_candidate(label: str, known: Mapping[str, Candidate], key: str, default: str, help: str) -> Candidate:
    """A list to choose a run from."""
    if st.session_state.get(key) not in known:  # nothing chosen yet, or it was deleted meanwhile
        st.session_state[key] = default
    titles = distinct({entry: candidate.title for entry, candidate in known.items()})
    chosen = st.selectbox(label, list(known), format_func=titles.__getitem__, key=key, help=help, persist_state="session")
    return known[chosen]


def quicker() -> Callable[[RunSpec], RunSpec]:
    """Two lists that shorten what is trained; returns what they do to a run."""
    size = st.selectbox(
        "Training data",
        (_AS_THEY_ARE, *_SIZES),
        format_func=lambda size: "as they are" if size == _AS_THEY_ARE else f"at most {size:,}",
        key="experiment_size",
        persist_state="session",
        help="An experiment trains many networks. With fewer examples each takes less time, and does a little worse.",
    )
    epochs = st.selectbox(
        "Epochs",
        (_AS_THEY_ARE, *_EPOCHS),
        format_func=lambda epochs: "as they are" if epochs == _AS_THEY_ARE else str(epochs),
        key="experiment_epochs",
        persist_state="session",
        help="How often each network goes through its training data.",
    )

    def shorten(run: RunSpec) -> RunSpec:
        run = effective(run)
        if size != _AS_THEY_ARE and size < (run.dataset.training_size or data.source(run.dataset).num_train):
            run = run.model_copy(update={"dataset": run.dataset.model_copy(update={"training_size": size})})
        if epochs != _AS_THEY_ARE:
            run = run.model_copy(update={"training": run.training.model_copy(update={"epochs": epochs})})
        return run

    return shorten


def seconds_of(candidate: Candidate, run: RunSpec) -> float | None:
    """About how long `run`, a shortened version of the candidate's, takes to train; None when unknown."""
    if candidate.seconds is None:
        return None
    return candidate.seconds * _images(run) / _images(effective(candidate.run))


def _images(run: RunSpec) -> int:
    source, dataset = data.source(run.dataset), run.dataset
    there = round(source.num_train * (1 - dataset.validation_share))
    return min(there, dataset.training_size or there) * run.training.epochs


def estimate(count: int, seconds: float | None) -> str:
    """How much there is to train, in words."""
    networks = "1 network" if count == 1 else f"{count:,} networks"
    if seconds is None:
        return f"Trains **{networks}**. How long that takes is not known: none of this kind was trained to its end yet."
    return f"Trains **{networks}**: about **{clock(seconds)}** of computing, longer while others train too."


def start_button(
    make: Callable[[], SeedComparison | Search | CrossValidation], runs: tuple[RunSpec, ...], why_not: str = ""
) -> None:
    """Start, greyed out with its reason when it cannot be."""
    why_not = why_not or _why_not_startable(make)
    missing = [dataset for dataset in dict.fromkeys(run.dataset for run in runs) if not data.is_available(dataset)]
    if missing and not why_not:
        why_not = f"{data.source(missing[0]).title} has to be fetched first: choose it on Build & train, under Data."
    with st.container(horizontal=True, vertical_alignment="center"):
        # No callback: it would have the settings of the page before, should somebody choose and click quickly.
        clicked = st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            key="experiment_start",
            disabled=bool(why_not),
            width=110,
        )
        if why_not:
            st.markdown(f":material/info: {why_not}")
    if clicked and not why_not:
        attempt(lambda: open_study(session.studies().start(make(), session.visitor())))
        if _PROBLEM not in st.session_state:
            st.rerun()
    show_problem()


def _why_not_startable(make: Callable[[], SeedComparison | Search | CrossValidation]) -> str:
    """What Start would refuse, said before it is clicked; "" when nothing is."""
    try:
        require_startable(make())
    except ValidationError as error:
        return problems(error)
    except PlaygroundError as error:
        return str(error)
    return ""


def attempt(command: Callable[[], object]) -> None:
    """Does what a button asks for; what goes wrong is told on the page."""
    try:
        command()
    except ValidationError as error:
        st.session_state[_PROBLEM] = problems(error)
    except PlaygroundError as error:
        st.session_state[_PROBLEM] = str(error)


def show_problem() -> None:
    problem = st.session_state.pop(_PROBLEM, None)
    if problem:
        st.error(problem, icon=":material/error:")
