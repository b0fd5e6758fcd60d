"""Batches of reads built in code, as a reader would give them."""

from collections.abc import Sequence

import numpy as np

from dsqc.formats.batch import ReadBatch

Read = tuple[bytes, bytes | None]
"""Sequence and quality characters; None for a read without qualities."""


def make_batch(reads: Sequence[Read], flags: Sequence[int] | None = None, first_record: int = 1) -> ReadBatch:
    """One batch over ``reads``; the parts stand at uneven places of the buffer, other bytes between them."""
    text = bytearray(b"~")
    columns: list[list[int]] = [[], [], [], [], []]
    for number, (sequence, quality) in enumerate(reads):
        text += b"@"
        columns[0].append(len(text))
        text += b"r%d" % (first_record + number)
        columns[1].append(len(text))
        text += b"\n"
        columns[2].append(len(text))
        text += sequence + b"\n+\n"
        columns[3].append(-1 if quality is None else len(text))
        text += (quality or b"") + b"\n"
        columns[4].append(len(sequence))
    name_start, name_end, sequence_start, quality_start, length = (np.array(c, dtype=np.int64) for c in columns)
    return ReadBatch(
        data=np.frombuffer(bytes(text), dtype=np.uint8).copy(),
        name_start=name_start,
        name_end=name_end,
        sequence_start=sequence_start,
        quality_start=quality_start,
        length=length,
        first_record=first_record,
        flag=None if flags is None else np.array(flags, dtype=np.int32),
    )


def random_reads(number: int, longest: int, seed: int, *, lowest: int = 33, highest: int = 126) -> list[Read]:
    """Reads of 0 to ``longest`` bases over all IUPAC letters in both cases, with any quality in the range."""
    random = np.random.default_rng(seed)
    letters = np.frombuffer(b"ACGTACGTACGTUNacgtunRYSWKMBDHV.-", dtype=np.uint8)
    lengths = random.integers(0, longest, size=number, endpoint=True)
    return [
        (
            random.choice(letters, length).tobytes(),
            random.integers(lowest, highest, size=length, endpoint=True).astype(np.uint8).tobytes(),
        )
        for length in lengths.tolist()
    ]


def clean_reads(number: int, longest: int, seed: int) -> list[Read]:
    """Reads that no rule minds: 1 to ``longest`` of A, C, G, T, qualities 0 to 41."""
    random = np.random.default_rng(seed)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    lengths = random.integers(1, longest, size=number, endpoint=True)
    return [
        (
            random.choice(letters, length).tobytes(),
            random.integers(33, 74, size=length, endpoint=True).astype(np.uint8).tobytes(),
        )
        for length in lengths.tolist()
    ]
