"""Every loss against its formula, written out here by hand."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from examples import all_examples, digits, name_of
from torch import Tensor, nn

from playground.catalog.losses import LossEntry
from playground.catalog.task import Task

CLASSES = {"classification": 10, "binary": 2, "regression": 0}
CASES = [(loss, task) for loss in all_examples("loss") for task in sorted(loss.tasks)]

every_case = pytest.mark.parametrize(
    ("loss", "task"), CASES, ids=lambda value: value if isinstance(value, str) else name_of(value)
)
every_case_with_classes = pytest.mark.parametrize(
    ("loss", "task"),
    [case for case in CASES if case[1] != "regression"],
    ids=lambda value: value if isinstance(value, str) else name_of(value),
)


def answers(loss: LossEntry, task: str, count: int = 24) -> tuple[Tensor, Tensor]:
    """Outputs of any size and sign, and labels or targets."""
    generator = torch.Generator().manual_seed(7)
    outputs = torch.randn(count, loss.num_outputs(CLASSES[task]), generator=generator) * 3
    if task == "regression":
        return outputs, torch.randn(count, 1, generator=generator)
    return outputs, torch.randint(0, CLASSES[task], (count,), generator=generator)


def as_expected(loss: LossEntry, outputs: Tensor) -> Tensor:
    """Outputs of the kind that the loss wants the network to end with."""
    return outputs.log_softmax(1) if loss.expects == "log-probabilities" else outputs


def by_hand(loss: LossEntry, outputs: Tensor, labels: Tensor) -> Tensor:
    """One example at a time, in double precision: (batch,)."""
    return torch.stack([one_by_hand(loss, z, label) for z, label in zip(outputs.double(), labels, strict=True)])


def one_by_hand(loss: LossEntry, z: Tensor, label: Tensor) -> Tensor:
    kind, classes = loss.kind, len(z)  # type: ignore[attr-defined]
    if label.is_floating_point():
        distance = abs(float(z[0]) - float(label[0]))
        delta = getattr(loss, "delta", 1.0)
        huber = 0.5 * distance**2 if distance <= delta else delta * (distance - 0.5 * delta)
        value = {"mean_squared_error": distance**2, "l1": distance, "huber": huber}[kind]
        return torch.tensor(value, dtype=torch.float64)
    if kind == "binary_cross_entropy_logits":
        yes = 1 / (1 + math.exp(-float(z[0])))
        return torch.tensor(-math.log(yes if label == 1 else 1 - yes), dtype=torch.float64)
    true = torch.zeros(classes, dtype=torch.float64)
    true[label] = 1
    smoothing = getattr(loss, "label_smoothing", 0.0)
    target = (1 - smoothing) * true + smoothing / classes
    p, q = z.exp() / z.exp().sum(), 1 / (1 + (-z).exp())
    margin = getattr(loss, "margin", 1.0)
    rivals = [max(0.0, float(margin - z[label] + z[k])) for k in range(classes) if k != label]
    formulas = {
        "cross_entropy": -(target * p.log()).sum(),
        "cross_entropy_one_hot": -(target * p.log()).sum(),
        "binary_cross_entropy": -(true * q.log() + (1 - true) * (1 - q).log()).mean(),
        "mean_squared_error": ((z - true) ** 2).mean(),
        "l1": (z - true).abs().mean(),
        "multi_margin": torch.tensor(sum(rivals) / classes, dtype=torch.float64),
        "negative_log_likelihood": -z[label],
    }
    return formulas[kind]


@every_case
def test_a_loss_computes_its_formula_for_each_example(loss: LossEntry, task: str) -> None:
    outputs, labels = answers(loss, task)
    outputs = as_expected(loss, outputs)
    values = loss.compute(outputs, labels, "none")
    assert values.shape == (len(labels),)
    assert torch.allclose(values.double(), by_hand(loss, outputs, labels), atol=1e-5)


@every_case
def test_the_mean_is_the_mean_over_the_examples(loss: LossEntry, task: str) -> None:
    outputs, labels = answers(loss, task)
    outputs = as_expected(loss, outputs)
    mean = loss.compute(outputs, labels)
    assert mean.shape == ()
    assert torch.allclose(mean, loss.compute(outputs, labels, "none").mean(), atol=1e-6)
    assert torch.allclose(mean, loss.compute(outputs, labels, "mean"))


@every_case
def test_the_pytorch_source_computes_the_same_with_the_same_gradient(loss: LossEntry, task: Task) -> None:
    outputs, labels = answers(loss, task)
    ours = as_expected(loss, outputs).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    value = loss.compute(ours, labels)
    names = {"F": F, "outputs": theirs, "labels": labels, "num_classes": CLASSES[task]}
    written = eval(loss.pytorch_source(task), names)
    assert torch.equal(value, written)
    value.backward()
    written.backward()
    assert ours.grad is not None and theirs.grad is not None
    assert torch.equal(ours.grad, theirs.grad)


@every_case_with_classes
def test_probabilities_are_shares_that_add_up_to_1_and_keep_the_winner(loss: LossEntry, task: str) -> None:
    outputs, _ = answers(loss, task)
    outputs = as_expected(loss, outputs)
    probabilities = loss.probabilities(outputs)
    assert probabilities.shape == (len(outputs), CLASSES[task])
    assert (probabilities >= 0).all() and (probabilities <= 1).all()
    assert torch.allclose(probabilities.sum(1), torch.ones(len(outputs)), atol=1e-5)
    winners = probabilities.gather(1, loss.predicted(outputs)[:, None])
    assert torch.equal(winners, probabilities.amax(1, keepdim=True))


@every_case_with_classes
def test_a_class_with_the_highest_score_is_the_predicted_one(loss: LossEntry, task: str) -> None:
    outputs, _ = answers(loss, task)
    outputs = as_expected(loss, outputs)
    scores = loss.class_scores(outputs)
    assert scores.shape == (len(outputs), CLASSES[task])
    assert torch.equal(scores.argmax(1), loss.predicted(outputs))


@every_case_with_classes
def test_probabilities_stand_up_to_extreme_outputs(loss: LossEntry, task: str) -> None:
    count = loss.num_outputs(CLASSES[task])
    rows = torch.tensor([[-1e4] * count, [1e4] * count, [0.0] * count, [-1e4, 1e4, *[0.0] * 8][:count]])
    probabilities = loss.probabilities(as_expected(loss, rows))
    assert torch.allclose(probabilities.sum(1), torch.ones(len(rows)), atol=1e-4)


@every_case
def test_outputs_that_are_no_numbers_give_a_loss_that_is_none(loss: LossEntry, task: str) -> None:
    """Or a run whose weights ran away would look perfect."""
    outputs, labels = answers(loss, task, 4)
    outputs[1] = float("nan")
    assert loss.compute(outputs, labels).isnan()
    assert loss.compute(outputs, labels, "none").isnan().tolist() == [False, True, False, False]


@every_case
def test_one_step_on_real_digits_lowers_the_loss(loss: LossEntry, task: str) -> None:
    """Which digit, is it a 7, or how much ink there is."""
    torch.manual_seed(3)
    images, digit = digits(64)
    labels = {"classification": digit, "binary": (digit == 7).long(), "regression": images.mean(dim=(1, 2, 3))[:, None]}[task]
    outputs = loss.num_outputs(CLASSES[task])
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, outputs))
    if loss.expects == "log-probabilities":
        network.append(nn.LogSoftmax(dim=1))
    before = loss.compute(network(images), labels)
    before.backward()
    torch.optim.SGD(network.parameters(), lr=0.005).step()
    assert loss.compute(network(images), labels) < before


@every_case
def test_a_perfect_answer_costs_almost_nothing_and_a_wrong_one_more(loss: LossEntry, task: str) -> None:
    if getattr(loss, "label_smoothing", 0) or getattr(loss, "margin", 1) > 1:
        pytest.skip("even a perfect answer costs something")
    count = loss.num_outputs(CLASSES[task])
    scale = 1.0 if loss.expects == "scores" else 20.0
    if task == "regression":
        labels = torch.tensor([[-1.0], [1.0]])
        right = labels.clone()
    elif count == 1:
        labels, right = torch.arange(2), torch.tensor([[-scale], [scale]])
    else:
        labels, right = torch.arange(count), torch.eye(count) if scale == 1 else 2 * scale * torch.eye(count) - scale
    right = as_expected(loss, right)
    assert loss.compute(right, labels) < 1e-6
    assert loss.compute(right.roll(1, 0), labels) > 0.01
