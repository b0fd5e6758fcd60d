"""What runs are searched by: one flat row a run, its words, and the spellings of values.

Every row here follows from the other tables (``catalog.search.index`` writes it in the same transaction); nothing is
known here alone.
"""

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from dsqc.catalog.models.base import Base

WIDE_METRICS = (
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
"""Metrics with a column of their own in ``run_search``: those of the quality goals, and those asked for most."""


OF_ONE_DATABASE = ("run_words", "ix_run_text_")
"""How tables and indexes begin that only one kind of database has; migrations make them, the models cannot."""


class RunSearchRecord(Base):
    """A run with everything that is often asked of it, so that a question needs no other table.

    ``size_bytes``, ``file_count`` and ``file_bases`` are sums over its files. ``is_secret``: of a security project.
    The metric columns are those of :data:`WIDE_METRICS`; empty where the run has no such number.
    """

    __tablename__ = "run_search"
    __table_args__ = (
        Index("ix_run_search_organism_research_field", "organism", "research_field"),
        Index("ix_run_search_research_field_platform", "research_field", "platform"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    accession: Mapped[str] = mapped_column(unique=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("sample.id"), index=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiment.id"), index=True)
    is_secret: Mapped[bool]

    organism: Mapped[str]
    taxonomy_id: Mapped[int | None] = mapped_column(index=True)
    collection_date: Mapped[str] = mapped_column(index=True)
    geo_loc_name: Mapped[str] = mapped_column(index=True)
    research_field: Mapped[str]
    package: Mapped[str] = mapped_column(index=True)
    data_centre: Mapped[str] = mapped_column(index=True)
    ministry: Mapped[str] = mapped_column(index=True)
    data_type: Mapped[str]
    platform: Mapped[str] = mapped_column(index=True)
    instrument_model: Mapped[str] = mapped_column(index=True)
    library_strategy: Mapped[str] = mapped_column(index=True)
    library_source: Mapped[str]
    library_selection: Mapped[str]
    library_layout: Mapped[str]
    file_type: Mapped[str]
    run_date: Mapped[str] = mapped_column(index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    file_count: Mapped[int]
    file_bases: Mapped[int] = mapped_column(BigInteger)

    read_count: Mapped[float | None]
    base_count: Mapped[float | None]
    length_mean: Mapped[float | None]
    length_n50: Mapped[float | None]
    gc_fraction: Mapped[float | None]
    n_fraction: Mapped[float | None]
    mean_phred: Mapped[float | None]
    frac_bases_q20: Mapped[float | None]
    frac_bases_q30: Mapped[float | None]
    frac_reads_q30: Mapped[float | None]
    frac_reads_adapter: Mapped[float | None]
    frac_reads_deduplicated: Mapped[float | None]
    frac_mapped: Mapped[float | None]
    frac_duplicates: Mapped[float | None]
    coverage_mean: Mapped[float | None]
    human_share: Mapped[float | None]


class RunTextRecord(Base):
    """The words about a run, folded: accessions, titles, names, descriptions, attributes.

    ``words`` holds attributes whose ``visibility`` is public, ``inner_words`` the others; a reader's search never looks
    at those. Indexed by trigrams: ``pg_trgm`` in PostgreSQL, the FTS5 table ``run_words`` in SQLite.
    """

    __tablename__ = "run_text"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    words: Mapped[str]
    inner_words: Mapped[str]


class SearchValueRecord(Base):
    """How a value of a column of ``run_search`` is written, by its folded form: ``illumina`` finds ``ILLUMINA``."""

    __tablename__ = "search_value"
    __table_args__ = (Index("ix_search_value_name_folded", "name", "folded"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    folded: Mapped[str]
