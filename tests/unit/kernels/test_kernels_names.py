"""Names: relation of mates, hashes, reads beside each other, equality of reads."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import names as k

MARK = re.compile(r"^(.+)([/._])(R?)([12])$|^(.+)([/._])()([FRfr])$")
Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def arrays(names: list[str], spare: int = 0) -> Columns:
    texts = [name.encode() for name in names]
    lengths = np.array([len(text) for text in texts], np.int64)
    end = np.cumsum(lengths, dtype=np.int64) if names else np.zeros(0, np.int64)
    return np.frombuffer(b"".join(texts) + b" " * (1 + spare), np.uint8).copy(), end - lengths, end


def relation(first: str, second: str, spare: int = 0) -> int:
    counts, places = np.zeros(4, np.int64), np.zeros((k.PLACES, 2), np.int64)
    k.compare_mates(*arrays([first], spare), *arrays([second], spare), counts, places)
    return int(np.argmax(counts))


def split(line: str) -> tuple[str, tuple[str, str], int, int]:
    """Stem, style of the mark, its mate (0 for none), and the mate of the comment: as the rules say, by patterns."""
    name, *comment = re.split("[ \t]", line, maxsplit=1)
    found = MARK.match(name)
    stem, style, mate = name, ("", ""), 0
    if found:
        parts = [part for part in found.groups() if part is not None]
        stem, separator, word, letter = parts
        kind = "12" if letter in "12" else "FR" if letter.isupper() else "fr"
        style = (separator, word + kind)
        mate = 1 if letter in "1Ff" else 2
    stated = 0
    if comment:
        casava = re.match("([1-9]):", comment[0])
        other = re.match(r"[^ \t]*/([12])(?:[ \t]|$)", comment[0])
        stated = int(casava[1]) if casava else int(other[1]) if other else 0
    return stem, style, mate, stated


def slow_relation(first: str, second: str) -> int:
    one, two = split(first), split(second)
    if one[0] != two[0] or one[1] != two[1] or first[:1] in ("", " ", "\t"):
        return k.STRANGERS
    if one[2] == two[2]:
        if one[1] == ("/", "12"):
            return k.SAME_MATE
        left, right = one[3], two[3]
        if not left or not right:
            return k.MATES
    else:
        left, right = one[2], two[2]
    return k.SAME_MATE if left == right else k.MATES if left < right else k.SWAPPED


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("r", "r", k.MATES),
        ("r", "s", k.STRANGERS),
        ("r", "rr", k.STRANGERS),
        ("", "", k.STRANGERS),
        ("r/1", "r/2", k.MATES),
        ("r/2", "r/1", k.SWAPPED),
        ("r/1", "r/1", k.SAME_MATE),
        ("r.1", "r.2", k.MATES),
        ("r_1", "r_2", k.MATES),
        ("r.1", "r.1", k.MATES),  # a spot number, not a mate
        ("r.2", "r.3", k.STRANGERS),
        ("r1", "r2", k.STRANGERS),
        ("r-1", "r-2", k.STRANGERS),
        ("1", "2", k.STRANGERS),
        ("q/1", "r/2", k.STRANGERS),
        ("r 1:N:0:A", "r 2:N:0:A", k.MATES),
        ("r 2:N:0:A", "r 1:N:0:A", k.SWAPPED),
        ("r 1:N:0:A", "r 1:N:0:A", k.SAME_MATE),
        ("r 1:N:0:A", "r", k.MATES),
        ("r a", "r b", k.MATES),
        ("r\tx", "r y", k.MATES),
        ("r/1 x", "r/2 y", k.MATES),
        ("r /1", "r /2", k.MATES),
        ("r /2", "r /1", k.SWAPPED),
        ("SRR1.7 A:1/1 length=9", "SRR1.7 A:1/2 length=8", k.MATES),
        ("SRR1.7 A:1/1", "SRR1.7 A:1/1", k.SAME_MATE),
        ("SRR1.7 7 length=50", "SRR1.7 7 length=51", k.MATES),
        ("SRR1.7.1 7 length=50", "SRR1.7.2 7 length=51", k.MATES),
        ("r_R1", "r_R2", k.MATES),
        ("r.R2", "r.R1", k.SWAPPED),
        ("r_F", "r_R", k.MATES),
        ("r.f", "r.r", k.MATES),
        ("r.F", "r.r", k.STRANGERS),
        ("r/1", "r.2", k.STRANGERS),
        ("r_R1", "r_2", k.STRANGERS),
        ("V350L1C001R0010000001/1", "V350L1C001R0010000001/2", k.MATES),
        ("m64/7/ccs", "m64/7/ccs", k.MATES),
        ("m64/7/0_11", "m64/7/0_12", k.STRANGERS),
        ("\u00e9/1", "\u00e9/2", k.MATES),
    ],
)
def test_relation(first: str, second: str, expected: int) -> None:
    assert relation(first, second) == expected
    assert relation(first, second, spare=100) == expected
    assert slow_relation(first, second) == expected


WORDS = st.lists(
    st.sampled_from(["r", "s", "R", "F", "f", "1", "2", "3", "/", ".", "_", ":", " ", "\t", "N" * 33]), max_size=9
)


@settings(deadline=None, max_examples=400)
@given(WORDS, WORDS, st.booleans(), st.integers(0, 80))
def test_relation_is_that_of_the_rules(first: list[str], second: list[str], alike: bool, spare: int) -> None:
    one = "".join(first)
    two = one.replace("1", "2") if alike else "".join(second)
    assert relation(one, two, spare) == slow_relation(one, two)


def test_compare_counts_and_places() -> None:
    first = [f"r{number}/1" for number in range(100)]
    second = [f"r{number}/2" if number % 4 else "x" for number in range(100)]
    counts, places = np.zeros(4, np.int64), np.zeros((k.PLACES, 2), np.int64)
    assert k.compare_mates(*arrays(first), *arrays(second), counts, places) == 25
    assert counts.tolist() == [25, 75, 0, 0]
    assert places[:, 0].tolist() == list(range(0, 80, 4))


def hashes(names: list[str], spare: int = 0) -> list[tuple[int, int, int]]:
    first, second = np.zeros(len(names), np.uint64), np.zeros(len(names), np.uint64)
    codes = np.zeros(len(names), np.int64)
    k.hash_names(*arrays(names, spare), first, second, codes)
    return list(zip(first.tolist(), second.tolist(), codes.tolist(), strict=True))


def test_hashes_do_not_meet() -> None:
    words = ["".join(letters) for size in range(6) for letters in itertools.product("abc1", repeat=size)]
    found = hashes(words)
    assert len({one for one, _two, _code in found}) == len({two for _one, two, _code in found}) == len(words)


@settings(deadline=None)
@given(st.lists(WORDS.map("".join), min_size=2, max_size=8), st.integers(0, 80))
def test_hashes_and_codes_say_what_the_names_say(names: list[str], spare: int) -> None:
    found = hashes(names, spare)
    table = np.empty((256, 256), np.int64)
    k.relations(table)
    for (left, one), (right, two) in itertools.product(zip(names, found, strict=True), repeat=2):
        same_stem = split(left)[0] == split(right)[0]
        assert (one[:2] == two[:2]) == same_stem
        if same_stem and split(left)[0]:
            assert table[one[2], two[2]] == slow_relation(left, right)


def test_gathered_names_lack_their_comments() -> None:
    names = ["a/1 x", "b\ty z", "", "long" * 30]
    out = np.zeros(300, np.uint8)
    size = k.gather_names(*arrays(names), out)
    assert out[:size].tobytes().decode() == "a/1\nb\n\n" + "long" * 30 + "\n"


def test_same_reads() -> None:
    text = b"ACGTACGTACGT" + b"IIIIIIIIIIII" + b"ACGTACGTACGT" + b"IIIIIIIIIIIJ"
    data = np.frombuffer(text, np.uint8).copy()

    def at(start: int, size: int = 12) -> tuple[np.ndarray, ...]:
        return data, np.array([start]), np.array([start + 12]), np.array([size])

    assert k.same_reads(*at(0), *at(0))
    assert k.same_reads(*at(0, 11), *at(24, 11))
    assert not k.same_reads(*at(0), *at(24))
    assert not k.same_reads(*at(0), *at(0, 11))
    assert not k.same_reads(*at(0), *at(1, 12))
