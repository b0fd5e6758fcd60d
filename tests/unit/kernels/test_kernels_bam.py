"""The BAM kernel: compiled and as plain Python the same, as htslib says; noise never leaves the arrays."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pysam
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import bam as k
from dsqc.kernels import bam_mates as m
from dsqc.kernels import bam_record as r
from dsqc.kernels import bam_tags as t
from helpers.reads import bam, make_reads


class Call:
    """One call of the kernel with arrays of its own."""

    def __init__(self, data: bytes, *, rows: int = 100, function=k.split_alignments) -> None:
        room = (len(data) + 1) // 2 * 2
        self.data = np.zeros(4 * room + 4 * k.SPARE, np.uint8)
        self.data[: len(data)] = np.frombuffer(data, np.uint8)
        self.columns = np.full((r.COLUMNS, rows), -7, np.int64)
        self.numbers = np.full((r.NUMBERS, rows), -7, np.int32)
        self.mapping = np.full(rows, 7, np.uint8)
        self.sums = np.zeros(r.SUMS, np.uint64)
        self.last_name = np.zeros(256, np.uint8)
        self.keys = np.zeros(t.MOST_KEYS, np.uint16)
        self.tally = np.zeros((2, 2), np.int64)
        self.counts = np.full(r.FAULTS, 99, np.int64)
        self.places = np.zeros((r.FAULTS, r.PLACES, 2), np.int64)
        self.state = np.zeros(r.STATE, np.int64)
        self.state[r.ROOM] = room
        function(
            self.data,
            self.data.view(np.uint16),
            len(data),
            k.pair_table(),
            np.array([1000], np.int64),
            np.array([1000], np.int64),
            np.zeros(0, np.uint64),
            self.columns,
            self.numbers,
            self.mapping,
            self.last_name,
            self.keys,
            self.sums,
            self.tally,
            self.counts,
            self.places,
            self.state,
        )


ARRAYS = ("data", "columns", "numbers", "mapping", "sums", "tally", "counts", "places", "state")
MODULES = (k, r, t, m)


def _unpack_slowly(data: np.ndarray, packed: int, bases: int, room: int) -> bool:
    """Without vectors."""
    found = data[packed : packed + (bases + 1) // 2]
    codes = np.stack([found >> 4, found & 15], axis=1).reshape(-1)[:bases]
    data[room : room + bases] = np.frombuffer(k.LETTERS, np.uint8)[codes]
    return True


def _word(data: np.ndarray, at: int) -> np.uint64:
    """Without vectors."""
    return np.uint64(int.from_bytes(data[at : at + 8].tobytes(), "little"))


def _lowest(word: np.uint64) -> int:
    """Without vectors."""
    return (int(word) & -int(word)).bit_length() - 1


def _to_characters_slowly(data: np.ndarray, quality: int, bases: int, room: int) -> None:
    """Without vectors."""
    data[room : room + bases] = data[quality : quality + bases] + np.uint8(33)


def plain_python(*arguments: object) -> None:
    """The kernel and everything that it calls, without the compiler."""
    compiled = {
        (module, name): value
        for module in MODULES
        for name, value in vars(module).items()
        if callable(value) and hasattr(value, "py_func")
    }
    vector, lowest = t.load_word, r.lowest
    try:
        for (module, name), value in compiled.items():
            setattr(module, name, value.py_func)
        k._unpack, k._to_characters, t.load_word = _unpack_slowly, _to_characters_slowly, _word
        r.load_word, r.lowest = _word, _lowest
        with np.errstate(over="ignore"):
            k.split_alignments(*arguments)
    finally:
        t.load_word = r.load_word = vector
        r.lowest = lowest
        for (module, name), value in compiled.items():
            setattr(module, name, value)


def records(tmp_path: Path, number: int = 30) -> bytes:
    """Records as htslib writes them, without the header."""
    reads = make_reads(number, 5)
    data = gzip.decompress(bam(tmp_path / "r.bam", reads, [(4, 77, 141, 260)[index % 4] for index in range(number)]))
    return data[8 + struct.unpack("<i", data[4:8])[0] + 4 :]


def test_compiled_and_python_agree(tmp_path: Path) -> None:
    data = records(tmp_path)
    one, two = Call(data), Call(data, function=plain_python)
    for call in (one, two):  # vectors write beyond a read's end, into room that is free
        used = np.zeros(len(call.data), bool)
        used[: len(data)] = True
        for start, quality, length in call.columns[[r.SEQUENCE_START, r.QUALITY_START, r.LENGTH], :30].T.tolist():
            used[start : start + length] = used[quality : quality + length] = True
        call.data[~used] = 0
    for attribute in ARRAYS:
        np.testing.assert_array_equal(getattr(one, attribute), getattr(two, attribute))
    assert one.state[r.ROWS] == 30


def test_reads_are_those_of_htslib(tmp_path: Path) -> None:
    call = Call(records(tmp_path))
    text = call.data.tobytes()
    found = [
        (text[a:b].decode(), text[s : s + n].decode(), text[q : q + n].decode())
        for a, b, s, q, n in call.columns[:5, : call.state[r.ROWS]].T.tolist()
    ]
    with pysam.AlignmentFile(tmp_path / "r.bam", check_sq=False) as file:
        expected = [
            (item.query_name, item.query_sequence, pysam.qualities_to_qualitystring(item.query_qualities))
            for item in file.fetch(until_eof=True)
        ]
    assert found == expected


def test_every_cut_leaves_whole_records(tmp_path: Path) -> None:
    data = records(tmp_path, 5)
    whole = Call(data)
    for end in range(len(data)):
        call = Call(data[:end])
        assert call.state[r.STATUS] == k.NEED_MORE
        rows = call.state[r.ROWS]
        assert rows < 5
        np.testing.assert_array_equal(call.numbers[:, :rows], whole.numbers[:, :rows])
        np.testing.assert_array_equal(call.columns[r.RECORD_START, :rows], whole.columns[r.RECORD_START, :rows])


def test_columns_that_are_full_end_the_call(tmp_path: Path) -> None:
    call = Call(records(tmp_path), rows=7)
    assert (call.state[r.STATUS], call.state[r.ROWS]) == (k.FULL, 7)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_bytes_never_leave_the_arrays(data: st.DataObject) -> None:
    changed = bytearray(RECORDS)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    call = Call(bytes(changed), function=plain_python)  # numpy raises where the compiled kernel would not look
    starts, lengths = call.columns[r.SEQUENCE_START], call.columns[r.LENGTH]
    rows = call.state[r.ROWS]
    assert (starts[:rows] + lengths[:rows] <= len(call.data)).all()
    assert call.state[r.POSITION] <= len(changed)


def _record(name: bytes, bases: int) -> bytes:
    tags = b"RXZACGT\0XBBs\2\0\0\0\1\0\2\0"
    fields = struct.pack("<iiBBHHHiiii", 0, 5, len(name), 0, 4680, 1, 77, bases, 0, 9, 0)
    body = fields + name + struct.pack("<I", bases << 4) + b"\x12" * ((bases + 1) // 2) + b"\x1e" * bases + tags
    return struct.pack("<i", len(body)) + body


RECORDS = _record(b"a\0", 7) + _record(b"bb\0", 0) + _record(b"ccc\0", 12)
