"""BAM: the same records as htslib, and every damage found."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from helpers.damage import flip
from helpers.reads import BGZF_END, Outcome, Read, bam, bgzf, make_reads, read_bytes, read_path, split_at

READS = [read._replace(name=read.name.split()[0]) for read in make_reads(300, 7, longest=300)]
FLAGS = [4] * 300


def header(text: str, references: list[tuple[str, int]] | None = None) -> bytes:
    listed = b"".join(
        struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
        for name, length in references or []
    )
    return b"BAM\1" + struct.pack("<i", len(text)) + text.encode() + struct.pack("<i", len(references or [])) + listed


def record(
    *,
    name: bytes = b"r1\0",
    flag: int = 4,
    reference: int = -1,
    position: int = -1,
    cigar: tuple[int, ...] = (),
    bases: int = 4,
    packed: bytes = b"\x12\x48",
    qualities: bytes = b"\x1e\x1f\x20\x21",
    tags: bytes = b"",
    mate: tuple[int, int] = (-1, -1),
    size: int | None = None,
) -> bytes:
    fields = struct.pack("<iiBBHHHiiii", reference, position, len(name), 0, 4680, len(cigar), flag, bases, *mate, 0)
    body = fields + name + struct.pack(f"<{len(cigar)}I", *cigar) + packed + qualities + tags
    return struct.pack("<i", len(body) if size is None else size) + body


def read(*parts: bytes, threads: int = 1) -> Outcome:
    return read_bytes(bgzf([b"".join(parts)]), "r.bam", threads=threads)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return bam(tmp_path_factory.mktemp("bam") / "reads.bam", READS, FLAGS)


@pytest.mark.parametrize("threads", [1, 2])
def test_records_of_htslib_come_back(stored: bytes, threads: int) -> None:
    found = read_bytes(stored, "reads.bam", threads=threads)
    assert found.reads == READS
    assert found.flags == FLAGS
    assert found.all_codes == []
    assert found.integrity.end_marker
    assert found.source.header["HD"] == {"VN": "1.6", "SO": "unsorted"}


def test_any_block_size_gives_the_same_records(stored: bytes) -> None:
    text = gzip.decompress(stored)
    for step in (1000, 7919, 50_000):
        found = read_bytes(bgzf(split_at(text, range(0, len(text), step))), "r.bam")
        assert found.reads == READS
        assert found.all_codes == []


def test_long_reads_pass_any_buffer(tmp_path: Path) -> None:
    reads = [Read("short", "ACGT", "IIII"), Read("long", "ACGTN" * 500_000, "5" * 2_500_000), Read("none", "AC", None)]
    bam(tmp_path / "long.bam", reads, [4, 4, 4])
    assert read_path(tmp_path / "long.bam").reads == reads


def test_htslib_and_dsqc_agree_on_mapped_records(tmp_path: Path) -> None:
    path = tmp_path / "mapped.bam"
    with pysam.AlignmentFile(path, "wb", reference_names=["c1", "c2"], reference_lengths=[5000, 500]) as file:
        for number, read_ in enumerate(make_reads(200, 8, longest=90)):
            item = pysam.AlignedSegment(file.header)
            item.query_name = f"r{number}"
            item.flag = (0, 16, 256, 2048, 1024 | 16)[number % 5]
            item.query_sequence = read_.bases
            item.reference_id = number % 2
            item.reference_start = 10 + number
            item.cigarstring = f"{len(read_.bases)}M"
            item.query_qualities = pysam.qualitystring_to_array(read_.qualities)
            file.write(item)
    with pysam.AlignmentFile(path) as file:
        expected = [
            (item.query_name, item.query_sequence, pysam.qualities_to_qualitystring(item.query_qualities), item.flag)
            for item in file
        ]
    found = read_path(path)
    assert [(*one, flag) for one, flag in zip(found.reads, found.flags, strict=True)] == expected
    assert found.all_codes == []
    assert found.source.header["SQ"] == [{"SN": "c1", "LN": 5000}, {"SN": "c2", "LN": 500}]


@pytest.mark.parametrize(
    ("damage", "value"),
    [
        (lambda data: data[:-28], "BGZF end block missing"),
        (lambda data: data[: len(data) // 2], "file ends inside BGZF block"),
        (lambda data: flip(data, 400), "BGZF block"),
        (lambda data: data + b"tail", "4 bytes that are no gzip member"),
        (lambda data: b"\0" * len(data), ".bam holds plain"),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_damaged_containers(stored: bytes, damage: Callable[[bytes], bytes], value: str, threads: int) -> None:
    data = damage(stored)
    found = read_bytes(data, "reads.bam", threads=threads)
    assert [item for item in found.log if value in item.value]
    assert found.codes in (["D018"], ["D001", "F009"], ["D019", "F009"])
    assert found.source.damaged
    assert found.integrity.size_bytes == len(data)


MATE = header("@SQ\tSN:c\tLN:100\n", [("c", 100)])


@pytest.mark.parametrize(
    ("parts", "codes", "records"),
    [
        ((header(""), record()), [], 1),
        ((header(""), record(qualities=b"\xff" * 4)), [], 1),
        ((header(""), record(tags=b"XAAaNMi\1\0\0\0RGZx\0XHH1A\0XBBs\2\0\0\0\1\0\2\0XFf\0\0\0\0")), [], 1),
        ((MATE, record(flag=0, reference=0, position=0, cigar=(4 << 4,))), [], 1),
        ((header(""),), ["D009"], 0),
        ((header(""), record(bases=0, packed=b"", qualities=b"")), ["D021"], 1),
        ((header(""), record(flag=256, bases=0, packed=b"", qualities=b"")), [], 1),
        ((header(""), record(), record(size=20)), ["D028"], 1),
        ((header(""), record(), record(size=-5)), ["D028"], 1),
        ((header(""), record(), record(bases=400)), ["D028"], 1),
        ((header(""), record(), record(bases=-4)), ["D028"], 1),
        ((header(""), record(), record()[:-3]), ["D028"], 1),
        ((header(""), record(), b"\1\0"), ["D028"], 1),
        ((header(""), record(), record(size=1 << 30)), ["D028"], 1),
        ((header(""), record(name=b"r1")), ["D028"], 1),
        ((header(""), record(name=b"r\0x\0")), ["D028"], 1),
        ((header(""), record(reference=0)), ["D028"], 1),
        ((header(""), record(mate=(3, 0))), ["D028"], 1),
        ((MATE, record(reference=0, position=100)), ["D028"], 1),
        ((MATE, record(reference=0, position=-2)), ["D028"], 1),
        ((MATE, record(reference=0, position=0, cigar=(5 << 4,))), ["D028"], 1),
        ((MATE, record(reference=0, position=0, cigar=(4 << 4 | 9,))), ["D028"], 1),
        ((header(""), record(tags=b"XA")), ["D028"], 1),
        ((header(""), record(tags=b"XAq1")), ["D028"], 1),
        ((header(""), record(tags=b"XAZabc")), ["D028"], 1),
        ((header(""), record(tags=b"XBBi\xff\0\0\0")), ["D028"], 1),
        ((header("@SQ\tSN:c\tLN:100\n", [("d", 100)]), record()), ["D019"], 1),
        ((header("@SQ\tSN:c\tLN:100\n@SQ\tSN:c\tLN:9\n", [("c", 100), ("c", 9)]), record()), ["D019"], 1),
        ((b"BAM\1\xff\xff\xff\x7f",), ["D019"], 0),
        ((b"BAM\1\0\0\0\0\5\0\0\0\2\0\0\0",), ["D019"], 0),
        ((b"BAM\1",), ["D019"], 0),
    ],
)
def test_records_and_headers(parts: tuple[bytes, ...], codes: list[str], records: int) -> None:
    found = read(*parts)
    assert found.codes == codes
    assert len(found.reads) == records


def test_a_fault_has_its_place() -> None:
    found = read(header(""), record(), record(), record(bases=400))
    (fault,) = found.log
    assert fault.location.record == 3
    assert fault.location.byte_offset == len(header("")) + 2 * len(record())
    assert found.source.damaged


def test_stated_order_is_checked() -> None:
    text = "@HD\tVN:1.6\tSO:{}\n@SQ\tSN:c\tLN:100\n"
    records = [record(flag=0, reference=0, position=place, cigar=(4 << 4,)) for place in (5, 9, 7)]
    bad = read(header(text.format("coordinate"), [("c", 100)]), *records)
    assert [(item.code, item.location.record) for item in bad.log] == [("DSQC-D019", 3)]
    assert read(header(text.format("unsorted"), [("c", 100)]), *records).codes == []
    good = read(header(text.format("coordinate"), [("c", 100)]), *records[:2], record(name=b"u\0"))
    assert good.codes == []
    back = read(header(text.format("coordinate"), [("c", 100)]), record(name=b"u\0"), *records[:2])
    assert back.codes == ["D019"]


@pytest.mark.parametrize(
    ("flags", "codes"),
    [
        ([("a", 77), ("a", 141), ("b", 77), ("b", 141)], []),
        ([("a", 77), ("b", 77), ("b", 141), ("a", 141)], []),
        ([("a", 77), ("a", 141), ("b", 77)], ["D030"]),
        ([("a", 77), ("b", 141)], ["D030"]),
        ([("a", 77), ("a", 77)], ["D030"]),
        ([("a", 77), ("a", 141), ("a", 77 | 256)], []),
        ([("a", 4), ("b", 4)], []),
    ],
)
def test_mates_of_unaligned_reads(tmp_path: Path, flags: list[tuple[str, int]], codes: list[str]) -> None:
    reads = [Read(name, "ACGT", "IIII") for name, _flag in flags]
    bam(tmp_path / "r.bam", reads, [flag for _name, flag in flags])
    assert read_path(tmp_path / "r.bam").codes == codes


def test_mates_are_not_asked_for_where_records_were_selected_by_place() -> None:
    lone = record(flag=1 | 64, reference=0, position=3, cigar=(4 << 4,))
    text = "@HD\tVN:1.6\tSO:{}\n@SQ\tSN:c\tLN:100\n"
    assert read(header(text.format("coordinate"), [("c", 100)]), lone).codes == []
    assert read(header(text.format("queryname"), [("c", 100)]), lone).codes == ["D030"]


def test_an_empty_file_named_bam() -> None:
    assert read_bytes(b"", "r.bam").codes == ["F008"]
    assert read_bytes(BGZF_END, "r.bam").codes == ["D019"]
