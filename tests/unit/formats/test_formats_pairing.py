"""Mates: every naming style, and every way in which two files fail to be mates."""

import io
import random
from collections.abc import Sequence
from functools import cache

import pytest

from dsqc.findings import FindingLog
from dsqc.formats import PairReader, open_reads
from dsqc.formats import fastq as module
from helpers.reads import Read, fastq, gzip_members

STYLES = {
    "casava": ("M1:14:FC:1:1102:{}:1280 1:N:0:9", "M1:14:FC:1:1102:{}:1280 2:N:0:9"),
    "slash": ("HWI:{}/1", "HWI:{}/2"),
    "slash and comment": ("HWI:{}/1 length=50", "HWI:{}/2 length=48"),
    "dot": ("SRR1.{}.1 x", "SRR1.{}.2 x"),
    "underscore": ("r{}_1", "r{}_2"),
    "plain": ("SRR1.{} A:1 length=5", "SRR1.{} A:1 length=5"),
    "bgi": ("V300L1C001R001{}/1", "V300L1C001R001{}/2"),
    "index between": ("M1:{} 1:N:0:9", "M1:{} 3:N:0:9"),
    "bare slash": ("HWI:{} /1", "HWI:{} /2"),
    "ena": ("ERR1.{} EAS139_45:5:1:2:111/1", "ERR1.{} EAS139_45:5:1:2:111/2"),
    "R mark": ("r{}_R1", "r{}_R2"),
    "letters": ("G{}.f", "G{}.r"),
    "tab": ("m64/{}/ccs\tnp=3", "m64/{}/ccs\tnp=4"),
}


def mates(style: str, number: int = 50) -> tuple[list[Read], list[Read]]:
    one, two = STYLES[style]
    return (
        [Read(one.format(index), "ACGTA" + "C" * (index % 7), "IIIII" + "H" * (index % 7)) for index in range(number)],
        [Read(two.format(index), "TTGCA" + "G" * (index % 5), "JJJJJ" + "K" * (index % 5)) for index in range(number)],
    )


def pair(first: Sequence[Read], second: Sequence[Read]) -> tuple[list[str], list[str], PairReader]:
    log = FindingLog()
    sources = [
        open_reads(io.BytesIO(gzip_members([fastq(reads)])), log, name=name, threads=1)
        for reads, name in ((first, "R1.fq.gz"), (second, "R2.fq.gz"))
    ]
    reader = PairReader(*sources, log)
    rows = [0, 0]
    for left, right in reader.batches():
        assert len(left) == len(right) or not (len(left) and len(right))
        for side, batch in enumerate((left, right)):
            assert not len(batch) or batch.first_record == rows[side] + 1
            rows[side] += len(batch)
    assert rows == [len(first), len(second)]
    findings = list(log)
    return sorted({item.code[5:] for item in findings}), [item.value for item in findings], reader


@pytest.mark.parametrize("style", STYLES)
def test_mates_in_order(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    codes, values, reader = pair(*mates(style))
    assert (codes, values, reader.pair_count) == ([], [], 50)


@pytest.mark.parametrize("style", STYLES)
def test_batches_of_different_size_stay_in_step(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = mates(style, 300)
    log = FindingLog()
    sources = []
    for reads, name, rows in ((first, "a", 7), (second, "b", 11)):
        source = open_reads(io.BytesIO(fastq(reads)), log, name=name, threads=1)
        assert isinstance(source, module.FastqSource)
        source._columns = source._columns[:, :rows].copy()
        sources.append(source)
    reader = PairReader(*sources, log)
    assert sum(len(left) for left, _right in reader.batches()) == reader.pair_count == 300
    assert {item.code for item in log} <= {"DSQC-F017"}


@pytest.mark.parametrize("style", STYLES)
def test_a_lost_read_is_found_where_it_is_missing(style: str) -> None:
    first, second = mates(style)
    codes, values, _reader = pair(first, second[:30] + second[31:])
    assert codes == ["D012", "D013"]
    assert "50 | 49" in values
    assert f"{first[30].name} | {second[31].name}" in values


@pytest.mark.parametrize("style", STYLES)
def test_reads_missing_at_the_end_are_unequal_counts_only(style: str) -> None:
    first, second = mates(style)
    assert pair(first, second[:45])[:2] == (["D012"], ["50 | 45"])
    assert pair(first[:45], second)[:2] == (["D012"], ["45 | 50"])


@pytest.mark.parametrize("style", STYLES)
def test_mates_in_another_order_are_said_to_be_that(style: str) -> None:
    first, second = mates(style)
    codes, values, _reader = pair(first, second[:10] + second[:9:-1])
    assert codes == ["D013"]
    assert "R1.fq.gz | R2.fq.gz: the same names in another order" in values


def test_other_reads_are_not_said_to_be_in_another_order() -> None:
    first, second = mates("slash")
    strangers = [read._replace(name=read.name.replace("HWI", "XYZ")) for read in second]
    codes, values, _reader = pair(first, strangers)
    assert codes == ["D013"]
    assert not [value for value in values if "another order" in value]


@pytest.mark.parametrize("style", STYLES)
def test_the_same_file_twice(style: str) -> None:
    first, _second = mates(style)
    codes, values, _reader = pair(first, first)
    assert "F012" in codes
    if style in ("casava", "slash", "bgi", "index between", "bare slash", "ena"):
        assert f"{first[0].name} | {first[0].name} (the same mate twice)" in values


@pytest.mark.parametrize("style", ["casava", "slash", "dot", "underscore", "bare slash", "ena", "R mark", "letters"])
def test_mates_the_wrong_way_round(style: str) -> None:
    first, second = mates(style)
    codes, values, _reader = pair(second, first)
    assert codes == ["D013"]
    assert f"{second[0].name} | {first[0].name} (the second mate stands first)" in values


def test_findings_are_counted_in_full_and_kept_in_part() -> None:
    first, second = mates("slash", 500)
    log = FindingLog()
    one = open_reads(io.BytesIO(fastq(first)), log, name="a.fastq", threads=1)
    strangers = [read._replace(name="x" + read.name[1:]) for read in second]
    two = open_reads(io.BytesIO(fastq(strangers)), log, name="b.fastq", threads=1)
    for _pair in PairReader(one, two, log).batches():
        continue
    found = [item for item in log if item.code == "DSQC-D013"]
    assert found[0].value == "a.fastq | b.fastq: reads without a mate: 500 in the first file, 500 in the second"
    by_file = {name: [item for item in found if item.location.path == name] for name in ("a.fastq", "b.fastq")}
    assert [len(items) for items in by_file.values()] == [20, 20]
    assert sum(item.count for item in by_file["a.fastq"]) == 1 + 3 + 500
    assert sum(item.count for item in by_file["b.fastq"]) == 500
    assert [item.location.record for item in by_file["b.fastq"]] == list(range(1, 21))
    assert by_file["b.fastq"][4].value == "xWI:4/2 (no mate in a.fastq)"


def test_pairs_the_wrong_way_round_are_counted_in_full() -> None:
    first, second = mates("slash", 500)
    log = FindingLog()
    sources = [open_reads(io.BytesIO(gzip_members([fastq(reads)])), log, threads=1) for reads in (second, first)]
    for _pair in PairReader(sources[0], sources[1], log).batches():
        continue
    assert log.counts()["error"] == 500
    assert len(log.to_list()) == 20


def test_a_damaged_file_says_nothing_about_counts() -> None:
    first, second = mates("slash", 400)
    log = FindingLog()
    one = open_reads(io.BytesIO(gzip_members([fastq(first)])), log, name="a.fq.gz", threads=1)
    two = open_reads(io.BytesIO(gzip_members([fastq(second)])[:900]), log, name="b.fq.gz", threads=1)
    for _pair in PairReader(one, two, log).batches():
        continue
    assert {item.code for item in log} == {"DSQC-F010"}


@cache
def many(order: tuple[int, ...], mate: int) -> bytes:
    """Reads with the numbers of ``order``; of each number the mates differ in their bases."""
    bases = ("ACGT", "TTGA")[mate - 1]
    return b"".join(f"@A:1:{number * 7 % 9999}:{number} {mate}:N:0:A\n{bases}\n+\nIIII\n".encode() for number in order)


NUMBER = 200_000
IN_ORDER = list(range(NUMBER))
SHUFFLED = random.Random(1).sample(IN_ORDER, NUMBER)


@pytest.mark.parametrize(
    ("second", "summary", "lone"),
    [
        (IN_ORDER, None, []),
        (SHUFFLED, "R1 | R2: the same names in another order", []),
        (
            IN_ORDER[: NUMBER // 2] + IN_ORDER[NUMBER // 2 + 1 :],
            "R1 | R2: reads without a mate: 1 in the first file, 0 in the second",
            [("R1", NUMBER // 2 + 1)],
        ),
        (
            [5 if number == 150_000 else number for number in SHUFFLED],
            "R1 | R2: reads without a mate: 1 in the first file, 1 in the second",
            [("R1", 150_001), ("R2", SHUFFLED.index(150_000) + 1)],
        ),
    ],
)
def test_many_mates(second: list[int], summary: str | None, lone: list[tuple[str, int]]) -> None:
    log = FindingLog()
    sources = [
        open_reads(io.BytesIO(many(tuple(order), mate)), log, name=f"R{mate}", threads=1)
        for mate, order in ((1, IN_ORDER), (2, second))
    ]
    for _mates in PairReader(sources[0], sources[1], log).batches():
        continue
    found = [item for item in log if item.code == "DSQC-D013"]
    assert [item.value for item in found if item.location.record is None] == ([summary] if summary else [])
    places = [(item.location.path, item.location.record) for item in found if "(no mate in" in item.value]
    if len(lone) < 2:
        assert places == lone
    else:  # of two reads with one name either may be the one too many
        assert places[0] == lone[0]
        assert places[1][1] in (SHUFFLED.index(5) + 1, SHUFFLED.index(150_000) + 1)
    assert {item.code for item in log} - {"DSQC-D013", "DSQC-F017"} <= (
        {"DSQC-D012"} if len(second) < NUMBER else set()
    )
