"""A trained network as one file: nothing is lost, and nothing damaged is taken."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save

from playground.catalog.presets import preset
from playground.errors import PlaygroundError
from playground.network import build
from playground.training.saved import SavedNetwork


@pytest.fixture
def network() -> SavedNetwork:
    run = preset("first-network").run
    weights = build(run.network, (1, 28, 28), seed=0).state_dict()
    return SavedNetwork(run, weights, 0.1306, 0.3081, 0.9876543210123, 10_000, "python -m playground train")


def test_a_saved_network_comes_back_as_it_was(network: SavedNetwork) -> None:
    back = SavedNetwork.from_bytes(network.to_bytes())
    assert replace(back, weights={}).__dict__ == replace(network, weights={}).__dict__
    assert back.weights.keys() == network.weights.keys()
    assert all(torch.equal(tensor, network.weights[name]) for name, tensor in back.weights.items())


@pytest.mark.parametrize("cut", [0, 7, 20, 200, -1])
def test_a_file_that_is_cut_short_is_refused_in_words(network: SavedNetwork, cut: int) -> None:
    with pytest.raises(PlaygroundError, match="no saved network"):
        SavedNetwork.from_bytes(network.to_bytes()[:cut])


def test_what_is_missing_or_wrong_is_named(network: SavedNetwork) -> None:
    content = network.to_bytes()
    notes = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    without = {name: value for name, value in notes.items() if name != "mean"}
    for metadata, words in (
        (without, "'mean'"),
        (notes | {"spread": "0"}, "out of range"),
        (notes | {"mean": "nan"}, "out of range"),
        (notes | {"test_accuracy": "many"}, "many"),
        (None, "__metadata__"),
    ):
        with pytest.raises(PlaygroundError, match=words):
            SavedNetwork.from_bytes(save(network.weights, metadata=metadata))
