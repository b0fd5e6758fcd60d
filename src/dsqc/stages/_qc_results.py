"""The results of a run as bytes that travel with a validation receipt, and back.

What is written out of them is, byte for byte, what measuring the same files writes.
"""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.errors import SystemFault
from dsqc.findings import FindingLog
from dsqc.metrics.collector import MetricRow
from dsqc.model import Run
from dsqc.sketch import Panel
from dsqc.stages._qc_measure import QcFile
from dsqc.stages._qc_write import HasRows, metrics_name, stems_of

RECORD, FINDINGS = "qc.json", "findings.jsonl"
CHECK = "receipt-check.json"
"""What the station concluded about a receipt, beside ``validate.json``."""
LARGEST_MEMBER_BYTES = 1 << 30
ACCEPTED = "accepted"
_ROW_FIELDS = 5

Members = Mapping[str, bytes]
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
)
"""What reading a zip raises that is none, or not a whole one."""


@dataclass(frozen=True, slots=True)
class TakenRows:
    """The rows of ``metrics.parquet`` as a receipt brought them."""

    found: tuple[MetricRow, ...]

    def rows(self) -> Iterator[MetricRow]:
        """A row a metric and position (and key)."""
        return iter(self.found)


@dataclass(frozen=True, slots=True)
class TakenFile:
    """One data file whose results a receipt brought; see :class:`QcFile`."""

    data: dict[str, Any]
    stem: str
    reads: TakenRows = field(repr=False)
    findings: FindingLog = field(repr=False)

    @property
    def name(self) -> str:
        """The file's name."""
        return str(self.data["file"]["name"])

    @property
    def metrics(self) -> dict[str, Any]:
        """Metric id -> value."""
        return dict(self.data["metrics"])


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """The results of one run: content of ``qc.json``, its files, all their findings."""

    data: dict[str, Any]
    files: tuple[QcFile | TakenFile, ...]
    findings: FindingLog


def member_names(run: Run) -> list[str]:
    """Names of what travels of a run whose files are all there, sorted."""
    stems = stems_of([item.name for item in run.files])
    return sorted([RECORD, FINDINGS, *map(metrics_name, stems), *map(_rows_name, stems)])


def _rows_name(stem: str) -> str:
    return f"{stem}.rows.jsonl"


def packed(result: MeasuredRun) -> dict[str, bytes]:
    """The results of a run by name: always the same bytes for the same results."""
    found = {RECORD: artefact.to_json(result.data).encode("utf-8"), FINDINGS: _lines(result.findings.to_list())}
    for item in result.files:
        found[metrics_name(item.stem)] = artefact.to_json(item.data).encode("utf-8")
        found[_rows_name(item.stem)] = _rows_of(item.reads)
    return dict(sorted(found.items()))


def _rows_of(reads: HasRows) -> bytes:
    return _lines([list(row) for row in reads.rows()])


def _lines(values: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n" for value in values)


def unpacked(members: Members) -> MeasuredRun:
    """The results out of their bytes.

    Raises:
        ValueError: they are not what :func:`packed` writes of any results.
    """
    data = _json(members[RECORD])
    suffix = metrics_name("")
    stems = [entry["metrics_file"].removesuffix(suffix) for entry in data["files"]]
    files = tuple(_file(members, stem) for stem in stems)
    findings = _log(_json_lines(members[FINDINGS]))
    result = MeasuredRun(data, files, findings)
    if packed(result) != dict(members):
        raise ValueError("results are not spelled as dsqc spells them")
    return result


def _file(members: Members, stem: str) -> TakenFile:
    data = _json(members[metrics_name(stem)])
    rows = tuple(_row(values) for values in _json_lines(members[_rows_name(stem)]))
    return TakenFile(data, stem, TakenRows(rows), _log(data["findings"]))


def _row(values: Any) -> MetricRow:
    if not isinstance(values, list) or len(values) != _ROW_FIELDS:
        raise ValueError("a row of metrics has five fields")
    metric, start, end, key, value = values
    places = all(place is None or type(place) is int for place in (start, end))
    if not (isinstance(metric, str) and places and isinstance(key, str) and isinstance(value, float)):
        raise ValueError("a row of metrics is malformed")
    return metric, start, end, key, value


def _log(rows: Iterable[Mapping[str, Any]]) -> FindingLog:
    log = FindingLog()
    log.take(rows, ())
    return log


def _json(data: bytes) -> dict[str, Any]:
    value = json.loads(data.decode("utf-8"))
    if not isinstance(value, dict):
        raise ValueError("results are no JSON object")
    return value


def _json_lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.decode("utf-8").split("\n") if line]


def add_members(archive: zipfile.ZipFile, key: str, members: Members) -> None:
    """Add the results of a run to an archive: the same bytes for the same results."""
    for name, data in sorted(members.items()):
        entry = zipfile.ZipInfo(f"runs/{key}/{name}")
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, data)


def read_member(archive: zipfile.ZipFile, key: str, listed: Mapping[str, Any]) -> bytes:
    """One member that a receipt lists, proven by its digest; never more bytes than the receipt says.

    Raises:
        ValueError: it is another one. And whatever stands in BROKEN_ZIP.
    """
    size = listed["size_bytes"]
    with archive.open(f"runs/{key}/{listed['name']}") as file:
        data = file.read(min(size, LARGEST_MEMBER_BYTES) + 1)
    if len(data) != size or sha256(data).hexdigest() != listed["sha256"]:
        raise ValueError(f"runs/{key}/{listed['name']} is not what the receipt lists")
    return data


def taken_run(submission_json: Path, run: Run, inbox: Path, panel: Callable[[], Panel | None]) -> MeasuredRun | None:
    """The results of ``run`` out of a receipt that the station has taken; ``None`` where it must be measured.

    Trusts only what the digests of ``receipt-check.json`` cover: the same transfer, the same forms, the same results.
    """
    from dsqc.listing import PRIVATE, RESULTS  # brings the forms, which a file that is measured by itself does not need

    results = submission_json.parent
    try:
        check = artefact.read_json(results / CHECK)
        if check["state"] != ACCEPTED or not _still_holds(check, submission_json, run, inbox, panel()):
            return None
        listed = check["runs"][run.key]
        with zipfile.ZipFile(inbox / PRIVATE / RESULTS) as archive:
            return unpacked({item["name"]: read_member(archive, run.key, item) for item in listed})
    except (SystemFault, TypeError, *BROKEN_ZIP):
        if (results / CHECK).exists():
            logs.logger(stage="qc", run=run.key).info("receipt does not hold any more: measured")
        return None


def _still_holds(check: Mapping[str, Any], submission_json: Path, run: Run, inbox: Path, panel: Panel | None) -> bool:
    from dsqc.listing import normalise

    results = submission_json.parent
    seen = (
        artefact.sha256_of(results / "transfer.json"),
        artefact.sha256_of(submission_json),
        panel.version if panel else None,
    )
    if seen != (check["transfer_sha256"], check["submission_sha256"], check["panel"]):
        return False
    sizes = {row["name"]: row["size_bytes"] for row in artefact.read_json(results / "transfer.json")["files"]}
    for item in run.files:
        path = inbox / normalise(item.name)
        if not path.is_file() or path.stat().st_size != sizes.get(path.name):
            return False
    return True
