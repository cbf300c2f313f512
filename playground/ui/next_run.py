"""What the learner means the next run for: to compare it, to go on from an earlier state, to see a forecast come true."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from playground.errors import PlaygroundError
from playground.forecast import Forecast
from playground.jobs import RunInfo
from playground.jobs.branching import Edited
from playground.jobs.protocol import Mode
from playground.spec import RunSpec
from playground.store.values import Origin
from playground.ui import session


@dataclass(frozen=True)
class BranchPoint:
    """A checkpoint from which the next run goes on; `epoch` with the fraction, `edited` when it goes on with other weights."""

    run_id: str
    number: int
    epoch: float
    edited: Edited | None = None


def begin(run: RunSpec, mode: Mode) -> str:
    """Trains `run` as it is meant; returns its id.

    Raises:
        PlaygroundError: as `JobService.submit` and `branch`.
    """
    service, owner = session.service(), session.visitor()
    point, compared = branch_point(), baseline()
    made = waiting_forecast()
    forecast = made.model_dump_json() if made else None
    if point is not None:
        run_id = service.branch(point.run_id, point.number, run, owner, mode, forecast, point.edited)
    else:
        run_id = service.submit(run, owner, mode, Origin(baseline=compared.id if compared else None, forecast=forecast))
    compare_with(None)
    set_forecast(None)
    return run_id


def baseline() -> RunInfo | None:
    """The run that the next one is to be compared with."""
    return _known("baseline")


def compare_with(run_id: str | None) -> None:
    """Begins, or ends, the comparison of the next run with another."""
    st.session_state["baseline"] = run_id
    st.session_state.pop("branch_point", None)


def branch_point() -> BranchPoint | None:
    point: BranchPoint | None = st.session_state.get("branch_point")
    return point


def branch_from(point: BranchPoint, run: RunSpec) -> None:
    """Puts the run on the workbench, to go on from there."""
    session.replace_run_spec(run)
    compare_with(None)
    st.session_state["branch_point"] = point


def waiting_forecast() -> Forecast | None:
    """The forecast of the run that is trained next."""
    made: Forecast | None = st.session_state.get("forecast")
    return made


def set_forecast(made: Forecast | None) -> None:
    st.session_state["forecast"] = made


def forecast_of(info: RunInfo) -> Forecast | None:
    """What was expected of a run, if anything was; an imported run may bring what cannot be read."""
    try:
        return Forecast.model_validate_json(info.origin.forecast) if info.origin.forecast else None
    except ValueError:
        return None


def _known(key: str) -> RunInfo | None:
    run_id = st.session_state.get(key)
    try:
        return session.service().info(run_id) if run_id else None
    except PlaygroundError:
        return None
