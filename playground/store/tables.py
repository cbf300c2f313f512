"""The tables. Whoever changes them writes a migration, too; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()


def _of_a_run() -> Column[str]:
    return Column("run_id", String(64), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("starred", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("deleted", Double),
    Column("spec_json", Text, nullable=False),
    Column("submitted_json", Text, nullable=False),
    Column("repeatable", Boolean, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),
    # What a search looks through, in lower case: SQLite's own lower case knows English letters only.
    Column("text_words", Text, nullable=False),
    Column("spec_words", Text, nullable=False),
    # Origin
    Column("study", String(64)),
    Column("trial", Integer),
    Column("baseline", String(64)),
    Column("parent", String(64)),
    Column("parent_step", BigInteger),
    Column("forecast", Text),
    # RunSummary
    Column("status", String(20), nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("epoch", Double, nullable=False),
    Column("images", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("num_parameters", BigInteger),
    Column("train_loss", Double),
    Column("train_accuracy", Double),
    Column("validation_loss", Double),
    Column("validation_accuracy", Double),
    Column("best_validation_accuracy", Double),
    Column("test_loss", Double),
    Column("test_accuracy", Double),
    Index("runs_by_owner", "owner", "created"),
    Index("runs_by_study", "study"),
)

# All events but batches, the reading of the sample images, and the progress of an evaluation.
events = Table(
    "events",
    metadata,
    _of_a_run(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

# Rewritten while the run goes on: some of its batches, packed, and the latest reading of the sample images.
curves = Table(
    "curves",
    metadata,
    _of_a_run(),
    Column("points", LargeBinary, nullable=False),
    Column("samples", Text, nullable=False),
)

# `ordinal` counts the checkpoints that were to be kept; None for one that the next replaces.
checkpoints = Table(
    "checkpoints",
    metadata,
    _of_a_run(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("step", BigInteger, nullable=False),
    Column("epoch", Double, nullable=False),
    Column("ordinal", Integer),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

finals = Table(
    "finals",
    metadata,
    _of_a_run(),
    Column("step", BigInteger, nullable=False),
    Column("epoch", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("plan_json", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("created", Double, nullable=False),
    Column("name", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index("studies_by_owner", "owner", "created"),
)
