"""Whether the station takes a receipt that came with a submission: verified whole, then a few runs measured again.

``receipt-check.json`` says what was concluded. Where the receipt is taken, the qc stage writes the results that came
with it; in every other case it measures, as it does without a receipt. Nothing else depends on it: the verdict is the
same, byte for byte, with and without a receipt that is taken.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs

from dsqc import artefact, logs
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import now
from dsqc.catalog.receipts.distrusted_keys import distrust, distrusted_since
from dsqc.catalog.registering import Actor
from dsqc.errors import UsageError
from dsqc.findings import Finding, Location, finding
from dsqc.language import Text
from dsqc.listing import PRIVATE, RECEIPT, RESULTS, normalise
from dsqc.model import Run, Submission
from dsqc.registry import rules
from dsqc.signing import Document, VerifyingKey, load_verifying_key
from dsqc.sketch import Panel, choose_panel
from dsqc.stages import _receipt_document as receipts
from dsqc.stages._qc_measure import Options
from dsqc.stages._qc_results import (
    ACCEPTED,
    BROKEN_ZIP,
    CHECK,
    MeasuredRun,
    member_names,
    packed,
    read_member,
    unpacked,
)
from dsqc.stages._receipt_document import Basis, Refused
from dsqc.stages._receipt_sampling import choose_runs, station_secret
from dsqc.stages.qc import measure_run
from dsqc.station import Station
from dsqc.version import __version__

REFUSED, FALSE = "refused", "false"
MOST_DIFFERENCES = 5
ACTOR = f"dsqc validate {__version__}"
_MEASURED = ("measured", "damaged")

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came: the inbox, its ``transfer.json`` with its digest, and the forms as they are understood."""

    inbox: Path
    transfer: Data
    transfer_sha256: str
    submission: Submission

    @property
    def submission_sha256(self) -> str:
        """Of ``submission.json``, as it is written."""
        return sha256(artefact.to_json(self.submission.to_dict()).encode("utf-8")).hexdigest()


@dataclass(slots=True)
class _Conclusion:
    """What becomes of a receipt, while it is looked at."""

    state: str = REFUSED
    reason: Text = field(default_factory=lambda: Text("", ""))
    key_id: str = ""
    made_at: str = ""
    sampled: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    runs: dict[str, Any] = field(default_factory=dict)


def check_receipt(
    station: Station, arrived: Arrived, validation: Data, results: Path, *, actor: Actor | None = None
) -> list[Finding]:
    """Conclude on the receipt that came with a submission, and write ``receipt-check.json``.

    Args:
        station: which keys it trusts, and how sure it wants to be.
        arrived: what came.
        validation: content of ``validate.json``, for the versions in it.
        results: where ``receipt-check.json`` goes; an older one is removed first.
        actor: who concludes, and by which clock.

    Returns:
        Nothing where there is no receipt, or it was taken; else the finding that says why not.

    Raises:
        UsageError: a trusted key cannot be read.
        SystemFault: the catalog does not answer, or a disk refused; called again, it concludes the same.
    """
    (results / CHECK).unlink(missing_ok=True)
    path = arrived.inbox / PRIVATE / RECEIPT
    if not station.receipts.trusted or not path.is_file():
        return []
    data = path.read_bytes()
    panel = choose_panel(None, station.panel_path)
    basis = Basis(validation, panel.version if panel else None, arrived.submission_sha256)
    checking = _Checking(station, arrived, basis, panel, actor or Actor(ACTOR, now))
    concluded = _Conclusion()
    found: list[Finding] = []
    try:
        checking.conclude(data, concluded)
    except Refused as refused:
        concluded.reason = refused.value
        found.append(_not_taken(arrived.submission, refused))
    if concluded.state == FALSE:
        found.append(_false(arrived.submission, concluded))
    artefact.write_json(results / CHECK, _to_dict(station, arrived, basis, data, concluded))
    logs.logger(stage="validate").info("receipt", state=concluded.state, reason=concluded.reason.en)
    return found


class _Checking:
    def __init__(self, station: Station, arrived: Arrived, basis: Basis, panel: Panel | None, actor: Actor) -> None:
        self.station = station
        self.arrived = arrived
        self.basis = basis
        self.panel = panel
        self.actor = actor
        self.facts = {row["name"]: row for row in arrived.transfer["files"]}

    def conclude(self, data: bytes, concluded: _Conclusion) -> None:
        """Fill ``concluded``; raise Refused where the receipt is not taken."""
        runs = {run.key: run for run in self.arrived.submission.runs()}
        document, key = receipts.read_receipt(data, trusted_keys(self.station))
        concluded.key_id, concluded.made_at = key.key_id, document["made_at"]
        self._check_trust(key)
        receipts.check_age(document, self._now(), self.station.receipts.max_age_days)
        receipts.check_basis(document, self.basis)
        receipts.check_files(document, self.arrived.transfer)
        receipts.check_runs(document, {name: member_names(run) for name, run in runs.items()})
        concluded.runs = {run["key"]: run["results"] for run in document["runs"]}
        with self._open_results(document) as archive:
            for name, run in runs.items():
                self._check_results(archive, run, concluded.runs[name])
            concluded.sampled = self._choose(list(runs), data)
            for name in concluded.sampled:
                self._compare(archive, runs[name], concluded)
                if concluded.differences:
                    self._distrust(key, data, concluded)
                    return
        concluded.state = ACCEPTED

    def _now(self) -> datetime:
        return self.actor.clock()

    def _check_trust(self, key: VerifyingKey) -> None:
        with Catalog.open(self.station) as catalog, catalog.reading() as session:
            since = distrusted_since(session, key.key_id)
        if since:
            raise receipts.distrusted(since)

    def _open_results(self, document: Document) -> zipfile.ZipFile:
        path, listed = self.arrived.inbox / PRIVATE / RESULTS, document["results"]
        if not path.is_file():
            raise receipts.no_results()
        if path.stat().st_size != listed["size_bytes"] or artefact.sha256_of(path) != listed["sha256"]:
            raise receipts.broken_results(RESULTS)
        try:
            return zipfile.ZipFile(path)
        except BROKEN_ZIP:
            raise receipts.broken_results(RESULTS) from None

    def _check_results(self, archive: zipfile.ZipFile, run: Run, listed: list[Data]) -> None:
        """The results of a run, proven by their digests, say what qc could have said of these files."""
        try:
            members = {item["name"]: read_member(archive, run.key, item) for item in listed}
        except BROKEN_ZIP:
            raise receipts.broken_results(f"runs/{run.key}") from None
        try:
            if self._fits(run, unpacked(members)):
                return
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            pass  # Results that cannot be read fit nothing.
        raise receipts.unfit_results(run.key)

    def _fits(self, run: Run, result: MeasuredRun) -> bool:
        data, known = result.data, rules()
        if not _schema("qc").is_valid(data) or not all(_schema("qc_file").is_valid(item.data) for item in result.files):
            return False
        names = [item.name for item in run.files]
        said = (data["run_key"], data["run_alias"], data["library_id"], [item["name"] for item in data["files"]])
        return (
            said == (run.key, run.alias, run.library_id, names)
            and {data["dsqc_version"], *(item.data["dsqc_version"] for item in result.files)} == {__version__}
            and all(self._is_of(item["name"], item) and item["state"] in _MEASURED for item in data["files"])
            and all(self._is_of(name, item.data["file"]) for name, item in zip(names, result.files, strict=True))
            and all(item.code in known for item in result.findings)
            and all(item.findings.to_list() == item.data["findings"] for item in result.files)
            and result.findings.counts() == data["finding_counts"]
        )

    def _is_of(self, name: str, said: Data) -> bool:
        row = self.facts.get(normalise(name), {})
        return all(said[fact] == row.get(fact) for fact in ("size_bytes", "md5", "sha256"))

    def _choose(self, keys: list[str], data: bytes) -> list[str]:
        rule = self.station.receipts
        return choose_runs(
            keys,
            station_secret(self.station.root / rule.secret),
            receipts.receipt_digest(data),
            share=rule.assumed_false_share,
            probability=rule.catch_probability,
        )

    def _compare(self, archive: zipfile.ZipFile, run: Run, concluded: _Conclusion) -> None:
        options = Options(threads=1, panel=lambda: self.panel)
        measured = packed(measure_run(self.arrived.submission, run, self.arrived.inbox, options))
        for item in concluded.runs[run.key]:
            name = item["name"]
            if sha256(measured.get(name, b"")).hexdigest() != item["sha256"]:
                said = read_member(archive, run.key, item)
                concluded.differences += _differences(f"{run.key}/{name}", said, measured.get(name, b""))
        del concluded.differences[MOST_DIFFERENCES:]

    def _distrust(self, key: VerifyingKey, data: bytes, concluded: _Conclusion) -> None:
        concluded.state = FALSE
        text = concluded.differences[0]
        concluded.reason = Text(text, text)
        with Catalog.open(self.station) as catalog:
            catalog.write(
                lambda session: distrust(
                    session,
                    key.key_id,
                    self.actor,
                    reason=text,
                    submission=self.arrived.transfer["submission"],
                    receipt_sha256=receipts.receipt_digest(data),
                )
            )


def trusted_keys(station: Station) -> list[VerifyingKey]:
    """Keys of submitters whose receipts are taken; see :func:`key_files`."""
    return [key for _path, key in key_files(station)]


def key_files(station: Station) -> list[tuple[Path, VerifyingKey]]:
    """Files of the keys of submitters whose receipts are taken, by name, each with its key.

    Raises:
        UsageError: ``[receipts] trusted`` names no directory, or a file in it is no public key.
    """
    folder = station.root / station.receipts.trusted
    if not folder.is_dir():
        raise UsageError(
            f"{folder}, which [receipts] of station.toml names, is no directory.",
            hint="Make it, and put the public keys of submitters there; or empty `trusted`.",
        )
    files_there = sorted(path for path in folder.iterdir() if path.suffix in (".pub", ".pem"))
    return [(path, load_verifying_key(path)) for path in files_there]


@cache
def _schema(name: str) -> Any:
    path = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json")
    return jsonschema_rs.validator_for(json.loads(path.read_text(encoding="utf-8")))


def _differences(place: str, said: bytes, measured: bytes) -> list[str]:
    """Where two results differ, in words: the first places of a JSON, or only that they do."""
    try:
        found = list(_unequal(json.loads(said), json.loads(measured), ""))
    except ValueError:
        found = []
    return [f"{place} {text}" for text in found[:MOST_DIFFERENCES]] or [f"{place} differs"]


def _unequal(said: Any, measured: Any, path: str) -> Iterator[str]:
    if isinstance(said, dict) and isinstance(measured, dict):
        for name in dict.fromkeys((*measured, *said)):
            yield from _unequal(said.get(name), measured.get(name), f"{path}.{name}" if path else name)
    elif isinstance(said, list) and isinstance(measured, list) and len(said) == len(measured):
        for number, (one, other) in enumerate(zip(said, measured, strict=True)):
            yield from _unequal(one, other, f"{path}[{number}]")
    elif said != measured:
        yield f"{path}: {_short(said)} signed, {_short(measured)} measured"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _not_taken(submission: Submission, refused: Refused) -> Finding:
    value, expected = refused.value, refused.expected
    return finding(
        "DSQC-F022" if refused.is_forged else "DSQC-F021",
        Location(path=RECEIPT),
        object_id=submission.alias or RECEIPT,
        value=value.en,
        value_ko=value.ko,
        expected=expected.en,
        expected_ko=expected.ko,
    )


def _false(submission: Submission, concluded: _Conclusion) -> Finding:
    expected = Text("what measuring the same files gives", "같은 파일을 측정한 결과")
    return finding(
        "DSQC-F023",
        Location(path=RECEIPT),
        object_id=submission.alias or RECEIPT,
        value=concluded.reason.en,
        expected=expected.en,
        expected_ko=expected.ko,
    )


def _to_dict(station: Station, arrived: Arrived, basis: Basis, data: bytes, concluded: _Conclusion) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "state": concluded.state,
        "reason": concluded.reason.en,
        "reason_ko": concluded.reason.ko,
        "key_id": concluded.key_id,
        "made_at": concluded.made_at,
        "receipt_sha256": receipts.receipt_digest(data),
        "transfer_sha256": arrived.transfer_sha256,
        "submission_sha256": basis.submission_sha256,
        "panel": basis.panel,
        "catch_probability": station.receipts.catch_probability,
        "assumed_false_share": station.receipts.assumed_false_share,
        "run_count": len(arrived.submission.runs()),
        "measured_again": concluded.sampled,
        "differences": concluded.differences,
        "runs": concluded.runs if concluded.state == ACCEPTED else {},
    }
