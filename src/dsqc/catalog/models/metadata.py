"""What was submitted: submissions, projects, samples, experiments, runs, their files, metrics and findings.

Accessions stand in their own columns, unique; an object that another archive registered keeps its foreign accession
there with ``minted`` false.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dsqc.catalog.models.base import Attributes, Base
from dsqc.catalog.models.stored import ObjectRecord


class SubmissionRecord(Base):
    """One submission of one submitter, from the day the station first judged it.

    ``content_sha256`` covers forms and files (see ``catalog.intake``): the same content is the same submission.
    """

    __tablename__ = "submission"
    __table_args__ = (Unique("submitter", "alias"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submitter: Mapped[str]
    alias: Mapped[str] = mapped_column(index=True)
    accession: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    content_sha256: Mapped[str] = mapped_column(String(64), index=True)
    verdict: Mapped[str]
    verdict_sha256: Mapped[str] = mapped_column(String(64))
    research_field: Mapped[str] = mapped_column(index=True)
    form_version: Mapped[str]
    package: Mapped[str] = mapped_column(index=True)
    data_centre: Mapped[str] = mapped_column(index=True)
    access_level: Mapped[str] = mapped_column(index=True)
    release_date: Mapped[str] = mapped_column(index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    # The submission sheet, and this submission's own words about its project: roles, ownership, withholding.
    attributes: Mapped[Attributes]
    project_attributes: Mapped[Attributes]
    reasons: Mapped[list[Any]] = mapped_column(JSON)

    project: Mapped["ProjectRecord | None"] = relationship()
    runs: Mapped[list["RunRecord"]] = relationship(back_populates="submission", order_by="RunRecord.id")
    experiments: Mapped[list["ExperimentRecord"]] = relationship(order_by="ExperimentRecord.id")
    samples: Mapped[list["SampleRecord"]] = relationship(order_by="SampleRecord.id")


class ProjectRecord(Base):
    """A project; several submissions may belong to one."""

    __tablename__ = "project"
    __table_args__ = (Unique("submitter", "alias"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(unique=True)
    minted: Mapped[bool]
    submitter: Mapped[str]
    alias: Mapped[str] = mapped_column(index=True)
    project_type: Mapped[str]
    data_type: Mapped[str] = mapped_column(index=True)
    title_en: Mapped[str]
    title_ko: Mapped[str]
    ministry: Mapped[str] = mapped_column(index=True)
    attributes: Mapped[Attributes]


class SampleRecord(Base):
    """A sample. ``submission_id`` is empty for a sample of another archive that experiments refer to."""

    __tablename__ = "sample"
    # Names are unique in a project whatever their case (DSQC-S003), so the key holds the folded name.
    __table_args__ = (Unique("project_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(unique=True)
    minted: Mapped[bool]
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submission.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    name: Mapped[str] = mapped_column(index=True)
    name_key: Mapped[str]
    title: Mapped[str]
    organism: Mapped[str] = mapped_column(index=True)
    taxonomy_id: Mapped[int | None] = mapped_column(index=True)
    collection_date: Mapped[str] = mapped_column(index=True)
    geo_loc_name: Mapped[str] = mapped_column(index=True)
    attributes: Mapped[Attributes]


class ExperimentRecord(Base):
    """An experiment: one library of one sample."""

    __tablename__ = "experiment"
    __table_args__ = (Unique("project_id", "library_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(unique=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("sample.id"), index=True)
    library_id: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    library_strategy: Mapped[str] = mapped_column(index=True)
    library_source: Mapped[str] = mapped_column(index=True)
    library_selection: Mapped[str]
    library_layout: Mapped[str]
    platform: Mapped[str] = mapped_column(index=True)
    instrument_model: Mapped[str] = mapped_column(index=True)
    attributes: Mapped[Attributes]

    sample: Mapped[SampleRecord] = relationship()


class RunRecord(Base):
    """A run, with how many reads it was measured to hold."""

    __tablename__ = "run"
    __table_args__ = (Unique("submission_id", "alias"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(unique=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiment.id"), index=True)
    alias: Mapped[str] = mapped_column(index=True)
    run_key: Mapped[str]
    file_type: Mapped[str] = mapped_column(index=True)
    run_date: Mapped[str] = mapped_column(index=True)
    attributes: Mapped[Attributes]

    submission: Mapped[SubmissionRecord] = relationship(back_populates="runs")
    experiment: Mapped[ExperimentRecord] = relationship()
    files: Mapped[list["DataFileRecord"]] = relationship(order_by="DataFileRecord.id")
    metrics: Mapped[list["MetricRecord"]] = relationship(order_by="MetricRecord.metric")


class DataFileRecord(Base):
    """One file of a run. ``read_count`` and ``base_count`` are empty where the file could not be measured."""

    __tablename__ = "data_file"
    __table_args__ = (Unique("run_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    object_id: Mapped[int] = mapped_column(ForeignKey("object.id"), index=True)
    name: Mapped[str] = mapped_column(index=True)
    read_role: Mapped[str]
    format: Mapped[str] = mapped_column(index=True)
    container: Mapped[str]
    md5: Mapped[str] = mapped_column(String(32), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    read_count: Mapped[int | None] = mapped_column(BigInteger)
    base_count: Mapped[int | None] = mapped_column(BigInteger)
    attributes: Mapped[Attributes]

    stored: Mapped[ObjectRecord] = relationship()


class MetricRecord(Base):
    """One metric of one run. A number stands in ``value``, a word in ``text``."""

    __tablename__ = "metric"
    # With run_id, so that the index answers by itself.
    __table_args__ = (Index("ix_metric_metric_value_run_id", "metric", "value", "run_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float | None]
    text: Mapped[str | None]


class FindingRecord(Base):
    """How often a rule spoke about an object of a submission; the findings themselves stay in the results."""

    __tablename__ = "finding"
    __table_args__ = (Unique("submission_id", "place", "code", "severity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    place: Mapped[str]
    code: Mapped[str] = mapped_column(index=True)
    severity: Mapped[str] = mapped_column(index=True)
    count: Mapped[int] = mapped_column(BigInteger)


class ForeignAccessionRecord(Base):
    """A number of another archive or centre for one of our objects, kept beside our own."""

    __tablename__ = "foreign_accession"
    __table_args__ = (Unique("accession", "foreign_accession"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(index=True)
    foreign_accession: Mapped[str] = mapped_column(index=True)
    archive: Mapped[str]
