"""Damages of pairs: each file is a valid FASTQ by itself."""

import random
from collections.abc import Callable, Sequence

from helpers.reads import Read, fastq, gzip_members
from zoo.case import Case
from zoo.reads import MATES, NUMBER, READS

ONE, TWO = "leaf_R1.fastq.gz", "leaf_R2.fastq.gz"
FIRST = gzip_members([fastq(READS)])
SECOND = gzip_members([fastq(MATES)])


def pair(name: str, mates: Sequence[Read], errors: str, why: str, *, place: dict[str, int] | None = None) -> Case:
    """The first file as it is, with ``mates`` as its second."""
    damaged = gzip_members([fastq(mates)])
    return Case(name, TWO, lambda _valid: damaged, errors, why, SECOND, mate=(ONE, FIRST), second=True, place=place)


def renamed(reads: Sequence[Read], change: Callable[[str], str]) -> list[Read]:
    """``reads`` with other names."""
    return [read._replace(name=change(read.name)) for read in reads]


def styled(label: str, one: str, two: str) -> Case:
    """Valid mates with names of another style, ``{}`` for what they share."""
    stems = [f"run{7 + index}" for index in range(NUMBER)]
    files = [
        gzip_members([fastq(read._replace(name=style.format(stem)) for stem, read in zip(stems, side, strict=True))])
        for style, side in ((one, READS), (two, MATES))
    ]
    return Case(
        f"pair-names-{label}",
        TWO,
        lambda _valid: files[1],
        "",
        f"Valid: names like {one.format('run7')}.",
        SECOND,
        mate=(ONE, files[0]),
        second=True,
    )


SHUFFLED = random.Random(5).sample(MATES, NUMBER)
LOST = [*MATES[:11], *MATES[12:]]
CASES = [
    pair("pair-whole", MATES, "", "Valid mates."),
    pair(
        "pair-same-file",
        READS,
        "D013 F012",
        "R1 sent twice: every second mate is lost; fastp and FastQC end with 0.",
        place={"record": 1},
    ),
    pair(
        "pair-same-reads-renamed",
        [twin._replace(bases=read.bases, qualities=read.qualities) for read, twin in zip(READS, MATES, strict=True)],
        "F012",
        "The same reads under the mates' names.",
    ),
    Case(
        "pair-swapped",
        ONE,
        lambda _valid: SECOND,
        "D013",
        "R2 where R1 is expected.",
        FIRST,
        mate=(TWO, FIRST),
        place={"record": 1},
    ),
    pair("pair-shuffled", SHUFFLED, "D013", "Sorted or filtered alone: the same names in another order."),
    pair("pair-reversed", MATES[::-1], "D013", "The same names from back to front.", place={"record": 1}),
    pair("pair-shifted", MATES[1:] + MATES[:1], "D013", "Shifted by one: every pair is wrong.", place={"record": 1}),
    pair(
        "pair-two-exchanged",
        [*MATES[:4], MATES[5], MATES[4], *MATES[6:]],
        "D013",
        "Two reads changed places.",
        place={"record": 5},
    ),
    pair("pair-short-at-end", MATES[:-3], "D012", "The second file lost its last reads."),
    pair(
        "pair-short-inside",
        LOST,
        "D012 D013",
        "One read filtered from one mate only: from there on all pairs are wrong.",
        place={},
    ),
    pair(
        "pair-longer",
        [*MATES, MATES[0]._replace(name=MATES[0].name.replace(":1101:", ":1999:"))],
        "D012",
        "One read more in the second file.",
    ),
    pair(
        "pair-other-lane",
        renamed(MATES, lambda name: name.replace(":1:1101:", ":3:1101:")),
        "D013",
        "The mate of another lane.",
        place={"record": 1},
    ),
    pair(
        "pair-other-run",
        renamed(MATES, lambda name: name.replace("22GTYVLT3", "22HHHHLT3")),
        "D013",
        "The mate of another flow cell.",
        place={"record": 1},
    ),
    pair(
        "pair-other-library",
        [read._replace(name=f"other.{index} 2:N:0:AAAA") for index, read in enumerate(MATES)],
        "D013",
        "Another library's second file.",
        place={"record": 1},
    ),
    pair(
        "pair-one-name",
        [*MATES[:20], MATES[20]._replace(name="stranger"), *MATES[21:]],
        "D013",
        "One name in a million is enough: the mates were edited.",
        place={"record": 21},
    ),
    Case(
        "pair-second-cut",
        TWO,
        lambda valid: valid[:-40],
        "F010",
        "The mate is damaged; its count says nothing.",
        SECOND,
        mate=(ONE, FIRST),
        second=True,
        place=lambda valid: {"byte_offset": len(valid) - 40},
    ),
    Case(
        "pair-second-empty",
        TWO,
        lambda _valid: b"",
        "F008 D012",
        "The mate is empty.",
        SECOND,
        mate=(ONE, FIRST),
        second=True,
    ),
    Case(
        "pair-second-fasta",
        TWO,
        lambda _valid: gzip_members([b">1\nACGT\n"]),
        "D001",
        "The mate is FASTA.",
        SECOND,
        mate=(ONE, FIRST),
        second=True,
        place={"record": 1, "byte_offset": 0},
    ),
    Case(
        "pair-blocks-reordered",
        TWO,
        lambda _valid: gzip_members([fastq(MATES[8:16]), fastq(MATES[:8]), fastq(MATES[16:])]),
        "D013",
        "Parts of a download put together in the wrong order: only the pair tells.",
        SECOND,
        mate=(ONE, FIRST),
        second=True,
        place={"record": 1},
    ),
    Case(
        "pair-members-lost",
        TWO,
        lambda _valid: gzip_members([fastq(MATES[:16])]),
        "D012",
        "A member lost at a record's edge: only the pair tells.",
        SECOND,
        mate=(ONE, FIRST),
        second=True,
    ),
    styled("slash", "{}/1", "{}/2"),
    styled("dot", "{}.1", "{}.2"),
    styled("underscore", "{}_1", "{}_2"),
    styled("casava", "{} 1:N:0:1", "{} 2:N:0:1"),
    styled("equal", "{}", "{}"),
]
