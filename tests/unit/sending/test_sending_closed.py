"""Closed submissions into directories: encrypted while they are read, and in nothing else than before."""

import json
import os
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.cli.main import main
from dsqc.crypt4gh import SEGMENT, STORED_SEGMENT, Keys, PublicKey, RepeatableWriter, SealedPath, write_key_pair
from dsqc.crypt4gh.header import SessionKeys
from dsqc.crypt4gh.keys import new_private_key
from dsqc.errors import ExitCode, UsageError
from dsqc.listing import SENT, parse_sent
from dsqc.sending import Grant
from dsqc.sending.grant import write_grant
from dsqc.sending.local import look_at
from dsqc.sending.sealing import SecretKeeper
from dsqc.stages.grant import show_grant, write_request
from helpers import sending as helpers
from helpers.closed import pieces_of, places_of
from helpers.sending import PART, close, content, send_it, states, write_submission
from helpers.sources import md5, sha256, visible, write_source
from helpers.stations import keys_in


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return keys_in(tmp_path / "station")


@pytest.fixture
def sub(tmp_path: Path) -> tuple[Path, dict[str, bytes]]:
    source, _ = write_submission(tmp_path / "KR-1")
    close(source)
    return source, {path.name: path.read_bytes() for path in source.iterdir() if path.suffix != ".tsv"}


def opened(folder: Path, names: Any, keys: Keys) -> dict[str, bytes]:
    """What the encrypted files of a directory hold."""
    found = {}
    for name in names:
        with SealedPath(folder, name, keys).open() as file:
            found[name] = file.read()
    return found


def require_valid(name: str, value: Any) -> None:
    schema = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(schema), value)


def test_data_stands_there_encrypted_to_the_station_and_forms_as_they_are(
    sub: tuple[Path, dict[str, bytes]], tmp_path: Path, keys: Keys
) -> None:
    source, data = sub
    there, state = tmp_path / "there", tmp_path / "state"
    result, told = send_it(source, str(there), state, recipient=keys.public)
    assert result.record["complete"], result.fault or result.record
    found = visible(there)
    assert set(found) == {SENT, "file.tsv", "submission.tsv", *(f"{name}.c4gh" for name in data)}
    assert opened(there, data, keys) == data
    assert (there / "file.tsv").read_bytes() == (source / "file.tsv").read_bytes()
    pieces = pieces_of(source / name for name in data)
    assert places_of(pieces, source) != []
    assert places_of(pieces, there, state) == []
    assert told.bytes["large.bam"] == len(found["large.bam.c4gh"])
    for schema, value in (("send", result.record), ("sent", json.loads(found[SENT]))):
        require_valid(schema, value)
        row = next(row for row in value["files"] if row["name"] == "large.bam")
        assert (row["size_bytes"], row["md5"]) == (len(data["large.bam"]), md5(data["large.bam"]))
        stored = found["large.bam.c4gh"]
        assert row["encrypted"] == {
            "name": "large.bam.c4gh",
            "size_bytes": len(stored),
            "md5": md5(stored),
            "sha256": sha256(stored),
        }
        assert ["encrypted" in row for row in value["files"]].count(True) == len(data)
    again, told = send_it(source, str(there), state, recipient=keys.public)
    assert set(states(again).values()) == {"kept"}
    assert told.bytes == {}
    assert visible(there) == found


@pytest.mark.parametrize("check", [[], ["--check"], ["--anyway"]])
@pytest.mark.parametrize("level", ["closed", "비공개", "clsoed"])
def test_without_a_key_not_one_byte_goes(
    sub: tuple[Path, dict[str, bytes]], tmp_path: Path, level: str, check: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    source, _ = sub
    close(source, level)
    there = tmp_path / "there"
    code = main(["send", str(source), "--to", str(there), "--state", str(tmp_path / "state"), "--json", *check])
    assert code == ExitCode.USAGE
    assert not there.exists()
    told = capsys.readouterr()
    require_valid("send", json.loads(told.out))
    assert "Nothing of it was sent" in told.err
    assert "--recipient" in told.err


def test_an_open_submission_is_the_same_with_a_key_and_without(tmp_path: Path, keys: Keys) -> None:
    source, expected = write_submission(tmp_path / "KR-1")
    for name, recipient in (("plain", None), ("keyed", keys.public)):
        result, _ = send_it(source, str(tmp_path / name), tmp_path / f"state-{name}", recipient=recipient)
        assert result.record["complete"]
        assert all("encrypted" not in row for row in result.record["files"])
    assert visible(tmp_path / "keyed") == visible(tmp_path / "plain")
    found = visible(tmp_path / "plain")
    found.pop(SENT)
    assert found == expected
    assert not list((tmp_path / "state-keyed").rglob("keys"))


def test_what_is_sent_to_another_key_is_sent_anew(
    sub: tuple[Path, dict[str, bytes]], tmp_path: Path, keys: Keys
) -> None:
    source, data = sub
    there, state = str(tmp_path / "there"), tmp_path / "state"
    send_it(source, there, state, recipient=new_private_key().public)
    result, _ = send_it(source, there, state, recipient=keys.public)
    assert {name for name, is_state in states(result).items() if is_state == "sent"} == set(data)
    assert opened(tmp_path / "there", data, keys) == data


def test_what_became_closed_is_named_where_it_lies_in_the_clear(
    sub: tuple[Path, dict[str, bytes]], tmp_path: Path, keys: Keys
) -> None:
    source, data = sub
    close(source, "open")
    there, state = str(tmp_path / "there"), tmp_path / "state"
    send_it(source, there, state)
    close(source)
    result, _ = send_it(source, there, state, recipient=keys.public)
    assert set(result.record["in_the_clear"]) == set(data)
    assert opened(tmp_path / "there", data, keys) == data
    require_valid("send", result.record)


def test_a_kill_at_any_step_leaves_nothing_in_the_clear_and_the_next_run_ends_right(tmp_path: Path, keys: Keys) -> None:
    source, _ = write_submission(tmp_path / "KR-1", large=2 * PART + 7, small=0)
    close(source)
    data = {path.name: path.read_bytes() for path in source.iterdir() if path.suffix != ".tsv"}
    public = tmp_path / "station" / "keys" / "station.pub"
    script, out = Path(helpers.__file__).with_name("killed_send.py"), tmp_path / "out"
    command = [sys.executable, str(script), str(source), str(out), str(PART), str(public)]
    environment = {**os.environ, "PYTHONPATH": str(script.parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    killed = int(done.stdout.splitlines()[-1])
    assert killed >= 10
    pieces = pieces_of((source / name for name in data), every=20_011)
    assert places_of(pieces, out) == []
    for path in out.rglob("keys/*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = 0
    for step in range(1, killed + 1):
        state = out / f"state-{step}"
        kept += any(state.rglob("keys/*.json"))
        result, _ = send_it(source, str(out / str(step)), state, recipient=keys.public)
        assert result.record["complete"], result.fault
        assert opened(out / str(step), data, keys) == data
        assert parse_sent((out / str(step) / SENT).read_bytes()).complete  # type: ignore[union-attr]
        assert not any(state.rglob("keys/*"))
    assert kept > 0
    assert places_of(pieces, out) == []


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_same_segments_give_the_same_bytes_and_others_another_nonce(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 4 * SEGMENT))
    plain = content(size)
    session, nonce_key = SessionKeys((os.urandom(32),)), os.urandom(32)
    whole = RepeatableWriter(session, nonce_key).encrypt(plain)
    first = data.draw(st.integers(0, (size - 1) // SEGMENT))
    rest = RepeatableWriter(session, nonce_key).encrypt(plain[first * SEGMENT :], first)
    assert whole[first * STORED_SEGMENT :] == rest
    changed = bytearray(plain)
    at = data.draw(st.integers(0, size - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    other = RepeatableWriter(session, nonce_key).encrypt(changed)
    nonces = [(one[place : place + 12]) for one in (whole, other) for place in range(0, len(one), STORED_SEGMENT)]
    count = -(-size // SEGMENT)
    for number in range(count):
        assert (nonces[number] == nonces[count + number]) is (number != at // SEGMENT)
    assert len({bytes(nonce) for nonce in nonces}) == count + 1


def test_secrets_are_of_one_version_for_one_key_and_for_one_pair_of_eyes(tmp_path: Path) -> None:
    path, folder = tmp_path / "a.bam", tmp_path / "keys"
    path.write_bytes(b"a")
    key: PublicKey = new_private_key().public
    file = look_at(path)
    assert file is not None
    first = SecretKeeper(folder, key).take("a.bam", file)
    again = SecretKeeper(folder, key).take("a.bam", file)
    assert (again.session_key, again.nonce_key, again.header) == (first.session_key, first.nonce_key, first.header)
    assert (first.is_new, again.is_new) == (True, False)
    assert first.session_key.hex() not in repr(first)
    assert [stat.S_IMODE(item.stat().st_mode) for item in (folder, *folder.iterdir())] == [0o700, 0o600]
    others = [SecretKeeper(folder, new_private_key().public).take("a.bam", file)]
    os.utime(path, ns=(1, 1))
    moved = look_at(path)
    assert moved is not None
    others.append(SecretKeeper(folder, key).take("a.bam", moved))
    next(folder.iterdir()).write_text('{"origin": 1')
    others.append(SecretKeeper(folder, key).take("a.bam", moved))
    assert all(other.is_new for other in others)
    assert len({item.session_key for item in (first, *others)}) == 4


def test_a_grant_says_whom_to_encrypt_to_and_asks_for_what_will_travel(
    sub: tuple[Path, dict[str, bytes]], tmp_path: Path, keys: Keys
) -> None:
    source, data = sub
    assert write_request(source, tmp_path / "files.tsv") == len(data) + 2
    rows = [line.split("\t") for line in (tmp_path / "files.tsv").read_text().splitlines()[1:]]
    sizes = {name: int(size) for name, size, _ in rows if name.endswith(".c4gh")}
    send_it(source, str(tmp_path / "there"), tmp_path / "state", recipient=keys.public)
    assert sizes == {f"{name}.c4gh": len(visible(tmp_path / "there")[f"{name}.c4gh"]) for name in data}
    assert all(not md5 for name, _, md5 in rows if name.endswith(".c4gh"))

    grant = Grant("KR-1", "s3://b/in", 0.0, 1.0, (), keys.public)
    write_grant(tmp_path / "grant.json", grant)
    require_valid("grant_file", json.loads((tmp_path / "grant.json").read_text()))
    assert show_grant(grant)["station_key"] == keys.public.fingerprint
    with pytest.raises(UsageError, match="and --recipient is"):
        send_it(source, grant, tmp_path / "state", recipient=new_private_key().public)


def test_a_private_key_is_no_recipient(
    sub: tuple[Path, dict[str, bytes]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_key_pair(tmp_path / "k.sec", tmp_path / "k.pub")
    arguments = ["send", str(sub[0]), "--to", str(tmp_path / "there"), "--recipient", str(tmp_path / "k.sec")]
    assert main(arguments) == ExitCode.USAGE
    assert "k.sec" in capsys.readouterr().err
    assert not (tmp_path / "there").exists()


def test_a_wrong_checksum_of_the_sheet_is_found_in_the_content(tmp_path: Path, keys: Keys) -> None:
    rows = [{"file_name": "a.fastq", "md5": "0" * 32}]
    source = close(write_source(tmp_path / "KR-1", {"a.fastq": content(3 * PART)}, rows))
    result, _ = send_it(source, str(tmp_path / "there"), tmp_path / "state", recipient=keys.public)
    assert [row["code"] for row in result.record["findings"]] == ["DSQC-F006"]
    assert "a.fastq.c4gh" not in visible(tmp_path / "there")
