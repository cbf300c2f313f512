"""`python -m playground data list | download NAME`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from playground.errors import PlaygroundError


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers of `argparse`."""
    command = commands.add_parser("data", help="list or download data sets", description="List or download data sets.")
    actions = command.add_subparsers(title="actions", dest="action", required=True, metavar="{list,download}")
    listing = actions.add_parser("list", help="which data sets there are, and which are on this computer")
    listing.set_defaults(run=list_all)
    download = actions.add_parser("download", help="download a data set, or mend what is there of it")
    download.add_argument("name", metavar="NAME", help="such as mnist or fashion-mnist; `data list` shows all")
    download.set_defaults(run=download_one)


def list_all(chosen: argparse.Namespace) -> int:
    """Prints one line a data set."""
    from playground.data import SOURCES, data_folder, status

    width = max(len(source.name) for source in SOURCES)
    for source in SOURCES:
        state = status(source).state
        size = f"{source.download_bytes / 1e6:,.0f} MB" if source.download_bytes else ""
        print(f"{source.name:<{width}}  {state:<10}  {size:>6}  {source.description}")
    print(f"Folder: {data_folder()}")
    return 0


def download_one(chosen: argparse.Namespace) -> int:
    """Downloads a data set with a bar on stderr.

    Raises:
        PlaygroundError: there is no data set of that name.
    """
    from playground.data import source
    from playground.data.command import download_with_bar

    wanted = source(chosen.name)
    try:
        download_with_bar(wanted)
    except PlaygroundError as problem:
        print(" ".join(str(problem).split()), file=sys.stderr)
        return 1
    return 0
