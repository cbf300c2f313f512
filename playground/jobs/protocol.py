"""What the server and a worker say to each other: frozen values, one pickle a message.

Both ends are this program, and the connection is authenticated with a random key: nothing that a user sent is ever
unpickled. Plain pickles are sent as bytes, since `Connection.send` would try to share tensors through file descriptors.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from playground.progress import TaskProgress
from playground.training.changes import Changes
from playground.training.events import Event

Mode = Literal["run", "batch", "epoch", "pause", "stop"]


# --- from the server to a worker --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StartRun:
    """Train from here on. Without a checkpoint: from the beginning.

    Attributes:
        memory_bytes: the estimate of what it needs.
        spec: the RunSpec as JSON, as it was submitted; with a checkpoint, the settings are the checkpoint's.
        step: batches done before.
    """

    id: str
    spec: str
    checkpoint: bytes | None
    step: int
    mode: Mode
    batches_per_second: float | None
    memory_bytes: int


@dataclass(frozen=True)
class SetMode:
    """Run on, do one batch or the rest of the epoch, pause, or stop."""

    id: str
    mode: Mode


@dataclass(frozen=True)
class SetSpeed:
    """Slow motion; None for full speed."""

    id: str
    batches_per_second: float | None


@dataclass(frozen=True)
class ChangeSettings:
    id: str
    changes: Changes


@dataclass(frozen=True)
class AskWeights:
    id: str


@dataclass(frozen=True)
class Warm:
    """Load a data set before it is needed."""

    dataset: str


@dataclass(frozen=True)
class StartTask:
    """Run a generator function, "package.module:function".

    Attributes:
        arguments: its keyword arguments, pickled, so that what cannot be read fails the task and not the worker.
    """

    id: str
    function: str
    arguments: bytes


@dataclass(frozen=True)
class CancelTask:
    id: str


ToWorker = StartRun | SetMode | SetSpeed | ChangeSettings | AskWeights | Warm | StartTask | CancelTask


# --- from a worker to the server --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """From now on the worker works on this run or task; None when it waits. Told before each change of turns, so that
    the server knows who was on when a worker died."""

    id: str | None


@dataclass(frozen=True)
class Problem:
    """What a PlaygroundError says, and the traceback of an unexpected error for the server's log."""

    what: str
    expected: str = ""
    mend: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class WeightsPacket:
    """A network's state as safetensors bytes, after `step` batches and `epoch` epochs (with the fraction)."""

    step: int
    epoch: float
    data: bytes


@dataclass(frozen=True)
class RunReport:
    """What happened in a run. A checkpoint stands for the state after the events that come with it."""

    id: str
    events: tuple[Event, ...] = ()
    checkpoint: bytes | None = None
    final: WeightsPacket | None = None
    traceback: str = ""


@dataclass(frozen=True)
class WeightsAnswer:
    """The present weights of a run; None when it has not begun."""

    id: str
    packet: WeightsPacket | None


@dataclass(frozen=True)
class TaskReport:
    """Exactly one of the three is set."""

    id: str
    progress: TaskProgress | None = None
    result: bytes | None = None
    problem: Problem | None = None


ToServer = Turn | RunReport | WeightsAnswer | TaskReport


def encode(message: ToWorker | ToServer) -> bytes:
    return pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)


def receive(connection: Connection) -> Any:
    """The next message.

    Raises:
        EOFError, OSError: the other end is gone.
    """
    return pickle.loads(connection.recv_bytes())
