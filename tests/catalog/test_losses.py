"""Every loss against its formula, written out here by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from examples import all_examples, digits, name_of
from torch import Tensor, nn

from playground.catalog.losses import LossEntry

every_example = pytest.mark.parametrize("loss", all_examples("loss"), ids=name_of)

CLASSES = 10


def answers(count: int = 24) -> tuple[Tensor, Tensor]:
    """Outputs of any size and sign, and labels."""
    generator = torch.Generator().manual_seed(7)
    outputs = torch.randn(count, CLASSES, generator=generator) * 3
    return outputs, torch.randint(0, CLASSES, (count,), generator=generator)


def as_expected(loss: LossEntry, outputs: Tensor) -> Tensor:
    """Outputs of the kind that the loss wants the network to end with."""
    return outputs.log_softmax(1) if loss.expects == "log-probabilities" else outputs


def by_hand(loss: LossEntry, outputs: Tensor, labels: Tensor) -> Tensor:
    """One image at a time, in double precision: (batch,)."""
    values = []
    for z, label in zip(outputs.double(), labels.tolist(), strict=True):
        true = torch.zeros(CLASSES, dtype=torch.float64)
        true[label] = 1
        smoothing = getattr(loss, "label_smoothing", 0.0)
        target = (1 - smoothing) * true + smoothing / CLASSES
        p, q = z.exp() / z.exp().sum(), 1 / (1 + (-z).exp())
        margin = getattr(loss, "margin", 1.0)
        rivals = [max(0.0, float(margin - z[label] + z[k])) for k in range(CLASSES) if k != label]
        formulas = {
            "cross_entropy": -(target * p.log()).sum(),
            "cross_entropy_one_hot": -(target * p.log()).sum(),
            "binary_cross_entropy": -(true * q.log() + (1 - true) * (1 - q).log()).mean(),
            "mean_squared_error": ((z - true) ** 2).mean(),
            "l1": (z - true).abs().mean(),
            "multi_margin": torch.tensor(sum(rivals) / CLASSES, dtype=torch.float64),
            "negative_log_likelihood": -z[label],
        }
        values.append(formulas[loss.kind])  # type: ignore[attr-defined]
    return torch.stack(values)


@every_example
def test_a_loss_computes_its_formula_for_each_image(loss: LossEntry) -> None:
    outputs, labels = answers()
    outputs = as_expected(loss, outputs)
    values = loss.compute(outputs, labels, "none")
    assert values.shape == (len(labels),)
    assert torch.allclose(values.double(), by_hand(loss, outputs, labels), atol=1e-5)


@every_example
def test_the_mean_is_the_mean_over_the_images(loss: LossEntry) -> None:
    outputs, labels = answers()
    outputs = as_expected(loss, outputs)
    mean = loss.compute(outputs, labels)
    assert mean.shape == ()
    assert torch.allclose(mean, loss.compute(outputs, labels, "none").mean(), atol=1e-6)
    assert torch.allclose(mean, loss.compute(outputs, labels, "mean"))


@every_example
def test_the_pytorch_source_computes_the_same_with_the_same_gradient(loss: LossEntry) -> None:
    outputs, labels = answers()
    ours = as_expected(loss, outputs).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    value = loss.compute(ours, labels)
    written = eval(loss.pytorch_source(), {"F": F, "outputs": theirs, "labels": labels, "num_classes": CLASSES})
    assert torch.equal(value, written)
    value.backward()
    written.backward()
    assert ours.grad is not None and theirs.grad is not None
    assert torch.equal(ours.grad, theirs.grad)


@every_example
def test_probabilities_are_shares_that_add_up_to_1_and_keep_the_winner(loss: LossEntry) -> None:
    outputs, _ = answers()
    outputs = as_expected(loss, outputs)
    probabilities = loss.probabilities(outputs)
    assert probabilities.shape == outputs.shape
    assert (probabilities >= 0).all() and (probabilities <= 1).all()
    assert torch.allclose(probabilities.sum(1), torch.ones(len(outputs)), atol=1e-5)
    winners = probabilities.gather(1, outputs.argmax(1, keepdim=True))
    assert torch.equal(winners, probabilities.amax(1, keepdim=True))


@every_example
def test_probabilities_stand_up_to_extreme_outputs(loss: LossEntry) -> None:
    rows = torch.tensor([[-1e4] * CLASSES, [1e4] * CLASSES, [0.0] * CLASSES, [-1e4, 1e4, *[0.0] * 8]])
    probabilities = loss.probabilities(as_expected(loss, rows))
    assert torch.allclose(probabilities.sum(1), torch.ones(len(rows)), atol=1e-4)


@every_example
def test_outputs_that_are_no_numbers_give_a_loss_that_is_none(loss: LossEntry) -> None:
    """Or a run whose weights ran away would look perfect."""
    outputs, labels = answers(4)
    outputs[1] = float("nan")
    assert loss.compute(outputs, labels).isnan()
    assert loss.compute(outputs, labels, "none").isnan().tolist() == [False, True, False, False]


@every_example
def test_one_step_on_real_digits_lowers_the_loss(loss: LossEntry) -> None:
    torch.manual_seed(3)
    images, labels = digits(64)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, CLASSES))
    if loss.expects == "log-probabilities":
        network.append(nn.LogSoftmax(dim=1))
    before = loss.compute(network(images), labels)
    before.backward()
    torch.optim.SGD(network.parameters(), lr=0.005).step()
    assert loss.compute(network(images), labels) < before


def test_a_perfect_answer_costs_almost_nothing_and_a_wrong_one_more() -> None:
    labels = torch.arange(CLASSES)
    for loss in all_examples("loss"):
        if getattr(loss, "label_smoothing", 0) or getattr(loss, "margin", 1) > 1:
            continue
        scale = 1.0 if loss.expects == "scores" else 20.0
        right = as_expected(loss, (2 * scale * torch.eye(CLASSES) - scale) if scale > 1 else torch.eye(CLASSES))
        assert loss.compute(right, labels) < 1e-6, loss.kind
        assert loss.compute(right.roll(1, 0), labels) > 0.01, loss.kind
