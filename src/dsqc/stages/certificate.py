"""certificate: issue the data certificate of a registered submission and print it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.artefact import atomic_file, write_json, write_text
from dsqc.catalog.database import Catalog
from dsqc.catalog.receipts.certificates import Document, document_digest, issue
from dsqc.catalog.registering import Actor
from dsqc.errors import UsageError
from dsqc.language import Language
from dsqc.report import certificate_page, certificate_pdf
from dsqc.report.certificate import proof
from dsqc.station import Station
from dsqc.station_key import is_signed, station_signing_key

SUFFIXES = (".pdf", ".html", ".json")


@dataclass(frozen=True, slots=True)
class CertificateResult:
    """The certificate as it was issued, its digest, and where it was written."""

    document: Document
    digest: str
    path: Path

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``certificate_issue.schema.json``."""
        return {
            "schema_version": "1.0",
            "number": self.document["number"],
            "document_sha256": self.digest,
            "signed": is_signed(self.document),
            "path": str(self.path),
            "certificate": self.document,
        }


def certificate(
    name: str,
    output: Path,
    station: Station,
    actor: Actor,
    *,
    language: Language | None = None,
    font: Path | None = None,
) -> CertificateResult:
    """Issue the data certificate of the submission that ``name`` belongs to, which freezes it, and write it.

    Called again, the same certificate is written, the same bytes, while the catalog says the same of the submission.

    Args:
        name: an accession, or the submission's alias.
        output: ``.pdf``, ``.html``, or ``.json`` for the signed document itself.
        actor: who issues it.
        language: of the labels; ``None`` for Korean and English.
        font: TrueType font for the PDF; one of the system's unless given.

    Raises:
        UsageError: there is no such submission, it is not registered; another suffix, or no font: nothing was issued.
        CatalogFault, StorageFault: the catalog or the disk refused.
    """
    if output.suffix.casefold() not in SUFFIXES:
        raise UsageError(
            f"{output} is no kind of certificate.", hint=f"Name a file that ends in {', '.join(SUFFIXES)}."
        )
    found = certificate_pdf.find_font(font) if output.suffix.casefold() == ".pdf" else None
    key = station_signing_key(station)
    with Catalog.open(station) as catalog:
        document = catalog.write(lambda session: issue(session, name, actor, key.sign if key else lambda given: given))
    digest = document_digest(document)
    shown = proof(document, digest, station.signing.address)
    if found is not None:
        data = certificate_pdf.render(document, shown, found, language)
        with atomic_file(output) as file:
            file.write(data)
    elif output.suffix.casefold() == ".html":
        write_text(output, certificate_page.render(document, shown, language))
    else:
        write_json(output, document)
    return CertificateResult(document, digest, output)
