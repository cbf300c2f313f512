"""The server's downloads: one thread a data set, watched from anywhere."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from tiny_data import Mirror, Tiny

from playground.data.downloads import Downloads, DownloadState
from playground.data.fetch import Patience
from playground.errors import PlaygroundError

IMAGES = "/train-images-idx3-ubyte.gz"


def wait_for_end(downloads: Downloads, tiny: Tiny) -> DownloadState:
    deadline = time.monotonic() + 20
    while (state := downloads.state(tiny.source)).status == "running":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return state


def test_a_download_goes_from_idle_over_running_to_done(tmp_path: Path, tiny: Tiny, hasty: Patience) -> None:
    downloads = Downloads(tmp_path, hasty)
    assert downloads.state(tiny.source) == DownloadState("idle", 0, 0, "")
    downloads.start(tiny.source)
    state = wait_for_end(downloads, tiny)
    in_all = sum(len(data) for data in tiny.archives.values())
    assert state == DownloadState("done", in_all, in_all, "Tiny is on this computer.")
    assert state.share == 1.0
    assert tiny.holds(tmp_path)


def test_a_running_download_shows_how_far_it_is_and_is_not_started_twice(tmp_path: Path, tiny: Tiny, mirror: Mirror) -> None:
    mirror.misbehave[IMAGES] = ["stall"]
    downloads = Downloads(tmp_path, Patience(attempts=2, timeout_seconds=10, backoff_seconds=0.01))
    starters = [threading.Thread(target=downloads.start, args=(tiny.source,)) for _ in range(8)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    deadline = time.monotonic() + 10
    while not (state := downloads.state(tiny.source)).bytes_done:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert state.status == "running"
    assert 0 < state.share < 1
    assert state.message == f"Downloading {IMAGES[1:]}."
    mirror.released.set()
    assert wait_for_end(downloads, tiny).status == "done"
    assert mirror.paths().count(IMAGES) == 2


def test_a_failed_download_says_why_and_can_be_started_again(tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience) -> None:
    mirror.misbehave[IMAGES] = ["404"]
    downloads = Downloads(tmp_path, hasty)
    downloads.start(tiny.source)
    state = wait_for_end(downloads, tiny)
    assert state.status == "failed"
    assert "HTTP 404" in state.message
    downloads.start(tiny.source)
    assert wait_for_end(downloads, tiny).status == "done"
    assert tiny.holds(tmp_path)


def test_an_unknown_data_set_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="Did you mean 'kmnist'"):
        Downloads(tmp_path).start("kmnits")
