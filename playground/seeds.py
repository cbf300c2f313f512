"""Separate streams of random numbers from one seed.

Each use of chance (initialisation, the shuffle of epoch 3, the augmentation of batch 120) has a stream of its own,
which depends on the run's seed, the use and its index only. So a checkpoint holds no generator state, two runs can take
turns in one process, and changing one thing leaves every other draw as it was.
"""

from __future__ import annotations

import hashlib

import torch


def stream_seed(seed: int, purpose: str, index: int = 0) -> int:
    """A 63-bit seed for one stream: the first 8 bytes of BLAKE2b over "seed/purpose/index", without the sign bit."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(seed: int, purpose: str, index: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator at the start of the stream (seed, purpose, index)."""
    return torch.Generator(device).manual_seed(stream_seed(seed, purpose, index))
