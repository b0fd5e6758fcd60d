"""Other containers, names that lie, standard input, checksums, threads."""

import bz2
import hashlib
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from dsqc.errors import SystemFault
from dsqc.findings import FindingLog
from dsqc.formats import open_reads, sniff
from dsqc.formats.container import BlockReader
from dsqc.formats.stored import StoredBytes
from dsqc.model import Container, FileFormat
from dsqc.registry import Severity
from helpers.damage import flip
from helpers.reads import (
    WRAPPERS,
    bzip2_streams,
    fastq,
    make_reads,
    read_bytes,
    read_path,
    split_at,
    xz_streams,
    zstd_frames,
)

READS = make_reads(200, 5)
TEXT = fastq(READS)
BZ2 = bz2.compress(TEXT)
ZSTD = zstd_frames([TEXT])
XZ = lzma.compress(TEXT)
SKIPPABLE = b"\x50\x2a\x4d\x18\x03\0\0\0abc"


def archive(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("reads.fastq", TEXT)
    else:
        with tarfile.open(fileobj=buffer, mode="w") as file:
            member = tarfile.TarInfo("reads.fastq")
            member.size = len(TEXT)
            file.addfile(member, io.BytesIO(TEXT))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "container", "members"),
    [
        ("r.fq.bz2", BZ2, Container.BZIP2, 1),
        ("r.fq.bz2", bzip2_streams(split_at(TEXT, [1000, 5000])), Container.BZIP2, 3),
        ("r.fq.zst", ZSTD, Container.ZSTD, 1),
        ("r.fq.zst", zstd_frames(split_at(TEXT, [1000, 5000])), Container.ZSTD, 3),
        ("r.fq.zst", SKIPPABLE + ZSTD + SKIPPABLE, Container.ZSTD, 3),
        ("r.fq.xz", XZ, Container.XZ, 1),
        ("r.fq.xz", xz_streams(split_at(TEXT, [1000, 5000])), Container.XZ, 3),
        ("r.fq.xz", XZ + bytes(8), Container.XZ, 1),
        ("r.fq.xz", lzma.compress(TEXT, check=lzma.CHECK_SHA256), Container.XZ, 1),
        ("r.fq.xz", lzma.compress(TEXT, check=lzma.CHECK_NONE), Container.XZ, 1),
        ("r.fq", TEXT, Container.PLAIN, None),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_whole_files(name: str, data: bytes, container: Container, members: int | None, threads: int) -> None:
    found = read_bytes(data, name, threads=threads)
    assert found.reads == READS
    assert found.codes == []
    assert found.source.container is container
    assert (found.integrity.complete, found.integrity.members) == (True, members)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("r.fq.bz2", BZ2[:-20], "F010"),
        ("r.fq.bz2", BZ2[:-3], "F010"),
        ("r.fq.bz2", BZ2[:500] + b"\xff" + BZ2[501:], "F010"),
        ("r.fq.bz2", BZ2 + b"tail", "F011"),
        ("r.fq.bz2", BZ2 + b"\0" * 9, "F011"),
        ("r.fq.zst", ZSTD[:-20], "F010"),
        ("r.fq.zst", ZSTD[:-1], "F010"),
        ("r.fq.zst", ZSTD[:-2] + b"\0\0", "F010"),
        ("r.fq.zst", ZSTD + b"tail", "F011"),
        ("r.fq.xz", XZ[:-20], "F010"),
        ("r.fq.xz", XZ[:-1], "F010"),
        ("r.fq.xz", XZ[:9], "F010"),
        ("r.fq.xz", flip(XZ, 500), "F010"),
        ("r.fq.xz", flip(XZ, -40), "F010"),
        ("r.fq.xz", flip(XZ, 7), "F010"),
        ("r.fq.xz", XZ + b"tail", "F011"),
        ("r.fq.xz", XZ + bytes(3), "F011"),
        ("r.fq.xz", XZ + bytes(3) + XZ, "F011"),
        ("r.fq.xz", XZ + bytes(4) + XZ[:20], "F010"),
        ("r.fq.zst", ZSTD + SKIPPABLE[:-1], "F010"),
    ],
)
def test_damage(name: str, data: bytes, code: str) -> None:
    found = read_bytes(data, name)
    assert code in found.codes
    assert found.source.damaged
    assert not found.integrity.complete
    assert found.integrity.md5 == hashlib.md5(data).hexdigest()
    assert found.reads == READS[: len(found.reads)]


@pytest.mark.parametrize(
    ("data", "code", "value"),
    [
        (archive("zip"), "F009", "zip"),
        (archive("tar"), "F009", "tar"),
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 40, "F009", "7z"),
        (b"Rar!\x1a\x07\x01\0" + b"\0" * 40, "F009", "rar"),
    ],
)
def test_refused_containers(data: bytes, code: str, value: str) -> None:
    found = read_bytes(data, "reads.fastq.gz")
    assert [(item.code, item.value) for item in found.log] == [(f"DSQC-{code}", value)]
    assert found.source.damaged
    assert found.source.format is None
    assert found.integrity.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("name", "wrapper", "value"),
    [
        ("r.fastq.gz", "plain", ".gz holds plain"),
        ("r.fastq", "gzip", ".fastq holds gzip"),
        ("r.fq.bz2", "gzip", ".bz2 holds gzip"),
        ("r.fastq.gz", "zstd", ".gz holds zstd"),
        ("r.bam", "gzip", ".bam holds gzip"),
        ("r.fastq.gz", "xz", ".gz holds xz"),
    ],
)
def test_names_that_lie(name: str, wrapper: str, value: str) -> None:
    found = read_bytes(WRAPPERS[wrapper]([TEXT]), name)
    assert value in [item.value for item in found.log if item.code == "DSQC-F009"]


def test_fastq_named_as_bam_is_said_and_still_read() -> None:
    found = read_bytes(WRAPPERS["bgzf"]([TEXT]), "r.bam")
    assert [item.value for item in found.log if item.code == "DSQC-F009"] == ["bam by its name, fastq by its content"]
    assert found.reads == READS


def test_plain_fastq_is_warned_of_where_it_has_a_name() -> None:
    assert read_bytes(TEXT, "r.fastq").all_codes == ["F017"]
    log = FindingLog()
    with open_reads(io.BytesIO(TEXT), log) as source:
        assert sum(map(len, source.batches())) == 200
    assert source.name == "standard input"
    assert len(log) == 0


def test_sniff_tells_without_reading_all(tmp_path: Path) -> None:
    for wrapper, container in (("gzip", Container.GZIP), ("bgzf", Container.BGZF), ("zstd", Container.ZSTD)):
        path = tmp_path / "reads.fastq.gz"
        path.write_bytes(WRAPPERS[wrapper]([TEXT]))
        assert sniff(path) == (FileFormat.FASTQ, container)
    path.write_bytes(b"")
    assert sniff(path) == (FileFormat.FASTQ, None)
    path.write_bytes(lzma.compress(TEXT))
    assert sniff(path) == (FileFormat.FASTQ, Container.XZ)
    (tmp_path / "noise").write_bytes(archive("zip"))
    assert sniff(tmp_path / "noise") == (None, None)


def test_xz_is_read_with_a_warning() -> None:
    (item,) = read_bytes(XZ, "r.fastq.xz").log
    assert (item.code, item.severity, item.value) == ("DSQC-F018", Severity.WARNING, "xz")


def test_xz_that_asks_for_too_much_memory_is_left() -> None:
    greedy = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 28}]
    with lzma.LZMAFile(buffer := io.BytesIO(), "w", filters=greedy) as file:
        file.write(TEXT)
    found = read_bytes(buffer.getvalue(), "r.fastq.xz")
    assert [item.value for item in found.log if item.severity is Severity.ERROR] == [
        "xz that needs more than 128 MiB of memory"
    ]
    assert found.codes == ["F018"]
    assert found.source.damaged


def test_memory_does_not_grow_with_what_xz_expands_to() -> None:
    bomb = lzma.compress(bytes(1 << 26))
    with BlockReader(StoredBytes(io.BytesIO(bomb), "r.xz"), Container.XZ, background=False) as reader:
        assert max(map(len, reader)) <= 1 << 18
    assert reader.integrity.bytes_uncompressed == reader.integrity.bytes_proven == 1 << 26


def test_a_missing_file_is_a_fault_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(SystemFault, match="Cannot read"):
        open_reads(tmp_path / "none.fastq", FindingLog())


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    data = WRAPPERS["gzip"]([TEXT])
    reader, writer = os.pipe()
    os.write(writer, data[:7])  # fewer bytes than are asked for: a pipe gives what it has
    os.write(writer, data[7:])
    os.close(writer)
    log = FindingLog()
    with os.fdopen(reader, "rb", buffering=0) as pipe, open_reads(pipe, log) as source:
        assert sum(len(batch) for batch in source.batches()) == 200
        assert source.integrity.md5 == hashlib.md5(data).hexdigest()


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_the_same_with_and_without_a_thread(wrapper: str, tmp_path: Path) -> None:
    path = tmp_path / "reads"
    path.write_bytes(WRAPPERS[wrapper](split_at(TEXT * 40, range(0, 800_000, 50_000))))
    one, two = (read_path(path, threads=threads) for threads in (1, 2))
    assert one.reads == two.reads
    assert one.integrity == two.integrity
    assert one.log.to_list() == two.log.to_list()


def test_integrity_before_the_end_is_a_mistake_of_the_caller() -> None:
    with open_reads(io.BytesIO(TEXT), FindingLog()) as source, pytest.raises(RuntimeError, match="read to its end"):
        source.integrity.md5.upper()
