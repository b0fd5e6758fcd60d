"""Totals of runs that are alike also by library strategy: every figure adds those up.

They follow from ``run_search``, whose rows are there since 0008, so the table is made anew both ways.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

OWNERS = ("submission", "project")
SUMS = ("file_count", "size_bytes", "file_bases")


def upgrade() -> None:
    """To this revision."""
    _make_anew("platform", "organism", "library_strategy")


def downgrade() -> None:
    """Without the strategy, as 0008 made it."""
    _make_anew("platform", "organism")


def _make_anew(*words: str) -> None:
    op.drop_table("run_total")
    keys = [*(f"{name}_id" for name in OWNERS), *words]
    columns: list[Any] = [
        *(sa.Column(f"{name}_id", sa.Integer(), autoincrement=False, nullable=False) for name in OWNERS),
        *(sa.Column(name, sa.String(), nullable=False) for name in words),
        sa.Column("runs", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS),
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], [f"{name}.id"], name=op.f(f"fk_run_total_{name}_id_{name}"))
            for name in OWNERS
        ),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_run_total")),
    ]
    op.create_table("run_total", *columns)
    alike, sums = ", ".join(keys), ", ".join(f"sum({name})" for name in SUMS)
    op.execute(f"INSERT INTO run_total SELECT {alike}, count(*), {sums} FROM run_search GROUP BY {alike}")  # noqa: S608
