"""Maps of a regression: groups of the true values take the place of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors
from trained_runs import drain

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Dense
from playground.catalog.losses import MeanSquaredError
from playground.insight.embedding import Embedding, embed
from playground.insight.evaluation import evaluate
from playground.insight.fifths import Fifths
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.trainer import Trainer


def test_fifths_hold_equally_many_and_are_those_of_pandas() -> None:
    values = np.random.default_rng(2).normal(size=103)
    fifths = Fifths.of(values)
    groups = fifths.of_each(values)
    assert sorted(np.bincount(groups)) == [20, 20, 21, 21, 21]
    np.testing.assert_array_equal(groups, pd.cut(values, [-np.inf, *fifths.edges, np.inf], right=False, labels=False))
    assert fifths.of_each([-100.0, 100.0]).tolist() == [0, 4]


@pytest.mark.parametrize("values", [[3.0], [2.0] * 9, [0.0, 0.0, 0.0, 0.0, 1.0], [1.0, 2.0]])
def test_equal_values_make_fewer_groups_each_with_a_name_and_an_example(values: list[float]) -> None:
    fifths = Fifths.of(values)
    assert sorted(set(fifths.of_each(values))) == list(range(len(fifths.names)))


@pytest.fixture(scope="module")
def mapped() -> tuple[RunSpec, Embedding, np.ndarray, np.ndarray]:
    run = RunSpec(
        network=NetworkSpec(layers=(Dense(units=6), Dense(units=1, activation=Identity()))),
        dataset=DatasetSpec(name="diabetes"),
        training=TrainingSpec(loss=MeanSquaredError(), epochs=4, batch_size=16),
    )
    trainer = Trainer(run, data.load(run.dataset))
    for _ in trainer:
        pass
    weights = trainer.weights()
    _, found = drain(embed(run.to_json(), weights, "test", (0, 2), "PCA", 500))
    _, asked = drain(evaluate(run.to_json(), weights, "test", 0))
    return run, found, asked.targets, asked.predictions


def test_the_numbers_on_the_map_are_those_of_inspect(mapped: tuple[RunSpec, Embedding, np.ndarray, np.ndarray]) -> None:
    _, found, targets, predictions = mapped
    assert found.values is not None and found.said is not None
    np.testing.assert_allclose(found.values, targets[found.indices], rtol=1e-5)
    np.testing.assert_allclose(found.said, predictions[found.indices], rtol=1e-5)
    assert len(found.group_names) == 5 and found.group_names[0].startswith(f"{targets.min():.3g} to ")


def test_agreement_counts_neighbours_of_the_same_fifth(mapped: tuple[RunSpec, Embedding, np.ndarray, np.ndarray]) -> None:
    _, found, _, _ = mapped
    assert found.said is not None
    # The last layer is the prediction itself: its nearest neighbours are those with the nearest predictions.
    places = NearestNeighbors(n_neighbors=11).fit(found.said[:, None]).kneighbors(return_distance=False, n_neighbors=10)
    expected = (found.labels[places] == found.labels[:, None]).mean()
    assert found.maps[1].agreement == pytest.approx(expected, abs=0.01)
    same = [first == second for a, first in enumerate(found.labels) for b, second in enumerate(found.labels) if a != b]
    assert found.by_lot == pytest.approx(np.mean(same)) and found.maps[1].agreement > found.by_lot
