"""gzip and BGZF: every check that the container offers is made."""

import gzip
import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.formats import gzip as reading
from dsqc.formats.isal_library import isal_functions
from dsqc.formats.stored import Damage, StoredBytes
from dsqc.kernels import bgzf as k
from helpers.damage import flip
from helpers.reads import BGZF_END, bgzf, bgzf_block, fastq, gzip_members, make_reads, read_bytes

READS = make_reads(300, 3)
TEXT = fastq(READS)
HALVES = (TEXT[: len(TEXT) // 2], TEXT[len(TEXT) // 2 :])
WHOLE = gzip.compress(TEXT, mtime=0)


def with_header(flags: int, fields: bytes, body: bytes = WHOLE[10:]) -> bytes:
    return WHOLE[:3] + bytes([flags]) + WHOLE[4:10] + fields + body


@pytest.mark.parametrize(
    ("data", "members", "blocks", "end"),
    [
        (WHOLE, 1, None, None),
        (gzip_members(HALVES), 2, None, None),
        (gzip_members([b"", *HALVES, b""]), 4, None, None),
        (bgzf(HALVES), 3, 3, True),
        (bgzf([HALVES[0], b"", HALVES[1]]), 4, 4, True),
        (bgzf(HALVES[:1], end=False) + gzip_members(HALVES[1:]), 2, None, None),
        (gzip_members(HALVES[:1]) + bgzf(HALVES[1:]), 3, None, None),
        (with_header(8, b"name.fastq\0"), 1, None, None),
        (with_header(16, b"a comment\0"), 1, None, None),
        (with_header(4, b"\x06\0AB\x02\0xy"), 1, None, None),
        (with_header(2, struct.pack("<H", zlib.crc32(WHOLE[:3] + b"\x02" + WHOLE[4:10]) & 0xFFFF)), 1, None, None),
        (gzip.compress(TEXT, 1, mtime=0), 1, None, None),
        (gzip.compress(TEXT, 0, mtime=0), 1, None, None),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_whole_files_are_proven(data: bytes, members: int, blocks: int | None, end: bool | None, threads: int) -> None:
    found = read_bytes(data, "reads.fastq.gz", threads=threads)
    assert found.reads == READS
    assert found.all_codes == []
    proof = found.integrity
    assert (proof.complete, proof.members, proof.blocks, proof.end_marker) == (True, members, blocks, end)
    assert proof.bytes_uncompressed == len(TEXT)
    assert not found.source.damaged


BLOCK = bgzf_block(HALVES[0])


@pytest.mark.parametrize(
    ("data", "code", "value", "offset"),
    [
        (flip(WHOLE, -8), "F010", "CRC32 of the member", len(WHOLE) - 8),
        (flip(WHOLE, -1), "F010", "length of the member", len(WHOLE) - 8),
        (WHOLE[:-8], "F010", "last 8 bytes", len(WHOLE) - 8),
        (WHOLE[:-3], "F010", "last 8 bytes", len(WHOLE) - 3),
        (WHOLE[:-30], "F010", "file ends inside the gzip member", len(WHOLE) - 30),
        (WHOLE[:5], "F010", "file ends inside a gzip header", 5),
        (WHOLE + WHOLE[:5], "F010", "file ends inside a gzip header", len(WHOLE) + 5),
        (WHOLE + b"\0" * 512, "F011", "512 zero bytes", len(WHOLE)),
        (WHOLE + b"tail", "F011", "4 bytes that are no gzip member", len(WHOLE)),
        (WHOLE + b"\x1f", "F011", "1 bytes", len(WHOLE)),
        (WHOLE[:2] + b"\x07" + WHOLE[3:], "F010", "gzip header 1f 8b 07", 0),
        (with_header(32, b""), "F010", "gzip header", 0),
        (with_header(2, b"\0\0"), "F010", "CRC of the gzip header", 0),
        (WHOLE[:10] + b"\x07" + WHOLE[11:], "F010", "invalid deflate data", 10),
        (bgzf(HALVES, end=False), "F010", "BGZF end block missing", len(bgzf(HALVES, end=False))),
        (bgzf(HALVES[:1], end=False), "F010", "BGZF end block missing", len(BLOCK)),
        (BLOCK[:-4] + bgzf(HALVES[1:]), "F010", "BGZF block 1", 0),
        (BLOCK + bgzf(HALVES[1:])[:-40], "F010", "file ends inside BGZF block 2", None),
        (flip(BLOCK, -8) + BGZF_END, "F010", "CRC32 of the BGZF block 1", 0),
        (flip(BLOCK, -1) + BGZF_END, "F010", "length of the BGZF block 1", 0),
        (BLOCK[:16] + b"\x10\0" + BLOCK[18:] + BGZF_END, "F010", "BGZF block 1 states a size of 17", 0),
        (bgzf(HALVES) + b"\0\0", "F011", "2 zero bytes", len(bgzf(HALVES))),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_damage_is_named_and_placed(data: bytes, code: str, value: str, offset: int | None, threads: int) -> None:
    found = read_bytes(data, "reads.fastq.gz", threads=threads)
    (fault,) = [item for item in found.log if item.code == f"DSQC-{code}"]
    assert value in fault.value
    assert fault.location.in_container
    assert offset is None or fault.location.byte_offset == offset
    assert found.source.damaged
    proof = found.integrity
    assert not proof.complete
    assert (proof.size_bytes, proof.md5) == (len(data), hashlib.md5(data).hexdigest())
    assert proof.sha256 == hashlib.sha256(data).hexdigest()


def test_reads_before_the_damage_are_delivered() -> None:
    cut = read_bytes(WHOLE[: len(WHOLE) // 2], "reads.fastq.gz")
    assert 100 < len(cut.reads) < 200
    assert cut.reads == READS[: len(cut.reads)]
    assert cut.codes == ["F010"]  # the half record at the end is no finding of its own
    second = read_bytes(bgzf(HALVES[:1], end=False) + flip(bgzf_block(HALVES[1]), 40), "reads.fastq.gz")
    assert second.reads == READS[: len(second.reads)]
    assert len(second.reads) > 140


def test_a_file_cut_between_blocks_at_a_record_edge_is_found() -> None:
    edge = TEXT.index(b"@run3:150:")
    found = read_bytes(bgzf([TEXT[:edge], TEXT[edge:]])[: len(bgzf_block(TEXT[:edge]))], "reads.fastq.gz")
    assert len(found.reads) == 150
    assert found.codes == ["F010"]


def test_a_block_that_expands_beyond_its_limit_is_refused() -> None:
    found = read_bytes(bgzf([TEXT[:10], b"A" * 200_000]), "reads.fastq.gz")
    assert "F010" in found.codes


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0), BGZF_END, gzip_members([b"", b""])])
def test_nothing_inside_is_an_empty_file(data: bytes) -> None:
    found = read_bytes(data, "reads.fastq.gz")
    assert found.codes == ["F008"]
    assert not found.source.damaged


def test_blank_lines_alone_are_no_reads() -> None:
    assert read_bytes(gzip.compress(b"\n\n"), "reads.fastq.gz").codes == ["D009"]


def test_the_library_lets_its_functions_be_called() -> None:
    """Where it does not, all is read the slow way: nobody would notice but for the time."""
    assert isal_functions() is not None


def everything(data: bytes, stop: int | None) -> tuple[bytes, list[str], reading.GzipProof, int]:
    """What is inflated, the damage, the proof, and the stored byte at which it ends (-1 where it is damaged)."""
    stored, proof = StoredBytes(io.BytesIO(data), "x.gz"), reading.GzipProof()
    blocks, damage = [], []
    try:
        blocks += [bytes(block) for block in reading.gzip_blocks(stored, proof, stop)]
    except Damage as error:
        # Inside a member that is no block, the place is that of the piece of stored bytes.
        place = "" if "gzip member" in str(error.expected) else str(error.byte_offset)
        damage = [error.code, place, str(error.value), str(error.expected)]
    return b"".join(blocks), damage, proof, -1 if damage else stored.offset


BODIES = st.lists(st.binary(max_size=200) | st.integers(0, 65_280).map(lambda size: b"ACGT" * (size // 4)), max_size=12)


@given(BODIES, st.data())
@settings(max_examples=150, deadline=None)
def test_many_blocks_at_once_are_read_as_one_by_one(bodies: list[bytes], draw: st.DataObject) -> None:
    data = bgzf(bodies, end=draw.draw(st.booleans())) + draw.draw(st.sampled_from([b"", b"rest", WHOLE]))
    if data and draw.draw(st.booleans()):
        data = flip(data, draw.draw(st.integers(0, len(data) - 1)))
    if draw.draw(st.booleans()):
        data = data[: draw.draw(st.integers(0, len(data)))]
    stop = draw.draw(st.none() | st.integers(0, len(data)))
    piece = draw.draw(st.integers(1, 3_000))
    found = []
    for functions in (isal_functions(), None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "isal_functions", lambda given=functions: given)
            patch.setattr("dsqc.formats.stored.PIECE", piece)
            found.append(everything(data, stop))
    assert found[0] == found[1]


def test_blocks_are_inflated_as_far_as_there_is_room() -> None:
    functions = isal_functions()
    assert functions is not None
    bodies = [bytes([number]) * 65_280 for number in range(40)]
    stored = np.frombuffer(bgzf(bodies), dtype=np.uint8)
    out, told = np.zeros(3 * k.LARGEST + 1, dtype=np.uint8), np.zeros(k.TOLD, dtype=np.int64)
    at, seen = 0, []
    while taken := k.inflate_blocks(stored[at:], len(stored) - at, out, functions.state, functions.addresses, told):
        at += taken
        seen.append((out[: told[k.SIZE]].tobytes(), int(told[k.BLOCKS])))
    assert b"".join(data for data, _ in seen) == b"".join(bodies)
    assert at == len(stored)
    assert sum(blocks for _, blocks in seen) == 41  # the end block with them
    assert all(blocks <= 4 for _, blocks in seen)
