"""Brings a database to the present schema, from wherever the program was started."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from playground.errors import PlaygroundError

_FOLDER = Path(__file__).parent
_ADVISORY_LOCK = 5_140_612  # any number, the same for every server that shares a database
_lock = threading.Lock()  # Alembic's context is one for the whole process


def is_up_to_date(connection: Connection) -> bool:
    """Whether the schema is the present one.

    Raises:
        PlaygroundError: it is a newer one, which this program does not know.
    """
    scripts = ScriptDirectory.from_config(_config())
    found = set(MigrationContext.configure(connection).get_current_heads())
    known = {script.revision for script in scripts.walk_revisions()}
    if found - known:
        raise PlaygroundError(
            f"The stored runs come from a newer version of this playground (schema {', '.join(sorted(found - known))}).",
            f"This version knows them up to schema {', '.join(scripts.get_heads())}.",
            "Update the playground, or set PLAYGROUND_RUNS_DIR to another folder.",
        )
    return found == set(scripts.get_heads())


def upgrade(connection: Connection) -> None:
    """Brings the schema up to date, within the connection's transaction; another server may just have done so."""
    with _lock:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        if not is_up_to_date(connection):
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
