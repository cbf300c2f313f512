"""The Experiments page over real services with a real worker."""

from __future__ import annotations

import pytest
from page_app import shown, train, visit, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten, LayerEntry
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.studies.plans import CrossValidation, Search, SearchField, SeedComparison
from playground.studies.results import best_trial, comparison, run_of
from playground.studies.state import StudyState
from playground.ui import session

PAGE = "pages/5_Experiments.py"
OWNER = "the experimenter of this file"


def _run(units: int = 8, epochs: int = 1) -> RunSpec:
    layers: tuple[LayerEntry, ...] = (Flatten(), Dense(units=units), Dense(units=10, activation=Identity()))
    dataset = DatasetSpec(name="mnist-5k", training_size=300)
    return RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(epochs=epochs))


def _page(**query: str) -> AppTest:
    page = visit(PAGE, visitor=OWNER, run_spec=_run())
    for name, value in query.items():
        page.query_params[name] = value
    return shown(page)


def _ended(study: str) -> StudyState:
    wait(lambda: not session.studies().state(study).is_active)
    return session.studies().state(study)


def _button(page: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(button for button in page.button if button.label == label)


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.success, *page.error))


def _html(page: AppTest) -> str:
    return " ".join(html.value for html in page.get("html"))


@pytest.fixture(scope="module")
def compared(service: JobService) -> StudyState:
    plan = SeedComparison(first=_run(4), second=_run(24), seeds=(1, 2, 3))
    return _ended(session.studies().start(plan, OWNER))


@pytest.fixture(scope="module")
def searched(service: JobService) -> StudyState:
    fields = (
        SearchField(path="training.optimizer.learning_rate", kind="float", low=1e-4, high=1e-1, log=True),
        SearchField(path="network.layers.1.activation", kind="choice", choices=("relu", "tanh")),
    )
    plan = Search(run=_run(), method="random", fields=fields, budget=5, prune=False)
    return _ended(session.studies().start(plan, OWNER))


def test_a_first_visit_can_start_at_once_and_is_told_what_each_experiment_does(service: JobService) -> None:
    page = _page()
    assert "only lucky" in _words(page) and "None yet" in _words(page)
    assert not _button(page, "Start").disabled, "the presets are there to be compared with"
    for kind, words in (("search", "which of them matter"), ("cross_validation", "how far its score can be trusted")):
        page.session_state["experiment_kind"] = kind
        shown(page)
        assert words in _words(page) and not _button(page, "Start").disabled


def test_the_address_chooses_a_and_b_and_the_difference_is_told(service: JobService) -> None:
    a, b = train(service, _run(4), OWNER), train(service, _run(12), OWNER)
    page = _page(a=a, b=b)
    assert page.selectbox(key="experiment_a").value == a and page.selectbox(key="experiment_b").value == b
    assert "4 → 12" in _words(page) and "Trains **10 networks**: about" in _words(page)
    shown(page.selectbox(key="experiment_b").set_value(a))
    assert _button(page, "Start").disabled and "A and B are the same" in _words(page)
    shown(page)
    assert page.selectbox(key="experiment_b").value == a, "the address chooses once only"


def test_runs_on_different_data_sets_are_not_compared_over_seeds(service: JobService) -> None:
    page = _page(a=train(service, _run(4), OWNER))
    other = _run(12)
    page.session_state["run_spec"] = other.model_copy(
        update={"dataset": other.dataset.model_copy(update={"name": "fashion-mnist"})}
    )
    page.session_state["experiment_b"] = "workbench"
    shown(page)
    assert _button(page, "Start").disabled and "learn from different data sets" in _words(page)


def test_a_is_the_newest_run_on_the_data_of_the_workbench(service: JobService) -> None:
    flowers = NetworkSpec(layers=(Dense(units=4), Dense(units=3, activation=Identity())))
    iris = RunSpec(network=flowers, dataset=DatasetSpec(name="iris"), training=TrainingSpec(epochs=1))
    alike = train(service, iris, "has runs on two data sets")
    train(service, _run(), "has runs on two data sets")
    other = iris.model_copy(update={"training": TrainingSpec(epochs=2)})
    page = shown(visit(PAGE, visitor="has runs on two data sets", run_spec=other))
    assert page.session_state["experiment_a"] == alike and not _button(page, "Start").disabled


def test_a_comparison_is_started_and_opens_itself(service: JobService) -> None:
    a, b = train(service, _run(4), OWNER), train(service, _run(12), OWNER)
    page = _page(a=a, b=b)
    shown(page.slider(key="experiment_seeds").set_value(3))
    shown(_button(page, "Start").click())
    study = str(page.query_params["study"])
    assert _button(page, "Stop")
    state = session.studies().state(study)
    assert isinstance(state.plan, SeedComparison) and state.plan.seeds == (1, 2, 3)
    assert (state.plan.first, state.plan.second) == (_run(4), _run(12))
    session.studies().delete(study)


def test_the_verdict_and_every_pair_are_those_of_the_runs(service: JobService, compared: StudyState) -> None:
    page = _page(study=compared.id)
    verdict = comparison(compared)
    assert verdict and f"### {verdict.words}" in _words(page)
    assert f"Mean of A **{verdict.mean_a:.2f} %**" in _words(page) and "p = **" in _words(page)
    for trial in compared.trials:
        end = next(e for e in service.events_since(trial.run_id or "", 0)[0] if type(e).__name__ == "EpochEnded")
        assert f"<b>{100 * end.validation_accuracy:.2f} %</b>" in _html(page)
    assert "8 → 24" not in _words(page) and "4 → 24" in _words(page)


def test_a_comparison_goes_on_with_five_seeds_more(service: JobService) -> None:
    short = SeedComparison(first=_run(4, epochs=20), second=_run(24, epochs=20), seeds=(1,))  # five more take a while
    study_id = session.studies().start(short, OWNER)
    before = _ended(study_id).trials
    page = _page(study=study_id)
    shown(_button(page, "Go on to 6 seeds").click())
    state = session.studies().state(study_id)
    assert isinstance(state.plan, SeedComparison) and state.plan.seeds == (1, 2, 3, 4, 5, 6)
    assert state.trials[:2] == before
    shown(_button(page, "Stop").click())
    wait(lambda: not session.studies().state(study_id).is_active)
    shown(page)
    assert _button(page, "Resume")
    session.studies().delete(study_id)


def test_every_trial_of_a_search_stands_in_the_table_and_the_best_is_marked(service: JobService, searched: StudyState) -> None:
    page = _page(study=searched.id)
    table = page.dataframe[0].value
    best = best_trial(searched)
    assert best and len(table) == 5
    assert list(table[table[""] == "★"]["Trial"]) == [best.number + 1]
    assert list(table["Accuracy"]) == pytest.approx([100 * (trial.score or 0) for trial in searched.trials])
    assert f"{100 * (best.score or 0):.2f} %" in _html(page)
    assert "validation images only" in _words(page) and "final exam" in _words(page)


def test_use_this_one_puts_the_best_trial_on_the_workbench_and_links_there(service: JobService, searched: StudyState) -> None:
    page = _page(study=searched.id)
    shown(_button(page, "Use this one").click())
    best = best_trial(searched)
    assert best and page.session_state["run_spec"] == run_of(searched, best)
    assert "on the workbench now" in _words(page)
    assert any(link.label == "Go to Build & train" for link in page.get("page_link"))


def test_a_search_is_started_with_the_chosen_ranges_method_and_budget(service: JobService) -> None:
    page = _page()
    page.session_state["experiment_kind"] = "search"
    shown(page)
    page.session_state["search_method"] = "grid"
    shown(page)
    assert "The grid has **9** combinations" in _words(page)
    shown(page.number_input(key="search_budget").set_value(2))
    shown(_button(page, "Start").click())
    assert not page.error
    plan = session.studies().state(str(page.query_params["study"])).plan
    assert isinstance(plan, Search) and (plan.method, plan.budget) == ("grid", 2) and plan.run == _run()
    assert [field.path for field in plan.fields] == ["training.optimizer.learning_rate", "network.layers.1.units"]
    session.studies().delete(str(page.query_params["study"]))


def test_a_range_that_runs_backwards_is_told_in_words(service: JobService) -> None:
    page = _page()
    page.session_state["experiment_kind"] = "search"
    shown(page)
    low = next(entry for entry in page.number_input if entry.label.endswith("Neurons, from"))
    shown(low.set_value(4000))
    assert _button(page, "Start").disabled and "above the highest" in _words(page)


def test_cross_validation_tells_mean_and_spread_of_its_folds(service: JobService) -> None:
    state = _ended(session.studies().start(CrossValidation(run=_run(), folds=3), OWNER))
    page = _page(study=state.id)
    scores = [trial.score or 0.0 for trial in state.trials]
    mean = sum(scores) / 3
    spread = (sum((score - mean) ** 2 for score in scores) / 2) ** 0.5
    assert f"### Mean {100 * mean:.1f} % over 3 folds, spread {100 * spread:.1f} points" in _words(page)
    assert _html(page).count("<b>") >= 3 and "single split" in _words(page)


def test_the_list_opens_and_deletes_experiments(service: JobService, compared: StudyState) -> None:
    page = _page()
    extra = _ended(session.studies().start(CrossValidation(run=_run(), folds=2), OWNER))
    shown(page)
    shown(page.button(key=f"open.{extra.id}").click())
    assert page.query_params["study"] == extra.id and "over 2 folds" in _words(page)
    shown(page.button(key=f"delete.list.{extra.id}").click())
    assert "study" not in page.query_params
    assert extra.id not in {state.id for state in session.studies().studies(OWNER)}
    shown(page.button(key=f"open.{compared.id}").click())
    shown(_button(page, "New experiment").click())
    assert "study" not in page.query_params


def test_an_experiment_that_is_not_here_is_told_and_the_form_shown(service: JobService) -> None:
    page = _page(study="no-such-study")
    assert "not on this server" in page.info[0].value and _button(page, "Start")


def test_who_was_sent_a_link_may_look_but_not_delete(service: JobService, compared: StudyState) -> None:
    page = visit(PAGE, visitor="bob")
    page.query_params["study"] = compared.id
    assert "points" in _words(shown(page))
    assert not any(button.label in ("Delete it", "Stop", "Resume") for button in page.button)


def test_a_link_that_asks_for_a_comparison_leaves_the_open_experiment(service: JobService, compared: StudyState) -> None:
    page = _page(study=compared.id)
    del page.query_params["study"]
    page.query_params["a"] = "workbench"
    shown(page)
    assert _button(page, "Start") and page.selectbox(key="experiment_a").value == "workbench"
