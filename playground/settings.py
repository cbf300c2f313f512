"""Every limit and switch of the server, in one table; each is an environment variable `PLAYGROUND_<NAME>`."""

from __future__ import annotations

import os
from dataclasses import dataclass

from playground.errors import PlaygroundError


@dataclass(frozen=True)
class Setting:
    """One setting: its name (without the `PLAYGROUND_` prefix, lower case), default and meaning.

    A default of type int makes an integer setting, which must be at least `minimum`.
    """

    name: str
    default: int | str
    help: str
    minimum: int = 0

    @property
    def variable(self) -> str:
        return f"PLAYGROUND_{self.name.upper()}"


SETTINGS: tuple[Setting, ...] = (
    Setting("data_dir", "", "Folder of the data sets, laid out as torchvision does. Empty: the user's cache folder."),
    Setting("data_mirror", "", "An address tried before the public mirrors when a data set is downloaded."),
    Setting("database_url", "", "Where runs are kept, as an SQLAlchemy address. Empty: an SQLite file in the runs folder."),
    Setting("runs_dir", "", "Folder of the SQLite file. Empty: `runs` in the user's data folder."),
    Setting("workers", 0, "Training processes. 0: half of the cores, at least one."),
    Setting("threads", 0, "Threads of each training process. 0: cores divided by training processes."),
    Setting("max_runs", 60, "Unfinished runs on the whole server.", 1),
    Setting("max_runs_per_visitor", 4, "Unfinished runs of one visitor.", 1),
    Setting("max_kept_runs", 60, "Finished runs that the server keeps in memory before it forgets the oldest.", 1),
    Setting("max_kept_mb", 300, "Weights of finished runs kept in memory, in megabytes; then the oldest are forgotten.", 1),
    Setting("max_checkpoints_mb", 100, "Saved states of one run in the database, in megabytes; then every second is dropped.", 1),
    Setting("max_trials", 60, "Runs of one experiment: a search, a comparison over seeds, a cross-validation.", 1),
    Setting("max_import_mb", 200, "Size of an imported archive of runs, unpacked, in megabytes.", 1),
    Setting("max_layers", 60, "Layers of one network.", 1),
    Setting("max_parameters", 5_000_000, "Trainable numbers of one network.", 1),
    Setting("max_memory_mb", 600, "Estimated memory of one training run, in megabytes.", 1),
    Setting("worker_memory_mb", 1200, "Estimated memory of the runs that one training process works on; others wait.", 1),
    Setting("max_multiply_adds", 300_000_000, "Multiply-adds of one network for one image.", 1),
    Setting("max_epochs", 200, "Epochs of one run, of 50,000 examples or more; of shorter ones as many more.", 1),
    Setting("max_upload_mb", 10, "Size of an uploaded image or file, in megabytes.", 1),
    Setting("max_upload_megapixels", 20, "Pixels of an uploaded image, in millions.", 1),
    Setting("snapshot_seconds", 30, "Seconds between checkpoints within an epoch.", 1),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def text(name: str) -> str:
    """The value of a text setting."""
    setting = _BY_NAME[name]
    return os.environ.get(setting.variable, str(setting.default))


def number(name: str) -> int:
    """The value of an integer setting.

    Raises:
        PlaygroundError: the environment variable is not a whole number, or too small.
    """
    setting = _BY_NAME[name]
    raw = os.environ.get(setting.variable, str(setting.default))
    try:
        value = int(raw)
    except ValueError:
        value = setting.minimum - 1
    if value < setting.minimum:
        raise PlaygroundError(
            f"The setting {setting.variable} is {raw!r}.",
            f"A whole number of at least {setting.minimum} was expected.",
            f"Set it to such a number, or remove it for the default of {setting.default}.",
        )
    return value


def check() -> None:
    """Reads every integer setting, so that a wrong one is told when the server starts.

    Raises:
        PlaygroundError: as `number`.
    """
    for setting in SETTINGS:
        if isinstance(setting.default, int):
            number(setting.name)
