"""What the page does when things go wrong around it: lost workers, no network, bad folders, damaged data, wild settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from front_page import (
    APP,
    LIMIT_MS,
    batch,
    button,
    choose_preset,
    choose_speed,
    errors,
    open_front_page,
    trace,
    wait_for_batch,
    wait_for_points,
    wait_for_progress,
)
from playwright.sync_api import Page, expect

from playground import data
from playground.catalog.presets import preset
from playground.data.sources import IdxSource
from playground.spec import TrainingSpec

StartApp = Callable[..., str]
OpenPage = Callable[..., Page]


def workers(url: str) -> list[psutil.Process]:
    """The training processes of the server at that address."""
    port = f"--server.port={urlsplit(url).port}"
    servers = [process for process in psutil.process_iter(["cmdline"]) if port in (process.info["cmdline"] or [])]
    children = [child for server in servers for child in server.children(recursive=True)]
    return [child for child in children if "playground.jobs.worker" in child.cmdline()]


def test_a_worker_killed_in_mid_epoch_is_replaced_and_the_curve_has_no_gap_and_no_double_point(
    start_app: StartApp, open_page: OpenPage, offline: dict[str, str], tmp_path: Path
) -> None:
    folder = os.environ.get("PLAYGROUND_DATA_DIR") or str(tmp_path)
    url = start_app(APP, PLAYGROUND_WORKERS="1", PLAYGROUND_SNAPSHOT_SECONDS="1", PLAYGROUND_DATA_DIR=folder, **offline)
    page = open_front_page(open_page, url)
    choose_speed(page, "20 batches/s")
    button(page, "Train").click()
    wait_for_points(page, 30)
    before = batch(page)
    (worker,) = workers(url)
    worker.kill()
    worker.wait(10)
    assert wait_for_batch(page, (before[0], before[1] + 20)) > before
    wait_for_points(page, 50)
    positions = [x for x, _ in trace(page, "raw-y")]
    steps = [later - earlier for earlier, later in zip(positions, positions[1:], strict=False)]
    assert min(steps) > 0, "a double point"
    assert max(steps) < 3 * sorted(steps)[len(steps) // 2], "a gap"
    assert [process.pid for process in workers(url)] != [worker.pid]
    expect(button(page, "Pause")).to_be_enabled()
    assert page.get_by_test_id("stAlertContentError").count() == 0
    assert not errors(page)
    button(page, "Stop").click()
    button(page, "Train").wait_for()


@pytest.mark.parametrize("folder", ["empty", "unusable"])
def test_without_data_and_network_the_page_says_why_and_trains_on_the_sample(
    folder: str, start_app: StartApp, open_page: OpenPage, offline: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / folder
    if folder == "empty":
        place.mkdir()
    else:
        place.write_text("A file, where a folder should be: nothing can be written there, not even by root.")
    page = open_front_page(open_page, start_app(APP, PLAYGROUND_DATA_DIR=str(place), **offline))
    expect(page.get_by_text("Train uses the MNIST, 5,000-image sample").first).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("MNIST could not be fetched").first).to_be_visible(timeout=LIMIT_MS)
    button(page, "Try again").click()
    expect(page.get_by_text("MNIST could not be fetched").first).to_be_visible(timeout=LIMIT_MS)
    assert "5,000-image sample" in page.locator(".nn-row").inner_text()
    button(page, "Train").click()
    wait_for_progress(page, "Done")
    wait_for_progress(page, "5,000-image sample")
    assert not errors(page)


def test_damaged_data_are_named_and_fetched_anew_by_a_click(
    start_app: StartApp, open_page: OpenPage, offline: dict[str, str], tmp_path: Path
) -> None:
    source = data.source("mnist")
    assert isinstance(source, IdxSource)
    raw = source.raw_folder(tmp_path)
    raw.mkdir(parents=True)
    for file in source.files:
        with (raw / file.name).open("wb") as damaged:
            damaged.truncate(file.size)
    page = open_front_page(open_page, start_app(APP, PLAYGROUND_DATA_DIR=str(tmp_path), **offline))
    button(page, "Train").click()
    alert = page.get_by_test_id("stAlertContentError")
    expect(alert.first).to_contain_text(source.files[0].name, timeout=LIMIT_MS)
    button(page, "Fetch it again").click()
    expect(page.get_by_text("MNIST could not be fetched").first).to_be_visible(timeout=LIMIT_MS)
    assert not errors(page)


def test_a_run_that_diverges_says_why_and_leaves_the_page_usable(front_url: str, open_page: OpenPage) -> None:
    training = {"loss": {"kind": "mean_squared_error"}, "optimizer": {"kind": "sgd", "learning_rate": 10.0}}
    run = preset("first-network").run.model_copy(update={"training": TrainingSpec.model_validate(training)})
    page = open_front_page(open_page, f"{front_url}/?spec={run.to_link()}")
    button(page, "Train").click()
    expect(page.get_by_test_id("stAlertContentError").first).to_contain_text("Lower the learning rate", timeout=LIMIT_MS)
    choose_preset(page, "First network")
    choose_speed(page, "20 batches/s")
    button(page, "Train").click()
    assert wait_for_batch(page) > (1, 0)
    button(page, "Stop").click()
    button(page, "Train").wait_for()
    assert not errors(page)


def test_a_bad_link_and_an_unknown_run_are_explained_and_training_works(front_url: str, open_page: OpenPage) -> None:
    problems = {"?spec=nonsense": "The run in this link cannot be read", "?run=no-such-run": "not on this server any more"}
    for query, words in problems.items():
        page = open_front_page(open_page, f"{front_url}/{query}")
        expect(page.get_by_text(words).first).to_be_visible()
        button(page, "One batch").click()
        wait_for_progress(page, "paused")
        expect(page.get_by_text(words)).to_have_count(0)
        button(page, "Stop").click()
        button(page, "Train").wait_for()
        assert not errors(page)


@pytest.mark.skipif(not os.environ.get("PLAYGROUND_DATA_DIR"), reason="needs full MNIST")
def test_the_largest_preset_pauses_and_stops_while_it_computes(front_url: str, open_page: OpenPage) -> None:
    page = open_front_page(open_page, front_url)
    choose_preset(page, "Accurate CNN")
    expect(page.locator(".nn-row")).to_contain_text("BatchNorm")
    button(page, "Train").click()
    wait_for_batch(page)
    button(page, "Pause").click()
    wait_for_progress(page, "paused")
    button(page, "Stop").click()
    button(page, "Train").wait_for()
    assert not errors(page)
