"""Studies of networks that tell a number or say yes or no: judged by R² or accuracy, in the words of each."""

from __future__ import annotations

import pytest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense
from playground.catalog.losses import BinaryCrossEntropyLogits, LossEntry, MeanSquaredError
from playground.catalog.optimizers import Adam
from playground.errors import PlaygroundError
from playground.figures.score import R_SQUARED
from playground.jobs import JobService
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, PointsSpec, Regularisation, RunSpec, TrainingSpec
from playground.studies.fields import searchable_fields
from playground.studies.plans import CrossValidation, Search, SearchField, SeedComparison
from playground.studies.record import from_stored, to_stored
from playground.studies.results import best_trial, comparison, fold_summary
from playground.studies.service import StudyService
from playground.studies.statistics import paired_difference
from tests.studies.support import history_of_trial, wait_for_study

OWNER = "ann"


def a_run(dataset: DatasetSpec, loss: LossEntry, epochs: int = 8, rate: float = 0.01) -> RunSpec:
    layers = (Dense(units=6), Dense(units=1, activation=Identity()))
    training = TrainingSpec(loss=loss, optimizer=Adam(learning_rate=rate), epochs=epochs)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training)


NUMBER = a_run(DatasetSpec(name="diabetes"), MeanSquaredError())
YES_OR_NO = a_run(DatasetSpec(name="breast-cancer"), BinaryCrossEntropyLogits())


def test_a_cross_validation_of_numbers_tells_r_squared(studies: StudyService) -> None:
    state = wait_for_study(studies, studies.start(CrossValidation(run=NUMBER, folds=3), OWNER))
    summary = fold_summary(state)
    assert summary is not None and summary.n == 3 and summary.mean < 1 and state.score is R_SQUARED
    assert summary.words.startswith(f"Mean {summary.mean:.3f} over 3 folds, spread ") and "%" not in summary.words


def test_a_cross_validation_of_yes_or_no_tells_percent(studies: StudyService) -> None:
    state = wait_for_study(studies, studies.start(CrossValidation(run=YES_OR_NO, folds=3), OWNER))
    summary = fold_summary(state)
    assert summary is not None and summary.mean > 0.8 and " %" in summary.words and "points" in summary.words


def test_a_search_finds_the_best_r_squared_though_all_are_below_0(studies: StudyService) -> None:
    field = SearchField(path="training.optimizer.learning_rate", kind="float", low=1e-6, high=1e-5, log=True, points=2)
    plan = Search(run=a_run(NUMBER.dataset, MeanSquaredError(), epochs=1), method="grid", fields=(field,), budget=2, prune=False)
    state = wait_for_study(studies, studies.start(plan, OWNER))
    scores = [trial.score for trial in state.trials if trial.score is not None]
    best = best_trial(state)
    assert len(scores) == 2 and best is not None and best.score == max(scores)


def test_a_comparison_over_seeds_has_its_difference_in_r_squared(studies: StudyService) -> None:
    plan = SeedComparison(first=a_run(NUMBER.dataset, MeanSquaredError(), rate=1e-4), second=NUMBER, seeds=(0, 1, 2))
    verdict = comparison(wait_for_study(studies, studies.start(plan, OWNER)))
    assert verdict is not None and 0.1 < verdict.difference < 3
    assert "points" not in verdict.words and "difference" in verdict.words


def test_the_score_of_restored_weights_counts_though_their_epoch_was_not_told(studies: StudyService, jobs: JobService) -> None:
    stopping = Regularisation(early_stopping=EarlyStopping(patience=20))
    run = a_run(DatasetSpec(name="iris", one_class=1, validation_share=0.3), BinaryCrossEntropyLogits(), epochs=2_000, rate=0.05)
    run = run.model_copy(update={"training": run.training.model_copy(update={"regularisation": stopping})})
    field = SearchField(path="training.optimizer.learning_rate", kind="float", low=0.02, high=0.05, points=2)
    plan = Search(run=run, method="grid", fields=(field,), budget=2, prune=False)
    state = wait_for_study(studies, studies.start(plan, OWNER))
    for trial in state.trials:
        history = history_of_trial(jobs, state, trial.number)
        kept = history.final_epoch
        assert history.finished and kept and kept.epoch == history.finished.best_epoch
        assert trial.score == kept.validation_accuracy
        assert trial.epochs == tuple(ended.epoch for ended in history.epochs) and len(trial.epochs) < max(trial.epochs)
    assert studies.state(state.id) == from_stored(to_stored(state))


@pytest.mark.parametrize("path", ["dataset.points.noise", "dataset.points.seed", "dataset.one_class"])
def test_another_question_is_no_setting_to_be_searched(path: str, studies: StudyService) -> None:
    run = a_run(DatasetSpec(name="circles", points=PointsSpec()), BinaryCrossEntropyLogits())
    field = SearchField(path=path, kind="float", low=0.0, high=0.5)
    with pytest.raises(PlaygroundError, match="cannot be searched"):
        studies.start(Search(run=run, method="random", fields=(field,), budget=2), OWNER)


def test_a_verdict_on_r_squared_on_paper() -> None:
    verdict = paired_difference([0.50, 0.52, 0.51], [0.53, 0.55, 0.56], R_SQUARED)
    assert verdict.difference == pytest.approx((0.03 + 0.03 + 0.05) / 3)
    assert (verdict.mean_a, verdict.wins) == (pytest.approx(0.51), 3)


def test_a_search_offers_the_losses_that_fit_and_no_other_question() -> None:
    paths = {option.path: option for option in searchable_fields(NUMBER)}
    assert set(paths["training.loss"].choices) == {"mean_squared_error", "l1", "huber"}
    paths = {option.path: option for option in searchable_fields(YES_OR_NO)}
    assert paths["training.loss"].choices == ("binary_cross_entropy_logits",)
    circles = a_run(DatasetSpec(name="circles", points=PointsSpec()), BinaryCrossEntropyLogits())
    assert not [option.path for option in searchable_fields(circles) if option.path.startswith(("dataset.points", "dataset.one"))]
