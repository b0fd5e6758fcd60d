"""Damages of alignments: BAM, CRAM and SAM."""

import struct
from collections.abc import Callable
from typing import Any

from helpers.damage import flip, put
from helpers.reads import BGZF_END, bgzf, bgzf_block
from zoo import aligned as a
from zoo.case import Case

BLOCKS = [bgzf_block(part) for part in a.PARTS]
START = [sum(map(len, BLOCKS[:number])) for number in range(len(BLOCKS) + 1)]
CUT_BLOCKS = [
    bgzf_block(part)
    for part in (
        a.BAM_HEADER,
        *(b"".join(a.BAM_RECORDS)[n : n + 1500] for n in range(0, sum(map(len, a.BAM_RECORDS)), 1500)),
    )
]
"""Blocks that end inside records."""
SIZES = {name: len(bases) for name, bases in a.CHROMOSOMES.items()}


def bam(name: str, data: bytes | Callable[[bytes], bytes], errors: str, why: str, **more: Any) -> Case:
    """A damage of the BAM, given as a function or as what it makes."""
    damage = data if callable(data) else lambda _valid: data
    return Case(f"bam-{name}", "leaf.bam", damage, errors, why, **({"of": a.BAM} | more))


def stored(offset: int | Callable[[bytes], int]) -> Callable[[bytes], dict[str, int]]:
    """A place in the stored bytes."""
    return lambda valid: {"byte_offset": offset(valid) if callable(offset) else offset}


def record(name: str, number: int, change: Callable[[bytes], bytes], errors: str, why: str, **more: Any) -> Case:
    """A damage of one record, whose place has to be said."""
    place = {"record": number, "byte_offset": a.record_at(number)}
    return bam(name, a.bam_with(number, change), errors, why, **({"place": place} | more))


def header(*lines: str, listed: dict[str, int] | None = None) -> bytes:
    """The BAM with another header."""
    return a.bam_of(a.BAM_RECORDS, a.bam_header(list(lines), listed))


def _without_bases(number: int) -> str:
    fields = a.RECORDS[number - 1].split("\t")
    fields[9] = fields[10] = "*"
    return "\t".join(fields)


BAM_CONTAINER = [
    bam("whole", lambda d: d, "", "Valid: sorted, with its mates, checksums of references and read group."),
    bam(
        "end-block-missing",
        lambda d: d[:-28],
        "D018",
        "The copy stopped before the end block, or at a block's edge.",
        place=stored(lambda d: len(d) - 28),
    ),
    bam(
        "cut-at-block-edge",
        lambda d: d[: START[3]],
        "D018",
        "A part of the records is lost; what is left reads well.",
        place=stored(START[3]),
    ),
    bam("cut-in-block", lambda d: d[: START[2] + 50], "D018", "Cut inside a block.", place=stored(START[2] + 50)),
    bam("block-crc", lambda d: flip(d, START[3] - 8), "D018", "A block's CRC.", place=stored(START[2])),
    bam(
        "flip-in-block",
        lambda d: flip(d, START[2] + 90),
        "D018",
        "samtools quickcheck passes it.",
        place=stored(START[2]),
    ),
    bam("flip-in-header-block", lambda d: flip(d, 60), "D018", "The header's block.", place=stored(0)),
    bam("garbage-behind", lambda d: d + b"tail", "D018", "Bytes behind the end block.", place=stored(len)),
    bam(
        "block-lost-in-record",
        lambda d: b"".join([*CUT_BLOCKS[:2], *CUT_BLOCKS[3:], BGZF_END]),
        "D028",
        "A lost block whose edges lie inside records.",
    ),
    bam(
        "block-lost-at-record-edge",
        lambda d: b"".join([*BLOCKS[:2], *BLOCKS[3:], BGZF_END]),
        "",
        "Twelve records lost, and what is left reads well: only the mates that are missing, or a count, can tell.",
        silent=True,
    ),
    bam(
        "inner-end-block",
        lambda d: b"".join([*BLOCKS[:2], BGZF_END, *BLOCKS[2:], BGZF_END]),
        "",
        "Valid: samtools cat leaves end blocks inside.",
    ),
    bam("not-compressed", lambda d: b"".join(a.PARTS), "F009", "Uncompressed BAM without BGZF."),
    bam("empty", lambda d: b"", "F008", "Zero bytes."),
    bam(
        "html",
        lambda d: b"<html><body>Sign in</body></html>\n",
        "F009 D019",
        "The login page in the place of the file.",
    ),
]

BAM_HEADER = [
    bam("magic", a.bam_of(a.BAM_RECORDS, b"BAM\2" + a.BAM_HEADER[4:]), "D019", "Another version of BAM."),
    bam("header-cut", bgzf([a.BAM_HEADER[:50]]), "D019", "The header ends before its text."),
    bam(
        "header-text-size-huge",
        a.bam_of(a.BAM_RECORDS, put(a.BAM_HEADER, 4, struct.pack("<i", 1 << 30))),
        "D019",
        "A size of 1 GiB must not be believed.",
    ),
    bam(
        "header-text-size-negative",
        a.bam_of(a.BAM_RECORDS, put(a.BAM_HEADER, 4, struct.pack("<i", -1))),
        "D019",
        "A negative size.",
    ),
    bam(
        "references-differ",
        header(*a.HEADER, listed={"chr1": 3000, "chrX": 1200}),
        "D019",
        "@SQ lines and the list of references are two copies of one truth.",
    ),
    bam(
        "reference-twice",
        header(a.HEADER[0], a.HEADER[1], a.HEADER[1], *a.HEADER[3:], listed={"chr1": 3000, "chr2": 1200}),
        "D019",
        "One name for two sequences.",
    ),
    bam("no-records", bgzf([a.BAM_HEADER]), "D009", "A header and nothing behind it."),
    bam(
        "order-broken",
        a.bam_of([*a.BAM_RECORDS[:9], a.BAM_RECORDS[10], a.BAM_RECORDS[9], *a.BAM_RECORDS[11:]]),
        "D019",
        "SO:coordinate is stated and does not hold: indexes and callers go wrong.",
        place={"record": 11},
    ),
    bam(
        "unsorted-says-sorted",
        a.bam_of(a.BAM_RECORDS[::-1]),
        "D019",
        "Back to front under SO:coordinate.",
        place={"record": 2},
    ),
]

BAM_RECORDS = [
    record("size-zero", 9, a.field(0, "i", 0), "D028", "A record of no bytes: a naive reader never moves on."),
    record("size-negative", 9, a.field(0, "i", -7), "D028", "A negative size."),
    record("size-small", 9, a.field(0, "i", 33), "D028", "Smaller than its fields say."),
    record("size-huge", 9, a.field(0, "i", 1 << 30), "D028", "1 GiB for a record must not be believed."),
    record("size-behind-end", 48, a.field(0, "i", 5000), "D028", "The last record reaches behind the data."),
    record("cut", 48, lambda r: r[:-5], "D028", "The data ends inside the last record, with an end block behind it."),
    record("bases-more", 9, a.field(a.BASES, "i", 500), "D028", "More bases than the record holds."),
    record("bases-negative", 9, a.field(a.BASES, "i", -50), "D028", "A negative number of bases."),
    record("cigars-more", 9, a.field(a.CIGARS, "H", 60000), "D028", "More operations than the record holds."),
    record("name-size-zero", 9, a.field(a.NAME_SIZE, "B", 0), "D028", "A name of no bytes."),
    record(
        "name-without-nul", 9, lambda r: put(r, a.NAME + r[a.NAME_SIZE] - 1, b"x"), "D028", "Programs in C read on."
    ),
    record("name-with-nul", 9, lambda r: put(r, a.NAME + 3, b"\0"), "D028", "A name that ends twice."),
    record("reference-unknown", 9, a.field(a.REFERENCE, "i", 2), "D028", "The third of two sequences."),
    record("mate-reference-unknown", 9, a.field(a.MATE_REFERENCE, "i", 9), "D028", "The mate on no sequence."),
    record(
        "position-behind",
        9,
        a.field(a.POSITION, "i", 3000),
        "D028",
        "Behind the end of its sequence.",
        also="D019",
        place={"record": 9},
    ),
    record(
        "position-negative",
        9,
        a.field(a.POSITION, "i", -2),
        "D028",
        "Before the first base.",
        also="D019",
        place={"record": 9},
    ),
    record("mate-position-behind", 9, a.field(a.MATE_POSITION, "i", 100_000), "D028", "The mate behind the end."),
    record(
        "cigar-longer",
        9,
        lambda r: put(r, a.NAME + r[a.NAME_SIZE], struct.pack("<I", 51 << 4)),
        "D028",
        "CIGAR and sequence of different length.",
    ),
    record(
        "cigar-operation",
        9,
        lambda r: put(r, a.NAME + r[a.NAME_SIZE], struct.pack("<I", 50 << 4 | 9)),
        "D028",
        "An operation that does not exist.",
    ),
    record(
        "tag-type", 9, lambda r: r[:-7] + b"?" + r[-6:], "D028", "A tag of no known type: no reader finds the next."
    ),
    record("tag-without-end", 9, lambda r: r[:-1] + b"x", "D028", "A text without its NUL."),
    record(
        "tag-array-size",
        9,
        a.resized(lambda r: r + b"XBBi" + struct.pack("<i", 1000)),
        "D028",
        "An array that states more than it has.",
    ),
    record("tag-cut", 9, a.resized(lambda r: r + b"XX"), "D028", "Half a tag."),
    record(
        "no-bases",
        9,
        lambda r: a.encoded(_without_bases(9)),
        "D021",
        "A primary record without its bases cannot be archived.",
    ),
]


def _unaligned(name: str, lines: list[str], errors: str, why: str) -> Case:
    data = bgzf([a.bam_header(a.UNALIGNED_HEADER, {}), b"".join(map(a.encoded, lines))])
    return bam(name, data, errors, why, of=a.UNALIGNED_BAM)


BAM_UNALIGNED = [
    _unaligned("unaligned-whole", a.UNALIGNED, "", "Valid: mates of an unaligned BAM stand together."),
    _unaligned("unaligned-mate-missing", [*a.UNALIGNED[:7], *a.UNALIGNED[8:]], "D030", "One mate is lost."),
    _unaligned(
        "unaligned-mate-twice", [*a.UNALIGNED[:8], a.UNALIGNED[6], *a.UNALIGNED[8:]], "D030", "One mate stands twice."
    ),
    _unaligned(
        "unaligned-both-first",
        [line.replace("\t141\t", "\t77\t") for line in a.UNALIGNED],
        "D030",
        "All reads say that they are the first mate.",
    ),
]


def sam(name: str, data: bytes, errors: str, why: str, **more: Any) -> Case:
    """A damage of the SAM, given as what it makes."""
    return Case(f"sam-{name}", "leaf.sam", lambda _valid: data, errors, why, **({"of": a.SAM} | more))


def sam_field(name: str, column: int, value: str, why: str, errors: str = "D028") -> Case:
    """A wrong field of record 9."""
    offset = len("\n".join([*a.HEADER, *a.RECORDS[:8], ""]))
    place = {"record": 9, "line": len(a.HEADER) + 9, "byte_offset": offset} if errors == "D028" else {"record": 9}
    return sam(name, a.sam_with(9, column, value), errors, why, place=place)


SAM_CASES = [
    sam("whole", a.SAM, "", "Valid."),
    sam("cut", a.SAM[:-150], "D028", "The last line is cut.", place={"record": 48}),
    sam(
        "fields-missing",
        a.SAM.replace(a.RECORDS[8].encode(), b"\t".join(a.RECORDS[8].encode().split(b"\t")[:9])),
        "D028",
        "Nine fields.",
        place={"record": 9, "line": len(a.HEADER) + 9},
    ),
    sam_field("flag-text", 2, "paired", "Flags are numbers."),
    sam_field("flag-too-large", 2, "70000", "Flags have 16 bits."),
    sam_field("reference-unknown", 3, "chr9", "A sequence that the header does not list."),
    sam_field("position-text", 4, "12a", "Positions are numbers."),
    sam_field("mapq-too-large", 5, "256", "Mapping quality has 8 bits."),
    sam_field("cigar-text", 6, "50Q", "An operation that does not exist."),
    sam_field("cigar-length", 6, "49M", "CIGAR and sequence of different length."),
    sam_field("sequence-letters", 10, "AC GT", "A blank among the bases."),
    sam_field("quality-length", 11, "FFF", "Qualities of another number than bases."),
    sam_field("quality-letters", 11, "F" * 49 + "\x1f", "A control character among the qualities."),
    sam_field("tag-shape", 12, "NM:0", "A tag without its type."),
    sam(
        "length-text",
        a.sam_header(a.HEADER[0], "@SQ\tSN:chr1\tLN:long", *a.HEADER[2:]),
        "D019",
        "LN is a number.",
        also="D028",
        place={"line": 2},
    ),
    sam(
        "length-missing",
        a.sam_header(a.HEADER[0], "@SQ\tSN:chr1", *a.HEADER[2:]),
        "D019",
        "@SQ without LN.",
        also="D028",
        place={"line": 2},
    ),
    sam(
        "reference-twice",
        a.sam_header(*a.HEADER[:3], a.HEADER[1], *a.HEADER[3:]),
        "D019",
        "One name twice.",
        place={"line": 4},
    ),
    sam(
        "read-group-twice",
        a.sam_header(*a.HEADER, a.HEADER[3]),
        "D019",
        "Two read groups of one ID.",
        place={"line": 6},
    ),
    sam(
        "header-line-late",
        a.sam_header(*a.HEADER[1:], a.HEADER[0]),
        "D019",
        "@HD is the first line or none.",
        place={"line": 5},
    ),
    sam(
        "header-tag-shape",
        a.sam_header(*a.HEADER[:3], "@RG\tID:lane1\tleaf", *a.HEADER[4:]),
        "D019",
        "A field without TAG:.",
        place={"line": 4},
    ),
    sam("no-records", "\n".join([*a.HEADER, ""]).encode(), "D009", "A header only."),
]


def cram(
    name: str, damage: Callable[[bytes], bytes], errors: str, why: str, *, version: str = "3.0", **more: Any
) -> Case:
    """A damage of the CRAM; its reference is at hand."""
    return Case(
        f"cram-{name}", "leaf.cram", damage, errors, why, **({"of": a.cram(version), "reference": a.FASTA} | more)
    )


def container(number: int) -> Callable[[bytes], dict[str, int]]:
    """Where container ``number`` (0: the header's) begins."""
    return lambda valid: {"byte_offset": a.cram_containers(valid)[number][0]}


def _in(number: int, inside: int) -> Callable[[bytes], int]:
    """A place inside container ``number``; from its end where negative."""
    return lambda valid: a.cram_containers(valid)[number][inside < 0] + inside


CRAM_CASES = [
    cram("whole", lambda d: d, "", "Valid CRAM 3.0."),
    cram("whole-3.1", lambda d: d, "", "Valid CRAM 3.1.", version="3.1"),
    cram("whole-2.1", lambda d: d, "", "Valid CRAM 2.1.", version="2.1"),
    cram(
        "end-container-missing",
        lambda d: d[: a.cram_containers(d)[-1][0]],
        "D029",
        "All records are there, but that cannot be known.",
        place=container(-1),
    ),
    cram(
        "end-container-cut",
        lambda d: d[:-1],
        "D029",
        "The end container is cut.",
        place=lambda d: {"byte_offset": len(d) - 1},
    ),
    cram(
        "cut-at-container-edge",
        lambda d: d[: a.cram_containers(d)[3][0]],
        "D029",
        "The last records are lost.",
        place=container(3),
    ),
    cram(
        "container-taken-out",
        lambda d: d[: _in(2, 0)(d)] + d[a.cram_containers(d)[2][1] :],
        "D029",
        "A container is taken out whole; every checksum holds, and the end container is there.",
        place=container(2),
    ),
    cram(
        "cut-in-container",
        lambda d: d[: _in(2, 60)(d)],
        "D029",
        "Cut inside a container.",
        place=lambda d: {"byte_offset": _in(2, 60)(d)},
    ),
    cram("cut-in-definition", lambda d: d[:20], "D029", "The first 26 bytes are not there.", place={"byte_offset": 20}),
    cram(
        "container-crc", lambda d: flip(d, _in(2, 5)(d)), "D029", "The CRC of a container's header.", place=container(2)
    ),
    cram("block-crc", lambda d: flip(d, _in(2, -1)(d)), "D029", "The CRC of a block."),
    cram("flip-in-block", lambda d: flip(d, _in(3, -40)(d)), "D029", "Damage in the data of a block."),
    cram("flip-in-header", lambda d: flip(d, _in(0, 60)(d)), "D029", "Damage in the header's text."),
    cram(
        "garbage-behind",
        lambda d: d + b"tail",
        "D029",
        "Bytes behind the end container.",
        place=lambda d: {"byte_offset": len(d)},
    ),
    cram("version-unknown", lambda d: put(d, 4, b"\x07"), "D029", "CRAM 7 is not known.", place={"byte_offset": 4}),
    cram(
        "end-container-inside",
        lambda d: d[: _in(3, 0)(d)] + d[_in(-1, 0)(d) :] + d[_in(3, 0)(d) :],
        "D029",
        "An end container before the last record: cat of CRAMs is no CRAM.",
        place=lambda d: {"byte_offset": _in(3, 0)(d) + 38},
    ),
    cram(
        "reference-missing",
        lambda d: d,
        "D022",
        "No reference was given, and none is looked up.",
        reference=None,
        place={"record": 1},
    ),
    cram(
        "reference-wrong",
        lambda d: d,
        "D022",
        "Another assembly under the same names.",
        reference=a.OTHER_FASTA,
        place={"record": 1},
    ),
    cram(
        "reference-lacks-a-sequence",
        lambda d: d,
        "D022",
        "One chromosome is not in the FASTA.",
        reference=a.PARTIAL_FASTA,
    ),
    cram(
        "cut-2.1",
        lambda d: d[:-200],
        "D029",
        "CRAM 2.1 has no checksums; a cut still shows.",
        version="2.1",
        place=lambda d: {"byte_offset": len(d) - 200},
    ),
    cram(
        "container-twice",
        lambda d: d[: _in(3, 0)(d)] + d[_in(2, 0)(d) :],
        "D019",
        "A container that stands twice: its names come again, and the order is broken.",
        notes="D010",
        place={"record": 21},
    ),
    cram("name-lies", lambda d: a.BAM, "F009", "BAM under the name of a CRAM."),
]

BAM_SENSE = [
    record("end-behind-reference", 48, a.field(a.POSITION, "i", 1180), "D028", "The last bases lie behind the end."),
    bam(
        "flag-first-and-second",
        a.bam_with(9, a.field(a.FLAG, "H", 99 | 128)),
        "",
        "Both the first and the second mate of a pair.",
        notes="D028",
    ),
    bam(
        "flag-mate-without-pair", a.bam_with(9, a.field(a.FLAG, "H", 66)), "", "A first mate of no pair.", notes="D028"
    ),
    record("read-group-unknown", 9, lambda r: r[:-2] + b"7\0", "D028", "A read group that the header does not list."),
    record("tag-twice", 9, a.resized(lambda r: r + b"RGZlane1\0"), "D028", "One tag with two values."),
    record(
        "tag-of-other-type", 9, a.resized(lambda r: r.replace(b"NMi\0\0\0\0", b"NMZ0\0")), "D028", "NM is a number."
    ),
    record(
        "clip-inside",
        9,
        a.resized(
            lambda r: (
                put(r, a.CIGARS, b"\3\0")[: a.NAME + r[a.NAME_SIZE]]
                + struct.pack("<III", 20 << 4, 5 << 4 | 4, 25 << 4)
                + r[a.NAME + r[a.NAME_SIZE] + 4 :]
            )
        ),
        "D028",
        "Clipped bases between aligned ones.",
    ),
    bam(
        "mapped-without-place",
        a.bam_with(9, a.field(a.POSITION, "i", -1)),
        "D019",
        "A mapped read without a position, which the order of coordinates does not allow here.",
        notes="D028",
        place={"record": 9},
    ),
    bam(
        "mate-lost",
        a.bam_of([*a.BAM_RECORDS[:9], *a.BAM_RECORDS[10:]]),
        "",
        "One record of a proper pair is lost. Files selected by place have such reads too, so nothing can be said.",
        silent=True,
    ),
    bam(
        "mate-position-wrong",
        a.bam_with(9, a.field(a.MATE_POSITION, "i", 77)),
        "",
        "Mates that state other places than they have.",
        notes="D030",
    ),
]

BAI, CRAI = a.index(a.BAM, "leaf.bam"), a.index(a.cram("3.0"), "leaf.cram")
SHORT = bgzf([a.BAM_HEADER, b"".join(a.BAM_RECORDS[:20])])
INDEXES = [
    bam("index-whole", lambda d: d, "", "Valid: the index is of this file.", beside=("leaf.bam.bai", BAI)),
    bam(
        "index-of-other",
        lambda d: d,
        "D032",
        "The index of a shorter file under the same name: regions would be read from wrong places.",
        beside=("leaf.bam.bai", a.index(SHORT, "leaf.bam")),
    ),
    bam(
        "index-cut", lambda d: d, "D032", "Half an index reads as an index of less.", beside=("leaf.bam.bai", BAI[:100])
    ),
    bam(
        "index-older",
        a.bam_of(a.BAM_RECORDS[:30]),
        "D032",
        "The data was made anew, its index was not.",
        beside=("leaf.bam.bai", BAI),
    ),
    cram("index-whole", lambda d: d, "", "Valid: the index is of this file.", beside=("leaf.cram.crai", CRAI)),
    cram(
        "index-of-other",
        lambda d: d,
        "D032",
        "The index of a CRAM with other containers.",
        beside=("leaf.cram.crai", a.index(a.cram("3.1"), "leaf.cram")),
    ),
]

CASES = [*BAM_SENSE, *INDEXES, *BAM_CONTAINER, *BAM_HEADER, *BAM_RECORDS, *BAM_UNALIGNED, *SAM_CASES, *CRAM_CASES]
