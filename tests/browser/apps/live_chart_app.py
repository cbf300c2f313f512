"""A page on which a made-up training run grows three times a second, for the browser tests of the live chart."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import streamlit as st

from playground.ui.live_chart import live_chart

BATCHES_PER_EPOCH = 200
BATCHES_PER_TICK = 30


@dataclass(frozen=True)
class Epoch:
    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float = 0.001
    seconds: float = 1.0


@dataclass
class GrowingHistory:
    batch_steps: list[int] = field(default_factory=list)
    batch_loss: list[float] = field(default_factory=list)
    batch_accuracy: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    status: str = "waiting"

    def grow(self, batches: int, noise: random.Random) -> None:
        for _ in range(batches):
            step = len(self.batch_steps) + 1
            loss = 2.2 * math.exp(-step / 250) + 0.08
            self.batch_steps.append(step)
            self.batch_loss.append(loss * math.exp(noise.gauss(0, 0.25)))
            self.batch_accuracy.append(min(1.0, max(0.0, 1 - 0.35 * loss + noise.gauss(0, 0.03))))
            if step % BATCHES_PER_EPOCH == 0:
                number = step // BATCHES_PER_EPOCH
                record = Epoch(number, step, loss * 1.1, 1 - 0.36 * loss, loss * 1.2, 1 - 0.4 * loss)
                self.epochs.append(record)


st.set_page_config(layout="wide")
start = int(st.query_params.get("start", "0"))
growing = st.query_params.get("grow", "yes") == "yes"
if "history" not in st.session_state:
    st.session_state.noise = random.Random(0)
    st.session_state.history = GrowingHistory()
    st.session_state.history.grow(start, st.session_state.noise)
    st.session_state.ticks = 0


@st.fragment(run_every=0.3 if growing else None)
def tick() -> None:
    history = st.session_state.history
    if growing:
        st.session_state.ticks += 1
        history.grow(BATCHES_PER_TICK, st.session_state.noise)
    st.toggle("log loss", key="log_loss")
    st.toggle("raw", value=True, key="raw")
    live_chart(
        history,
        key="chart",
        smoothing=0.95,
        show_raw=st.session_state.raw,
        log_loss=st.session_state.log_loss,
        x="epoch",
        revision=len(history.batch_steps),
        batches_per_epoch=BATCHES_PER_EPOCH,
    )
    st.caption(f"ticks: {st.session_state.ticks}")


if st.toggle("chart on the page", value=True):
    tick()
st.write("below the chart")
