"""The FASTQ kernel: in whole vectors, byte by byte and as a slow parser it says the same."""

import numpy as np
import pytest

from dsqc.kernels import fastq as k
from helpers.reads import ALPHABET, fastq, make_reads, parse_slowly

READS = make_reads(25, 2)


class Call:
    """One call of the kernel with arrays of its own."""

    def __init__(self, text: bytes, *, rows: int = 50, final: bool = True, spare: int = 1) -> None:
        self.data = np.frombuffer(text + b"\0" * spare, np.uint8).copy()
        self.columns = np.full((k.COLUMNS, rows), -7, np.int64)
        self.counts = np.full(k.COUNTS, 99, np.int64)
        self.places = np.zeros((k.FAULTS, k.PLACES, 4), np.int64)
        self.state = np.zeros(k.STATE, np.int64)
        k.split_records(self.data, len(text), final, k.base_table(), self.columns, self.counts, self.places, self.state)

    @property
    def reads(self) -> list[tuple[str, str, str]]:
        text = self.data.tobytes()
        rows = self.columns[:, : self.state[k.ROWS]].T.tolist()
        return [
            (text[a:b].decode(), text[s : s + n].decode("latin-1"), text[q : q + n].decode("latin-1"))
            for a, b, s, q, n in rows
        ]


TEXTS = {
    "empty": b"",
    "one": fastq(READS[:1]),
    "many": fastq(READS),
    "wrapped": fastq(READS, width=20),
    "returns": fastq(READS, newline="\r\n"),
    "same length": fastq([read._replace(bases="ACGTN", qualities="!~IJK") for read in READS]),
    "no bases": b"@a\n\n+\n\n@b\n\n+\n\n",
    "extremes": b"@a\nAC\n+\n!~\n@b\nAC\n+\n \x7f\n",
    "odd letters": b"@a\nACGU.-\n+\nIIIIII\n@b\nacg?*Z\n+\nIIIIII\n",
    "unequal": b"@a\nACGT\n+\nIII\n@b\nAC\n+\nIII\n",
    "broken": fastq(READS[:3]) + b"@a\nACGT\nIIII\n",
    "guess fails": b"@a\nACGT\n+\nIIII\n@b\nAC\nT\n+\n+\nI\nI\n@c\nAC\n+\nII\n",
    "name again": fastq(READS).replace(b"\n+\n", b"\n+the name of the read\n"),
    "name again, returns": fastq(READS[:4]).replace(b"\n+\n", b"\n+again\r\n"),
    "newline in guess": b"@a\nACGTA\n+\nIIIII\n@b\nA\n+\nI\n@c\nA\n+\nI\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_vectors_bytes_and_slow_parser_agree(name: str) -> None:
    """Without spare bytes behind the text, its last 63 bytes are looked at one by one."""
    one, two = Call(TEXTS[name]), Call(TEXTS[name], spare=100)
    np.testing.assert_array_equal(one.data, two.data[: len(one.data)])
    for attribute in ("columns", "counts", "state", "places"):
        np.testing.assert_array_equal(getattr(one, attribute), getattr(two, attribute))
    expected, whole = parse_slowly(TEXTS[name])
    assert one.reads == [(*read,) for read in expected]
    assert (one.state[k.STATUS] != k.BROKEN) == whole


@pytest.mark.parametrize("end", range(0, len(TEXTS["wrapped"]), 23))
def test_an_unfinished_record_is_left_as_it_is(end: int) -> None:
    text = TEXTS["wrapped"]
    call = Call(text[:end], final=False)
    rows, start = call.state[k.ROWS], call.state[k.POSITION]
    assert call.state[k.STATUS] == k.NEED_MORE
    assert call.reads == [(*read,) for read in READS[:rows]]
    assert call.data[start:end].tobytes() == text[start:end]


def test_columns_that_are_full_end_the_call_and_the_next_goes_on() -> None:
    call = Call(TEXTS["many"], rows=10)
    assert (call.state[k.STATUS], call.state[k.ROWS], call.state[k.LINE]) == (k.FULL, 10, 40)
    k.split_records(
        call.data, len(TEXTS["many"]), True, k.base_table(), call.columns, call.counts, call.places, call.state
    )
    assert call.reads == [(*read,) for read in READS[10:20]]
    assert call.state[k.LINE] == 80


def test_counts_are_those_of_numpy() -> None:
    letters = b"ACGTUNacgtunRYSWKMBDHV.-"
    call = Call(b"@a\r\n" + letters + b"\r\n+\n" + b"I" * len(letters) + b"\n")
    assert call.counts[k.BASES] == len(letters)
    assert call.counts[k.LOWER_BASES] == 6
    assert call.counts[k.AMBIGUOUS_BASES] == sum(chr(letter).upper() not in "ACGTU" for letter in letters)
    assert call.counts[k.CRLF_LINES] == 2


def test_the_table_knows_every_letter() -> None:
    table = k.base_table()
    assert {chr(value) for value in np.flatnonzero(table)} == ALPHABET
    assert {chr(value) for value in np.flatnonzero(table & k.LOWER)} == {
        letter for letter in ALPHABET if letter.islower()
    }
    clear = {chr(value) for value in np.flatnonzero((table & k.ALLOWED) & ~((table & k.AMBIGUOUS) >> 1))}
    assert clear == set("ACGTUacgtu")


@pytest.mark.parametrize("value", range(256))
def test_every_quality_byte_and_every_base_byte(value: int) -> None:
    if value in (10, 13):
        return_of_line = Call(b"@a\nA\n+\n" + bytes([value]) + b"\n")
        assert return_of_line.counts[k.BAD_QUALITY] + return_of_line.counts[k.UNEQUAL] == 1
        return
    quality = Call(b"@a\nAAA\n+\nI" + bytes([value]) + b"I\n")
    assert quality.counts[k.BAD_QUALITY] == (not 33 <= value <= 126)
    base = Call(b"@a\nA" + bytes([value]) + b"A\n+\nIII\n")
    assert base.counts[k.BAD_BASE] == (chr(value) not in ALPHABET)


@pytest.mark.parametrize("place", [0, 1, 62, 63, 64, 65, 127, 128, 149])
@pytest.mark.parametrize("spare", [0, 64])
@pytest.mark.parametrize("letter", b"acgtNnUu.-\x00\xc3\xff \t*")
def test_an_odd_letter_is_seen_wherever_it_stands(place: int, spare: int, letter: int) -> None:
    bases = bytearray(b"ACGTT" * 30)
    bases[place] = letter
    call = Call(b"@a\n" + bytes(bases) + b"\n+\n" + b"I" * 150 + b"\n", spare=spare)
    known = chr(letter) in ALPHABET
    assert call.state[k.ROWS] == 1
    assert call.counts[k.BAD_BASE] == (not known)
    assert call.counts[k.LOWER_BASES] == (known and chr(letter).islower())
    assert call.counts[k.AMBIGUOUS_BASES] == (chr(letter).upper() not in "ACGTU")
    if not known:
        assert call.places[k.BAD_BASE, 0].tolist() == [0, 3 + place, letter, 0]
    qualities = bytearray(b"I" * 150)
    qualities[place] = letter
    call = Call(b"@a\n" + b"ACGTT" * 30 + b"\n+\n" + bytes(qualities) + b"\n", spare=spare)
    assert call.counts[k.BAD_QUALITY] == (not 33 <= letter <= 126)


def test_places_are_kept_to_their_limit() -> None:
    call = Call(b"@a\nE\n+\nI\n" * 45)
    assert call.counts[k.BAD_BASE] == 45
    assert call.places[k.BAD_BASE, :, 0].tolist() == list(range(k.PLACES))
    assert call.places[k.BAD_BASE, 1].tolist() == [1, 12, ord("E"), 0]
