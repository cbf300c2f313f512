"""The live view: progress, curves and sample readings of the chosen run, in a fragment that ticks while it trains."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from playground import data
from playground.catalog.task import TASKS, score_words
from playground.errors import PlaygroundError
from playground.figures.images import to_png
from playground.figures.samples import Sample, big_numbers, sample_strip
from playground.jobs import RunInfo
from playground.spec import DatasetSpec, RunSpec
from playground.training.history import History
from playground.ui import session
from playground.ui.data_words import noun
from playground.ui.fair import ghost_overlays
from playground.ui.forecast import forecast_overlays
from playground.ui.live_chart import live_chart

TICK_SECONDS = 0.33
PAUSED_TICK_SECONDS = 1.0  # another tab may let the run go on
RECENT_BATCHES = 50
SHORT_EPOCH_BATCHES, MANY_EPOCHS = 30, 100
_EMPTY = History()


def live_view(info: RunInfo | None, next_run: RunSpec, hint: str) -> None:
    """Everything about the run that moves. Keeps its height, whether there is a run or not.

    Args:
        next_run: what Train would start.
        hint: what to say of it while it has not been started.
    """
    every = None
    if info and info.is_active:
        every = PAUSED_TICK_SECONDS if info.status == "paused" else TICK_SECONDS
    st.fragment(_tick, run_every=every)(info, next_run, hint)


def _tick(info: RunInfo | None, next_run: RunSpec, hint: str) -> None:
    session.freeze_imports("live view")
    try:
        history = session.history(info.id) if info else _EMPTY
    except PlaygroundError:  # forgotten by the server in the meantime: the page will say so
        st.rerun()
    if info and (_phase(history.status) != _phase(info.status) or session.problem_is_news()):
        # The buttons and this fragment's clock hang on the status, and only a run of the whole page changes them; so with the
        # warning that nothing is stored.
        st.rerun()
    if info is None:
        text = hint
    elif not info.is_active and info.run != next_run:
        text = f"You see {info.label.partition(' · ')[0]}. {hint}"
    else:
        text = progress_text(info, history)
    task = data.source((info.run if info else next_run).dataset).task
    progress(history, text, task)
    live_chart(
        history,
        key="curves",
        show_raw=bool(st.session_state.get("show_raw", True)),
        log_loss=bool(st.session_state.get("log_loss", False)),
        x="batch" if st.session_state.get("per_batch") else "epoch",
        revision=history.revision,
        batches_per_epoch=history.started.batches_per_epoch if history.started else None,
        zoom_key=info.id if info else "empty",
        height=270,
        score=TASKS[task].score,
        overlays=ghost_overlays(info) + forecast_overlays(info, next_run.training.epochs, history),
    )
    samples(info, history, next_run)


def _phase(status: str) -> str:
    """A run that waits for its first turn has the buttons of one that is trained."""
    return "running" if status == "waiting" else status


def progress(history: History, text: str, task: str = "classification") -> None:
    """One bar and one line: where the run stands, how fast it goes, how long it will take."""
    epochs = history.started.epochs if history.started else 1
    share = min(1.0, history.epoch / epochs)
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        st.progress(1.0 if history.status == "finished" else share, text)
        st.html(big_numbers(readings(history, task)), width="content")


def readings(history: History, task: str = "classification") -> list[tuple[str, str]]:
    """The figures that matter most now, for the back row: what they are, and their values with units."""
    recent, score = history.batch_accuracy[-RECENT_BATCHES:], TASKS[task].score
    found = [(f"training {score}", score_words(task, sum(recent) / len(recent)) if recent else "–")]
    validated = history.final_epoch.validation_accuracy if history.final_epoch else None
    found.append((f"validation {score}", "–" if validated is None else score_words(task, validated)))
    if history.finished:
        found.append((f"test {score}", score_words(task, history.finished.test_accuracy, digits=2)))
    return found


def progress_text(info: RunInfo, history: History) -> str:
    """The line over the progress bar."""
    if history.failed:
        return f"Failed at batch {history.step:,}."
    started, source = history.started, data.source(info.run.dataset)
    if started is None:
        return "Stopped before it began." if history.status == "stopped" else "Starting…"
    done = history.epochs[-1].step if history.epochs else 0
    ended = history.epochs[-1].epoch if history.epochs else 0
    short = started.batches_per_epoch < SHORT_EPOCH_BATCHES and started.epochs > MANY_EPOCHS
    number = min(started.epochs, (int(history.epoch) if short else ended) + 1)
    parts = [f"Epoch **{number:,}** of {started.epochs:,}"]
    if history.finished:
        parts = [f"Done: **{history.finished.epochs}** epochs, examined on test {noun(source)} that it never saw"]
        if history.finished.stopped_early:
            parts.append(f"stopped early, weights of epoch {history.finished.best_epoch} restored")
    elif history.status in ("stopped", "interrupted"):
        parts.append(history.status)
    elif history.evaluating:
        things = noun(source)
        split = {"validation": f"checking on validation {things}", "test": f"the final exam, on test {things}"}[
            history.evaluating.split
        ]
        parts.append(f"{split} ({history.evaluating.done / history.evaluating.total:.0%})")
    elif short:
        pass  # its batches go by too fast to be read
    elif history.changes:  # the batches may be of another size now
        parts.append(f"**{history.epoch - ended:.0%}** of it")
    else:
        parts.append(f"batch **{history.step - done:,}** of {started.batches_per_epoch:,}")
    slow = info.batches_per_second if info.is_active else None
    if slow:
        parts.append("slow motion")
    elif history.images_per_second:
        parts.append(f"**{_round(history.images_per_second):,}** {noun(source)}/s")
    if not slow:
        parts.append(clock(history.seconds))
    if history.status == "running" and history.images_per_second and not history.evaluating and not slow:
        left = (started.epochs - history.epoch) * started.train_size / history.images_per_second
        parts.append(f"about {clock(left)} left")
    if history.status == "paused":
        parts.append("paused")
    parts.append(source.title)
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """75.2 -> "1 min 15 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _round(value: float) -> int:
    """Two figures are all that a speed is good for."""
    digits = max(0, len(str(int(value))) - 2)
    return round(value / 10**digits) * 10**digits


def samples(info: RunInfo | None, history: History, next_run: RunSpec) -> None:
    """A dozen images and what the network takes them for, now; nothing for data that are no images."""
    if not data.source((info.run if info else next_run).dataset).is_images:
        if info is None:
            st.html(sample_strip([], empty=""))  # the room that the advisor takes up afterwards: nothing moves
        return
    found: list[Sample] = []
    if info and history.started and history.samples:
        names = data.source(info.run.dataset).class_names
        images, labels = _images(info.run.dataset, history.started.sample_indices)
        for image, label, probabilities in zip(images, labels, history.samples.probabilities, strict=True):
            best = max(range(len(probabilities)), key=probabilities.__getitem__)
            found.append(Sample(image, names[label], names[best], probabilities[best]))
    st.html(sample_strip(found))


@lru_cache(maxsize=64)
def _images(dataset: DatasetSpec, indices: tuple[int, ...]) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
    """PNGs and labels of training images; the server reads a data set once."""
    loaded = data.load(dataset)
    pictures = tuple(to_png(loaded.x_train[index, 0].numpy()) for index in indices)
    return pictures, tuple(int(loaded.y_train[index]) for index in indices)
