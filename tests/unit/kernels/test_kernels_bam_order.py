"""Orders of names against slow, obvious ones."""

import re
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import bam_mates as m


def stored(name: str) -> np.ndarray:
    return np.frombuffer(name.encode() + b"\0", np.uint8).copy()


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def natural_key(name: str) -> list[tuple[int, int]]:
    """A run of digits is one number among the letters, which come one at a time; digits stand where ASCII has them."""
    parts = re.findall(r"[0-9]+|[^0-9]", name)
    return [(48, int(part)) if part.isdigit() else (ord(part), 0) for part in parts]


names = st.text("ab019:_", min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(names, names)
def test_orders_are_those_of_obvious_keys(one: str, other: str) -> None:
    keys = natural_key(one), natural_key(other)
    assert sign(m.natural_order(stored(one), stored(other))) == (keys[0] > keys[1]) - (keys[0] < keys[1])
    assert sign(m.letter_order(stored(one), stored(other))) == (one > other) - (one < other)


def test_names_as_samtools_sorts_them() -> None:
    ordered = ["a", "a1", "a2", "a10", "a10b", "aa", "b:9:10", "b:10:9", "b:10:10"]
    for one, other in pairwise(ordered):
        assert m.natural_order(stored(one), stored(other)) < 0 < m.natural_order(stored(other), stored(one))
