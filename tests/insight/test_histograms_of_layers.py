from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from trained_runs import Trained, drain

from playground.errors import PlaygroundError
from playground.insight.activation_histograms import activation_histograms
from playground.insight.networks import trained_network
from playground.insight.weight_histograms import weight_histograms
from playground.network import build


def test_weights_are_counted_now_and_at_the_very_start_of_the_run(dense: Trained) -> None:
    _, histograms = drain(weight_histograms(dense.run.to_json(), dense.weights))
    assert [histogram.layer for histogram in histograms] == [1, 3, 4]
    start = build(dense.run.network, (1, 28, 28), dense.run.seed).state_dict()
    matrices = [(start[name].numpy(), now.numpy()) for name, now in dense.weights.items() if now.ndim == 2]
    for histogram, (before, after) in zip(histograms, matrices, strict=True):
        assert histogram.now.sum() == histogram.start.sum() == histogram.num_weights == before.size
        assert histogram.edges[0] == pytest.approx(min(before.min(), after.min()))
        assert histogram.edges[-1] == pytest.approx(max(before.max(), after.max()))
        for counts, values in ((histogram.now, after), (histogram.start, before)):
            inside = [
                ((values >= low) & (values < high)).sum() for low, high in zip(histogram.edges, histogram.edges[1:], strict=False)
            ]
            np.testing.assert_array_equal(counts[:-1], inside[:-1])
        assert histogram.mean_now == pytest.approx(after.mean(), abs=1e-6)
        assert histogram.spread_start == pytest.approx(before.std(), abs=1e-6)


def test_kernels_count_as_weights_and_batch_normalisation_does_not(convolution: Trained) -> None:
    _, histograms = drain(weight_histograms(convolution.run.to_json(), convolution.weights))
    assert [(histogram.layer, histogram.num_weights) for histogram in histograms][0] == (0, 4 * 25)
    assert len(histograms) == 2


def test_a_network_before_its_first_step_equals_its_start(dense: Trained) -> None:
    first = build(dense.run.network, (1, 28, 28), dense.run.seed).state_dict()
    _, histograms = drain(weight_histograms(dense.run.to_json(), first))
    for histogram in histograms:
        np.testing.assert_array_equal(histogram.now, histogram.start)


def test_weights_without_end_are_named_instead_of_drawn(dense: Trained) -> None:
    broken = {name: torch.full_like(tensor, float("nan")) for name, tensor in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="Layer 2"):
        drain(weight_histograms(dense.run.to_json(), broken))
    with pytest.raises(PlaygroundError, match="Layer 2"):
        drain(activation_histograms(dense.run.to_json(), broken, "test"))


def _outputs(trained: Trained, images: int) -> list[torch.Tensor]:
    """The outputs after each module, computed one module after the other."""
    known = trained_network(trained.run, trained.weights)
    values = known.batches.inputs(known.split("test")[0][:images])
    outputs = []
    with torch.no_grad():
        for module in known.network:
            values = module(values)
            outputs.append(values)
    return outputs


def test_activations_are_those_after_each_layers_activation_function(dense: Trained) -> None:
    _, histograms = drain(activation_histograms(dense.run.to_json(), dense.weights, "test", images=100))
    # Modules: flatten, linear, relu, dropout, linear, sigmoid, linear.
    outputs = _outputs(dense, 100)
    assert [histogram.layer for histogram in histograms] == [1, 3, 4]
    for histogram, values in zip(histograms, (outputs[2], outputs[5], outputs[6]), strict=True):
        expected, edges = np.histogram(values.numpy(), bins=60)
        np.testing.assert_allclose(histogram.edges, edges, rtol=1e-4, atol=1e-6)
        assert np.abs(histogram.counts - expected).sum() <= 4  # a value on an edge may fall to either side
        assert histogram.counts.sum() == values.numel()
        assert histogram.zero_share == pytest.approx((values == 0).double().mean().item())
        without, _ = np.histogram(values[values != 0].numpy(), bins=60, range=(histogram.edges[0], histogram.edges[-1]))
        assert np.abs(histogram.nonzero_counts - without).sum() <= 4 and histogram.nonzero_counts.min() >= 0
        assert histogram.num_units == values.shape[1]
        assert histogram.silent_units == int((values == 0).all(dim=0).sum())


def test_only_sigmoid_and_tanh_can_be_stuck_at_the_ends_of_their_range(dense: Trained) -> None:
    large = {name: 50 * tensor for name, tensor in dense.weights.items()}
    _, (relu, sigmoid, last) = drain(activation_histograms(dense.run.to_json(), large, "test", images=64))
    assert relu.stuck_share is None and last.stuck_share is None
    assert sigmoid.stuck_share is not None and sigmoid.stuck_share > 0.9
    assert sigmoid.edges[0] >= 0 and sigmoid.edges[-1] <= 1


def test_a_neuron_that_never_speaks_is_counted_as_silent(dense: Trained) -> None:
    weights = {name: tensor.clone() for name, tensor in dense.weights.items()}
    bias = next(name for name, tensor in weights.items() if tensor.shape == (16,))
    weights[bias][:5] = -1e6
    _, (relu, *_) = drain(activation_histograms(dense.run.to_json(), weights, "test", images=64))
    assert relu.silent_units >= 5 and relu.num_units == 16


def test_channels_of_an_image_count_as_units_and_no_hook_stays_behind(convolution: Trained) -> None:
    _, histograms = drain(activation_histograms(convolution.run.to_json(), convolution.weights, "validation", images=40))
    assert [(histogram.layer, histogram.num_units) for histogram in histograms] == [(0, 4), (1, 4), (2, 4), (4, 10)]
    network = trained_network(convolution.run, convolution.weights).network
    assert isinstance(network, nn.Sequential) and not any(module._forward_hooks for module in network)
