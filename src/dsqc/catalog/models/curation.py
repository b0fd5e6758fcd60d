"""What curators work on: one case a judged version of a submission, who gave which opinion, and for which reasons."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dsqc.catalog.models.base import Base


class CurationCaseRecord(Base):
    """One version of a submission as a curator decides it: everything is about exactly one verdict.

    Attributes:
        version: 1 for the first version that came to a curator, then counted on.
        name: the batch's name of the submission.
        results, inbox: where its results and files stood when it came into the queue; absolute paths.
        entered_at: UTC, as in events.
        assigned_to, assigned_until: who works on it, and until when nobody else may decide (UTC); empty for nobody.
        second_reason: why two decide without seeing each other; empty where one is enough.
        second_to, third_to: who is asked; empty for anybody else.
        unanswered: reasons of the last return that this version leaves as they were; neither version ever changes.
        content: values of the sheets and digests of the files (see ``catalog.curation.content``); personal data masked.
        runs: platform, strategy and metrics of each run: until it is registered no other table holds them.
    """

    __tablename__ = "curation_case"
    __table_args__ = (Unique("submission_id", "verdict_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    verdict_sha256: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[int]
    name: Mapped[str]
    results: Mapped[str]
    inbox: Mapped[str]
    entered_at: Mapped[str] = mapped_column(String(30), index=True)
    assigned_to: Mapped[str] = mapped_column(default="", index=True)
    assigned_until: Mapped[str] = mapped_column(String(30), default="")
    second_reason: Mapped[str] = mapped_column(default="")
    second_to: Mapped[str] = mapped_column(default="")
    third_to: Mapped[str] = mapped_column(default="")
    unanswered: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    runs: Mapped[list[Any]] = mapped_column(JSON)

    opinions: Mapped[list["CurationOpinionRecord"]] = relationship(order_by="CurationOpinionRecord.id")


class CurationOpinionRecord(Base):
    """What one curator decides about a case. One opinion is the decision where nobody else is asked.

    Attributes:
        role: ``first`` and ``second`` decide without seeing each other, ``third`` and ``settled`` after they differed.
        nonce: makes the digest in the event of a blind opinion one that nobody can guess.
    """

    __tablename__ = "curation_opinion"
    __table_args__ = (Unique("case_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("curation_case.id"), index=True)
    role: Mapped[str]
    curator: Mapped[str] = mapped_column(index=True)
    decision: Mapped[str]
    text: Mapped[str]
    at: Mapped[str] = mapped_column(String(30), index=True)
    nonce: Mapped[str] = mapped_column(String(32))

    reasons: Mapped[list["CurationReasonRecord"]] = relationship(
        order_by="CurationReasonRecord.id", cascade="all, delete-orphan"
    )


class CurationReasonRecord(Base):
    """One reason of an opinion, from the list ``curation/reasons.tsv``, and the cells it is about.

    ``attribute`` is empty for a whole object, ``object_id`` for all objects of a sheet, ``sheet`` for the submission;
    ``row`` and ``column`` are those of the cell at that time; ``value`` is what it held, personal data masked.
    """

    __tablename__ = "curation_reason"

    id: Mapped[int] = mapped_column(primary_key=True)
    opinion_id: Mapped[int] = mapped_column(ForeignKey("curation_opinion.id"), index=True)
    code: Mapped[str] = mapped_column(index=True)
    sheet: Mapped[str]
    attribute: Mapped[str]
    object_id: Mapped[str]
    row: Mapped[int | None]
    column: Mapped[str]
    value: Mapped[str]
