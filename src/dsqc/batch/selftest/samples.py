"""The made-up submissions of a self-test, the same every time, and what must become of them."""

import gzip
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.forms import compose, load_fields
from dsqc.forms.examples import Record, example_files, example_record

PACKAGE = "Plant_fungi"
"""Of what the samples are; the first research field that takes it is theirs."""
OPEN, CLOSED, FAULTY = "open", "closed", "faulty"
CODES = frozenset({"DSQC-S011", "DSQC-F006", "DSQC-F010"})
"""No such date, another MD5 than declared, a gzip file that ends too soon: what the faulty one is returned for."""
INSTRUMENT = "Illumina NovaSeq X"
"""The one that the names of the example reads are of."""
REQUESTER = "참여기업의 대표 (representative of a participating company)"
"""Who may ask to withhold the data for the reason that the closed one gives."""
LOST_BYTES = 1000
"""What the end of a data file of the faulty submission lacks."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One submission.

    Attributes:
        name: ``open``, ``closed`` or ``faulty``.
        tables: sheet -> rows.
        files: data files by name.
        verdict: that the judge must come to.
        state: of its receipt.
        codes: findings that must be among the reasons.
        measured: data file -> metric -> value that ``qc`` must find, counted here base by base.
    """

    name: str
    tables: Record
    files: Mapping[str, bytes]
    verdict: str
    state: str
    codes: frozenset[str] = frozenset()
    measured: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """Its one run."""
        return self.tables["run"][0]["run_alias"]

    def write(self, folder: Path) -> None:
        """Write it as a submitter would: a TSV a sheet, data files beside."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.contents().items():
            (folder / name).write_bytes(data)

    def contents(self) -> dict[str, bytes]:
        """Every file of it, by name."""
        sheets = {f"{name}.tsv": _to_tsv(rows) for name, rows in self.tables.items()}
        return sheets | dict(self.files)


def samples() -> tuple[Sample, ...]:
    """A good open submission, a good closed one, and one with a false date and a torn file."""
    good, closed, faulty = (_record(name) for name in (OPEN, CLOSED, FAULTY))
    faulty["sample"][0]["collection_date"] = "2021-13-45"
    files = example_files(faulty)
    torn = faulty["file"][0]["file_name"]
    files[torn] = files[torn][:-LOST_BYTES]
    return (
        _sound(OPEN, good),
        _sound(CLOSED, closed),
        Sample(FAULTY, faulty, files, "fail", "returned", CODES),
    )


def _sound(name: str, tables: Record) -> Sample:
    files = example_files(tables)
    measured = {file: _counted(data) for file, data in files.items()}
    return Sample(name, tables, files, "pass", "registered", measured=measured)


def _record(name: str) -> Record:
    own = f"dsqc-selftest-{name}"
    given = {
        "submission": {"access_level": CLOSED if name == CLOSED else OPEN, "submission_alias": own, "bioproject": own},
        "project": {"project_alias": own},
        "sample": {"sample_name": own},
        # The reads follow from it: no two of the submissions hold the same.
        "experiment": {"library_id": own, "sample_name": own, "instrument_model": INSTRUMENT},
    }
    if name == CLOSED:
        given["project"]["withholding_requester"] = REQUESTER
    research = next(item for item in load_fields().values() if PACKAGE in item.packages)
    return example_record(compose(research.id, PACKAGE), minimal=True, given=given)


def _to_tsv(rows: list[dict[str, str]]) -> bytes:
    headings = list(dict.fromkeys(key for row in rows for key in row))
    lines = [headings, *([row.get(key, "") for key in headings] for row in rows)]
    return "".join("\t".join(cells) + "\n" for cells in lines).encode("utf-8")


def _counted(data: bytes) -> dict[str, Any]:
    """What a gzip FASTQ file holds, counted the slow and plain way."""
    lines = gzip.decompress(data).decode("ascii").splitlines()
    bases, qualities = "".join(lines[1::4]), "".join(lines[3::4])
    good = sum(ord(letter) - 33 >= 30 for letter in qualities)
    return {
        "read_count": len(lines) // 4,
        "base_count": len(bases),
        "gc_fraction": (bases.count("G") + bases.count("C")) / len(bases),
        "frac_bases_q30": good / len(qualities),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def differences(measured: Mapping[str, Any], file: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[str]:
    """What ``qc`` found otherwise than it must."""
    found = []
    for name, wanted in measured.items():
        seen = file.get(name) if name in ("md5", "sha256") else metrics.get(name)
        same = math.isclose(seen, wanted, rel_tol=1e-9) if isinstance(wanted, float) and seen is not None else None
        if not (seen == wanted if same is None else same):
            found.append(f"{name} {seen} instead of {wanted}")
    return found
