"""Figures beside the records: what other centres report, and what the quality of runs is compared with."""

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from dsqc.catalog.models.base import Base

SCOPES = ("whole", "besides")
"""Scopes of a reported figure; see :class:`CentreFigureRecord`."""


class CentreFigureRecord(Base):
    """How much a centre said that it holds of one type of data.

    Attributes:
        data_type: code of ``schemas/statistics/data_types.tsv``.
        as_of: day of the figure (``2020-12-31``).
        scope: ``whole``: everything the centre holds, and stands in place of what this catalog counts under its name;
            ``besides``: what this catalog does not hold, and is added to what it counts.
        volume_bytes: 10^9 for each gigabyte reported.
        source: where the figure comes from.
    """

    __tablename__ = "centre_figure"
    __table_args__ = (
        Unique("centre", "data_type", "as_of", "scope"),
        CheckConstraint("records >= 0 AND volume_bytes >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre: Mapped[str] = mapped_column(index=True)
    data_type: Mapped[str]
    as_of: Mapped[str] = mapped_column(String(10), index=True)
    scope: Mapped[str]
    records: Mapped[int] = mapped_column(BigInteger)
    volume_bytes: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str]


class QualityReferenceRecord(Base):
    """One version of the distributions that runs are compared with. Never changed; the newest holds.

    Attributes:
        made_at: UTC, as in events.
        minimum_runs: least runs of a stratum that has a distribution.
        run_count: runs that it was made from.
        sha256: digest of its document; the same runs give the same.
    """

    __tablename__ = "quality_reference"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[str] = mapped_column(String(30))
    actor: Mapped[str]
    minimum_runs: Mapped[int]
    run_count: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))


class QualityDistributionRecord(Base):
    """Distribution of one metric over the runs of one stratum: platform, strategy and research field.

    ``points`` are pairs of a value and the number of runs that it stands for (``dsqc.metrics.reference``).
    """

    __tablename__ = "quality_distribution"

    version: Mapped[int] = mapped_column(ForeignKey("quality_reference.version"), primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    library_strategy: Mapped[str] = mapped_column(primary_key=True)
    research_field: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    run_count: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[list[Any]] = mapped_column(JSON)
