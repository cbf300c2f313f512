"""Full disks and read-only folders: real ones, mounted in a namespace of their own where the system allows it."""

from __future__ import annotations

import errno
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_data import Tiny

from playground.data.disk import disk_error, write_atomically
from playground.data.download import download
from playground.data.fetch import Patience
from playground.errors import PlaygroundError

UNSHARE = shutil.which("unshare")


def mounts_are_allowed() -> bool:
    if UNSHARE is None:
        return False
    command = [UNSHARE, "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


needs_mounts = pytest.mark.skipif(not mounts_are_allowed(), reason="this system lets nobody mount a small file system")

DOWNLOAD = """
import pickle, sys
from pathlib import Path
from playground.data.download import download
from playground.data.fetch import Patience
from playground.errors import PlaygroundError
source, folder = pickle.load(open(sys.argv[1], "rb"))
try:
    download(source, folder, None, Patience(2, 5.0, 0.01))
except PlaygroundError as error:
    print(error.what, error.expected, error.mend, sep="|")
try:
    print(len(source.load(folder).x_train), "images")
except PlaygroundError:
    print("not loadable")
print(sorted(path.name for path in folder.rglob("*") if path.is_file()))
"""


def run_mounted(tiny: Tiny, tmp_path: Path, mount_commands: str) -> list[str]:
    """The lines that DOWNLOAD prints in a mount namespace of its own, where $1 is the data folder."""
    folder, arguments, script = tmp_path / "data", tmp_path / "arguments", tmp_path / "script.py"
    folder.mkdir(exist_ok=True)
    arguments.write_bytes(pickle.dumps((tiny.source, folder)))
    script.write_text(DOWNLOAD)
    shell = f'set -e; {mount_commands}; exec "$2" "$3" "$4"'
    command = [str(UNSHARE), "--map-root-user", "--mount", "sh", "-c", shell, "sh"]
    command += [str(folder), sys.executable, str(script), str(arguments)]
    root = Path(__file__).parents[2]
    result = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(root)})
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@needs_mounts
def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path, tiny: Tiny) -> None:
    # The first archive fits, unpacked it does not.
    said, loadable, files = run_mounted(tiny, tmp_path, 'mount -t tmpfs -o size=24k none "$1"')
    what, expected, mend = said.split("|")
    assert what.startswith("The disk is full: Tiny could not be written to")
    assert expected == "It needs about 1 MB."
    assert "PLAYGROUND_DATA_DIR" in mend
    assert loadable == "not loadable"
    assert files == "['train-images-idx3-ubyte.gz']"


@needs_mounts
def test_a_read_only_folder_is_said(tmp_path: Path, tiny: Tiny) -> None:
    said, loadable, _ = run_mounted(tiny, tmp_path, 'mount -t tmpfs -o ro none "$1"')
    what, expected, mend = said.split("|")
    assert "cannot be written to (Read-only file system)" in what
    assert expected == "Tiny has to be written there."
    assert "PLAYGROUND_DATA_DIR" in mend
    assert loadable == "not loadable"


@needs_mounts
def test_a_complete_copy_in_a_read_only_folder_is_all_that_is_needed(tmp_path: Path, tiny: Tiny) -> None:
    tiny.write(tmp_path / "data")
    lines = run_mounted(tiny, tmp_path, 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; ! touch "$1/x" 2>&-')
    assert lines[0] == "40 images"


def test_a_folder_that_cannot_exist_is_said(tmp_path: Path, tiny: Tiny, hasty: Patience) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / ("x" * 300)):
        with pytest.raises(PlaygroundError, match="Tiny could not be written: .*PLAYGROUND_DATA_DIR") as caught:
            download(tiny.source, folder, None, hasty)
        assert str(folder) in caught.value.what


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EACCES, "cannot be written to"),
        (errno.EROFS, "cannot be written to"),
        (errno.EIO, "could not be written"),
    ],
)
def test_every_kind_of_disk_error_says_what_to_do(number: int, said: str) -> None:
    error = disk_error(OSError(number, "reason", "/data/x"), Path("/data"), "MNIST", 66_000_000)
    assert said in error.what
    assert "PLAYGROUND_DATA_DIR" in error.mend
    assert "/data" in error.what


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(OSError):
        write_atomically(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
