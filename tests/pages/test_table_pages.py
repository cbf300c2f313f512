"""Pages that look at a row: every column is named whole, and a number is not spoken of as a class."""

from __future__ import annotations

import re

import pytest
from page_app import metric_values, settled, train, visit
from streamlit.testing.v1 import AppTest
from task_runs import RUNS

from playground import data
from playground.jobs import JobService

OWNER = "one who looks at rows"
EXPLAIN, STEPS, MAPS = "pages/6_Explain.py", "pages/7_Step_by_step.py", "pages/10_Maps.py"


@pytest.fixture(scope="module")
def cancer(service: JobService) -> str:
    return train(service, RUNS["breast cancer"], OWNER)


@pytest.fixture(scope="module")
def diabetes(service: JobService) -> str:
    return train(service, RUNS["diabetes"], OWNER)


def _open(path: str, run_id: str, **state: object) -> AppTest:
    page = settled(visit(path, run_id, OWNER, **state))
    assert not page.error and not page.warning
    return page


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info))


def _html(page: AppTest) -> list[str]:
    return [element.value for element in page.get("html")]  # type: ignore[union-attr]


def _row(page: AppTest) -> str:
    return next(html for html in _html(page) if 'class="chosen-row"' in html)


@pytest.mark.parametrize("path", [EXPLAIN, STEPS])
def test_the_row_shows_every_column_with_its_whole_name_and_its_own_value(cancer: str, path: str) -> None:
    html = _row(_open(path, cancer))
    dataset = data.load("breast-cancer")
    told = re.findall(r"<div><span>(.*?)</span><b>(.*?)</b></div>", html)
    assert [name for name, _ in told] == list(dataset.feature_names)
    assert [float(value) for _, value in told] == pytest.approx(dataset.x_test[0].tolist(), rel=1e-3)
    assert "ellipsis" not in html and "title=" not in html


def test_a_picture_has_no_row_of_numbers(service: JobService) -> None:
    page = _open(EXPLAIN, train(service, RUNS["is it a 7?"], OWNER))
    assert not [html for html in _html(page) if 'class="chosen-row"' in html]


def test_the_microscope_names_the_column_that_a_weight_listens_to(diabetes: str) -> None:
    page = _open(STEPS, diabetes, steps_view="Backprop microscope")
    fields = {field.label: field for field in page.number_input}
    fields["Input"].set_value(3)
    assert "Input 3 is “body mass index”." in _words(settled(page))


def test_numbers_have_maps_and_their_groups_are_no_classes(diabetes: str) -> None:
    page = _open(MAPS, diabetes, maps_view="Map of the data")
    shown = metric_values(page)
    assert set(shown) == {"Neighbours of its group", "Trustworthiness", "Seen on the map"}
    assert "disease progression after one year, in groups of equal size" in _words(page)
    page.session_state["maps_view"] = "Layer by layer"
    settled(page)
    assert "have the same colour" in _words(page) and "class" not in _words(page)
