"""Any FASTQ, however cut and wrapped up, gives the reads that a slow parser gives; damage is never taken for whole."""

import hashlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsqc.findings import FindingLog
from dsqc.formats.container import BlockReader
from dsqc.formats.fastq import FastqSource
from dsqc.formats.stored import StoredBytes
from dsqc.model import Container
from helpers.damage import cut, double, drop, flip
from helpers.reads import (
    EXTENSIONS,
    WRAPPERS,
    Read,
    bgzf,
    fastq,
    gzip_members,
    make_reads,
    parse_slowly,
    read_bytes,
    split_at,
)

BASES = st.text(alphabet="ACGTNacgtRY.-", max_size=40)
NAMES = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=20)


@st.composite
def one_read(draw: st.DrawFn) -> Read:
    bases = draw(BASES)
    size = len(bases)
    return Read(
        draw(NAMES),
        bases,
        draw(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=size, max_size=size)),
    )


READS = st.lists(one_read(), min_size=1, max_size=8)
CUTS = st.lists(st.integers(0, 1 << 16), max_size=6)


@settings(deadline=None)  # the first example compiles the kernel
@given(READS, CUTS, st.sampled_from(sorted(WRAPPERS)), st.sampled_from(["\n", "\r\n"]), st.sampled_from([1, 2]))
def test_wrapping_never_changes_the_reads(
    reads: list[Read], cuts: list[int], kind: str, newline: str, threads: int
) -> None:
    text = fastq(reads, newline=newline)
    data = WRAPPERS[kind](split_at(text, cuts))
    found = read_bytes(data, "r.fastq" + EXTENSIONS[kind], threads=threads)
    assert found.reads == reads == parse_slowly(text)[0]
    assert found.integrity.complete
    assert found.integrity.bytes_uncompressed == len(text)
    assert found.integrity.md5 == hashlib.md5(data).hexdigest()
    assert set(found.codes) <= {"D002", "D005", "D011"}


LINES = st.sampled_from(
    ["@r", "@", "ACGT", "AC", "NN", "+", "+r", "IIII", "II", "@III", "", "\r", ">f", "AC\r", "+\r", "@r\r", "E!"]
)


@settings(max_examples=400, deadline=None)
@example(["@r", "@r", "+", "\r"], False, 16)
@given(st.lists(LINES, max_size=14), st.booleans(), st.sampled_from([16, 31, 1 << 16]))
def test_any_lines_are_read_as_the_grammar_says(lines: list[str], ended: bool, buffer: int) -> None:
    text = "\n".join(lines).encode() + (b"\n" if ended else b"")
    log = FindingLog()
    reader = BlockReader(StoredBytes(_Chunks(text), "r"), Container.PLAIN, background=False)
    source = FastqSource(reader, log, buffer=buffer, rows=3)
    reads = [
        Read(
            batch.name(row),
            bytes(batch.data[batch.sequence_start[row] : batch.sequence_start[row] + batch.length[row]]).decode(),
            bytes(batch.data[batch.quality_start[row] : batch.quality_start[row] + batch.length[row]]).decode(),
        )
        for batch in source.batches()
        for row in range(len(batch))
    ]
    expected, whole = parse_slowly(text)
    assert reads == expected
    assert (not source.damaged) == whole
    assert whole == ("DSQC-D001" not in {item.code for item in log})


class _Chunks:
    """A file that gives three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        found, self._data = self._data[: min(size, 3)], self._data[min(size, 3) :]
        return found

    def close(self) -> None:
        self._data = b""


ORIGINAL = make_reads(40, 11)
TEXT = fastq(ORIGINAL)
CONTAINERS = {kind: wrap(split_at(TEXT, [900, 2500])) for kind, wrap in WRAPPERS.items()}
DAMAGES = st.one_of(
    st.tuples(st.just(flip), st.integers(0, 1 << 20), st.integers(1, 255)),
    st.tuples(st.just(cut), st.integers(0, 1 << 20)),
    st.tuples(st.just(drop), st.integers(0, 1 << 20), st.integers(1, 50)),
    st.tuples(st.just(double), st.integers(0, 1 << 20), st.integers(1, 50)),
)


@pytest.mark.parametrize("kind", ["gzip", "bgzf", "bzip2", "zstd"])
@settings(max_examples=150, deadline=None)
@given(damage=DAMAGES, threads=st.sampled_from([1, 2]))
def test_damage_is_never_taken_for_whole(kind: str, damage: tuple, threads: int) -> None:
    function, *arguments = damage
    data = function(CONTAINERS[kind], *arguments)
    found = read_bytes(data, "r.fastq" + EXTENSIONS[kind], threads=threads)
    assert found.integrity.md5 == hashlib.md5(data).hexdigest()
    if found.reads != ORIGINAL:
        assert found.codes, "changed reads need an error"
    if found.source.damaged:
        assert found.codes


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["x.fastq", "x.fastq.gz", "x.bam", "x.sam", "x.cram", "x.fq.zst"]))
def test_noise_is_an_error_and_never_a_crash(noise: bytes, name: str) -> None:
    found = read_bytes(noise, name)
    if not noise.startswith(b"@"):
        assert found.codes
    assert found.integrity.size_bytes == len(noise)


@settings(deadline=None)
@given(CUTS)
def test_mixed_containers(cuts: list[int]) -> None:
    parts = split_at(TEXT, cuts)
    data = b"".join((gzip_members if number % 2 else bgzf)([part]) for number, part in enumerate(parts))
    found = read_bytes(data, "r.fastq.gz")
    assert found.reads == ORIGINAL
    assert found.codes == []
