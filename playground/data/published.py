"""Where a data set is published: its mirrors, and the archives there with their checksums."""

from __future__ import annotations

from dataclasses import dataclass

from playground.torchvision_compat import import_torchvision


@dataclass(frozen=True)
class Archive:
    """One file to download: the .gz of one IDX file, or a .zip that holds such .gz files.

    Attributes:
        name: its name on the mirrors and on the disk.
        md5: its checksum; None when nobody published one.
    """

    name: str
    md5: str | None

    @property
    def is_zip(self) -> bool:
        return self.name.endswith(".zip")


@dataclass(frozen=True)
class Published:
    """Mirrors (addresses that end in "/", best first) and the archives that each of them holds."""

    mirrors: tuple[str, ...]
    archives: tuple[Archive, ...]

    def md5(self, archive_name: str) -> str | None:
        """The checksum of an archive; None when nobody published one."""
        return next((archive.md5 for archive in self.archives if archive.name == archive_name), None)

    def archive_with(self, file_name: str) -> Archive:
        """The archive that holds an IDX file: its own .gz, or else the .zip that holds them all.

        Raises:
            LookupError: no archive holds it.
        """
        for archive in self.archives:
            if archive.name == f"{file_name}.gz" or archive.is_zip:
                return archive
        raise LookupError(file_name)


def published_by_torchvision(class_name: str) -> Published:
    """What the torchvision class of that name knows: `mirrors` and `resources`, or, for EMNIST, one `url` and `md5`."""
    known = getattr(import_torchvision().datasets, class_name)
    if hasattr(known, "url"):
        mirror, _, name = known.url.rpartition("/")
        return Published((f"{mirror}/",), (Archive(name, known.md5),))
    return Published(tuple(known.mirrors), tuple(Archive(name, md5) for name, md5 in known.resources))
