"""Totals that every figure is made of: of runs also by library strategy, of samples and experiments, of what is stored.

Those of runs follow from ``run_search``, whose rows are there since 0008, so their table is made anew both ways. The
others are kept by triggers: whoever writes, and however many rows at once, the sums are those of the same transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

OWNERS = ("submission", "project")
SUMS = ("file_count", "size_bytes", "file_bases")


@dataclass(frozen=True)
class Kept:
    """What is kept about the rows of ``source``: in ``target``, by ``keys``, the sums of ``amounts``.

    Keys and amounts are the target's columns with what they are of a row; ``{}`` is the row.
    """

    source: str
    target: str
    keys: dict[str, str]
    amounts: dict[str, str]
    only: str = "1 = 1"

    def total(self, rows: str, sign: str = "") -> str:
        """A query for the sums over ``rows``."""
        keys = [text.format("s") for text in self.keys.values()]
        amounts = [f"{sign}sum({text.format('s')})" for text in self.amounts.values()]
        grouped = ", ".join(key for key in keys if key.startswith("s."))
        group = f" GROUP BY {grouped}" if grouped else " HAVING count(*) > 0"
        return f"SELECT {', '.join([*keys, *amounts])} FROM {rows} s WHERE {self.only.format('s')}{group}"  # noqa: S608

    def add(self, values: str) -> str:
        """A statement that adds ``values`` (a query) to what is kept."""
        columns = ", ".join([*self.keys, *self.amounts])
        more = ", ".join(f"{name} = {self.target}.{name} + excluded.{name}" for name in self.amounts)
        keys = ", ".join(self.keys)
        return f"INSERT INTO {self.target} ({columns}) {values} ON CONFLICT ({keys}) DO UPDATE SET {more}"


KEPT = (
    Kept("object", "stored_total", {"kind": "'object'", "tier": "''"}, {"number": "1", "size_bytes": "{}.size_bytes"}),
    Kept(
        "object_copy",
        "stored_total",
        {"kind": "'copy'", "tier": "{}.tier"},
        {"number": "1", "size_bytes": "{}.stored_size_bytes"},
    ),
    Kept(
        "sample",
        "submission_total",
        {"submission_id": "{}.submission_id"},
        {"samples": "1"},
        "{}.submission_id IS NOT NULL",
    ),
    Kept("experiment", "submission_total", {"submission_id": "{}.submission_id"}, {"experiments": "1"}),
)


def upgrade() -> None:
    """To this revision."""
    _make_run_total_anew("platform", "organism", "library_strategy")
    op.create_table(
        "stored_total",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "tier", name=op.f("pk_stored_total")),
    )
    op.create_table(
        "submission_total",
        sa.Column("submission_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in ("samples", "experiments")),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_submission_total_submission_id_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submission_total")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for kept in KEPT:
        op.execute(kept.add(kept.total(kept.source)))
        for statement in _sqlite_triggers(kept) if is_sqlite else _postgresql_triggers(kept):
            op.execute(statement)


def _sqlite_triggers(kept: Kept) -> Iterator[str]:
    """Row by row: SQLite has no others."""
    for verb, rows in (("insert", {"new": ""}), ("delete", {"old": "-"}), ("update", {"old": "-", "new": ""})):
        actions = ""
        for row, sign in rows.items():
            keys = [text.format(row) for text in kept.keys.values()]
            amounts = [f"{sign}{text.format(row)}" for text in kept.amounts.values()]
            # Without WHERE the parser takes ON CONFLICT for a join's ON.
            values = f"SELECT {', '.join([*keys, *amounts])} WHERE {kept.only.format(row)}"
            actions += f"{kept.add(values)}; "
        used = [text[3:] for text in (*kept.keys.values(), *kept.amounts.values()) if text.startswith("{}.")]
        event = f"UPDATE OF {', '.join(used)}" if verb == "update" else verb
        yield f"CREATE TRIGGER {kept.source}_total_{verb} AFTER {event} ON {kept.source} BEGIN {actions}END"


def _postgresql_triggers(kept: Kept) -> Iterator[str]:
    """Once a statement, over all its rows. An update that changes no sum writes nothing."""
    name = f"keep_{kept.source}_total"
    keys = ", ".join(f"c.{key}" for key in kept.keys)
    amounts = ", ".join(f"sum(c.{amount})" for amount in kept.amounts)
    changed = " OR ".join(f"sum(c.{amount}) <> 0" for amount in kept.amounts)
    both = f"{kept.total('added')} UNION ALL {kept.total('removed', '-')}"
    columns = ", ".join([*kept.keys, *kept.amounts])
    change = f"SELECT {keys}, {amounts} FROM ({both}) c ({columns}) GROUP BY {keys} HAVING {changed}"  # noqa: S608
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'INSERT' THEN {kept.add(kept.total('added'))}; "
        f"ELSIF TG_OP = 'DELETE' THEN {kept.add(kept.total('removed', '-'))}; "
        f"ELSE {kept.add(change)}; END IF; RETURN NULL; END $$"
    )
    tables = {"insert": "NEW TABLE AS added", "delete": "OLD TABLE AS removed"}
    tables["update"] = " ".join(tables.values())
    for verb, referenced in tables.items():
        yield (
            f"CREATE TRIGGER {kept.source}_total_{verb} AFTER {verb.upper()} ON {kept.source} "
            f"REFERENCING {referenced} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    """Without those sums: all of them follow from the other tables. Of runs as 0008 made them."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for kept in KEPT:
        for verb in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER {kept.source}_total_{verb}" + ("" if is_sqlite else f" ON {kept.source}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION keep_{kept.source}_total()")
    op.drop_table("submission_total")
    op.drop_table("stored_total")
    _make_run_total_anew("platform", "organism")


def _make_run_total_anew(*words: str) -> None:
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
