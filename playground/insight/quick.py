"""Work of a few milliseconds that a page does itself, rather than hand it to a worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

_lock = Lock()


@contextmanager
def quick() -> Iterator[None]:
    """One visitor at a time, on one thread: an image is too little work to share, and the other cores may be training."""
    with _lock:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)
