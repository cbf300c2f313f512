"""Tasks for the tests of the job service; some of them end badly, on purpose."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator

import torch
from torch import Tensor

from playground.errors import PlaygroundError
from playground.progress import TaskProgress


def sums(numbers: Tensor) -> Generator[TaskProgress, None, Tensor]:
    """Cumulative sums, one a slice."""
    for index in range(len(numbers)):
        yield TaskProgress(index, len(numbers), f"number {index}")
    return torch.cumsum(numbers, 0)


def never_ends() -> Generator[TaskProgress, None, None]:
    while True:
        time.sleep(0.01)
        yield TaskProgress(1, 2, "still at it")


def refuses() -> Generator[TaskProgress, None, None]:
    yield TaskProgress(0, 1)
    raise PlaygroundError("This cannot be done.", "Something else was expected.", "Do that.")


def breaks() -> Generator[TaskProgress, None, None]:
    yield TaskProgress(0, 1)
    raise KeyError("secret-detail")


def kills_its_worker() -> Generator[TaskProgress, None, None]:
    yield TaskProgress(0, 1)
    os.kill(os.getpid(), signal.SIGKILL)
