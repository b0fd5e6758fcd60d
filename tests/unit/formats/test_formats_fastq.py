"""The grammar of FASTQ: what is taken, what is said about what is not, and where."""

import io

import pytest
from Bio.SeqIO.QualityIO import FastqGeneralIterator

from dsqc.findings import FindingLog
from dsqc.formats import fastq as module
from dsqc.formats.container import BlockReader
from dsqc.formats.fastq import FastqSource
from dsqc.formats.stored import StoredBytes
from dsqc.model import Container
from helpers.reads import Read, fastq, gzip_members, make_reads, parse_slowly, read_bytes

ONE = b"@r1\nACGT\n+\nIIII\n"
TWO = b"@r2\nGGTTA\n+\n!~JJJ\n"


def codes(text: bytes) -> list[str]:
    return [code for code in read_bytes(text, "r.fastq").all_codes if code != "F017"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ONE + TWO, []),
        (ONE[:-1], []),
        (ONE + b"\n", []),
        (ONE + b"\r\n\n\n", []),
        (ONE.replace(b"+", b"+r1"), []),
        (ONE.replace(b"r1", "이름 é".encode()), []),
        (ONE.replace(b"r1", b"\xff\xfe"), []),
        (ONE.replace(b"r1", b""), []),
        (b"@r\nACGTURYSWKMBDHVN.-AAAAAAAAAAAAAA\n+\n" + b"I" * 32 + b"\n", []),
        (b"@r\nacgu\n+\nIIII\n", ["D017"]),
        (ONE.replace(b"\n", b"\r\n"), ["D016"]),
        (ONE + TWO.replace(b"\n", b"\r\n"), ["D016"]),
        (b"@r\nAC\nGT\n+\nII\nII\n" + ONE, ["D031"]),
        (b"@r\nAC\nGT\n+\nII\n@I\n" + ONE, ["D031"]),
        (b"@r\nACGT\n+\nII\nII\n" + ONE, ["D031"]),
        (b"@r\nAC\r\nGT\r\n+\r\nII\r\nII\r\n", ["D016", "D031"]),
        (b"@r\n\n+\n\n" + ONE, ["D002"]),
        (ONE + b"@r\n\n+\n\n", ["D002"]),
        (b"@r\nACGT\n+\nIII\n" + ONE, ["D003"]),
        (b"@r\nACGT\n+\nIIIII\n" + ONE, ["D003"]),
        (b"@r\nACGT\n+\nIII\n", ["D003"]),
        (b"@r\nACGT\n+\nIII", ["D003"]),
        (b"@r\nACGT\n+\nIII\n\n", ["D003"]),
        (ONE.replace(b"C", b"E"), ["D004"]),
        (ONE.replace(b"C", b"\0"), ["D004"]),
        (ONE.replace(b"C", b" "), ["D004"]),
        (ONE.replace(b"C", b"\xc3"), ["D004"]),
        (ONE.replace(b"C", b"\r"), ["D004"]),
        (ONE.replace(b"ACGT", b"NNNA"), ["D005"]),
        (ONE.replace(b"ACGT", b"NNAC"), []),
        (ONE.replace(b"IIII", b"II I"), ["D006"]),
        (ONE.replace(b"IIII", b"II\x7fI"), ["D006"]),
        (ONE.replace(b"IIII", b"II\0I"), ["D006"]),
        (ONE.replace(b"r1", b"x" * 256 + b" comment"), []),
        (ONE.replace(b"r1", b"x" * 257), ["D011"]),
        (b">r1\nACGT\n", ["D001"]),
        (ONE + b">r1\nACGT\n", ["D001"]),
        (ONE + b"\n" + TWO, ["D001"]),
        (b"\n" + ONE, ["D001"]),
        (b"\xef\xbb\xbf" + ONE, ["D001"]),
        (ONE.replace(b"r1", b"r\0"), ["D001"]),
        (ONE.replace(b"+\n", b"-\n"), ["D001"]),
        (ONE.replace(b"+\n", b""), ["D001"]),
        (b"@r\n\nACGT\n+\nIIII\n", ["D001"]),
        (b"@r\nACGT\n+\nIIII\nIIII\n" + ONE, ["D001"]),
        (ONE.replace(b"\n", b"\r"), ["D001"]),
        (ONE + b"@r2\nACGT\n+", ["D001"]),
        (ONE + b"@r2\nACGT\n", ["D001"]),
        (ONE + b"@r2", ["D001"]),
        (b"\0" * 5000, ["D001"]),
        (b"{}\n", ["D001"]),
        ("시료,값\n".encode("cp949"), ["D001"]),
        (ONE.decode().encode("utf-16"), ["D001"]),
        (b"\n\n\n", ["D009"]),
    ],
)
def test_findings(text: bytes, expected: list[str]) -> None:
    assert codes(text) == expected
    assert codes(gzip_members([text])) == [*expected, "F009"]


@pytest.mark.parametrize(
    ("bad", "code", "place", "value"),
    [
        (TWO.replace(b"GG", b"E!"), "D004", (101, 402, 4), "E"),
        (TWO.replace(b"!", b"\t"), "D006", (101, 404, 12), "0x09"),
        (TWO.replace(b"+", b"="), "D001", (101, 403, 10), "="),
        (b"junk" + TWO, "D001", (101, 401, 0), "junk@r2"),
        (TWO.replace(b"JJJ", b"JJ"), "D003", (101, 404, 0), "5 bases, 4 qualities"),
        (b"@r2\n\n+\n\n", "D002", (101, 402, 0), "no bases"),
        (b">r2\nACGT\n", "D001", (101, 401, 0), ">r2 (FASTA)"),
        (b"\n" + TWO, "D001", (101, 401, 0), "a blank line"),
    ],
)
@pytest.mark.parametrize("buffer", [64, 1 << 20])
def test_places(bad: bytes, code: str, place: tuple[int, int, int], value: str, buffer: int) -> None:
    before = fastq(make_reads(100, 2))
    log = FindingLog()
    reader = BlockReader(StoredBytes(io.BytesIO(before + bad + ONE), "r"), Container.PLAIN, background=False)
    source = FastqSource(reader, log, buffer=buffer)
    for _batch in source.batches():
        continue
    (found,) = [item for item in log if item.code == f"DSQC-{code}"]
    record, line, offset = place
    assert (found.location.record, found.location.line, found.value) == (record, line, value)
    assert found.location.byte_offset == len(before) + offset
    assert not found.location.in_container


def test_reading_goes_on_behind_a_bad_read_but_not_behind_broken_grammar() -> None:
    assert len(read_bytes(ONE.replace(b"C", b"E") + TWO * 3).reads) == 4
    broken = read_bytes(ONE + b"junk\n" + TWO * 3)
    assert len(broken.reads) == 1
    assert broken.source.damaged
    assert broken.integrity.complete  # the container is whole, and proven to its end
    assert broken.integrity.bytes_uncompressed == len(ONE + TWO * 3) + 5


def test_many_faults_are_counted_and_the_first_are_kept() -> None:
    found = read_bytes(fastq(make_reads(10, 1)) + ONE.replace(b"C", b"E") * 70_000)
    bad = [item for item in found.log if item.code == "DSQC-D004"]
    assert sum(item.count for item in bad) == 70_000
    assert [item.location.record for item in bad] == list(range(11, 31))


def test_whole_file_findings_stand_once_with_their_number() -> None:
    found = read_bytes((ONE.replace(b"AC", b"ac") + TWO).replace(b"\n", b"\r\n") * 50)
    assert {item.code: (item.value, item.count) for item in found.log if item.code != "DSQC-F017"} == {
        "DSQC-D016": ("400 lines", 1),
        "DSQC-D017": ("100 bases", 1),
    }


@pytest.mark.parametrize("buffer", [16, 100, 4096])
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_any_buffer_gives_the_same_reads(buffer: int, rows: int) -> None:
    reads = make_reads(60, 9, longest=900)
    text = fastq(reads[:20]) + fastq(reads[20:40], width=60) + fastq(reads[40:], newline="\r\n")
    log = FindingLog()
    reader = BlockReader(StoredBytes(io.BytesIO(text), "r"), Container.PLAIN, background=False)
    source = FastqSource(reader, log, buffer=buffer, rows=rows)
    found = []
    for batch in source.batches():
        assert len(batch) <= rows
        found.extend(
            Read(
                batch.name(row),
                bytes(batch.data[start : start + length]).decode(),
                bytes(batch.data[quality : quality + length]).decode(),
            )
            for row, (start, quality, length) in enumerate(
                zip(batch.sequence_start, batch.quality_start, batch.length, strict=True)
            )
        )
    assert found == reads


def test_a_long_read_is_taken_whole() -> None:
    long = Read("long", "ACGT" * 600_000, "5" * 2_400_000)
    reads = [*make_reads(3), long, *make_reads(3, 8)]
    assert read_bytes(fastq(reads)).reads == reads


def test_a_file_without_line_ends_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_RECORD", 1 << 21)
    found = read_bytes(b"@" + b"A" * (1 << 23))
    assert found.codes == ["D001"]
    assert "no end of the record" in [item.value for item in found.log]


def test_biopython_reads_the_same() -> None:
    reads = make_reads(200, 4)
    expected = [Read(*entry) for entry in FastqGeneralIterator(io.StringIO(fastq(reads).decode()))]
    assert read_bytes(fastq(reads)).reads == expected == reads


def test_the_slow_parser_agrees_on_wrapped_records() -> None:
    reads = make_reads(50, 6, longest=200)
    text = fastq(reads, width=70)
    assert parse_slowly(text) == (reads, True)
    assert read_bytes(text).reads == reads
