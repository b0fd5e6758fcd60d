"""BGZF blocks of a chosen size, and a file measured whole and in parts, compared."""

import struct
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

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


def parts_of(path: Path, of: int, out: Path) -> list[Path]:
    """Measure all parts of a file."""
    return [measure_part(Part(path, number, of), out, options=NO_PANEL) for number in range(1, of + 1)]


def check_parts(stored: bytes, of: int, order: object, *, name: str = "reads.fastq.gz", index: bytes = b"") -> bool:
    """Measure ``stored`` whole and in parts, and compare; whether the parts could be put together.

    Args:
        order: shuffles the parts.
        index: of an alignment file, if any.
    """
    with TemporaryDirectory() as folder:
        path, out = Path(folder) / name, Path(folder) / "parts"
        path.write_bytes(stored)
        if index:
            path.with_name(f"{name}.bai").write_bytes(index)
        of = len(find_spans(path, of).spans)
        whole = measure_file(path, "reads", NO_PANEL)
        numbers = list(range(1, of + 1))
        order.shuffle(numbers)  # type: ignore[attr-defined]
        for number in numbers:
            measure_part(Part(path, number, of), out, options=NO_PANEL)
        joined = join_parts(path, "reads", out, NO_PANEL)
        if joined is None:
            return False
        assert artefact.to_json(joined.data) == artefact.to_json(whole.data)
        assert list(joined.reads.rows()) == list(whole.reads.rows())
        assert [group.to_dict() for group in joined.findings.groups()] == [
            group.to_dict() for group in whole.findings.groups()
        ]
        return True


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a directory."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
