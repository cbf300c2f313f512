"""Every layer of the catalogue against the modules of torch that it stands for."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from examples import all_examples, digits, name_of
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from playground.catalog import LAYERS
from playground.catalog.activations import Identity
from playground.catalog.layer import LayerEntry, Misfit
from playground.catalog.layers import AvgPool, Conv2d, Dense, Flatten, GlobalAvgPool, MaxPool

SHAPES = [(1, 28, 28), (3, 13, 8), (2, 7, 7), (5, 1, 1), (784,), (17,), (1,)]

every_example = pytest.mark.parametrize("layer", all_examples("layer"), ids=name_of)


def fitting(layer: LayerEntry) -> list[tuple[int, ...]]:
    shapes = []
    for shape in SHAPES:
        try:
            layer.output_shape(shape)
        except Misfit:
            continue
        shapes.append(shape)
    assert shapes
    return shapes


def assert_shape_is_real(layer: LayerEntry, shape: tuple[int, ...]) -> None:
    with torch.device("meta"):
        real = nn.Sequential(*layer.modules(shape)).eval()(torch.empty(2, *shape)).shape
    assert layer.output_shape(shape) == tuple(real[1:])


@every_example
def test_the_declared_shape_is_the_real_one(layer: LayerEntry) -> None:
    for shape in fitting(layer):
        assert_shape_is_real(layer, shape)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_convolution_has_its_declared_shape_with_every_kernel_and_stride(padding: str) -> None:
    for kernel, stride, shape in itertools.product(range(1, 12), range(1, 5), [(1, 28, 28), (2, 13, 8), (1, 11, 12)]):
        layer = Conv2d(filters=3, kernel_size=kernel, stride=stride, padding=padding)
        try:
            layer.output_shape(shape)
        except Misfit as misfit:
            assert f"{kernel}×{kernel}" in misfit.message and f"{shape[1]}×{shape[2]}" in misfit.message
            with pytest.raises(RuntimeError):
                nn.Sequential(*layer.modules(shape))(torch.zeros(1, *shape))
        else:
            assert_shape_is_real(layer, shape)


@pytest.mark.parametrize("entry", [MaxPool, AvgPool])
def test_a_pooling_has_its_declared_shape_with_every_window_and_stride(entry: Any) -> None:
    for window, stride, shape in itertools.product(range(2, 9), range(1, 9), [(1, 28, 28), (2, 13, 8), (1, 3, 9)]):
        layer = entry(pool_size=window, stride=stride)
        try:
            layer.output_shape(shape)
        except Misfit as misfit:
            assert misfit.mend == "remove" and f"{window}×{window}" in misfit.message
            with pytest.raises(RuntimeError):
                nn.Sequential(*layer.modules(shape))(torch.zeros(1, *shape))
        else:
            assert_shape_is_real(layer, shape)


def test_same_padding_keeps_the_size_for_every_odd_kernel() -> None:
    for kernel in range(1, 12, 2):
        assert Conv2d(filters=4, kernel_size=kernel, padding="same").output_shape((1, 28, 28)) == (4, 28, 28)


def test_same_padding_loses_a_pixel_with_an_even_kernel_and_never_adds_one() -> None:
    for kernel in range(2, 11, 2):
        assert Conv2d(filters=4, kernel_size=kernel, padding="same").output_shape((1, 28, 28)) == (4, 27, 27)


def test_layers_for_images_refuse_a_flat_list_and_dense_refuses_an_image() -> None:
    for layer in (Conv2d(), MaxPool(), AvgPool(), GlobalAvgPool()):
        with pytest.raises(Misfit, match="flat list of 20 numbers"):
            layer.output_shape((20,))
    with pytest.raises(Misfit, match="Flatten") as caught:
        Dense().output_shape((1, 28, 28))
    assert caught.value.mend == "flatten"


@every_example
def test_multiply_adds_are_half_the_operations_that_torch_counts(layer: LayerEntry) -> None:
    for shape in fitting(layer):
        with torch.device("meta"):
            network = nn.Sequential(*layer.modules(shape)).eval()
            with FlopCounterMode(display=False) as counter:
                network(torch.empty(1, *shape))
        assert layer.multiply_adds(shape) == counter.get_total_flops() / 2


def test_parameters_are_counted_as_by_hand() -> None:
    def count(layer: LayerEntry, shape: tuple[int, ...]) -> int:
        return sum(parameter.numel() for module in layer.modules(shape) for parameter in module.parameters())

    assert count(Dense(units=7), (20,)) == 20 * 7 + 7
    assert count(Dense(units=7, bias=False), (20,)) == 20 * 7
    assert count(Conv2d(filters=6, kernel_size=5), (3, 9, 9)) == 6 * 3 * 25 + 6
    assert count(Conv2d(filters=6, kernel_size=5, bias=False), (3, 9, 9)) == 6 * 3 * 25


@every_example
def test_the_pytorch_source_computes_the_same(layer: LayerEntry) -> None:
    for shape in fitting(layer):
        built = nn.Sequential(*layer.modules(shape))
        written = nn.Sequential(*(eval(line, {"nn": nn}) for line in layer.pytorch_source(shape)))
        written.load_state_dict(built.state_dict())
        inputs = torch.randn(3, *shape, generator=torch.Generator().manual_seed(1))
        for training in (True, False):
            torch.manual_seed(5)  # dropout draws from the default generator
            wanted = built.train(training)(inputs)
            torch.manual_seed(5)
            assert torch.equal(written.train(training)(inputs), wanted)


def small_network(layer: LayerEntry) -> nn.Sequential:
    """The layer between real digits and ten outputs."""
    before: list[nn.Module] = []
    shape: tuple[int, ...] = (1, 28, 28)
    try:
        layer.output_shape(shape)
    except Misfit:
        before, shape = [nn.Flatten()], (784,)
    outputs = math.prod(layer.output_shape(shape))
    return nn.Sequential(*before, *layer.modules(shape), nn.Flatten(), nn.Linear(outputs, 10))


@pytest.mark.parametrize("entry", LAYERS.values())
def test_one_step_on_real_digits_moves_all_weights(entry: type[LayerEntry]) -> None:
    torch.manual_seed(2)
    images, labels = digits(32)
    network = small_network(entry())
    before = [parameter.detach().clone() for parameter in network.parameters()]
    F.cross_entropy(network(images), labels).backward()
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    for old, new in zip(before, network.parameters(), strict=True):
        assert new.isfinite().all() and not torch.equal(old, new)


@every_example
def test_the_gradient_of_the_loss_passes_back_through_a_layer(layer: LayerEntry) -> None:
    shape = next(shape for shape in fitting(layer) if shape[0] > 1)  # softmax of one channel is always 1
    inputs = torch.randn(4, *shape, generator=torch.Generator().manual_seed(1), requires_grad=True)
    outputs = nn.Sequential(*layer.modules(shape)).eval()(inputs)
    draws = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(2))
    (outputs * draws).sum().backward()
    assert inputs.grad is not None and inputs.grad.isfinite().all() and inputs.grad.abs().sum() > 0


def correlate(image: Tensor, kernel: Tensor, stride: int, border: int) -> Tensor:
    """A convolution of one channel, one window at a time."""
    padded = torch.zeros(image.shape[0] + 2 * border, image.shape[1] + 2 * border)
    padded[border : border + image.shape[0], border : border + image.shape[1]] = image
    size = kernel.shape[0]
    rows, columns = (range(0, length - size + 1, stride) for length in padded.shape)
    return torch.stack([torch.stack([(padded[r : r + size, c : c + size] * kernel).sum() for c in columns]) for r in rows])


@pytest.mark.parametrize("padding, border", [("same", 1), ("valid", 0)])
def test_a_convolution_is_what_a_hand_written_one_gives(padding: str, border: int) -> None:
    layer = Conv2d(filters=1, kernel_size=3, stride=2, padding=padding, activation=Identity(), bias=False)
    (module,) = layer.modules((1, 9, 8))
    image = torch.randn(9, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        wanted = correlate(image, module.weight[0, 0], 2, border)
        assert torch.allclose(module(image[None, None])[0, 0], wanted, atol=1e-6)


def test_pooling_and_flatten_are_what_numpy_like_code_gives() -> None:
    image = torch.randn(2, 3, 6, 8, generator=torch.Generator().manual_seed(4))
    windows = image.reshape(2, 3, 3, 2, 4, 2).permute(0, 1, 2, 4, 3, 5).flatten(4)
    assert torch.equal(nn.Sequential(*MaxPool().modules((3, 6, 8)))(image), windows.amax(4))
    assert torch.allclose(nn.Sequential(*AvgPool().modules((3, 6, 8)))(image), windows.mean(4), atol=1e-6)
    assert torch.allclose(nn.Sequential(*GlobalAvgPool().modules((3, 6, 8)))(image), image.mean((2, 3)), atol=1e-6)
    assert torch.equal(nn.Sequential(*Flatten().modules((3, 6, 8)))(image), image.reshape(2, -1))
