"""Copies of objects: several places of a tier, what lies there, when and how it was proven; events of fixity."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any], str], ...] = (
    ("place", sa.String(), ""),
    ("state", sa.String(), "present"),
    ("verified_at", sa.String(30), ""),
    ("proof", sa.String(), ""),
    ("stored_sha256", sa.String(64), ""),
    ("stored_size_bytes", sa.BigInteger(), "0"),
    ("encoding", sa.String(), ""),
    ("recipe", sa.JSON(), "{}"),
)
"""Name, type, and what copies get that were there before."""


def upgrade() -> None:
    """To this revision. Copies that are there lie as they were handed in; when they were last proven is not known."""
    with op.batch_alter_table("object_copy") as table:
        for name, kind, default in COLUMNS:
            table.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        table.drop_constraint(op.f("uq_object_copy_object_id"), type_="unique")
    op.execute(
        "UPDATE object_copy SET place = tier, "
        "stored_sha256 = (SELECT sha256 FROM object WHERE object.id = object_copy.object_id), "
        "stored_size_bytes = (SELECT size_bytes FROM object WHERE object.id = object_copy.object_id)"
    )
    with op.batch_alter_table("object_copy") as table:
        for name, kind, _default in COLUMNS:
            table.alter_column(name, server_default=None, existing_type=kind, existing_nullable=False)
        table.create_unique_constraint(op.f("uq_object_copy_object_id"), ["object_id", "place"])
        table.create_index(op.f("ix_object_copy_place_verified_at"), ["place", "verified_at"], unique=False)
    _create_fixity_event()


def _create_fixity_event() -> None:
    op.create_table(
        "fixity_event",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_fixity_event_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_fixity_event")),
        sa.UniqueConstraint("digest", name=op.f("uq_fixity_event_digest")),
    )
    for name in ("at", "action", "sha256"):
        op.create_index(op.f(f"ix_fixity_event_{name}"), "fixity_event", [name], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER fixity_event_no_{verb.lower()} BEFORE {verb} ON fixity_event "
                "BEGIN SELECT RAISE(ABORT, 'events are never changed or deleted'); END"
            )
        return
    # The function is of revision 0001.
    op.execute(
        "CREATE TRIGGER fixity_event_no_change BEFORE UPDATE OR DELETE ON fixity_event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_event_change()"
    )
    op.execute(
        "CREATE TRIGGER fixity_event_no_truncate BEFORE TRUNCATE ON fixity_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
    )


def downgrade() -> None:
    """One copy a tier again, the first place's; what further places hold stays there, but nobody knows of it."""
    op.drop_table("fixity_event")
    op.execute("DELETE FROM object_copy WHERE place <> tier")
    with op.batch_alter_table("object_copy") as table:
        table.drop_index(op.f("ix_object_copy_place_verified_at"))
        table.drop_constraint(op.f("uq_object_copy_object_id"), type_="unique")
        for name, _kind, _default in COLUMNS:
            table.drop_column(name)
        table.create_unique_constraint(op.f("uq_object_copy_object_id"), ["object_id", "tier"])
