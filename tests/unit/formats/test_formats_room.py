"""Memory that is offered to decoders: filled in place where they can, and the data is the same where they cannot."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.formats import room as module
from dsqc.formats.room import Inflow, Room

DATA = np.random.default_rng(7).integers(0, 256, 5000, dtype=np.uint8).tobytes()


def decoded(room: Room, sizes: list[int]) -> Iterator[memoryview]:
    """DATA as a decoder makes it that puts ``sizes`` bytes at once."""
    at = turn = 0
    while at < len(DATA):
        size = min(sizes[turn % len(sizes)], len(DATA) - at)
        while (free := room.free(size)) is None:
            yield room.hand_over()
        free[:size] = np.frombuffer(DATA[at : at + size], np.uint8)
        room.put(size)
        at, turn = at + size, turn + 1
    if not room.is_empty:
        yield room.hand_over()


def taken(inflow: Inflow, buffers: list[int]) -> bytes:
    found, turn = b"", 0
    while True:
        buffer = np.zeros(buffers[turn % len(buffers)], np.uint8)
        size = inflow.fill(buffer)
        if not size:
            return found
        found, turn = found + buffer[:size].tobytes(), turn + 1


@given(
    sizes=st.lists(st.integers(1, 400), min_size=1, max_size=4),
    buffers=st.lists(st.integers(1, 1000), min_size=1, max_size=4),
    least=st.integers(1, 500),
    own=st.integers(1, 600),
)
def test_data_arrives_whole_whatever_the_memory(sizes: list[int], buffers: list[int], least: int, own: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LEAST", least)
        patch.setattr(module, "OWN", own)
        room = Room()
        assert taken(Inflow(decoded(room, sizes), room), buffers) == DATA
        assert room.total == len(DATA)
        assert b"".join(decoded(Room(), sizes)) == DATA
        assert taken(Inflow(decoded(Room(), sizes)), buffers) == DATA


def test_what_is_offered_is_filled_in_place() -> None:
    room, buffer = Room(), np.zeros(2 * module.LEAST, np.uint8)
    assert Inflow(decoded(room, [100]), room).fill(buffer) == len(DATA)
    assert buffer[: len(DATA)].tobytes() == DATA


def test_memory_is_not_written_after_it_was_taken_back() -> None:
    """A block that was ready before memory was offered is copied, and the next goes elsewhere."""

    def blocks(room: Room) -> Iterator[bytes | memoryview]:
        yield b"first"
        free = room.free(6)
        assert free is not None
        free[:6] = np.frombuffer(b"second", np.uint8)
        room.put(6)
        yield room.hand_over()

    room = Room()
    inflow = Inflow(blocks(room), room)
    buffer = np.zeros(module.LEAST, np.uint8)
    assert inflow.fill(buffer) == 5
    small = np.zeros(10, np.uint8)
    assert inflow.fill(small) == 6
    assert buffer[:6].tobytes() == b"first\0"
    assert small[:6].tobytes() == b"second"
