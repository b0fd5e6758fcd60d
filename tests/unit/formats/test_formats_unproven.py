"""What came out of a damaged part says nothing of its own; what stands in whole parts before it does."""

import gzip
import io
import lzma
from collections.abc import Callable

import pytest

from dsqc.findings import FindingLog
from dsqc.formats import PairReader, open_reads
from helpers.damage import flip
from helpers.reads import (
    bgzf_block,
    bzip2_streams,
    fastq,
    gzip_members,
    make_reads,
    read_bytes,
    xz_streams,
    zstd_frames,
)

GOOD = fastq(make_reads(40, 1))
BAD = b"@bad\nAC!T\n+\nIIII\n"
SHORT = b"@short\nACGT\n+\nII\n"
SAM = "r{}\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII\n"


def cut_gzip(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)[:-4]


def cut_bgzf(text: bytes) -> bytes:
    return flip(bgzf_block(text), -8)


@pytest.mark.parametrize(
    ("join", "name"),
    [
        (gzip_members, "r.fastq.gz"),
        (bzip2_streams, "r.fastq.bz2"),
        (zstd_frames, "r.fastq.zst"),
        (xz_streams, "r.fastq.xz"),
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_findings_stand_up_to_the_damaged_part(join: Callable[[list[bytes]], bytes], name: str, threads: int) -> None:
    before = read_bytes(join([GOOD + BAD, GOOD])[:-3], name, threads=threads)
    assert before.codes == ["D004", "F010"]
    assert before.integrity.bytes_proven == len(GOOD + BAD)
    after = read_bytes(join([GOOD, BAD + GOOD])[:-3], name, threads=threads)
    assert after.codes == ["F010"]
    one = read_bytes(join([BAD + SHORT + b"no read\n"])[:-3], name, threads=threads)
    assert one.codes == ["F010"]
    assert one.integrity.bytes_proven == 0


def test_blocks_of_bgzf_are_proven_one_by_one() -> None:
    found = read_bytes(bgzf_block(GOOD + BAD) + cut_bgzf(BAD), "r.fastq.gz")
    assert found.codes == ["D004", "F010"]
    (fault,) = [item for item in found.log if item.code == "DSQC-D004"]
    assert (fault.location.record, fault.count) == (41, 1)


def test_a_record_that_reaches_into_the_damaged_part_has_no_finding() -> None:
    text = GOOD + SHORT
    assert read_bytes(gzip_members([text, GOOD])[:-3], "r.fastq.gz").codes == ["D003", "F010"]
    data = gzip_members([text[:-3], text[-3:] + GOOD])[:-3]
    assert read_bytes(data, "r.fastq.gz").codes == ["F010"]


def test_the_grammar_may_be_left_before_the_damage() -> None:
    assert read_bytes(gzip_members([GOOD + b"no read\n", GOOD])[:-3], "r.fastq.gz").codes == ["D001", "F010"]
    assert read_bytes(gzip_members([GOOD, b"no read\n", GOOD])[:-3], "r.fastq.gz").codes == ["D001", "F010"]
    assert read_bytes(gzip_members([GOOD, b"no read\n" + GOOD])[:-3], "r.fastq.gz").codes == ["F010"]


def test_bytes_behind_whole_members_hide_nothing() -> None:
    assert read_bytes(gzip_members([GOOD, BAD]) + b"tail", "r.fastq.gz").codes == ["D004", "F011"]


def test_many_findings_are_counted_as_before() -> None:
    found = read_bytes(gzip.compress(BAD * 500), "r.fastq.gz")
    assert sum(item.count for item in found.log if item.code == "DSQC-D004") == 500


@pytest.mark.parametrize("pack", [cut_gzip, lambda text: lzma.compress(text)[:-4]])
def test_sam_out_of_a_damaged_part(pack: Callable[[bytes], bytes]) -> None:
    text = ("@HD\tSO:unsorted\n" + SAM.format(1) + "r2\t0\n").encode()
    assert read_bytes(pack(text), "r.sam.gz").codes[-1] == "F010"
    assert not {"D019", "D028"} & set(read_bytes(pack(text), "r.sam.gz").codes)
    assert {"D019", "D028"} <= set(read_bytes(gzip.compress(text), "r.sam.gz").codes)


def pair(first: bytes, second: bytes) -> list[str]:
    log = FindingLog()
    sources = [open_reads(io.BytesIO(data), log, name=name) for name, data in (("1.fq.gz", first), ("2.fq.gz", second))]
    for _mates in PairReader(*sources, log).batches():
        continue
    return sorted({item.code.removeprefix("DSQC-") for item in log})


def test_names_out_of_a_damaged_part_are_not_compared() -> None:
    strangers = fastq(make_reads(40, 2))
    assert pair(gzip.compress(GOOD), gzip.compress(strangers)) == ["D013"]
    assert pair(gzip.compress(GOOD), cut_gzip(strangers)) == ["F010"]
    assert pair(gzip.compress(GOOD), bgzf_block(strangers)) == ["D013", "F010"]
