"""Text that is no FASTQ is named: colours, another encoding, another file."""

import gzip

import pytest

from dsqc.formats.oddities import is_colour_space, shown
from helpers.reads import read_bytes

ONE = b"@r1\nACGT\n+\nIIII\n"
COLOURS = b"@1_22_33_F3\nT0120.3213\n+\n!<<<<<<<<\n@1_22_34_F3\nT3301.2210\n+\n!<<<<<<<<\n"


@pytest.mark.parametrize(
    ("text", "said", "byte", "line", "record"),
    [
        (COLOURS, "csfastq: T0120.3213", 12, 2, 1),
        (COLOURS.replace(b"\n!<", b"\n<"), "csfastq", 12, 2, 1),
        (COLOURS.replace(b"\nT", b"\n"), "csfastq: 0120.3213", 12, 2, 1),
        (b"\xef\xbb\xbf" + ONE, "byte order mark", 0, 1, 1),
        (ONE.decode().encode("utf-16"), "UTF-16", 0, 1, 1),
        (b"<!DOCTYPE html>\n<html>\n", "HTML", 0, 1, 1),
        (b">r1\nACGT\n", ">r1 (FASTA)", 0, 1, 1),
        (ONE + b">r1\nACGT\n", ">r1 (FASTA)", 16, 5, 2),
        (ONE + b"\0" * 500, "NUL", 16, 5, 2),
        (ONE + b"\x1b[0m\n", r"\x1b[0m", 16, 5, 2),
        (ONE.replace(b"\n", b"\r") * 3, "CR alone", 0, 1, 1),
        (b"\n" + ONE, "blank line", 0, 1, 1),
    ],
)
def test_what_it_is_and_where(text, said, byte, line, record):
    found = [item for item in list(read_bytes(text, "r.fastq").log) if item.code == "DSQC-D001"]
    assert len(found) == 1
    place = found[0].location
    assert said in found[0].value
    assert (place.byte_offset, place.line, place.record) == (byte, line, record)
    assert all(item.code in ("DSQC-D001", "DSQC-F017") for item in list(read_bytes(text, "r.fastq").log))


def test_what_is_compressed_twice():
    found = list(read_bytes(gzip.compress(gzip.compress(ONE, mtime=0)), "r.fastq.gz").log)
    assert [(item.code, item.value) for item in found] == [("DSQC-D001", "data that is compressed once more (gzip)")]


def test_digits_among_bases_are_no_colours():
    found = read_bytes(b"@r1\nACGT1ACGT\n+\nIIIIIIIII\n" + ONE, "r.fastq")
    assert {item.code for item in found.log} == {"DSQC-D004", "DSQC-F017"}


@pytest.mark.parametrize(
    ("bases", "colours"),
    [
        (b"T0123", True),
        (b"t01.3", True),
        (b"0123", True),
        (b"....", False),
        (b"T", False),
        (b"", False),
        (b"A4", False),
    ],
)
def test_colours(bases, colours):
    assert is_colour_space(bases) == colours


def test_shown_text_holds_nothing_that_moves_a_cursor():
    assert shown("이름\t\r".encode() + b"\xff\0") == r"이름\x09\x0d\xff\x00"
