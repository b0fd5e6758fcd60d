"""Sums that figures are made of, so that no question counts millions of rows.

Every row here follows from the other tables and is written in the transaction that changes those: the totals of runs
by ``catalog.search.index``, the others by triggers of the database. ``dsqc catalog verify`` compares all of them with a
full count; ``dsqc catalog reindex`` writes them anew.
"""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dsqc.catalog.models.base import Base


class RunTotalRecord(Base):
    """Sums over the runs of ``run_search`` that are alike: figures add up some thousands of these, not all runs.

    Whatever can be corrected later without touching a run (a submission's state and access, say) is no part of it.
    """

    __tablename__ = "run_total"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True, autoincrement=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True, autoincrement=False)
    platform: Mapped[str] = mapped_column(primary_key=True)
    organism: Mapped[str] = mapped_column(primary_key=True)
    library_strategy: Mapped[str] = mapped_column(primary_key=True)
    runs: Mapped[int]
    file_count: Mapped[int] = mapped_column(BigInteger)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    file_bases: Mapped[int] = mapped_column(BigInteger)


class SubmissionTotalRecord(Base):
    """How many samples and experiments a submission registered; without a row none. Kept by triggers."""

    __tablename__ = "submission_total"

    submission_id: Mapped[int] = mapped_column(
        ForeignKey("submission.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    samples: Mapped[int] = mapped_column(BigInteger, server_default="0")
    experiments: Mapped[int] = mapped_column(BigInteger, server_default="0")


class StoredTotalRecord(Base):
    """How many objects there are and how large they are (``kind`` object, ``tier`` empty), and of their copies
    (``kind`` copy) in each tier. Kept by triggers."""

    __tablename__ = "stored_total"

    kind: Mapped[str] = mapped_column(primary_key=True)
    tier: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
