"""Signed documents: what is accepted, and that nothing can be changed, exchanged or left out unseen."""

import base64
import copy
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.errors import UsageError
from dsqc.signing import (
    BadSignature,
    load_signing_key,
    load_verifying_key,
    new_signing_key,
    verify,
    write_signing_pair,
)

KEY = new_signing_key()
OTHER = new_signing_key()
DOCUMENT = {
    "schema_version": "1.0",
    "files": [{"name": "a.bam", "bytes": 12, "share": 0.25}],
    "제목": "원시 자료",
    "no": None,
}

scalars = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
documents = st.dictionaries(
    texts.filter(lambda name: name != "signature"),
    st.recursive(scalars | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=10),
)


@given(documents)
def test_a_document_is_believed_however_its_file_is_written(document):
    signed = KEY.sign(document)
    assert verify(signed, [OTHER.public, KEY.public]) == KEY.public
    rewritten = json.loads(json.dumps(signed, indent=3, sort_keys=True))
    assert verify(rewritten, [KEY.public]) == KEY.public
    assert KEY.sign(signed) == signed


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["files"][0].update(bytes=13),
        lambda d: d["files"][0].update(share=0.250000001),
        lambda d: d["files"].append({}),
        lambda d: d["files"].clear(),
        lambda d: d.pop("no"),
        lambda d: d.update(no=False),
        lambda d: d.update(more=1),
        lambda d: d.update({"제목": "원시자료"}),
        lambda d: d["signature"].update(value=base64.b64encode(bytes(64)).decode()),
        lambda d: d["signature"].update(value=d["signature"]["value"][:-4]),
        lambda d: d["signature"].update(value="no base64 !"),
        lambda d: d["signature"].update(value=None),
        lambda d: d["signature"].update(key_id=OTHER.public.key_id),
        lambda d: d["signature"].update(key_id=["x"]),
        lambda d: d["signature"].update(algorithm="none"),
        lambda d: d["signature"].update(more=1),
        lambda d: d["signature"].pop("value"),
        lambda d: d.update(signature="x"),
        lambda d: d.pop("signature"),
    ],
)
def test_whatever_is_changed_is_seen(change):
    signed = copy.deepcopy(KEY.sign(DOCUMENT))
    change(signed)
    with pytest.raises(BadSignature):
        verify(signed, [KEY.public, OTHER.public])


def test_only_trusted_keys_are_believed():
    with pytest.raises(BadSignature, match="not trusted"):
        verify(KEY.sign(DOCUMENT), [OTHER.public])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "not representable"),
        (float("inf"), "not representable"),
        (2**60, "safe integer"),
        ({1: 2}, "keys"),
    ],
)
def test_what_json_cannot_carry_is_not_signed(value, reason):
    with pytest.raises(ValueError, match=reason):
        KEY.sign({"value": value})


@pytest.mark.parametrize("passphrase", ["", "비밀 문장"])
def test_keys_come_back_from_their_files(tmp_path, passphrase):
    private, public = tmp_path / "station.pem", tmp_path / "station.pub.pem"
    key = write_signing_pair(private, public, passphrase)
    assert private.stat().st_mode & 0o777 == 0o600
    assert load_signing_key(private, lambda: passphrase) == key
    assert load_verifying_key(public) == key.public
    with pytest.raises(UsageError, match="never overwritten"):
        write_signing_pair(private, tmp_path / "other")
    if passphrase:
        with pytest.raises(UsageError, match="passphrase is wrong"):
            load_signing_key(private, lambda: "wrong")
    with pytest.raises(UsageError, match="no public key"):
        load_verifying_key(private)
    assert key.data.hex() not in repr(key)


def test_keys_and_signatures_are_those_of_openssl(tmp_path):
    private, public = tmp_path / "k.pem", tmp_path / "k.pub.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    signed = load_signing_key(private).sign({"b": 1.0, "a": "é"})
    # The canonical form of RFC 8785, by hand.
    (tmp_path / "message").write_bytes('{"a":"é","b":1}'.encode())
    (tmp_path / "signature").write_bytes(base64.b64decode(signed["signature"]["value"]))
    verifying = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin"]
    arguments = ["-in", tmp_path / "message", "-sigfile", tmp_path / "signature"]
    assert subprocess.run([*verifying, *arguments], capture_output=True, check=False).returncode == 0
    assert verify(signed, [load_verifying_key(public)])


def test_keys_of_another_kind_are_refused(tmp_path):
    private = tmp_path / "rsa.pem"
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, capture_output=True)
    with pytest.raises(UsageError, match="another kind"):
        load_signing_key(private)
    for content in (b"", b"-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n"):
        private.write_bytes(content)
        with pytest.raises(UsageError, match="no private key"):
            load_signing_key(private)
    with pytest.raises(UsageError, match="cannot be read"):
        load_signing_key(tmp_path / "none")
