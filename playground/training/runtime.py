"""Where and how a run computes: chosen once, when it starts, because it decides the last bits of every number."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from playground.catalog.layer import Shape
from playground.network import has_convolution, totals, trace
from playground.spec import RunSpec

# Below so many multiply-adds a batch, sharing the work between threads costs more than it brings. Threads wait for each
# other by spinning: on a machine whose cores are busy with a browser, two threads then take many times as long as one.
MULTIPLY_ADDS_WORTH_SHARING = 40_000_000


@dataclass(frozen=True)
class Runtime:
    """Device, threads and memory format of one run.

    Attributes:
        device: "cpu", "cuda" or "mps".
        threads: CPU threads of one operation.
        channels_last: convolutions keep their channels innermost, which oneDNN and cuDNN compute faster.
    """

    device: str = "cpu"
    threads: int = 1
    channels_last: bool = False

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def prepare(self) -> None:
        """Sets the process's thread count; call before each turn, since other runs may have set another."""
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)


def choose_runtime(run: RunSpec, input_shape: Shape, threads: int | None = None) -> Runtime:
    """The fastest device here, and the memory format and thread count that measure faster for this run.

    Args:
        threads: the most CPU threads that it may use; torch's own choice when None.
    """
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    cost = totals(run, trace(run.network, input_shape))
    worth_sharing = cost.multiply_adds * run.training.batch_size >= MULTIPLY_ADDS_WORTH_SHARING
    most = threads or torch.get_num_threads()
    return Runtime(device, most if worth_sharing else 1, has_convolution(run.network))
