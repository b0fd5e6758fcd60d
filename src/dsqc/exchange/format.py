"""What a package consists of: a bag (BagIt 1.0, RFC 8493) whose payload is an RO-Crate with one Parquet table.

::

    bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
    signature.json                what the sending centre signs: digests of both manifests (Ed25519, RFC 8785)
    data/package.json             from, to, sequence, scope, what it follows
    data/records.parquet          one row a record: its newest version
    data/ro-crate-metadata.json   the same for programs that read RO-Crate 1.1

The same state gives the same bytes: no times but the one at which its versions were noted, no names of machines.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dsqc.exchange.versions import Version

SCHEMA_VERSION = "1.0"
ACCESSIONS = "accessions"
RECORDS = "records"

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "signature.json"
PACKAGE = "data/package.json"
TABLE = "data/records.parquet"
CRATE = "data/ro-crate-metadata.json"

PAYLOAD = (PACKAGE, TABLE, CRATE)
TAGGED = (BAG_INFO, BAGIT, MANIFEST)
"""Files that the tag manifest covers."""
FILES = frozenset({*PAYLOAD, *TAGGED, TAG_MANIFEST, SIGNATURE})
"""All that a package holds; anything else is refused."""

BAGIT_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
TABLE_SCHEMA = pa.schema(
    [
        pa.field("accession", pa.string(), nullable=False),
        pa.field("version", pa.int32(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("document", pa.string(), nullable=False),
    ]
)
"""``sha256`` is that of the whole public record; ``document`` is what the agreement lets the receiver have of it, as
canonical JSON, empty where the record is hidden."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a package says of itself (``package.json``).

    Attributes:
        sender, receiver: codes of centres.
        sequence: 1 for the first package of this sender for this receiver.
        follows: the package that the receiver must have before; 0: none, it is whole.
        scope: ``accessions`` or ``records``.
        created: when what it holds was noted (UTC, as events have it).
        record_count: rows of the table.
        content_sha256: digest over the versions in it; two packages that say the same have the same.
    """

    sender: str
    receiver: str
    sequence: int
    follows: int
    scope: str
    created: str
    record_count: int
    content_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/exchange_package.schema.json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "from": self.sender,
            "to": self.receiver,
            "sequence": self.sequence,
            "follows": self.follows,
            "scope": self.scope,
            "created": self.created,
            "record_count": self.record_count,
            "content_sha256": self.content_sha256,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Heading":
        """Read back what :meth:`to_dict` gave."""
        return cls(
            sender=data["from"],
            receiver=data["to"],
            sequence=data["sequence"],
            follows=data["follows"],
            scope=data["scope"],
            created=data["created"],
            record_count=data["record_count"],
            content_sha256=data["content_sha256"],
        )


def content_digest(versions: Iterable[Version]) -> str:
    """SHA-256 over the versions of a package in the order of its table: one line each."""
    found = hashlib.sha256()
    for item in versions:
        line = f"{item.accession}\t{item.version}\t{item.kind}\t{item.state}\t{item.sha256}\n"
        found.update(line.encode("utf-8"))
    return found.hexdigest()


def manifest_text(digests: Mapping[str, str]) -> bytes:
    """A manifest of RFC 8493: digest, two blanks, name; by name."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode("utf-8")


def bag_info(heading: Heading, size_bytes: int) -> bytes:
    """``bag-info.txt``."""
    lines = {
        "Bag-Software-Agent": "dsqc",
        "Bagging-Date": heading.created[:10],
        "External-Description": f"Public records of {heading.sender} for {heading.receiver} ({heading.scope})",
        "External-Identifier": f"{heading.sender}-{heading.receiver}-{heading.sequence}",
        "Payload-Oxum": f"{size_bytes}.{len(PAYLOAD)}",
        "Source-Organization": heading.sender,
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode("utf-8")


def statement(heading: Heading, manifest: bytes, tag_manifest: bytes) -> dict[str, Any]:
    """What the sender signs. The manifests name every byte of the package."""
    return {
        "schema_version": SCHEMA_VERSION,
        "from": heading.sender,
        "to": heading.receiver,
        "sequence": heading.sequence,
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "tagmanifest_sha256": hashlib.sha256(tag_manifest).hexdigest(),
    }


def crate(heading: Heading, sizes: Mapping[str, int], digests: Mapping[str, str]) -> dict[str, Any]:
    """RO-Crate 1.1 metadata of the payload."""
    name = f"Public records of {heading.sender} for {heading.receiver}, package {heading.sequence}"
    files = {PACKAGE: ("Sequence, scope and what it follows", "application/json")}
    files[TABLE] = ("One row a record: number, version, state, digest and the record", "application/vnd.apache.parquet")
    organisation = {"@id": f"#{heading.sender}", "@type": "Organization", "name": heading.sender}
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": name,
        "description": f"{heading.record_count} records ({heading.scope}); follows package {heading.follows}.",
        "datePublished": heading.created[:10],
        "license": {"@id": "#agreement"},
        "identifier": f"{heading.sender}-{heading.receiver}-{heading.sequence}",
        "publisher": {"@id": organisation["@id"]},
        "hasPart": [{"@id": file.removeprefix("data/")} for file in files],
    }
    agreement = {
        "@id": "#agreement",
        "@type": "CreativeWork",
        "name": f"Agreement between {heading.sender} and {heading.receiver}",
        "description": "The use of these records follows the agreement between the two centres.",
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }
    entities = [
        {
            "@id": file.removeprefix("data/"),
            "@type": "File",
            "name": text,
            "encodingFormat": kind,
            "contentSize": str(sizes[file]),
            "sha256": digests[file],
        }
        for file, (text, kind) in files.items()
    ]
    graph = [descriptor, root, *entities, organisation, agreement]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
