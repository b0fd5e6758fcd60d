"""Sending into a directory: what arrives, what is refused, what a kill or a change leaves."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.errors import StorageFault, TransientFault, UsageError
from dsqc.listing import SENDER, SENT, parse_sent
from dsqc.sending.destination import Whole
from dsqc.sending.hashes import whole_of
from dsqc.sending.local import look_at, reading
from dsqc.sending.shared import SharedInbox
from helpers import sending as helpers
from helpers.sending import PART, codes, content, send_it, states, write_submission
from helpers.sources import visible, write_source

HELPERS = Path(helpers.__file__).parent


@pytest.fixture
def sub(tmp_path):
    return write_submission(tmp_path / "KR-1")


def arrived(inbox: Path) -> dict[str, bytes]:
    found = visible(inbox)
    found.pop(SENT, None)
    return found


def test_exactly_what_the_sheet_lists_arrives_and_the_list_says_so(sub, tmp_path):
    source, expected = sub
    (source / "notes.txt").write_text("not listed")
    result, told = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert result.record["complete"]
    assert arrived(tmp_path / "inbox") == expected
    assert not (tmp_path / "inbox" / SENDER).exists()
    assert codes(result) == ["DSQC-F004"]
    sent = parse_sent((tmp_path / "inbox" / SENT).read_bytes())
    assert sent is not None
    assert sent.complete
    assert {item.name: item.digests.sha256 for item in sent.files} == {
        name: hashlib.sha256(data).hexdigest() for name, data in expected.items()
    }
    assert told.bytes == {name: len(data) for name, data in expected.items()}
    assert sorted(told.finished) == sorted(expected)


def test_the_same_command_again_sends_nothing(sub, tmp_path):
    source, expected = sub
    send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    before = {name: (tmp_path / "inbox" / name).stat().st_mtime_ns for name in expected}
    result, told = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert set(states(result).values()) == {"kept"}
    assert result.record["complete"]
    assert told.bytes == {}
    assert before == {name: (tmp_path / "inbox" / name).stat().st_mtime_ns for name in expected}


def test_every_fault_is_named_before_the_first_byte(tmp_path):
    source = tmp_path / "KR-1"
    rows = [{"file_name": name} for name in ("there.bam", "gone.bam", "empty.bam", "link.bam", "Size.bam")]
    rows[4]["size_bytes"] = "5"
    write_source(source, {"there.bam": b"data", "empty.bam": b"", "Size.bam": b"1234", "GONE.bam": b"x"}, rows)
    (source / "link.bam").symlink_to("there.bam")
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert {"DSQC-F003", "DSQC-F008", "DSQC-F016", "DSQC-F007"} <= set(codes(result))
    assert not result.record["complete"]
    assert not arrived(tmp_path / "inbox")
    wrong = {"gone.bam": "missing", "empty.bam": "failed", "link.bam": "failed"}
    assert {name: state for name, state in states(result).items() if state != "waiting"} == wrong


def test_anyway_sends_the_rest_but_does_not_call_it_complete(tmp_path):
    source = write_source(tmp_path / "KR-1", {"a.bam": b"a"}, [{"file_name": "a.bam"}, {"file_name": "b.bam"}])
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state", anyway=True)
    assert sorted(arrived(tmp_path / "inbox")) == ["a.bam", "file.tsv", "submission.tsv"]
    assert not (tmp_path / "inbox" / SENT).exists()
    assert states(result)["b.bam"] == "missing"


def test_check_sends_nothing(sub, tmp_path):
    source, expected = sub
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state", check=True)
    assert result.record["planned_bytes"] == sum(map(len, expected.values()))
    assert not (tmp_path / "inbox").exists()


@pytest.mark.parametrize("size", [10, 3 * PART])
def test_a_file_that_is_not_what_the_sheet_says_does_not_arrive(tmp_path, size):
    rows = [{"file_name": "a.bam", "md5": "0" * 32}]
    source = write_source(tmp_path / "KR-1", {"a.bam": content(size)}, rows)
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert codes(result) == ["DSQC-F006"]
    assert states(result)["a.bam"] == "failed"
    assert "a.bam" not in arrived(tmp_path / "inbox")


def test_a_submission_that_changes_after_it_was_sent_is_not_called_complete_meanwhile(sub, tmp_path):
    source, expected = sub
    inbox = tmp_path / "inbox"
    send_it(source, str(inbox), tmp_path / "state")
    name = "s1.fastq.gz"
    (source / name).write_bytes(b"other bytes")
    # The sheet's MD5 is now wrong: the file stays behind, and the old list must not stand.
    send_it(source, str(inbox), tmp_path / "state")
    sent = parse_sent((inbox / SENT).read_bytes())
    assert sent is not None
    assert not sent.complete
    write_source(source, {key: (source / key).read_bytes() for key in expected if not key.endswith(".tsv")})
    result, _ = send_it(source, str(inbox), tmp_path / "state")
    assert states(result)["large.bam"] == "kept"
    assert arrived(inbox)[name] == b"other bytes"
    assert parse_sent((inbox / SENT).read_bytes()).complete


def test_korean_names_in_nfd_and_of_255_bytes_arrive_in_nfc(tmp_path):
    long = "가" * 83 + ".bam.z"
    names = ["종자 시료 №1.bam", long]
    source = tmp_path / "KR-1"
    write_source(source, {unicodedata.normalize("NFD", names[0]): b"x", long: content(2 * PART)})
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert result.record["complete"], result.record
    assert set(names) <= set(arrived(tmp_path / "inbox"))


def test_kill_at_any_step_leaves_nothing_half_and_the_next_run_ends_well(tmp_path):
    source, expected = write_submission(tmp_path / "KR-1", large=PART + 7, small=0)
    out = tmp_path / "out"
    out.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(HELPERS.parent)}
    command = [sys.executable, str(HELPERS / "killed_send.py"), str(source), str(out), str(PART)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    killed = int(done.stdout.splitlines()[-1])
    assert killed > 15
    for step in range(1, killed + 1):
        inbox = out / str(step)
        for name, data in arrived(inbox).items():
            assert data == expected[name], (step, name)
        if (inbox / SENT).exists():
            assert parse_sent((inbox / SENT).read_bytes()).complete == (len(arrived(inbox)) == len(expected))
        result, _ = send_it(source, str(inbox), out / f"state-{step}")
        assert result.record["complete"], (step, result.record)
        assert arrived(inbox) == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kept=st.sets(st.integers(1, 6)),
    damaged=st.sets(st.integers(1, 6)),
    torn=st.integers(0, 60),
    extra=st.integers(0, 3 * PART),
)
def test_whatever_an_earlier_sender_left_the_file_ends_whole(tmp_path, kept, damaged, torn, extra):
    shutil.rmtree(tmp_path, ignore_errors=True)
    source, expected = write_submission(tmp_path / "KR-1", small=0)
    data = expected["large.bam"]
    inbox = SharedInbox(tmp_path / "inbox", helpers.line(), PART)
    with inbox.opened(""):
        upload = inbox.begin("large.bam", len(data), "")
        for number in kept:
            piece = data[(number - 1) * PART : number * PART]
            upload.send(number, piece, hashlib.md5(piece).digest(), lambda _: None, lambda _: None)
        path = inbox.place_of("large.bam")
        if path.exists():
            blob = bytearray(path.read_bytes())
            for number in damaged:
                if (number - 1) * PART < len(blob):
                    blob[(number - 1) * PART] ^= 1
            path.write_bytes(bytes(blob) + content(extra, 9))
            lines = path.with_suffix(".parts")
            lines.write_bytes(lines.read_bytes()[: -torn or None])
    result, told = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert result.record["complete"]
    assert arrived(tmp_path / "inbox") == expected
    assert told.bytes["large.bam"] == len(data)


def test_a_second_sender_is_told_so(sub, tmp_path):
    source, _ = sub
    inbox = SharedInbox(tmp_path / "inbox", helpers.line(), PART)
    with inbox.opened(""):
        result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert isinstance(result.fault, TransientFault)
    assert str(os.getpid()) in result.fault.message
    assert set(states(result).values()) == {"waiting"}


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path):
    path = tmp_path / "a.bam"
    path.write_bytes(b"12345678")
    file = look_at(path)
    with reading(file) as opened:
        opened.read(4)
        path.write_bytes(b"1234")
        with pytest.raises(TransientFault, match="changed while it was read"):
            opened.read(4)
    path.unlink()
    with pytest.raises(TransientFault, match="changed"), reading(file):
        pass


def test_bytes_that_the_share_damages_get_no_name(tmp_path):
    inbox = SharedInbox(tmp_path / "inbox", helpers.line(), PART)
    whole = whole_of(b"what was read")
    with inbox.opened(""), pytest.raises(Exception, match=r"a\.bam"):
        inbox.put("a.bam", b"what the share wrote", whole, lambda _: None, lambda _: None)
    assert isinstance(whole, Whole)
    assert not (tmp_path / "inbox" / "a.bam").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told_and_resumable(sub, tmp_path, monkeypatch):
    source, expected = sub
    real, left = os.pwrite, [3 * PART]

    def pwrite(descriptor, data, offset):
        left[0] -= len(data)
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert isinstance(result.fault, StorageFault)
    assert "disk is full" in result.fault.hint
    monkeypatch.undo()
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert arrived(tmp_path / "inbox") == expected


def test_what_cannot_be_a_destination_or_a_submission_is_refused(sub, tmp_path):
    source, _ = sub
    for to in ("ftp://host/x", str(source / "file.tsv"), "s3://"):
        with pytest.raises(UsageError):
            send_it(source, to, tmp_path / "state")
    for wrong in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UsageError):
            send_it(wrong, str(tmp_path / "inbox"), tmp_path / "state")


def test_the_journal_survives_a_torn_line(sub, tmp_path):
    source, _ = sub
    send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    journal = next((tmp_path / "state").rglob("journal.jsonl"))
    # Whichever file was proven last: of the large one alone a lost line costs a reading of what stands there.
    lines = sorted(journal.read_bytes().splitlines(keepends=True), key=lambda line: b"large.bam" in line)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    result, _ = send_it(source, str(tmp_path / "inbox"), tmp_path / "state")
    assert {name for name, state in states(result).items() if state != "kept"} == {"large.bam"}
    assert result.record["complete"]
    assert all(json.loads(line) for line in journal.read_bytes().splitlines())
