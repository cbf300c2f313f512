"""Every page that looks at a trained network, for every kind of task and data: nothing fails, and something is shown, or one
sentence says why not."""

from __future__ import annotations

import pytest
from page_app import settled, train, visit, wait
from streamlit.testing.v1 import AppTest
from task_runs import OWNER, RUNS

from playground import data
from playground.data.sources import Source
from playground.jobs import JobService
from playground.studies.plans import CrossValidation, Search, SearchField, SeedComparison
from playground.ui import explain_page, maps_page, session, steps_page, trust_page
from playground.ui.compare_page import VIEWS as COMPARE_VIEWS
from playground.ui.views import View, missing

LOOKING: dict[str, tuple[str, tuple[View, ...]]] = {  # type: ignore[type-arg]
    "pages/6_Explain.py": ("explain_view", explain_page.VIEWS),
    "pages/7_Step_by_step.py": ("steps_view", steps_page.VIEWS),
    "pages/9_Trust.py": ("trust_view", trust_page.VIEWS),
    "pages/10_Maps.py": ("maps_view", maps_page.VIEWS),
}
FEW_TO_FIT = "No best temperature was found"  # true of sets so small that all are read right


@pytest.fixture(scope="module")
def runs(service: JobService) -> dict[str, str]:
    return {name: train(service, run, OWNER) for name, run in RUNS.items()}


@pytest.fixture(params=list(RUNS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _page(path: str, run_id: str, **state: object) -> AppTest:
    return _settled(visit(path, run_id, OWNER, run_spec=session.service().info(run_id).run, **state))


def _settled(page: AppTest) -> AppTest:
    settled(page)
    assert not page.error, page.error[0].value
    return page


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.success, *page.warning))


def _open_every_view(path: str, run_id: str, source: Source) -> None:
    key, views = LOOKING[path]
    if path == "pages/9_Trust.py":
        views = trust_page.views(source)  # it shows what fits, and nothing else
        assert len(views) >= 3
    page = _page(path, run_id)
    for view in views:
        why = missing(source, view.needs)
        page.session_state[key] = view.title
        _settled(page)
        warned = [warning.value for warning in page.warning if not warning.value.startswith(FEW_TO_FIT)]
        assert not warned, f"{view.title}: {warned}"
        told = [info.value for info in page.info]
        assert any("See **Inspect**" in words for words in told) == bool(why), f"{view.title}: {told}"
        assert why in _words(page)


@pytest.mark.parametrize("path", list(LOOKING))
def test_every_view_shows_something_or_says_why_not(service: JobService, runs: dict[str, str], kind: str, path: str) -> None:
    _open_every_view(path, runs[kind], data.source(RUNS[kind].dataset))


def test_drawings_are_read_by_what_learned_from_pictures_and_by_nothing_else(runs: dict[str, str], kind: str) -> None:
    page = _page("pages/2_Draw.py", runs[kind], draw_source="Test image")
    if data.source(RUNS[kind].dataset).is_images:
        html = " ".join(element.value for element in page.get("html"))
        assert "not 7" in html and "This page looks at" not in _words(page)
    else:
        assert "This page looks at pictures" in _words(page)


def test_a_network_can_be_operated_on(runs: dict[str, str], kind: str) -> None:
    page = _page("pages/8_Hands_on.py", runs[kind])
    page.button(key="hands_on_do_kill_unit").click()
    _settled(page)
    labels = [metric.label for metric in page.metric]
    is_number = RUNS[kind].dataset.name == "diabetes"
    assert labels[:2] == (["R² before", "R² after"] if is_number else ["Accuracy before", "Accuracy after"])
    assert ("%" in page.metric[0].value) != is_number
    assert ("Class by class" in _words(page)) != is_number


def test_the_run_its_neighbours_and_the_experiments_open(service: JobService, runs: dict[str, str], kind: str) -> None:
    page = _page("pages/3_Runs.py", runs[kind])
    is_number = RUNS[kind].dataset.name == "diabetes"
    assert page.metric[0].label == ("R²" if is_number else "Validation")
    assert ("%" in page.metric[0].value) != is_number
    for experiment in ("seeds", "search", "cross_validation"):
        assert "Start" in [
            button.label for button in _page("pages/5_Experiments.py", runs[kind], experiment_kind=experiment).button
        ]


@pytest.mark.parametrize("question", ["cross_validation", "seeds", "search"])
def test_what_an_experiment_found_about_numbers_is_told_in_r_squared(service: JobService, question: str) -> None:
    run = RUNS["diabetes"]
    slower = run.model_copy(update={"training": run.training.model_copy(update={"batch_size": 64})})
    field = SearchField(path="training.batch_size", kind="choice", choices=(16, 32, 64, 128))
    plans = {
        "cross_validation": CrossValidation(run=run, folds=2),
        "seeds": SeedComparison(first=run, second=slower, seeds=(0, 1)),
        "search": Search(run=run, method="grid", fields=(field,), budget=4, prune=False),
    }
    studies = session.studies()
    study = studies.start(plans[question], OWNER)
    wait(lambda: not studies.state(study).is_active)
    page = visit("pages/5_Experiments.py", visitor=OWNER)
    page.query_params["study"] = study
    words = _words(_settled(page)) + " ".join(element.value for element in page.get("html"))
    assert "R²" in words and "accuracy" not in words


@pytest.mark.parametrize("view", COMPARE_VIEWS)
def test_runs_of_all_tasks_stand_side_by_side(runs: dict[str, str], view: str) -> None:
    page = visit("pages/4_Compare.py", visitor=OWNER, compare_view=view)
    page.query_params["runs"] = ",".join(runs.values())
    _settled(page)
    if view in ("Curves", "Numbers"):
        assert "Some of these runs tell classes, others numbers" in _words(page)


@pytest.mark.parametrize("name", ["is it a 7?", "iris", "diabetes"])
def test_two_runs_of_one_task_are_compared_in_its_own_words(service: JobService, runs: dict[str, str], name: str) -> None:
    other = train(service, RUNS[name].model_copy(update={"seed": 1}), OWNER)
    for view in COMPARE_VIEWS:
        page = visit("pages/4_Compare.py", visitor=OWNER, compare_view=view)
        page.query_params["runs"] = f"{runs[name]},{other}"
        words = _words(_settled(page))
        assert "different data sets" not in words and "tell classes, others" not in words
        if view == "Numbers":
            shown = page.dataframe[0].value.columns
            assert ("Validation R²" if name == "diabetes" else "Validation accuracy") in shown
        if view == "Who fixes what":
            assert ("no mistakes to count" in words) == (name == "diabetes")


def test_the_front_page_shows_each_of_them(runs: dict[str, str], kind: str) -> None:
    page = _page("app.py", runs[kind], section="hood")
    html = " ".join(element.value for element in page.get("html"))
    assert "class='hood'" in html and ("R²" if RUNS[kind].dataset.name == "diabetes" else "accuracy") in html
    page.switch_page("pages/1_Inspect.py")
    _settled(page)
