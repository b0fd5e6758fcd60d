"""A BAM measured in parts: whatever it holds and wherever it is cut, the results are those of one pass."""

import random
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import pysam
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from helpers.bam_bytes import Fields, bam_bytes, tag
from helpers.parts import END_BLOCK, bgzf, check_parts

REFERENCES = [("r1", 90_000), ("r2", 700), ("r3", 50)]
ORDERS = ["coordinate", "queryname", "queryname\tSS:queryname:natural", "unsorted", "unknown"]
FLAGS = [0, 16, 4, 256, 2048, 1024, 512, 67, 131, 1 | 64 | 8, 1 | 128 | 4, 1 | 64 | 4 | 8, 1 | 128 | 4 | 8, 0x5000]


def header(order: str, references: list[tuple[str, int]], *, groups: bool) -> str:
    """Text of a header."""
    lines = [f"@HD\tVN:1.6\tSO:{order}", *(f"@SQ\tSN:{name}\tLN:{length}" for name, length in references)]
    return "".join(f"{line}\n" for line in [*lines, *(["@RG\tID:g1\tSM:s"] if groups else [])])


def cigar_of(numbers: random.Random, bases: int) -> tuple[int, ...]:
    """A CIGAR of a read: matches, a deletion or an intron, a clip; rarely one that does not fit."""
    if bases < 4 or numbers.random() < 0.5:
        return (bases + (numbers.random() < 0.03)) << 4, *([4 << 4 | 5] if numbers.random() < 0.1 else [])
    gap = numbers.choice([1, 30, 400, 21_000, 60_000])
    clip = numbers.randrange(3)
    parts = [clip << 4 | 4, 2 << 4, gap << 4 | numbers.choice([2, 3]), (bases - 2 - clip) << 4 | numbers.choice([0, 7])]
    return tuple(parts if clip else parts[1:])


def record(numbers: random.Random, known: int) -> Fields:
    """A record, mostly without fault, of one of ``known`` references."""
    bases = numbers.choice([0, 1, 8, 30, 30, 30, 40, 150])
    flag = numbers.choice(FLAGS)
    placed = known > 0 and (not flag & 4 or numbers.random() < 0.3)
    reference = numbers.randrange(known) if placed else -1
    position = numbers.randrange(min(REFERENCES[reference][1], 400)) if placed else -1
    if placed and numbers.random() < 0.2:
        position = numbers.randrange(REFERENCES[reference][1])
    mate = numbers.randrange(known) if placed and flag & 1 else -1
    tags = [tag("RG", "Z", numbers.choice(["g1", "g1", "g2"]))] if numbers.random() < 0.5 else []
    if numbers.random() < 0.5:
        tags.append(tag("NM", "C", numbers.randrange(3)))
    if numbers.random() < 0.03:
        tags.append(numbers.choice([b"XXZunended", tag("NM", "A", "x") * 2, b"X"]))
    odd = numbers.random() < 0.04
    return Fields(
        name=numbers.choice([b"r%d", b"I:1:F:1:1101:5:%d", b"a%d/1", b"b\0%d" if odd else b"x" * 240 + b"%d"])
        % numbers.randrange(12),
        flag=flag,
        reference=known if odd and numbers.random() < 0.5 else reference,
        position=1 << 30 if odd and numbers.random() < 0.5 else position,
        mapping_quality=numbers.choice([0, 60, 255]),
        cigar=cigar_of(numbers, bases) if placed and not flag & 4 else (),
        mate_reference=mate,
        mate_position=numbers.randrange(50) if mate >= 0 else -1,
        template_length=numbers.choice([0, 90, -90]) if mate >= 0 else 0,
        bases="".join(numbers.choice("ACGTN") for _ in range(bases)),
        qualities=None if numbers.random() < 0.1 else bytes(numbers.randrange(41) for _ in range(bases)),
        tags=tuple(tags),
    )


def order_of(item: Fields) -> tuple[int, int]:
    """Place of a record in the order of coordinates."""
    return (item.reference, item.position) if item.reference >= 0 else (1 << 20, 0)


def stored_bam(numbers: random.Random) -> bytes:
    """A BAM, sorted or not, aligned or not, whole or not."""
    references = REFERENCES[: numbers.choice([0, 1, 3, 3])]
    order = numbers.choice(["coordinate", "coordinate", *ORDERS])
    found = [record(numbers, len(references)) for _ in range(numbers.choice([0, 1, 5, 20, 40, 90]))]
    if order == "coordinate" or numbers.random() < 0.3:
        found.sort(key=order_of)
        if len(found) > 1 and numbers.random() < 0.15:
            place = numbers.randrange(len(found) - 1)
            found[place], found[place + 1] = found[place + 1], found[place]
    elif "queryname" in order and numbers.random() < 0.7:
        found.sort(key=lambda item: item.name)
    text = header(order, references, groups=numbers.random() < 0.7) + "@CO\tlong\n" * numbers.choice([0, 0, 80])
    data = bam_bytes(found, text, references)
    if numbers.random() < 0.15:
        place = numbers.randrange(len(data))
        data = data[:place] + numbers.choice([b"", struct.pack("<i", 3), b"\0" * 40, data[place // 2 :]])
    stored = bgzf(data, numbers.choice([numbers.randrange(9, 60), 150, 600, 5_000]))
    if numbers.random() < 0.1:
        stored = stored[: -len(END_BLOCK)]
    stored = numbers.choice([b"", b"", END_BLOCK]) * (numbers.random() < 0.1) + stored
    stored += (
        numbers.choice([b"", b"", b"", END_BLOCK, b"\0\0\0", b"behind", stored]) if numbers.random() < 0.3 else b""
    )
    place, harm = numbers.randrange(1, len(stored)), numbers.random()
    if harm < 0.1:
        stored = stored[:place]
    elif harm < 0.25:
        stored = stored[:place] + bytes([stored[place] ^ 0x15]) + stored[place + 1 :]
    return stored


def index_of(stored: bytes) -> bytes:
    """The BAI that pysam makes; none where it refuses."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "reads.bam"
        path.write_bytes(stored)
        try:
            pysam.index(str(path))
        except pysam.SamtoolsError:
            return b""
        return Path(f"{path}.bai").read_bytes()


@settings(deadline=None, max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 1 << 32), st.integers(2, 5))
def test_parts_put_together_are_the_whole(seed: int, of: int) -> None:
    numbers = random.Random(seed)
    check_parts(stored_bam(numbers), of, numbers, name="reads.bam")
