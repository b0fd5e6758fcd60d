"""Signed JSON documents: an Ed25519 signature (RFC 8032) over the document's canonical form (RFC 8785).

A signed document carries ``signature``: the algorithm, the name of the key, and the signature in base64. It covers
everything else in the document, whatever the order of its members and the white space of its file. Keys are PEM files
as OpenSSL writes them.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dsqc.artefact import write_key_file
from dsqc.errors import UsageError

ALGORITHM = "Ed25519"
SIGNATURE = "signature"
"""The member of a signed document that its signature does not cover."""
_HINT = (
    "Make a pair with `openssl genpkey -algorithm ed25519 -out NAME.pem`; `openssl pkey -pubout` gives its public half."
)

Document = dict[str, Any]


class BadSignature(Exception):
    """The document is not what the holder of a trusted key signed; the message says why, ``kind`` in one word.

    Kinds: ``unsigned``, ``algorithm``, ``key`` (not trusted here), ``changed``.
    """

    def __init__(self, message: str, kind: str = "changed") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """Whose signature is believed: the 32 bytes of an Ed25519 public key."""

    data: bytes

    @property
    def key_id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the key: names it in documents and messages."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    def to_pem(self) -> bytes:
        """The key as a file (SubjectPublicKeyInfo)."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return Ed25519PublicKey.from_public_bytes(self.data).public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )


@dataclass(frozen=True)
class SigningKey:
    """Who signs. Never printed: its representation shows the public half only."""

    data: bytes = field(repr=False)

    @cached_property
    def public(self) -> VerifyingKey:
        """The other half."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return VerifyingKey(Ed25519PrivateKey.from_private_bytes(self.data).public_key().public_bytes_raw())

    def sign(self, document: Document) -> Document:
        """A copy of ``document`` with its ``signature``; one that it carried already is replaced.

        Raises:
            ValueError: it holds what JSON cannot carry exactly: NaN, infinity, integers beyond 2**53, keys that are no
                text.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        signature = Ed25519PrivateKey.from_private_bytes(self.data).sign(_canonical(document))
        value = base64.b64encode(signature).decode("ascii")
        signed = {"algorithm": ALGORITHM, "key_id": self.public.key_id, "value": value}
        return {**_unsigned(document), SIGNATURE: signed}

    def __repr__(self) -> str:
        return f"SigningKey(of {self.public.key_id})"


def verify(document: Document, trusted: Iterable[VerifyingKey]) -> VerifyingKey:
    """The trusted key that signed ``document``.

    Raises:
        BadSignature: it is not signed, signed with a key that is not trusted, or not what was signed.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    said = document.get(SIGNATURE)
    if not isinstance(said, dict):
        raise BadSignature("it is not signed", "unsigned")
    if set(said) != {"algorithm", "key_id", "value"} or said["algorithm"] != ALGORITHM:
        raise BadSignature(f"its signature is not one of {ALGORITHM}", "algorithm")
    key = next((key for key in trusted if key.key_id == said["key_id"]), None)
    if key is None:
        raise BadSignature(f"key {said['key_id']!s:.40} is not trusted here", "key")
    try:
        signature = base64.b64decode(said["value"], validate=True)
        Ed25519PublicKey.from_public_bytes(key.data).verify(signature, _canonical(document))
    except (InvalidSignature, binascii.Error, ValueError, TypeError):
        raise BadSignature("it was changed after it was signed") from None
    return key


def new_signing_key() -> SigningKey:
    """A fresh key from the system's random numbers."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return SigningKey(Ed25519PrivateKey.generate().private_bytes_raw())


def write_signing_pair(private: Path, public: Path, passphrase: str = "") -> SigningKey:
    """Make a pair and write it as PEM; the private file (PKCS #8, mode 0600) first.

    Args:
        passphrase: locks the private key; empty: only the file's permissions guard it.

    Raises:
        UsageError: one of the files exists: keys are never overwritten.
        StorageFault: the disk refused.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        KeySerializationEncryption,
        NoEncryption,
        PrivateFormat,
    )

    for path in (private, public):
        if path.exists():
            raise UsageError(f"{path} exists; a key is never overwritten.", hint="Choose another name.")
    key = new_signing_key()
    lock: KeySerializationEncryption = (
        BestAvailableEncryption(passphrase.encode("utf-8")) if passphrase else NoEncryption()
    )
    pem = Ed25519PrivateKey.from_private_bytes(key.data).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    write_key_file(private, pem, 0o600)
    write_key_file(public, key.public.to_pem(), 0o644)
    return key


def load_signing_key(path: Path, passphrase: Callable[[], str] = lambda: "") -> SigningKey:
    """Read a private key file (PEM, PKCS #8).

    Args:
        passphrase: asked only where the key is locked.

    Raises:
        UsageError: there is none, it is something else, or the passphrase is wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    locked = b"ENCRYPTED PRIVATE KEY" in data
    try:
        key = load_pem_private_key(data, passphrase().encode("utf-8") if locked else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        reason = "cannot be opened: the passphrase is wrong, or it is damaged" if locked else "is no private key in PEM"
        raise UsageError(f"{path} {reason}.", hint=_HINT) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path} is a key of another kind; Ed25519 is needed.", hint=_HINT)
    return SigningKey(key.private_bytes_raw())


def load_verifying_key(path: Path) -> VerifyingKey:
    """Read a public key file (PEM, SubjectPublicKeyInfo).

    Raises:
        UsageError: there is none, or it is something else (a private key among them).
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} is no public key in PEM.", hint=_HINT) from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path} is a key of another kind; Ed25519 is needed.", hint=_HINT)
    return VerifyingKey(key.public_bytes_raw())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint=_HINT) from error


def _unsigned(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != SIGNATURE}


def _canonical(document: Document) -> bytes:
    import rfc8785

    return rfc8785.dumps(_unsigned(document))
