"""Damages of the text: each fault that the FASTQ grammar and its alphabets know, and the oddities that are accepted."""

import gzip
import json
from collections.abc import Callable
from typing import Any

from helpers.damage import insert, put
from helpers.reads import Read, fastq
from zoo.case import Case
from zoo.reads import LENGTH, MATES, NUMBER, READS, TEXT, line_at, line_of, record_at, with_line, without_line

Damage = Callable[[bytes], bytes]
HTML = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>\n<body>The file has moved.</body></html>\n"
END = len(TEXT)


def text(name: str, damage: Damage, errors: str, why: str, **more: Any) -> Case:
    """A damage of the text, which is then compressed whole: the container is sound."""
    return Case(
        name,
        "reads.fastq.gz",
        lambda valid: gzip.compress(damage(valid), mtime=0),
        errors,
        why,
        **({"of": TEXT} | more),
    )


def place(record: int, line: int, offset: int) -> dict[str, int]:
    """Record and line (in the file), both from 1, and the offset in the text."""
    return {"record": record, "line": line, "byte_offset": offset}


def in_record(number: int, line: int, inside: int = 0) -> dict[str, int]:
    """The place ``inside`` a line (1 to 4) of record ``number``."""
    return place(number, 4 * (number - 1) + line, line_at(number, line) + inside)


def changed(number: int, line: int, change: Callable[[bytes], bytes]) -> Damage:
    """Change one line of one record."""
    return lambda valid: with_line(valid, number, line, change(line_of(valid, number, line)))


def wrapped(width: int) -> bytes:
    """The reads with sequences and qualities in lines of ``width``."""
    return fastq(READS, width=width)


STRUCTURE = [
    text("missing-at", changed(5, 1, lambda s: s[1:]), "D001", "A name line without its @.", place=in_record(5, 1)),
    text("missing-at-first", lambda d: d[1:], "D001", "The very first byte is gone.", place=in_record(1, 1)),
    text(
        "missing-plus",
        changed(5, 3, lambda s: b""),
        "D001",
        "A blank line where the + has to be.",
        place=in_record(5, 3),
    ),
    text(
        "plus-is-other",
        changed(5, 3, lambda s: b"-"),
        "D001",
        "Another character in the place of the +: what follows is bases to a reader of wrapped records.",
        place={"record": 5},
    ),
    text(
        "name-line-lost",
        lambda d: without_line(d, 5, 1),
        "D001",
        "Three lines in the place of four.",
        place=in_record(5, 1),
    ),
    text("bases-lost", lambda d: without_line(d, 5, 2), "D001", "The line of bases is gone."),
    text(
        "plus-line-lost",
        lambda d: without_line(d, 5, 3),
        "D001",
        "The third line is gone; SAM-minded readers take qualities for bases.",
        place=in_record(5, 3),
    ),
    text(
        "quality-lost-inside",
        lambda d: without_line(d, 5, 4),
        "D003",
        "The next name is taken for the qualities.",
        also="D001 D006",
        place={"record": 5},
    ),
    text(
        "quality-lost-at-end",
        lambda d: without_line(d, NUMBER, 4).rstrip(b"\n") + b"\n",
        "D001",
        "pysam and fastp accept a last record without qualities.",
        place={"record": NUMBER},
    ),
    text(
        "fasta",
        lambda d: b"".join(b">%d\n%s\n" % (n, line_of(d, n, 2)) for n in range(1, 20)),
        "D001",
        "Sequences without qualities are no raw reads.",
        place=place(1, 1, 0),
    ),
    text(
        "fasta-record-inside",
        lambda d: insert(d, record_at(7), b">contig\nACGTACGT\n"),
        "D001",
        "pysam reads it without a word.",
        place=in_record(7, 1),
    ),
    text(
        "quality-longer",
        changed(6, 4, lambda s: s + b"F"),
        "D003",
        "One quality too many.",
        place={"record": 6, "byte_offset": record_at(6), "line": 24},
    ),
    text(
        "quality-shorter",
        changed(6, 4, lambda s: s[:-1]),
        "D003",
        "One quality too few.",
        place={"record": 6, "byte_offset": record_at(6), "line": 24},
    ),
    text("quality-empty", changed(6, 4, lambda s: b""), "D003", "No quality at all.", place={"record": 6}),
    text("bases-longer", changed(6, 2, lambda s: s + b"A"), "D003", "One base too many.", place={"record": 6}),
    text(
        "blank-line-between",
        lambda d: insert(d, record_at(9), b"\n"),
        "D001",
        "A blank line between records.",
        place=in_record(9, 1),
    ),
    text("blank-line-first", lambda d: b"\n" + d, "D001", "A blank line in front.", place=in_record(1, 1)),
    text(
        "blank-line-in-record",
        changed(9, 3, lambda s: b"\n+"),
        "D001",
        "A blank line inside a record.",
        place=in_record(9, 3),
    ),
    text(
        "record-in-record",
        lambda d: d[: record_at(3) + 90] + d[record_at(8) :],
        "D001",
        "A piece was lost in a copy and the ends were joined.",
        also="D003 D004 D006",
    ),
    text(
        "cut-in-name",
        lambda d: d[: record_at(NUMBER) + 12],
        "D001",
        "The last record ends inside its name.",
        place=in_record(NUMBER, 1),
    ),
    text(
        "cut-in-bases",
        lambda d: d[: line_at(NUMBER, 2) + 12],
        "D001",
        "The last record ends inside its bases.",
        place=in_record(NUMBER, 1),
    ),
    text(
        "cut-behind-bases",
        lambda d: d[: line_at(NUMBER, 3)],
        "D001",
        "The last record ends behind its bases.",
        place=in_record(NUMBER, 1),
    ),
    text(
        "cut-behind-plus",
        lambda d: d[: line_at(NUMBER, 4)],
        "D001",
        "The last record ends behind its +.",
        place=in_record(NUMBER, 1),
    ),
    text(
        "cut-in-quality",
        lambda d: d[: line_at(NUMBER, 4) + 12],
        "D003",
        "The last record ends inside its qualities.",
        place={"record": NUMBER, "line": 4 * NUMBER},
    ),
    text(
        "cut-at-record-edge",
        lambda d: d[: record_at(20)],
        "",
        "Text cut at a record's edge before it was compressed: only an expected count can tell.",
        silent=True,
    ),
    text(
        "appended-half-record",
        lambda d: d + d[:70],
        "D001",
        "A second write that stopped.",
        place={"record": NUMBER + 1, "byte_offset": END},
    ),
]

CHARACTERS = [
    text(
        "nul-in-name",
        lambda d: put(d, record_at(4) + 5, b"\0"),
        "D001",
        "NUL ends the name for programs in C.",
        place={"record": 4, "line": 13, "byte_offset": record_at(4) + 5},
    ),
    text(
        "nul-in-bases",
        lambda d: put(d, line_at(4, 2) + 5, b"\0"),
        "D004",
        "NUL among the bases.",
        place=in_record(4, 2, 5),
    ),
    text(
        "nul-in-quality",
        lambda d: put(d, line_at(4, 4) + 5, b"\0"),
        "D006",
        "NUL among the qualities.",
        place=in_record(4, 4, 5),
    ),
    text(
        "nul-run",
        lambda d: put(d, record_at(4), bytes(200)),
        "D001",
        "A hole of zeros, as a crashed file system leaves it.",
        place=in_record(4, 1),
    ),
    text(
        "byte-order-mark",
        lambda d: b"\xef\xbb\xbf" + d,
        "D001",
        "Saved by an editor as UTF-8 with a mark.",
        place=place(1, 1, 0),
    ),
    text(
        "utf-16", lambda d: d.decode().encode("utf-16"), "D001", "Saved by an editor as Unicode.", place=place(1, 1, 0)
    ),
    text(
        "non-ascii-base",
        lambda d: put(d, line_at(4, 2) + 7, b"\xc3"),
        "D004",
        "A byte that is no letter.",
        place=in_record(4, 2, 7),
    ),
    text(
        "non-ascii-quality",
        lambda d: put(d, line_at(4, 4) + 7, b"\xe9"),
        "D006",
        "A byte above ~.",
        place=in_record(4, 4, 7),
    ),
    text(
        "old-mac-lines",
        lambda d: d.replace(b"\n", b"\r"),
        "D001",
        "Line ends of CR alone: one endless line.",
        place=place(1, 1, 0),
    ),
    text(
        "base-e",
        lambda d: put(d, line_at(11, 2) + 3, b"E"),
        "D004",
        "A letter of no base (an amino acid).",
        place=in_record(11, 2, 3),
    ),
    text(
        "base-star",
        lambda d: put(d, line_at(11, 2) + 3, b"*"),
        "D004",
        "A padded alignment.",
        place=in_record(11, 2, 3),
    ),
    text(
        "space-in-bases",
        lambda d: put(d, line_at(11, 2) + 3, b" "),
        "D004",
        "Bases in groups of ten.",
        place=in_record(11, 2, 3),
    ),
    text(
        "space-behind-bases",
        changed(11, 2, lambda s: s + b" "),
        "D003",
        "A blank at the end of the line counts.",
        place={"record": 11},
    ),
    text(
        "colour-space",
        lambda d: b"".join(b"@%d\nT%s\n+\n%s\n" % (n, b"0123" * 8, b"F" * 33) for n in range(1, 30)),
        "D001",
        "SOLiD colours are no bases.",
        place={"record": 1, "line": 2, "byte_offset": 3},
    ),
    text(
        "quality-below",
        lambda d: put(d, line_at(11, 4) + 3, b"\x1f"),
        "D006",
        "A control character.",
        place=in_record(11, 4, 3),
    ),
    text(
        "quality-above",
        lambda d: put(d, line_at(11, 4) + 3, b"\x7f"),
        "D006",
        "DEL is above the highest quality.",
        place=in_record(11, 4, 3),
    ),
    text(
        "space-in-quality",
        lambda d: put(d, line_at(11, 4) + 3, b" "),
        "D006",
        "A blank among the qualities.",
        place=in_record(11, 4, 3),
    ),
    text(
        "quality-numbers",
        lambda d: b"".join(b"@%d\nACGT\n+\n30 31 32 40\n" % n for n in range(1, 30)),
        "D003 D006",
        "Qualities as numbers, of the first Solexa files.",
        place={"record": 1},
    ),
    text(
        "name-too-long",
        changed(3, 1, lambda s: b"@" + b"x" * 257),
        "D011",
        "Longer than 256: cut by databases and BAM.",
        place={"record": 3, "line": 9, "byte_offset": record_at(3)},
    ),
    text(
        "read-of-length-0",
        lambda d: with_line(with_line(d, 3, 2, b""), 3, 4, b""),
        "D002",
        "Left by trimming without a minimum.",
        place={"record": 3, "byte_offset": record_at(3)},
    ),
    text(
        "mostly-n",
        lambda d: b"\n".join(
            b"N" * LENGTH if index % 4 == 1 and index > 50 else line for index, line in enumerate(d.split(b"\n"))
        ),
        "D005",
        "More than half of the bases say nothing.",
    ),
    text("no-reads", lambda d: b"\n\n\n", "D009", "Blank lines only."),
    text(
        "html",
        lambda d: HTML,
        "D001",
        "The error page of a web server, stored under the file's name.",
        place=place(1, 1, 0),
    ),
    text(
        "json",
        lambda d: json.dumps({"error": "AccessDenied", "message": "expired"}).encode(),
        "D001",
        "The answer of a service whose link had expired.",
        place=place(1, 1, 0),
    ),
    text(
        "git-lfs-pointer",
        lambda d: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "D001",
        "A pointer in the place of the file.",
        place=place(1, 1, 0),
    ),
    text(
        "huge-line",
        lambda d: d + b"@" + b"x" * 3_000_000 + b"\n",
        "D001",
        "A line without sense of 3 MB must not disturb what stands before it.",
        place={"record": NUMBER + 1, "byte_offset": END},
    ),
    text(
        "random-bytes",
        lambda d: bytes((index * 73 + 41) & 255 for index in range(3000)),
        "D001",
        "No text at all.",
        place=place(1, 1, 0),
    ),
]

ODDITIES = [
    text("crlf", lambda d: d.replace(b"\n", b"\r\n"), "", "Copied as text on Windows.", notes="D016"),
    text(
        "crlf-mixed",
        lambda d: d[: record_at(9)].replace(b"\n", b"\r\n") + d[record_at(9) :],
        "",
        "Two files put together.",
        notes="D016",
    ),
    text("lower-case", lambda d: with_line(d, 3, 2, line_of(d, 3, 2).lower()), "", "Soft-masked bases.", notes="D017"),
    text("iupac", lambda d: put(d, line_at(3, 2), b"RYSWKMBDHVN.-"), "", "Letters of several bases are allowed."),
    text("uracil", lambda d: with_line(d, 3, 2, line_of(d, 3, 2).replace(b"T", b"U")), "", "Direct RNA."),
    text("no-final-newline", lambda d: d[:-1], "", "The last line end is missing."),
    text("blank-lines-at-end", lambda d: d + b"\n\n", "", "Blank lines behind the last record."),
    text(
        "name-repeated-behind-plus",
        lambda d: b"\n".join(
            b"+" + d.split(b"\n")[index - 2][1:] if index % 4 == 2 else line
            for index, line in enumerate(d.split(b"\n"))
        ),
        "",
        "fastq-dump -F repeats the name.",
    ),
    text(
        "quality-begins-with-at",
        lambda d: with_line(d, 3, 4, b"@" * LENGTH),
        "",
        "@ is a quality: a reader that looks for names by @ is lost.",
    ),
    text("quality-begins-with-plus", lambda d: with_line(d, 3, 4, b"+" * LENGTH), "", "+ is a quality."),
    text("all-qualities", lambda d: with_line(d, 3, 4, bytes(range(33, 33 + LENGTH))), "", "Every quality from ! on."),
    text(
        "wrapped",
        lambda d: wrapped(25),
        "",
        "Sequences and qualities over several lines, as 454 wrote them.",
        notes="D031",
    ),
    text("one-base-read", lambda d: with_line(with_line(d, 3, 2, b"A"), 3, 4, b"F"), "", "A read of one base."),
    text(
        "long-read",
        lambda d: d + fastq([Read("long", "ACGTTGCA" * 250_000, "5" * 2_000_000)]),
        "",
        "A nanopore read of two million bases.",
    ),
    text(
        "name-with-blanks-and-korean",
        lambda d: with_line(d, 3, 1, "@r3 시료 1:N:0".encode()),
        "",
        "A comment in UTF-8.",
    ),
    Case(
        "not-compressed", "reads.fastq", lambda d: d, "", "Plain FASTQ is compressed on ingestion.", TEXT, notes="F017"
    ),
]

INTERLEAVED = [read for pair in zip(READS, MATES, strict=True) for read in pair]
NAMES = [
    text(
        "file-appended-to-itself",
        lambda d: d + d,
        "D010",
        "A write that was tried again: every read counts twice.",
        place={"record": NUMBER + 1},
    ),
    text(
        "names-all-equal",
        lambda d: fastq([read._replace(name="read") for read in READS]),
        "D010",
        "Names that tell nothing: mates cannot be found by them.",
        place={"record": 2},
    ),
    text(
        "records-doubled",
        lambda d: d[: record_at(9)] + d[record_at(5) :],
        "D010",
        "A piece was written twice.",
        place={"record": 9},
    ),
    text("interleaved", lambda d: fastq(INTERLEAVED), "", "Valid: both mates in one file."),
    text(
        "interleaved-mate-missing",
        lambda d: fastq([*INTERLEAVED[:11], *INTERLEAVED[12:]]),
        "D013",
        "One mate filtered out: from there on every pair is wrong.",
        place={"record": 11},
    ),
    text(
        "interleaved-last-mate-missing",
        lambda d: fastq(INTERLEAVED[:-1]),
        "D013",
        "The last read has no mate.",
        place={"record": 2 * NUMBER - 1},
    ),
    text(
        "interleaved-one-pair-swapped",
        lambda d: fastq([*INTERLEAVED[:10], INTERLEAVED[11], INTERLEAVED[10], *INTERLEAVED[12:]]),
        "D013",
        "A second mate in front of its first.",
        place={"record": 12},
    ),
]

CASES = [*STRUCTURE, *CHARACTERS, *ODDITIES, *NAMES]
