"""A place in the pool: one worker process, and its replacement when it dies."""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from playground.jobs.protocol import ToServer, ToWorker, encode, receive

_log = logging.getLogger("playground.jobs")
_ROOT = Path(__file__).resolve().parents[2]
_END_SECONDS = 5.0
START_ATTEMPTS = 3

# Threads that wait for each other by spinning hold the cores that a browser on the same machine needs, and wait many
# times longer for it. Sleeping costs next to nothing when the cores are free.
_THREADS_WAIT = {"OMP_WAIT_POLICY": "PASSIVE"}


class Owner(Protocol):
    """Whoever hears from the places in the pool; called in their threads."""

    def connected(self, place: Place) -> None:
        """A worker stands ready: from now on `place.send` reaches it."""

    def received(self, place: Place, message: ToServer) -> None:
        """The worker says something."""

    def lost(self, place: Place) -> None:
        """The worker died; another is about to be started, unless `place.is_broken`."""


class Place:
    """Keeps one worker process alive and carries messages; nothing here ever blocks the caller.

    Attributes:
        pid: of the present worker, or None between two.
        is_connected: whether `send` reaches a worker.
        is_broken: several workers in a row died before they were ready; no more are started.
    """

    def __init__(self, owner: Owner, threads: int, packages: tuple[str, ...]) -> None:
        self.pid: int | None = None
        self.is_connected = False
        self.is_broken = False
        self._owner = owner
        self._threads = threads
        self._packages = packages
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._live, name="playground-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, message: ToWorker) -> None:
        """Hands over a message; it is lost with the worker."""
        self._outbox.put(encode(message))

    def close(self) -> None:
        """Ends the worker; `join` waits for it."""
        with self._lock:
            self._closing = True
            process = self._process
        if process is not None:
            _close_input(process)

    def join(self) -> None:
        if self._thread.ident is not None:
            self._thread.join(2 * _END_SECONDS)

    def _live(self) -> None:
        """One worker after another."""
        failed_starts = 0
        while not self._closing:
            failed_starts += 1
            try:
                process = self._spawn()
            except OSError:
                _log.exception("A training process could not be started.")
            else:
                try:
                    connection = self._meet(process)
                    if connection is not None:
                        failed_starts = 0
                        self._converse(connection)
                finally:
                    self._bury(process)
            if self._closing:
                return
            self.is_broken = failed_starts >= START_ATTEMPTS
            self._owner.lost(self)
            if self.is_broken:
                _log.error("Training processes end before they are ready; no more are started.")
                return

    def _spawn(self) -> subprocess.Popen[bytes]:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        with self._lock:
            self._process = subprocess.Popen(
                # -P: a file of the same name in the server's working folder must not stand in for one of ours.
                [sys.executable, "-P", "-m", "playground.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_THREADS_WAIT | os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            )
            if self._closing:
                _close_input(self._process)
        self.pid = self._process.pid
        return self._process

    def _meet(self, process: subprocess.Popen[bytes]) -> Connection | None:
        """Exchanges the key and the address; None when the worker died over it."""
        assert process.stdin and process.stdout
        key = secrets.token_bytes(32)
        with tempfile.TemporaryDirectory(prefix="playground-", ignore_cleanup_errors=True) as folder:
            address: object = str(Path(folder) / "worker") if os.name != "nt" else ("127.0.0.1", 0)
            config = {
                "key": key.hex(),
                "family": "AF_UNIX" if os.name != "nt" else "AF_INET",
                "address": address,
                "threads": self._threads,
                "packages": self._packages,
            }
            try:
                process.stdin.write(json.dumps(config).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()  # empty when it died
                found = json.loads(line) if line else None
                if found is None:
                    return None
                return Client(found if isinstance(found, str) else tuple(found), authkey=key)
            except (OSError, EOFError, ValueError, AuthenticationError):
                if not self._closing:
                    _log.exception("A training process did not get ready.")
                return None
            finally:
                process.stdout.close()

    def _converse(self, connection: Connection) -> None:
        """Carries messages until the worker is gone."""
        outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._outbox = outbox
        sender = threading.Thread(target=_send_all, args=(outbox, connection), name="playground-sender", daemon=True)
        sender.start()
        self._owner.connected(self)
        try:
            while True:
                self._owner.received(self, receive(connection))
        except (EOFError, OSError):
            pass
        except Exception:  # whatever it said, it cannot be understood: a new worker is a fresh start
            _log.exception("A training process said something that cannot be read.")
        finally:
            self.is_connected = False
            outbox.put(None)
            sender.join(1.0)  # a connection must not be closed under whoever writes to it
            connection.close()

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        _close_input(process)
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.pid = None
        if not self._closing:
            _log.warning("A training process ended (code %s) and is replaced.", process.returncode)


def _send_all(outbox: SimpleQueue[bytes | None], connection: Connection) -> None:
    try:
        while (data := outbox.get()) is not None:
            connection.send_bytes(data)
    except OSError:
        pass  # the reader notices, too


def _close_input(process: subprocess.Popen[bytes]) -> None:
    try:
        if process.stdin:
            process.stdin.close()
    except OSError:
        pass
