"""What records and headers say against what they may say: the same findings from SAM and from BAM."""

import struct

import pytest

from dsqc.formats.builder import encode
from dsqc.formats.header import parse_header
from dsqc.formats.texts import english
from helpers.alignments import read_all
from helpers.reads import bgzf

HD = "@HD\tVN:1.6\tSO:unsorted"
SQ = "@SQ\tSN:c1\tLN:1000\n@SQ\tSN:c2\tLN:500\tTP:circular"
RG = "@RG\tID:g1\tSM:s\n@RG\tID:g2\tSM:s"
HEADER = f"{HD}\n{SQ}\n{RG}\n"


def line(
    name: str = "r",
    flag: int = 0,
    place: str = "c1:10",
    cigar: str = "4M",
    *,
    mate: str = "*:0",
    bases: str = "ACGT",
    tags: str = "",
) -> str:
    """A SAM line."""
    (reference, position), (mate_reference, mate_position) = place.split(":"), mate.split(":")
    qualities = "*" if bases == "*" else "I" * len(bases)
    fields = [name, flag, reference, position, 60, cigar, mate_reference, mate_position, 0, bases, qualities]
    return "\t".join([*map(str, fields), *tags.split()])


def as_bam(header: str, lines: list[str]) -> bytes:
    """The same as BAM."""
    listed = parse_header(header).references
    names = {name.encode(): row for row, (name, _length) in enumerate(listed)}
    head = b"BAM\1" + struct.pack("<i", len(header)) + header.encode() + struct.pack("<i", len(listed))
    for name, length in listed:
        head += struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
    return bgzf([head, *(encode(one.encode().split(b"\t"), names) for one in lines)])


def found(header: str, *lines: str) -> list[tuple[str, str, str, int | None]]:
    """Severity, code, value and record of the findings, the same from both formats."""
    text = header + "".join(f"{one}\n" for one in lines)
    seen = []
    for data in (text.encode(), as_bam(header, list(lines))):
        _records, findings = read_all(data)
        seen.append([(str(item.severity), item.code[5:], item.value, item.location.record) for item in findings])
    assert seen[0] == seen[1]
    return seen[0]


PAIR = [
    line("p", 99, "c1:10", mate="=:100"),
    line("p", 147, "c1:100", mate="=:10"),
]


@pytest.mark.parametrize(
    "record",
    [
        line(),
        line(tags="NM:i:0 MD:Z:4 RG:Z:g1"),
        line(tags="RG:Z:g2 NM:C:0".replace("NM:C", "NM:i")),
        line(flag=4),  # mapping quality, position and CIGAR of an unmapped record mean nothing
        line(flag=4, place="*:0", cigar="*"),
        line(place="c1:997"),
        line(place="c2:499"),  # a circular reference goes on at its beginning
        line(cigar="1H1S1M1I1M1H", bases="ACGT"),
        line(cigar="2S2S"),
        line(cigar="*"),
        line(tags="MM:i:1"),  # of other tools
        line(tags="MM:Z:C+m,0; ML:B:C,255"),
        line(tags="MM:Z:C+mh,0; ML:B:C,255,1"),
        line(tags="MM:Z:C+m?,0;A+a.,0; ML:B:C,255,1"),
        line(tags="MM:Z:C+76792,0; ML:B:C,255"),
        line(tags="MM:Z:N+n,3; ML:B:C,9"),
        line(tags="MM:Z:C+m; ML:B:C"),
        line(tags="MM:Z:C+m,0;"),
        line(flag=16, bases="AGGT", tags="MM:Z:C+m,1; ML:B:C,7"),
        line(flag=256, bases="AAAA", tags="MM:Z:C+m,1; ML:B:C,7"),
        line(cigar="2H4M", bases="AAAA", tags="MM:Z:C+m,1; ML:B:C,7"),
        line(bases="AAAA", tags="MM:Z:C+m,1; ML:B:C,7 MN:i:9"),
    ],
)
def test_records_that_hold(record: str) -> None:
    assert found(HEADER, record) == []


@pytest.mark.parametrize(
    ("record", "severity", "value"),
    [
        (line(place="c1:998"), "error", "an alignment that reaches beyond its reference"),
        (line(place="c1:10", cigar="2M990N2M"), "error", "an alignment that reaches beyond its reference"),
        (line(place="c1:1001"), "error", "a position outside its reference"),
        (line(cigar="1M2S1M"), "error", "clipping inside an alignment"),
        (line(cigar="1M2H3M"), "error", "clipping inside an alignment"),
        (line(cigar="4M2H1S", bases="ACGTA"), "error", "clipping inside an alignment"),
        (line(tags="XA:i:1 XB:i:2 XA:Z:x"), "error", "a tag that stands twice"),
        (line(tags="NM:Z:0"), "error", "NM, MD or RG of a wrong type"),
        (line(tags="MD:i:4"), "error", "NM, MD or RG of a wrong type"),
        (line(tags="RG:A:x"), "error", "NM, MD or RG of a wrong type"),
        (line(tags="RG:Z:g3"), "error", "a tag RG that names no @RG line"),
        (line(tags="RG:Z:g"), "error", "a tag RG that names no @RG line"),
        (line(tags="MM:Z:C+m,0; ML:B:C,1,2"), "error", "base modifications"),
        (line(tags="MM:Z:C+mh,0; ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:C+m,1; ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:N+n,4; ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:C+m,0 ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:C*m,0; ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:X+m,0; ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:C+,0; ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:C+m,; ML:B:C,1"), "error", "base modifications"),
        (line(tags="MM:Z:C+m,0; ML:B:s,1"), "error", "base modifications"),
        (line(flag=16, tags="MM:Z:C+m,1; ML:B:C,7"), "error", "base modifications"),
        (line(flag=0x20), "warning", "flags that contradict each other"),
        (line(flag=0x40), "warning", "flags that contradict each other"),
        (line(flag=0x100 | 0x4), "warning", "flags that contradict each other"),
        (line(flag=0x800 | 0x4), "warning", "flags that contradict each other"),
        (line(flag=0x1000), "warning", "flags that contradict each other"),
        (line(flag=0x1), "warning", "flags that contradict each other"),
        (line(place="*:0"), "warning", "a mapped record without reference or position"),
        (line(place="c1:0"), "warning", "a mapped record without reference or position"),
    ],
)
def test_records_that_do_not_hold(record: str, severity: str, value: str) -> None:
    good = line("good", tags="XA:i:1 XB:i:2 XC:Z:x RG:Z:g1")
    ((told, code, seen, number),) = found(HEADER, good, record, good)
    assert (told, code, number) == (severity, "D028", 2)
    assert seen.startswith(value)


def test_a_doubled_tag_counts_in_every_record() -> None:
    twice = line(tags="XA:i:1 XA:i:2")
    assert [number for *_, number in found(HEADER, twice, twice, line(), twice)] == [1, 2, 4]


def test_a_read_group_without_any_line_is_a_warning() -> None:
    ((severity, code, value, _record),) = found(f"{HD}\n{SQ}\n", line(tags="RG:Z:g1"))
    assert (severity, code, value) == ("warning", "D028", "a tag RG that names no @RG line")


NAMES = "@HD\tVN:1.6\tSO:queryname{}\n" + SQ + "\n" + RG + "\n"


@pytest.mark.parametrize(
    ("names", "natural", "letters"),
    [
        (["a1", "a2", "a10"], True, False),
        (["a1", "a10", "a2"], False, True),
        (["a1", "a1", "b"], True, True),
        (["b", "a"], False, False),
        (["a01x", "a1y"], True, True),
        (["a1", "a"], False, False),
        (["x:9:1", "x:10:1"], True, False),
    ],
)
def test_the_order_of_names(names: list[str], natural: bool, letters: bool) -> None:
    lines = [line(name) for name in names]
    codes = {
        order: [(severity, code) for severity, code, *_ in found(NAMES.format(order), *lines)]
        for order in ("", "\tSS:queryname:natural", "\tSS:queryname:lexicographical")
    }
    assert codes["\tSS:queryname:natural"] == ([] if natural else [("error", "D019")])
    assert codes["\tSS:queryname:lexicographical"] == ([] if letters else [("error", "D019")])
    assert codes[""] == ([] if natural or letters else [("error", "D019")])


def test_names_are_compared_from_batch_to_batch() -> None:
    lines = [line(name) for name in ("a", "c", "b", "d", "b2")]
    data = as_bam(NAMES.format("\tSS:queryname:natural"), lines)
    for rows in (1, 2, 100):
        _records, (fault,) = read_all(data, rows=rows)
        assert (fault.value, fault.location.record) == ("a name before that of its predecessor (2 such)", 3)


MATES = "mates that say otherwise of each other than they are"


@pytest.mark.parametrize(
    ("order", "records", "expected"),
    [
        ("unsorted", PAIR, []),
        ("unsorted", [PAIR[0], line("p", 147, "c1:101", mate="=:10")], [("warning", MATES)]),
        ("unsorted", [PAIR[0], line("p", 147, "c1:100", mate="c2:10")], [("warning", MATES)]),
        ("unsorted", [PAIR[0], line("p", 131, "c1:100", mate="=:10")], [("warning", MATES)]),
        ("unsorted", [line("p", 73, mate="=:10"), line("p", 133, mate="=:10")], []),
        ("coordinate", PAIR[:1], []),  # an extract of a region
        ("coordinate", [PAIR[0], line("q", 77, "*:0", "*")], [("warning", "2 first and 0 second mates")]),
        ("queryname", PAIR[:1], [("error", "1 paired records")]),
    ],
)
def test_mates(order: str, records: list[str], expected: list[tuple[str, str]]) -> None:
    told = found(HEADER.replace("unsorted", order), *records)
    assert [(severity, value) for severity, _code, value, _record in told] == expected
    assert {code for _severity, code, *_ in told} <= {"D030"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@SQ\tSN:a\tLN:9\tM5:abc", "M5:abc"),
        ("@HD\tVN:1.6\tSO:sorted", "SO:sorted"),
        ("@RG\tID:a\tSM:s\tSM:t", "SM:t"),
        ("@PG\tID:a\tPP:b", "PP:b"),
        ("@PG\tID:a\tPP:a", "a circle of @PG lines through a"),
        ("@PG\tID:a\tPP:b\n@PG\tID:b\tPP:a", "a circle of @PG lines through a"),
    ],
)
def test_headers_that_do_not_hold(text: str, value: str) -> None:
    header = parse_header(text)
    assert [english(seen) for _line, seen, _expected in header.faults] == [value]
    assert header.remarks == []


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("@HD\tVN:3.0.1", "D019", "VN:3.0.1"),
        ("@HD\tVN:1.6\tGO:reads", "D019", "GO:reads"),
        ("@HD\tVN:1.6\tSO:queryname\tSS:natural", "D019", "SS:natural"),
        ("@HD\tVN:1.6\tSO:unsorted\tSS:queryname:natural", "D019", "SO:unsorted SS:queryname:natural"),
        ("@SQ\tSN:a,b\tLN:9", "D019", "SN:a,b"),
        ("@RG\tID:a\tSM:s\tPL:SOLEXA", "D019", "PL:SOLEXA"),
        ("@RG\tID:a\tPL:illumina", "D020", "@RG a without SM"),
    ],
)
def test_headers_that_readers_get_over(text: str, code: str, value: str) -> None:
    header = parse_header(text)
    assert header.faults == []
    assert (header.remarks[0][0], english(header.remarks[0][2])) == (f"DSQC-{code}", value)


def test_headers_that_hold() -> None:
    text = "@HD\tVN:1.6\tSO:unsorted\tGO:query\tSS:unsorted:template-coordinate\n@SQ\tSN:HLA*01:02\tLN:9\tTP:linear\n"
    text += "@RG\tID:a\tSM:s\tPL:ONT\n@PG\tID:a\n@PG\tID:b\tPP:a\n@PG\tID:c\tPP:b\n"
    header = parse_header(text)
    assert (header.faults, header.remarks) == ([], [])
