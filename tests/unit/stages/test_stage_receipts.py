"""Validation receipts: taken where everything holds, and refused, with the full measurement, in every other case."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.artefact import to_json
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import history
from dsqc.catalog.queries import find_owner
from dsqc.catalog.receipts.distrusted_keys import distrust, distrusted_keys, lift, relied_on
from dsqc.catalog.registering import Actor
from dsqc.cli.main import main
from dsqc.listing import PRIVATE, RECEIPT, RESULTS
from dsqc.signing import new_signing_key
from dsqc.stages import qc as qc_stage
from dsqc.stages.register import register
from helpers.receipts import NOW, RUNS, SAMPLE, Sent, signed_submission

FILE = "KR-RICE-001_R1.fastq.gz"
Tampering = Callable[[Sent], object]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """A signed submission in the inbox; not to be changed."""
    return signed_submission(tmp_path_factory.mktemp("signed"))


@pytest.fixture
def sent(signed: Sent, tmp_path: Path) -> Sent:
    """One of the test's own."""
    return signed.copy(tmp_path / "own")


@pytest.fixture
def trusting(signed: Sent, tmp_path: Path) -> Sent:
    """The same, for a station that hardly ever measures anything again."""
    return signed.copy(tmp_path / "own", catch_probability=1e-12)


def every_file(root: Path) -> dict[str, bytes]:
    """All results but what the station notes about the receipt and about time."""
    skipped = ("receipt-check.json", "transfer.timing.json")
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in skipped
    }


def refuse_to_measure(*_: object) -> Any:
    raise AssertionError("it was measured")


def test_all_results_and_the_verdict_are_the_same_with_and_without_a_receipt(
    sent: Sent, signed: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = signed.copy(tmp_path / "without")
    without.validate(receipts=False)
    without.finish()
    for name in (RECEIPT, RESULTS):
        (without.source / name).unlink()
    without.transfer()
    assert not (without.inbox / PRIVATE / RECEIPT).exists()

    assert sent.validate() == []
    shaped("receipt_check", sent.check)
    assert (sent.check["state"], sent.check["measured_again"]) == ("accepted", list(RUNS))
    monkeypatch.setattr(qc_stage, "measure_run", refuse_to_measure)
    sent.finish()

    with_receipt, measured = every_file(sent.results), every_file(without.results)
    assert with_receipt.keys() == measured.keys()
    assert [name for name, data in with_receipt.items() if data != measured[name]] == []
    assert {"verdict.json", f"runs/{RUNS[0]}/KR-RICE-001_R1.metrics.parquet"} <= with_receipt.keys()


def shaped(name: str, value: Any) -> Any:
    schema = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), value)
    return value


def edit(*path: str | int, to: Any) -> Tampering:
    """Somebody changes one place of the receipt, and cannot sign."""

    def tamper(sent: Sent) -> None:
        document: Any = sent.document()
        place = document
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != to
        place[path[-1]] = to
        sent.put(document)

    return tamper


def resigned(*path: str | int, to: Any) -> Tampering:
    """The signer signs for something else in one place."""

    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != to
        place[path[-1]] = to

    return lambda sent: sent.resign(change)


def by_signer(change: Callable[[dict[str, Any]], object]) -> Tampering:
    return lambda sent: sent.resign(change)


def in_bytes(change: Callable[[bytes], bytes], name: str = RECEIPT) -> Tampering:
    def tamper(sent: Sent) -> None:
        path = sent.inbox / PRIVATE / name
        data = path.read_bytes()
        assert change(data) != data
        path.write_bytes(change(data))

    return tamper


def in_results(change: Callable[[dict[str, dict[str, bytes]]], object], *, listed: bool = True) -> Tampering:
    def tamper(sent: Sent) -> None:
        members = sent.members()
        change(members)
        sent.put_results(members, listed=listed)

    return tamper


def in_json(name: str, change: Callable[[Any], object]) -> Tampering:
    return lambda sent: sent.change_json(RUNS[0], name, change)


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def first_metric_row(members: dict[str, dict[str, bytes]], row: str) -> None:
    name = "KR-RICE-001_R1.rows.jsonl"
    members[RUNS[0]][name] = row.encode() + b"\n" + members[RUNS[0]][name]


def other_source(sent: Sent, change: Callable[[Path], object]) -> None:
    """What is transferred is not what was signed."""
    change(sent.source)
    sent.transfer()


H = "0" * 64
QC, FASTQ = "qc.json", "KR-RICE-001_R1.dsqc.json"
TAMPERINGS: dict[str, Tampering] = {
    # Somebody between the signer and the station.
    "a digest of a file": edit("files", 0, "sha256", to=H),
    "a size": edit("files", 1, "size_bytes", to=1),
    "a name": edit("files", 0, "name", to="other.tsv"),
    "a digest of results": edit("runs", 0, "results", 0, "sha256", to=H),
    "the digest of the archive": edit("results", "sha256", to=H),
    "the key of a run": edit("runs", 0, "key", to="other"),
    "the date": edit("made_at", to="2026-11-29T00:00:00Z"),
    "the verdict": edit("verdict", to="review"),
    "the counts": edit("finding_counts", "warning", to=7),
    "the rule set": edit("versions", "rule_set", to="9"),
    "the goals": edit("versions", "goals", to=H),
    "the tools": edit("tools", "numpy", to="0"),
    "the alias": edit("submission_alias", to="other"),
    "a member that is added": lambda sent: sent.put({**sent.document(), "added": True}),
    "a member that is left out": lambda sent: sent.put({k: v for k, v in sent.document().items() if k != "tools"}),
    "no signature": lambda sent: sent.put({k: v for k, v in sent.document().items() if k != "signature"}),
    "another algorithm": edit("signature", "algorithm", to="none"),
    "another key's name": edit("signature", "key_id", to="0" * 16),
    "a signature of nothing": edit("signature", "value", to=""),
    "a signature of something else": edit("signature", "value", to="A" * 86 + "=="),
    "signed with a key that nobody trusts": lambda sent: sent.resign(dict, new_signing_key()),
    "signed by another in the name of the key": lambda sent: sent.put(
        {
            **(other := new_signing_key().sign(sent.document())),
            "signature": {**other["signature"], "key_id": sent.key.public.key_id},
        }
    ),
    "a name that stands twice": in_bytes(lambda data: data.replace(b"{", b'{"verdict": "pass",', 1)),
    "no JSON": in_bytes(lambda data: data[:-5]),
    "no text": in_bytes(lambda data: b"\xff\xfe" + data),
    "an empty file": in_bytes(lambda _data: b""),
    "a list": lambda sent: sent.put([sent.document()]),
    "JSON without an end": in_bytes(lambda _data: b"[" * 100_000),
    "the receipt of a registration": lambda sent: sent.put(
        sent.key.sign({"schema_version": "1.0", "registered": True})
    ),
    "a bit of the archive": in_bytes(flipped, RESULTS),
    "the end of the archive": in_bytes(lambda data: data[:-30], RESULTS),
    "something behind the archive": in_bytes(lambda data: data + b"\0", RESULTS),
    "no archive": lambda sent: (sent.inbox / PRIVATE / RESULTS).unlink(),
    "results that nobody signed for": in_results(
        lambda members: members[RUNS[0]].update({"findings.jsonl": b"{}\n"}), listed=False
    ),
    # The signer, who says what cannot be.
    "of other rules": resigned("versions", "rule_set", to="0.1.0+000000000000"),
    "of another dsqc": resigned("versions", "dsqc", to="9.9.9"),
    "of another form": resigned("versions", "form", to="seed_crop@9.9.9"),
    "of other vocabularies": resigned("versions", "vocabularies", to="0"),
    "of another taxonomy": resigned("versions", "taxonomy", to=H),
    "of another panel": resigned("versions", "panel", to=None),
    "of stricter rules": resigned("versions", "kbds_strict", to=True),
    "of other forms": resigned("submission_sha256", to=H),
    "of no date": resigned("made_at", to="2026-13-41T00:00:00Z"),
    "a file left out": by_signer(lambda document: document["files"].pop()),
    "a file that is not there": by_signer(lambda d: d["files"].append({**d["files"][0], "name": "more.tsv"})),
    "a file twice": by_signer(lambda document: document["files"].append(document["files"][0])),
    "a file as a form": resigned("files", -1, "kind", to="form"),
    "another MD5": resigned("files", -1, "md5", to="0" * 32),
    "a run left out": by_signer(lambda document: document["runs"].pop()),
    "a run twice": by_signer(lambda document: document["runs"].append(document["runs"][0])),
    "runs in another order": by_signer(lambda document: document["runs"].reverse()),
    "results of a file left out": by_signer(lambda document: document["runs"][0]["results"].pop(0)),
    "a path as a name": resigned("runs", 0, "results", 0, "name", to="../../verdict.json"),
    "a shape of its own": resigned("kind", to="receipt"),
    "a verdict that no receipt has": resigned("verdict", to="fail"),
    "results that are not in the archive": in_results(lambda members: members.pop(RUNS[1])),
    "a member larger than it says": lambda sent: (
        sent.put_results({k: {n: d + b" " * 10**7 for n, d in m.items()} for k, m in sent.members().items()}),
        sent.resign(lambda d: [item.update(size_bytes=10) for run in d["runs"] for item in run["results"]]),
    ),
    "no archive at all, signed": lambda sent: (
        (sent.inbox / PRIVATE / RESULTS).write_bytes(b"PK"),
        sent.resign(lambda d: d["results"].update(size_bytes=2, sha256=sha256(b"PK").hexdigest())),
    ),
    "results of the other run": in_results(lambda members: members.update({RUNS[0]: members[RUNS[1]]})),
    "results of other bytes": in_json(QC, lambda data: data["files"][0].update(sha256=H)),
    "results of a file of another size": in_json(FASTQ, lambda data: data["file"].update(size_bytes=5)),
    "results of a missing file": in_json(QC, lambda data: data["files"][0].update(state="missing")),
    "results of another version": in_json(QC, lambda data: data.update(dsqc_version="9.9.9")),
    "results of another library": in_json(QC, lambda data: data.update(library_id="other")),
    "results without metrics": in_json(FASTQ, lambda data: data.pop("metrics")),
    "results with more than there is": in_json(FASTQ, lambda data: data.update(html="<script>")),
    "counts that are not those of the findings": in_json(
        QC, lambda data: data["finding_counts"].update(error=0, info=9)
    ),
    "words of its own in a finding": in_json(
        FASTQ, lambda data: data["findings"].append({"code": "DSQC-D001", "message": "<b>all is well</b>"})
    ),
    "a script as the name of results": in_json(QC, lambda data: data["files"][0].update(metrics_file="../x.dsqc.json")),
    "another spelling of the same results": in_results(
        lambda members: members[RUNS[0]].update({QC: json.dumps(json.loads(members[RUNS[0]][QC])).encode()})
    ),
    "a row of metrics that is none": in_results(lambda members: first_metric_row(members, '["x", 1]')),
    "a number that is none": in_results(lambda members: first_metric_row(members, '["x", null, null, "", NaN]')),
    # What was signed is not what was sent.
    "a data file changed": lambda sent: other_source(
        sent, lambda folder: (folder / FILE).write_bytes(b"@r\nA\n+\nI\n")
    ),
    "two data files swapped": lambda sent: other_source(
        sent, lambda folder: shutil.copy(folder / FILE, folder / "KR-RICE-001_R2.fastq.gz")
    ),
    "a data file missing": lambda sent: (
        (sent.source / FILE).unlink(),
        shutil.rmtree(sent.inbox),
        sent.transfer(),
    ),
    "a form changed": lambda sent: other_source(
        sent, lambda folder: (folder / "run.tsv").write_text((folder / "run.tsv").read_text("utf-8") + "\n", "utf-8")
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_no_tampering_is_taken(signed: Sent, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = signed.arrive(tmp_path)
    TAMPERINGS[name](sent)
    monkeypatch.setattr("dsqc.stages._receipt_check.measure_run", refuse_to_measure)

    codes = sent.look()

    assert codes in (["DSQC-F021"], ["DSQC-F022"])
    check = shaped("receipt_check", sent.check)
    assert (check["state"], check["runs"]) == ("refused", {})
    assert check["reason"]
    assert check["reason_ko"] != ""
    measured: list[str] = []
    monkeypatch.setattr(qc_stage, "measure_run", lambda _s, run, *_: measured.append(run.key) or refuse_to_measure())
    with pytest.raises(AssertionError, match="it was measured"):
        sent.finish()
    assert measured == [RUNS[0]]


def test_there_are_many_kinds_of_tampering() -> None:
    assert len(TAMPERINGS) >= 30


@pytest.mark.parametrize(
    ("place", "lie"),
    [
        ("metrics.mean_phred", lambda data: data["metrics"].update(mean_phred=39.99)),
        ("fingerprint.reads", lambda data: data["fingerprint"].update(reads="0" * 32)),
    ],
)
def test_false_results_are_caught_and_the_key_is_distrusted(
    sent: Sent, place: str, lie: Callable[[Any], object]
) -> None:
    sent.change_json(RUNS[1], "KR-RICE-002_R2.dsqc.json", lie)
    key = sent.key.public.key_id

    assert sent.validate() == ["DSQC-F023"]

    check = shaped("receipt_check", sent.check)
    assert (check["state"], check["key_id"], check["runs"]) == ("false", key, {})
    assert place in check["differences"][0]
    with Catalog.open(sent.station) as catalog, catalog.reading() as session:
        listed = distrusted_keys(session)
    assert [(item["key_id"], item["submission"], item["lifted_at"]) for item in listed] == [(key, "rice", "")]
    sent.finish()
    verdict = json.loads((sent.results / "verdict.json").read_text("utf-8"))
    assert verdict["verdict"] == "fail"
    assert [reason["code"] for reason in verdict["reasons"]] == ["DSQC-F023"]
    assert register(sent.results, sent.inbox, sent.station).receipt["state"] == "returned"
    assert noted(sent, "rice-wgs") == [("false", [RUNS[0], RUNS[1]])]


def test_a_distrusted_key_is_refused_until_it_is_believed_again(trusting: Sent) -> None:
    operator = Actor("kim", lambda: NOW)
    key = trusting.key.public.key_id
    with Catalog.open(trusting.station) as catalog:
        catalog.write(lambda session: distrust(session, key, operator, reason="lost its laptop"))
        assert trusting.validate() == ["DSQC-F021"]
        assert "signed a false receipt" in trusting.check["reason"]
        catalog.write(lambda session: lift(session, key, operator))
    assert trusting.validate() == []


@pytest.mark.parametrize(("days", "taken"), [(29, True), (31, False), (-1, False)])
def test_a_receipt_has_its_time(trusting: Sent, days: int, *, taken: bool) -> None:
    codes = trusting.validate(at=NOW + timedelta(days=days))

    assert (codes, trusting.check["state"]) == (([], "accepted") if taken else (["DSQC-F021"], "refused"))


def test_a_station_that_trusts_nobody_says_nothing_and_measures(signed: Sent, tmp_path: Path) -> None:
    sent = signed.copy(tmp_path / "own", trusted="")

    assert sent.validate() == []
    assert not (sent.results / "receipt-check.json").exists()


def test_what_changes_after_a_receipt_was_taken_is_measured(trusting: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inbox, the forms and the results are trusted by their digests only."""
    trusting.validate()
    monkeypatch.setattr(qc_stage, "measure_run", refuse_to_measure)
    (trusting.results / "submission.json").write_text(
        (trusting.results / "submission.json").read_text("utf-8") + " ", "utf-8"
    )

    with pytest.raises(AssertionError, match="it was measured"):
        trusting.finish()
    trusting.validate()
    trusting.finish()
    trusting.put_results({key: dict.fromkeys(run, b"{}") for key, run in trusting.members().items()}, listed=False)
    with pytest.raises(AssertionError, match="it was measured"):
        trusting.finish()


def test_the_history_tells_what_became_of_the_receipt_once(trusting: Sent) -> None:
    trusting.validate()
    trusting.finish()
    for _ in range(2):
        assert register(trusting.results, trusting.inbox, trusting.station).registered

    with Catalog.open(trusting.station) as catalog, catalog.reading() as session:
        assert relied_on(session) == {trusting.key.public.key_id: ["KRA00000001"]}
    assert noted(trusting, "KRA00000001") == [("accepted", [])]


def noted(sent: Sent, name: str) -> list[tuple[str, list[str]]]:
    """What the history says of receipts: the outcome, and which runs were measured again."""
    with Catalog.open(sent.station) as catalog, catalog.reading() as session:
        record = find_owner(session, name)
        assert record is not None
        events = [event for event in history(session, record) if event.action == "validation_receipt"]
        return [(event.details["state"], event.details["measured_again"]) for event in events]


def test_the_commands_from_desk_to_station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk, station, work = tmp_path / "rice", tmp_path / "station", tmp_path / "results/rice"
    shutil.copytree(SAMPLE, desk)
    assert main(["receipt", "keygen", str(tmp_path / "institute.pem")]) == 0
    assert main(["validate", str(desk), "--sign", str(tmp_path / "institute.pem"), "-q", "--lang", "en"]) == 0
    assert "verdict pass" in capsys.readouterr().out
    shaped("validation_receipt", json.loads((desk / RECEIPT).read_text("utf-8")))
    assert main(["receipt", "verify", str(desk / RECEIPT), "--key", str(tmp_path / "institute.pub")]) == 0
    assert main(["send", str(desk), "--to", str(tmp_path / "sent"), "-q"]) == 0
    assert main(["catalog", "init", str(station), "-q"]) == 0
    settings = (station / "station.toml").read_text("utf-8")
    (station / "station.toml").write_text(
        settings.replace("[receipts]", '[receipts]\ntrusted = "trusted"\ncatch_probability = 1e-12'), "utf-8"
    )
    (station / "trusted").mkdir()
    shutil.copy(tmp_path / "institute.pub", station / "trusted")
    inbox, option = tmp_path / "inbox", ["--station", str(station), "-q"]

    assert main(["transfer", str(tmp_path / "sent"), str(inbox), "--submission", "rice", "-O", str(work), *option]) == 0
    assert main(["validate", str(inbox), "--transfer", str(work / "transfer.json"), "-O", str(work), *option]) == 0

    assert json.loads((work / "receipt-check.json").read_text("utf-8"))["state"] == "accepted"
    capsys.readouterr()
    assert main(["receipt", "keys", "--station", str(station), "--json"]) == 0
    assert shaped("receipt_keys", json.loads(capsys.readouterr().out))["trusted"][0]["file"] == "institute.pub"


def test_nothing_is_signed_for_errors_or_closed_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["receipt", "keygen", str(tmp_path / "k.pem")])
    for name in ("bad", "closed"):
        shutil.copytree(SAMPLE, tmp_path / name)
    (tmp_path / "bad" / RECEIPT).write_text(to_json({"of": "before"}), "utf-8")
    (tmp_path / "bad" / FILE).write_bytes(b"@r\nACGT\n+\nIII\n")
    sheet = tmp_path / "closed/submission.tsv"
    sheet.write_text(sheet.read_text("utf-8").replace("\topen\t", "\tclosed\t"), "utf-8")

    assert main(["validate", str(tmp_path / "bad"), "--sign", str(tmp_path / "k.pem"), "-q", "--lang", "en"]) == 3
    assert "No receipt" in capsys.readouterr().out
    assert not (tmp_path / "bad" / RECEIPT).exists()
    assert main(["validate", str(tmp_path / "closed"), "--sign", str(tmp_path / "k.pem"), "-q"]) == 2
    assert "closed submission" in capsys.readouterr().err
