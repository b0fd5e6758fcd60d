"""Closed submissions by way of real object stores: not one plaintext byte there, nor on any disk of the station."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dsqc.cli.main import main
from dsqc.crypt4gh import Keys, SealedPath, station_keys
from dsqc.errors import ExitCode, StorageFault
from dsqc.listing import SENDER, SENT, parse_sent
from dsqc.model import Submission
from dsqc.station import S3Options, load_station
from helpers import sending as helpers
from helpers.closed import closed_copy, pieces_of, places_of, reads_of
from helpers.results import read
from helpers.sending import close, content, send_it, states, write_submission
from helpers.sources import write_source
from helpers.stations import keys_in, new_station
from infra.faulty import FaultyProxy, answer, faulty_proxy

CEPH_PART = 5 << 20


def objects(bucket: Any) -> dict[str, bytes]:
    """What stands under its name."""
    client = bucket.server.client()
    rows = client.list_objects_v2(Bucket=bucket.name, Prefix="in/").get("Contents", [])
    found = {row["Key"][3:]: client.get_object(Bucket=bucket.name, Key=row["Key"])["Body"].read() for row in rows}
    client.close()
    return found


def opened(folder: Path, found: dict[str, bytes], name: str, keys: Keys) -> bytes:
    """The content of an encrypted object."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.c4gh").write_bytes(found[f"{name}.c4gh"])
    with SealedPath(folder, name, keys).open() as file:
        return file.read()


def dsqc(*arguments: str | Path) -> int:
    return main([*map(str, arguments), "-q"])


def stages(url: str, work: Path, station: Path) -> dict[str, Any]:
    """All stages of the station by their commands; the receipt."""
    inbox, results, at = work / "inbox" / "rice-wgs", work / "results", ("--station", station)
    assert dsqc("transfer", url, inbox, "-O", results, *at) == ExitCode.DONE
    assert dsqc("validate", inbox, "--transfer", results / "transfer.json", "-O", results, *at) == ExitCode.DONE
    for run in Submission.from_dict(read(results / "submission.json")).runs():
        given = ("--submission", results / "submission.json", "--run", run.key, "--inbox", inbox)
        assert dsqc("qc", *given, "-O", results / "runs" / run.key, *at) == ExitCode.DONE
    assert dsqc("judge", results, *at) == ExitCode.DONE
    assert dsqc("register", results, "--inbox", inbox, *at) == ExitCode.DONE
    found: dict[str, Any] = read(results / "receipt.json")
    return found


def test_from_the_submitters_desk_into_the_store_nothing_stands_in_the_clear(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, station = closed_copy("rice-wgs", tmp_path / "desk" / "rice-wgs"), tmp_path / "station"
    new_station(station, {})
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    url = f"{bucket.url}/in"
    key = ("--recipient", station / "keys" / "station.pub")
    assert dsqc("send", source, "--to", url, "--state", tmp_path / "state") == ExitCode.USAGE
    assert objects(bucket) == {}
    assert dsqc("send", source, "--to", url, "--state", tmp_path / "state", *key) == ExitCode.DONE

    data = sorted(source.glob("*.gz"))
    pieces = pieces_of(data, every=4001) + [piece for path in data for piece in reads_of(path)[::9]]
    assert places_of(pieces[:1], tmp_path / "desk") != []  # the search finds what is there
    found = objects(bucket)
    assert {name for name in found if name.endswith(".c4gh")} == {f"{path.name}.c4gh" for path in data}
    assert not [name for name, stored in found.items() if any(piece in stored for piece in pieces)]
    receipt = stages(url, tmp_path, station)
    assert receipt["registered"]
    # Its own bucket: in others, tests of open data may have put the same reads.
    server = [bucket.server.data / bucket.name] if hasattr(bucket.server, "data") else []
    assert (
        places_of(pieces, *server, *(tmp_path / name for name in ("inbox", "results", "station", "state", "tmp"))) == []
    )
    assert dsqc("storage", "verify", "--station", station) == ExitCode.DONE
    pair = tmp_path / "recipient"
    assert dsqc("storage", "keygen", pair) == ExitCode.DONE
    given = ("--to", f"{pair}.pub", "-o", tmp_path / "out", "--by", "kim", "--reason", "agreement 7")
    assert dsqc("storage", "export", "KRA00000001", *given, "--station", station) == ExitCode.DONE
    for path in data:
        plain = tmp_path / "opened" / path.name
        assert dsqc("storage", "open", tmp_path / "out" / f"{path.name}.c4gh", "--key", f"{pair}.sec", "-o", plain) == 0
        assert plain.read_bytes() == path.read_bytes()


class Desk:
    """A closed submission of one large file and some small ones on its way to Ceph, behind a proxy."""

    def __init__(self, bucket: Any, path: Path) -> None:
        self.bucket, self.path = bucket, path
        self.source, _ = write_submission(path / "KR-1", large=2 * CEPH_PART + 77, small=1)
        close(self.source)
        self.keys = keys_in(path / "station")
        self.state = path / "state"

    def push(self, proxy: FaultyProxy) -> tuple[Any, Any]:
        s3 = S3Options(endpoint_url=proxy.endpoint)
        settings = {"part_bytes": CEPH_PART, "parallel": 1, "recipient": self.keys.public}
        return send_it(self.source, f"{self.bucket.url}/in", self.state, s3=s3, **settings)

    def break_off(self, proxy: FaultyProxy) -> None:
        """Two of three parts go."""
        proxy.plan(answer(403, "AccessDenied", when=rb"partNumber=3"))
        result, _ = self.push(proxy)
        assert isinstance(result.fault, StorageFault)
        assert "large.bam.c4gh" not in objects(self.bucket)
        proxy.requests.clear()

    def content(self) -> bytes:
        return opened(self.path / "opened", objects(self.bucket), "large.bam", self.keys)

    def change(self) -> bytes:
        """Flip a bit of the second part; the file sheet gives no checksum any more."""
        data = bytearray((self.source / "large.bam").read_bytes())
        data[CEPH_PART + 1000] ^= 1
        (self.source / "large.bam").write_bytes(data)
        level = (self.source / "submission.tsv").read_text()
        write_source(self.source, {}, [{"file_name": name} for name in ("large.bam", "s0.fastq.gz")])
        (self.source / "submission.tsv").write_text(level)
        return bytes(data)


def parts_sent(proxy: FaultyProxy) -> list[str]:
    return sorted(set(re.findall(r"PUT \S*partNumber=(\d+)", "\n".join(proxy.requests))))


@pytest.fixture
def desk(ceph_bucket: Any, tmp_path: Path) -> Desk:
    return Desk(ceph_bucket, tmp_path)


@pytest.mark.ceph
def test_finished_parts_are_kept_and_the_secrets_go_with_the_last(desk: Desk) -> None:
    with faulty_proxy(desk.bucket.server.endpoint) as proxy:
        desk.break_off(proxy)
        secrets = list(desk.state.rglob("keys/*.json"))
        assert [path.stat().st_mode & 0o777 for path in secrets] == [0o600]
        result, _ = desk.push(proxy)
        assert parts_sent(proxy) == ["3"]
    assert result.record["complete"], result.fault
    assert desk.content() == (desk.source / "large.bam").read_bytes()
    assert not secrets[0].exists()
    kept = b"".join(path.read_bytes() for path in desk.state.rglob("*") if path.is_file())
    assert b"session_key" not in kept


@pytest.mark.ceph
@pytest.mark.parametrize("kind", ["seen", "unseen"])
def test_a_file_that_changed_since_is_never_mixed_with_what_it_was(desk: Desk, kind: str) -> None:
    path = desk.source / "large.bam"
    with faulty_proxy(desk.bucket.server.endpoint) as proxy:
        desk.break_off(proxy)
        before = path.stat()
        data = desk.change()
        if kind == "unseen":
            # The same size and time: nothing tells but the bytes. Only the changed part travels, under other nonces.
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        result, told = desk.push(proxy)
        assert parts_sent(proxy) == (["1", "2", "3"] if kind == "seen" else ["2", "3"])
    assert told.changes == (["large.bam"] if kind == "seen" else [])
    assert result.record["complete"], result.fault
    assert desk.content() == data


@pytest.mark.ceph
def test_with_the_state_lost_the_file_is_sent_anew(desk: Desk) -> None:
    with faulty_proxy(desk.bucket.server.endpoint) as proxy:
        desk.break_off(proxy)
        desk.state = desk.path / "another host"
        result, _ = desk.push(proxy)
        assert parts_sent(proxy) == ["1", "2", "3"]
        assert result.record["complete"], result.fault
        assert desk.content() == (desk.source / "large.bam").read_bytes()
        again, _ = desk.push(proxy)
    assert set(states(again).values()) == {"kept"}


@pytest.mark.ceph
def test_a_killed_sender_goes_on_and_what_is_visible_is_whole(ceph_bucket: Any, tmp_path: Path) -> None:
    source, _ = write_submission(tmp_path / "KR-1", large=3 * CEPH_PART + 5, small=8)
    close(source)
    data = {path.name: path.read_bytes() for path in source.iterdir() if path.suffix != ".tsv"}
    keys, state = keys_in(tmp_path / "station"), tmp_path / "state"
    script = Path(helpers.__file__).with_name("killed_push.py")
    command = [sys.executable, str(script), str(source), f"{ceph_bucket.url}/in", str(state), str(CEPH_PART)]
    command.append(str(tmp_path / "station" / "keys" / "station.pub"))
    environment = {**os.environ, "PYTHONPATH": str(script.parents[1])}
    kills = 0
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        while process.stdout.readline() == "killed\n":
            kills += 1
            found = objects(ceph_bucket)
            assert SENT not in found
            for name in found:
                if name not in (SENDER, "file.tsv", "submission.tsv"):
                    plain = name.removesuffix(".c4gh")
                    assert opened(tmp_path / "opened", found, plain, keys) == data[plain]
            process.stdin.write("\n")
            process.stdin.flush()
        process.wait(timeout=30)
    assert process.returncode == 0
    assert kills >= 2
    found = objects(ceph_bucket)
    assert {name: opened(tmp_path / "opened", found, name, keys) for name in data} == data
    sent = parse_sent(found[SENT])
    assert sent is not None
    assert sent.complete
    assert not any(state.rglob("keys/*"))


def test_with_a_grant_of_the_station_and_nothing_else(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = closed_copy("rice-wgs", tmp_path / "rice-wgs")
    (source / "large.fastq").write_bytes(content(CEPH_PART + 77))
    with (source / "file.tsv").open("a", encoding="utf-8") as sheet:
        columns = (source / "file.tsv").read_text(encoding="utf-8").split("\n")[0].split("\t")
        sheet.write("\t".join({"file_name": "large.fastq"}.get(name, "") for name in columns) + "\n")
    station = tmp_path / "station"
    new_station(station, {})
    table, grant = tmp_path / "files.tsv", tmp_path / "grant.json"
    url, at = f"{bucket.url}/in", ("--station", station)
    assert dsqc("grant", "request", source, "-o", table) == ExitCode.DONE
    issue = ("grant", "issue", "KR-1", "--inbox", url, "--files", table, "-o", grant, "--part-size", "5Mi", *at)
    assert dsqc(*issue) == ExitCode.DONE
    with monkeypatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        assert dsqc("send", source, "--grant", grant, "--state", tmp_path / "state") == ExitCode.DONE
    assert dsqc("transfer", url, tmp_path / "inbox", *at) == ExitCode.DONE
    for name in ("large.fastq", "KR-RICE-001_R1.fastq.gz"):
        with SealedPath(tmp_path / "inbox", name, station_keys(load_station(station))).open() as file:
            assert file.read() == (source / name).read_bytes()
