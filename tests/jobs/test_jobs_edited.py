"""Runs that go on from weights that were edited by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from playground import data
from playground.catalog.optimizers import SGD
from playground.checks import check
from playground.errors import PlaygroundError
from playground.export.formats import FORMATS
from playground.export.value import exported_run
from playground.jobs.branching import Edited, branched
from playground.network import build
from playground.spec import EarlyStopping, RunSpec
from playground.training.batches import Batches
from playground.training.checkpoint import Checkpoint
from playground.training.evaluation import metrics
from playground.training.events import BatchesEnded, EpochEnded, RunFinished, SettingsChanged
from playground.training.runtime import Runtime
from tests.jobs.servers import Servers
from tests.jobs.support import (
    BATCHES_PER_EPOCH,
    a_run,
    all_events,
    assert_same_tensors,
    events_alone,
    history,
    plain_trainer,
    wait_for_end,
    wait_for_step,
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    started = Servers(tmp_path_factory.mktemp("edited"))
    yield started
    started.end()


def with_training(run: RunSpec, **updates: object) -> RunSpec:
    return run.model_copy(update={"training": run.training.model_copy(update=updates)})


def halved(weights: dict[str, torch.Tensor]) -> Edited:
    return Edited(
        {name: tensor / 2 if name.endswith("weight") else tensor for name, tensor in weights.items()}, "by hand: halved"
    )


def read_by(run: RunSpec, weights: dict[str, torch.Tensor], split: str) -> tuple[float, float]:
    """Loss and accuracy, by the network as torch builds it."""
    images = data.load(run.dataset)
    network = build(run.network, images.input_shape, run.seed)
    network.load_state_dict(weights)
    network.eval()
    batches = Batches(run.dataset, images, run.seed, Runtime())
    pixels, labels = batches.split_images(split)
    with torch.inference_mode():
        found = metrics(network(batches.inputs(pixels)), labels, run.training.loss)
    return found.loss, found.accuracy


def test_a_network_kept_as_it_is_has_the_edited_weights_and_figures_of_its_own(servers: Servers) -> None:
    service, run = servers.service, a_run(epochs=2)
    parent = service.submit(run, "ann")
    wait_for_end(service, parent)
    assert servers.store.flush(60)
    before = service.weights(parent).tensors
    untouched = {name: tensor.clone() for name, tensor in before.items()}
    edited = halved(before)
    moment = service.checkpoints(parent)[-1]
    kept = service.branch(parent, moment.number, run, "ann", edited=edited)
    wait_for_end(service, kept)
    info, found = service.info(kept), history(service, kept)
    assert (info.status, info.origin.parent, info.origin.parent_step) == ("finished", parent, 2 * BATCHES_PER_EPOCH)
    assert_same_tensors(service.weights(kept).tensors, dict(edited.weights))
    loss, accuracy = read_by(run, dict(edited.weights), "validation")
    last = found.epochs[-1]
    assert (last.epoch, len(found.epochs), found.step) == (2, 2, 2 * BATCHES_PER_EPOCH)
    assert last.validation_accuracy == accuracy and last.validation_loss == pytest.approx(loss, rel=1e-5)
    parents = history(service, parent)
    assert found.epochs[0] == parents.epochs[0]
    assert (
        last.train_loss == pytest.approx(parents.epochs[1].train_loss)
        and last.validation_loss != parents.epochs[1].validation_loss
    )
    assert found.finished is not None
    assert found.finished.test_accuracy == read_by(run, dict(edited.weights), "test")[1]
    (change,) = found.changes
    assert (change.text, change.by_hand, change.step, change.epoch) == ("by hand: halved", True, 2 * BATCHES_PER_EPOCH, 2.0)
    # Nothing touched the run that was edited.
    assert_same_tensors(service.weights(parent).tensors, untouched)
    assert all_events(service, parent) == all_events(service, parent) and parents.epochs == history(service, parent).epochs
    # After the server's end, all is still there.
    assert servers.store.flush(60)
    service = servers.restart()
    assert_same_tensors(service.weights(kept).tensors, dict(edited.weights))
    assert [event for event in all_events(service, kept) if isinstance(event, SettingsChanged)] == [change]
    _exports_say_why_not(servers, kept, "weights were edited by hand")


def _exports_say_why_not(servers: Servers, run_id: str, reason: str) -> None:
    assert servers.store.flush(60)
    exported = exported_run(servers.store, run_id)
    for name in ("pytorch", "notebook"):
        with pytest.raises(PlaygroundError, match=reason):
            FORMATS[name].make(exported)
    assert FORMATS["safetensors"].make(exported)


def test_training_goes_on_from_edited_weights_with_frozen_layers(servers: Servers) -> None:
    """As in a trainer that begins with those weights, a fresh optimizer, and the draws of that moment."""
    service = servers.service
    run = with_training(a_run(epochs=1), optimizer=SGD(learning_rate=0.05, momentum=0.9))
    parent = service.submit(run, "ann")
    wait_for_end(service, parent)
    assert servers.store.flush(60)
    edited = halved(service.weights(parent).tensors)
    longer = with_training(run, epochs=3, frozen_layers=(1,))
    moment = service.checkpoints(parent)[-1]
    branch = service.branch(parent, moment.number, longer, "ann", edited=edited)
    wait_for_end(service, branch)
    after = service.weights(branch).tensors
    assert torch.equal(after["1_dense_0.weight"], edited.weights["1_dense_0.weight"])
    assert not torch.equal(after["3_dense_0.weight"], edited.weights["3_dense_0.weight"])
    trainer = plain_trainer(longer)
    trainer.network.load_state_dict(dict(edited.weights))
    trainer.progress.epoch, trainer.progress.step = 1, BATCHES_PER_EPOCH
    trainer.progress.losses = [0.0]
    plain = [event for event in trainer if isinstance(event, EpochEnded)]
    assert [(e.epoch, e.train_loss, e.validation_loss) for e in history(service, branch).epochs[1:]] == [
        (e.epoch, e.train_loss, e.validation_loss) for e in plain
    ]
    assert_same_tensors(after, trainer.weights())
    _exports_say_why_not(servers, branch, "weights were edited by hand")


def test_early_stopping_does_not_bring_the_unedited_weights_back(servers: Servers) -> None:
    service = servers.service
    regularisation = a_run().training.regularisation.model_copy(update={"early_stopping": EarlyStopping(patience=3)})
    run = with_training(a_run(epochs=3), regularisation=regularisation)
    parent = service.submit(run, "ann")
    wait_for_end(service, parent)
    assert servers.store.flush(60)
    edited = halved(service.weights(parent).tensors)
    kept = service.branch(parent, service.checkpoints(parent)[-1].number, run, "ann", edited=edited)
    wait_for_end(service, kept)
    assert_same_tensors(service.weights(kept).tensors, dict(edited.weights))


def test_in_the_middle_of_an_epoch_it_is_a_run_that_was_stopped_there(servers: Servers) -> None:
    """A run that is stopped leaves its weights, but no checkpoint of that moment."""
    service, run = servers.service, a_run(epochs=9)
    parent = service.submit(run, "ann")
    wait_for_step(service, parent, BATCHES_PER_EPOCH + 1)
    service.stop(parent)
    wait_for_end(service, parent)
    assert servers.store.flush(60)
    weights = service.weights(parent)
    edited = replace(halved(weights.tensors), step=weights.step, epoch=weights.epoch)
    moment = service.checkpoints(parent)[-1]
    kept = service.branch(parent, moment.number, run, "ann", "pause", edited=edited)
    service.stop(kept)
    wait_for_end(service, kept)
    found, parents = history(service, kept), history(service, parent)
    assert (service.info(kept).status, found.step, found.epoch) == ("stopped", weights.step, weights.epoch)
    assert found.batch_loss == parents.batch_loss and found.images == parents.images
    assert_same_tensors(service.weights(kept).tensors, dict(edited.weights))
    # And it goes on with the very batches that would have come next.
    further = service.branch(parent, moment.number, run, "ann", "batch", edited=edited)
    wait_for_step(service, further, weights.step + 1)
    trainer = plain_trainer(run)
    trainer.network.load_state_dict(dict(edited.weights))
    trainer.batch_limit = 1
    trainer.progress.epoch, trainer.progress.step = int(weights.epoch), weights.step
    trainer.progress.offset = round((weights.epoch - int(weights.epoch)) * trainer.progress.train_size)
    batch = next(event for event in trainer if isinstance(event, BatchesEnded))
    assert history(service, further).batch_loss[-1] == batch.losses[0]
    service.stop(further)
    wait_for_end(service, further)
    assert servers.store.flush(60)
    assert_same_tensors(servers.restart().weights(kept).tensors, dict(edited.weights))


def test_weights_of_another_network_are_refused() -> None:
    trainer = plain_trainer(a_run(epochs=2))
    next(trainer)
    content = trainer.checkpoint().to_bytes()
    weights = {name: tensor[:1] for name, tensor in trainer.weights().items()}
    with pytest.raises(PlaygroundError, match="cannot branch from there"):
        branched(content, a_run(epochs=2), (), Edited(weights, "by hand"))


def test_an_epoch_that_is_not_known_is_not_measured_anew() -> None:
    run = a_run(epochs=1)
    trainer = plain_trainer(run)
    events = list(trainer)
    assert isinstance(events[-1], RunFinished)
    content = trainer.checkpoint().to_bytes()
    longer = with_training(run, epochs=2)
    unknown, _ = branched(content, longer, (), Edited(trainer.weights(), "by hand"))
    assert Checkpoint.from_bytes(unknown).progress["offset"] == 0
    known, told = branched(content, longer, events, Edited(trainer.weights(), "by hand"))
    assert Checkpoint.from_bytes(known).progress["epoch"] == 0
    assert not any(isinstance(event, EpochEnded) for event in told)
    other, _ = branched(content, longer.model_copy(update={"seed": 7}), events, Edited(trainer.weights(), "by hand"))
    assert Checkpoint.from_bytes(other).progress["epoch"] == 1


def test_frozen_from_the_beginning_has_no_script_that_repeats_it(servers: Servers) -> None:
    service = servers.service
    run = with_training(a_run(epochs=1), frozen_layers=(1,))
    assert check(run).can_train and "keras" in FORMATS
    run_id = service.submit(run, "ann")
    wait_for_end(service, run_id)
    assert servers.store.flush(60)
    exported = exported_run(servers.store, run_id)
    for name in ("pytorch", "notebook", "keras"):
        with pytest.raises(PlaygroundError, match="frozen"):
            FORMATS[name].make(exported)
    assert b"Frozen layers" in FORMATS["report"].make(exported)
    alone = next(event for event in events_alone(run) if isinstance(event, EpochEnded))
    assert history(service, run_id).epochs == [alone]
