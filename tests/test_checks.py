"""Findings: each rule speaks when it should, is silent when it should, and its mend mends."""

from __future__ import annotations

import pytest
from check_cases import CASES, SCORES, STOPPING, run_of

from playground.catalog.activations import Identity
from playground.catalog.augmentations import Flip
from playground.catalog.layers import (
    Conv2d,
    Dense,
    Dropout,
    Flatten,
)
from playground.catalog.losses import NegativeLogLikelihood
from playground.catalog.presets import preset
from playground.checks import Finding, check, require_trainable
from playground.data import source
from playground.errors import PlaygroundError
from playground.network import build
from playground.rules import RULES
from playground.spec import RunSpec

every_case = pytest.mark.parametrize("severity, words, guilty, innocent", CASES.values(), ids=list(CASES))


def findings(run: RunSpec, words: str) -> list[Finding]:
    return [finding for finding in check(run).findings if words in finding.message]


@every_case
def test_a_rule_speaks_of_what_it_is_about(severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]) -> None:
    for run in guilty:
        found = findings(run, words)
        assert found and {finding.severity for finding in found} == {severity}, run.network


@every_case
def test_a_rule_is_silent_otherwise(severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]) -> None:
    for run in innocent:
        assert findings(run, words) == []


@every_case
def test_a_mend_takes_its_finding_away_and_can_be_saved(
    severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]
) -> None:
    for run in guilty:
        while found := findings(run, words):
            mend = found[0].mend
            if mend is None:
                break
            assert mend.label and RunSpec.from_json(mend.run.to_json()) == mend.run
            assert mend.run == RunSpec.model_validate(mend.run.model_dump())
            assert len(findings(mend.run, words)) < len(found), mend
            run = mend.run


@every_case
def test_following_all_mends_leads_to_a_network_that_can_be_built(
    severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]
) -> None:
    for run in guilty:
        for _ in range(30):
            mends = [finding.mend for finding in check(run).findings if finding.mend]
            if not mends:
                break
            run = mends[0].run
        assert not [finding for finding in check(run).findings if finding.mend]
        if check(run).can_train:
            build(run.network, source(run.dataset).input_shape, seed=0)


def test_every_rule_has_a_case_here() -> None:
    runs = [run for _, _, guilty, _ in CASES.values() for run in guilty]
    unheard = [rule.__name__ for rule in RULES if not any(list(rule(check(run))) for run in runs)]
    assert unheard == ["_limits"]  # those have a file of their own


def test_all_findings_come_at_once_and_errors_first() -> None:
    run = run_of(
        (Dense(units=8, activation=Identity()), Dense(units=8, activation=Identity()), Conv2d(), Dense(units=7), Dropout()),
        share=0.0,
        size=100,
        batch_size=128,
        loss=NegativeLogLikelihood(),
        regularisation=STOPPING,
        augmentation=(Flip(),),
    )
    found = check(run).findings
    for words in (
        "needs Flatten",
        "works on images",
        "must give 10 numbers",
        "log-softmax",
        "Early stopping watches",
        "are one",
        "one step an epoch",
        "a mirrored 3",
        "switches answers off",
    ):
        assert any(words in finding.message for finding in found), words
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities)


def test_a_finding_names_its_layer_counted_from_1_and_points_at_it() -> None:
    (finding,) = check(run_of((Conv2d(), SCORES))).errors
    assert finding.message.startswith("Layer 2:") and finding.layer == 1
    assert finding.mend is not None and finding.mend.run.network.layers == (Conv2d(), Flatten(), SCORES)


def test_what_cannot_be_trained_is_refused_with_every_reason() -> None:
    run = run_of((Conv2d(), Dense(units=9, activation=Identity())), epochs=999)
    with pytest.raises(PlaygroundError) as caught:
        require_trainable(run)
    for words in ("Flatten", "10 numbers", "999 epochs"):
        assert words in caught.value.what
    assert require_trainable(preset("first-network").run).can_train


def test_an_unknown_data_set_is_named() -> None:
    with pytest.raises(PlaygroundError, match="no-such-set"):
        check(run_of(dataset="no-such-set"))
