"""Data certificates, links for reviewers, and keys whose validation receipts are not believed any more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_at", sa.String(length=30), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_certificate_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
    )
    op.create_index(op.f("ix_certificate_submission_id"), "certificate", ["submission_id"], unique=False)
    _create_reviewer_link()
    op.create_table(
        "distrusted_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("submission", sa.String(), nullable=False),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("lifted_at", sa.String(length=30), nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distrusted_key")),
    )
    op.create_index(op.f("ix_distrusted_key_key_id"), "distrusted_key", ["key_id"], unique=False)


def _create_reviewer_link() -> None:
    op.create_table(
        "reviewer_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=30), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.String(length=30), nullable=False),
        sa.Column("revoked_at", sa.String(length=30), nullable=False),
        sa.Column("revoked_by", sa.String(), nullable=False),
        sa.Column("opened_count", sa.BigInteger(), nullable=False),
        sa.Column("last_opened_at", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_reviewer_link_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviewer_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_reviewer_link_token_sha256")),
    )
    op.create_index(op.f("ix_reviewer_link_submission_id"), "reviewer_link", ["submission_id"], unique=False)


def downgrade() -> None:
    """Without what was given out; certificates that are printed stay valid by their signatures."""
    for name in ("distrusted_key", "reviewer_link", "certificate"):
        op.drop_table(name)
