"""FASTQ text as BAM records: what is taken comes back byte for byte, what would not is refused."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsqc.archive.text import REFUSALS, Refused, TextPacker, unpack_text
from dsqc.kernels import fastq_bam as k

NAMES = st.text(alphabet="abcXYZ019:/._-@*", min_size=1, max_size=12) | st.just("n" * 254) | st.just("n" * 255)
COMMENTS = st.none() | st.text(alphabet=" ab:1\t\t~", max_size=6) | st.just("1:N:0:ACGT+TTTT") | st.just("é")
BASES = st.text(alphabet="ACGTN", max_size=9) | st.text(alphabet="ACGTNRYKMacgtu.-=U", max_size=9)


@st.composite
def records(draw: st.DrawFn) -> str:
    name, comment, bases = draw(NAMES), draw(COMMENTS), draw(BASES)
    head = name if comment is None else f"{name}{draw(st.sampled_from(' ' * 9 + chr(9)))}{comment}"
    size = len(bases) + draw(st.sampled_from([0] * 12 + [1, -1]))
    qualities = draw(st.text(alphabet="!5I~", min_size=max(size, 0), max_size=max(size, 0)))
    plus = draw(st.sampled_from(["", "", "", head, "x"]))
    return f"@{head}\n{bases}\n+{plus}\n{qualities}\n"


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    text = "".join(draw(st.lists(records(), min_size=1, max_size=6)))
    if draw(st.booleans()):
        head = draw(st.sampled_from(["", "+"]))
        text = "".join(f"@r{n} 1:N:0:AC\nACGTN\n+{head and f'r{n} 1:N:0:AC'}\nIIII#\n" for n in range(3))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    cut = draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
    return text.encode()[: len(text.encode()) - cut]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


@given(texts(), st.integers(1, 40))
@example(b"@a\nACGT\n+\nIIII", 3)
@example(b"@a\n\n+\n\n", 1)
@example(b"@a\n\n+\n", 9)
@example(b"@a \nA\n+a \nI\n", 9)
@example(b"@a\r\nAC\r\n+\r\nII\r\n@b\r\nA\r\n+\r\nI", 5)
@settings(max_examples=200, deadline=None)
def test_text_comes_back_or_is_refused(text: bytes, size: int) -> None:
    packer = TextPacker()
    try:
        bam = b"".join(packer.blocks(pieces(text, size)))
    except Refused:
        return
    assert b"".join(unpack_text(pieces(bam, size + 3), packer.form)) == text
    assert packer.record_count * 4 - 1 <= text.count(b"\n") <= packer.record_count * 4


@pytest.mark.parametrize(
    "text",
    [
        b"@a\nACGT\n+\nIIII\n",
        b"@a 1:N:0:ACGT\nRYKMSWBDHVN\n+a 1:N:0:ACGT\n!~!~!~!~!~!\n",
        b"@a\tx y\nA\n+\nI\n@b\nA\n+\nI\n",
        b"@a\r\nACGT\r\n+\r\nIIII\r\n",
        b"@a\tch:i:1\tst:Z:x\nA\n+\nI\n",
        b"@a x~y\nA\n+\nI\n",
        b"@a/1\n\n+\n\n@a/2\nAC\n+\n@+",
    ],
)
def test_usual_forms_are_taken(text: bytes) -> None:
    packer = TextPacker()
    bam = list(packer.blocks([text]))
    assert b"".join(unpack_text(bam, packer.form)) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"@a\nacgt\n+\nIIII\n", k.BAD_BASES),
        (b"@a\nACGU\n+\nIIII\n", k.BAD_BASES),
        (b"@a\nAC.T\n+\nIIII\n", k.BAD_BASES),
        (b"@a\nACGT\n+\nIII\n", k.BAD_QUALITIES),
        (b"@a\nACGT\n+\nI II\n", k.BAD_QUALITIES),
        (b"@\nACGT\n+\nIIII\n", k.BAD_NAME),
        ("@é\nACGT\n+\nIIII\n".encode(), k.BAD_NAME),
        ("@a é\nACGT\n+\nIIII\n".encode(), k.BAD_COMMENT),
        (b"@a x\ty~z\nACGT\n+\nIIII\n", k.BAD_COMMENT),
        (b"@a\nACGT\n+b\nIIII\n", k.OTHER_FORM),
        (b"@a\nACGT\n+a\nIIII\n@b\nA\n+\nI\n", k.OTHER_FORM),
        (b"@a x\nA\n+\nI\n@b\tx\nA\n+\nI\n", k.OTHER_FORM),
        (b"@a\nA\n+\nI\n@b\r\nA\r\n+\r\nI\r\n", k.OTHER_FORM),
        (b"@a\nA\n+\nI\n\n\n\n\n", k.NO_RECORD),
        (b">a\nACGT\n>b\nACGT\n", k.NO_RECORD),
        (b"@a\nACGT\nACGT\n+\nIIII\nIIII\n", k.NO_RECORD),
        (b"@a\nACGT\n", k.NO_RECORD),
    ],
)
def test_other_text_is_refused_with_the_reason(text: bytes, reason: int) -> None:
    with pytest.raises(Refused) as refused:
        list(TextPacker().blocks([text]))
    assert refused.value.why == REFUSALS[reason]


def test_records_larger_than_all_buffers() -> None:
    text = b"".join(b"@long%d\n%s\n+\n%s\n" % (n, b"ACGT" * 1_500_000, b"I" * 6_000_000) for n in range(2))
    packer = TextPacker()
    bam = list(packer.blocks(pieces(text, 1 << 18)))
    assert b"".join(unpack_text(bam, packer.form)) == text


@given(st.binary(max_size=300), st.integers(0, 120))
@settings(max_examples=200, deadline=None)
def test_strange_records_lead_nowhere(noise: bytes, at: int) -> None:
    """Plain Python raises on an index outside an array; compiled code would read there."""
    packer = TextPacker()
    good = b"".join(packer.blocks([b"@ab c\nACGTN\n+\nIIIII\n@b\nAC\n+\nII\n"]))[35:]
    data = np.zeros(600, np.uint8)
    spoilt = good[: at % (len(good) + 1)] + noise
    data[: len(spoilt)] = np.frombuffer(spoilt, np.uint8)
    state, out = np.zeros(k.STATE, np.int64), np.zeros(2_000, np.uint8)
    why = k.unpack_records.py_func(data, len(spoilt), k.letter_table(), np.array([32, 0, 0, 2]), out, state)
    assert why in (k.NEED_MORE, k.FULL, k.NO_RECORD)
    assert 0 <= state[k.PLACE] <= len(spoilt)
