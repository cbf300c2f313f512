"""Frozen layers keep every bit, and the others learn as they do in plain torch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Flatten, LayerNorm, MaxPool
from playground.catalog.optimizers import SGD, Adam, AdamW
from playground.checks import check
from playground.edits import with_layers, without
from playground.errors import PlaygroundError
from playground.spec import DatasetSpec, NetworkSpec, Regularisation, RunSpec, TrainingSpec
from playground.training.changes import Changes
from playground.training.checkpoint import Checkpoint
from playground.training.events import BatchesEnded, RunFinished
from playground.training.freezing import freeze
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

LAYERS = (
    Conv2d(filters=4, kernel_size=3),
    BatchNorm(),
    MaxPool(),
    Flatten(),
    Dense(units=16),
    LayerNorm(),
    Dense(units=10, activation=Identity()),
)


def a_run(frozen: tuple[int, ...], **training: object) -> RunSpec:
    return RunSpec(
        network=NetworkSpec(layers=LAYERS),
        dataset=DatasetSpec(name="mnist-5k", training_size=400),
        training=TrainingSpec(**{"epochs": 1, "frozen_layers": frozen} | training),  # type: ignore[arg-type]
        seed=4,
    )


def a_trainer(run: RunSpec, checkpoint: Checkpoint | None = None) -> Trainer:
    return Trainer(run, data.load("mnist-5k"), runtime=Runtime(), checkpoint=checkpoint)


HARD = Regularisation(l1=0.001, l2=0.01)


@pytest.mark.parametrize(
    "optimizer", [SGD(learning_rate=0.05, momentum=0.9, weight_decay=0.1), AdamW(weight_decay=0.5)], ids=["sgd", "adamw"]
)
def test_frozen_layers_keep_every_bit_whatever_pulls_at_them(optimizer: object) -> None:
    trainer = a_trainer(a_run((0, 1, 4), optimizer=optimizer, regularisation=HARD))
    before = trainer.weights()
    list(trainer)
    after = trainer.weights()
    for name, tensor in before.items():
        assert torch.equal(after[name], tensor) == (name.split("_")[0] in ("0", "1", "4")), name
    assert before["1_batch_norm_0.running_mean"].equal(after["1_batch_norm_0.running_mean"])


def test_the_others_learn_as_in_plain_torch() -> None:
    """The same steps with requires_grad and eval() of torch, on the same batches."""
    run = a_run((0, 1), optimizer=SGD(learning_rate=0.05, momentum=0.9), epochs=2)
    trainer = a_trainer(run)
    network = nn.Sequential(*(module for module in _plain_copy(trainer)))
    for module in (network[0], network[2]):
        module.requires_grad_(False)
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.05, momentum=0.9, fused=True)
    batches, step, losses = trainer.batches, 0, []
    for epoch in range(2):
        network.train()
        network[2].eval()
        for inputs, labels in batches.training_batches(batches.order(epoch), 32, (), step):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            step += 1
    told = [loss for event in trainer if isinstance(event, BatchesEnded) for loss in event.losses]
    torch.testing.assert_close(torch.tensor(told), torch.tensor(losses), rtol=0, atol=0)
    for parameter, expected in zip(trainer.network.parameters(), network.parameters(), strict=True):
        assert torch.equal(parameter, expected)


def _plain_copy(trainer: Trainer) -> list[nn.Module]:
    torch.manual_seed(0)
    modules: list[nn.Module] = [
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(4 * 14 * 14, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 10),
    ]  # fmt: skip
    for mine, theirs in zip(nn.Sequential(*modules).parameters(), trainer.network.parameters(), strict=True):
        mine.data.copy_(theirs.data)
    return modules


@pytest.mark.parametrize("optimizer", [Adam(), SGD(momentum=0.9)], ids=["adam", "sgd"])
def test_a_frozen_run_goes_on_from_its_checkpoint_to_the_bit(optimizer: object) -> None:
    run = a_run((0, 1), optimizer=optimizer, epochs=2)
    whole = a_trainer(run)
    *_, finished = whole
    first = a_trainer(run)
    for event in first:
        if isinstance(event, BatchesEnded):
            break
    second = a_trainer(run, Checkpoint.from_bytes(first.checkpoint().to_bytes()))
    *_, again = second
    assert isinstance(finished, RunFinished) and finished == again
    assert all(torch.equal(tensor, whole.weights()[name]) for name, tensor in second.weights().items())


def test_a_run_without_frozen_layers_is_what_it_was() -> None:
    assert list(a_trainer(a_run(()))) == list(a_trainer(a_run(()).model_copy()))
    network = a_trainer(a_run(())).network
    assert all(parameter.requires_grad for parameter in network.parameters())
    freeze(network, (2, 3, 99))  # pooling, flattening, and no layer at all: nothing to freeze
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_frozen_layers_are_part_of_the_record() -> None:
    run = a_run((4, 0, 4))
    assert RunSpec.model_validate(run.model_dump()).training.frozen_layers == (0, 4)
    assert RunSpec.from_json(run.to_json()) == run == RunSpec.from_link(run.to_link())
    assert "frozen" not in a_run(()).to_json(), "what was stored before stays as it was"
    with pytest.raises(PlaygroundError, match="[Ff]rozen"):
        RunSpec.from_json(a_run((0,)).to_json().replace('"frozen_layers":[0]', '"frozen_layers":[-1]'))


def test_what_cannot_be_frozen_is_a_finding_with_a_mend() -> None:
    gone = check(a_run((0, 7)))
    assert [finding.message for finding in gone.errors] == ["Layer 8 is frozen, but the network has 7 layers."]
    assert gone.errors[0].mend is not None and gone.errors[0].mend.run.training.frozen_layers == (0,)
    whole = check(a_run((0, 1, 4, 5, 6)))
    assert "nothing is left to learn" in whole.errors[0].message and whole.errors[0].mend is not None
    assert check(whole.errors[0].mend.run).can_train
    some = check(a_run((1, 3)))
    assert some.can_train
    words = [finding.message for finding in some.findings]
    assert "Layer 2 is frozen: it keeps its weights while the others learn." in words
    assert "Layer 4 is frozen, but it has nothing to learn anyway." in words


def test_settings_of_a_frozen_run_may_change_on_the_way() -> None:
    trainer = a_trainer(a_run((0, 1)))
    next(trainer)
    trainer.change(Changes(batch_size=16))
    assert trainer.run.training.frozen_layers == (0, 1)
    list(trainer)


def test_frozen_layers_stay_frozen_wherever_they_stand_after_the_network_was_changed() -> None:
    run = a_run((1, 4, 6))

    def frozen_in(*layers: object) -> tuple[int, ...]:
        return with_layers(run, layers).training.frozen_layers  # type: ignore[arg-type]

    norm, dense, last = LAYERS[1], LAYERS[4], LAYERS[6]
    assert frozen_in(*LAYERS) == (1, 4, 6)
    assert frozen_in(*LAYERS[1:]) == (0, 3, 5), "one before them was removed"
    assert frozen_in(*without(LAYERS, 4)) == (1, 5), "a frozen one was removed"
    assert frozen_in(*LAYERS[:3], Dense(), *LAYERS[3:]) == (1, 5, 7), "one was added"
    assert frozen_in(*LAYERS[:5], dense, *LAYERS[5:]) == (1, 4, 7), "a frozen one was doubled: the copy learns"
    assert frozen_in(norm, LAYERS[0], *LAYERS[2:]) == (0, 4, 6), "a frozen one was moved"
    assert frozen_in(*LAYERS[:4], Dense(units=20), *LAYERS[5:]) == (1, 4, 6), "a frozen one got another width"
    assert frozen_in(last) == (0,)
    assert frozen_in() == ()
    twins = run.model_copy(update={"network": NetworkSpec(layers=(Flatten(), Dense(units=9), Dense(units=9), last))})
    twins = twins.model_copy(update={"training": run.training.model_copy(update={"frozen_layers": (2,)})})
    assert with_layers(twins, without(twins.network.layers, 1)).training.frozen_layers == (1,)
    assert with_layers(a_run(()), LAYERS[1:]) == a_run(()).model_copy(update={"network": NetworkSpec(layers=LAYERS[1:])})
