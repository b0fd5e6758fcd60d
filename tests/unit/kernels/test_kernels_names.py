"""Names: relation of mates, sums of hashes, equality of reads."""

import itertools
import random

import numpy as np
import pytest

from dsqc.kernels import names as k


def arrays(names: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lengths = [len(name) for name in names]
    end = np.cumsum(lengths, dtype=np.int64) if names else np.zeros(0, np.int64)
    return np.frombuffer("".join(names).encode() + b" ", np.uint8).copy(), end - np.array(lengths, np.int64), end


def relation(first: str, second: str) -> int:
    one, two = (np.frombuffer(name.encode() + b" ", np.uint8).copy() for name in (first, second))
    return k.relation(one, 0, len(first), two, 0, len(second))


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
    ],
)
def test_relation(first: str, second: str, expected: int) -> None:
    assert relation(first, second) == expected


def test_compare_counts_and_places() -> None:
    first = [f"r{number}/1" for number in range(100)]
    second = [f"r{number}/2" if number % 4 else "x" for number in range(100)]
    counts, places = np.zeros(4, np.int64), np.zeros((k.PLACES, 2), np.int64)
    assert k.compare_mates(*arrays(first), *arrays(second), counts, places) == 25
    assert counts.tolist() == [25, 75, 0, 0]
    assert places[:, 0].tolist() == list(range(0, 80, 4))


def test_sums_know_sets_of_names_whatever_their_order() -> None:
    rng = random.Random(1)
    names = [f"r{number}/1 c" for number in range(200)]
    other = [name.replace("/1 c", "/2 d") for name in names]
    rng.shuffle(other)

    def sums(values: list[str]) -> np.ndarray:
        found = np.zeros(k.SUMS, np.uint64)
        k.sum_names(*arrays(values), found)
        return found

    one, two = sums(names), sums(other)
    assert (one[k.STEM : k.STEM + 2] == two[k.STEM : k.STEM + 2]).all()
    assert (one[k.WHOLE : k.WHOLE + 2] != two[k.WHOLE : k.WHOLE + 2]).all()
    assert (sums([*names[:-1], "r7/1"])[k.STEM :] != one[k.STEM :]).all()
    parts = np.zeros(k.SUMS, np.uint64)
    k.sum_names(*arrays(names[:50]), parts)
    k.sum_names(*arrays(names[50:]), parts)
    assert (parts == one).all()


def test_hashes_do_not_meet() -> None:
    words = ["".join(letters) for size in range(5) for letters in itertools.product("ab/1", repeat=size)]
    found = set()
    for word in words:
        data = np.frombuffer(word.encode() + b"\0", np.uint8).copy()
        found.update(int(k.hash_bytes(data, 0, len(word), np.uint64(seed))) for seed in range(2))
    assert len(found) == 2 * len(words)


def test_same_reads() -> None:
    data = np.frombuffer(b"ACGTIIIIACGTIIIIACGTIIIJ", np.uint8).copy()

    def at(start: int) -> tuple[np.ndarray, ...]:
        return data, np.array([start]), np.array([start + 4]), np.array([4])

    assert k.same_reads(*at(0), *at(8))
    assert not k.same_reads(*at(0), *at(16))
    assert not k.same_reads(*at(0), data, np.array([0]), np.array([4]), np.array([3]))
