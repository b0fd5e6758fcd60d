"""Crypt4GH files and keys: whole, exact, and the same to the reference implementation."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.crypt4gh import (
    SEGMENT,
    STORED_SEGMENT,
    NotForThisKey,
    PrivateKey,
    SegmentReader,
    SegmentWriter,
    load_private,
    load_public,
    make_header,
    open_header,
    plain_size,
    read_header,
    reencrypt,
    stored_size,
    write_key_pair,
)
from dsqc.crypt4gh.header import SessionKeys, new_session_key
from dsqc.crypt4gh.keys import new_private_key
from dsqc.errors import SystemFault, UsageError


def no_passphrase() -> str:
    raise AssertionError("asked for a passphrase")


def seal(plain: bytes, *recipients: PrivateKey) -> bytes:
    session = SessionKeys((new_session_key(),))
    return make_header(session, [key.public for key in recipients]) + SegmentWriter(session).encrypt(plain)


def unseal(sealed: bytes, key: PrivateKey) -> SegmentReader:
    file = io.BytesIO(sealed)
    header = read_header(file, "x")
    return SegmentReader(file, open_header(header, [key], "x"), "x", start=len(header), size=len(sealed) - len(header))


@pytest.fixture
def key() -> PrivateKey:
    return new_private_key()


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 20 * SEGMENT + 17])
def test_what_was_sealed_is_read_back(size: int, key: PrivateKey) -> None:
    plain = os.urandom(size)
    sealed = seal(plain, key)
    header = read_header(io.BytesIO(sealed), "x")
    assert len(sealed) == len(header) + stored_size(size)
    assert plain_size(stored_size(size)) == size
    assert unseal(sealed, key).read() == plain


@settings(deadline=None)
@given(
    size=st.integers(0, 2 * SEGMENT + 100),
    steps=st.lists(
        st.tuples(st.integers(-(SEGMENT * 3), SEGMENT * 3), st.sampled_from([0, 1, 2]), st.integers(0, 70_000))
    ),
)
def test_seeking_and_reading_are_those_of_a_plain_file(size: int, steps: list[tuple[int, int, int]]) -> None:
    key, plain = new_private_key(), os.urandom(size)
    sealed, there = unseal(seal(plain, key), key), io.BytesIO(plain)
    for offset, whence, number in steps:
        base = (0, there.tell(), size)[whence]
        target = min(max(base + offset, 0), size)
        assert sealed.seek(offset, whence) == there.seek(target)
        assert sealed.read(number) == there.read(number)
        assert sealed.tell() == there.tell()


@settings(deadline=None)
@given(blocks=st.lists(st.binary(max_size=100).map(lambda part: part * 999), max_size=30))
def test_a_stream_in_blocks_of_any_size_is_the_same_content(blocks: list[bytes]) -> None:
    key, session = new_private_key(), SessionKeys((new_session_key(),))
    sealed = make_header(session, [key.public]) + b"".join(SegmentWriter(session).encrypted(iter(blocks)))
    assert unseal(sealed, key).read() == b"".join(blocks)


def test_a_changed_or_foreign_segment_is_never_handed_out(key: PrivateKey) -> None:
    sealed = bytearray(seal(os.urandom(3 * SEGMENT), key))
    sealed[-STORED_SEGMENT - 1] ^= 1
    reader = unseal(bytes(sealed), key)
    reader.seek(2 * SEGMENT)
    assert len(reader.read()) == SEGMENT
    reader.seek(SEGMENT)
    with pytest.raises(SystemFault, match="segment 1 "):
        reader.read()
    cut = seal(os.urandom(SEGMENT), key)[: -SEGMENT - 1]
    with pytest.raises(SystemFault, match="ends inside a segment"):
        unseal(cut, key)


def test_only_the_recipients_open_a_file(key: PrivateKey) -> None:
    second, outsider = new_private_key(), new_private_key()
    sealed = seal(b"GATTACA", key, second)
    assert unseal(sealed, key).read() == unseal(sealed, second).read() == b"GATTACA"
    with pytest.raises(NotForThisKey, match=outsider.public.fingerprint):
        unseal(sealed, outsider)


def test_a_header_goes_over_to_other_recipients_and_the_body_stays(key: PrivateKey) -> None:
    recipient, plain = new_private_key(), os.urandom(100_000)
    sealed = seal(plain, key)
    header = read_header(io.BytesIO(sealed), "x")
    moved = reencrypt(header, [new_private_key(), key], [recipient.public], "x") + sealed[len(header) :]
    assert unseal(moved, recipient).read() == plain
    with pytest.raises(NotForThisKey):
        unseal(moved, key)


@pytest.mark.parametrize(
    "sealed",
    [
        b"",
        b"@read",
        b"crypt4gh\x02\0\0\0\1\0\0\0",
        b"crypt4gh\1\0\0\0\1\0\0\0\x6c\0\0\0abc",
        b"crypt4gh\1\0\0\0\1\0\0\0\0\0\0\0",
    ],
)
def test_what_is_no_crypt4gh_file_is_named(sealed: bytes) -> None:
    with pytest.raises(SystemFault, match=r"reads\.c4gh is damaged"):
        read_header(io.BytesIO(sealed), "reads.c4gh")


@pytest.mark.parametrize("passphrase", ["", "열쇠 말"])
def test_keys_come_back_from_their_files(tmp_path: Path, passphrase: str) -> None:
    made = write_key_pair(tmp_path / "k" / "a.sec", tmp_path / "k" / "a.pub", passphrase)
    assert (tmp_path / "k" / "a.sec").stat().st_mode & 0o777 == 0o600
    asked = (lambda: passphrase) if passphrase else no_passphrase
    assert load_private(tmp_path / "k" / "a.sec", asked) == made
    assert load_public(tmp_path / "k" / "a.pub") == made.public
    assert sorted(path.name for path in (tmp_path / "k").iterdir()) == ["a.pub", "a.sec"]
    assert made.data.hex() not in repr(made)


def test_a_wrong_passphrase_a_wrong_file_and_a_taken_name_are_told(tmp_path: Path) -> None:
    private, public = tmp_path / "a.sec", tmp_path / "a.pub"
    write_key_pair(private, public, "right")
    with pytest.raises(UsageError, match="The passphrase does not open"):
        load_private(private, lambda: "wrong")
    with pytest.raises(UsageError, match="is no Crypt4GH public key"):
        load_public(private)
    with pytest.raises(UsageError, match="cannot be read"):
        load_public(tmp_path / "none")
    before = private.read_bytes()
    with pytest.raises(UsageError, match="never overwritten"):
        write_key_pair(private, tmp_path / "b.pub")
    assert private.read_bytes() == before
    assert not (tmp_path / "b.pub").exists()


def crypt4gh(*arguments: str, stdin: bytes, passphrase: str = "") -> subprocess.CompletedProcess[bytes]:
    """The reference program."""
    command = [sys.executable, "-m", "crypt4gh", *arguments]
    environment = {**os.environ, "C4GH_PASSPHRASE": passphrase}
    return subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment)


@pytest.mark.parametrize("passphrase", ["", "secret words"])
def test_the_reference_program_opens_ours_and_we_open_its(tmp_path: Path, passphrase: str) -> None:
    private, public = tmp_path / "a.sec", tmp_path / "a.pub"
    key = write_key_pair(private, public, passphrase)
    plain = os.urandom(2 * SEGMENT + 5)
    opened = crypt4gh("decrypt", "--sk", str(private), stdin=seal(plain, key), passphrase=passphrase)
    assert opened.stdout == plain, opened.stderr.decode()
    theirs = crypt4gh(
        "encrypt", "--sk", str(private), "--recipient_pk", str(public), stdin=plain, passphrase=passphrase
    )
    assert unseal(theirs.stdout, key).read() == plain, theirs.stderr.decode()


@pytest.mark.parametrize("passphrase", [None, "secret words"])
def test_keys_of_the_reference_program_are_ours(tmp_path: Path, passphrase: str | None) -> None:
    from crypt4gh.keys import c4gh

    private, public = tmp_path / "a.sec", tmp_path / "a.pub"
    c4gh.generate(str(private), str(public), passphrase.encode() if passphrase else None, b"a comment")
    key = load_private(private, (lambda: passphrase) if passphrase else no_passphrase)
    assert key.public == load_public(public)
