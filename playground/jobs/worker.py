"""A worker: a program of its own that advances many runs and tasks in turn.

It is started as `python -m playground.jobs.worker`. Its first line of input tells where to meet the server and by which
key; the input then stays open for as long as the server lives, and its end is the worker's end.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from typing import Any

from playground import data, settings
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.data import Dataset, Source
from playground.errors import PlaygroundError
from playground.jobs.protocol import (
    AskWeights,
    CancelTask,
    ChangeSettings,
    SetMode,
    SetSpeed,
    StartRun,
    StartTask,
    ToServer,
    ToWorker,
    Turn,
    Warm,
    WeightsAnswer,
    encode,
    receive,
)
from playground.jobs.task_turns import TaskTurns
from playground.jobs.turns import RunTurns
from playground.spec import DatasetSpec, NetworkSpec, RunSpec
from playground.training.runtime import choose_runtime
from playground.training.trainer import Trainer

SLICE_SECONDS = 0.15
IDLE_SECONDS = 60.0
LOADING_POLL_SECONDS = 0.02
KEPT_DATA = 100


class Worker:
    """Takes messages between any two events, and gives each run and task its turns."""

    def __init__(self, connection: Connection, threads: int, packages: tuple[str, ...]) -> None:
        self._connection = connection
        self._threads = threads
        self._packages = packages
        self._jobs: dict[str, RunTurns | TaskTurns] = {}
        self._line: deque[str] = deque()
        self._turn: str | None = None
        self._loader = ThreadPoolExecutor(1, "load")
        self._data: dict[Source, Future[Dataset]] = {}
        self._to_warm: list[DatasetSpec] = []

    def work(self) -> None:
        """Works until the server is gone.

        Raises:
            EOFError, OSError: the server is gone.
        """
        while True:
            self._take_messages()
            self._sweep()
            job = self._next_job()
            if job is None:
                self._wait()
            else:
                self._give_turn(job)

    def _next_job(self) -> RunTurns | TaskTurns | None:
        """The next in line that has something to do now; it goes to the end of the line."""
        now = time.monotonic()
        for _ in range(len(self._line)):
            name = self._line.popleft()
            self._line.append(name)
            job = self._jobs[name]
            if job.ready_in(now) == 0 and self._may_begin(job, now):
                return job
        return None

    def _may_begin(self, job: RunTurns | TaskTurns, now: float) -> bool:
        """Whether there is memory for it. Runs come in in their order; paused ones make room for those that wait."""
        if not isinstance(job, RunTurns) or job.is_loaded:
            return True
        runs = [run for run in self._jobs.values() if isinstance(run, RunTurns)]
        if job is not next(run for run in runs if not run.is_loaded and run.ready_in(now) == 0):
            return False
        left = settings.number("worker_memory_mb") * 1_000_000 - sum(run.memory_bytes for run in runs if run.is_loaded)
        for run in runs:
            if left < job.memory_bytes and run.unload():
                left += run.memory_bytes
        return left >= job.memory_bytes or not any(run.is_loaded for run in runs)

    def _give_turn(self, job: RunTurns | TaskTurns) -> None:
        self._announce(job.id)
        end = time.monotonic() + SLICE_SECONDS
        while job.ready_in(time.monotonic()) == 0:
            job.advance()
            self._take_messages()
            if len(self._line) > 1 and time.monotonic() > end:
                break
        job.flush()

    def _wait(self) -> None:
        """Sleeps until a message comes or a run in slow motion is due."""
        self._announce(None)
        if self._warm_up():
            return
        now = time.monotonic()
        times = []
        for job in self._jobs.values():
            wait = job.ready_in(now)
            # A run that waits for memory is left out: only a message or another run's end can give it that.
            if wait is not None and (wait > 0 or self._may_begin(job, now)):
                times.append(wait)
        if any(not loading.done() for loading in self._data.values()):
            times.append(LOADING_POLL_SECONDS)
        self._connection.poll(min(times, default=IDLE_SECONDS))

    def _announce(self, turn: str | None) -> None:
        if turn != self._turn:
            self._turn = turn
            self._send(Turn(turn))

    def _sweep(self) -> None:
        for name in [name for name, job in self._jobs.items() if job.ended]:
            del self._jobs[name]
            self._line.remove(name)

    def _send(self, message: ToServer) -> None:
        self._connection.send_bytes(encode(message))

    def _take_messages(self) -> None:
        while self._connection.poll():
            self._take(receive(self._connection))

    def _take(self, message: ToWorker) -> None:
        if isinstance(message, StartRun):
            dataset = RunSpec.from_json(message.spec).dataset
            self._add(RunTurns(message, self._load(dataset), self._threads, self._send))
        elif isinstance(message, StartTask):
            self._add(TaskTurns(message, self._packages, self._threads, self._send))
        elif isinstance(message, Warm):
            dataset = DatasetSpec(name=message.dataset)
            self._load(dataset)
            self._to_warm.append(dataset)
        elif isinstance(message, CancelTask):
            task = self._jobs.get(message.id)
            if isinstance(task, TaskTurns):
                task.close()
        else:
            self._take_for_run(message)

    def _take_for_run(self, message: SetMode | SetSpeed | ChangeSettings | AskWeights) -> None:
        run = self._jobs.get(message.id)
        if not isinstance(run, RunTurns):
            return  # it has ended in the meantime, and the server will have heard so
        try:
            if isinstance(message, SetMode):
                run.set_mode(message.mode)
            elif isinstance(message, SetSpeed):
                run.set_speed(message.batches_per_second)
            elif isinstance(message, ChangeSettings):
                run.change(message.changes)
            else:
                self._send(WeightsAnswer(message.id, run.weights()))
        except Exception as error:
            run.fail(error)

    def _add(self, job: RunTurns | TaskTurns) -> None:
        self._jobs[job.id] = job
        self._line.appendleft(job.id)  # whoever just pressed Train sees the first point soon

    def _load(self, wanted: DatasetSpec) -> Future[Dataset]:
        """The data set, read once in a thread beside the training; a failure is tried again the next time."""
        source = data.source(wanted)
        known = self._data.get(source)
        if known is None or (known.done() and known.exception() is not None):
            known = self._data[source] = self._loader.submit(data.load, source)
            while len(self._data) > KEPT_DATA:  # each draw of points is a data set; a run holds on to its own
                del self._data[next(iter(self._data))]
        return known

    def _warm_up(self) -> bool:
        """Trains a few throw-away batches once a data set is loaded: the first call of an operation takes long."""
        for wanted in self._to_warm:
            loading = self._load(wanted)
            if loading.done():
                self._to_warm.remove(wanted)
                if loading.exception() is None:
                    _practise(loading.result(), self._threads)
                return True
        return False


def _practise(dataset: Dataset, threads: int) -> None:
    if not dataset.is_images or dataset.task == "regression":
        return
    layers = (Conv2d(filters=4), Flatten(), Dense(units=dataset.num_classes))
    for network in (NetworkSpec(layers=layers[1:]), NetworkSpec(layers=layers)):
        run = RunSpec(network=network, dataset=DatasetSpec(name=dataset.name, training_size=256))
        try:
            trainer = Trainer(run, dataset, runtime=choose_runtime(run, dataset.input_shape, threads))
            for _ in range(3):
                next(trainer)
        except (PlaygroundError, RuntimeError, StopIteration):
            return  # only practice; a real run will tell what is wrong


def _end_with_the_server() -> None:
    """Ends the process when the server's end of the input closes, even in the middle of a long operation."""
    while os.read(0, 1):
        pass
    os._exit(0)


def _meet_the_server(config: dict[str, Any]) -> Connection:
    """Tells the address on the output, and waits there for whoever knows the key."""
    listener = Listener(config["address"], config["family"], authkey=bytes.fromhex(config["key"]))
    print(json.dumps(listener.address), flush=True)
    while True:
        with suppress(AuthenticationError):
            connection = listener.accept()
            break
    with suppress(FileNotFoundError):  # the server may have tidied up already
        listener.close()
    os.dup2(2, 1)  # nobody reads the output from here on
    return connection


def main() -> None:
    """Meets the server, and works for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the server decides
    config = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    gc.freeze()
    connection = _meet_the_server(config)
    with suppress(EOFError, OSError):
        Worker(connection, config["threads"], tuple(config["packages"])).work()
    os._exit(0)


if __name__ == "__main__":
    main()
