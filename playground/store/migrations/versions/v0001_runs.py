"""Runs with their events, curves and checkpoints; studies."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _of_a_run() -> sa.Column[str]:
    return sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("starred", sa.Boolean, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("deleted", sa.Double),
        sa.Column("spec_json", sa.Text, nullable=False),
        sa.Column("submitted_json", sa.Text, nullable=False),
        sa.Column("repeatable", sa.Boolean, nullable=False),
        sa.Column("stored_bytes", sa.BigInteger, nullable=False),
        sa.Column("text_words", sa.Text, nullable=False),
        sa.Column("spec_words", sa.Text, nullable=False),
        sa.Column("study", sa.String(64)),
        sa.Column("trial", sa.Integer),
        sa.Column("baseline", sa.String(64)),
        sa.Column("parent", sa.String(64)),
        sa.Column("parent_step", sa.BigInteger),
        sa.Column("forecast", sa.Text),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Double, nullable=False),
        sa.Column("images", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("num_parameters", sa.BigInteger),
        sa.Column("train_loss", sa.Double),
        sa.Column("train_accuracy", sa.Double),
        sa.Column("validation_loss", sa.Double),
        sa.Column("validation_accuracy", sa.Double),
        sa.Column("best_validation_accuracy", sa.Double),
        sa.Column("test_loss", sa.Double),
        sa.Column("test_accuracy", sa.Double),
    )
    op.create_index("runs_by_owner", "runs", ["owner", "created"])
    op.create_index("runs_by_study", "runs", ["study"])
    op.create_table(
        "events",
        _of_a_run(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "curves",
        _of_a_run(),
        sa.Column("points", sa.LargeBinary, nullable=False),
        sa.Column("samples", sa.Text, nullable=False),
    )
    op.create_table(
        "checkpoints",
        _of_a_run(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Double, nullable=False),
        sa.Column("ordinal", sa.Integer),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "finals",
        _of_a_run(),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.Double, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "studies",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("plan_json", sa.Text, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("studies_by_owner", "studies", ["owner", "created"])


def downgrade() -> None:
    for table in ("studies", "finals", "checkpoints", "curves", "events", "runs"):
        op.drop_table(table)
