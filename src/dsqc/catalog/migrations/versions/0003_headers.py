"""Headers of closed objects: what opens the encrypted bytes, and to whose key."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "encryption_header",
        sa.Column("stored_sha256", sa.String(length=64), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("stored_sha256", name=op.f("pk_encryption_header")),
    )
    op.create_index(op.f("ix_encryption_header_recipient"), "encryption_header", ["recipient"], unique=False)


def downgrade() -> None:
    """Without headers in the catalog; those in their own place stay, and are what opens closed objects then."""
    op.drop_table("encryption_header")
