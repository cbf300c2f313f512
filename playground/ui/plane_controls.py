"""The bar over the plane: what starts and steers the training, and the settings that one turns most."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from playground.catalog import ACTIVATIONS
from playground.catalog.layer import LayerEntry
from playground.data import Source
from playground.edits import with_layers, with_training
from playground.findings import Plan
from playground.jobs import RunInfo
from playground.spec import RunSpec
from playground.ui import plane_points, plane_runs, plane_state, plane_undo
from playground.ui.controls import SPEEDS
from playground.ui.forms import marked
from playground.ui.lesson import LOCKED_WORDS, is_locked

RATES = (1e-5, 1e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTY_RATES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
PLANE_SPEEDS: dict[float, str] = {0.0: SPEEDS[0.0], 200.0: "200 batches/s", **{s: words for s, words in SPEEDS.items() if s}}
PENALTIES = {"none": "none", "l1": "L1", "l2": "L2", "both": "L1 and L2"}
TASKS = {False: "Classification", True: "Regression"}


def steering(plan: Plan, info: RunInfo | None) -> None:
    """Reset, start and pause, one batch, one epoch, speed, undo."""
    hidden = plane_state.viewing().hidden
    active = info is not None and info.is_active and plane_state.is_mine(info)
    runs = info is not None and active and info.status != "paused"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="plane_steering"):
        st.button(
            "Reset",
            icon=":material/replay:",
            on_click=plane_runs.reset,
            key="plane_reset",
            help="Back to the same first weights: the same start, so that you can compare.",
        )
        if runs:
            st.button("Pause", icon=":material/pause:", type="primary", on_click=plane_runs.pause, key="plane_main", width=110)
        else:
            st.button(
                "Go on" if info is not None and plane_state.is_mine(info) and info.status != "failed" else "Start",
                icon=":material/play_arrow:",
                type="primary",
                on_click=plane_runs.start,
                disabled=not plan.can_train,
                help=None if plan.can_train else "Mend what is marked in red first.",
                key="plane_main",
                width=110,
            )
        if "steps" not in hidden:
            for mode, label, icon, help in (
                ("batch", "One batch", "skip_next", "Learn from one batch of points, then wait."),
                ("epoch", "One epoch", "fast_forward", "Learn once from all training points, then wait."),
            ):
                st.button(
                    label,
                    icon=f":material/{icon}:",
                    on_click=plane_runs.start,
                    args=(mode,),
                    disabled=runs or not plan.can_train,
                    help=help,
                    key=f"plane_{mode}",
                )
            _speed()
        undoing = plane_undo.words()
        st.button(
            "Undo",
            icon=":material/undo:",
            on_click=plane_runs.undo,
            disabled=undoing is None,
            key="plane_undo",
            help=undoing or "Takes back what you change in the network or in its points.",
        )
        _new_weights()


def settings_bar(run: RunSpec, source: Source) -> None:
    """Learning rate, activation, regularisation and its rate, kind of task."""
    hidden = plane_state.viewing().hidden
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="plane_settings"):
        if "rates" not in hidden:
            _learning_rate(run)
            _activation(run)
            _penalty(run)
        if "task" not in hidden:
            _task(source)


def hidden_layers(run: RunSpec) -> tuple[int, ...]:
    """The places of the layers with an activation, but for the one that answers."""
    weighted = [place for place, layer in enumerate(run.network.layers) if layer.weighted]
    return tuple(place for place in weighted[:-1] if "activation" in type(run.network.layers[place]).model_fields)


def _speed() -> None:
    speed = plane_state.viewing().speed
    key = plane_state.control_key("plane_speed", speed)
    speeds = [*PLANE_SPEEDS, *([speed] if speed not in PLANE_SPEEDS else [])]
    st.selectbox(
        "Speed",
        speeds,
        index=speeds.index(speed),
        format_func=lambda each: PLANE_SPEEDS.get(each, f"{each:g} batches/s"),
        key=key,
        on_change=plane_state.on_choice(key, speed, plane_runs.set_speed),
        label_visibility="collapsed",
        help="Slow motion, to watch single steps.",
        width=150,
    )


def _new_weights() -> None:
    locked = is_locked("seed")
    run = plane_state.run_spec()
    st.button(
        marked("New weights", locked),
        icon=None if locked else ":material/casino:",
        on_click=plane_runs.replace,
        args=(run.model_copy(update={"seed": run.seed + 1}),),
        disabled=locked,
        key="plane_new_weights",
        help=LOCKED_WORDS if locked else f"Other first weights, by chance: seed {run.seed + 1} instead of {run.seed}.",
    )


def _learning_rate(run: RunSpec) -> None:
    rate = run.training.optimizer.learning_rate
    key = plane_state.control_key("plane_rate", rate)
    locked = is_locked("learning_rate")

    def take(chosen: float) -> None:
        now = plane_state.run_spec()
        optimizer = now.training.optimizer.model_copy(update={"learning_rate": chosen})
        plane_runs.edit(with_training(now, optimizer=optimizer))

    st.select_slider(
        marked("Learning rate", locked),
        _with(RATES, rate),
        rate,
        format_func=lambda each: f"{each:g}" if each >= 0.0001 else "0.00001" if each == 1e-5 else f"{each:.1g}",
        key=key,
        on_change=plane_state.on_choice(key, rate, take),
        disabled=locked,
        help=LOCKED_WORDS if locked else "How large its steps are. A running network takes it up at once.",
        width=230,
    )


def _activation(run: RunSpec) -> None:
    locked, places = is_locked("network"), hidden_layers(run)
    kinds = {run.network.layers[place].activation_entry().kind for place in places}  # type: ignore[attr-defined]
    current = next(iter(kinds)) if len(kinds) == 1 else "mixed"
    key = plane_state.control_key("plane_activation", current)
    choices = [*ACTIVATIONS, *(["mixed"] if current == "mixed" else [])]

    def take(chosen: str) -> None:
        if chosen in ACTIVATIONS:
            plane_runs.replace(with_activation(plane_state.run_spec(), chosen))

    st.selectbox(
        marked("Activation", locked),
        choices,
        index=choices.index(current),
        format_func=lambda kind: (
            ACTIVATIONS[kind].title if kind in ACTIVATIONS else "different ones" if places else "no hidden layer"
        ),
        key=key,
        on_change=plane_state.on_choice(key, current, take),
        disabled=locked or not places,
        help=LOCKED_WORDS if locked else "What every hidden neuron does with its sum. The network begins anew.",
        width=150,
    )


def with_activation(run: RunSpec, kind: str) -> RunSpec:
    """The run with one activation in all hidden layers."""
    layers: list[LayerEntry] = list(run.network.layers)
    for place in hidden_layers(run):
        layers[place] = layers[place].model_copy(update={"activation": ACTIVATIONS[kind]()})
    return with_layers(run, tuple(layers))


def _penalty(run: RunSpec) -> None:
    locked, held = is_locked("regularisation"), run.training.regularisation
    which = (
        "both" if held.l1 and held.l2 else "l1" if held.l1 else "l2" if held.l2 else st.session_state.get("plane_penalty", "none")
    )
    rate = max(held.l1, held.l2)
    kind_key, rate_key = plane_state.control_key("plane_penalty", which), plane_state.control_key("plane_penalty_rate", rate)

    def take() -> None:
        chosen, amount = st.session_state[kind_key], st.session_state[rate_key]
        if (chosen, amount) == (which, rate):
            return  # as in `on_choice`
        st.session_state["plane_penalty"] = chosen
        now = plane_state.run_spec()
        penalties = {"l1": amount if chosen in ("l1", "both") else 0.0, "l2": amount if chosen in ("l2", "both") else 0.0}
        plane_runs.edit(with_training(now, regularisation=now.training.regularisation.model_copy(update=penalties)))

    help = LOCKED_WORDS if locked else "Keeps weights small: L1 pushes many to exactly 0, L2 keeps all of them small."
    st.selectbox(
        marked("Regularisation", locked),
        list(PENALTIES),
        index=list(PENALTIES).index(which),
        format_func=PENALTIES.__getitem__,
        key=kind_key,
        on_change=take,
        disabled=locked,
        help=help,
        width=130,
    )
    st.selectbox(
        marked("Its rate", locked),
        _with(PENALTY_RATES, rate),
        index=_with(PENALTY_RATES, rate).index(rate),
        format_func=lambda each: f"{each:g}",
        key=rate_key,
        on_change=take,
        disabled=locked or which == "none",
        help="How strong the regularisation is; 0 switches it off.",
        width=100,
    )


def _task(source: Source) -> None:
    is_number = source.task == "regression"
    key = plane_state.control_key("plane_task", is_number)
    locked = is_locked("dataset")
    st.selectbox(
        marked("Task", locked),
        list(TASKS),
        index=int(is_number),
        format_func=TASKS.__getitem__,
        key=key,
        on_change=plane_state.on_choice(key, is_number, plane_points.choose_task),
        disabled=locked,
        help=LOCKED_WORDS if locked else "Classification tells colours apart; regression tells a number for every place.",
        width=160,
    )


def _with(steps: Sequence[float], value: float) -> list[float]:
    """The steps, and the value among them."""
    return sorted({*steps, value})
