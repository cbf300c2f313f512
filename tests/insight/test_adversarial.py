"""The smallest change that changes the answer. Oracles: closed forms of linear networks, finite differences, plain torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from trained_runs import Trained, drain

from playground import data
from playground.catalog.activations import Identity, LogSoftmax
from playground.catalog.layers import BatchNorm, Conv2d, Dense, Dropout, Flatten
from playground.catalog.losses import BinaryCrossEntropy, MeanSquaredError, MultiMargin, NegativeLogLikelihood
from playground.errors import PlaygroundError
from playground.insight.adversarial import FINE_ENOUGH, ChangeOfMind, SmallestChange, _many_steps, change_of_mind, search
from playground.insight.lead import first_answers, lead, lead_slope
from playground.insight.networks import TrainedNetwork, trained_network
from playground.network import build
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.runtime import Runtime

GREY = np.full((1, 28, 28), 128, np.uint8)


def opened(trained: Trained) -> TrainedNetwork:
    return trained_network(trained.run, trained.weights, Runtime())


def found(trained: TrainedNetwork, pixels: np.ndarray, target: int) -> ChangeOfMind:
    return drain(search(trained, pixels, target))[1]


@pytest.fixture
def digit() -> np.ndarray:
    return data.load("mnist-5k").x_test[17].numpy()


@pytest.fixture
def second(convolution: Trained, digit: np.ndarray) -> int:
    return first_answers(opened(convolution), digit)[1]


def linear(frame: Trained, weights: Tensor, biases: Sequence[float]) -> TrainedNetwork:
    """A network that is one matrix, (classes, 784)."""
    layer = nn.Linear(784, len(weights))
    with torch.no_grad():
        layer.weight.copy_(weights)
        layer.bias.copy_(torch.tensor(biases))
    return replace(opened(frame), network=nn.Sequential(nn.Flatten(), layer).eval())


def two_classes(frame: Trained, epsilon_levels: float) -> tuple[TrainedNetwork, Tensor]:
    """Class 0 leads on the grey image by just so much that epsilon* = margin / (L1 norm of the weights' difference)."""
    weights = torch.randn(2, 784, generator=torch.Generator().manual_seed(1))
    network = linear(frame, weights, [0.0, 0.0])
    inputs = network.batches.inputs(torch.from_numpy(GREY)[None]).flatten().double()
    per_level = (weights[1] - weights[0]).double().abs().sum() / (255 * network.batches.spread)
    behind = float((weights[0] - weights[1]).double() @ inputs)
    return linear(frame, weights, [float(epsilon_levels * per_level) - behind, 0.0]), weights


@pytest.mark.parametrize("epsilon", [0.3, 2.71, 10.4, 61.7])
def test_for_a_linear_network_the_change_is_margin_by_l1_norm(convolution: Trained, epsilon: float) -> None:
    network, weights = two_classes(convolution, epsilon)
    change = found(network, GREY, 1)
    assert change.answer == 0 and change.one_step is not None and change.many_steps is not None
    assert epsilon - 1e-2 <= 255 * change.one_step.epsilon <= epsilon + 1 / 16
    assert epsilon - 1e-2 <= 255 * change.many_steps.epsilon <= epsilon + FINE_ENOUGH
    # All pixels go the way of the weights' difference.
    moved = torch.from_numpy(255 * change.one_step.image - GREY).flatten()
    assert torch.equal(moved.sign(), (weights[1] - weights[0]).sign())
    for way in (change.one_step, change.many_steps):
        assert way.stored is not None and way.stored.levels == math.ceil(epsilon)


def test_a_change_below_half_a_grey_level_does_not_survive_rounding(convolution: Trained) -> None:
    change = found(two_classes(convolution, 0.3)[0], GREY, 1).one_step
    assert change is not None
    assert change.rounded.levels == 0 and change.rounded.answer == 0 and np.array_equal(change.rounded.pixels, GREY)
    assert change.stored is not None and change.stored.levels == 1 and change.stored.answer == 1


def test_where_many_steps_fail_within_the_one_steps_reach_they_go_further(convolution: Trained) -> None:
    network, _ = two_classes(convolution, 10.4)
    change = drain(_many_steps(network, torch.from_numpy(GREY)[None].float(), 3.0, 1))[1]
    assert change is not None and 10.4 - 1e-2 <= 255 * change.epsilon <= 10.4 + 252 / 144
    assert change.stored is not None and change.stored.answer == 1


def check(way: SmallestChange, network: TrainedNetwork, pixels: np.ndarray, target: int) -> None:
    """What is claimed, computed again."""
    assert way.image.min() >= 0 and way.image.max() <= 1
    assert np.abs(255 * way.image - pixels).max() == pytest.approx(255 * way.epsilon, abs=1e-3)
    inputs = (torch.from_numpy(way.image)[None] - network.batches.mean) / network.batches.spread
    with torch.no_grad():
        outputs = network.network(inputs)[0]
        np.testing.assert_allclose(way.probabilities, outputs.softmax(0), atol=1e-4)
        assert way.probabilities.argmax() == target
        for stored in (way.rounded, *([way.stored] if way.stored else [])):
            outputs = network.network(network.batches.inputs(torch.from_numpy(stored.pixels)[None]))[0]
            np.testing.assert_allclose(stored.probabilities, outputs.softmax(0), atol=1e-6)
            assert stored.answer == int(outputs.argmax())
            assert stored.levels == np.abs(stored.pixels.astype(int) - pixels).max()
    np.testing.assert_array_equal(way.rounded.pixels, np.rint(255 * way.image))
    assert way.stored is None or way.stored.answer == target


def test_on_a_trained_network_all_claims_hold_when_computed_again(convolution: Trained, digit: np.ndarray, second: int) -> None:
    network = opened(convolution)
    change = found(network, digit, second)
    outputs = network.network(network.batches.inputs(torch.from_numpy(digit)[None]))[0].detach()
    assert change.answer == int(outputs.argmax())
    np.testing.assert_allclose(change.probabilities, outputs.softmax(0), atol=1e-6)
    assert change.many_steps is not None
    check(change.many_steps, network, digit, second)
    if change.one_step is not None:
        check(change.one_step, network, digit, second)
        assert change.many_steps.epsilon <= change.one_step.epsilon + FINE_ENOUGH / 255


def test_the_curve_of_one_step_is_the_fast_gradient_sign_method(convolution: Trained, digit: np.ndarray, second: int) -> None:
    network = opened(convolution)
    change = found(network, digit, second)
    pixels = (torch.from_numpy(digit)[None].double() / 255).requires_grad_()
    model = build(convolution.run.network, (1, 28, 28), 0).double().eval()
    model.load_state_dict({name: tensor.double() for name, tensor in convolution.weights.items()})

    def answer(image: Tensor) -> Tensor:
        return model((image - network.batches.mean) / network.batches.spread)[0]

    outputs = answer(pixels)
    outputs_of_others = torch.cat([outputs[:second], outputs[second + 1 :]])
    (slope,) = torch.autograd.grad(outputs_of_others.max() - outputs[second], pixels)
    for row in range(0, len(change.epsilons), 5):
        shares = answer((pixels - change.epsilons[row] * slope.sign()).clamp(0, 1)).softmax(0).detach()
        assert change.target_shares[row] == pytest.approx(float(shares[second]), abs=2e-3)
        assert change.answer_shares[row] == pytest.approx(float(shares[change.answer]), abs=2e-3)


def test_the_slope_of_the_lead_agrees_with_finite_differences(dense: Trained, digit: np.ndarray) -> None:
    network = opened(dense)
    network.network.double()
    image = torch.from_numpy(digit)[None].double()
    _, slope = lead_slope(network, image, 4)
    for pixel in (300, 406, 407, 520):
        ahead, behind = image.clone(), image.clone()
        ahead.view(-1)[pixel] += 1e-3
        behind.view(-1)[pixel] -= 1e-3
        rise = (lead_slope(network, ahead, 4)[0] - lead_slope(network, behind, 4)[0]) / 2e-3
        assert float(slope.view(-1)[pixel]) == pytest.approx(float(rise), rel=1e-4, abs=1e-12)


def test_the_lead_is_the_distance_to_the_strongest_other_class() -> None:
    outputs = torch.tensor([[1.0, 4.0, 2.5], [3.0, 0.0, 7.0]])
    assert lead(outputs, 1).tolist() == [1.5, -7.0]
    assert lead(outputs, 0).tolist() == [-3.0, -4.0]
    assert lead(outputs[:, :1], 0).tolist() == [1.0, 3.0]


def test_a_class_that_nothing_can_reach_is_not_found(convolution: Trained) -> None:
    weights = torch.randn(3, 784, generator=torch.Generator().manual_seed(1))
    change = found(linear(convolution, weights, [1e4, 0.0, 1e6]), GREY, 1)
    assert change.answer == 2
    assert change.one_step is None and change.many_steps is None and not change.flat
    assert change.epsilons[-1] == 1.0 and len(change.epsilons) == 256


def test_a_network_without_any_slope_is_told_to_be_flat(convolution: Trained) -> None:
    change = found(linear(convolution, torch.zeros(4, 784), [0.0, 3.0, 1.0, 2.0]), GREY, 0)
    assert change.flat and change.one_step is None and change.many_steps is None


def test_pixels_at_their_ends_are_not_pushed_beyond(convolution: Trained) -> None:
    network, weights = two_classes(convolution, 3.0)
    for value in (0, 255):
        image = np.full_like(GREY, value)
        answer = first_answers(network, image)[0]
        change = found(network, image, 1 - answer)
        for way in (change.one_step, change.many_steps):
            assert way is None or (way.image.min() >= 0 and way.image.max() <= 1)


def test_as_a_task_it_tells_its_progress_and_says_the_same(convolution: Trained, digit: np.ndarray, second: int) -> None:
    progress, change = drain(change_of_mind(convolution.run.to_json(), convolution.weights, digit, second))
    again = found(opened(convolution), digit, second)
    assert [told.done for told in progress] == sorted(told.done for told in progress)
    assert all(told.done <= told.total for told in progress)
    # A worker may keep its channels innermost, which moves the last bits.
    assert change.many_steps.epsilon == pytest.approx(again.many_steps.epsilon, abs=0.6 / 255)


def test_the_network_is_left_as_it_was(dense: Trained, digit: np.ndarray) -> None:
    network = opened(dense)
    target = first_answers(network, digit)[1]
    first, again = found(network, digit, target), found(network, digit, target)
    assert first.many_steps is not None and again.many_steps is not None
    assert first.many_steps.epsilon == again.many_steps.epsilon  # no dropout, no chance
    assert not network.network.training
    assert all(parameter.grad is None for parameter in network.network.parameters())
    assert all(torch.equal(tensor, dense.weights[name]) for name, tensor in network.network.state_dict().items())


@pytest.mark.parametrize(
    ("loss", "ending"),
    [
        (MeanSquaredError(), Identity()),
        (MultiMargin(), Identity()),
        (BinaryCrossEntropy(), Identity()),
        (NegativeLogLikelihood(), LogSoftmax()),
    ],
)
def test_every_loss_is_served(digit: np.ndarray, loss: object, ending: object) -> None:
    layers = (Conv2d(filters=3), BatchNorm(), Flatten(), Dropout(), Dense(units=10, activation=ending))
    run = RunSpec(
        network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="mnist-5k"), training=TrainingSpec(epochs=1, loss=loss)
    )
    network = trained_network(run, build(run.network, (1, 28, 28), 0).state_dict(), Runtime())
    target = first_answers(network, digit)[1]
    change = found(network, digit, target)
    assert change.many_steps is not None
    outputs = network.network((torch.from_numpy(change.many_steps.image)[None] - network.batches.mean) / network.batches.spread)
    assert int(outputs.argmax()) == target
    np.testing.assert_allclose(change.many_steps.probabilities, loss.probabilities(outputs.detach())[0], atol=1e-4)


@pytest.mark.parametrize("pixels", [np.zeros((1, 28, 28), np.uint8), GREY])
def test_empty_and_constant_images_get_an_answer_too(convolution: Trained, pixels: np.ndarray) -> None:
    network = opened(convolution)
    target = first_answers(network, pixels)[1]
    change = found(network, pixels, target)
    for way in (change.one_step, change.many_steps):
        if way is not None:
            check(way, network, pixels, target)


def test_two_hundred_classes_fifty_layers_and_three_channels_are_no_trouble(convolution: Trained) -> None:
    narrow = [Conv2d(filters=4)] * 48
    random = np.random.default_rng(0).integers(0, 256, (3, 12, 12)).astype(np.uint8)
    for layers in ([Flatten(), Dense(units=200, activation=Identity())], [*narrow, Flatten(), Dense(units=10)]):
        model = build(NetworkSpec(layers=tuple(layers)), (3, 12, 12), 0).eval()
        network = replace(opened(convolution), network=model)
        change = found(network, random, first_answers(network, random)[-1])
        assert len(change.probabilities) == layers[-1].units
        if change.many_steps is not None:
            assert change.many_steps.image.shape == (3, 12, 12)


def test_weights_that_are_no_numbers_and_impossible_questions_get_a_sentence(convolution: Trained, digit: np.ndarray) -> None:
    network = opened(convolution)
    answer = first_answers(network, digit)[0]
    for target, words in ((answer, "already"), (10, "no class 10"), (-1, "no class -1")):
        with pytest.raises(PlaygroundError, match=words):
            found(network, digit, target)
    broken = {
        name: tensor * float("nan") if tensor.is_floating_point() else tensor for name, tensor in convolution.weights.items()
    }
    with pytest.raises(PlaygroundError, match="not a number"):
        drain(change_of_mind(convolution.run.to_json(), broken, digit, 1))
