"""A small data set of real digits, and a real HTTP server on loopback that can misbehave in every known way."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch

from playground.data import Dataset, load
from playground.data.fetch import Patience
from playground.data.published import Archive, Published
from playground.data.sources import IdxSource

NUM_TRAIN, NUM_TEST = 40, 20


def idx_bytes(values: torch.Tensor) -> bytes:
    """An IDX file written by hand from the format's description."""
    shape = values.shape
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(values.flatten().tolist())


@dataclass
class Mirror:
    """What the server holds, what it was asked for, and how it answers: one behaviour a request, then properly."""

    address: str = ""
    contents: dict[str, bytes] = field(default_factory=dict)
    misbehave: dict[str, list[str]] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, mirror: Mirror, *arguments: object) -> None:
        self.mirror = mirror
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.mirror.requests.append((self.path, wanted))
        waiting = self.mirror.misbehave.get(self.path, [])
        behaviour = waiting.pop(0) if waiting else "serve"
        body = self.mirror.contents.get(self.path)
        if behaviour.isdigit() or body is None:
            self.send_error(int(behaviour) if behaviour.isdigit() else 404)
            return
        start = 0
        if wanted and behaviour != "ignore-range":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if behaviour == "corrupt":
            body = body[:-9] + bytes([body[-9] ^ 1]) + body[-8:]
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if behaviour == "truncate":
            self.wfile.write(body[start : len(body) // 2])
        elif behaviour == "stall":
            self.wfile.write(body[start : len(body) // 2])
            self.wfile.flush()
            self.mirror.released.wait(30)
        elif behaviour == "slowly":
            for at in range(start, len(body), 512):
                self.wfile.write(body[at : at + 512])
                time.sleep(0.002)
        else:
            self.wfile.write(body[start:])

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def serve(mirror: Mirror) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, mirror))  # type: ignore[arg-type]
    server.daemon_threads = True
    mirror.address = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@dataclass(frozen=True)
class Tiny:
    """40 + 20 real digits: as tensors, as IDX files, and as a source whose mirror is the loopback server."""

    source: IdxSource
    files: dict[str, bytes]
    archives: dict[str, bytes]
    sample: Dataset

    def write(self, folder: Path, raw: bool = True, packed: bool = False) -> Path:
        target = self.source.raw_folder(folder)
        target.mkdir(parents=True, exist_ok=True)
        for name, data in (self.files if raw else {}).items():
            (target / name).write_bytes(data)
        for name, data in (self.archives if packed else {}).items():
            (target / name).write_bytes(data)
        return target

    def holds(self, folder: Path) -> bool:
        """Whether the folder gives back exactly the digits it should."""
        loaded = self.source.load(folder)
        return (
            torch.equal(loaded.x_train, self.sample.x_train[:NUM_TRAIN])
            and torch.equal(loaded.y_train, self.sample.y_train[:NUM_TRAIN])
            and torch.equal(loaded.x_test, self.sample.x_test[:NUM_TEST])
            and torch.equal(loaded.y_test, self.sample.y_test[:NUM_TEST])
        )


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    server = serve(mirror)
    yield mirror
    mirror.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def tiny(mirror: Mirror) -> Tiny:
    sample = load("mnist-5k")
    source = IdxSource(
        name="tiny",
        title="Tiny",
        description="A few real digits.",
        class_names=sample.class_names,
        num_train=NUM_TRAIN,
        num_test=NUM_TEST,
        folder_name="Tiny",
    )
    tensors = (
        sample.x_train[:NUM_TRAIN, 0],
        sample.y_train[:NUM_TRAIN],
        sample.x_test[:NUM_TEST, 0],
        sample.y_test[:NUM_TEST],
    )
    files = {name: idx_bytes(values) for name, values in zip(source.file_names, tensors, strict=True)}
    archives = {f"{name}.gz": gzip.compress(data, mtime=0) for name, data in files.items()}
    mirror.contents = {f"/{name}": data for name, data in archives.items()}
    published = Published(
        (mirror.address,), tuple(Archive(name, hashlib.md5(data).hexdigest()) for name, data in archives.items())
    )
    sizes = tuple(len(data) for data in archives.values())
    return Tiny(replace(source, published=published, archive_bytes=sizes), files, archives, sample)


@pytest.fixture
def hasty() -> Patience:
    """Retries as in earnest, without the waiting."""
    return Patience(attempts=3, timeout_seconds=0.5, backoff_seconds=0.01)
