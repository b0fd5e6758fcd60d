"""Curators: cases, opinions and reasons beside the decisions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To this revision. What waits already gets its case when it is next registered or decided."""
    op.create_table(
        "curation_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("verdict_sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("results", sa.String(), nullable=False),
        sa.Column("inbox", sa.String(), nullable=False),
        sa.Column("entered_at", sa.String(length=30), nullable=False),
        sa.Column("assigned_to", sa.String(), nullable=False),
        sa.Column("assigned_until", sa.String(length=30), nullable=False),
        sa.Column("second_reason", sa.String(), nullable=False),
        sa.Column("second_to", sa.String(), nullable=False),
        sa.Column("third_to", sa.String(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_curation_case_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curation_case")),
        sa.UniqueConstraint("submission_id", "verdict_sha256", name=op.f("uq_curation_case_submission_id")),
    )
    _index("curation_case", "submission_id", "verdict_sha256", "entered_at", "assigned_to")
    op.create_table(
        "curation_opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("curator", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["curation_case.id"], name=op.f("fk_curation_opinion_case_id_curation_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curation_opinion")),
        sa.UniqueConstraint("case_id", "role", name=op.f("uq_curation_opinion_case_id")),
    )
    _index("curation_opinion", "case_id", "curator", "at")
    op.create_table(
        "curation_reason",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sheet", sa.String(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["curation_opinion.id"], name=op.f("fk_curation_reason_opinion_id_curation_opinion")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curation_reason")),
    )
    _index("curation_reason", "opinion_id", "code")


def _index(table: str, *columns: str) -> None:
    for name in columns:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name], unique=False)


def downgrade() -> None:
    """Without cases; decisions and events stay."""
    for table in ("curation_reason", "curation_opinion", "curation_case"):
        op.drop_table(table)
