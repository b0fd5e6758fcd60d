"""Building, keeping and giving out the distributions that runs are compared with."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from dsqc.catalog.events import timestamp
from dsqc.catalog.models import (
    ExperimentRecord,
    MetricRecord,
    QualityDistributionRecord,
    QualityReferenceRecord,
    RunRecord,
    SubmissionRecord,
)
from dsqc.catalog.registering import Actor
from dsqc.catalog.states import REGISTERED
from dsqc.metrics.catalogue import METRICS
from dsqc.metrics.reference import Distribution, Reference, Stratum


def build_reference(session: Session, minimum_runs: int, metrics: Sequence[str] | None = None) -> Reference:
    """The distributions over all registered runs, open and closed: they tell of no single run.

    Args:
        minimum_runs: least runs of a platform, strategy and research field that have a distribution.
        metrics: metric ids; ``None`` for every number of the metric catalogue.

    Returns:
        A reference without a number of its own (version 0); :func:`keep_reference` gives it one.
    """
    names = metrics or [item.id for item in METRICS.values() if item.unit != "text"]
    strata: dict[Stratum, dict[str, Distribution]] = {}
    for name in names:
        for stratum, distribution in _distributions(session, name, minimum_runs):
            strata.setdefault(stratum, {})[name] = distribution
    return Reference(0, minimum_runs, strata)


def _distributions(session: Session, metric: str, minimum_runs: int) -> Iterable[tuple[Stratum, Distribution]]:
    """One metric at a time, so that memory holds the values of one."""
    names = (ExperimentRecord.platform, ExperimentRecord.library_strategy, SubmissionRecord.research_field)
    query = (
        select(*names, MetricRecord.value, func.count())
        .select_from(MetricRecord)
        .join(RunRecord, RunRecord.id == MetricRecord.run_id)
        .join(ExperimentRecord, ExperimentRecord.id == RunRecord.experiment_id)
        .join(SubmissionRecord, SubmissionRecord.id == RunRecord.submission_id)
        .where(MetricRecord.metric == metric, MetricRecord.value.is_not(None))
        .where(SubmissionRecord.state.in_([state.value for state in REGISTERED]))
        .group_by(*names, MetricRecord.value)
    )
    rows = [
        ((platform.casefold(), strategy.casefold(), field.casefold()), float(value), int(count))
        for platform, strategy, field, value, count in session.execute(query)
    ]
    # Sorted here: databases sort text by rules of their own, and spellings that differ in case are one stratum.
    rows.sort(key=lambda row: row[0])
    for stratum, members in groupby(rows, key=lambda row: row[0]):
        distribution = Distribution.of((value, count) for _, value, count in members)
        if distribution.run_count >= minimum_runs:
            yield stratum, distribution


def keep_reference(session: Session, reference: Reference, actor: Actor) -> tuple[Reference, bool]:
    """Keep a reference as the newest version; where the newest says the same, that stays.

    Returns:
        The reference with its version, and whether it is a new one.
    """
    last = session.scalars(
        select(QualityReferenceRecord).order_by(QualityReferenceRecord.version.desc()).limit(1)
    ).first()
    if last is not None and last.sha256 == reference.sha256:
        return Reference(last.version, reference.minimum_runs, reference.strata), False
    version = last.version + 1 if last else 1
    record = QualityReferenceRecord(
        version=version,
        made_at=timestamp(actor.clock()),
        actor=actor.name,
        minimum_runs=reference.minimum_runs,
        run_count=sum(reference.run_count(stratum) for stratum in reference.strata),
        sha256=reference.sha256,
    )
    session.add(record)
    session.flush()
    rows = [
        {
            "version": version,
            "platform": stratum[0],
            "library_strategy": stratum[1],
            "research_field": stratum[2],
            "metric": name,
            "run_count": item.run_count,
            "points": [list(point) for point in item.points],
        }
        for stratum, metrics in sorted(reference.strata.items())
        for name, item in sorted(metrics.items())
    ]
    if rows:
        session.execute(insert(QualityDistributionRecord), rows)
    return Reference(version, reference.minimum_runs, reference.strata), True


def kept_reference(session: Session, version: int | None = None) -> Reference | None:
    """A reference as it was kept; the newest one unless ``version`` says which. ``None`` where there is none."""
    query = select(QualityReferenceRecord).order_by(QualityReferenceRecord.version.desc()).limit(1)
    if version is not None:
        query = query.where(QualityReferenceRecord.version == version)
    record = session.scalars(query).first()
    if record is None:
        return None
    strata: dict[Stratum, dict[str, Distribution]] = {}
    found = select(QualityDistributionRecord).where(QualityDistributionRecord.version == record.version)
    for row in session.scalars(found):
        key = (row.platform, row.library_strategy, row.research_field)
        points = tuple((float(value), int(count)) for value, count in row.points)
        strata.setdefault(key, {})[row.metric] = Distribution(points)
    return Reference(record.version, record.minimum_runs, strata)


def reference_versions(session: Session) -> list[QualityReferenceRecord]:
    """Every version that is kept, newest first."""
    return list(session.scalars(select(QualityReferenceRecord).order_by(QualityReferenceRecord.version.desc())))
