"""Where and how a run computes: chosen once, when it starts, because it decides the last bits of every number."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from playground.network import has_convolution
from playground.spec import NetworkSpec


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


def choose_runtime(network: NetworkSpec, threads: int | None = None) -> Runtime:
    """The fastest device here, and the memory format that measures faster for this network."""
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    return Runtime(device, threads or torch.get_num_threads(), has_convolution(network))
