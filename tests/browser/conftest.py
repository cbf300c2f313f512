"""A real Streamlit server and a real Chromium for the tests in this folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"

CHROMIUM_ARGUMENTS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

StartApp = Callable[..., str]
OpenPage = Callable[..., Page]

expect.set_options(timeout=30_000)  # a busy computer shows the same, later


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}:\n{log.read_text(errors='replace')}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no server at {url} after 60 s:\n{log.read_text(errors='replace')}")


@contextmanager
def serve(path: Path, log: Path, environment: dict[str, str] | None = None) -> Iterator[str]:
    """`streamlit run path` in a process of its own, from the repository's root; yields its address.

    On a POSIX system the server leads its own process group, and the whole group ends with it.
    """
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(path), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"]
    command += ["--browser.gatherUsageStats=false"]
    inherited = [part for part in (os.environ.get("PYTHONPATH"),) if part]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *inherited])} | (environment or {})
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_healthy(url, server, log)
            yield url
        finally:
            _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(timeout=10)
    if hasattr(os, "killpg"):
        try:
            os.killpg(server.pid, 9)
        except (ProcessLookupError, PermissionError):
            return


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartApp]:
    """start_app(path, **environment) -> url; one server for every path and environment, ended after the last test."""
    running: dict[tuple[str, ...], str] = {}
    open_servers = []
    logs = tmp_path_factory.mktemp("servers")

    def start(path: str | Path, **environment: str) -> str:
        name = (str(path), *sorted(f"{key}={value}" for key, value in environment.items()))
        if name not in running:
            server = serve(Path(path), logs / f"{len(running)}.log", environment)
            running[name] = server.__enter__()
            open_servers.append(server)
        return running[name]

    yield start
    for server in open_servers:
        server.__exit__(None, None, None)


# A server with these can reach nobody.
_NOWHERE = "http://127.0.0.1:9"
OFFLINE = {"http_proxy": _NOWHERE, "https_proxy": _NOWHERE, "PLAYGROUND_DATA_MIRROR": _NOWHERE, "no_proxy": "127.0.0.1"}


@pytest.fixture(scope="session")
def offline() -> dict[str, str]:
    """The environment of a server that can download nothing."""
    return dict(OFFLINE)


@pytest.fixture(scope="session")
def front_url(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app's address: with full MNIST where PLAYGROUND_DATA_DIR has it, else with the sample and no network."""
    app = ROOT / "app.py"
    if os.environ.get("PLAYGROUND_DATA_DIR"):
        return start_app(app)
    return start_app(app, PLAYGROUND_DATA_DIR=str(tmp_path_factory.mktemp("no-data")), **OFFLINE)


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    """One headless Chromium: the system's, or else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    executable = next((found for found in map(shutil.which, names) if found), None)
    # Chromium refuses its sandbox to root, which is who runs in most containers.
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = CHROMIUM_ARGUMENTS + (["--no-sandbox"] if as_root else [])
    chromium = playwright_driver.chromium.launch(executable_path=executable, headless=True, args=arguments)
    yield chromium
    chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """open_page(url, width=1280, height=800, theme="light") -> a page in a fresh context, as of a new visitor.

    `page.errors` lists what the page's scripts threw, and all that the console called an error.
    """
    contexts: list[BrowserContext] = []

    def open_in_context(url: str, *, width: int = 1280, height: int = 800, theme: str = "light") -> Page:
        scheme: Literal["light", "dark"] = "dark" if theme == "dark" else "light"
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.errors = errors  # type: ignore[attr-defined]
        page.goto(url)
        page.wait_for_selector('[data-testid="stApp"]')
        return page

    yield open_in_context
    for context in contexts:
        context.close()
