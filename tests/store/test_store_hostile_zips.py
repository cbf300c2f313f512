"""What hostile, damaged or foreign zips get: a refusal, or the good runs and words for each of the others."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import save
from stories import SPEC_JSON

from playground.errors import PlaygroundError
from playground.store import Store
from playground.store.archive import Imported, read_archive, write_archive


def honest() -> dict[str, Any]:
    """The content of a run.json."""
    origin = {"study": None, "trial": None, "baseline": None, "parent": None, "parent_step": None}
    return {
        "id": "a",
        "name": "Run 1",
        "note": "",
        "starred": False,
        "created": 1.0,
        "repeatable": True,
        "origin": origin,
        "spec": json.loads(SPEC_JSON),
        "submitted": json.loads(SPEC_JSON),
        "events": [],
        "checkpoints": [],
        "final": None,
    }


def manifest(**changes: object) -> str:
    return json.dumps({"format": "neural-network-playground runs", "version": 1, "runs": ["a"], **changes})


def packed(files: dict[str, bytes | str] | None = None, run: dict[str, Any] | None = None) -> bytes:
    """A zip with a manifest, a run "a", and more files."""
    content: dict[str, bytes | str] = {"manifest.json": manifest(), "runs/a/run.json": json.dumps(run or honest())}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (content | (files or {})).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_an_honest_zip_of_another_program_is_read(elsewhere: Store) -> None:
    archive = packed({"README.txt": "hello", "runs/": b"", "__MACOSX/._x": b""})
    assert read_archive(elsewhere, archive, "you") == Imported(("a",), (), ())


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "runs/../../evil", "/etc/passwd", "runs\\a\\evil", "C:/evil", "runs//evil", "./evil", "runs/a/\nevil", "..",
    ],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(elsewhere: Store, name: str) -> None:
    with pytest.raises(PlaygroundError, match="not read"):
        read_archive(elsewhere, packed({name: b"x"}), "you")
    assert elsewhere.runs("you") == []


def with_entry(change: Callable[[zipfile.ZipInfo], None], data: bytes = b"x") -> bytes:
    buffer = io.BytesIO(packed())
    with zipfile.ZipFile(buffer, "a") as archive:
        entry = zipfile.ZipInfo("other")
        change(entry)
        archive.writestr(entry, data)
    return buffer.getvalue()


def test_links_are_refused(elsewhere: Store) -> None:
    def link(entry: zipfile.ZipInfo) -> None:
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(PlaygroundError, match="is a link"):
        read_archive(elsewhere, with_entry(link, b"/etc/passwd"), "you")


def test_other_ways_of_packing_are_refused(elsewhere: Store) -> None:
    def pack(entry: zipfile.ZipInfo) -> None:
        entry.compress_type = zipfile.ZIP_LZMA

    with pytest.raises(PlaygroundError, match="packed in a way"):
        read_archive(elsewhere, with_entry(pack), "you")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(elsewhere: Store) -> None:
    buffer = io.BytesIO(packed())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("RUNS/a/run.json", b"{}")
    with pytest.raises(PlaygroundError, match="twice"):
        read_archive(elsewhere, buffer.getvalue(), "you")


def test_an_encrypted_zip_is_refused(elsewhere: Store) -> None:
    archive = bytearray(packed())
    directory = archive.find(b"PK\x01\x02")
    archive[directory + 8] |= 1
    with pytest.raises(PlaygroundError, match="encrypted"):
        read_archive(elsewhere, bytes(archive), "you")


def test_a_bomb_is_refused_by_what_it_tells_of_itself(elsewhere: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlaygroundError, match="200 times its size"):
        read_archive(elsewhere, packed({"zeros": b"\0" * 30_000_000}), "you")
    monkeypatch.setenv("PLAYGROUND_MAX_IMPORT_MB", "2")
    many = {f"part{number}": bytes(range(256)) * 3_000 for number in range(4)}
    with pytest.raises(PlaygroundError, match=r"Unpacked, the file has 3\.1 MB.*At most 2 MB"):
        read_archive(elsewhere, packed(many), "you")
    with pytest.raises(PlaygroundError, match=r"The file has.*At most 2 MB"):
        read_archive(elsewhere, io.BytesIO(packed() + b"x" * 3_000_000), "you")


def test_of_a_bomb_that_lies_about_itself_no_more_is_unpacked_than_it_tells(elsewhere: Store) -> None:
    archive = bytearray(packed({"runs/a/run.json": json.dumps(honest()) + " " * 5_000_000}))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = archive.find(b"runs/a/run.json", archive.find(signature)) - {24: 46, 22: 30}[offset]
        assert archive[at : at + 4] == signature
        struct.pack_into("<L", archive, at + offset, 1_000)
    imported = read_archive(elsewhere, bytes(archive), "you")
    assert imported.added == () and "damaged" in imported.problems[0]


def test_too_many_files_are_refused(elsewhere: Store) -> None:
    with pytest.raises(PlaygroundError, match="20,001 files"):
        read_archive(elsewhere, packed({f"{number}": b"" for number in range(19_999)}), "you")


def test_a_directory_out_of_proportion_is_refused_before_it_is_read(elsewhere: Store) -> None:
    archive = bytearray(packed())
    struct.pack_into("<L", archive, archive.rfind(b"PK\x05\x06") + 12, 500_000_000)
    with pytest.raises(PlaygroundError, match="directory has 500,000,000 bytes"):
        read_archive(elsewhere, bytes(archive), "you")


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 0.99])
def test_a_zip_that_is_cut_short_is_refused(elsewhere: Store, part: float) -> None:
    archive = packed()
    with pytest.raises(PlaygroundError, match="no zip, or it is cut short"):
        read_archive(elsewhere, archive[: int(part * len(archive))], "you")


def test_any_other_file_is_refused(elsewhere: Store) -> None:
    for content in (b"hello", b"PK\x05\x06", b"\0" * 100, b"PK\x05\x06" + b"\0" * 18):
        with pytest.raises(PlaygroundError):
            read_archive(elsewhere, content, "you")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (manifest(version=2), "newer version"),
        (manifest(format="recipes"), "no runs of this playground"),
        ("[]", "no runs"),
        ("{", "no runs"),
        (manifest(version="1"), "no runs"),
    ],
)
def test_another_manifest_is_refused(elsewhere: Store, text: str, words: str) -> None:
    with pytest.raises(PlaygroundError, match=words):
        read_archive(elsewhere, packed({"manifest.json": text}), "you")


def test_every_flipped_byte_is_noticed_or_harmless(trained: Store, elsewhere: Store) -> None:
    """Whatever the bytes, the answer is a result or a PlaygroundError."""
    archive = write_archive(trained, ["branch"])
    for at in range(0, len(archive), max(1, len(archive) // 150)):
        broken = bytearray(archive)
        broken[at] ^= 0xFF
        try:
            imported = read_archive(elsewhere, bytes(broken), f"owner {at}")
        except PlaygroundError:
            continue
        for name in imported.added:
            assert elsewhere.events_of(name) == trained.events_of("branch")


def changed(path: str, value: object) -> dict[str, Any]:
    run = honest()
    target: Any = run
    *parents, last = path.split(".")
    for parent in parents:
        target = target[parent]
    target[last] = value
    return run


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("id", "../a", "id"),
        ("id", "b", "not the name of its folder"),
        ("name", "", "name"),
        ("created", "yesterday", "created"),
        ("created", float("nan"), "created"),
        ("spec.seed", -1, "seed"),
        ("spec.version", 2, "version"),
        ("spec.training.epochs", 10**9, "epochs"),
        ("submitted.network.layers", [{"kind": "dens"}], "network.layers"),
        ("spec.dataset.name", "cats", "no data set"),
        ("spec.network.layers", [{"kind": "conv2d"}, {"kind": "dense", "units": 0}], "units"),
        ("events", [{"kind": "RunDeleted"}], "event"),
        ("events", [{"kind": "BatchesEnded", "step": 1}], "event"),
        ("events", [{"kind": "RunStopped", "step": "x"}], "step"),
        ("events", [1], "events"),
        ("events", [{"kind": "RunStopped", "step": 2**80}], ""),
        ("checkpoints", [{"file": "../../x", "step": 1, "epoch": 0.1}], "missing"),
        ("checkpoints", [{"file": "x", "step": -1, "epoch": 0.1}], "step"),
        ("final", {"file": "nothing", "step": 1, "epoch": 0.1}, "missing"),
    ],
)
def test_a_run_with_a_wrong_value_is_left_out_and_the_value_named(elsewhere: Store, path: str, value: object, words: str) -> None:
    good = honest() | {"id": "good"}
    archive = packed({"runs/good/run.json": json.dumps(good)}, changed(path, value))
    imported = read_archive(elsewhere, archive, "you")
    if words:
        assert imported.added == ("good",) and len(imported.problems) == 1 and words in imported.problems[0]
    assert "good" in imported.added


def curve(**changes: object) -> dict[str, object]:
    columns = {"steps": [1, 2], "epochs": [0.1, 0.2], "losses": [1.0, 0.5], "accuracies": [0.1, 0.2]}
    return {"kind": "CurveKept", **columns, "learning_rate": 0.1, "images": 64, "seconds": 1.0, **changes}


@pytest.mark.parametrize(
    "events",
    [
        [curve(steps=[2, 1])],
        [curve(steps=[0, 1])],
        [curve(steps=[1, 1])],
        [curve(losses=[1.0])],
        [curve(epochs=[0.1, float("inf")])],
        [curve(), curve()],
        [curve(steps=list(range(1, 3000)), epochs=[0.1] * 2999, losses=[0.1] * 2999, accuracies=[0.1] * 2999)],
    ],
)
def test_a_curve_in_disorder_is_left_out(elsewhere: Store, events: list[dict[str, object]]) -> None:
    imported = read_archive(elsewhere, packed(run=changed("events", events)), "you")
    assert imported.added == () and "curve" in imported.problems[0]


def test_all_wrong_weights_are_listed(elsewhere: Store) -> None:
    files = {
        "runs/a/checkpoints/1.safetensors": b"\x80\x04cos\nsystem\n",  # the beginning of a pickle
        "runs/a/final.safetensors": save({"1_dense_0.weight": torch.zeros(10, 783), "more": torch.zeros(1)}),
    }
    run = honest() | {
        "checkpoints": [{"file": "checkpoints/1.safetensors", "step": 1, "epoch": 0.1}],
        "final": {"file": "final.safetensors", "step": 1, "epoch": 0.1},
    }
    (problem,) = read_archive(elsewhere, packed(files, run), "you").problems
    assert "checkpoints/1.safetensors" in problem and "no checkpoint" in problem
    assert "1_dense_0.weight is 10×783, expected 10×784" in problem
    assert "1_dense_0.bias is missing, expected 10" in problem and "more is 1, expected missing" in problem


def test_a_checkpoint_of_another_step_is_left_out(trained: Store, elsewhere: Store) -> None:
    archive = write_archive(trained, ["trained"])
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        files: dict[str, bytes | str] = {name: read.read(name) for name in read.namelist()}
    content = json.loads(files["runs/trained/run.json"])
    content["checkpoints"][0]["step"] += 1
    files["runs/trained/run.json"] = json.dumps(content)
    imported = read_archive(elsewhere, packed(files), "you")
    assert imported.added == ("a",)
    assert "stands at step" in imported.problems[0]
