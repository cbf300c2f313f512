"""Databases for the store's tests: an SQLite file, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

import getpass
import glob
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from sqlalchemy import create_engine, text
from stories import SPEC, add, course, samples, tell

from playground.data import Dataset
from playground.spec import DatasetSpec, TrainingSpec
from playground.store import Origin, Store, StoredWeights
from playground.training.events import BatchesEnded
from playground.training.trainer import Trainer


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on loopback, which belongs to the tests."""

    address: str  # user:password@host:port

    def empty_database(self) -> str:
        """The URL of the one database, emptied: to make a new one for each test would copy 7 MB each time."""
        engine = create_engine(f"postgresql+psycopg://{self.address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        return f"postgresql://{self.address}/postgres"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    programs = _programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed; `make postgresql` does that")
        pytest.skip("PostgreSQL is not installed")
    # PostgreSQL refuses to work for root.
    user = _other_user() if os.getuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="playground-postgresql-"))
    try:
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        for path in (folder, folder / "password"):
            shutil.chown(path, user)
        as_user = {"user": user, "cwd": folder} if os.getuid() == 0 else {"cwd": folder}
        initialise = [programs / "initdb", "-D", folder / "data", "-U", "playground", "-A", "scram-sha-256", "-E", "UTF8"]
        initialise += ["--no-sync", "--locale=C", f"--pwfile={folder / 'password'}"]
        subprocess.run(initialise, check=True, capture_output=True, **as_user)
        port = _free_port()
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
        command = [programs / "postgres", "-D", folder / "data", *(f"--{name}={value}" for name, value in options.items())]
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, **as_user)
        try:
            server = Server(f"playground:{password}@127.0.0.1:{port}")
            _wait_for(server, process, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/runs/playground.db"
    return request.getfixturevalue("postgresql").empty_database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """A store in an SQLite file, `playground.db` in the test's folder."""
    opened = Store(f"sqlite:///{tmp_path}/playground.db")
    yield opened
    opened.close()


RUN = SPEC.model_copy(
    update={"dataset": DatasetSpec(name="mnist", training_size=200), "training": TrainingSpec(epochs=2, batch_size=20)}
)


@pytest.fixture(scope="module")
def images() -> Dataset:
    draws = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (240, 1, 28, 28), dtype=torch.uint8, generator=draws)
    y = torch.arange(240) % 10
    return Dataset("mnist", "MNIST", "classification", x[:200], y[:200], x[200:], y[200:], tuple("0123456789"))


@pytest.fixture
def trained(store: Store, images: Dataset) -> Store:
    """A store with a really trained run, "trained", and one that branched from it."""
    add(store, "trained", name="Erster", spec=RUN, created=1.0)
    trainer = Trainer(RUN, images)
    for event in trainer:
        tell(store, "trained", [event], RUN)
        if isinstance(event, BatchesEnded):
            epoch = trainer.progress.epoch + trainer.progress.offset / 180
            store.checkpoint("trained", event.step, epoch, trainer.checkpoint().to_bytes(), keep=True)
    store.final("trained", StoredWeights(18, 2.0, save(trainer.weights())))
    add(store, "branch", name="Zweiter", created=2.0, origin=Origin(parent="trained", parent_step=9, study="s", trial=0))
    tell(store, "branch", [*course(1), samples(3)])
    assert store.flush()
    store.annotate("trained", "Nötiz")
    store.star("trained", True)
    return store


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/elsewhere.db")
    yield opened
    opened.close()


def _programs() -> Path | None:
    """The folder of PostgreSQL's programs; Debian keeps it apart from the others."""
    found = shutil.which("postgres")
    folders = [Path(found).parent] if found else []
    folders += [Path(name) for name in sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _other_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    engine = create_engine(f"postgresql+psycopg://{server.address}/postgres", connect_args={"connect_timeout": 2})
    for _ in range(300):
        try:
            with engine.connect():
                break
        except Exception:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    else:
        pytest.fail(log.read_text())
    engine.dispose()
