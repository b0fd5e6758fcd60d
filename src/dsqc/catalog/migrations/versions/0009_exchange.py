"""Exchange with other centres: versions of what we share, packages both ways, foreign records and what they name."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To this revision."""
    _create_shared()
    _create_received()


def _create_shared() -> None:
    op.create_table(
        "shared_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_shared_version_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_version")),
        sa.UniqueConstraint("accession", "version", name=op.f("uq_shared_version_accession")),
    )
    op.create_index(op.f("ix_shared_version_accession"), "shared_version", ["accession"], unique=False)
    op.create_table(
        "shared_package",
        sa.Column("centre", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("follows", sa.Integer(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.CheckConstraint("sequence >= 1 AND follows < sequence", name=op.f("ck_shared_package_sequence")),
        sa.PrimaryKeyConstraint("centre", "sequence", name=op.f("pk_shared_package")),
    )


def _create_received() -> None:
    op.create_table(
        "received_package",
        sa.Column("centre", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("follows", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("record_count", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("centre", "sequence", name=op.f("pk_received_package")),
    )
    op.create_table(
        "foreign_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre", sa.String(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("organism", sa.String(), nullable=False),
        sa.Column("taxonomy_id", sa.Integer(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.String(length=30), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_foreign_record_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_record")),
        sa.UniqueConstraint("centre", "accession", name=op.f("uq_foreign_record_centre")),
    )
    for name in ("accession", "organism", "taxonomy_id"):
        op.create_index(op.f(f"ix_foreign_record_{name}"), "foreign_record", [name], unique=False)
    op.create_index(op.f("ix_foreign_record_centre_kind"), "foreign_record", ["centre", "kind"], unique=False)
    op.create_table(
        "foreign_relation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("foreign_record_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["foreign_record_id"],
            ["foreign_record.id"],
            name=op.f("fk_foreign_relation_foreign_record_id_foreign_record"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_relation")),
        sa.UniqueConstraint("foreign_record_id", "type", "target", name=op.f("uq_foreign_relation_foreign_record_id")),
    )
    op.create_index(op.f("ix_foreign_relation_target"), "foreign_relation", ["target"], unique=False)


def downgrade() -> None:
    """Without exchange: what other centres told is lost and can be asked for again; our own records stay."""
    for table in ("foreign_relation", "foreign_record", "received_package", "shared_package", "shared_version"):
        op.drop_table(table)
