"""Every method against another way of computing the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from trained_runs import Trained, drain

from playground.insight.attribution_methods import METHODS, METHODS_BY_SLUG, SEED, starts
from playground.insight.attribution_types import Asked, Found
from playground.insight.networks import trained_network
from playground.training.runtime import Runtime


class Square(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return values**2


def quadratic(pixels: int = 16) -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, 5), Square(), nn.Linear(5, 3)).eval()


def ask(
    slug: str,
    network: nn.Sequential,
    inputs: Tensor,
    target: int,
    black: float = -0.4,
    at_once: int = 1000,
    settings: Mapping[str, float] | None = None,
    layer: nn.Module | None = None,
    pixel_range: float = 3.0,
) -> Found:
    method = METHODS_BY_SLUG[slug]
    question = Asked(
        network, inputs, target, torch.full_like(inputs, black), pixel_range, at_once, method.complete(settings or {}), layer
    )
    found: Found = drain(method.function(question))[1]
    return found


def image(*shape: int) -> Tensor:
    return torch.rand(1, *shape, generator=torch.Generator().manual_seed(2))


def asked_of(trained: Trained, number: int = 7) -> tuple[nn.Sequential, Tensor]:
    network = trained_network(trained.run, trained.weights, Runtime())
    return network.network, network.batches.inputs(network.dataset.x_test[number : number + 1])


def test_the_input_gradient_agrees_with_finite_differences(dense: Trained) -> None:
    network, inputs = asked_of(dense)
    found = ask("gradient", network, inputs, 4).values
    exact, h = network.double(), 1e-4
    nudges = torch.eye(784, dtype=torch.float64).view(784, 1, 28, 28) * h
    with torch.no_grad():
        expected = (exact(inputs.double() + nudges) - exact(inputs.double() - nudges))[:, 4] / (2 * h)
    scale = float(expected.abs().max())
    # A ReLU that turns on or off within the small step spoils the difference, not the gradient.
    gap = (found.flatten().double() - expected).abs() / scale
    assert scale > 0 and float(gap.median()) < 1e-5 and float((gap < 1e-3).double().mean()) > 0.99


def test_integrated_gradients_of_a_linear_network_are_weight_times_distance_from_black() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    inputs = image(1, 4, 4)
    found = ask("integrated-gradients", network, inputs, 2)
    expected = network[1].weight[2].detach().view(1, 1, 4, 4) * (inputs + 0.4)
    torch.testing.assert_close(found.values, expected)
    assert float(found.values.sum()) == pytest.approx(found.difference, abs=1e-5)


def test_integrated_gradients_equal_a_riemann_sum_and_the_closed_form_of_a_quadratic_network() -> None:
    network, inputs, steps = quadratic(), image(1, 4, 4), 24
    found = ask("integrated-gradients", network, inputs, 1, settings={"steps": steps})
    black = torch.full_like(inputs, -0.4)
    total = torch.zeros_like(inputs)
    for step in range(steps):
        point = (black + (step + 0.5) / steps * (inputs - black)).requires_grad_()
        total += torch.autograd.grad(network(point)[0, 1], point)[0]
    torch.testing.assert_close(found.values, (inputs - black) * total / steps, rtol=1e-4, atol=1e-6)
    # The gradient of sum v (w x + b)^2 is linear in x, so its mean on the way is the one half way.
    first, last = network[1], network[3]
    half = first.weight @ ((inputs + black) / 2).flatten() + first.bias
    slope = (2 * last.weight[1] * half) @ first.weight
    torch.testing.assert_close(found.values.flatten(), ((inputs - black).flatten() * slope).detach(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("at_once", [1, 3, 7])
def test_slices_of_the_way_add_up_to_the_whole(convolution: Trained, at_once: int) -> None:
    network, inputs = asked_of(convolution)
    whole = ask("integrated-gradients", network, inputs, 3, settings={"steps": 32}).values
    sliced = ask("integrated-gradients", network, inputs, 3, settings={"steps": 32}, at_once=at_once).values
    torch.testing.assert_close(sliced, whole, rtol=1e-3, atol=1e-5)


def test_integrated_gradients_are_complete_on_a_trained_network(convolution: Trained) -> None:
    network, inputs = asked_of(convolution)
    with torch.no_grad():
        difference = float((network(inputs) - network(torch.full_like(inputs, -0.4)))[0, 3])
    gaps = []
    for steps in (8, 256):
        found = ask("integrated-gradients", network, inputs, 3, settings={"steps": steps})
        assert found.difference == pytest.approx(difference, abs=1e-5)
        gaps.append(abs(float(found.values.sum()) - difference))
    assert gaps[1] < 0.01 * abs(difference) and gaps[1] <= gaps[0]


def test_smooth_grad_is_the_mean_gradient_of_noisy_copies(convolution: Trained) -> None:
    network, inputs = asked_of(convolution)
    found = ask("smooth-grad", network, inputs, 3, settings={"noise": 20, "samples": 30}).values
    torch.manual_seed(SEED)
    noisy = (inputs + torch.normal(0, torch.full((30, 1, 28, 28), 0.2 * 3.0))).requires_grad_()
    gradients = torch.autograd.grad(network(noisy)[:, 3].sum(), noisy)[0]
    torch.testing.assert_close(found, gradients.mean(dim=0, keepdim=True), rtol=1e-3, atol=1e-5)


def test_smooth_grad_is_the_same_at_every_look_and_leaves_chance_alone(convolution: Trained) -> None:
    network, inputs = asked_of(convolution)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = (ask("smooth-grad", network, inputs, 3, at_once=8).values for _ in range(2))
    assert torch.equal(first, second) and torch.equal(torch.get_rng_state(), before)


def test_smooth_grad_of_a_linear_network_is_its_gradient() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    found = ask("smooth-grad", network, image(1, 4, 4), 1, at_once=7).values
    torch.testing.assert_close(found, network[1].weight[1].detach().view(1, 1, 4, 4))


def test_grad_cam_of_a_network_with_two_filters_is_what_one_computes_by_hand() -> None:
    """A 3x3 image, two 2x2 filters, ReLU, and one output: every number below is written out."""
    network = nn.Sequential(nn.Conv2d(1, 2, 2, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1, bias=False))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]], [[[0.0, 1.0], [-1.0, 0.0]]]]))
        network[3].weight.copy_(torch.tensor([[1.0, 2.0, 3.0, 4.0, -1.0, 0.0, 0.0, 3.0]]))
    inputs = torch.tensor([[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]]]])
    # Filter 1, upper left plus lower right: [[1+1, 2+3], [0+0, 1+1]]. Filter 2, upper right minus lower left:
    # [[2-0, 0-1], [1-2, 3-0]], of which the ReLU keeps [[2, 0], [0, 3]].
    first, second = np.array([[2.0, 5.0], [0.0, 2.0]]), np.array([[2.0, 0.0], [0.0, 3.0]])
    # The output's slope in the maps is the last layer's weights; their means weigh the maps.
    weights = (1 + 2 + 3 + 4) / 4, (-1 + 0 + 0 + 3) / 4
    found = ask("grad-cam", network, inputs, 0, layer=network[1])
    np.testing.assert_allclose(found.coarse[0, 0].numpy(), weights[0] * first + weights[1] * second)
    stretched = F.interpolate(found.coarse, (3, 3), mode="bilinear", align_corners=False)
    torch.testing.assert_close(found.values, stretched)


def test_grad_cam_agrees_with_hooks_of_ones_own(convolution: Trained) -> None:
    network, inputs = asked_of(convolution)
    layer, kept = network[1], []
    handle = layer.register_forward_hook(lambda module, given, maps: kept.append(maps))
    output = network(inputs)[0, 6]
    handle.remove()
    (slopes,) = torch.autograd.grad(output, kept[0])
    expected = sum(slopes[0, k].mean() * kept[0][0, k] for k in range(4)).detach()
    torch.testing.assert_close(ask("grad-cam", network, inputs, 6, layer=layer).coarse[0, 0], expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("side", "window", "stride"), [(6, 3, 1), (7, 3, 2), (6, 4, 3), (5, 9, 4), (4, 2, 5)])
def test_occlusion_agrees_with_explicit_loops(side: int, window: int, stride: int) -> None:
    network, inputs = quadratic(side * side), image(1, side, side)
    found = ask("occlusion", network, inputs, 1, settings={"window": window, "stride": stride}).values
    window = min(window, side)
    stride = min(stride, window)
    total, count = np.zeros((side, side)), np.zeros((side, side))
    with torch.no_grad():
        before = float(network(inputs)[0, 1])
        top = 0
        while True:
            left = 0
            while True:
                covered = inputs.clone()
                covered[0, 0, top : top + window, left : left + window] = -0.4
                fall = before - float(network(covered)[0, 1])
                total[top : top + window, left : left + window] += fall
                count[top : top + window, left : left + window] += 1
                if left + window >= side:
                    break
                left += stride
            if top + window >= side:
                break
            top += stride
    np.testing.assert_allclose(found[0, 0].numpy(), total / count, rtol=1e-4, atol=1e-5)


def test_occlusion_agrees_with_captum_on_the_whole_image(convolution: Trained) -> None:
    from captum.attr import Occlusion

    network, inputs = asked_of(convolution)
    found = ask("occlusion", network, inputs, 3, settings={"window": 5, "stride": 2}, at_once=2).values
    whole = Occlusion(network).attribute(
        inputs, (1, 5, 5), strides=(1, 2, 2), baselines=torch.full_like(inputs, -0.4), target=3, perturbations_per_eval=32
    )
    torch.testing.assert_close(found, whole.float(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("slug", [method.slug for method in METHODS])
def test_images_with_three_channels_can_be_explained(slug: str) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(2 * 64, 4)).eval()
    inputs = image(3, 8, 8)
    found = ask(slug, network, inputs, 2, layer=network[1])
    assert found.values.shape in {(1, 3, 8, 8), (1, 1, 8, 8)} and bool(found.values.isfinite().all())
    if slug == "occlusion":
        covered = inputs.clone()
        covered[:, :, :5, :5] = -0.4
        with torch.no_grad():
            fall = float((network(inputs) - network(covered))[0, 2])
        assert float(found.values.sum(dim=1)[0, 0, 0]) == pytest.approx(fall, abs=1e-4), "only the first square covers the corner"


def test_squares_begin_every_stride_and_the_last_reaches_the_edge() -> None:
    assert starts(28, 5, 2) == list(range(0, 25, 2)) and starts(28, 28, 3) == [0] and starts(6, 3, 3) == [0, 3]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.slug)
def test_every_method_has_its_words_its_source_and_sensible_knobs(method) -> None:  # type: ignore[no-untyped-def]
    assert method.title and method.help and method.reading and "arXiv" in method.paper
    for knob in method.knobs:
        assert knob.low <= knob.default <= knob.high and knob.step > 0 and knob.help
        assert method.complete({knob.name: 1e9})[knob.name] == knob.high
    assert method.passes({}, (1, 28, 28)) >= 1
