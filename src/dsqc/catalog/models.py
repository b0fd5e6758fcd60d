"""The catalog's tables, the same on SQLite and PostgreSQL.

What is searched has a column and an index; JSON holds only what the forms define. Accessions stand in their own
columns, unique; an object that another archive registered keeps its foreign accession there with ``minted`` false.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, MetaData, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Attributes = dict[str, Any]


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that migrations can drop what they made on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {Attributes: JSON}  # noqa: RUF012  SQLAlchemy reads this as a class attribute


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


class ObjectRecord(Base):
    """Content in the store, named by its SHA-256. The same content is one object, whoever submitted it."""

    __tablename__ = "object"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    md5: Mapped[str] = mapped_column(String(32), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)

    copies: Mapped[list["ObjectCopyRecord"]] = relationship(order_by="ObjectCopyRecord.id")


ARCHIVE_ENCODINGS = ("bgzf", "cram")
"""Encodings of copies beside the one that was registered (``dsqc storage archive``)."""


class ObjectCopyRecord(Base):
    """What lies in one place of a tier: the object's bytes, or an encoding that gives them back. Both may lie there.

    Attributes:
        place: the tier's own name for its first place, else the name under ``[copies.<tier>]`` of ``station.toml``.
        state: ``present``, or how it was last found: ``damaged``, ``missing``.
        verified_at: when its bytes were last proven (UTC, as in events); empty where that is not known.
        proof: how: ``etag``, ``md5`` or ``checksum`` of the store, or ``read back``.
        stored_sha256: digest of the bytes as they lie there; the object's own unless encoded.
        encoding: empty for the object's own bytes, else ``crypt4gh``, ``bgzf``, ``cram``.
        recipe: what is needed to get the object's bytes back.
    """

    __tablename__ = "object_copy"
    __table_args__ = (
        Unique("object_id", "place", "encoding"),
        Index("ix_object_copy_place_verified_at", "place", "verified_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    object_id: Mapped[int] = mapped_column(ForeignKey("object.id"), index=True)
    tier: Mapped[str] = mapped_column(index=True)
    key: Mapped[str]
    place: Mapped[str]
    state: Mapped[str] = mapped_column(default="present")
    verified_at: Mapped[str] = mapped_column(String(30), default="")
    proof: Mapped[str] = mapped_column(default="")
    stored_sha256: Mapped[str] = mapped_column(String(64))
    stored_size_bytes: Mapped[int] = mapped_column(BigInteger)
    encoding: Mapped[str] = mapped_column(default="")
    recipe: Mapped[Attributes] = mapped_column(default=dict)


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
    __table_args__ = (Index("ix_metric_metric_value", "metric", "value"),)

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


class DecisionRecord(Base):
    """What a curator decided about one verdict. When is the event's matter."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    verdict_sha256: Mapped[str] = mapped_column(String(64), index=True)
    decision: Mapped[str]
    decided_by: Mapped[str]
    reason: Mapped[str]


class ForeignAccessionRecord(Base):
    """A number of another archive or centre for one of our objects, kept beside our own."""

    __tablename__ = "foreign_accession"
    __table_args__ = (Unique("accession", "foreign_accession"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(index=True)
    foreign_accession: Mapped[str] = mapped_column(index=True)
    archive: Mapped[str]


class EventRecord(Base):
    """One entry of a submission's history. Triggers of both databases refuse UPDATE and DELETE.

    ``at`` is UTC as text (``2026-01-02T03:04:05.678901Z``): it is part of what ``digest`` covers, so its spelling
    must be the same on every database.
    """

    __tablename__ = "event"
    __table_args__ = (Unique("submission_id", "sequence"), CheckConstraint("sequence >= 1", name="sequence"))

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    sequence: Mapped[int]
    at: Mapped[str] = mapped_column(String(30), index=True)
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    reason: Mapped[str]
    details: Mapped[Attributes]
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)


class EncryptionHeaderRecord(Base):
    """The Crypt4GH header of an encrypted body, named by the digest of that body; kept apart from it.

    ``recipient`` is the fingerprint of the public key that it is encrypted to. A second copy stands in the place of
    headers (``[tiers] headers``).
    """

    __tablename__ = "encryption_header"

    stored_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    header: Mapped[bytes]
    recipient: Mapped[str] = mapped_column(String(16), index=True)


class FixityEventRecord(Base):
    """One entry of the history of stored bytes, one chain for the station; triggers refuse UPDATE and DELETE.

    ``action`` is verify (a whole run: its plan, what it read), damage, repair, copy, archive or drop. ``sha256`` is the
    object's; empty for a run.
    """

    __tablename__ = "fixity_event"
    __table_args__ = (CheckConstraint("sequence >= 1", name="sequence"),)

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(30), index=True)
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    place: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    details: Mapped[Attributes]
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)


class AccessionCounterRecord(Base):
    """The last number given out for one type of accession."""

    __tablename__ = "accession_counter"

    type: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class LeaseRecord(Base):
    """Who works on a submission, and until when. After ``deadline`` (UTC, as in events) anybody may take it."""

    __tablename__ = "lease"

    submitter: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    deadline: Mapped[str] = mapped_column(String(30))
