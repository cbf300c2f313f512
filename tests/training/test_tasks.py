"""Tables, points, yes-or-no questions and numbers: the trainer against a loop written by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from playground import data
from playground.catalog.activations import Identity, Tanh
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import BinaryCrossEntropyLogits, CrossEntropy, Huber, L1Loss, LossEntry, MeanSquaredError
from playground.catalog.optimizers import SGD
from playground.seeds import generator, stream_seed
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, PointsSpec, Regularisation, RunSpec, TrainingSpec
from playground.training.changes import Changes, WeightEdit
from playground.training.events import BatchesEnded, EpochEnded, Event, RunFinished, SettingsChanged
from playground.training.history import History
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

SEED = 5


def run_of(name: str, loss: LossEntry, outputs: int, *, normalise: bool = True, share: float = 0.2, **dataset: Any) -> RunSpec:
    return RunSpec(
        network=NetworkSpec(layers=(Dense(units=6, activation=Tanh()), Dense(units=outputs, activation=Identity()))),
        dataset=DatasetSpec(name=name, normalise=normalise, validation_share=share, **dataset),
        training=TrainingSpec(loss=loss, optimizer=SGD(learning_rate=0.05), epochs=3, batch_size=16),
        seed=SEED,
    )


def events_of(run: RunSpec) -> list[Event]:
    made = Trainer(run, data.load(run.dataset), runtime=Runtime())
    made.tells_all = True
    return list(made)


class ByHand:
    """The same run in plain PyTorch and scikit-learn."""

    def __init__(self, run: RunSpec, loss: Any) -> None:
        loaded = data.load(run.dataset)
        count = len(loaded.x_train)
        order = torch.randperm(count, generator=generator(SEED, "split"))
        kept = round(count * run.dataset.validation_share)
        self.train, self.validation = order[kept:], order[:kept]
        self.loss, self.run = loss, run
        x, y = loaded.x_train.numpy(), loaded.y_train.numpy()
        rows = self.train.numpy()
        self.x = {"train": x, "test": loaded.x_test.numpy()}
        self.y = {"train": y, "test": loaded.y_test.numpy()}
        if run.dataset.normalise:
            columns = StandardScaler().fit(x[rows].astype(np.float64))
            self.x = {name: columns.transform(part.astype(np.float64)) for name, part in self.x.items()}
            if loaded.task == "regression":
                targets = StandardScaler().fit(y[rows].astype(np.float64))
                self.y = {name: targets.transform(part.astype(np.float64)) for name, part in self.y.items()}
        torch.manual_seed(stream_seed(SEED, "initialisation"))
        outputs = run.network.layers[-1].units  # type: ignore[attr-defined]
        self.network = nn.Sequential(nn.Linear(x.shape[1], 6), nn.Tanh(), nn.Linear(6, outputs))

    def part(self, name: str, rows: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.from_numpy(np.asarray(self.y[name]))[rows]
        return torch.from_numpy(np.asarray(self.x[name]))[rows].float(), y if y.dtype == torch.int64 else y.float()

    def train_all(self) -> list[float]:
        optimizer = torch.optim.SGD(self.network.parameters(), lr=0.05)
        found = []
        for epoch in range(3):
            order = self.train[torch.randperm(len(self.train), generator=generator(SEED, "shuffle", epoch))]
            for batch in order.split(16):
                x, y = self.part("train", batch)
                optimizer.zero_grad()
                value = self.loss(self.network(x), y)
                value.backward()
                optimizer.step()
                found.append(value.item())
        return found

    def examined(self, name: str, rows: Tensor) -> tuple[float, Tensor, Tensor]:
        with torch.no_grad():
            x, y = self.part(name, rows)
            outputs = self.network(x)
            return self.loss(outputs, y).item(), outputs, y


def share_right(outputs: Tensor, labels: Tensor) -> float:
    predicted = outputs.argmax(1) if outputs.shape[1] > 1 else (torch.sigmoid(outputs[:, 0]) > 0.5).long()
    return (predicted == labels).float().mean().item()


def explained(outputs: Tensor, targets: Tensor) -> float:
    return float(r2_score(targets.numpy(), outputs.numpy()))


def yes_or_no(outputs: Tensor, labels: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(outputs[:, 0], labels.float())


CASES = {
    "three flowers": (run_of("iris", CrossEntropy(), 3), F.cross_entropy, share_right),
    "yes or no": (run_of("breast-cancer", BinaryCrossEntropyLogits(), 1), yes_or_no, share_right),
    "yes or no of three": (run_of("wine", BinaryCrossEntropyLogits(), 1, one_class=1), yes_or_no, share_right),
    "a number, squared": (run_of("diabetes", MeanSquaredError(), 1), F.mse_loss, explained),
    "a number, plain": (run_of("diabetes", L1Loss(), 1), F.l1_loss, explained),
    "a number, Huber": (
        run_of("diabetes", Huber(delta=0.7), 1),
        lambda outputs, targets: F.huber_loss(outputs, targets, delta=0.7),
        explained,
    ),
    "points": (
        run_of("moons", BinaryCrossEntropyLogits(), 1, normalise=False, points=PointsSpec(num_points=120, noise=0.1)),
        yes_or_no,
        share_right,
    ),
    "heights over the plane": (
        run_of("sine", MeanSquaredError(), 1, points=PointsSpec(num_points=100, inputs=("x1", "x2", "sin_x1"))),
        F.mse_loss,
        explained,
    ),
}
every_case = pytest.mark.parametrize(("run", "loss", "score"), CASES.values(), ids=list(CASES))


@every_case
def test_a_run_learns_as_in_plain_pytorch_with_scales_of_the_training_part_alone(run: RunSpec, loss: Any, score: Any) -> None:
    events, hand = events_of(run), ByHand(run, loss)
    told = [value for event in events if isinstance(event, BatchesEnded) for value in event.losses]
    assert told == pytest.approx(hand.train_all(), rel=1e-4)
    ended = [event for event in events if isinstance(event, EpochEnded)][-1]
    value, outputs, answers = hand.examined("train", hand.validation)
    assert (ended.validation_loss, ended.validation_accuracy) == pytest.approx((value, score(outputs, answers)), rel=1e-3)
    value, outputs, answers = hand.examined("test", torch.arange(len(hand.y["test"])))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.test_loss, finished.test_accuracy) == pytest.approx((value, score(outputs, answers)), rel=1e-3)
    if run.dataset.points:
        assert (ended.test_loss, ended.test_accuracy) == (finished.test_loss, finished.test_accuracy)
    else:
        assert ended.test_loss is None


def test_the_training_score_of_a_regression_over_an_epoch_is_r_squared() -> None:
    """With a rate of almost nothing, the network of all batches is the same."""
    run = run_of("diabetes", MeanSquaredError(), 1)
    run = run.model_copy(
        update={"training": run.training.model_copy(update={"optimizer": SGD(learning_rate=1e-12), "epochs": 1})}
    )
    ended = next(event for event in events_of(run) if isinstance(event, EpochEnded))
    hand = ByHand(run, F.mse_loss)
    value, outputs, targets = hand.examined("train", hand.train)
    assert ended.train_accuracy == pytest.approx(explained(outputs, targets), rel=1e-4)
    assert ended.train_loss == pytest.approx(value, rel=1e-4)


def test_targets_that_are_all_equal_have_a_score_and_no_crash() -> None:
    painted = tuple((float(i % 5), float(i // 5), 0.5) for i in range(20))
    points = PointsSpec(painted=painted)
    for normalise in (True, False):
        run = run_of("painted-values", MeanSquaredError(), 1, normalise=normalise, share=0.0, points=points)
        finished = events_of(run)[-1]
        assert isinstance(finished, RunFinished) and math.isfinite(finished.test_accuracy)


def points_run(epochs: int = 60, **training: Any) -> RunSpec:
    run = run_of("circles", BinaryCrossEntropyLogits(), 1, normalise=False, share=0.0, points=PointsSpec(num_points=100))
    return run.model_copy(update={"training": run.training.model_copy(update={"epochs": epochs, **training})})


def test_of_very_short_epochs_some_are_told_and_all_are_learned() -> None:
    run = points_run(400)
    every = events_of(run)
    some = list(Trainer(run, data.load(run.dataset), runtime=Runtime()))
    told, all_told = ([event for event in events if isinstance(event, EpochEnded)] for events in (some, every))
    assert [event.epoch for event in all_told] == list(range(1, 401))
    assert 50 <= len(told) < 60 and (told[0].epoch, told[-1].epoch) == (1, 400)
    assert all(event in all_told for event in told), "what is told is the same"
    assert some[-1] == every[-1]
    losses = [loss for event in every if isinstance(event, BatchesEnded) for loss in event.losses]
    history = History()
    history.fold(some)
    assert len(history.batch_steps) < len(losses) / 2 and history.batch_steps == sorted(set(history.batch_steps))
    assert history.batch_loss == [losses[step - 1] for step in history.batch_steps], "each point is one batch's"
    assert history.step == len(losses)
    assert history.epoch == 400


def test_early_stopping_in_an_epoch_that_is_not_told_ends_the_run_all_the_same() -> None:
    run = run_of("circles", BinaryCrossEntropyLogits(), 1, normalise=False, points=PointsSpec(num_points=100))
    stopping = Regularisation(early_stopping=EarlyStopping(patience=1))
    changed = {"epochs": 400, "optimizer": SGD(learning_rate=0.4), "regularisation": stopping}
    run = run.model_copy(update={"training": run.training.model_copy(update=changed)})
    every = events_of(run)
    some = list(Trainer(run, data.load(run.dataset), runtime=Runtime()))
    finished = some[-1]
    assert isinstance(finished, RunFinished) and finished.stopped_early
    assert finished == every[-1]
    assert [event for event in some if isinstance(event, EpochEnded)][-1].epoch == finished.epochs


def test_a_run_of_points_goes_on_from_any_checkpoint_as_if_nothing_had_been() -> None:
    run = points_run(150)
    whole = list(Trainer(run, data.load(run.dataset), runtime=Runtime()))
    for stop_at in range(2, len(whole) - 1, 9):
        first = Trainer(run, data.load(run.dataset), runtime=Runtime())
        before = [next(first) for _ in range(stop_at)]
        second = Trainer(run, data.load(run.dataset), runtime=Runtime(), checkpoint=first.checkpoint())
        history, expected = History(), History()
        history.fold([*before, *list(second)[1:]])
        expected.fold(whole)
        assert history.epochs == expected.epochs
        assert history.finished == expected.finished


def test_an_edited_weight_is_learned_on_with() -> None:
    run = points_run(4)
    made = Trainer(run, data.load(run.dataset), runtime=Runtime())
    for event in made:
        if isinstance(event, EpochEnded):
            break
    told = made.change(Changes(weights=(WeightEdit("0_dense_0.weight", (2, 1), 1.5), WeightEdit("1_dense_0.bias", (0,), -0.25))))
    assert isinstance(told, SettingsChanged) and told.by_hand
    assert told.text == "0_dense_0.weight [3, 2] set to 1.5 by hand; 1_dense_0.bias [1] set to -0.25 by hand"
    weights = made.weights()
    assert weights["0_dense_0.weight"][2, 1] == 1.5 and weights["1_dense_0.bias"][0] == -0.25
    order = made.batches.order(made.progress.epoch)[:16]
    x, y = made.data.x_train[order], made.data.y_train[order]
    hidden = torch.tanh(x @ weights["0_dense_0.weight"].T + weights["0_dense_0.bias"])
    expected = yes_or_no(hidden @ weights["1_dense_0.weight"].T + weights["1_dense_0.bias"], y)
    made.batch_limit = 1
    following = next(event for event in made if isinstance(event, BatchesEnded))
    assert following.losses[0] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (WeightEdit("0_dense_0.weight", (6, 0), 1.0), "no number 0_dense_0.weight"),
        (WeightEdit("0_dense_0.weight", (-1, 0), 1.0), "no number"),
        (WeightEdit("0_dense_0.weight", (0,), 1.0), "no number"),
        (WeightEdit("9_dense_0.weight", (0, 0), 1.0), "no number"),
        (WeightEdit("0_dense_0.bias", (0,), math.inf), "cannot be inf"),
        (WeightEdit("0_dense_0.bias", (0,), 1e9), "cannot be 1000000000"),
        (WeightEdit("0_dense_0.bias", (0,), math.nan), "cannot be nan"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_and_changes_nothing(edit: WeightEdit, words: str) -> None:
    run = points_run(2)
    made = Trainer(run, data.load(run.dataset), runtime=Runtime())
    next(made)
    before = made.weights()
    good = WeightEdit("0_dense_0.bias", (0,), 9.0)
    with pytest.raises(Exception, match=words):
        made.change(Changes(weights=(good, edit), penalties=(0.5, 0.5)))
    assert all(torch.equal(before[name], tensor) for name, tensor in made.weights().items())
    assert made.run == run


def test_penalties_change_on_the_way() -> None:
    made = Trainer(points_run(4), data.load(points_run().dataset), runtime=Runtime())
    made.batch_limit = 1
    next(made)
    told = made.change(Changes(penalties=(0.0, 0.01)))
    assert told.text == "L2 0 → 0.01" and not told.by_hand
    assert RunSpec.from_json(told.spec).training.regularisation.l2 == 0.01
    assert isinstance(list(made)[-1], RunFinished)


def test_one_logit_on_real_digits_tells_a_seven() -> None:
    """Not by always saying no, which is right for nine digits of ten."""
    run = RunSpec(
        network=NetworkSpec(layers=(Flatten(), Dense(units=32), Dense(units=1, activation=Identity()))),
        dataset=DatasetSpec(name="mnist-5k", one_class=7),
        training=TrainingSpec(loss=BinaryCrossEntropyLogits(), optimizer=SGD(learning_rate=0.1), epochs=4),
    )
    finished = events_of(run)[-1]
    assert isinstance(finished, RunFinished) and finished.test_accuracy > 0.95
