"""Opening a package of another centre: proven byte by byte before anything in it is believed."""

import contextlib
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pyarrow as pa
import pyarrow.parquet as pq

from dsqc.exchange import format as parts
from dsqc.exchange.format import Heading, content_digest
from dsqc.exchange.records import Document, canonical, digest
from dsqc.exchange.unpacking import Contents, NoPackage, unpacked
from dsqc.exchange.versions import HIDDEN, PUBLIC, Version
from dsqc.findings import Finding, Location, finding
from dsqc.pacing import parse_size
from dsqc.signing import BadSignature, VerifyingKey, load_verifying_key, verify
from dsqc.station import Station

BATCH = 1000
"""Rows of the table read at once."""
LARGEST_GROUP = 1 << 30
"""Bytes of a row group of the table before compression; dsqc writes a few megabytes."""


class Refused(Exception):
    """Why a package is not taken, as a finding."""

    def __init__(self, reason: Finding) -> None:
        super().__init__(reason.code)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SharedRecord:
    """A row of a package: a version of a record, and what the package tells of it; empty where it is hidden."""

    row: int
    version: Version
    document: Document


@dataclass(frozen=True)
class Package:
    """A package that its sender signed and that is whole; every row of its table was looked at."""

    heading: Heading
    contents: Contents
    name: str

    def records(self) -> Iterator[SharedRecord]:
        """The rows, in their order.

        Raises:
            Refused: a row is not as a package has it.
        """
        self.contents.table.seek(0)
        seen: set[str] = set()
        for number, row in enumerate(_rows(self.contents, self.name), start=1):
            record = self._record(number, row)
            if record.version.accession in seen:
                raise _malformed(self.name, number, record.version.accession, "it stands there twice")
            seen.add(record.version.accession)
            yield record

    def _record(self, number: int, row: Mapping[str, Any]) -> SharedRecord:
        version = Version(row["accession"], row["kind"], row["version"], row["state"], row["sha256"])
        try:
            document = _document(version, row["document"], self.heading.scope)
        except ValueError as error:
            raise _malformed(self.name, number, version.accession, str(error)) from None
        return SharedRecord(number, version, document)


@contextlib.contextmanager
def opened_package(path: Path, station: Station) -> Iterator[Package]:
    """Open a package for this station.

    Raises:
        Refused: it is no package, not signed by a centre that the station has an agreement with, for another
            station, or not as it was signed.
        UsageError: the key of that centre cannot be read.
    """
    name = path.resolve().name
    try:
        with unpacked(path, parse_size(station.exchange.largest_package)) as contents:
            heading = _heading(contents, name, station)
            package = Package(heading, contents, name)
            _check_content(package)
            yield package
    except NoPackage as error:
        raise Refused(finding("DSQC-E001", Location(path=name), value=str(error))) from None


def _heading(contents: Contents, name: str, station: Station) -> Heading:
    said = _json(contents, parts.SIGNATURE, name)
    sender, receiver = said.get("from"), said.get("to")
    if not isinstance(sender, str) or sender not in station.exchange.centres:
        expected = ", ".join(sorted(station.exchange.centres)) or "-"
        shown = sender if isinstance(sender, str) else "?"
        raise Refused(finding("DSQC-E003", _at(name, parts.SIGNATURE), value=shown, expected=expected))
    try:
        verify(said, _keys(station, sender))
    except BadSignature as error:
        raise Refused(finding("DSQC-E002", _at(name, parts.SIGNATURE), value=str(error), expected=sender)) from None
    _check_manifests(contents, said, name, sender)
    data = _json(contents, parts.PACKAGE, name)
    version = str(data.get("schema_version", "?"))
    if not _validator("exchange_package").is_valid(data):
        raise Refused(finding("DSQC-E004", _at(name, parts.PACKAGE), value=version, expected=parts.SCHEMA_VERSION))
    heading = Heading.from_dict(data)
    if (heading.sender, heading.receiver, heading.sequence) != (sender, receiver, said.get("sequence")):
        raise _not_as_signed(name, parts.PACKAGE, sender)
    if receiver != station.centre:
        where = _at(name, parts.PACKAGE)
        raise Refused(finding("DSQC-E003", where, value=f"{sender} → {receiver!s:.40}", expected=station.centre))
    return heading


def _keys(station: Station, centre: str) -> list[VerifyingKey]:
    agreement = station.exchange.centres[centre]
    return [load_verifying_key(station.root / item) for item in (agreement.public_key, *agreement.previous_public_keys)]


def _check_manifests(contents: Contents, said: Mapping[str, Any], name: str, sender: str) -> None:
    """Every byte of the package is what the sender signed."""
    digests = {
        parts.MANIFEST: said.get("manifest_sha256"),
        parts.TAG_MANIFEST: said.get("tagmanifest_sha256"),
    }
    for file, expected in digests.items():
        if contents.sha256[file] != expected:
            raise _not_as_signed(name, file, sender)
    for manifest, names in ((parts.MANIFEST, parts.PAYLOAD), (parts.TAG_MANIFEST, parts.TAGGED)):
        present = {file: contents.sha256[file] for file in names}
        if contents.texts[manifest] != parts.manifest_text(present):
            listed = contents.texts[manifest].decode("utf-8", "replace")
            wrong = next((file for file, value in present.items() if f"{value}  {file}\n" not in listed), manifest)
            raise _not_as_signed(name, wrong, sender)
    if contents.texts[parts.BAGIT] != parts.BAGIT_TEXT:
        raise Refused(finding("DSQC-E001", _at(name, parts.BAGIT), value="it is no BagIt 1.0"))


def _check_content(package: Package) -> None:
    """The table holds what the heading says, row by row."""
    rows = 0

    def versions() -> Iterator[Version]:
        nonlocal rows
        for record in package.records():
            rows += 1
            yield record.version

    found = content_digest(versions())
    if (rows, found) != (package.heading.record_count, package.heading.content_sha256):
        raise _malformed(package.name, rows, "", "the table is not what package.json says")


def _rows(contents: Contents, name: str) -> Iterator[dict[str, Any]]:
    try:
        table = pq.ParquetFile(contents.table)
        if table.schema_arrow.remove_metadata() != parts.TABLE_SCHEMA:
            raise _malformed(name, 0, "", "the table has other columns")
        groups = table.metadata
        if any(groups.row_group(index).total_byte_size > LARGEST_GROUP for index in range(groups.num_row_groups)):
            raise _malformed(name, 0, "", "the table has too large groups")
        for batch in table.iter_batches(batch_size=BATCH):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise _malformed(name, 0, "", "the table cannot be read") from None


def _document(version: Version, text: str, scope: str) -> Document:
    """What a row tells of its record.

    Raises:
        ValueError: it is not as a package has it; the message says why.
    """
    if version.state == HIDDEN:
        if text or version.sha256:
            raise ValueError("it is hidden and says something")
        nothing = {"accession": version.accession, "kind": version.kind, "title": "", "relations": []}
        if not _validator("exchange_record").is_valid(nothing):
            raise ValueError("it is no record")
        return nothing
    try:
        document: Document = json.loads(text)
        sha256 = digest(document)
        same = canonical(document) == text
    except (ValueError, RecursionError):
        raise ValueError("it is no record") from None
    if (
        version.state != PUBLIC
        or version.version < 1
        or not same
        or not _validator("exchange_record").is_valid(document)
    ):
        raise ValueError("it is no record")
    if (document["accession"], document["kind"]) != (version.accession, version.kind):
        raise ValueError("it is a record of another number")
    if scope == parts.RECORDS and sha256 != version.sha256:
        raise ValueError("its digest is another")
    if scope == parts.ACCESSIONS and "attributes" in document:
        raise ValueError("it says more than was agreed")
    return document


@functools.cache
def _validator(name: str) -> Any:
    text = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.validator_for(json.loads(text))


def _json(contents: Contents, file: str, name: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(contents.texts[file].decode("utf-8"))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise Refused(finding("DSQC-E001", _at(name, file), value="it is no JSON object"))


def _at(name: str, file: str) -> Location:
    return Location(path=f"{name}/{file}")


def _not_as_signed(name: str, file: str, sender: str) -> Refused:
    return Refused(finding("DSQC-E002", _at(name, file), value=f"{file} is not what was signed", expected=sender))


def _malformed(name: str, row: int, accession: str, why: str) -> Refused:
    where = Location(path=f"{name}/{parts.TABLE}", record=row or None)
    return Refused(finding("DSQC-E005", where, object_id=accession, value=why))
