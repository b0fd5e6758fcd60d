"""What runs are searched by: a flat row a run, their words with a trigram index, the spellings of values.

``dsqc.catalog.search.index`` fills the rows of runs that are there, in the same transaction (``database.migrate``).

PostgreSQL needs the extension ``pg_trgm`` (shipped with the server, trusted: the owner of the database may make it);
SQLite needs 3.35 with FTS5 (its tokenizer ``trigram``).
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

WORDS: dict[str, bool] = {
    "organism": False,
    "collection_date": True,
    "geo_loc_name": True,
    "research_field": False,
    "package": True,
    "data_centre": True,
    "ministry": True,
    "data_type": False,
    "platform": True,
    "instrument_model": True,
    "library_strategy": True,
    "library_source": False,
    "library_selection": False,
    "library_layout": False,
    "file_type": False,
    "run_date": True,
}
"""Columns of words, and whether each has an index of its own."""
METRICS = (
    "read_count",
    "base_count",
    "length_mean",
    "length_n50",
    "gc_fraction",
    "n_fraction",
    "mean_phred",
    "frac_bases_q20",
    "frac_bases_q30",
    "frac_reads_q30",
    "frac_reads_adapter",
    "frac_reads_deduplicated",
    "frac_mapped",
    "frac_duplicates",
    "coverage_mean",
    "human_share",
)
OWNERS = ("submission", "project", "sample", "experiment")
TRIGGERS = {
    "insert": ("AFTER INSERT", "{new}"),
    "delete": ("AFTER DELETE", "{old}"),
    "update": ("AFTER UPDATE", "{old} {new}"),
}
NEW = "INSERT INTO run_words (rowid, words, inner_words) VALUES (new.run_id, new.words, new.inner_words);"
OLD = (
    "INSERT INTO run_words (run_words, rowid, words, inner_words) "
    "VALUES ('delete', old.run_id, old.words, old.inner_words);"
)


def upgrade() -> None:
    """To this revision."""
    _create_run_search()
    op.create_table(
        "run_text",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("inner_words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_text_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_text")),
    )
    op.create_table(
        "search_value",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", "value", name=op.f("pk_search_value")),
    )
    op.create_index(op.f("ix_search_value_name_folded"), "search_value", ["name", "folded"], unique=False)
    op.create_table(
        "run_total",
        *(sa.Column(f"{name}_id", sa.Integer(), autoincrement=False, nullable=False) for name in OWNERS[:2]),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("organism", sa.String(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("file_count", "size_bytes", "file_bases")),
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], [f"{name}.id"], name=op.f(f"fk_run_total_{name}_id_{name}"))
            for name in OWNERS[:2]
        ),
        sa.PrimaryKeyConstraint("submission_id", "project_id", "platform", "organism", name=op.f("pk_run_total")),
    )
    _replace_index("metric", ["metric", "value"], ["metric", "value", "run_id"])
    _replace_index("object_copy", ["tier"], ["tier", "stored_size_bytes"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE run_words USING fts5"
            "(words, inner_words, content='run_text', content_rowid='run_id', tokenize='trigram')"
        )
        for verb, (when, body) in TRIGGERS.items():
            actions = body.format(new=NEW, old=OLD)
            op.execute(f"CREATE TRIGGER run_text_{verb} {when} ON run_text BEGIN {actions} END")
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name in ("words", "inner_words"):
        op.execute(f"CREATE INDEX ix_run_text_{name} ON run_text USING gin ({name} gin_trgm_ops)")


def _replace_index(table: str, old: list[str], new: list[str]) -> None:
    op.drop_index(op.f(f"ix_{table}_{'_'.join(old)}"), table)
    op.create_index(op.f(f"ix_{table}_{'_'.join(new)}"), table, new, unique=False)


def _create_run_search() -> None:
    columns: list[Any] = [
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        *(sa.Column(f"{name}_id", sa.Integer(), nullable=False) for name in OWNERS),
        sa.Column("is_secret", sa.Boolean(), nullable=False),
        sa.Column("taxonomy_id", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in WORDS),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.Column("file_bases", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=True) for name in METRICS),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_search_run_id_run"), ondelete="CASCADE"),
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], [f"{name}.id"], name=op.f(f"fk_run_search_{name}_id_{name}"))
            for name in OWNERS
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_search")),
        sa.UniqueConstraint("accession", name=op.f("uq_run_search_accession")),
    ]
    op.create_table("run_search", *columns)
    single = [*(f"{name}_id" for name in OWNERS), "taxonomy_id", *(name for name, own in WORDS.items() if own)]
    for name in single:
        op.create_index(op.f(f"ix_run_search_{name}"), "run_search", [name], unique=False)
    for first, second in (("organism", "research_field"), ("research_field", "platform")):
        op.create_index(op.f(f"ix_run_search_{first}_{second}"), "run_search", [first, second], unique=False)


def downgrade() -> None:
    """Without what runs are searched by: all of it follows from the other tables. ``pg_trgm`` may be others' too."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE run_words")
    _replace_index("metric", ["metric", "value", "run_id"], ["metric", "value"])
    _replace_index("object_copy", ["tier", "stored_size_bytes"], ["tier"])
    for name in ("run_total", "search_value", "run_text", "run_search"):
        op.drop_table(name)
