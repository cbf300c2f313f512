"""Which network reads: one of the visitor's runs, even while it trains, one from a file, or the playground's own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from playground.errors import PlaygroundError
from playground.insight.reading import pixel_scale
from playground.insight.shipped import shipped_network
from playground.jobs import RunInfo, Weights
from playground.spec import RunSpec
from playground.store.values import CheckpointInfo
from playground.ui import address, loaded_networks, session
from playground.ui.labels import distinct

SHIPPED = "shipped"
READER_PARAMETER = "reader"
# A stroke is read with weights of at most this age, rather than wait for the worker that is training them.
WEIGHTS_AGE_SECONDS = 0.9
WAIT_SECONDS = 0.5


@dataclass(frozen=True, eq=False)
class Network:
    """A network that can read: its run, its weights now, and how it scales pixels. `when` says in words which weights."""

    run: RunSpec
    weights: Mapping[str, Tensor]
    scale: tuple[float, float]
    when: str


def choose_network() -> RunInfo | None:
    """The picker; returns the chosen run, or None for a network from a file or the shipped one.

    The choice stands in the address, but for a file, which this visit alone knows.
    """
    service, current = session.service(), session.run_id()
    infos = {info.id: info for info in service.runs(session.visitor())}
    if current and current not in infos:
        infos = {current: service.info(current), **infos}
    saved = loaded_networks.chosen() or SHIPPED
    chosen = saved if current is None or prefers_saved(current) else current
    labels = distinct({run_id: f"{info.label} · {info.status}" for run_id, info in infos.items()})
    labels |= {name: entry.label for name, entry in loaded_networks.loaded().items()} | {SHIPPED: _shipped_label()}
    options = list(labels)
    # The browser remembers a choice by its label: another choice, or another label, needs another widget.
    key = f"reader.{chosen}.{'.'.join(labels.values())}"
    st.selectbox(
        "Network that reads",
        options,
        index=options.index(chosen),
        format_func=labels.__getitem__,
        key=key,
        on_change=_choose,
        args=(key,),
        help="Your newest run comes first. A run that is still training reads with its weights of this moment.",
        width=720,
    )
    return infos.get(chosen)


def network(info: RunInfo | None, moment: CheckpointInfo | None = None) -> Network:
    """The chosen network with its present weights, or those of an earlier moment.

    Raises:
        PlaygroundError: it has no weights yet, or its data set is gone.
    """
    if info is None:
        chosen = loaded_networks.chosen()
        saved = loaded_networks.loaded()[chosen].network if chosen else shipped_network()
        when = f"read {saved.test_accuracy:.2%} of {saved.test_images:,} test {'images' if chosen else 'digits'} right"
        return Network(saved.run, saved.weights, saved.pixel_scale, when)
    if moment is not None:
        weights = session.service().weights(info.id, checkpoint=moment.number)
        when = f"as it was after {weights.epoch:.4g} epochs" if weights.step else "as it was before training"
        return Network(info.run, weights.tensors, pixel_scale(info.run), when)
    weights = _weights(info)
    when = f"after {weights.epoch:.2f} epochs of training" if info.is_active else f"trained for {weights.epoch:.4g} epochs"
    return Network(info.run, weights.tensors, pixel_scale(info.run), when)


def _weights(info: RunInfo) -> Weights:
    kept = st.session_state.get("reader_weights")
    now = time.monotonic()
    if kept is not None and kept[0] == (info.id, info.status) and (not info.is_active or now - kept[1] < WEIGHTS_AGE_SECONDS):
        weights: Weights = kept[2]
        return weights
    weights = session.service().weights(info.id, timeout=WAIT_SECONDS)
    st.session_state["reader_weights"] = ((info.id, info.status), time.monotonic(), weights)
    return weights


def prefers_saved(current: str) -> bool:
    """Whether a network that is no run was chosen although there is a run; a newer run makes that choice void."""
    if address.named(READER_PARAMETER) == SHIPPED:
        st.session_state.setdefault("shipped_instead_of", current)
    instead_of = st.session_state.get("shipped_instead_of")
    return instead_of is not None and instead_of == current


def prefer_saved() -> None:
    """Has a network read that is no run: the shipped one, or the chosen one of those from files."""
    st.session_state["shipped_instead_of"] = session.run_id()


def _choose(key: str) -> None:
    chosen = st.session_state[key]
    loaded_networks.choose(chosen)
    if chosen == SHIPPED or chosen in loaded_networks.loaded():
        prefer_saved()
        address.keep(READER_PARAMETER, SHIPPED)
    else:
        st.session_state.pop("shipped_instead_of", None)
        address.keep(READER_PARAMETER, None)
        session.set_run_id(chosen)


def _shipped_label() -> str:
    try:
        return f"A small network that comes with the playground: {shipped_network().test_accuracy:.1%} of test digits"
    except PlaygroundError:
        return "A small network that comes with the playground"
