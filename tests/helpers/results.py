"""Results of one submission as the stages before ``register`` leave them, made from plain values."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.artefact import sha256_of, write_json, write_json_lines
from dsqc.crypt4gh import SegmentWriter, make_header, station_keys
from dsqc.crypt4gh.body import body_of
from dsqc.crypt4gh.header import SessionKeys, new_session_key
from dsqc.model import Cell, Heading, Row, Sheet, Submission
from dsqc.station import Station

COUNTS = {"error": 0, "warning": 0, "info": 0}
REASON = {
    "code": "DSQC-S005",
    "severity": "error",
    "object": "sample",
    "object_id": "leaf",
    "value": "Oryza stavia",
    "expected": "a scientific name",
    "message": "The organism is not known.",
    "message_ko": "생명체 이름을 알 수 없습니다.",
    "fix": "Correct it and validate again.",
    "fix_ko": "고친 뒤 다시 검증하세요.",
    "count": 1,
    "location": {"path": "sample.tsv", "row": 2},
}

VERSIONS = {"form": "seed_crop@1.0.0", "rule_set": "0.1.0+0123456789ab", "vocabularies": "ba9876543210"}
"""What the submission was judged by."""


@dataclass
class Judged:
    """A submission that is judged: two runs, the first of them paired. Change a field, then :meth:`write` it.

    ``reads`` says what reads the files hold, whatever their bytes; without it they have no fingerprint.
    """

    name: str = "rice-2026"
    verdict: str = "pass"
    email: str = "Kim@institute.re.kr"
    bioproject: str = "rice-project"
    title: str = "Drought tolerance of Korean rice landraces"
    project_type: str = "Primary Project"
    access: str = "open"
    samples: tuple[str, ...] = ("leaf", "root")
    experiment_samples: tuple[str, str] = ("leaf", "root")
    prefix: str = ""
    data: bytes = b"@r\nACGT\n+\nIIII\n"
    metrics: dict[str, Any] = field(default_factory=lambda: {"mean_phred": 36.5, "quality_encoding": "phred33"})
    organism: str = "Oryza sativa"
    collected: str = "2025-07-01"
    release_date: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    project: dict[str, str] = field(default_factory=dict)
    experiment: dict[str, str] = field(default_factory=dict)
    reads: str = ""
    sample_title: str = "Rice"
    verdict_extra: dict[str, Any] = field(default_factory=dict)

    def file_names(self) -> list[str]:
        """The data files, in the order of the sheet."""
        return [f"{self.prefix}leaf_R1.fastq", f"{self.prefix}leaf_R2.fastq", f"{self.prefix}root.fastq"]

    def bytes_of(self, name: str) -> bytes:
        """Content of a data file; each file its own."""
        return f"@{name}\n".encode() + self.data

    def fingerprint_of(self, name: str) -> dict[str, Any] | None:
        """Fingerprint of the reads of a file, the same in every submission."""
        if not self.reads:
            return None
        digest = hashlib.sha256(f"{name.removeprefix(self.prefix)} {self.reads}".encode()).hexdigest()
        return {"reads": digest[:32], "sequences": digest[32:], "read_count": 1}

    def submission(self) -> Submission:
        """The sheets."""
        libraries = [f"{self.prefix}leaf_WGS_1", f"{self.prefix}root_WGS_1"]
        runs = [f"{self.prefix}run-leaf", f"{self.prefix}run-root"]
        files = zip(self.file_names(), (runs[0], runs[0], runs[1]), strict=True)
        rows = {
            "submission": [
                {
                    "submission_alias": self.name,
                    "form_id": "seed_crop",
                    "form_version": "1.0.0",
                    "data_centre": "NABIC",
                    "bioproject": self.bioproject,
                    "package": "Plant_fungi",
                    "access_level": self.access,
                    "release_date": self.release_date,
                    "submitter_email": self.email,
                    **self.extra,
                }
            ],
            "project": [
                {
                    "project_alias": "rice-project",
                    "project_type": self.project_type,
                    "data_type": "Genome sequencing",
                    "title_en": self.title,
                    "title_ko": "한국 벼 재래종의 내건성",
                    "ministry": "RDA",
                    **self.project,
                }
            ],
            "sample": [
                {
                    "sample_name": f"{self.prefix}{name}",
                    "sample_title": f"{self.sample_title} {name}",
                    "organism": self.organism,
                    "taxonomy_id": "4530",
                    "collection_date": self.collected,
                    "geo_loc_name": "South Korea: Jeonju",
                }
                for name in self.samples
            ],
            "experiment": [
                {
                    "library_id": library,
                    "sample_name": f"{self.prefix}{sample}" if sample in ("leaf", "root") else sample,
                    "title": f"Sequencing of {sample}",
                    "library_strategy": "WGS",
                    "library_source": "GENOMIC",
                    "library_selection": "RANDOM",
                    "library_layout": "PAIRED",
                    "platform": "ILLUMINA",
                    "instrument_model": "Illumina NovaSeq 6000",
                    **self.experiment,
                }
                for library, sample in zip(libraries, self.experiment_samples, strict=True)
            ],
            "run": [
                {"run_alias": run, "library_id": library, "file_type": "fastq"}
                for run, library in zip(runs, libraries, strict=True)
            ],
            "file": [
                {"file_name": name, "run_alias": run, "md5": hashlib.md5(self.bytes_of(name)).hexdigest()}
                for name, run in files
            ],
        }
        return Submission({name: sheet_of(name, values) for name, values in rows.items()})

    def write(self, work: Path, station: Station | None = None) -> tuple[Path, Path]:
        """Write inbox and results below ``work`` and return both (results, inbox).

        Args:
            station: where a closed submission goes: its files are encrypted to it.
        """
        results, inbox = work / "results" / self.name, work / "inbox" / self.name
        inbox.mkdir(parents=True, exist_ok=True)
        submission = self.submission()
        files = []
        for name in self.file_names():
            if self.access == "closed" and station is not None:
                files.append(_sealed(name, self.bytes_of(name), inbox, station))
                continue
            (inbox / name).write_bytes(self.bytes_of(name))
            files.append(_file(name, self.bytes_of(name)))
        write_json(results / "submission.json", submission.to_dict())
        transfer = {"schema_version": "1.0", "submission": self.name, "files": files, "finding_counts": COUNTS}
        write_json(results / "transfer.json", {**transfer, "findings": []})
        self._write_validation(results)
        for run in submission.runs():
            self._write_run(results, run.key, [item.name for item in run.files])
        self.write_verdict(results, **self.verdict_extra)
        return results, inbox

    def _write_validation(self, results: Path) -> None:
        warning = {"code": "DSQC-P008", "severity": "warning", "count": 2}
        write_json_lines(results / "validate.findings.jsonl", [warning])
        validate = {
            "schema_version": "1.0",
            "dsqc_version": "0.1.0",
            "form": {"id": "seed_crop", "version": "1.0.0", "package": "Plant_fungi"},
            "submission_alias": self.name,
            "inputs": {"transfer.json": sha256_of(results / "transfer.json")},
            "finding_counts": {**COUNTS, "warning": 2},
            "findings_file": "validate.findings.jsonl",
        }
        write_json(results / "validate.json", validate)

    def _write_run(self, results: Path, key: str, names: list[str]) -> None:
        folder = results / "runs" / key
        write_json_lines(folder / "findings.jsonl", [])
        qc = {
            "schema_version": "1.0",
            "run_key": key,
            "run_alias": key,
            "library_id": "",
            "state": "measured",
            "files": [
                {**_file(name, self.bytes_of(name)), "format": "fastq", "container": "plain", "read_count": 1}
                | {"base_count": 4, "state": "measured", "fingerprint": self.fingerprint_of(name)}
                for name in names
            ],
            "metrics": {"read_count": len(names), "optional": None, **self.metrics},
            "finding_counts": COUNTS,
            "findings_file": "findings.jsonl",
        }
        write_json(folder / "qc.json", qc)

    def write_verdict(self, results: Path, **more: Any) -> None:
        """Write ``verdict.json`` over what stands in ``results`` now."""
        names = ["transfer.json", "validate.json", "validate.findings.jsonl", "submission.json"]
        names += sorted(str(path.relative_to(results)) for path in results.glob("runs/*/*.json*"))
        verdict = {
            "schema_version": "1.0",
            "dsqc_version": "0.1.0",
            "submission": self.name,
            "versions": VERSIONS,
            "verdict": self.verdict,
            "reasons": [] if self.verdict == "pass" else [REASON],
            "reason_count": 0 if self.verdict == "pass" else 1,
            "inputs": {name: sha256_of(results / name) for name in names},
            **more,
        }
        write_json(results / "verdict.json", verdict)


def _file(name: str, data: bytes) -> dict[str, Any]:
    digests = {"md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()}
    return {"name": name, "source_name": name, "size_bytes": len(data), "kind": "data", "state": "copied", **digests}


def _sealed(name: str, data: bytes, inbox: Path, station: Station) -> dict[str, Any]:
    """Encrypt a file into the inbox, the same way each time: the row of ``transfer.json``."""
    stored = inbox / f"{name}.c4gh"
    if not stored.exists():
        session = SessionKeys((new_session_key(),))
        stored.write_bytes(make_header(session, [station_keys(station).public]) + SegmentWriter(session).encrypt(data))
    _header, body = body_of(stored)
    with body.open() as file:
        row = _file(stored.name, file.read())
    return {**_file(name, data), "encrypted": {key: row[key] for key in ("name", "size_bytes", "md5", "sha256")}}


def sheet_of(name: str, values: list[dict[str, str]]) -> Sheet:
    """A sheet with these rows, as a reader gives it."""
    headings = tuple(Heading(key, key, chr(65 + number)) for number, key in enumerate(values[0]))
    columns = {heading.attribute: heading.column for heading in headings}
    rows = tuple(
        Row(name, number, {key: Cell(text, text, number, columns[key]) for key, text in value.items()})
        for number, value in enumerate(values, start=2)
    )
    return Sheet(name, f"{name}.tsv", headings, rows)


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
