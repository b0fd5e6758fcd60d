"""SAM text and headers: every mandatory field is checked, and the place is said."""

import pytest

from dsqc.formats.header import parse_header
from dsqc.formats.texts import english
from helpers.reads import Read, bgzf, read_bytes

HEADER = "@HD\tVN:1.6\tSO:unsorted\n@SQ\tSN:c1\tLN:1000\n@RG\tID:a\tSM:s\n@CO\tfree\ttext\n"
GOOD = "r1\t0\tc1\t10\t60\t4M\t*\t0\t0\tACGT\tIIII\tNM:i:0\tRG:Z:a"


def changed(field: int, value: str) -> str:
    fields = GOOD.split("\t")
    fields[field] = value
    return "\t".join(fields)


@pytest.mark.parametrize(
    "data",
    [(HEADER + GOOD + "\n").encode(), (HEADER + GOOD).encode(), (HEADER + GOOD + "\n").replace("\n", "\r\n").encode()],
)
def test_a_record(data: bytes) -> None:
    found = read_bytes(data, "r.sam")
    assert found.reads == [Read("r1", "ACGT", "IIII")]
    assert found.flags == [0]
    assert found.all_codes == []
    assert found.source.header["RG"] == [{"ID": "a", "SM": "s"}]
    assert found.source.header["CO"] == ["free\ttext"]


def test_compressed_sam_and_sam_without_header() -> None:
    assert len(read_bytes(bgzf([(HEADER + GOOD + "\n").encode()]), "r.sam.gz").reads) == 1
    assert read_bytes(f"{GOOD}\n".encode(), "r.sam").codes == []


def test_many_records_in_order() -> None:
    lines = [f"r{number}\t4\t*\t0\t0\t*\t*\t0\t0\tACGT\tIIII" for number in range(20_000)]
    found = read_bytes((HEADER + "\n".join(lines) + "\n").encode(), "r.sam", threads=2)
    assert [read.name for read in found.reads] == [f"r{number}" for number in range(20_000)]
    assert found.codes == []


@pytest.mark.parametrize(
    "record", [changed(9, "*").replace("IIII", "*"), changed(10, "*"), changed(5, "2M1D2M"), changed(5, "1S2M5N1=")]
)
def test_records_that_hold(record: str) -> None:
    assert [code for code in read_bytes(f"{HEADER}{record}\n".encode(), "r.sam").codes if code != "D021"] == []


@pytest.mark.parametrize(
    ("record", "value"),
    [
        (changed(1, "x"), "FLAG x"),
        (changed(1, "65536"), "FLAG 65536"),
        (changed(2, "c9"), "reference c9"),
        (changed(3, "*"), "POS *"),
        (changed(3, "-1"), "POS -1"),
        (changed(4, "256"), "MAPQ 256"),
        (changed(5, "4Q"), "CIGAR 4Q"),
        (changed(5, "5M"), "4 bases, CIGAR for 5"),
        (changed(6, "c9"), "reference c9"),
        (changed(8, "1.5"), "TLEN 1.5"),
        (changed(9, "AC-T"), "SEQ AC-T"),
        (changed(9, "ACG"), "3 bases, 4 qualities"),
        (changed(10, "III"), "4 bases, 3 qualities"),
        (changed(11, "NM:q:0"), "tag NM:q:0"),
        ("r1\t0\tc1", "3 fields"),
        ("", "1 fields"),
    ],
)
def test_malformed_records(record: str, value: str) -> None:
    before = HEADER + GOOD + "\n" + GOOD + "\n"
    found = read_bytes(f"{before}{record}\n{GOOD}\n".encode(), "r.sam")
    (fault,) = found.log
    assert (fault.code, fault.value) == ("DSQC-D028", value)
    assert (fault.location.record, fault.location.line) == (3, 7)
    assert fault.location.byte_offset == len(before)
    assert len(found.reads) == 2
    assert found.source.damaged


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@SQ\tSN:a\tLN:9\n@SQ\tSN:a\tLN:9", "@SQ a"),
        ("@RG\tID:a\n@RG\tID:a", "@RG a"),
        ("@SQ\tSN:a", "@SQ without LN"),
        ("@SQ\tSN:a\tLN:0", "LN:0"),
        ("@SQ\tSN:a\tLN:2147483648", "LN:2147483648"),
        ("@SQ\tSN:a\tLN:x", "LN:x"),
        ("@HD\tSO:coordinate", "@HD without VN"),
        ("@SQ\tSN:a\tLN:9\n@HD\tVN:1.6", "@HD"),
        ("@RG\tID:a\tsample", "sample"),
        ("SQ\tSN:a", "SQ\tSN:a"),
    ],
)
def test_header_faults(text: str, value: str) -> None:
    header = parse_header(text)
    assert [english(seen) for _line, seen, _expected in header.faults] == [value]
    assert header.faults[0][0] == len(text.splitlines())


def test_a_header_alone_has_no_records() -> None:
    assert read_bytes(HEADER.encode(), "r.sam").codes == ["D009"]


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\x0b", "\x0c", "\x1c", "\r"])
def test_a_comment_goes_on_to_the_line_feed(separator: str) -> None:
    text = f"@HD\tVN:1.6\r\n@CO\tone{separator}two\r\n@RG\tID:a\r\n"
    header = parse_header(text)
    assert header.faults == []
    assert header.lines == {"HD": {"VN": "1.6"}, "CO": [f"one{separator}two"], "RG": [{"ID": "a"}]}
    found = read_bytes((text + GOOD.replace("c1", "*") + "\n").encode(), "r.sam")
    assert found.source.header["CO"] == [f"one{separator}two"]


def test_a_faulty_header_alone_has_the_fault_of_the_header_only() -> None:
    assert read_bytes(b"@HD\tVN:1.6\n@SQ\tSN:c1\tLN:0\n", "r.sam").codes == ["D019"]
