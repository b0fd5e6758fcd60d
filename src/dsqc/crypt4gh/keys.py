"""Key files of Crypt4GH: an X25519 pair, the private one locked by a passphrase or by the file's permissions alone."""

import base64
import binascii
import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from dsqc.artefact import write_key_file
from dsqc.errors import UsageError

KEY_BYTES = 32
_PUBLIC, _PRIVATE = b"CRYPT4GH PUBLIC KEY", b"CRYPT4GH PRIVATE KEY"
_MAGIC = b"c4gh-v1"
_CIPHER = b"chacha20_poly1305"
_SCRYPT = {"n": 1 << 14, "r": 8, "p": 1, "dklen": KEY_BYTES}
"""As the reference implementation derives keys; OpenSSL's default memory limit of 32 MiB is just enough."""
_LARGEST_FILE = 1 << 16
_HINT = "Make a pair with `dsqc storage keygen NAME` or crypt4gh-keygen."


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whom a file is encrypted to: the 32 bytes of an X25519 public key."""

    data: bytes

    @property
    def fingerprint(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the key: names it in records and messages."""
        return hashlib.sha256(self.data).hexdigest()[:16]


@dataclass(frozen=True)
class PrivateKey:
    """What opens files. Never printed: its representation shows the public half only."""

    data: bytes = field(repr=False)

    @cached_property
    def public(self) -> PublicKey:
        """The other half."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        return PublicKey(X25519PrivateKey.from_private_bytes(self.data).public_key().public_bytes_raw())

    def exchange(self, other: PublicKey) -> bytes:
        """The X25519 shared secret with ``other``.

        Raises:
            ValueError: ``other`` is no usable public key (a point of small order).
        """
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

        return X25519PrivateKey.from_private_bytes(self.data).exchange(X25519PublicKey.from_public_bytes(other.data))

    def __repr__(self) -> str:
        return f"PrivateKey(of {self.public.fingerprint})"


def new_private_key() -> PrivateKey:
    """A fresh key from the system's random numbers."""
    return PrivateKey(os.urandom(KEY_BYTES))


def load_public(path: Path) -> PublicKey:
    """Read a Crypt4GH public key file.

    Raises:
        UsageError: there is none, or it is something else (a private key among them).
    """
    data = _unwrap(path, _PUBLIC)
    if len(data) != KEY_BYTES:
        raise UsageError(f"{path} is no Crypt4GH public key.", hint=_HINT)
    return PublicKey(data)


def load_private(path: Path, passphrase: Callable[[], str]) -> PrivateKey:
    """Read a Crypt4GH private key file.

    Args:
        passphrase: asked only where the key is locked.

    Raises:
        UsageError: there is none, it is something else, or the passphrase is wrong.
    """
    stream = io.BytesIO(_unwrap(path, _PRIVATE))
    try:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise ValueError
        derivation = _text(stream)
        options = b"" if derivation == b"none" else _text(stream)
        cipher, data = _text(stream), _text(stream)
    except ValueError:
        raise UsageError(f"{path} is no Crypt4GH private key.", hint=_HINT) from None
    if derivation != b"none":
        data = _unlock(path, _Lock(derivation, options, cipher), data, passphrase())
    if len(data) != KEY_BYTES:
        raise UsageError(f"{path} is no Crypt4GH private key.", hint=_HINT)
    return PrivateKey(data)


def write_key_pair(private: Path, public: Path, passphrase: str = "") -> PrivateKey:
    """Make a pair and write it; the private file (mode 0600) first, so that no public key is without its other half.

    Args:
        passphrase: locks the private key; empty: only the file's permissions guard it.

    Raises:
        UsageError: one of the files exists: keys are never overwritten.
        StorageFault: the disk refused.
    """
    for path in (private, public):
        if path.exists():
            raise UsageError(f"{path} exists; a key is never overwritten.", hint="Choose another name.")
    key = new_private_key()
    _create(private, _PRIVATE, _lock(key, passphrase), 0o600)
    write_public(public, key.public)
    return key


def write_public(path: Path, key: PublicKey) -> None:
    """Write a public key file (mode 0644).

    Raises:
        UsageError: the file exists.
        StorageFault: the disk refused.
    """
    _create(path, _PUBLIC, key.data, 0o644)


def _lock(key: PrivateKey, passphrase: str) -> bytes:
    if not passphrase:
        return _MAGIC + _packed(b"none") + _packed(b"none") + _packed(key.data)
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    salt, nonce = os.urandom(16), os.urandom(12)
    locked = ChaCha20Poly1305(_derived(passphrase, salt)).encrypt(nonce, key.data, None)
    options = bytes(4) + salt
    return _MAGIC + _packed(b"scrypt") + _packed(options) + _packed(_CIPHER) + _packed(nonce + locked)


@dataclass(frozen=True, slots=True)
class _Lock:
    """How a private key is locked, as its file says it."""

    derivation: bytes
    options: bytes
    cipher: bytes


def _unlock(path: Path, lock: _Lock, data: bytes, passphrase: str) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    rounds, salt = int.from_bytes(lock.options[:4], "big"), lock.options[4:]
    if lock.cipher != _CIPHER or lock.derivation not in (b"scrypt", b"pbkdf2_hmac_sha256"):
        told = f"{lock.derivation.decode('ascii', 'replace')} and {lock.cipher.decode('ascii', 'replace')}"
        raise UsageError(
            f"{path} is locked with {told}, which dsqc does not open.",
            hint="Lock it again with scrypt: crypt4gh-keygen --relock.",
        )
    if lock.derivation == b"scrypt":
        secret = _derived(passphrase, salt)
    else:
        secret = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, max(rounds, 1), dklen=KEY_BYTES)
    try:
        return ChaCha20Poly1305(secret).decrypt(data[:12], data[12:], None)
    except (InvalidTag, ValueError):
        raise UsageError(
            f"The passphrase does not open {path}.",
            hint="It comes from the environment variable or file that station.toml or the command names.",
        ) from None


def _derived(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, maxmem=1 << 26, **_SCRYPT)


def _unwrap(path: Path, kind: bytes) -> bytes:
    """The bytes between ``-----BEGIN kind-----`` and its end."""
    try:
        with path.open("rb") as file:
            lines = [line.strip() for line in file.read(_LARGEST_FILE).splitlines() if line.strip()]
    except OSError as error:
        raise UsageError(f"The key {path} cannot be read: {error.strerror}.", hint=_HINT) from error
    if len(lines) < 3 or lines[0] != b"-----BEGIN " + kind + b"-----" or lines[-1] != b"-----END " + kind + b"-----":
        raise UsageError(f"{path} is no Crypt4GH {kind.decode('ascii').partition(' ')[2].lower()}.", hint=_HINT)
    try:
        return base64.b64decode(b"".join(lines[1:-1]), validate=True)
    except binascii.Error:
        raise UsageError(f"{path} is damaged: it is no base64.", hint=_HINT) from None


def _create(path: Path, kind: bytes, data: bytes, mode: int) -> None:
    text = b"\n".join((b"-----BEGIN " + kind + b"-----", base64.b64encode(data), b"-----END " + kind + b"-----", b""))
    write_key_file(path, text, mode)


def _packed(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _text(stream: BinaryIO) -> bytes:
    size = int.from_bytes(stream.read(2), "big")
    found = stream.read(size)
    if not size or len(found) != size:
        raise ValueError
    return found
