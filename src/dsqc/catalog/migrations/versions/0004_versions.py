"""Versions of what is registered, replaced files, withdrawals, fingerprints of reads, and agreements."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To this revision. What was registered before has no fingerprints; it is version 1 of itself."""
    _create_versions()
    _create_fingerprints()
    _create_withdrawals()
    _create_agreements()


def _create_versions() -> None:
    op.create_table(
        "object_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("submission_version", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("superseded_at", sa.String(length=30), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_object_version_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_version")),
        sa.UniqueConstraint("accession", "version", name=op.f("uq_object_version_accession")),
    )
    op.create_index(op.f("ix_object_version_submission_id"), "object_version", ["submission_id"], unique=False)
    op.create_index(op.f("ix_object_version_content_sha256"), "object_version", ["content_sha256"], unique=False)
    op.create_table(
        "replaced_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("run_version", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("md5", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], name=op.f("fk_replaced_file_object_id_object")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_replaced_file_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replaced_file")),
        sa.UniqueConstraint("run_id", "run_version", "name", name=op.f("uq_replaced_file_run_id")),
    )
    for name in ("object_id", "md5", "sha256"):
        op.create_index(op.f(f"ix_replaced_file_{name}"), "replaced_file", [name], unique=False)
    op.create_table(
        "pending_version",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("verdict_sha256", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("since", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_pending_version_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_pending_version")),
    )
    op.create_index(op.f("ix_pending_version_verdict_sha256"), "pending_version", ["verdict_sha256"], unique=False)


def _create_fingerprints() -> None:
    op.create_table(
        "read_fingerprint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reads", sa.String(length=32), nullable=False),
        sa.Column("sequences", sa.String(length=32), nullable=False),
        sa.Column("read_count", sa.BigInteger(), nullable=False),
        sa.Column("is_present", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_read_fingerprint_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_fingerprint")),
    )
    for name in ("run_id", "reads", "sequences"):
        op.create_index(op.f(f"ix_read_fingerprint_{name}"), "read_fingerprint", [name], unique=False)


def _create_withdrawals() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("previous_state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_withdrawal_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_withdrawal")),
    )
    op.create_index(op.f("ix_withdrawal_at"), "withdrawal", ["at"], unique=False)


def _create_agreements() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("signed_on", sa.String(length=10), nullable=False),
        sa.Column("valid_until", sa.String(length=10), nullable=False),
        sa.Column("document_name", sa.String(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("noted_at", sa.String(length=30), nullable=False),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("document_sha256", "kind", "party", name=op.f("uq_agreement_document_sha256")),
    )
    for name in ("kind", "party", "signed_on"):
        op.create_index(op.f(f"ix_agreement_{name}"), "agreement", [name], unique=False)
    op.create_table(
        "agreement_accession",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_accession_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "accession", name=op.f("pk_agreement_accession")),
    )
    op.create_index(op.f("ix_agreement_accession_accession"), "agreement_accession", ["accession"], unique=False)


def downgrade() -> None:
    """Back to one version of everything. Older versions, withdrawals' reasons and agreements are lost; what a
    withdrawal's event says stays, and so do the objects of replaced files."""
    for table in (
        "agreement_accession",
        "agreement",
        "withdrawal",
        "read_fingerprint",
        "pending_version",
        "replaced_file",
        "object_version",
    ):
        op.drop_table(table)
