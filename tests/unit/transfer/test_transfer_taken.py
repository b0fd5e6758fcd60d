"""Files of closed submissions that come encrypted: taken as they are, their content proven, nothing of it written."""

import io
import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.crypt4gh import SEGMENT, STORED_SEGMENT, Keys, PublicKey, SegmentWriter, make_header, read_header, sealed_name
from dsqc.crypt4gh.header import SessionKeys, new_session_key
from dsqc.crypt4gh.keys import new_private_key
from dsqc.errors import TransientFault
from dsqc.listing import SENT, Digests, SealedAs, Sent, SentFile
from dsqc.stages.transfer import TransferResult, transfer
from dsqc.transfer import Source
from dsqc.transfer.preflight import check_submission
from dsqc.transfer.sources import DirectorySource, Entry
from dsqc.transfer.taken import FIRST_BYTES, look_into
from helpers.closed import places_of
from helpers.sending import close, content
from helpers.sources import md5, sha256, visible, write_source
from helpers.stations import keys_in

DATA = {"a.bam": content(4 * SEGMENT + 11), "b.fastq": content(SEGMENT, 2), "c.fastq": b""}
PIECES = [DATA["a.bam"][at : at + 32] for at in range(0, 4 * SEGMENT, 9001)]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return keys_in(tmp_path / "station")


def seal(plain: bytes, *recipients: PublicKey) -> bytes:
    session = SessionKeys((new_session_key(),))
    return make_header(session, recipients) + bytes(SegmentWriter(session).encrypt(plain))


def sealed_source(path: Path, *recipients: PublicKey, rows: list[dict[str, str]] | None = None) -> Path:
    """A closed submission of :data:`DATA` that holds nothing but Crypt4GH files."""
    close(write_source(path, DATA, rows))
    for name, data in DATA.items():
        (path / name).unlink()
        (path / sealed_name(name)).write_bytes(seal(data, *recipients))
    return path


def run(source: Path, place: Path, keys: Keys) -> TransferResult:
    return transfer(str(source), place / "inbox", place / "results", submission="S", keys=keys)


def codes(result: TransferResult) -> dict[str, str]:
    return {row["object_id"]: row["code"] for row in result.record["findings"]}


def states(result: TransferResult) -> dict[str, str]:
    return {row["name"]: row["state"] for row in result.record["files"] if row["kind"] == "data"}


def test_they_stand_in_the_inbox_as_if_the_station_had_encrypted_them(tmp_path: Path, keys: Keys) -> None:
    source = sealed_source(tmp_path / "source", keys.public)
    result = run(source, tmp_path, keys)
    inbox = tmp_path / "inbox"
    assert {name: (inbox / f"{name}.c4gh").read_bytes() for name in DATA} == {
        name: (source / f"{name}.c4gh").read_bytes() for name in DATA
    }
    assert result.record["findings"] == []
    schema = files("dsqc.schemas").joinpath("reports/transfer.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), result.record)

    own = run(close(write_source(tmp_path / "plain", DATA)), tmp_path / "own", keys)
    for row, other in zip(result.record["files"], own.record["files"], strict=True):
        body = (inbox / row["encrypted"]["name"]).read_bytes()[124:] if "encrypted" in row else b""
        if body or "encrypted" in row:
            assert row["encrypted"].pop("md5") == md5(body)
            assert row["encrypted"].pop("sha256") == sha256(body)
            del other["encrypted"]["md5"], other["encrypted"]["sha256"]
            assert row["source_name"] == f"{other.pop('source_name')}.c4gh"
            del row["source_name"]
        assert row == other
    assert places_of(PIECES, tmp_path / "inbox", tmp_path / "results") == []


def test_a_second_run_fetches_nothing_and_a_cleared_source_is_no_fault(tmp_path: Path, keys: Keys) -> None:
    source = sealed_source(tmp_path / "source", keys.public)
    first = run(source, tmp_path, keys)
    for remove in ([], [f"{name}.c4gh" for name in DATA]):
        for name in remove:
            (source / name).unlink()
        again = run(source, tmp_path, keys)
        assert again.record == first.record
        assert json.loads((tmp_path / "results/transfer.timing.json").read_text())["fetched_bytes"] == 0


def test_what_the_crypt4gh_program_made_is_taken(tmp_path: Path, keys: Keys) -> None:
    source = close(write_source(tmp_path / "source", {"a.bam": DATA["a.bam"]}))
    public = tmp_path / "station" / "keys" / "station.pub"
    command = [sys.executable, "-m", "crypt4gh", "encrypt", "--recipient_pk", str(public)]
    done = subprocess.run(command, input=DATA["a.bam"], capture_output=True, check=True)
    (source / "a.bam").unlink()
    (source / "a.bam.c4gh").write_bytes(done.stdout)
    result = run(source, tmp_path, keys)
    assert result.record["findings"] == []
    row = next(row for row in result.record["files"] if row["name"] == "a.bam")
    assert (row["size_bytes"], row["sha256"]) == (len(DATA["a.bam"]), sha256(DATA["a.bam"]))


def test_another_key_is_a_finding_before_the_body_travels_and_the_others_come(tmp_path: Path, keys: Keys) -> None:
    source = sealed_source(tmp_path / "source", keys.public)
    (source / "a.bam.c4gh").write_bytes(seal(DATA["a.bam"], new_private_key().public))
    result = run(source, tmp_path, keys)
    assert codes(result) == {"a.bam": "DSQC-F020"}
    found = result.record["findings"][0]
    assert "another key" in found["message"]
    assert "다른 키" in found["message_ko"]
    assert keys.public.fingerprint in found["message_ko"]
    assert states(result) == {"a.bam": "failed", "b.fastq": "copied", "c.fastq": "copied"}
    assert "a.bam.c4gh" not in visible(tmp_path / "inbox")
    assert not list((tmp_path / "inbox/.dsqc/parts").iterdir())
    (source / "a.bam.c4gh").write_bytes(seal(DATA["a.bam"], keys.public))
    assert codes(run(source, tmp_path, keys)) == {}


def test_other_recipients_beside_the_station_are_no_fault(tmp_path: Path, keys: Keys) -> None:
    others = [new_private_key().public for _ in range(FIRST_BYTES // 100)]
    source = sealed_source(tmp_path / "source", *others, keys.public)
    assert states(run(source, tmp_path, keys)) == dict.fromkeys(DATA, "copied")


@pytest.mark.parametrize("damage", ["no header", "cut header", "flipped", "cut in a segment", "edit list"])
def test_a_damaged_file_is_a_finding_that_names_the_place(tmp_path: Path, keys: Keys, damage: str) -> None:
    source = sealed_source(tmp_path / "source", keys.public)
    path = source / "a.bam.c4gh"
    sealed = bytearray(path.read_bytes())
    if damage == "no header":
        sealed[:8] = b"not that"
    elif damage == "cut header":
        del sealed[100:]
    elif damage == "flipped":
        sealed[124 + 2 * STORED_SEGMENT + 500] ^= 1
    elif damage == "cut in a segment":
        del sealed[-5:]
    else:
        sealed = bytearray(with_edit_list(bytes(sealed), keys.public))
    path.write_bytes(sealed)
    result = run(source, tmp_path, keys)
    assert codes(result) == {"a.bam": "DSQC-F020"}
    assert "a.bam.c4gh" not in visible(tmp_path / "inbox")
    if damage == "flipped":
        assert "segment 2" in result.record["findings"][0]["value"]
    again = run(source, tmp_path, keys)
    assert again.record == result.record


def with_edit_list(sealed: bytes, recipient: PublicKey) -> bytes:
    from dsqc.crypt4gh.header import _encrypted

    header = read_header(io.BytesIO(sealed), "x")
    packet = _encrypted((1).to_bytes(4, "little") + bytes(12), recipient)
    more = (len(packet) + 4).to_bytes(4, "little") + packet
    return header[:12] + (2).to_bytes(4, "little") + header[16:] + more + sealed[len(header) :]


def sent_for(source: Path) -> None:
    """What ``dsqc send`` would have left beside the files."""
    rows = []
    for name, data in DATA.items():
        stored = (source / f"{name}.c4gh").read_bytes()
        seen = SealedAs(f"{name}.c4gh", Digests(len(stored), md5(stored), sha256(stored)))
        rows.append(SentFile(name, "data", Digests(len(data), md5(data), sha256(data)), seen))
    (source / SENT).write_bytes(Sent(tuple(rows), complete=True).to_bytes())


@pytest.mark.parametrize("change", ["last segment lost", "segments in another order", "nothing"])
def test_segments_that_were_lost_or_moved_are_seen_by_the_senders_word(tmp_path: Path, keys: Keys, change: str) -> None:
    source = sealed_source(tmp_path / "source", keys.public, rows=[{"file_name": name} for name in DATA])
    sent_for(source)
    path = source / "a.bam.c4gh"
    sealed = path.read_bytes()
    body = [sealed[at : at + STORED_SEGMENT] for at in range(124, len(sealed), STORED_SEGMENT)]
    if change == "last segment lost":
        del body[-1]
    elif change == "segments in another order":
        body[0], body[1] = body[1], body[0]
    path.write_bytes(sealed[:124] + b"".join(body))
    result = run(source, tmp_path, keys)
    if change == "nothing":
        assert codes(result) == {}
    else:
        assert codes(result) == {"a.bam": "DSQC-F020"}
        assert "not what the sender says" in result.record["findings"][0]["value"]


def test_the_sheets_checksum_and_size_are_the_contents(tmp_path: Path, keys: Keys) -> None:
    rows = [{"file_name": "a.bam", "md5": md5(b"x"), "size_bytes": "7"}, {"file_name": "b.fastq"}]
    result = run(sealed_source(tmp_path / "source", keys.public, rows=rows), tmp_path, keys)
    assert {row["code"] for row in result.record["findings"]} == {"DSQC-F006", "DSQC-F007", "DSQC-F004"}
    assert str(len(DATA["a.bam"])) in {row["value"] for row in result.record["findings"]}


def test_a_name_of_the_sheet_that_ends_so_is_a_file_of_its_own(tmp_path: Path, keys: Keys) -> None:
    data = {"a.bam": b"plain a", "a.bam.c4gh": b"the submitter's own"}
    result = run(close(write_source(tmp_path / "source", data)), tmp_path, keys)
    assert codes(result) == {}
    sizes = {row["name"]: row["size_bytes"] for row in result.record["files"] if row["kind"] == "data"}
    assert sizes == {name: len(value) for name, value in data.items()}


def test_an_open_submission_takes_no_encrypted_file_for_its_data(tmp_path: Path, keys: Keys) -> None:
    source = sealed_source(tmp_path / "source", keys.public)
    close(source, "open")
    assert set(states(run(source, tmp_path, keys)).values()) == {"missing"}


def test_a_kill_at_any_step_is_gone_on_with(tmp_path: Path, keys: Keys) -> None:
    source = sealed_source(tmp_path / "source", keys.public)
    script = Path(__file__).parents[2] / "helpers" / "killed_transfer.py"
    command = [sys.executable, str(script), str(source), str(tmp_path / "out"), str(tmp_path / "station"), "11"]
    environment = {**os.environ, "PYTHONPATH": str(script.parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    killed = int(done.stdout.split()[-1])
    assert killed >= 2
    for step in range(1, killed + 1):
        place = tmp_path / "out" / str(step)
        transfer(str(source), place, tmp_path / "again", submission="S", keys=keys)
        for name in DATA:
            assert (place / f"{name}.c4gh").read_bytes() == (source / f"{name}.c4gh").read_bytes()
    assert places_of(PIECES, tmp_path / "out") == []


def test_what_stands_plain_in_the_inbox_or_half_there_gives_way(tmp_path: Path, keys: Keys) -> None:
    plain = close(write_source(tmp_path / "source", DATA))
    run(plain, tmp_path, keys)
    before = visible(tmp_path / "inbox")
    sealed_source(plain, keys.public)
    run(plain, tmp_path, keys)
    after = visible(tmp_path / "inbox")
    for name in DATA:
        assert after[f"{name}.c4gh"] == (plain / f"{name}.c4gh").read_bytes() != before[f"{name}.c4gh"]


def test_the_pre_flight_finds_them(tmp_path: Path, keys: Keys) -> None:
    rows = [{"file_name": name, "size_bytes": str(len(data))} for name, data in DATA.items()]
    source = sealed_source(tmp_path / "source", keys.public, rows=rows)
    seen = check_submission(DirectorySource(source))
    assert seen.log.to_list() == []
    assert seen.files == len(DATA) + 2


class _Silent:
    """A source whose server does not answer."""

    def blocks(self, *_arguments: Any) -> Any:
        raise TransientFault("no answer")
        yield b""


def test_a_source_that_does_not_answer_is_left_to_who_fetches(keys: Keys) -> None:
    source: Source = _Silent()  # type: ignore[assignment]
    assert look_into(source, Entry("a.c4gh", 500, ""), keys) is None
