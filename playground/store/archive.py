"""Runs as one zip, and back: JSON and safetensors files, a folder a run.

manifest.json                            format, version, the runs' folders
runs/<id>/run.json                       name, note, spec, origin, events, curve, list of checkpoints
runs/<id>/checkpoints/<n>.safetensors    saved moments
runs/<id>/final.safetensors              the weights at the end
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from playground.errors import PlaygroundError
from playground.store.codec import encode
from playground.store.importing import FORMAT, VERSION, Imported, read_archive
from playground.store.store import Store
from playground.store.values import StoredRun

__all__ = ["Imported", "read_archive", "stream_archive", "write_archive"]

_DATE = (2000, 1, 1, 0, 0, 0)  # the same runs give the same file


def write_archive(store: Store, run_ids: Sequence[str], *, checkpoints: bool = True) -> bytes:
    """The zip of these runs; those that are not stored (any more) are left out.

    Args:
        checkpoints: with the saved moments, which take up most of the room: without them a run can be looked at, but
            an unfinished one cannot go on.

    Raises:
        PlaygroundError: the database cannot be read.
    """
    return b"".join(stream_archive(store, run_ids, checkpoints=checkpoints))


def stream_archive(store: Store, run_ids: Sequence[str], *, checkpoints: bool = True) -> Iterator[bytes]:
    """As `write_archive`, piece by piece; never more than one checkpoint is in memory."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w") as archive:
        written = []
        for run_id in dict.fromkeys(run_ids):
            run = store.run(run_id)
            if run is None:
                continue
            written.append(run_id)
            for name, data in _files(store, run, checkpoints):
                _add(archive, f"runs/{run_id}/{name}", data)
                yield pieces.take()
        _add(archive, "manifest.json", _text({"format": FORMAT, "version": VERSION, "runs": written}))
    yield pieces.take()


def _files(store: Store, run: StoredRun, checkpoints: bool) -> Iterator[tuple[str, bytes]]:
    content: dict[str, Any] = {
        "id": run.id,
        "name": run.name,
        "note": run.note,
        "starred": run.starred,
        "created": run.created,
        "repeatable": run.repeatable,
        "origin": vars(run.origin),
        "spec": json.loads(run.spec_json),
        "submitted": json.loads(run.submitted_json),
        "events": [json.loads(encode(event)) for event in store.events_of(run.id)],
        "checkpoints": [],
        "final": None,
    }
    for info in store.checkpoints(run.id) if checkpoints else ():
        file = f"checkpoints/{info.number}.safetensors"
        try:
            data = store.checkpoint_data(run.id, info.number)
        except PlaygroundError:
            continue  # the run goes on, and has dropped it in the meantime
        content["checkpoints"].append({"file": file, "step": info.step, "epoch": info.epoch})
        yield file, data
    final = store.final_weights(run.id)
    if final is not None:
        content["final"] = {"file": "final.safetensors", "step": final.step, "epoch": final.epoch}
        yield "final.safetensors", final.data
    yield "run.json", _text(content)


def _text(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    # Trained weights do not get smaller.
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(".safetensors") else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


class _Pieces(io.RawIOBase):
    """A file that only goes forward; what was written can be taken out."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
