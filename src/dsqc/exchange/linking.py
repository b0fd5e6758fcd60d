"""Numbers that other archives gave our objects: entered by hand, or out of the receipt that ENA gives for INSDC XML."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, parse

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.accessions import accession_type
from dsqc.catalog.events import Clock, append_event, now
from dsqc.catalog.models import (
    ExperimentRecord,
    ForeignAccessionRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.errors import UsageError
from dsqc.exchange.resolving import archive_of

ACTION = "linked"
"""What the event of a submission says that got a number elsewhere."""
_OBJECTS = ("PROJECT", "SAMPLE", "EXPERIMENT", "RUN")
_TABLES: dict[str, Any] = {
    "project": ProjectRecord,
    "sample": SampleRecord,
    "experiment": ExperimentRecord,
    "run": RunRecord,
}
Pair = tuple[str, str]
"""Our number, and the other archive's."""


def read_receipt(path: Path) -> list[Pair]:
    """Pairs of a receipt of ENA (``SRA.receipt.xsd``): the aliases of our XML are our numbers.

    Raises:
        UsageError: it is no receipt, or one of a submission that ENA did not take.
    """
    try:
        root = parse(path).getroot()  # noqa: S314  expat bounds what entities may grow to
    except (OSError, ParseError) as error:
        raise UsageError(f"{path} cannot be read as XML.", hint="Give the receipt as ENA sent it.") from error
    if root.tag != "RECEIPT":
        raise UsageError(f"{path} is no receipt of ENA.", hint="Give the file whose root is RECEIPT.")
    if root.get("success") != "true":
        raise UsageError(f"{path} says that ENA did not take the submission.", hint="Correct it and submit again.")
    return [pair for name in _OBJECTS for item in root.iter(name) for pair in _pairs(item)]


def _pairs(item: Element) -> Iterator[Pair]:
    alias, number = item.get("alias"), item.get("accession")
    if alias and number:
        yield alias, number
        for other in item.iter("EXT_ID"):
            more = other.get("accession") or ""
            if accession_type(more):
                yield alias, more


def link_numbers(session: Session, pairs: Sequence[Pair], *, actor: str, clock: Clock = now) -> int:
    """Note ``pairs``; what is noted already stays. Each submission gets one event that names its new ones.

    Returns:
        How many were new.

    Raises:
        UsageError: a number is not ours, names another kind of object, or is linked to another number of ours.
    """
    new: dict[int, list[Pair]] = {}
    for own, other in dict.fromkeys(pairs):
        submission = _owner(session, own, other)
        link = ForeignAccessionRecord
        known = set(session.scalars(select(link.accession).where(link.foreign_accession == other)))
        if known - {own}:
            raise UsageError(
                f"{other} is linked to {min(known)} already, not to {own}.",
                hint="`dsqc catalog resolve` shows what is linked; ask the archive which is right.",
            )
        if not known:
            session.add(link(accession=own, foreign_accession=other, archive=archive_of(other)[0]))
            new.setdefault(submission.id, []).append((own, other))
            session.flush()
    for number, linked in new.items():
        said = [{"accession": own, "foreign_accession": other} for own, other in linked]
        owner = session.get_one(SubmissionRecord, number)
        append_event(session, owner, ACTION, actor=actor, details={"numbers": said}, clock=clock)
    return sum(len(linked) for linked in new.values())


def _owner(session: Session, own: str, other: str) -> SubmissionRecord:
    """The submission of one of our numbers."""
    for kind, table in _TABLES.items():
        record = session.scalars(select(table).where(table.accession == own)).first()
        if record is None:
            continue
        named = accession_type(other)
        if named is not None and named.value != kind:
            raise UsageError(f"{other} names a {named.value}, {own} a {kind}.", hint="Link numbers of one kind.")
        owners = select(SubmissionRecord).order_by(SubmissionRecord.id)
        if isinstance(record, ProjectRecord):
            owners = owners.where(SubmissionRecord.project_id == record.id)
        else:
            owners = owners.where(SubmissionRecord.id == record.submission_id)
        found = session.scalars(owners).first()
        if found is not None:
            return found
    raise UsageError(f"{own} is no number of this station.", hint="Name a project, sample, experiment or run of it.")
