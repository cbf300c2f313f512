"""Downloads over real HTTP on loopback: every way in which a mirror, a line or a disk can fail."""

from __future__ import annotations

import dataclasses
import gzip
import io
import os
import pickle
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from hashlib import md5
from pathlib import Path

import pytest
from tiny_data import Mirror, Tiny, serve

from playground.data.download import Progress, download
from playground.data.fetch import Patience
from playground.data.published import Archive, Published
from playground.data.sources import IdxSource
from playground.errors import PlaygroundError

IMAGES = "train-images-idx3-ubyte"


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_download_makes_the_set_complete_and_reports_every_byte(tmp_path: Path, tiny: Tiny, hasty: Patience) -> None:
    reports: list[Progress] = []
    download(tiny.source, tmp_path, reports.append, hasty)
    assert tiny.holds(tmp_path)
    # Both kinds of file stay, as torchvision leaves them, and nothing else.
    assert names_in(tmp_path / "Tiny" / "raw") == {*tiny.files, *tiny.archives}
    assert [report.bytes_done for report in reports] == sorted(report.bytes_done for report in reports)
    in_all = sum(len(data) for data in tiny.archives.values())
    assert {report.bytes_total for report in reports} == {in_all}
    assert reports[-1].bytes_done == in_all
    assert list(dict.fromkeys(report.file for report in reports)) == list(tiny.archives)


def test_a_complete_set_is_not_asked_for_again(tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience) -> None:
    tiny.write(tmp_path)
    download(tiny.source, tmp_path, None, hasty)
    assert mirror.requests == []


@pytest.mark.parametrize("behaviour", ["503", "429", "truncate", "stall", "corrupt"])
def test_a_mirror_that_fails_once_is_asked_again(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience, behaviour: str
) -> None:
    mirror.misbehave[f"/{IMAGES}.gz"] = [behaviour]
    download(tiny.source, tmp_path, None, hasty)
    assert tiny.holds(tmp_path)
    assert mirror.paths().count(f"/{IMAGES}.gz") == 2


def test_a_broken_transfer_goes_on_where_it_stopped(tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience) -> None:
    path = f"/{IMAGES}.gz"
    mirror.misbehave[path] = ["truncate"]
    download(tiny.source, tmp_path, None, hasty)
    half = len(mirror.contents[path]) // 2
    assert [wanted for asked, wanted in mirror.requests if asked == path] == [None, f"bytes={half}-"]


@pytest.mark.parametrize(("refusal", "resumed_at_half"), [("503", True), ("416", False)])
def test_a_refusal_keeps_what_has_arrived_unless_it_is_about_the_resumption(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience, refusal: str, resumed_at_half: bool
) -> None:
    path = f"/{IMAGES}.gz"
    mirror.misbehave[path] = ["truncate", refusal]
    download(tiny.source, tmp_path, None, hasty)
    half = f"bytes={len(mirror.contents[path]) // 2}-"
    ranges = [wanted for asked, wanted in mirror.requests if asked == path]
    assert ranges == [None, half, half if resumed_at_half else None]


def test_a_mirror_that_cannot_resume_is_read_from_the_start(tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience) -> None:
    mirror.misbehave[f"/{IMAGES}.gz"] = ["truncate", "ignore-range"]
    download(tiny.source, tmp_path, None, hasty)
    assert tiny.holds(tmp_path)


def test_the_next_mirror_is_asked_when_one_does_not_have_the_file(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience
) -> None:
    empty = Mirror()
    server = serve(empty)
    assert tiny.source.published
    published = Published((empty.address, mirror.address), tiny.source.published.archives)
    download(dataclasses.replace(tiny.source, published=published), tmp_path, None, hasty)
    server.shutdown()
    server.server_close()
    assert tiny.holds(tmp_path)
    # A 404 will be one tomorrow: once for each file is enough.
    assert empty.paths() == [f"/{name}" for name in tiny.archives]


def test_a_chosen_mirror_comes_first_and_serves_a_data_folder(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Mirror(contents={f"/shared/Tiny/raw/{name}": data for name, data in tiny.archives.items()})
    server = serve(mine)
    monkeypatch.setenv("PLAYGROUND_DATA_MIRROR", f"{mine.address}shared/")
    download(tiny.source, tmp_path, None, hasty)
    server.shutdown()
    server.server_close()
    assert tiny.holds(tmp_path)
    assert len(mine.requests) == 4
    assert mirror.requests == []


def test_a_mirror_address_that_is_none_is_named_and_passed_over(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_MIRROR", "my-computer")
    download(tiny.source, tmp_path / "one", None, hasty)
    assert tiny.holds(tmp_path / "one")
    mirror.contents.clear()
    with pytest.raises(PlaygroundError, match=r"my-computer/Tiny/raw/.* \(not an http address\)"):
        download(tiny.source, tmp_path / "two", None, hasty)


def test_no_network_is_said_with_every_address_and_what_to_do(tmp_path: Path, tiny: Tiny, hasty: Patience) -> None:
    assert tiny.source.published
    # Nothing listens on port 9, and .invalid never resolves (RFC 2606).
    mirrors = ("http://127.0.0.1:9/", "http://mirror.invalid/")
    offline = dataclasses.replace(tiny.source, published=Published(mirrors, tiny.source.published.archives))
    with pytest.raises(PlaygroundError) as caught:
        download(offline, tmp_path, None, hasty)
    assert caught.value.what == f"The file {IMAGES}.gz could not be downloaded."
    assert "http://127.0.0.1:9/" in caught.value.expected
    assert "Connection refused" in caught.value.expected
    assert "http://mirror.invalid/" in caught.value.expected
    assert "network connection" in caught.value.mend
    assert names_in(tmp_path / "Tiny" / "raw") == set()


def test_a_mirror_with_another_file_is_refused_and_nothing_of_it_stays(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience
) -> None:
    mirror.contents[f"/{IMAGES}.gz"] = b"<html>Please sign in to the network of this hotel</html>"
    with pytest.raises(PlaygroundError) as caught:
        download(tiny.source, tmp_path, None, hasty)
    assert "is not the one that was published" in caught.value.what
    assert md5(mirror.contents[f"/{IMAGES}.gz"]).hexdigest() in caught.value.expected
    assert len(mirror.requests) == 2
    assert names_in(tmp_path / "Tiny" / "raw") == set()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def altered(data: bytes) -> bytes:
    return data[:100] + bytes([data[100] ^ 255]) + data[101:]


@pytest.mark.parametrize("damage", [cut, altered])
def test_a_damaged_file_is_named_by_loading_and_replaced_by_downloading(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience, damage: Callable[[bytes], bytes]
) -> None:
    known = dataclasses.replace(tiny.source, file_md5s=tuple(md5(data).hexdigest() for data in tiny.files.values()))
    damaged = tiny.write(tmp_path) / IMAGES
    damaged.write_bytes(damage(tiny.files[IMAGES]))
    with pytest.raises(PlaygroundError, match=IMAGES):
        known.load(tmp_path)
    download(known, tmp_path, None, hasty)
    assert tiny.holds(tmp_path)
    assert damaged.read_bytes() == tiny.files[IMAGES]
    # The three sound files were left alone.
    assert mirror.paths() == [f"/{IMAGES}.gz"]


def test_a_damaged_file_is_unpacked_again_without_the_network(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience
) -> None:
    raw = tiny.write(tmp_path, packed=True)
    (raw / IMAGES).write_bytes(altered(tiny.files[IMAGES]))
    with pytest.raises(PlaygroundError, match=f"{IMAGES} is damaged"):
        tiny.source.load(tmp_path)
    download(tiny.source, tmp_path, None, hasty)
    assert tiny.holds(tmp_path)
    assert mirror.requests == []


@pytest.mark.parametrize("damage", [cut, altered])
def test_a_damaged_archive_is_replaced(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience, damage: Callable[[bytes], bytes]
) -> None:
    raw = tiny.write(tmp_path, raw=False, packed=True)
    (raw / f"{IMAGES}.gz").write_bytes(damage(tiny.archives[f"{IMAGES}.gz"]))
    with pytest.raises(PlaygroundError, match=f"{IMAGES}.gz is damaged"):
        tiny.source.load(tmp_path)
    download(tiny.source, tmp_path, None, hasty)
    assert tiny.holds(tmp_path)
    assert mirror.paths() == [f"/{IMAGES}.gz"]


def test_what_a_killed_download_left_is_swept_away_but_not_what_another_is_writing(
    tmp_path: Path, tiny: Tiny, hasty: Patience
) -> None:
    raw = tiny.source.raw_folder(tmp_path)
    raw.mkdir(parents=True)
    abandoned, alive = raw / f".{IMAGES}.gz.1-1.part", raw / f".{IMAGES}.gz.2-2.part"
    for part in (abandoned, alive):
        part.write_bytes(b"half")
    an_hour_ago = time.time() - 3600
    os.utime(abandoned, (an_hour_ago, an_hour_ago))
    download(tiny.source, tmp_path, None, hasty)
    assert names_in(raw) == {*tiny.files, *tiny.archives, alive.name}


def test_a_download_that_is_killed_in_the_middle_is_begun_again(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience
) -> None:
    mirror.misbehave[f"/{IMAGES}.gz"] = ["stall"]
    arguments, folder = tmp_path / "arguments", tmp_path / "data"
    arguments.write_bytes(pickle.dumps((tiny.source, folder)))
    script = "import pickle, sys; from playground.data.download import download; "
    script += "download(*pickle.load(open(sys.argv[1], 'rb')))"
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen([sys.executable, "-c", script, str(arguments)], env={**os.environ, "PYTHONPATH": root})
    deadline = time.monotonic() + 30
    while not any(path.stat().st_size for path in folder.rglob("*.part")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    mirror.released.set()
    assert tiny.source.status(folder).state == "missing"
    download(tiny.source, folder, None, hasty)
    assert tiny.holds(folder)


def test_the_disk_never_holds_half_a_file_under_its_final_name(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience
) -> None:
    mirror.misbehave[f"/{IMAGES}.gz"] = ["slowly"]
    finals = {**tiny.files, **tiny.archives}
    seen: list[str] = []

    def look(progress: Progress) -> None:
        for path in (tmp_path / "Tiny" / "raw").iterdir():
            seen.append(path.name)
            if path.name in finals:
                assert path.read_bytes() == finals[path.name]

    download(tiny.source, tmp_path, look, hasty)
    assert any(name.endswith(".part") for name in seen)


def zipped(tiny: Tiny, mirror: Mirror) -> IdxSource:
    """The same set, published as EMNIST is: one .zip with the .gz files in a folder, among others."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("gzip/another-set-idx3-ubyte.gz", gzip.compress(b"not wanted"))
        for name, data in tiny.archives.items():
            archive.writestr(f"gzip/{name}", data)
    data = packed.getvalue()
    mirror.contents = {"/gzip.zip": data}
    published = Published((mirror.address,), (Archive("gzip.zip", md5(data).hexdigest()),))
    return dataclasses.replace(tiny.source, published=published, archive_bytes=(len(data),))


def test_a_set_in_one_zip_is_brought_once_and_only_what_is_wanted_stays(
    tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience
) -> None:
    source = zipped(tiny, mirror)
    download(source, tmp_path, None, hasty)
    assert dataclasses.replace(tiny, source=source).holds(tmp_path)
    assert mirror.paths() == ["/gzip.zip"]
    raw = source.raw_folder(tmp_path)
    assert names_in(raw) == {*tiny.files, *tiny.archives}
    # No checksum of the single file is known, but the .gz beside it vouches for it.
    (raw / IMAGES).write_bytes(altered(tiny.files[IMAGES]))
    with pytest.raises(PlaygroundError, match=f"{IMAGES} is damaged"):
        source.load(tmp_path)


def test_a_zip_that_torchvision_has_left_is_used_and_kept(tmp_path: Path, tiny: Tiny, mirror: Mirror, hasty: Patience) -> None:
    source = zipped(tiny, mirror)
    raw = source.raw_folder(tmp_path)
    raw.mkdir(parents=True)
    (raw / "gzip.zip").write_bytes(mirror.contents["/gzip.zip"])
    download(source, tmp_path, None, hasty)
    assert dataclasses.replace(tiny, source=source).holds(tmp_path)
    assert mirror.requests == []
    assert "gzip.zip" in names_in(raw)


def test_the_sample_needs_no_download(tmp_path: Path) -> None:
    download("mnist-5k", tmp_path)
    assert list(tmp_path.iterdir()) == []
