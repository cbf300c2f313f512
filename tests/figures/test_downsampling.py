"""What downsampling keeps, for many lengths."""

from __future__ import annotations

import numpy as np
import pytest

from playground.figures.downsampling import extreme_indices, stride_indices

LENGTHS = [0, 1, 2, 5, 239, 240, 241, 242, 1000, 4096, 20_001]


@pytest.mark.parametrize("count", LENGTHS)
def test_extremes_keep_the_least_the_greatest_and_both_ends_within_the_limit(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    indices = extreme_indices(values, 240)
    assert len(indices) <= 240
    assert (np.diff(indices) > 0).all()
    if count:
        assert indices[0] == 0 and indices[-1] == count - 1
        assert values[indices].min() == values.min()
        assert values[indices].max() == values.max()


@pytest.mark.parametrize("count", LENGTHS)
def test_strides_keep_both_ends_within_the_limit(count: int) -> None:
    indices = stride_indices(count, 160)
    assert len(indices) <= 160
    assert (np.diff(indices) > 0).all()
    if count:
        assert indices[0] == 0 and indices[-1] == count - 1


def test_a_single_spike_in_a_long_flat_curve_is_kept() -> None:
    values = np.zeros(20_000)
    values[12_345] = 9.0
    assert 12_345 in extreme_indices(values, 240)


def test_the_choice_of_old_points_stands_when_new_ones_come() -> None:
    values = np.random.default_rng(1).normal(size=10_000)
    before, after = extreme_indices(values[:9_000], 240), extreme_indices(values[:9_300], 240)
    # All but the last bucket, which was still filling, and the old end point.
    settled = before[before < 9_000 - 128]
    assert set(settled) <= set(after)
    assert set(stride_indices(9_000, 160)[:-1]) <= set(stride_indices(9_300, 160))


def test_values_that_are_not_finite_hide_no_extreme() -> None:
    values = np.random.default_rng(2).normal(size=5_000)
    values[::7] = np.nan
    values[3::11] = np.inf
    finite = np.isfinite(values)
    kept = values[extreme_indices(values, 100)]
    kept = kept[np.isfinite(kept)]
    assert kept.min() == values[finite].min()
    assert kept.max() == values[finite].max()
