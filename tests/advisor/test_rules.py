"""Each rule on real runs: it speaks about the run that it is for, is silent about another, and its mend makes the run better."""

from __future__ import annotations

import pytest
from advised_runs import SEEDS, TRIED, Tried, advice, medians, seeded, small, trained

from playground.advisor import RULES
from playground.checks import check
from playground.differences import differences

WITHOUT_MEND = {"easier-when-examined"}
each_rule = pytest.mark.parametrize("tried", TRIED, ids=str)


def test_every_rule_is_tried() -> None:
    assert {rule.__name__.replace("_", "-") for rule in RULES} == {tried.rule for tried in TRIED}
    assert len(RULES) >= 16


@each_rule
def test_a_rule_speaks_about_the_run_that_it_is_for(tried: Tried) -> None:
    for seed in SEEDS:
        run = seeded(tried.loud, seed)
        found = advice(run)
        assert tried.rule in found, (seed, list(found))
        assert any(character.isdigit() for character in found[tried.rule].evidence)
        assert 1 <= found[tried.rule].why.count(". ") <= 3 and found[tried.rule].why.endswith(".")


@each_rule
def test_a_rule_is_silent_about_a_run_that_is_all_right(tried: Tried) -> None:
    for seed in SEEDS:
        assert tried.rule not in advice(seeded(tried.quiet, seed)), seed


@each_rule
def test_a_mended_run_ends_better(tried: Tried) -> None:
    """By the median of three seeds of the validation loss; of the accuracy, where the mend is another loss."""
    mend = advice(tried.loud)[tried.rule].mend
    if tried.rule in WITHOUT_MEND:
        assert mend is None
        return
    assert mend is not None and differences(tried.loud, mend.run) and check(mend.run).can_train
    (loss, accuracy), (mended_loss, mended_accuracy) = medians(tried.loud), medians(mend.run)
    if mend.run.training.loss == tried.loud.training.loss:
        assert mended_loss < loss
    assert mended_accuracy > accuracy - 0.02


@each_rule
def test_a_mend_changes_no_more_than_it_says(tried: Tried) -> None:
    mend = advice(tried.loud)[tried.rule].mend
    if mend is None:
        return
    changed = differences(tried.loud, mend.run)
    layers = sum(layer.weighted for layer in tried.loud.network.layers)
    assert len(changed) <= max(2, layers), changed
    assert mend.run.seed == tried.loud.seed


def test_a_mended_run_does_not_get_the_same_advice_again() -> None:
    """Or the next step of it, where one is not enough."""
    for tried in TRIED:
        mend = advice(tried.loud)[tried.rule].mend
        if mend is not None:
            again = advice(mend.run).get(tried.rule)
            assert again is None or again.mend is None or again.mend.run not in (mend.run, tried.loud), tried


def test_what_goes_well_is_told_no_problem() -> None:
    for run in (small(size=None, epochs=4), small(size=None, epochs=4, batch_size=64)):
        assert not [each for each in advice(run).values() if each.severity == "problem"]
        assert trained(run).epochs[-1].train_accuracy > 0.9
