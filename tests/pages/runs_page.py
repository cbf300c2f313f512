"""Runs in the store and the Runs page over them, for the tests of that page."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence

from page_app import LIMIT_SECONDS, shown, visit
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.store.store import Store
from playground.store.values import Origin
from playground.training.events import BatchesEnded, EpochEnded, Event, RunFinished, RunStarted

PAGE = "pages/3_Runs.py"
PLAIN = Origin()
LAYERS = (Flatten(), Dense(units=8), Dense(units=10, activation=Identity()))


def small_run(seed: int = 0, epochs: int = 2, dataset: str = "mnist-5k") -> RunSpec:
    images = DatasetSpec(name=dataset, training_size=200)
    return RunSpec(network=NetworkSpec(layers=LAYERS), dataset=images, training=TrainingSpec(epochs=epochs), seed=seed)


def events_of_a_run(validation: Sequence[float], test: float | None) -> list[Event]:
    events: list[Event] = [RunStarted(6370, 180, 20, 6, len(validation), "cpu", 1, "contiguous", ())]
    for number, share in enumerate(validation, start=1):
        losses = (1 - share,) * 6
        events.append(BatchesEnded(6 * number, number, losses, (share,) * 6, 0.001, 180 * number, 0.5 * number))
        events.append(EpochEnded(number, 6 * number, 1 - share, share, 1 - share, share, 0.001, 0.5 * number))
    if test is not None:
        events.append(RunFinished(6 * len(validation), len(validation), 1 - test, test, False, None, 3.0))
    return events


def stored(
    store: Store,
    owner: str,
    name: str,
    *,
    spec: RunSpec | None = None,
    validation: Sequence[float] = (0.8, 0.9),
    test: float | None = 0.85,
    origin: Origin = PLAIN,
    age: float = 0.0,
) -> str:
    """A finished run in the store; without a `test` accuracy, one that its server left unfinished."""
    text = (spec or small_run()).to_json()
    run_id = f"{name.partition(' · ')[0]}-{zlib.crc32(owner.encode())}".replace(" ", "-")
    store.add(run_id, owner, 1, name, text, time.time() - age, origin)
    store.events(run_id, events_of_a_run(validation, test), text, True)
    assert store.flush(LIMIT_SECONDS)
    return run_id


def open_page(visitor: str, run_id: str | None = None) -> AppTest:
    return shown(visit(PAGE, run_id, visitor))


def names(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Name"]) if page.dataframe else []


def words(page: AppTest) -> str:
    said = (*page.markdown, *page.caption, *page.info, *page.warning, *page.success, *page.error, *page.subheader)
    return " ".join(element.value for element in said)


def click(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return shown(page)


def open_view(page: AppTest, name: str) -> AppTest:
    page.session_state["run_view"] = name
    return shown(page)


def tick(page: AppTest, *run_ids: str) -> AppTest:
    page.session_state["runs_ticked"] = frozenset(run_ids)
    return shown(page)
