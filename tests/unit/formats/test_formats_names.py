"""Names that stand twice, files that are interleaved, and sets of mates: against slow references, with and without
the temporary file."""

import random
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.errors import SystemFault
from dsqc.findings import Finding
from dsqc.formats import names_mates, names_unique
from dsqc.formats.batch import ReadBatch
from dsqc.formats.names_mates import Comparison, MateSets
from dsqc.formats.names_spill import Spill
from dsqc.formats.names_unique import NameCheck
from dsqc.kernels import duplicates as d

ALL_IN_MEMORY = {"memory": 1 << 26, "run": 1 << 18}
RUNS_IN_MEMORY = {"memory": 1 << 26, "run": 7}
SPILLED = {"memory": 50, "run": 5}
LIMITS = [ALL_IN_MEMORY, RUNS_IN_MEMORY, SPILLED]


def batches(names: list[str], size: int = 1000, flags: list[int] | None = None) -> list[ReadBatch]:
    """Batches of reads that have nothing but names."""
    found = []
    for start in range(0, len(names), size):
        texts = [name.encode() for name in names[start : start + size]]
        end = np.cumsum([len(text) for text in texts], dtype=np.int64)
        nothing = np.zeros(len(texts), np.int64)
        found.append(
            ReadBatch(
                data=np.frombuffer(b"".join(texts) + b"\n", np.uint8).copy(),
                name_start=end - np.array([len(text) for text in texts]),
                name_end=end,
                sequence_start=nothing,
                quality_start=nothing,
                length=nothing,
                first_record=start + 1,
                flag=None if flags is None else np.array(flags[start : start + size], np.int32),
            )
        )
    return found


def check(
    names: list[str], size: int = 1000, flags: list[int] | None = None, **limits: int
) -> tuple[NameCheck, list[Finding]]:
    found = NameCheck("x.fastq", **limits)
    for batch in batches(names, size, flags):
        found.add(batch)
    return found, list(found.findings())


def records(findings: list[Finding], code: str = "DSQC-D010") -> list[int | None]:
    return sorted(item.location.record for item in findings if item.code == code)


def distinct(number: int) -> list[str]:
    return [f"A00:1:FC:1:{1101 + index // 100}:{index * 37 % 10007}:{index} 1:N:0:ACGT" for index in range(number)]


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("size", [1, 13, 1000])
def test_no_name_twice(limits: dict[str, int], size: int) -> None:
    assert check(distinct(300), size, **limits)[1] == []


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("size", [1, 13, 1000])
def test_repeats_are_named_by_record(limits: dict[str, int], size: int) -> None:
    names = distinct(300)
    names[250] = names[17]
    names[120] = names[17].split()[0] + " another comment"
    names[60] = names[59]
    _check, findings = check(names, size, **limits)
    assert records(findings) == [61, 121, 251]
    texts = {item.location.record: item.value for item in findings}
    assert texts == {
        61: f'the name "{names[59].split()[0]}"',
        121: "the name of record 18",
        251: "the name of record 18",
    }
    assert {item.severity.value for item in findings} == {"error"}


@pytest.mark.parametrize("limits", LIMITS)
def test_a_file_appended_to_itself(limits: dict[str, int]) -> None:
    names = distinct(200)
    _check, findings = check(names + names, **limits)
    assert records(findings) == list(range(201, 221))
    assert sum(item.count for item in findings) == 200
    assert findings[0].value == "the name of record 1"


@pytest.mark.parametrize("limits", LIMITS)
def test_one_name_for_all(limits: dict[str, int]) -> None:
    _check, findings = check(["r"] * 100, **limits)
    assert sum(item.count for item in findings) == 99
    _check, findings = check(["r", "s"] * 50, **limits)
    assert sum(item.count for item in findings) == 98
    assert records(findings) == list(range(3, 23))


def test_runs_hold_a_name_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that come again and again must not fill a partition, however many runs there are."""
    found = NameCheck("x", memory=0, run=400)
    for batch in batches(["a", "b", "c"] * 4000):
        found.add(batch)
    assert max(int(run.bounds[-1]) for run in found._runs) == 3
    assert sum(item.count for item in found.findings()) == 12_000 - 3


def test_names_that_differ_are_spread_evenly_over_the_partitions() -> None:
    """Else a partition would look as if one name filled it, and large files would be sorted out twice."""
    number = 64 * d.PARTITIONS
    found = NameCheck("x", run=number)
    for batch in batches(distinct(number), 1 << 15):
        found.add(batch)
    found._end_run()
    sizes = np.diff(found._runs[0].bounds)
    # Chi-squared of a fair spread: its mean is the number of partitions less one, its deviation the root of twice that.
    assert float(((sizes - 64) ** 2 / 64).sum()) < d.PARTITIONS + 6 * (2 * d.PARTITIONS) ** 0.5


def test_a_rare_repeat_is_a_warning() -> None:
    names = distinct(10_001)
    names[5000] = names[3]
    assert [item.severity.value for item in check(names)[1]] == ["warning"]
    assert [item.severity.value for item in check(names[:9000])[1]] == ["error"]


def test_the_two_mates_of_alignments_are_two_names() -> None:
    names = ["r1", "r1", "r2", "r2", "r1", "r3"]
    flags = [0x41, 0x81, 0x41, 0x81, 0x141, 0x841]
    assert check(names, flags=flags)[1] == []
    flags = [0x41, 0x81, 0x41, 0x41, 0x81, 0x41]
    _check, findings = check(names, flags=flags)
    assert records(findings) == [4, 5]
    assert {item.severity.value for item in findings} == {"warning"}


def interleaved(number: int, style: tuple[str, str]) -> list[str]:
    return [mate.format(index) for index in range(number) for mate in style]


STYLES = {
    "casava": ("M:{} 1:N:0:A", "M:{} 2:N:0:A"),
    "index between": ("M:{} 1:N:0:A", "M:{} 3:N:0:A"),
    "slash": ("H:{}/1", "H:{}/2"),
    "dot": ("S.{}.1 x", "S.{}.2 x"),
    "same name": ("S.{} length=5", "S.{} length=6"),
    "ena": ("E.{} A:3/1", "E.{} A:3/2"),
}


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_interleaved_files_are_recognised(style: str, size: int, limits: dict[str, int]) -> None:
    found, findings = check(interleaved(50, STYLES[style]), size, **limits)
    assert findings == []
    assert (found.is_interleaved, found.pair_count) == (True, 50)
    alone, findings = check([STYLES[style][0].format(index) for index in range(100)], size, **limits)
    assert (alone.is_interleaved, findings) == (False, [])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_place_where_interleaving_breaks(style: str, size: int) -> None:
    names = interleaved(50, STYLES[style])
    lost = names[:41] + names[42:]
    found, findings = check(lost, size)
    assert found.is_interleaved
    assert records(findings, "DSQC-D013") == [41]
    assert findings[0].value == f"{names[40].split()[0]} (no mate stands beside it)"
    assert records(check(names[:-1], size)[1], "DSQC-D013") == [99]
    assert records(check(names[1:], size)[1], "DSQC-D013") == [1]


def test_a_second_mate_in_front() -> None:
    names = interleaved(20, STYLES["slash"])
    names[10], names[11] = names[11], names[10]
    _check, findings = check(names)
    assert records(findings, "DSQC-D013") == [12]
    assert findings[0].value == "H:5/1 (the second mate stands first)"


def test_a_pair_that_comes_again() -> None:
    for style in STYLES.values():
        names = interleaved(40, style)
        _check, findings = check([*names, *names[20:22]])
        assert records(findings)[0] == 81
        assert {item.code for item in findings} == {"DSQC-D010"}


def test_a_third_read_of_a_pair() -> None:
    trio = ("M:{} 1:N:0:A", "M:{} 2:N:0:A", "M:{} 3:N:0:A")
    assert check([mate.format(index) for index in range(30) for mate in trio])[1] == []
    again = ("M:{} 1:N:0:A", "M:{} 2:N:0:A", "M:{} 2:N:0:A")
    _check, findings = check([mate.format(index) for index in range(30) for mate in again])
    assert records(findings)[:3] == [3, 6, 9]


def test_names_beside_each_other_are_repeats_where_nothing_is_interleaved() -> None:
    names = distinct(100)
    for place in range(3, 50, 4):
        names[place] = names[place - 1].split()[0]
        names[place - 1] = names[place]
    found, findings = check(names)
    assert not found.is_interleaved
    assert records(findings) == list(range(4, 51, 4))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 30), max_size=120), st.integers(1, 40), st.sampled_from(LIMITS))
def test_repeats_are_those_that_a_dictionary_finds(numbers: list[int], size: int, limits: dict[str, int]) -> None:
    names = [f"r{number}x" for number in numbers]
    flags = [0] * len(names)  # as unpaired alignments: no pairs to be had
    _check, findings = check(names, size, flags, **limits)
    seen: Counter[str] = Counter()
    wanted = []
    for record, name in enumerate(names, 1):
        seen[name] += 1
        if seen[name] > 1:
            wanted.append(record)
    assert sum(item.count for item in findings) == len(wanted)
    assert records(findings) == wanted[:20]


def sets(first: list[str], second: list[str], run: int = 1 << 17, size: int = 1000) -> Comparison:
    found = MateSets(run=run)
    for side, names in enumerate((first, second)):
        for batch in batches(names, size):
            found.add(side, batch)
    result = found.compare()
    found.close()
    return result


@pytest.mark.parametrize("run", [11, 1 << 17])
@pytest.mark.parametrize("style", STYLES)
def test_sets_of_mates_in_another_order(style: str, run: int) -> None:
    first, second = ([mate.format(index) for index in range(400)] for mate in STYLES[style])
    random.Random(1).shuffle(second)
    found = sets(first, second, run)
    assert (found.lone[0].count, found.lone[1].count, found.swapped) == (0, 0, 0)
    lost = second.index(STYLES[style][1].format(77))
    extra = [*second[:lost], STYLES[style][1].format("extra"), *second[lost + 1 :]]
    found = sets(first, extra, run)
    assert (found.lone[0].count, found.lone[1].count) == (1, 1)
    assert found.lone[0].first == [(78, first[77].split()[0])]
    assert found.lone[1].first == [(lost + 1, extra[lost].split()[0])]


@pytest.mark.parametrize("style", ["casava", "slash", "dot"])
def test_sets_of_swapped_mates(style: str) -> None:
    first, second = ([mate.format(index) for index in range(100)] for mate in STYLES[style])
    found = sets(second, first[::-1])
    assert (found.lone[0].count, found.lone[1].count, found.swapped) == (0, 0, 100)


def test_the_same_mate_twice_is_no_pair() -> None:
    names = [f"r{index}/1" for index in range(30)]
    found = sets(names, names[::-1])
    assert (found.lone[0].count, found.lone[1].count) == (30, 30)
    assert len(found.lone[0].first) == 20


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 12), max_size=60),
    st.lists(st.integers(0, 12), max_size=60),
    st.sampled_from([3, 1000]),
    st.sampled_from(["{}", "r{}x", "q.{}", "{}_"]),
)
def test_sets_count_every_name_as_often_as_it_is_there(one: list[int], two: list[int], run: int, shape: str) -> None:
    first, second = [shape.format(number) for number in one], [shape.format(number) for number in two]
    if shape == "q.{}":  # spot numbers: 1 and 2 share their stem with a mate's mark
        first, second = ([name for name in names if name not in ("q.1", "q.2")] for names in (first, second))
    found = sets(first, second, run, size=7)
    only = (Counter(first) - Counter(second), Counter(second) - Counter(first))
    assert tuple(lone.count for lone in found.lone) == tuple(rest.total() for rest in only)
    for lone, rest in zip(found.lone, only, strict=True):
        assert {name for _record, name in lone.first} <= set(rest)


def test_spot_numbers_are_no_marks() -> None:
    names = [f"SRR1.{number}" for number in range(1, 40)]
    found = sets(names, names[::-1])
    assert (found.lone[0].count, found.lone[1].count, found.swapped) == (0, 0, 0)


def test_a_temporary_file_reads_back_what_was_written(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    first = spill.append(b"12345678")
    second = spill.append(np.arange(5, dtype=np.uint64))
    assert (first, second, spill.size) == (0, 8, 48)
    assert spill.words(second, 1, 4).tolist() == [1, 2, 3]
    assert spill.read(first, 8) == b"12345678"
    with pytest.raises(SystemFault, match="lost its end"):
        spill.read(40, 9)
    spill.close()
    assert not list(tmp_path.iterdir())


def test_no_room_for_a_temporary_file(tmp_path: Path) -> None:
    with pytest.raises(SystemFault, match="cannot be kept") as raised:
        Spill(tmp_path / "missing").append(b"1")
    assert "TMPDIR" in str(raised.value)
    found = NameCheck("x", folder=tmp_path / "missing", **SPILLED)
    (batch,) = batches(distinct(100))
    with pytest.raises(SystemFault, match="cannot be kept"):
        found.add(batch)


def test_larger_runs_once_names_are_spilled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_unique, "SMALL_RUN", 10)
    monkeypatch.setattr(names_unique, "LARGE_RUN", 50)
    names = distinct(1000)
    names[999] = names[0]
    found = NameCheck("x", memory=500, run=10)
    for batch in batches(names, 50):
        found.add(batch)
    sizes = [int(run.bounds[-1]) for run in found._runs]
    assert sizes == sorted(sizes)
    assert set(sizes) == {10, 16, 32, 50}
    assert records(list(found.findings())) == [1000]


def test_groups_of_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_unique, "_TOGETHER", 3)
    monkeypatch.setattr(names_mates, "RUN", 3)
    names = distinct(150)
    assert records(check([*names, names[70]], run=20)[1]) == [151]
    bare = [name.split()[0] for name in names]
    assert sets(bare, bare[:-1]).lone[0].first == [(150, bare[149])]


def test_bytes_that_are_no_text_stay_visible() -> None:
    (batch,) = batches(["a", "b"])
    batch.data[0] = 0xFF
    found = MateSets()
    found.add(0, batch)
    assert found.compare().lone[0].first == [(1, "\\xff"), (2, "b")]
    found.close()


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 names, of which 16,000 fit into what is allowed: 16 bytes each would be 1.6 MB, 64 for mates 6.4 MB."""
    monkeypatch.setattr(names_mates, "RUN", 1 << 11)
    monkeypatch.setattr(names_unique, "_TOGETHER", 1 << 11)
    found, together = NameCheck("x", memory=1 << 18, run=1 << 12), MateSets(run=1 << 11)
    check(["a", "a"], flags=[0, 0])  # kernels are there before memory is counted
    sets(["a"], ["b"])
    tracemalloc.start()
    for start in range(0, 100_000, 10_000):
        (batch,) = batches([f"r{number}" for number in range(start, start + 10_000)], 10_000)
        moved = replace(batch, first_record=start + 1)
        del batch
        found.add(moved)
        for side in range(2):
            together.add(side, moved)
    tracemalloc.reset_peak()
    assert list(found.findings()) == []
    assert together.compare().lone[0].count == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    together.close()
    assert peak < 1_500_000
