"""A file measured in parts: whatever it holds and wherever it is cut, the results are those of one pass."""

import struct
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsqc import artefact
from dsqc.formats.spans import find_spans
from dsqc.stages._qc_measure import Options, measure_file
from dsqc.stages.qc_parts import Part, join_parts, measure_part

NO_PANEL = Options(threads=1, panel=lambda: None)
END_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def block(data: bytes) -> bytes:
    """One BGZF block."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflater.compress(data) + deflater.flush()
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def bgzf(text: bytes, size: int) -> bytes:
    """BGZF of blocks of ``size`` bytes of text."""
    return b"".join(block(text[start : start + size]) for start in range(0, len(text), size)) + END_BLOCK


def read(name: str, bases: str, qualities: str, end: str, width: int) -> str:
    """A record, its lines ``width`` letters long at most."""

    def wrapped(letters: str) -> str:
        return end.join(letters[start : start + width] for start in range(0, max(len(letters), 1), width))

    return f"@{name}{end}{wrapped(bases)}{end}+{end}{wrapped(qualities)}{end}"


@st.composite
def records(draw: st.DrawFn) -> str:
    """One record, mostly without fault; its qualities may begin as a record does."""
    length = draw(st.integers(0, 12) | st.just(40))
    bases = draw(st.text("ACGTN", min_size=length, max_size=length) | st.text("ACGTacgtN.!0123", max_size=12))
    wanted = len(bases) + draw(st.sampled_from([0, 0, 0, 0, 0, -1, 1]))
    qualities = draw(st.text("@+I#", min_size=max(wanted, 0), max_size=max(wanted, 0)))
    name = draw(
        st.sampled_from(["r1", "r2", "r1/1", "r1/2", "r2 1:N:0:AC", "r2 2:N:0:AC", "I:1:F:1:1101:5:6", "@", "x@y"])
    )
    end = draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))
    return read(name, bases, qualities, end, draw(st.sampled_from([99, 99, 99, 5])))


@st.composite
def stored_files(draw: st.DrawFn) -> bytes:
    """A FASTQ file, plain or BGZF, whole or not."""
    text = "".join(draw(st.lists(records(), min_size=1, max_size=12)))
    tail = draw(
        st.sampled_from(["", "", "", "\n\n\n", "\n\n\n\n\n\n\n\n\nx", "@half\nAC", "junk\n" * 9, ">fasta\nACGT\n"])
    )
    text = draw(st.sampled_from([text, text, text.rstrip("\r\n")])) + tail
    stored = text.encode()
    if draw(st.booleans()):
        stored = bgzf(stored, draw(st.integers(1, 60)))
        stored += draw(st.sampled_from([b"", b"", b"\0\0\0", b"behind"]))
    harm = draw(st.sampled_from(["", "", "", "cut", "byte"]))
    place = draw(st.integers(1, len(stored)))
    if harm == "cut":
        stored = stored[:place]
    elif harm == "byte" and stored[:2] == b"\x1f\x8b":
        stored = stored[: place - 1] + bytes([stored[place - 1] ^ 0x15]) + stored[place:]
    return stored


@settings(deadline=None, max_examples=40, phases=[Phase.explicit, Phase.generate])
@given(stored_files(), st.integers(1, 5), st.randoms())
def test_parts_put_together_are_the_whole(stored: bytes, of: int, order: object) -> None:
    check_parts(stored, of, order)


def check_parts(stored: bytes, of: int, order: object) -> None:
    """Measure ``stored`` whole and in parts, and compare."""
    with TemporaryDirectory() as folder:
        path, out = Path(folder) / "reads.fastq.gz", Path(folder) / "parts"
        path.write_bytes(stored)
        of = len(find_spans(path, of).spans)
        whole = measure_file(path, "reads", NO_PANEL)
        numbers = list(range(1, of + 1))
        order.shuffle(numbers)  # type: ignore[attr-defined]
        for number in numbers:
            measure_part(Part(path, number, of), out, options=NO_PANEL)
        joined = join_parts(path, "reads", out, NO_PANEL)
        if joined is not None:
            assert artefact.to_json(joined.data) == artefact.to_json(whole.data)
            assert list(joined.reads.rows()) == list(whole.reads.rows())
