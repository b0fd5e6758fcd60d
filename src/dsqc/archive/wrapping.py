"""The compression around a content: made again as it was where that can be done, else as a usual one."""

import bz2
import shutil
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, cast

import zstandard

from dsqc.archive.streams import Blocks
from dsqc.model import Container

BLOCK = 0xFF00
"""Bytes of content in a BGZF block, as htslib cuts them."""
END_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
LEVEL = 6
_PROBE = 1 << 20
_ENOUGH = 1 << 12
_PIPE = 1 << 18


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How the original was compressed, proven by doing it again.

    Attributes:
        program: ``zlib``, ``gzip`` (GNU gzip, whose deflate differs), ``bgzf`` or ``bzip2``.
        level: of compression.
        header: of the gzip member, in hexadecimal digits.
    """

    program: str
    level: int
    header: str = ""


def wrap(content: Blocks, container: Container, wrapping: Wrapping | None) -> Iterator[bytes]:
    """``content`` in a container: as ``wrapping`` says, else BGZF for gzip and BGZF, bzip2 and zstd at their usual
    levels, nothing for all others."""
    if wrapping is not None and (wrapping.program != "gzip" or shutil.which("gzip")):
        return _MAKERS[wrapping.program](content, wrapping)
    if container in (Container.GZIP, Container.BGZF):
        return bgzf(content, Wrapping("bgzf", LEVEL))
    if container is Container.BZIP2:
        return _bzip2(content, Wrapping("bzip2", 9))
    if container is Container.ZSTD:
        return _zstd(content)
    return (bytes(block) for block in content)


def find_wrapping(
    path: Path, container: Container, stored_sha256: str, content: Callable[[], Blocks]
) -> Wrapping | None:
    """How ``path`` was compressed; None where no way that is known gives its very bytes.

    Ways that fit its beginning are tried on all of it.

    Args:
        container: of the file.
        stored_sha256: of its bytes.
        content: gives the content from its beginning, each time anew.
    """
    for candidate in _candidates(path, container, content):
        digest = sha256()
        try:
            for block in _MAKERS[candidate.program](content(), candidate):
                digest.update(block)
        except (OSError, subprocess.SubprocessError):
            continue
        if digest.hexdigest() == stored_sha256:
            return candidate
    return None


def _candidates(path: Path, container: Container, content: Callable[[], Blocks]) -> Iterator[Wrapping]:
    with path.open("rb") as file:
        stored = file.read(_PROBE)
    if container is Container.BZIP2 and stored[3:4] in b"123456789":
        yield Wrapping("bzip2", int(stored[3:4]))
    if container not in (Container.GZIP, Container.BGZF):
        return
    sample = _beginning(content())
    if container is Container.BGZF:
        whole = len(sample) > BLOCK
        for level in _levels():
            made = b"".join(bgzf([sample[:BLOCK]], Wrapping("bgzf", level)))
            if not whole or stored.startswith(made[: -len(END_BLOCK)]):
                yield Wrapping("bgzf", level)
        return
    length = gzip_header_length(stored)
    header, body = stored[:length], stored[length:]
    for level in _levels():
        if _begins_as(body, _deflate(sample, level), whole=len(sample) < _PROBE):
            yield Wrapping("zlib", level, header.hex())
    if shutil.which("gzip"):
        for level in _levels():
            made = b"".join(_gnu_gzip([sample], Wrapping("gzip", level)))
            if _begins_as(body, made, whole=len(sample) < _PROBE):
                yield Wrapping("gzip", level, header.hex())


def _levels() -> tuple[int, ...]:
    return (6, 9, 1, 5, 4, 3, 2, 7, 8)


def _begins_as(body: bytes, made: bytes, *, whole: bool) -> bool:
    """Whether the stored bytes begin as the trial does; the end of a trial on a part of the content says nothing."""
    if whole:
        return made[:-8] == body[: len(made) - 8]
    common = len(made) // 2
    return common >= _ENOUGH and body[:common] == made[:common]


def _beginning(content: Blocks) -> bytes:
    parts, size = [], 0
    for block in content:
        parts.append(bytes(block))
        size += len(block)
        if size >= _PROBE:
            break
    return b"".join(parts)[:_PROBE]


def gzip_header_length(head: bytes) -> int:
    """Bytes of the header that a gzip member begins with (RFC 1952, 2.3)."""
    flags, at = head[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            at = head.index(0, at) + 1
    return at + 2 if flags & 2 else at


def _deflate(sample: bytes, level: int) -> bytes:
    maker = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return maker.compress(sample) + maker.flush() + bytes(8)


def _zlib(content: Blocks, wrapping: Wrapping) -> Iterator[bytes]:
    yield bytes.fromhex(wrapping.header)
    maker = zlib.compressobj(wrapping.level, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc, size = 0, 0
    for block in content:
        crc, size = zlib.crc32(block, crc), size + len(block)
        if made := maker.compress(block):
            yield made
    yield maker.flush() + crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def _gnu_gzip(content: Blocks, wrapping: Wrapping) -> Iterator[bytes]:
    """By the program gzip; its own header, of 10 bytes, is replaced."""
    yield bytes.fromhex(wrapping.header)
    process = subprocess.Popen(["gzip", "-cn", f"-{wrapping.level}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    fault: list[BaseException] = []

    def feed() -> None:
        try:
            with cast("IO[bytes]", process.stdin) as pipe:
                for block in content:
                    pipe.write(block)
        except BaseException as error:
            fault.append(error)

    thread = threading.Thread(target=feed, name="gzip", daemon=True)
    thread.start()
    try:
        out = cast("IO[bytes]", process.stdout)
        out.read(10)
        while block := out.read(_PIPE):
            yield block
        thread.join()
        if fault:
            raise fault[0]
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, "gzip")
    finally:
        process.kill()
        process.wait()
        cast("IO[bytes]", process.stdout).close()


def bgzf(content: Blocks, wrapping: Wrapping) -> Iterator[bytes]:
    """``content`` in BGZF, cut and ended as htslib does."""
    rest = bytearray()
    for block in content:
        rest += block
        whole = len(rest) // BLOCK * BLOCK
        for start in range(0, whole, BLOCK):
            yield bgzf_block(bytes(rest[start : start + BLOCK]), wrapping.level)
        del rest[:whole]
    if rest:
        yield bgzf_block(bytes(rest), wrapping.level)
    yield END_BLOCK


def bgzf_block(data: bytes, level: int) -> bytes:
    """One BGZF block (SAM specification 4.1) of at most ``BLOCK`` bytes."""
    maker = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = maker.compress(data) + maker.flush()
    if len(body) > 0xFFFF - 26:
        maker = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = maker.compress(data) + maker.flush()
    head = END_BLOCK[:16] + (len(body) + 25).to_bytes(2, "little")
    return head + body + zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")


def _bzip2(content: Blocks, wrapping: Wrapping) -> Iterator[bytes]:
    maker = bz2.BZ2Compressor(wrapping.level)
    for block in content:
        if made := maker.compress(block):
            yield made
    yield maker.flush()


def _zstd(content: Blocks) -> Iterator[bytes]:
    maker = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    for block in content:
        if made := maker.compress(bytes(block)):
            yield made
    yield maker.flush()


_MAKERS: dict[str, Callable[[Blocks, Wrapping], Iterator[bytes]]] = {
    "zlib": _zlib,
    "gzip": _gnu_gzip,
    "bgzf": bgzf,
    "bzip2": _bzip2,
}
