"""The weights that a page looks at: taken at one moment, and kept until the visitor looks again.

The session keeps it as a cache only: losing it costs another look, nothing else.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import streamlit as st

from playground.jobs import RunInfo, Weights
from playground.spec import RunSpec
from playground.ui import session, tasks

TICK_SECONDS = 1.0
FOLLOW = "follow_training"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run's weights at one moment.

    Attributes:
        final: whether the run had ended, so that no later ones will come.
        checkpoint: the number of the earlier moment that was chosen; None for the newest weights.
    """

    run_id: str
    run: RunSpec
    weights: Weights
    final: bool
    checkpoint: int | None = None

    @property
    def moment(self) -> Hashable:
        """Tells this snapshot from every other. A run that ends may still put its best weights back, at the same step."""
        return self.run_id, self.weights.step, self.final, self.checkpoint

    @property
    def when(self) -> str:
        """The moment in words."""
        return f"after {self.weights.epoch:.2f} epochs ({self.weights.step:,} batches)"


def snapshot(info: RunInfo, checkpoint: int | None = None) -> Snapshot:
    """The kept snapshot; a new one for another run or moment, and when the run has ended since.

    Args:
        checkpoint: the number of an earlier moment; None for the newest weights.

    Raises:
        PlaygroundError: the run has not begun, so it has no weights.
    """
    kept: Snapshot | None = st.session_state.get("snapshot")
    final = not info.is_active and checkpoint is None
    if kept is None or (kept.run_id, kept.checkpoint) != (info.id, checkpoint) or (final and not kept.final):
        weights = session.service().weights(info.id, checkpoint=checkpoint)
        kept = Snapshot(info.id, info.run, weights, final, checkpoint)
        st.session_state["snapshot"] = kept
    return kept


def look_again() -> None:
    """Has the next `snapshot` take new weights."""
    st.session_state.pop("snapshot", None)


def follow(info: RunInfo, kept: Snapshot | None, busy_slot: str) -> None:
    """What the run has done since, and a way to see it; draws nothing once the run has ended.

    Args:
        busy_slot: new weights are not taken by themselves while this slot's question is being computed.
    """
    if info.is_active and (kept is None or kept.checkpoint is None):
        st.fragment(_follow, run_every=TICK_SECONDS)(info, kept, busy_slot)


def _follow(info: RunInfo, kept: Snapshot | None, busy_slot: str) -> None:
    status = session.service().info(info.id).status
    if status != info.status:
        st.rerun()
    if kept is None:
        return
    now = session.history(info.id).epoch
    with st.container(horizontal=True, vertical_alignment="center"):
        state = "is paused" if status == "paused" else "is learning"
        st.markdown(f":material/model_training: It {state}, at epoch **{now:.2f}**.", width="content")
        again = st.button("Look again", icon=":material/refresh:", help="Takes the weights as they are now.")
        following = st.toggle(
            "After every epoch", key=FOLLOW, persist_state="session", help="Looks again by itself whenever an epoch has ended."
        )
    if again or (following and int(now) > int(kept.weights.epoch) and not tasks.is_waiting(busy_slot)):
        look_again()
        st.rerun()
