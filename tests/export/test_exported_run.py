"""A run read back from the store, and a branch of it, become scripts that reach the stored figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from repeated_runs import run_together, script, small_run
from safetensors.torch import save

from playground import data
from playground.catalog.optimizers import SGD, Adam
from playground.catalog.schedules import Cosine
from playground.errors import PlaygroundError
from playground.export.formats import FORMATS
from playground.export.value import ExportedRun, exported_run
from playground.jobs import JobService
from playground.jobs.branching import branched_checkpoint, history_before
from playground.spec import EarlyStopping, Regularisation, RunSpec
from playground.store.store import Store
from playground.store.values import Origin, StoredWeights
from playground.training.changes import Changes
from playground.training.checkpoint import Checkpoint
from playground.training.events import CurveKept, Event, RunStarted
from playground.training.trainer import Trainer


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    yield made
    made.close()


def keep(
    store: Store,
    run_id: str,
    run: RunSpec,
    *,
    change_at: tuple[int, Changes] | None = None,
    checkpoint_at: int | None = None,
    start: bytes | None = None,
    before: Sequence[Event] = (),
    origin: Origin | None = None,
    final: bool = True,
    other_threads: bool = False,
) -> bytes:
    """Trains a run into the store; gives back the checkpoint after so many batches."""
    origin = origin or Origin()
    store.add(run_id, "me", 1, f"Run {run_id}", run.to_json(), 0.0, origin)
    trainer = Trainer(run, data.load("mnist-5k"), checkpoint=Checkpoint.from_bytes(start) if start else None)
    trainer.batch_limit = 1
    events, kept = list(before), b""
    for event in trainer:
        events.append(event)
        if other_threads and isinstance(event, RunStarted):
            events.append(replace(event, threads=2))  # another process took it up
        if change_at and trainer.progress.step == change_at[0]:
            events.append(trainer.change(change_at[1]))
            change_at = None
        if trainer.progress.step == checkpoint_at and not kept:
            kept = trainer.checkpoint().to_bytes()
    store.events(run_id, events, trainer.run.to_json(), True)
    store.checkpoint(run_id, trainer.progress.step, float(trainer.progress.epoch), trainer.checkpoint().to_bytes(), True)
    if final:
        store.final(run_id, StoredWeights(trainer.progress.step, float(trainer.progress.epoch), save(trainer.weights())))
    assert store.flush()
    return kept


def branch(store: Store, parent: str, run_id: str, run: RunSpec, checkpoint: bytes) -> None:
    step = Checkpoint.from_bytes(checkpoint).progress["step"]
    before = history_before(store.events_of(parent), checkpoint)
    start = branched_checkpoint(checkpoint, run)
    keep(store, run_id, run, start=start, before=before, origin=Origin(parent=parent, parent_step=step))


def changed(run: RunSpec, **training: object) -> RunSpec:
    return run.model_copy(update={"training": run.training.model_copy(update=training)})


def test_a_stored_run_with_a_change_on_the_way_comes_to_the_same_figures(store: Store, tmp_path: Path) -> None:
    keep(store, "a", small_run(), change_at=(3, Changes(optimizer={"learning_rate": 0.01})))
    run = exported_run(store, "a")
    assert run.submitted and run.submitted.training.optimizer.learning_rate == 0.001
    assert run.run.training.optimizer.learning_rate == 0.01
    assert run_together({"a": script(run)}, tmp_path)["a"].passed


def test_branches_of_a_run_come_to_the_same_figures(store: Store, tmp_path: Path) -> None:
    run = small_run(schedule=Cosine(), optimizer=SGD(momentum=0.5))
    checkpoint = keep(store, "a", run, checkpoint_at=7)
    branch(store, "a", "slower", changed(run, optimizer=SGD(momentum=0.5, learning_rate=0.01)), checkpoint)
    branch(store, "a", "longer", changed(run, epochs=4, batch_size=20), checkpoint)
    branch(store, "a", "adam", changed(run, optimizer=Adam()), checkpoint)
    texts = {name: script(exported_run(store, name)) for name in ("slower", "longer", "adam")}
    for name, ended in run_together(texts, tmp_path).items():
        assert ended.passed, f"{name}: {ended.text}"


def test_a_branch_that_changes_more_is_refused_with_its_reason_and_a_way_out(store: Store) -> None:
    run = small_run()
    checkpoint = keep(store, "a", run, checkpoint_at=2)
    stopping = Regularisation(early_stopping=EarlyStopping())
    branch(store, "a", "b", changed(run, regularisation=stopping), checkpoint)
    with pytest.raises(PlaygroundError, match=r"(?s)more was changed.*safetensors"):
        script(exported_run(store, "b"))
    branch(store, "a", "c", run, checkpoint)
    with pytest.raises(PlaygroundError, match="branched from is gone"):
        script(replace(exported_run(store, "c"), parent=None))


def test_an_exported_run_has_its_curves_and_its_final_weights(store: Store) -> None:
    run = small_run(
        regularisation=Regularisation(early_stopping=EarlyStopping(patience=1)), epochs=8, optimizer=SGD(learning_rate=1.5)
    )
    keep(store, "a", run)
    keep(store, "b", run, final=False)
    whole, without_final = exported_run(store, "a"), exported_run(store, "b")
    assert whole.name == "Run a" and whole.run == run and whole.submitted == run and whole.repeatable and whole.parent is None
    assert whole.history.finished and whole.history.started and len(whole.history.batch_steps) == whole.history.step
    assert isinstance(store.events_of("a")[-1], CurveKept)
    assert all(torch.equal(tensor, without_final.weights[name]) for name, tensor in whole.weights.items())


def test_a_run_that_is_not_stored_is_refused(store: Store) -> None:
    with pytest.raises(PlaygroundError, match="no stored run 'nothing'"):
        exported_run(store, "nothing")


def test_file_names_are_plain_and_never_empty(store: Store) -> None:
    keep(store, "a", small_run(epochs=1))
    run: ExportedRun = exported_run(store, "a")
    names = {"../../etc/passwd": "etc-passwd.py", "Größe 3": "gr-e-3.py", "数字": "network.py", "x" * 99: "x" * 40 + ".py"}
    for name, wanted in names.items():
        assert FORMATS["pytorch"].file_name(replace(run, name=name)) == wanted


def test_a_run_of_the_job_service_that_was_changed_on_the_way_comes_to_the_same_figures(store: Store, tmp_path: Path) -> None:
    with JobService(workers=1, threads=1, store=store) as service:
        changing = service.submit(small_run(epochs=30, size=None), "me")
        beside = service.submit(small_run(seed=6), "me")
        service.warm("mnist-5k")
        wait_for(lambda: service.info(changing).status == "running" and len(service.events_since(changing, 0)[0]) > 1)
        service.change(changing, Changes(optimizer={"learning_rate": 0.004}, batch_size=100))
        wait_for(lambda: not any(service.info(run_id).is_active for run_id in (changing, beside)))
    assert store.flush()
    runs = {run_id: exported_run(store, run_id) for run_id in (changing, beside)}
    assert len(runs[changing].history.changes) == 1 and runs[changing].history.finished
    for ended in run_together({run_id: script(run) for run_id, run in runs.items()}, tmp_path).values():
        assert ended.passed, ended.text
        assert "to the last digit" in ended.text


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_a_run_whose_threads_changed_is_compared_within_a_tolerance_and_says_so(store: Store, tmp_path: Path) -> None:
    keep(store, "a", small_run(epochs=1), other_threads=True)
    run = exported_run(store, "a")
    assert not run.one_runtime
    text = script(run)
    assert "changed the number of its processor threads" in text
    assert run_together({"a": text}, tmp_path)["a"].passed


def test_a_changed_run_whose_beginning_is_not_known_is_refused(store: Store) -> None:
    keep(store, "a", small_run(), change_at=(3, Changes(optimizer={"learning_rate": 0.01})))
    with pytest.raises(PlaygroundError, match="at its start are not known"):
        script(replace(exported_run(store, "a"), submitted=None))
