"""Access and release: what keeps submissions back, notices, releases by two people, the access log."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To this revision. What is registered stays as it is; ``dsqc release run`` settles it once."""
    op.create_table(
        "disclosure",
        sa.Column("submission_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("extended_from", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("approval_no", sa.String(), nullable=False),
        sa.Column("approval_date", sa.String(length=10), nullable=False),
        sa.Column("review_date", sa.String(length=10), nullable=False),
        sa.Column("leaving", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_disclosure_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_disclosure")),
    )
    _index("disclosure", "until", "review_date", "leaving")
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due", sa.String(length=10), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("written_at", sa.String(length=30), nullable=False),
        sa.Column("claimed_at", sa.String(length=30), nullable=False),
        sa.Column("sent_at", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_notice_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("submission_id", "kind", "due", "days_before", name=op.f("uq_notice_submission_id")),
    )
    _index("notice", "submission_id", "sent_at")
    op.create_table(
        "release_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.String(length=30), nullable=False),
        sa.Column("expires_at", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_release_proposal_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_proposal")),
    )
    _index("release_proposal", "submission_id", "state")
    _create_access_entry()


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _create_access_entry() -> None:
    op.create_table(
        "access_entry",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("submission", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_access_entry_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_access_entry")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_entry_digest")),
    )
    _index("access_entry", "at", "accession", "submission")
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER access_entry_no_{verb.lower()} BEFORE {verb} ON access_entry "
                "BEGIN SELECT RAISE(ABORT, 'events are never changed or deleted'); END"
            )
        return
    # The function is of revision 0001.
    op.execute(
        "CREATE TRIGGER access_entry_no_change BEFORE UPDATE OR DELETE ON access_entry "
        "FOR EACH ROW EXECUTE FUNCTION refuse_event_change()"
    )
    op.execute(
        "CREATE TRIGGER access_entry_no_truncate BEFORE TRUNCATE ON access_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
    )


def downgrade() -> None:
    """Without them: states stay as they are, and what the access log said is lost."""
    for table in ("access_entry", "release_proposal", "notice", "disclosure"):
        op.drop_table(table)
