"""Brings a data set into the data folder, or mends what lies there. Safe to interrupt and to repeat at any moment."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playground import settings
from playground.data import idx
from playground.data.disk import disk_error, remove_abandoned_parts, write_atomically
from playground.data.fetch import Patience, fetch
from playground.data.idx import IdxFile
from playground.data.one_class import OneAgainstRest
from playground.data.published import Archive
from playground.data.registry import data_folder, source
from playground.data.sources import IdxSource, Source
from playground.errors import PlaygroundError


@dataclass(frozen=True)
class Progress:
    """How far a download is.

    Attributes:
        file: the file that is arriving or being unpacked.
        bytes_done: bytes that have arrived, of all files together.
        bytes_total: bytes of all files together; a good estimate until the last file has begun.
    """

    file: str
    bytes_done: int
    bytes_total: int


def download(
    name: str | Source,
    folder: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    patience: Patience | None = None,
) -> None:
    """Make a data set complete: what is there and sound stays, what is missing or damaged is replaced.

    A damaged file is unpacked again from its archive where that lies beside it; else the archive is downloaded from
    PLAYGROUND_DATA_MIRROR, where set, and then from the publisher's mirrors. PLAYGROUND_DATA_MIRROR is the address of a
    served data folder: `python -m http.server --directory FOLDER` on one computer of a classroom is enough.
    Nothing takes the place of a file before it is complete and verified.

    Args:
        name: slug of a data set, or a source.
        folder: the data folder; None for `data_folder()`.
        progress: called in this thread as bytes arrive.
        patience: retries and timeouts; None for the usual ones.

    Raises:
        PlaygroundError: unknown name, no network, wrong checksum, full disk, folder that cannot be written to.
    """
    chosen = source(name)
    if isinstance(chosen, OneAgainstRest):
        chosen = chosen.inner
    if not isinstance(chosen, IdxSource):
        return
    raw = chosen.raw_folder(folder or data_folder())
    try:
        _Download(chosen, raw, progress or _ignore, patience or Patience()).run()
    except OSError as error:
        needed = chosen.download_bytes + sum(file.size for file in chosen.files)
        raise disk_error(error, raw, chosen.title, needed) from error


class _Download:
    """One call of `download`: its plan, and the count of its bytes."""

    def __init__(self, source: IdxSource, raw: Path, progress: Callable[[Progress], None], patience: Patience) -> None:
        self.source, self.raw, self.progress, self.patience = source, raw, progress, patience
        self.sizes: dict[str, int] = {}
        self.arrived: dict[str, int] = {}

    def run(self) -> None:
        faulty = [file for file in self.source.files if not self.is_sound(file)]
        if not faulty:
            return
        self.raw.mkdir(parents=True, exist_ok=True)
        remove_abandoned_parts(self.raw)
        missing = [file for file in faulty if not self.unpack_if_sound(file)]
        published = self.source.publication
        # A dict keeps the order and names a .zip that holds several of the files once.
        needed = {archive.name: archive for archive in (published.archive_with(file.name) for file in missing)}
        expected = dict(zip((archive.name for archive in published.archives), self.source.archive_bytes, strict=False))
        self.sizes = {archive_name: expected.get(archive_name, 0) for archive_name in needed}
        for archive in needed.values():
            self.bring(archive, [file for file in missing if published.archive_with(file.name) == archive])

    def is_sound(self, file: IdxFile) -> bool:
        try:
            self.source.read(self.raw, file)
        except PlaygroundError:
            return False
        return True

    def unpack_if_sound(self, file: IdxFile) -> bool:
        """Write an IDX file from the .gz beside it; False when that is missing or damaged itself."""
        if not idx.is_file(self.raw / f"{file.name}.gz"):
            return False
        try:
            self.unpack(file)
        except PlaygroundError:
            return False
        return True

    def unpack(self, file: IdxFile) -> None:
        archive = self.raw / f"{file.name}.gz"
        data = idx.decompress(archive, self.source.publication.md5(archive.name))
        idx.parse(data, file, archive)
        write_atomically(self.raw / file.name, data)

    def bring(self, archive: Archive, files: list[IdxFile]) -> None:
        target = self.raw / archive.name
        # torchvision leaves EMNIST's .zip in place: no need to download half a gigabyte that is there.
        keep = archive.is_zip and idx.is_file(target) and idx.file_md5(target) == archive.md5
        if not keep:
            urls = [mirror + archive.name for mirror in self.mirrors()]
            fetch(urls, target, archive.md5, lambda done, total: self.report(archive.name, done, total), self.patience)
        if archive.is_zip:
            for file in files:
                self.extract(target, file)
            if not keep:
                target.unlink()
        for file in files:
            self.unpack(file)

    def extract(self, archive: Path, file: IdxFile) -> None:
        try:
            with zipfile.ZipFile(archive) as opened:
                member = next(name for name in opened.namelist() if Path(name).name == f"{file.name}.gz")
                write_atomically(self.raw / f"{file.name}.gz", opened.read(member))
        except (zipfile.BadZipFile, StopIteration) as error:
            raise PlaygroundError(
                f"The archive {archive} does not hold {file.name}.gz.", "", "Delete the archive and download again."
            ) from error

    def mirrors(self) -> tuple[str, ...]:
        first = settings.text("data_mirror").strip().rstrip("/")
        known = self.source.publication.mirrors
        return (f"{first}/{self.source.folder_name}/raw/", *known) if first else known

    def report(self, name: str, done: int, total: int | None) -> None:
        self.arrived[name] = done
        self.sizes[name] = max(total or self.sizes[name], done)
        self.progress(Progress(name, sum(self.arrived.values()), sum(self.sizes.values())))


def _ignore(progress: Progress) -> None:
    pass
