"""The Draw page without a browser, over a real job service: every source, every switch, every network."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from page_app import shown, train, visit, wait
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.ui.draw_sources import CANVAS, DRAW, TEST, UPLOAD, Drawing

PAGE = "pages/2_Draw.py"
STEPS = ("crop", "pen", "scale", "centre_of_mass", "normalise")


@pytest.fixture(scope="module")
def finished(service: JobService) -> str:
    return train(service, _small(epochs=1))


def _small(epochs: int, **dataset: object) -> RunSpec:
    return RunSpec(
        network=NetworkSpec(layers=(Flatten(), Dense(units=16), Dense(units=10, activation=Identity()))),
        dataset=DatasetSpec(name="mnist-5k", **dataset),
        training=TrainingSpec(epochs=epochs),
    )


def _begun(service: JobService) -> str:
    """A run that goes on for long."""
    run_id = service.submit(_small(epochs=200), "ann")
    wait(lambda: service.info(run_id).status != "waiting")
    return run_id


def _open(run_id: str | None = None, drawn: np.ndarray | None = None) -> AppTest:
    page = visit(PAGE, run_id)
    if drawn is not None:
        # As after a visit to another page: the drawing is kept, and the canvas has told nothing yet.
        page.session_state["drawing"] = Drawing(strokes={"objects": [{"type": "Path"}]}, pixels=drawn)
    return shown(page)


def _source(page: AppTest, name: str) -> AppTest:
    return shown(next(group for group in page.get("button_group") if group.key == "draw_source").set_value(name))


def _html(page: AppTest, part: str) -> str:
    return next(html.value for html in page.get("html") if f'class="{part}' in html.value)


def _answer(page: AppTest) -> str:
    """All that the answer's panel says."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", _html(page, "reading"), flags=re.DOTALL).split())


def _bars(page: AppTest) -> list[float]:
    return [float(width) for width in re.findall(r'width:([\d.]+)%"', _html(page, "bars"))]


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.error))


def _toggle(page: AppTest, step: str, on: bool) -> AppTest:
    return shown(page.toggle(f"step.{step}").set_value(on))


def _picture(dark_on_light: bool = True, size: tuple[int, int] = (600, 450), file_format: str = "PNG") -> bytes:
    """A 7 somewhere on a sheet."""
    image = Image.new("RGB", size, (240, 238, 230) if dark_on_light else (10, 12, 20))
    ImageDraw.Draw(image).line(
        [(200, 100), (380, 95), (260, 360)], fill=(30, 40, 120) if dark_on_light else (250, 250, 240), width=26, joint="curve"
    )
    content = io.BytesIO()
    image.save(content, file_format)
    return content.getvalue()


@pytest.fixture(scope="module")
def seven() -> np.ndarray:
    """What the canvas would tell: a white 7 on black, small and off the middle."""
    image = Image.new("RGBA", (CANVAS, CANVAS), "black")
    ImageDraw.Draw(image).line([(30, 30), (110, 28), (60, 150)], fill="white", width=16, joint="curve")
    return np.asarray(image)


def test_an_empty_canvas_says_what_to_do_and_keeps_every_place(service: JobService, seven: np.ndarray) -> None:
    empty, drawn = _open(), _open(drawn=seven)
    assert "Draw a digit from 0 to 9 in the black field." in _answer(empty)
    assert _bars(empty) == [0.0] * 10
    assert [toggle.label for toggle in empty.toggle] == [toggle.label for toggle in drawn.toggle]
    assert len(empty.get("html")) == len(drawn.get("html"))
    assert empty.button("undo").disabled and empty.button("clear").disabled


def test_a_first_visit_reads_with_the_network_that_comes_with_the_playground(service: JobService, seven: np.ndarray) -> None:
    page = _open(drawn=seven)
    assert re.fullmatch(r"A small network that comes with the playground: 99\.\d% of test digits", page.selectbox[0].options[-1])
    assert "a 7" in _answer(page)
    bars = _bars(page)
    assert np.argmax(bars) == 7
    assert sum(bars) == pytest.approx(100, abs=0.06)
    assert re.search(r"read 99\.\d\d% of 10,000 test digits right", _words(page))


@pytest.mark.parametrize("step", STEPS)
def test_each_step_can_be_switched_off_and_says_so(service: JobService, seven: np.ndarray, step: str) -> None:
    page = _open(drawn=seven)
    pictures = [html.value for html in page.get("html")]
    _toggle(page, step, False)
    assert "Switched off:" in _words(page)
    assert [html.value for html in page.get("html")] != pictures
    _toggle(page, step, True)
    assert [html.value for html in page.get("html")] == pictures


def test_clear_empties_the_drawing_and_undo_takes_a_stroke(service: JobService, seven: np.ndarray) -> None:
    page = _open(drawn=seven)
    shown(page.button("clear").click())
    assert "Draw a digit" in _answer(page)
    page = _open(drawn=seven)
    page.session_state["drawing"].strokes["objects"].append({"type": "Path"})
    shown(page.button("undo").click())
    assert len(page.session_state["drawing"].strokes["objects"]) == 1


def test_an_upload_is_read_whatever_its_polarity(service: JobService) -> None:
    page = _source(_open(), UPLOAD)
    assert "Choose a picture of one digit" in _answer(page)
    assert "PNG, JPEG" in page.get("file_uploader")[0].label
    for dark_on_light, file_format in ((True, "PNG"), (False, "JPEG")):
        shown(page.get("file_uploader")[0].set_value(("a.png", _picture(dark_on_light, file_format=file_format), "image/png")))
        assert "a 7" in _answer(page)
    shown(page.get("file_uploader")[0].set_value(None))
    assert "Choose a picture" in _answer(page)


def test_an_upload_that_is_no_picture_is_told_with_its_mend(service: JobService) -> None:
    page = _source(_open(), UPLOAD)
    for content in (b"hello", b"", _picture()[:200]):
        shown(page.get("file_uploader")[0].set_value(("a.png", content, "image/png")))
        assert len(page.error) == 1 and page.error[0].value.count(".") >= 2
        assert _bars(page) == [0.0] * 10


def test_an_upload_of_plain_paper_is_no_digit(service: JobService) -> None:
    page = _source(_open(), UPLOAD)
    content = io.BytesIO()
    Image.new("L", (50, 50), 255).save(content, "PNG")
    shown(page.get("file_uploader")[0].set_value(("a.png", content.getvalue(), "image/png")))
    assert "Choose a picture" in _answer(page) and _bars(page) == [0.0] * 10


def test_a_test_digit_is_shown_with_its_label_and_goes_in_unprepared(service: JobService, finished: str) -> None:
    page = _source(_open(finished), TEST)
    dataset = data.load("mnist-5k")
    seen = set()
    for _ in range(4):
        index = page.session_state["test_image"] % len(dataset.x_test)
        seen.add(index)
        label = int(dataset.y_test[index])
        right = int(np.argmax(_bars(page))) == label
        assert f"{'✓' if right else '✗'} It is a{'n' if label == 8 else ''} {label}." in _answer(page)
        assert "Already prepared" in _words(page)
        assert [toggle.key for toggle in page.toggle] == ["step.normalise"]
        shown(page.button("another").click())
    assert len(seen) > 1


def test_a_finished_run_reads_and_is_named(service: JobService, finished: str, seven: np.ndarray) -> None:
    page = _open(finished, drawn=seven)
    assert service.info(finished).label in page.selectbox[0].options[0]
    assert "trained for 1 epochs" in _words(page)
    assert sum(_bars(page)) == pytest.approx(100, abs=0.06)


def test_the_choice_of_network_stands_in_the_address(service: JobService, finished: str, seven: np.ndarray) -> None:
    page = _open(finished, drawn=seven)
    own = _bars(page)
    shown(page.selectbox[0].set_value("shipped"))
    assert page.query_params["reader"] == "shipped"
    assert page.query_params["run"] == finished
    assert "test digits right" in _words(page) and _bars(page) != own
    shown(page.selectbox[0].set_value(finished))
    assert "reader" not in page.query_params
    assert _bars(page) == own


def test_a_run_that_still_trains_reads_with_its_present_weights(service: JobService, seven: np.ndarray) -> None:
    run_id = _begun(service)
    page = _open(run_id, drawn=seven)

    def epochs() -> float:
        found = re.search(r"after ([\d.]+) epochs of training", _words(shown(page)))
        return float(found[1]) if found else 0.0

    wait(lambda: epochs() > 0)
    first = epochs()
    wait(lambda: epochs() > first)
    assert sum(_bars(page)) == pytest.approx(100, abs=0.06)
    service.stop(run_id)
    wait(lambda: service.info(run_id).status == "stopped")
    wait(lambda: "stopped" in shown(page).selectbox[0].options[0])
    assert "trained for" in _words(page)


def test_a_network_that_learned_without_normalising_gets_plain_pixels(service: JobService, seven: np.ndarray) -> None:
    page = _open(train(service, _small(epochs=1, normalise=False)), drawn=seven)
    assert page.toggle("step.normalise").disabled
    assert "gets them so" in _words(page)


def test_a_run_without_weights_asks_to_wait(service: JobService, seven: np.ndarray) -> None:
    blocker = _begun(service)
    waiting = service.submit(_small(epochs=200), "ben")
    service.stop(waiting)  # it ends before it began, or just after
    wait(lambda: not service.info(waiting).is_active)
    page = _open(waiting, drawn=seven)
    assert "has no weights" in _answer(page) or sum(_bars(page)) == pytest.approx(100, abs=0.06)
    service.stop(blocker)


def test_a_forgotten_run_in_the_address_is_told_and_the_shipped_network_reads(service: JobService, seven: np.ndarray) -> None:
    page = _open("no-such-run", drawn=seven)
    assert "not on this server any more" in page.info[0].value
    assert "a 7" in _answer(page)


def test_the_drawing_and_the_switches_survive_other_sources_and_pages(service: JobService, seven: np.ndarray) -> None:
    page = _toggle(_open(drawn=seven), "pen", False)
    _source(_source(page, TEST), DRAW)
    assert "a 7" in _answer(page)
    shown(page.switch_page("pages/1_Inspect.py"))
    shown(page.switch_page(PAGE))
    assert "a 7" in _answer(page)
    assert not page.toggle("step.pen").value
