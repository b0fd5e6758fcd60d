"""Data that is in the catalog already: the same bytes, or the same reads in other bytes, wherever it stands.

Bytes are compared by SHA-256, reads by their fingerprints (``dsqc.fingerprint``): the same however they were
compressed, ordered, named, or put into FASTQ or BAM. As fingerprints add up, the catalog also knows the files of a run
by twos and more: data that is a whole part of a run, or holds a whole run, is found by one look-up in an
index, and for certain. A sample of the reads of a file is not found.
"""

import functools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, String, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    FingerprintRecord,
    ReplacedFileRecord,
    RunRecord,
    SubmissionRecord,
)
from dsqc.catalog.versions.fingerprints import ReadFingerprint
from dsqc.catalog.versions.naming import may_be_named

CHUNK = 500
"""Values of one IN list."""


class Same(StrEnum):
    """What is the same, from the strongest to the weakest."""

    BYTES = "bytes"
    READS = "reads"
    SEQUENCES = "sequences"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Registered data that is the same as something asked for.

    Attributes:
        key: what was asked for: a SHA-256, or the fingerprint's ``reads`` or ``sequences``.
        same: what is the same.
        run: its accession; empty where the asker may not be told.
        name: the file or files of the run, joined by ``+``; empty for the whole run, or where it may not be told.
        read_count: reads that are the same; ``None`` for bytes.
        is_present: false where other files took its place since.
    """

    key: str
    same: Same
    run: str
    name: str
    read_count: int | None
    is_present: bool


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a submitter, about a submission of theirs that is not told of itself; nobody for the station."""

    submitter: str | None = None
    alias: str | None = None


def same_bytes(session: Session, digests: Collection[str], asker: Asker) -> list[Duplicate]:
    """Registered files, present and replaced ones, whose bytes have one of these SHA-256."""
    found: list[Duplicate] = []
    for table, present in ((DataFileRecord, True), (ReplacedFileRecord, False)):
        for digest, run, name, named in _found(session, _files_with(table, asker.submitter is None), digests, asker):
            told = (run, name) if named else ("", "")
            found.append(Duplicate(digest, Same.BYTES, told[0], told[1], None, present))
    return sorted(found, key=lambda item: (item.key, item.run, item.name))


def same_reads(session: Session, values: Collection[ReadFingerprint], asker: Asker) -> list[Duplicate]:
    """Registered files and runs that hold exactly these reads; where none does, those with the same sequences and
    other qualities."""
    found = list(_look_up(session, {item.reads: item for item in values}, Same.READS, asker))
    met = {item.key for item in found}
    rest = {item.sequences: item for item in values if item.reads not in met}
    found += _look_up(session, rest, Same.SEQUENCES, asker)
    return sorted(found, key=lambda item: (item.key, item.run, item.name))


def _look_up(session: Session, wanted: dict[str, ReadFingerprint], same: Same, asker: Asker) -> Iterator[Duplicate]:
    query = _fingerprints_with(same, asker.submitter is None)
    for key, run, name, number, present, named in _found(session, query, wanted, asker):
        if number == wanted[key].read_count:
            told = (run, name) if named else ("", "")
            yield Duplicate(key, same, told[0], told[1], number, present)


def _found(session: Session, query: Select[Any], values: Collection[str], asker: Asker) -> Iterator[Any]:
    who = {} if asker.submitter is None else {"submitter": asker.submitter, "alias": asker.alias}
    ordered = sorted(set(values))
    for start in range(0, len(ordered), CHUNK):
        yield from session.execute(query, {"keys": ordered[start : start + CHUNK], **who})


# Made once: to build such a statement takes longer than the database needs to answer it.
@functools.cache
def _files_with(table: Any, for_station: bool) -> Select[Any]:
    return _asked((table.sha256, RunRecord.accession, table.name), table, table.sha256, for_station)


@functools.cache
def _fingerprints_with(same: Same, for_station: bool) -> Select[Any]:
    table = FingerprintRecord
    key = table.reads if same is Same.READS else table.sequences
    columns = (key, RunRecord.accession, table.name, table.read_count, table.is_present)
    return _asked(columns, table, key, for_station)


def _asked(columns: tuple[Any, ...], table: Any, key: Any, for_station: bool) -> Select[Any]:
    """Rows whose ``key`` is one of ``keys``, and whether the asker may be told which they are."""
    submitter, alias = bindparam("submitter", type_=String()), bindparam("alias", type_=String())
    told = SubmissionRecord.id.is_not(None) if for_station else may_be_named(submitter)
    query = (
        select(*columns, told.label("told"))
        .join(RunRecord, table.run_id == RunRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(key.in_(bindparam("keys", expanding=True)))
    )
    if for_station:
        return query
    return query.where(or_(SubmissionRecord.submitter != submitter, SubmissionRecord.alias != alias))


def duplicated_runs(session: Session, most: int = 1000) -> list[list[dict[str, Any]]]:
    """Groups of registered runs that hold exactly the same reads; for the station itself."""
    whole = and_(FingerprintRecord.name == "", FingerprintRecord.is_present)
    reads, number = FingerprintRecord.reads, FingerprintRecord.read_count
    repeated = (
        select(reads, number)
        .where(whole)
        .group_by(reads, number)
        .having(func.count() > 1)
        .order_by(reads)
        .limit(most)
        .subquery()
    )
    query = (
        select(reads, number, RunRecord.accession, SubmissionRecord)
        .join(repeated, and_(repeated.c.reads == reads, repeated.c.read_count == number))
        .join(RunRecord, RunRecord.id == FingerprintRecord.run_id)
        .join(SubmissionRecord, SubmissionRecord.id == RunRecord.submission_id)
        .where(whole)
        .order_by(reads, RunRecord.accession)
    )
    groups: dict[str, list[dict[str, Any]]] = {}
    for key, count, run, submission in session.execute(query):
        row = {
            "run": run,
            "submission": submission.accession,
            "submitter": submission.submitter,
            "access_level": submission.access_level,
            "state": submission.state,
            "read_count": count,
        }
        groups.setdefault(key, []).append(row)
    return list(groups.values())
