"""Figures that other centres report; distributions of metrics that runs are compared with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To this revision: three new tables; nothing that is there changes."""
    op.create_table(
        "centre_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre", sa.String(), nullable=False),
        sa.Column("data_type", sa.String(), nullable=False),
        sa.Column("as_of", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("volume_bytes", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("records >= 0 AND volume_bytes >= 0", name=op.f("ck_centre_figure_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_figure")),
        sa.UniqueConstraint("centre", "data_type", "as_of", "scope", name=op.f("uq_centre_figure_centre")),
    )
    for name in ("centre", "as_of"):
        op.create_index(op.f(f"ix_centre_figure_{name}"), "centre_figure", [name], unique=False)
    op.create_table(
        "quality_reference",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("minimum_runs", sa.Integer(), nullable=False),
        sa.Column("run_count", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_quality_reference")),
    )
    op.create_table(
        "quality_distribution",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("library_strategy", sa.String(), nullable=False),
        sa.Column("research_field", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("run_count", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["quality_reference.version"],
            name=op.f("fk_quality_distribution_version_quality_reference"),
        ),
        sa.PrimaryKeyConstraint(
            "version",
            "platform",
            "library_strategy",
            "research_field",
            "metric",
            name=op.f("pk_quality_distribution"),
        ),
    )


def downgrade() -> None:
    """Without them. Both can be had again: reported figures by import, distributions from the runs."""
    op.drop_table("quality_distribution")
    op.drop_table("quality_reference")
    op.drop_table("centre_figure")
