"""A signed sample submission, transferred to a station that trusts its signer; and ways to tamper with it."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json, sha256_of, to_json
from dsqc.catalog.registering import Actor
from dsqc.findings import Finding
from dsqc.listing import PRIVATE, RECEIPT, RESULTS
from dsqc.model import Submission
from dsqc.signing import SigningKey, load_signing_key, write_signing_pair
from dsqc.sketch import choose_panel
from dsqc.stages._qc_results import CHECK
from dsqc.stages._receipt_check import Arrived, check_receipt
from dsqc.stages.desk import Desk
from dsqc.stages.judge import judge
from dsqc.stages.qc import qc_run
from dsqc.stages.sign import sign
from dsqc.stages.transfer import transfer
from dsqc.stages.validate import ValidateResult, validate
from dsqc.station import Receipts, Station
from helpers.stations import new_station

SAMPLE = Path(str(files("dsqc.sample_batch"))) / "rice-wgs"
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 30)
RUNS = ("KR-RICE-001_run1", "KR-RICE-002_run1")
Members = dict[str, bytes]


def validated(submission: Path, results: Path | None) -> ValidateResult:
    """As the submitter validates it."""
    return validate(submission, results, today=TODAY)


@dataclass(frozen=True)
class Sent:
    """A submission with its receipt, in the inbox of a station."""

    root: Path
    station: Station
    key: SigningKey

    @property
    def source(self) -> Path:
        """The submission at the desk."""
        return self.root / "source"

    @property
    def inbox(self) -> Path:
        """The station's inbox."""
        return self.root / "inbox"

    @property
    def results(self) -> Path:
        """The station's results."""
        return self.root / "results" / "rice"

    @property
    def check(self) -> dict[str, Any]:
        """What the station concluded."""
        return dict(read_json(self.results / CHECK))

    def transfer(self) -> None:
        """Bring it into the inbox."""
        transfer(str(self.source), self.inbox, self.results, submission="rice")

    def validate(self, *, at: datetime = NOW, receipts: bool = True) -> list[str]:
        """Validate at the station; the codes of what is said of the receipt."""

        def look(submission: Submission, document: Any, digest: str) -> list[Finding]:
            return self._look(submission, document, digest, at)

        found = validate(
            self.inbox,
            self.results,
            transfer=self.results / "transfer.json",
            today=TODAY,
            on_receipt=look if receipts else None,
        )
        return [item.code for item in found.findings if item.code in ("DSQC-F021", "DSQC-F022", "DSQC-F023")]

    def look(self) -> list[str]:
        """What is said of the receipt alone, after a validation."""
        submission = Submission.from_dict(read_json(self.results / "submission.json"))
        document = read_json(self.results / "validate.json")
        found = self._look(submission, document, sha256_of(self.results / "transfer.json"), NOW)
        return [item.code for item in found]

    def _look(self, submission: Submission, document: Any, digest: str, at: datetime) -> list[Finding]:
        arrived = Arrived(self.inbox, read_json(self.results / "transfer.json"), digest, submission)
        return check_receipt(self.station, arrived, document, self.results, actor=Actor("t", lambda: at))

    def finish(self) -> None:
        """Measure every run, and judge."""
        for key in RUNS:
            qc_run(self.results / "submission.json", key, self.inbox, self.results / "runs" / key)
        judge(self.results)

    def copy(self, root: Path, **receipts: Any) -> "Sent":
        """The same submission in a place of its own, for a station of its own, which may have other settings."""
        shutil.copytree(self.root, root)
        return Sent(root, _station(root, **receipts), self.key)

    def arrive(self, root: Path) -> "Sent":
        """The same submission in a place of its own, at the same station: its catalog is not to be changed."""
        for name in ("source", "inbox", "results"):
            shutil.copytree(self.root / name, root / name)
        return Sent(root, self.station, self.key)

    # ---- tampering: what arrives in the inbox is other than what was signed

    @property
    def receipt(self) -> Path:
        """The receipt in the inbox."""
        return self.inbox / PRIVATE / RECEIPT

    def document(self) -> dict[str, Any]:
        """Its content."""
        return dict(json.loads(self.receipt.read_text("utf-8")))

    def put(self, document: Any) -> None:
        """Another content, as it is."""
        self.receipt.write_text(to_json(document), encoding="utf-8")

    def resign(self, change: Callable[[dict[str, Any]], object], key: SigningKey | None = None) -> None:
        """What the signer's key, or another one, signs after ``change``."""
        document = self.document()
        change(document)
        self.put((key or self.key).sign(document))

    def members(self) -> dict[str, Members]:
        """The results in the zip, by run."""
        found: dict[str, Members] = {}
        with zipfile.ZipFile(self.inbox / PRIVATE / RESULTS) as archive:
            for name in archive.namelist():
                _, key, member = name.split("/")
                found.setdefault(key, {})[member] = archive.read(name)
        return found

    def put_results(self, members: dict[str, Members], *, listed: bool = True) -> None:
        """Other results; ``listed``: the signer's key signs for them."""
        path = self.inbox / PRIVATE / RESULTS
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for key, run in members.items():
                for name, data in run.items():
                    archive.writestr(f"runs/{key}/{name}", data)

        def list_them(document: dict[str, Any]) -> None:
            from hashlib import sha256

            document["results"] |= {"size_bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for run in document["runs"]:
                for item in run["results"]:
                    data = members.get(run["key"], {}).get(item["name"])
                    if data is not None:
                        item |= {"size_bytes": len(data), "sha256": sha256(data).hexdigest()}

        if listed:
            self.resign(list_them)

    def change_json(self, run: str, name: str, change: Callable[[Any], object]) -> None:
        """Change one JSON result, and sign for it."""
        members = self.members()
        value = json.loads(members[run][name])
        change(value)
        members[run][name] = to_json(value).encode()
        self.put_results(members)


def _station(root: Path, **receipts: Any) -> Station:
    made = new_station(root / "station", {}).station
    settings = {"trusted": "trusted", "catch_probability": 1.0, **receipts}
    return made.model_copy(update={"receipts": Receipts(**settings)})


def signed_submission(root: Path) -> Sent:
    """The sample, signed on the morning of ``NOW``, and transferred."""
    shutil.copytree(SAMPLE, root / "source")
    (root / "station/trusted").mkdir(parents=True)
    write_signing_pair(root / "key.pem", root / "station/trusted/institute.pub")
    key = load_signing_key(root / "key.pem")
    source = root / "source"
    desk = Desk(lambda results: validated(source, results), panel=choose_panel(None, None))
    assert sign(source, key, desk, clock=lambda: NOW).receipt is not None
    sent = Sent(root, _station(root), key)
    sent.transfer()
    sent.validate(receipts=False)
    return sent
