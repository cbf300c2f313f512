"""Branches: of runs and of branches, with other settings, and with their server's end between."""

from __future__ import annotations

import pytest

from playground.catalog.losses import MeanSquaredError
from playground.catalog.optimizers import RMSprop
from playground.errors import PlaygroundError
from playground.jobs.branching import history_before
from playground.spec import EarlyStopping, RunSpec
from playground.store.values import Origin
from playground.training.events import RunFinished
from playground.training.trainer import Trainer
from tests.jobs.servers import Servers, wait_for_checkpoint
from tests.jobs.support import (
    BATCHES_PER_EPOCH,
    a_run,
    all_events,
    assert_same_curves,
    events_alone,
    history,
    history_of,
    plain_trainer,
    wait_for_end,
    wait_for_status,
    wait_for_step,
)


def with_training(run: RunSpec, **updates: object) -> RunSpec:
    return run.model_copy(update={"training": run.training.model_copy(update=updates)})


def with_stopping(run: RunSpec, patience: int) -> RunSpec:
    regularisation = run.training.regularisation.model_copy(update={"early_stopping": EarlyStopping(patience=patience)})
    return with_training(run, regularisation=regularisation)


def test_a_branch_whose_server_ends_before_it_begins_keeps_its_place(servers: Servers) -> None:
    run = a_run(epochs=2)
    service = servers.service
    parent = service.submit(run, "ann", "batch")
    wait_for_status(service, parent, "paused")
    for _ in range(9):
        steps = history(service, parent).step
        service.step_batch(parent)
        wait_for_step(service, parent, steps + 1)
        wait_for_status(service, parent, "paused")
    wait_for_checkpoint(servers, parent, 10)
    moment = service.checkpoints(parent)[-1]
    branch = service.branch(parent, moment.number, run, "ann", "pause")
    first = service.kept.checkpoints(branch) if servers.store.flush(60) else []
    assert [(found.step, found.epoch) for found in first] == [(10, 10 * 32 / 3600)]
    service = servers.restart()
    assert service.weights(branch).epoch == 10 * 32 / 3600
    service.resume(branch)
    wait_for_end(service, branch)
    alone = history_of(events_alone(run))
    assert_same_curves(history(service, branch), alone)
    # And a branch of the branch.
    assert servers.store.flush(60)
    moment = service.checkpoints(branch)[-1]
    longer = with_training(run, epochs=3)
    grandchild = service.branch(branch, moment.number, longer, "ann")
    wait_for_end(service, grandchild)
    assert_same_curves(history(service, grandchild), history_of(events_alone(longer)))
    assert not service.info(grandchild).repeatable


def test_early_stopping_switched_on_in_a_branch_counts_from_there(servers: Servers) -> None:
    service = servers.service
    parent = service.submit(with_training(a_run(epochs=3), optimizer=RMSprop(learning_rate=0.03)), "ann")
    wait_for_end(service, parent)
    assert servers.store.flush(60)
    moment = service.checkpoints(parent)[-1]
    assert moment.step == 3 * BATCHES_PER_EPOCH
    run = service.info(parent).run
    branch = service.branch(parent, moment.number, with_stopping(with_training(run, epochs=20), 2), "ann")
    wait_for_end(service, branch)
    found = history(service, branch)
    losses = [epoch.validation_loss for epoch in found.epochs]
    assert found.finished is not None and found.finished.best_epoch is not None
    watched = losses[2:]  # what it began with counts as the first
    best = min(watched)  # type: ignore[type-var]
    assert found.finished.best_epoch == 3 + watched.index(best) >= 3
    assert len(losses) == (found.finished.best_epoch + 2 if found.finished.stopped_early else 20)
    # "Train further" from the end of a run that stopped early trains further.
    assert servers.store.flush(60)
    last = service.checkpoints(branch)[-1]
    assert last.epoch == len(losses)
    further = service.branch(branch, last.number, service.info(branch).run.model_copy(), "ann")
    wait_for_end(service, further)
    assert len(history(service, further).epochs) > len(losses) or len(losses) == 20


def test_a_branch_with_another_loss_does_not_compare_the_two(servers: Servers) -> None:
    service = servers.service
    run = with_stopping(with_training(a_run(epochs=3), loss=MeanSquaredError()), 5)
    parent = service.submit(run, "ann", "epoch")
    wait_for_checkpoint(servers, parent, BATCHES_PER_EPOCH)
    number = service.checkpoints(parent)[-1].number
    branch = service.branch(parent, number, with_stopping(a_run(epochs=3), 5), "ann")
    wait_for_end(service, branch)
    found = history(service, branch)
    losses = [epoch.validation_loss for epoch in found.epochs]
    assert found.finished is not None and len(losses) == 3
    best = min(losses[1:])  # type: ignore[type-var]
    assert found.finished.best_epoch == 2 + losses[1:].index(best)


def test_a_branch_may_give_its_optimizer_a_momentum(servers: Servers) -> None:
    service = servers.service
    run = with_training(a_run(epochs=2), optimizer=RMSprop(learning_rate=0.001))
    parent = service.submit(run, "ann", "epoch")
    wait_for_checkpoint(servers, parent, BATCHES_PER_EPOCH)
    number = service.checkpoints(parent)[-1].number
    branch = service.branch(parent, number, with_training(run, optimizer=RMSprop(momentum=0.9)), "ann")
    wait_for_end(service, branch)
    assert isinstance(all_events(service, branch)[-1], RunFinished)


def test_a_branch_from_behind_the_last_batch_of_an_epoch_ends_that_epoch_once() -> None:
    run = a_run(epochs=2, batch_size=1200)  # 3 batches an epoch
    trainer = plain_trainer(run)
    trainer.batch_limit = 1
    while trainer.progress.step < 3:
        next(trainer)
    before = history_before(events_alone(run), trainer.checkpoint().to_bytes())
    rest = list(Trainer(run, trainer.data, runtime=trainer.runtime, checkpoint=trainer.checkpoint()))
    assert_same_curves(history_of([*before, *rest]), history_of(events_alone(run)))


def test_a_branch_whose_beginning_was_not_stored_does_not_begin_from_nothing(servers: Servers) -> None:
    run = a_run(epochs=1)
    servers.store.add("branch", "ann", 1, "Run 1", run.to_json(), 1.0, Origin(parent="parent", parent_step=113))
    assert servers.store.flush(60)
    assert servers.service.info("branch").status == "interrupted"
    with pytest.raises(PlaygroundError, match="Branch again"):
        servers.service.resume("branch")
