"""Public records as INSDC XML (ENA's schemas): project, sample, experiment, run and the submission that hands them in.

Numbers of this station are the aliases, so whoever hands the files in gets INSDC's numbers for them. What INSDC has
already carries its number there and stands in files of its own (``sample.modify.xml``), with the action MODIFY.
"""

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from sqlalchemy.orm import Session

from dsqc.artefact import atomic_file
from dsqc.errors import UsageError
from dsqc.exchange.insdc_parts import Builder, insdc_numbers
from dsqc.exchange.records import KINDS, PublicRecord, public_parts
from dsqc.station import Station

SUBMISSION = "submission.xml"
SHOWN = 5
"""Problems that a message names."""


def export_insdc(session: Session, station: Station, accessions: Sequence[str], directory: Path) -> dict[str, int]:
    """Write the records of ``accessions``, with what they belong to and what belongs to them, into ``directory``.

    Returns:
        Records by file.

    Raises:
        UsageError: a number is of no public record, or INSDC's schemas have no word for something that is essential.
        StorageFault: the disk refused.
    """
    records = public_parts(session, accessions)
    ours = [record for record in records if record.minted]
    builder = Builder(station.centre, {record.accession: record for record in records})
    files: dict[str, list[Element]] = {}
    for kind in KINDS:
        for record in (item for item in ours if item.kind == kind):
            files.setdefault(_file_of(record), []).append(builder.element(record))
    if builder.problems:
        listed = "; ".join(builder.problems[:SHOWN])
        more = f" and {len(builder.problems) - SHOWN} more" if len(builder.problems) > SHOWN else ""
        raise UsageError(
            f"INSDC's schemas cannot take this: {listed}{more}.",
            hint="Export the others by their numbers; for these ask the archive for a term.",
        )
    for name, elements in files.items():
        _write(directory / name, _set(elements))
    name = f"{station.centre}-{'-'.join(sorted(accessions))}"
    _write(directory / SUBMISSION, _submission(name, station.centre, list(files)))
    return {name: len(elements) for name, elements in files.items()} | {SUBMISSION: 1}


def _file_of(record: PublicRecord) -> str:
    return f"{record.kind}.modify.xml" if insdc_numbers(record) else f"{record.kind}.xml"


def _set(elements: Sequence[Element]) -> Element:
    made = Element(f"{elements[0].tag}_SET")
    made.extend(elements)
    return made


def _submission(name: str, centre: str, files: Sequence[str]) -> Element:
    made = Element("SUBMISSION_SET")
    submission = SubElement(made, "SUBMISSION", alias=name[:100], center_name=centre)
    actions = SubElement(submission, "ACTIONS")
    for file in files:
        kind, *rest = file.split(".")
        verb = "MODIFY" if "modify" in rest else "ADD"
        SubElement(SubElement(actions, "ACTION"), verb, source=file, schema=kind)
    # Only what is public here is exported, so nothing is to be held there.
    SubElement(SubElement(actions, "ACTION"), "RELEASE")
    return made


def _write(path: Path, root: Element) -> None:
    indent(root)
    with atomic_file(path) as file:
        ElementTree(root).write(file, encoding="UTF-8", xml_declaration=True)
        file.write(b"\n")
