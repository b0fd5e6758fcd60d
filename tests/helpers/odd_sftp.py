"""An SFTP server on standard input and output that is within the protocol and still odd: ``python odd_sftp.py MODE``.

It serves one file, ``/file``, of ``SIZE`` bytes. Modes: ``reversed`` answers reads in the reverse of their order,
``short`` with half of the bytes, ``old`` knows no extension, ``shrinks`` ends the file early, ``denied`` refuses every
open, ``bare`` tells no attributes in listings, ``greets`` prints a greeting first, ``liar`` answers another request.
"""

import os
import select
import struct
import sys

SIZE = 1_000_003


def content(offset: int, length: int) -> bytes:
    """The bytes of the file: every four of them hold their own position."""
    first, last = offset // 4, (offset + length) // 4 + 1
    text = b"".join(struct.pack(">I", number) for number in range(first, last))
    return text[offset - 4 * first :][: max(0, min(length, SIZE - offset))]


def main(mode: str) -> None:
    if mode == "greets":
        os.write(1, b"Welcome to the institute!\n")
    buffer, held = b"", []
    while True:
        # Held answers go out once nothing more is asked for the moment.
        if held and not select.select([0], [], [], 0.05)[0]:
            os.write(1, b"".join(reversed(held)))
            held = []
        data = os.read(0, 1 << 16)
        if not data:
            return
        buffer += data
        while len(buffer) >= 4 and len(buffer) >= 4 + (size := struct.unpack(">I", buffer[:4])[0]):
            packet, buffer = buffer[4 : 4 + size], buffer[4 + size :]
            answered = _answer(mode, packet[0], packet[1:])
            if mode == "reversed" and packet[0] == 5:
                held.append(answered)
            else:
                os.write(1, answered)


def _answer(mode: str, kind: int, body: bytes) -> bytes:
    number = body[:4]
    if mode == "liar" and kind == 7:
        number = b"\xff\xff\xff\xff"
    attributes = struct.pack(">IQIII", 1 | 4 | 8, SIZE, 0o100644, 5, 7)
    if kind == 1:
        extension = b"" if mode == "old" else _text(b"limits@openssh.com") + _text(b"1")
        return _packet(2, struct.pack(">I", 3) + extension)
    if kind == 200:
        return _packet(201, number + struct.pack(">QQQQ", 0, 100_000, 0, 0))
    if kind in {7, 8}:
        return _packet(105, number + attributes)
    if kind == 3 and mode == "denied":
        return _status(number, 3)
    if kind in {3, 11}:
        return _packet(102, number + _text(b"h"))
    if kind == 12:
        return _names(mode, number, attributes)
    if kind == 5:
        return _read(mode, number, body)
    return _status(number, 0)


_listed = False


def _names(mode: str, number: bytes, attributes: bytes) -> bytes:
    global _listed  # noqa: PLW0603
    if _listed:
        return _status(number, 1)
    _listed = True
    told = struct.pack(">I", 0) if mode == "bare" else attributes
    names = b"".join(_text(name) + _text(b"long " + name) + told for name in (b".", b"..", b"file"))
    return _packet(104, number + struct.pack(">I", 3) + names)


def _read(mode: str, number: bytes, body: bytes) -> bytes:
    offset, length = struct.unpack(">QI", body[-12:])
    if mode == "short":
        length = max(1, length // 2)
    data = content(offset, length) if mode != "shrinks" or offset < SIZE // 2 else b""
    return _packet(103, number + _text(data)) if data else _status(number, 1)


def _status(number: bytes, code: int) -> bytes:
    return _packet(101, number + struct.pack(">I", code) + _text(b"said") + _text(b""))


def _packet(kind: int, body: bytes) -> bytes:
    return _text(bytes([kind]) + body)


def _text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


if __name__ == "__main__":
    main(sys.argv[1])
