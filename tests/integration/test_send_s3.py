"""``dsqc send`` into real S3-compatible servers: rclone for the common path, Ceph where its ways matter."""

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from dsqc.errors import StorageFault, TransientFault
from dsqc.listing import SENDER, SENT, parse_sent
from dsqc.pacing import Pacer
from dsqc.sending import Line, claim, read_grant, write_grant
from dsqc.stages.grant import issue_grant, renew_grant, revoke_grant, sweep_inbox
from dsqc.stages.transfer import transfer
from dsqc.station import S3Options
from helpers import sending as helpers
from helpers.sending import PART, codes, content, line, send_it, states, write_submission
from helpers.sources import write_source
from infra.faulty import answer, faulty_proxy, flip, reset, stall
from infra.s3 import SECRET_KEY

CEPH_PART = 5 << 20
"""Ceph refuses smaller parts."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL")

on_both = pytest.mark.parametrize(
    "bucket",
    [pytest.param("s3_bucket", marks=pytest.mark.s3), pytest.param("ceph_bucket", marks=pytest.mark.ceph)],
    indirect=True,
)
on_ceph = pytest.mark.parametrize("bucket", [pytest.param("ceph_bucket", marks=pytest.mark.ceph)], indirect=True)


@pytest.fixture
def bucket(request):
    return request.getfixturevalue(request.param)


def objects(bucket, prefix: str = "in/") -> dict[str, bytes]:
    client = bucket.server.client()
    rows = client.list_objects_v2(Bucket=bucket.name, Prefix=prefix).get("Contents", [])
    names = [row["Key"] for row in rows]
    found = {
        name.removeprefix(prefix): client.get_object(Bucket=bucket.name, Key=name)["Body"].read() for name in names
    }
    client.close()
    return found


def data_of(bucket) -> dict[str, bytes]:
    found = objects(bucket)
    found.pop(SENT, None)
    found.pop(SENDER, None)
    return found


def part_size_of(bucket) -> int:
    return CEPH_PART if "Ceph" in type(bucket.server).__name__ else PART


@pytest.fixture
def sub(bucket, tmp_path):
    return write_submission(tmp_path / "KR-1", large=2 * part_size_of(bucket) + 77)


def push(bucket, source: Path, state: Path, endpoint: str = "", **settings):
    settings.setdefault("part_bytes", part_size_of(bucket))
    s3 = S3Options(endpoint_url=endpoint) if endpoint else bucket.options
    return send_it(source, f"{bucket.url}/in", state, s3=s3, **settings)


@on_both
def test_exactly_what_the_sheet_lists_arrives(bucket, sub, tmp_path):
    source, expected = sub
    result, told = push(bucket, source, tmp_path / "state")
    assert result.record["complete"], result.fault or result.record
    found = objects(bucket)
    sent = parse_sent(found.pop(SENT))
    assert found == expected
    assert sent is not None
    assert {item.name: item.digests.md5 for item in sent.files} == {
        name: hashlib.md5(data).hexdigest() for name, data in expected.items()
    }
    assert told.bytes == {name: len(data) for name, data in expected.items()}
    again, told = push(bucket, source, tmp_path / "state")
    assert set(states(again).values()) == {"kept"}
    assert told.bytes == {}


@on_ceph
def test_a_small_file_is_one_request(bucket, sub, tmp_path):
    source, _ = sub
    with faulty_proxy(bucket.server.endpoint) as proxy:
        push(bucket, source, tmp_path / "state", proxy.endpoint)
        for name in ("s0.fastq.gz", "s1.fastq.gz", "file.tsv"):
            assert [row.split()[0] for row in proxy.requests if name in row] == ["PUT"]


@on_both
def test_another_host_keeps_what_stands_and_sends_only_the_rest(bucket, sub, tmp_path):
    source, expected = sub
    size = part_size_of(bucket)
    client = bucket.server.client()
    where = {"Bucket": bucket.name, "Key": "in/large.bam"}
    upload = client.create_multipart_upload(**where)["UploadId"]
    piece = expected["large.bam"][size : 2 * size]
    client.upload_part(**where, UploadId=upload, PartNumber=2, Body=piece)
    client.put_object(Bucket=bucket.name, Key="in/s0.fastq.gz", Body=expected["s0.fastq.gz"])
    client.close()
    with faulty_proxy(bucket.server.endpoint) as proxy:
        result, _ = push(bucket, source, tmp_path / "state", proxy.endpoint)
        numbers = re.findall(r"partNumber=(\d+)", "\n".join(row for row in proxy.requests if row.startswith("PUT")))
        assert sorted(numbers) == ["1", "3"]
        assert not [row for row in proxy.requests if row.startswith("PUT") and "s0.fastq.gz" in row]
    assert result.record["complete"]
    assert states(result)["s0.fastq.gz"] == "kept"
    assert data_of(bucket) == expected


@on_both
def test_parts_of_another_content_or_cut_are_sent_anew(bucket, sub, tmp_path):
    source, expected = sub
    size = part_size_of(bucket)
    client = bucket.server.client()
    where = {"Bucket": bucket.name, "Key": "in/large.bam"}
    for cut in (size, size + 4096):
        upload = client.create_multipart_upload(**where)["UploadId"]
        client.upload_part(**where, UploadId=upload, PartNumber=1, Body=content(cut, 5))
    client.close()
    result, _ = push(bucket, source, tmp_path / "state")
    assert result.record["complete"], result.fault or result.record
    assert data_of(bucket) == expected
    assert sweep_inbox(f"{bucket.url}/in", older_than=timedelta(0), delete=False, s3=bucket.options)[0] == []


@on_ceph
def test_a_file_that_changed_since_is_noticed_and_only_its_other_parts_travel(bucket, sub, tmp_path):
    source, _ = sub
    with faulty_proxy(bucket.server.endpoint) as proxy:
        proxy.plan(answer(403, "AccessDenied", when=rb"partNumber=3"))
        first, _ = push(bucket, source, tmp_path / "state", proxy.endpoint, parallel=1)
        assert isinstance(first.fault, StorageFault)
        assert "large.bam" not in data_of(bucket)
        data = bytearray((source / "large.bam").read_bytes())
        data[0] ^= 1
        (source / "large.bam").write_bytes(data)
        write_source(source, {}, [{"file_name": name} for name in ("large.bam", "s0.fastq.gz")])
        proxy.requests.clear()
        second, told = push(bucket, source, tmp_path / "state", proxy.endpoint)
        numbers = re.findall(r"PUT \S*partNumber=(\d+)", "\n".join(proxy.requests))
    assert sorted(set(numbers)) == ["1", "3"]
    assert second.record["complete"]
    assert told.changes == ["large.bam"]
    assert data_of(bucket)["large.bam"] == bytes(data)


@on_ceph
def test_faults_of_the_line_are_outlived(bucket, sub, tmp_path):
    source, expected = sub
    with faulty_proxy(bucket.server.endpoint) as proxy:
        proxy.plan(
            flip(CEPH_PART // 2, up=True, when=rb"PUT \S*partNumber=1"),
            reset(CEPH_PART // 3, up=True, when=rb"PUT \S*partNumber=2"),
            stall(200_000, up=True, when=rb"PUT \S*partNumber=3"),
            stall(0, when=rb"PUT \S*/s0"),
            answer(503, when=rb"PUT \S*/s1", times=3),
            answer(500, "InternalError", when=rb"POST \S*uploadId", times=2),
        )
        result, told = push(bucket, source, tmp_path / "state", proxy.endpoint, line=line(stall_s=1.5))
        assert len(proxy.fired) >= 8
    assert result.record["complete"], result.fault or result.record
    assert data_of(bucket) == expected
    assert told.bytes == {name: len(data) for name, data in expected.items()}
    reasons = " ".join(reason for _, reason in told.retries)
    assert "BadDigest" in reasons
    assert "no byte moved" in reasons


@on_ceph
def test_a_store_that_refuses_or_is_away_stops_cleanly_and_goes_on(bucket, sub, tmp_path):
    source, expected = sub
    with faulty_proxy(bucket.server.endpoint) as proxy:
        proxy.plan(answer(403, "AccessDenied", when=rb"PUT \S*partNumber=2"))
        refused, _ = push(bucket, source, tmp_path / "state", proxy.endpoint)
        assert isinstance(refused.fault, StorageFault)
        assert "access is denied" in refused.fault.message
        proxy.plan(answer(403, "RequestTimeTooSkewed", times=99))
        skewed, _ = push(bucket, source, tmp_path / "state", proxy.endpoint)
        assert "clocks differ" in skewed.fault.message
        proxy.cut()
        away, _ = push(bucket, source, tmp_path / "state", proxy.endpoint, line=line(attempts=3))
        assert isinstance(away.fault, TransientFault)
        assert "Run the same command again" in away.fault.hint
        assert set(states(away).values()) <= {"waiting"}
        proxy.mend()
        proxy.plan()
        assert push(bucket, source, tmp_path / "state", proxy.endpoint)[0].record["complete"]
    assert data_of(bucket) == expected


@on_both
def test_a_second_sender_is_told_so_and_a_dead_ones_claim_ends(bucket, sub, tmp_path, monkeypatch):
    source, _ = sub
    client = bucket.server.client()
    body = json.dumps({"sender": "other", "host": "far\x1b[2J", "process": 1}).encode()
    client.put_object(Bucket=bucket.name, Key=f"in/{SENDER}", Body=body)
    client.close()
    result, _ = push(bucket, source, tmp_path / "state")
    assert isinstance(result.fault, TransientFault)
    assert "(process 1 on far[2J)" in result.fault.message
    assert not data_of(bucket)
    monkeypatch.setattr(claim, "STALE_AFTER_S", -10.0)
    assert push(bucket, source, tmp_path / "state")[0].record["complete"]
    assert SENDER not in objects(bucket)


@on_ceph
def test_a_killed_sender_goes_on_and_nothing_half_is_ever_visible(bucket, tmp_path):
    source, expected = write_submission(tmp_path / "KR-1", large=4 * CEPH_PART + 5, small=15)
    script = Path(helpers.__file__).with_name("killed_push.py")
    command = [sys.executable, str(script), str(source), f"{bucket.url}/in", str(tmp_path / "state"), str(CEPH_PART)]
    environment = {**os.environ, "PYTHONPATH": str(script.parents[1])}
    kills = 0
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        while process.stdout.readline() == "killed\n":
            kills += 1
            found = objects(bucket)
            assert all(expected[name] == data for name, data in found.items() if name not in (SENT, SENDER))
            assert SENT not in found
            process.stdin.write("\n")
            process.stdin.flush()
        process.wait(timeout=30)
    assert process.returncode == 0
    assert kills >= 3
    assert data_of(bucket) == expected
    assert parse_sent(objects(bucket)[SENT]).complete


@on_ceph
def test_an_interrupt_ends_at_once_and_says_how_to_go_on(bucket, tmp_path):
    source, _ = write_submission(tmp_path / "KR-1", large=6 * CEPH_PART + 5, small=1)
    command = [sys.executable, "-m", "dsqc", "send", str(source), "--to", f"{bucket.url}/in"]
    command += ["--state", str(tmp_path / "state"), "--part-size", "5Mi", "--limit-rate", "1Mi"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while SENDER not in objects(bucket):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command to go on" in printed
    assert SENDER not in objects(bucket)


@on_both
def test_the_station_fetches_what_was_sent_with_the_senders_checksums(bucket, sub, tmp_path):
    source, expected = sub
    write_source(source, {}, [{"file_name": name} for name in expected if not name.endswith(".tsv")])
    push(bucket, source, tmp_path / "state")
    with faulty_proxy(bucket.server.endpoint) as proxy:
        station = S3Options(endpoint_url=proxy.endpoint)
        result = transfer(f"{bucket.url}/in", tmp_path / "inbox", tmp_path / "results", submission="S", s3=station)
        # The sheet gives no checksum, and the ETag of a file in parts is no MD5: without the sender's word it would
        # be read twice.
        fetched = [row for row in proxy.requests if row.startswith("GET") and "large.bam" in row]
    assert result.log.counts() == {"error": 0, "warning": 0, "info": 0}
    assert {row["name"]: row["sha256"] for row in result.record["files"]} == {
        item.name: item.digests.sha256 for item in parse_sent(objects(bucket)[SENT]).files
    }
    assert len(fetched) <= 1 + len(expected["large.bam"]) // (8 << 20)


# Grants.


def grant_of(bucket, source: Path, path: Path, expires_s: int = 600) -> Path:
    issue_grant(
        "KR-1",
        f"{bucket.url}/in",
        source,
        path,
        expires_s=expires_s,
        s3=bucket.options,
        part_bytes=part_size_of(bucket),
    )
    return path


@pytest.fixture
def sized(bucket, sub):
    """The submission, with the sizes in its file sheet."""
    source, expected = sub
    data = {name: content for name, content in expected.items() if not name.endswith(".tsv")}
    rows = [{"file_name": name, "size_bytes": str(len(body))} for name, body in data.items()]
    rows[0]["md5"] = hashlib.md5(data[rows[0]["file_name"]]).hexdigest()
    write_source(source, data, rows)
    return source, {item.name: item.read_bytes() for item in source.iterdir()}


@on_both
def test_a_grant_needs_no_credentials(bucket, sized, tmp_path, monkeypatch):
    source, expected = sized
    path = grant_of(bucket, source, tmp_path / "grant.json")
    assert path.stat().st_mode & 0o777 == 0o600
    for name in KEYS:
        monkeypatch.delenv(name)
    result, _ = send_it(source, read_grant(path), tmp_path / "state")
    assert result.record["complete"], result.fault or result.record
    assert data_of(bucket) == expected
    assert SENDER not in objects(bucket)
    again, told = send_it(source, read_grant(path), tmp_path / "state")
    assert set(states(again).values()) == {"kept"}
    assert told.bytes == {}
    elsewhere, _ = send_it(source, read_grant(path), tmp_path / "other state")
    assert states(elsewhere)["large.bam"] == "kept"


@contextlib.contextmanager
def by_way_of(proxy, monkeypatch):
    """Connections go through the proxy; the host, which is signed, stays."""
    with monkeypatch.context() as patch:
        patch.setenv("http_proxy", proxy.endpoint)
        yield


def parts_sent(proxy) -> list[str]:
    return re.findall(r"PUT \S*partNumber=(\d+)", "\n".join(proxy.requests))


@on_ceph
def test_a_grant_that_expires_in_the_middle_is_renewed_and_only_the_rest_travels(bucket, sized, tmp_path, monkeypatch):
    source, expected = sized
    short, renewed = tmp_path / "grant.json", tmp_path / "renewed.json"
    grant_of(bucket, source, short, expires_s=4)
    # 10 MiB at 2 MiB a second, one part after the other: the grant ends before the last one.
    slow = Line(Pacer(2 << 20), piece_bytes=64 << 10)
    with faulty_proxy(bucket.server.endpoint) as proxy, by_way_of(proxy, monkeypatch):
        first, _ = send_it(source, read_grant(short), tmp_path / "state", line=slow, parallel=1)
        assert isinstance(first.fault, StorageFault), first.record
        assert "expired" in first.fault.message
        assert "renewed grant" in first.fault.hint
        before = parts_sent(proxy)
    assert "large.bam" not in data_of(bucket)
    renew_grant(short, renewed, expires_s=600, s3=bucket.options)
    with faulty_proxy(bucket.server.endpoint) as proxy, by_way_of(proxy, monkeypatch):
        result, _ = send_it(source, read_grant(renewed), tmp_path / "state")
        after = parts_sent(proxy)
    assert result.record["complete"], result.fault or result.record
    assert 1 <= len(before) <= 3
    assert sorted({*before, *after}) == ["1", "2", "3"]
    assert len(before) + len(after) <= 4  # the one that was under way when the grant ended may go twice
    assert data_of(bucket) == expected


@on_ceph
def test_an_expired_grant_is_refused_with_what_to_do(bucket, sized, tmp_path):
    source, _ = sized
    path = grant_of(bucket, source, tmp_path / "grant.json", expires_s=1)
    time.sleep(1.1)
    result, _ = send_it(source, read_grant(path), tmp_path / "state")
    assert isinstance(result.fault, StorageFault)
    assert "expired" in result.fault.message
    assert "renewed grant" in result.fault.hint


@on_ceph
def test_a_grant_is_for_its_files_and_sizes_only(bucket, sized, tmp_path):
    source, _ = sized
    path = grant_of(bucket, source, tmp_path / "grant.json")
    (source / "s1.fastq.gz").write_bytes(b"shorter")
    (source / "new.bam").write_bytes(b"new")
    names = ["large.bam", "s0.fastq.gz", "s1.fastq.gz", "new.bam"]
    write_source(source, {}, [{"file_name": name} for name in names])
    result, _ = send_it(source, read_grant(path), tmp_path / "state")
    assert [code for code in codes(result) if code != "DSQC-F004"] == ["DSQC-F019", "DSQC-F019"]
    refused = {row["object_id"] for row in result.record["findings"] if row["code"] == "DSQC-F019"}
    assert refused == {"s1.fastq.gz", "new.bam"}
    assert "sent" not in states(result).values()
    assert not result.record["complete"]
    revoked = revoke_grant(grant_of(bucket, source_of(sized, tmp_path), tmp_path / "second.json"), s3=bucket.options)
    assert revoked["dropped_uploads"] == 1


def source_of(sized, tmp_path: Path) -> Path:
    _, expected = sized
    other = tmp_path / "second"
    other.mkdir()
    for name, data in expected.items():
        (other / name).write_bytes(data)
    return other


@on_ceph
def test_no_secret_is_ever_written_or_printed(bucket, sized, tmp_path, monkeypatch):
    source, _ = sized
    path = grant_of(bucket, source, tmp_path / "grant.json")
    signatures = set(re.findall(r"X-Amz-Signature=([0-9a-f]{64})", path.read_text()))
    assert len(signatures) > 10
    printed = b""
    environment = {name: value for name, value in os.environ.items() if name not in KEYS}
    for more in (["-v"], ["--json", "--log-json"], ["--debug", "--state", "/proc/no"]):
        command = [sys.executable, "-m", "dsqc", "send", str(source), "--grant", str(path)]
        command += ["--state", str(tmp_path / "state"), *more]
        printed += subprocess.run(command, env=environment, capture_output=True, check=False).stdout
    command = [sys.executable, "-m", "dsqc", "send", str(source), "--to", f"{bucket.url}/in", "--debug"]
    command += ["--state", str(tmp_path / "state")]
    done = subprocess.run(command, capture_output=True, check=False)
    printed += done.stdout + done.stderr
    with faulty_proxy(bucket.server.endpoint) as proxy:
        proxy.plan(answer(403, "SignatureDoesNotMatch", times=99))
        environment["http_proxy"] = proxy.endpoint
        command = [sys.executable, "-m", "dsqc", "send", str(source), "--grant", str(path), "--debug", "-v"]
        command += ["--state", str(tmp_path / "third")]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert done.returncode == 1
        assert proxy.fired
        printed += done.stdout + done.stderr
    kept = b"".join(item.read_bytes() for item in tmp_path.rglob("*.jsonl"))
    assert kept
    for secret in (*signatures, "X-Amz-Signature", SECRET_KEY):
        assert secret.encode() not in printed + kept
    shown = repr(read_grant(path))
    assert "Signature" not in shown


@on_both
def test_uploads_that_nobody_finishes_are_swept(bucket, sized, tmp_path):
    source, _ = sized
    grant_of(bucket, source, tmp_path / "grant.json")
    inbox = f"{bucket.url}/in"
    listed, deleted = sweep_inbox(inbox, older_than=timedelta(hours=1), delete=True, s3=bucket.options)
    assert (len(listed), deleted) == (1, [])
    listed, deleted = sweep_inbox(inbox, older_than=timedelta(seconds=-60), delete=True, s3=bucket.options)
    assert len(deleted) == 1
    assert sweep_inbox(inbox, older_than=timedelta(0), delete=False, s3=bucket.options)[0] == []


@on_ceph
def test_two_threads_that_send_the_same_end_with_one_whole_submission(bucket, sub, tmp_path):
    source, expected = sub
    results = []

    def work(number: int) -> None:
        results.append(push(bucket, source, tmp_path / f"state-{number}")[0])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(result.record["complete"] for result in results)
    assert all(result.record["complete"] or isinstance(result.fault, TransientFault) for result in results)
    assert data_of(bucket) == expected


def test_a_grant_file_is_for_its_owner_only_and_nothing_else_is_taken_for_one(tmp_path):
    path = tmp_path / "grant.json"
    path.write_text('{"schema_version": "9.9", "secret": "hidden"}')
    with pytest.raises(Exception, match="no grant") as caught:
        read_grant(path)
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert write_grant is not None
