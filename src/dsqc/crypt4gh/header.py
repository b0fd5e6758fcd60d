"""The header: session keys, each encrypted to one recipient. Made, opened, encrypted anew to other recipients.

Layout (Crypt4GH 1.0, section 2): ``crypt4gh``, version 1, number of packets; each packet has its length, the method
(0: X25519 and ChaCha20-Poly1305), the writer's public key, a nonce, and the encrypted body with its MAC. All numbers
are 32 bits, little-endian.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dsqc.crypt4gh.keys import KEY_BYTES, PrivateKey, PublicKey, new_private_key
from dsqc.errors import SystemFault, UsageError

MAGIC = b"crypt4gh"
LARGEST_HEADER = 1 << 20
"""Bytes; a session key takes 108 a recipient."""
ONE_RECIPIENT_BYTES = 124
"""Size of the header of one session key for one recipient."""
_VERSION = 1
_NONCE = 12
_DATA, _EDIT_LIST = bytes(4), (1).to_bytes(4, "little")


class NotForThisKey(UsageError):
    """None of the keys at hand opens the file."""


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What opens the segments of one file; nearly always one key. Never printed."""

    keys: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"SessionKeys({len(self.keys)})"


def new_session_key() -> bytes:
    """A fresh key for the segments of one file."""
    return os.urandom(KEY_BYTES)


def make_header(session: SessionKeys, recipients: Iterable[PublicKey]) -> bytes:
    """A header that gives ``session`` to every one of ``recipients``."""
    packets = [_encrypted(_DATA + bytes(4) + key, recipient) for recipient in recipients for key in session.keys]
    return _joined(packets)


def read_header(file: BinaryIO, name: str) -> bytes:
    """The whole header at the beginning of ``file``, which then stands at the first segment.

    Raises:
        SystemFault: the file is no Crypt4GH file of version 1, or its header is cut short.
    """
    head = file.read(16)
    if len(head) < 16 or head[:8] != MAGIC or int.from_bytes(head[8:12], "little") != _VERSION:
        raise _damaged(name, "it does not begin as a Crypt4GH file of version 1 does")
    parts = [head]
    for _ in range(int.from_bytes(head[12:], "little")):
        prefix = file.read(4)
        size = int.from_bytes(prefix, "little") - 4
        if not 0 <= size <= LARGEST_HEADER or sum(map(len, parts)) + size > LARGEST_HEADER:
            raise _damaged(name, "a packet of its header has an impossible size")
        body = file.read(size)
        if len(prefix) < 4 or len(body) < size:
            raise _damaged(name, "its header is cut short")
        parts += [prefix, body]
    return b"".join(parts)


def read_header_of(path: Path) -> bytes:
    """The header of the file ``path``.

    Raises:
        SystemFault: it cannot be read, or is no Crypt4GH file.
    """
    try:
        with path.open("rb") as file:
            return read_header(file, path.name)
    except OSError as error:
        raise SystemFault(f"Cannot read {path}: {error.strerror}.", hint="Check its permissions.") from error


def open_header(header: bytes, keys: Sequence[PrivateKey], name: str) -> SessionKeys:
    """The session keys in ``header`` that ``keys`` open.

    Args:
        name: of the file, for messages.

    Raises:
        NotForThisKey: none of the keys opens it.
        SystemFault: it asks for something dsqc does not do (an edit list, another cipher).
    """
    found: list[bytes] = []
    for body in opened_packets(header, keys):
        if body[:4] == _EDIT_LIST:
            raise SystemFault(f"{name} has an edit list, which dsqc does not apply.", hint="Use the crypt4gh program.")
        if body[:8] != _DATA + bytes(4) or len(body) != 8 + KEY_BYTES:
            raise SystemFault(f"{name} is encrypted in a way that dsqc does not know.", hint="Use another program.")
        if body[8:] not in found:
            found.append(body[8:])
    if not found:
        raise NotForThisKey(
            f"{name} is not encrypted to this key ({', '.join(key.public.fingerprint for key in keys) or 'none'}).",
            hint="Give the private key of its recipient, or ask who sent the file to encrypt it to your public key.",
        )
    return SessionKeys(tuple(found))


def opens(header: bytes, key: PrivateKey) -> bool:
    """Whether ``key`` opens ``header``."""
    return bool(opened_packets(header, [key]))


def reencrypt(header: bytes, keys: Sequence[PrivateKey], recipients: Iterable[PublicKey], name: str) -> bytes:
    """The same session keys for other recipients only: the body of the file stays as it is.

    Raises:
        NotForThisKey: none of ``keys`` opens the header.
        SystemFault: it holds what dsqc does not know.
    """
    return make_header(open_header(header, keys, name), recipients)


def opened_packets(header: bytes, keys: Sequence[PrivateKey]) -> list[bytes]:
    """The bodies of the packets that one of ``keys`` opens, in their order."""
    bodies = []
    for packet in _packets(header):
        for key in keys:
            body = _decrypted(packet, key)
            if body is not None:
                bodies.append(body)
                break
    return bodies


def _packets(header: bytes) -> list[bytes]:
    found, at = [], 16
    for _ in range(int.from_bytes(header[12:16], "little")):
        size = int.from_bytes(header[at : at + 4], "little")
        found.append(header[at + 4 : at + size])
        at += max(size, 4)
    return found


def _joined(packets: Sequence[bytes]) -> bytes:
    head = MAGIC + _VERSION.to_bytes(4, "little") + len(packets).to_bytes(4, "little")
    return head + b"".join((len(packet) + 4).to_bytes(4, "little") + packet for packet in packets)


def _encrypted(body: bytes, recipient: PublicKey) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    writer = new_private_key()  # of this packet alone: nobody can tell by it who wrote the file
    nonce = os.urandom(_NONCE)
    shared = _shared(writer.exchange(recipient), reader=recipient, writer=writer.public)
    return bytes(4) + writer.public.data + nonce + ChaCha20Poly1305(shared).encrypt(nonce, body, None)


def _decrypted(packet: bytes, key: PrivateKey) -> bytes | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    writer, nonce = packet[4 : 4 + KEY_BYTES], packet[36 : 36 + _NONCE]
    if packet[:4] != bytes(4) or len(packet) < 48 + 16:
        return None
    try:
        shared = _shared(key.exchange(PublicKey(writer)), reader=key.public, writer=PublicKey(writer))
        return ChaCha20Poly1305(shared).decrypt(nonce, packet[48:], None)
    except (InvalidTag, ValueError):
        return None


def _shared(secret: bytes, *, reader: PublicKey, writer: PublicKey) -> bytes:
    """The first half of what libsodium's crypto_kx makes of a shared secret, the reader being its client."""
    return hashlib.blake2b(secret + reader.data + writer.data, digest_size=64).digest()[:KEY_BYTES]


def _damaged(name: str, reason: str) -> SystemFault:
    return SystemFault(f"{name} is damaged: {reason}.", hint="Transfer or export it again.")
