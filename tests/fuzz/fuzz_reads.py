"""Random mutations of small files through the readers: no crash, no hang, no damage taken for whole.

Every mutation has a number; seed, kind and number make it again (``--first N --mutations 1``). Findings of the fuzzing
are printed as JSON lines, the last line is the sum. Exit code 1 where there was any.

  python tests/fuzz/fuzz_reads.py --seconds 600
  python tests/fuzz/fuzz_reads.py --kind bam --seed 3 --mutations 1000000 --keep found
"""

import argparse
import contextlib
import faulthandler
import hashlib
import io
import json
import os
import random
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pysam

from dsqc.errors import DsqcError
from dsqc.findings import FindingLog
from dsqc.formats import ReadBatch, open_reads
from dsqc.formats.bam import BamSource
from dsqc.formats.fastq import FastqSource
from dsqc.registry import Severity
from fuzz.oracle import BROKEN, UNKNOWN, UNWRAP, Truth, judge_bam, judge_fastq, judge_sam, ungzip
from helpers.damage import mutate
from helpers.reads import EXTENSIONS, WRAPPERS, bam, bgzf, fastq, make_reads, split_at

LONGEST_CASE = 30.0
"""Seconds after which a mutation counts as hanging: the process then prints its stacks and ends."""
ARMED_FOR = 2.0
"""Seconds after which the watchdog is set anew: setting it takes longer than a small file."""
BUFFERS = (64, 300, 1 << 12)
"""Sizes of the readers' buffers, so that records lie across their ends."""
ODD = frozenset({"DSQC-D010"})
"""Errors that the oracle does not judge: doubled pieces may double a name."""


@dataclass(frozen=True)
class Kind:
    """What is mutated, and what tells the truth.

    Attributes:
        name: of the file.
        originals: the valid files; another one gives the pieces for splices.
        judge: the truth of the stored bytes.
        store: makes the stored bytes of the mutated ones.
        exact: the judge knows every error of the readers, so what it calls valid must have none.
        content: the file holds FASTQ, whose bases and qualities are compared.
    """

    name: str
    originals: Sequence[bytes]
    judge: Callable[[bytes], Truth]
    store: Callable[[bytes], bytes] = bytes
    exact: bool = True
    content: bool = True


@dataclass
class Tally:
    """What was done.

    Attributes:
        mutations: files read.
        valid: those that stayed valid files.
        failures: what should not have happened, by number of the mutation.
        seconds: wall time.
    """

    mutations: int = 0
    valid: int = 0
    harmless: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)


def texts() -> list[bytes]:
    """Three small FASTQ texts: plain, with CR LF, wrapped."""
    return [
        fastq(make_reads(4, 1, longest=30)),
        fastq(make_reads(3, 2, longest=20), newline="\r\n"),
        fastq(make_reads(3, 3, shortest=30, longest=60), width=20),
    ]


def wrapped(kind: str) -> list[bytes]:
    """The texts in one and in several members of a container."""
    wrap = WRAPPERS[kind]
    return [wrap([text]) for text in texts()] + [wrap(split_at(text, [90, 200])) for text in texts()]


def judge_wrapped(kind: str) -> Callable[[bytes], Truth]:
    """The judge of FASTQ in a container."""

    def judge(data: bytes) -> Truth:
        text = UNWRAP[kind](data)
        return judge_fastq(text) if text else BROKEN

    return judge


def judge_stored_bam(data: bytes) -> Truth:
    """The judge of BAM as it is stored."""
    found = ungzip(data)
    return judge_bam(found) if found else BROKEN


SAM = (
    b"@HD\tVN:1.6\tSO:unsorted\n@SQ\tSN:c1\tLN:1000\n@RG\tID:a\tSM:s\n"
    b"r1\t99\tc1\t10\t60\t6M\t=\t50\t46\tACGTAC\tIIIIII\tNM:i:0\tRG:Z:a\n"
    b"r1\t147\tc1\t50\t60\t2M1D4M\t=\t10\t-46\tGGTTAC\tIIFFII\tNM:i:1\tRG:Z:a\n"
    b"r2\t4\t*\t0\t0\t*\t*\t0\t0\tACGTN\tFFFF#\n"
)


@cache
def alignments() -> tuple[list[bytes], list[bytes]]:
    """Small BAM files (uncompressed), and CRAM files of the same reads."""
    bams, crams = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.bam"
        reads = [read._replace(name=read.name.split()[0]) for read in make_reads(4, 5, longest=20)]
        bams.append(ungzip(bam(path, reads, [4] * len(reads))) or b"")
        for version in (b"3.0", b"3.1"):
            with pysam.AlignmentFile(path, check_sq=False) as source:
                target = pysam.AlignmentFile(
                    Path(folder) / "r.cram", "wc", header=source.header, format_options=[b"version=" + version]
                )
                for record in source:
                    target.write(record)
                target.close()
            crams.append((Path(folder) / "r.cram").read_bytes())
        sam = Path(folder) / "r.sam"
        sam.write_bytes(SAM)
        with pysam.AlignmentFile(sam) as source, pysam.AlignmentFile(path, "wb", header=source.header) as other:
            for record in source:
                other.write(record)
        bams.append(ungzip(path.read_bytes()) or b"")
    return bams, crams


def judge_sealed(data: bytes) -> Truth:
    """Nobody knows what a CRAM holds whose checksums were made for its damage: only crashes and hanging count."""
    return UNKNOWN if data not in map(sealed, alignments()[1]) else Truth(valid=True, count=4)


def judge_cram(data: bytes) -> Truth:
    """CRAM 3 is checked by CRC32 throughout, but for the 20 bytes of its name and what follows no block."""
    for original in alignments()[1]:
        if data[:6] == original[:6] and data[26:] == original[26:]:
            return Truth(valid=True, count=4)
    return BROKEN


def sealed(data: bytes) -> bytes:
    """A CRAM 3 with right checksums, so that what was mutated comes to the decoder, as far as its sizes are followed.

    CRAM specification 3, sections 7 and 8: a container's header and each of its blocks end in a CRC32.
    """
    fixed = bytearray(data)
    at = 26
    with contextlib.suppress(IndexError):
        while at + 4 < len(fixed):
            end_of_numbers, blocks, landmarks = at + 4, 0, 0
            for number in range(8):
                value, end_of_numbers = _number(fixed, end_of_numbers, 8 if number in (4, 5) else 4)
                blocks, landmarks = (value, landmarks) if number == 6 else (blocks, value)
            for _ in range(min(landmarks, 100)):
                end_of_numbers = _number(fixed, end_of_numbers, 4)[1]
            length = int.from_bytes(fixed[at : at + 4], "little")
            place = _seal(fixed, at, end_of_numbers)
            at = place + length
            for _ in range(min(blocks, 100)):
                content = place + 2
                size = 0
                for number in range(3):
                    value, content = _number(fixed, content, 4)
                    size = value if number == 1 else size
                place = _seal(fixed, place, content + size)
    return bytes(fixed)


def _number(data: bytearray, at: int, most: int) -> tuple[int, int]:
    """A number as CRAM stores it, where it is small, and where it ends."""
    more = 0
    while more < most and data[at] & (0x80 >> more):
        more += 1
    value = int.from_bytes(bytes([data[at] & (0x7F >> min(more, 7))]) + data[at + 1 : at + 1 + more], "big")
    return value, at + 1 + more


def _seal(data: bytearray, start: int, end: int) -> int:
    """Write the CRC32 of data[start:end] behind it; where that ends."""
    if end + 4 > len(data):
        raise IndexError
    data[end : end + 4] = zlib.crc32(data[start:end]).to_bytes(4, "little")
    return end + 4


def blocks_of(data: bytes) -> bytes:
    """BGZF that is quick to make: a block of the data, without compression."""
    return bgzf([data]) if len(data) < 60_000 else bgzf(split_at(data, range(0, len(data), 60_000)))


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    found = {
        kind: Kind(f"r.fastq{EXTENSIONS[kind]}", wrapped(kind), judge_wrapped(kind))
        for kind in ("plain", "gzip", "bgzf", "bzip2", "zstd", "xz")
    }
    bams, crams = alignments()
    found["sam"] = Kind("r.sam", [SAM], judge_sam, exact=False, content=False)
    found["bam"] = Kind("r.bam", bams, judge_stored_bam, blocks_of, exact=False, content=False)
    found["bam-stored"] = Kind(
        "r.bam", [blocks_of(data) for data in bams], judge_stored_bam, exact=False, content=False
    )
    found["cram"] = Kind("r.cram", crams, judge_cram, exact=False, content=False)
    found["cram-sealed"] = Kind("r.cram", crams, judge_sealed, sealed, exact=False, content=False)
    return found


class Drops(io.RawIOBase):
    """A file that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, size: int) -> None:
        self._inner = io.BytesIO(data)
        self._size = size

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(self._size if size < 0 else min(size, self._size))


def parts(batch: ReadBatch) -> Iterator[tuple[bytes, bytes]]:
    """Bases and qualities of each read."""
    data = batch.data
    rows = zip(batch.sequence_start.tolist(), batch.quality_start.tolist(), batch.length.tolist(), strict=True)
    for sequence, quality, length in rows:
        yield data[sequence : sequence + length].tobytes(), data[quality : quality + length].tobytes()


def read(data: bytes, kind: Kind, rng: random.Random) -> tuple[set[str], list[tuple[bytes, bytes]], int, str]:
    """Codes of the errors, reads, number of records, and what the proof contradicts."""
    log = FindingLog()
    file = Drops(data, rng.randint(1, 40)) if rng.random() < 0.05 else io.BytesIO(data)
    threads = 2 if rng.random() < 0.02 else 1
    reads: list[tuple[bytes, bytes]] = []
    with open_reads(file, log, name=kind.name, threads=threads) as source:
        for batch in source.batches():
            if kind.content:
                reads.extend(parts(batch))
        integrity = source.integrity
        codes = {item.code for item in log if item.severity is Severity.ERROR}
        wrong = ""
        if integrity.md5 != hashlib.md5(data).hexdigest() or integrity.size_bytes != len(data):
            wrong = "not all bytes were hashed"
        elif source.damaged and not codes:
            wrong = "damaged without an error"
    return codes, reads, source.record_count, wrong


def verdict(data: bytes, original: bytes, kind: Kind, rng: random.Random, tally: Tally) -> str:
    """What is wrong with how ``data`` was read; empty where nothing is."""
    try:
        codes, reads, count, wrong = read(data, kind, rng)
    except DsqcError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # whatever it is, it is what is looked for
        return f"exception {type(error).__name__}: {error}"
    tally.codes.update(codes)
    truth = kind.judge(data)
    tally.valid += truth.valid
    if truth is UNKNOWN:
        return wrong
    errors = codes - ODD
    if wrong:
        return wrong
    if errors:
        return f"valid, yet {sorted(errors)}" if truth.valid and kind.exact else ""
    if truth.valid and truth.count == count and (not kind.content or list(truth.reads) == reads):
        return ""
    if not truth.valid and kind.content and kind.name != "r.fastq":
        same = kind.judge(original)
        if list(same.reads) == reads:
            # Another decoder refuses what this one takes, but every checksum holds: the data is the original's.
            tally.harmless += 1
            return ""
    return f"no error, {count} records; the truth: {'valid' if truth.valid else 'broken'}, {truth.count}"


def mutated(kind: Kind, seed: int, number: int) -> tuple[bytes, bytes, random.Random]:
    """The mutation of this number: its stored bytes, the original's, and what chooses how it is read."""
    rng = random.Random(seed << 40 | number)
    original = rng.choice(kind.originals)
    data = original
    for _ in range(1 if rng.random() < 0.7 else rng.randint(2, 5)):
        data = mutate(data, rng, rng.choice(kind.originals))
    return kind.store(data), kind.store(original), rng


def small_buffers(rng: random.Random) -> None:
    """Give the readers another small buffer and few rows."""
    for source in (FastqSource, BamSource):
        defaults = source.__init__.__kwdefaults__ or {}
        if "buffer" in defaults:
            defaults["buffer"] = rng.choice(BUFFERS)
        if "rows" in defaults:
            defaults["rows"] = rng.choice((1, 3, 64))


class SmallBuffers:
    """Small buffers for as long as this is entered."""

    def __enter__(self) -> None:
        self._kept = [dict(source.__init__.__kwdefaults__ or {}) for source in (FastqSource, BamSource)]

    def __exit__(self, *_: object) -> None:
        for source, kept in zip((FastqSource, BamSource), self._kept, strict=True):
            if source.__init__.__kwdefaults__ is not None:
                source.__init__.__kwdefaults__.update(kept)


@contextlib.contextmanager
def _progress(folder: Path | None, name: str) -> Iterator[Callable[[int], object]]:
    """Writes the number of the mutation that is read to a file, from which a crash or hanging can be made again."""
    if folder is None:
        yield lambda _number: None
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("wb", buffering=0) as file:
        yield lambda number: os.pwrite(file.fileno(), b"%020d\n" % number, 0)


def fuzz(
    name: str,
    *,
    seed: int = 1,
    first: int = 0,
    mutations: int | None = None,
    seconds: float | None = None,
    keep: Path | None = None,
) -> Tally:
    """Mutate files of one kind until the number or the time is reached.

    Files that failed go to ``keep``, and the number of the mutation that is just read.
    """
    kind, tally = kinds()[name], Tally()
    for original in kind.originals:  # compiles the kernels, which is no hang
        read(kind.store(original), kind, random.Random(0))
    end = None if seconds is None else time.monotonic() + seconds
    number = first
    armed = -ARMED_FOR
    with SmallBuffers(), _progress(keep, f"{name}-{seed}-current") as note:
        while (mutations is None or number < first + mutations) and (end is None or time.monotonic() < end):
            if (now := time.monotonic()) - armed > ARMED_FOR:
                armed = now
                faulthandler.dump_traceback_later(LONGEST_CASE, exit=True, file=sys.__stderr__)
            note(number)
            data, original, rng = mutated(kind, seed, number)
            small_buffers(rng)
            if reason := verdict(data, original, kind, rng, tally):
                tally.failures.append({"kind": name, "seed": seed, "number": number, "reason": reason})
                if keep is not None:
                    (keep / f"{name}-{seed}-{number}-{kind.name}").write_bytes(data)
            tally.mutations += 1
            number += 1
    faulthandler.cancel_dump_traceback_later()
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--kind", action="append", choices=sorted(kinds()), help="what to mutate (default: all in turn)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation")
    parser.add_argument("--mutations", type=int, help="mutations of each kind")
    parser.add_argument("--seconds", type=float, help="wall time of all kinds together")
    parser.add_argument("--keep", type=Path, help="directory for the files that failed")
    options = parser.parse_args(arguments)
    if options.mutations is None and options.seconds is None:
        options.mutations = 10_000
    chosen = options.kind or list(kinds())
    share = None if options.seconds is None else options.seconds / len(chosen)
    total = failed = 0
    started = time.monotonic()
    for name in chosen:
        before = time.monotonic()
        tally = fuzz(
            name, seed=options.seed, first=options.first, mutations=options.mutations, seconds=share, keep=options.keep
        )
        for failure in tally.failures[:50]:
            _print(failure)
        spent = time.monotonic() - before
        _print(
            {
                "kind": name,
                "mutations": tally.mutations,
                "valid": tally.valid,
                "harmless": tally.harmless,
                "failures": len(tally.failures),
                "per_second": round(tally.mutations / spent),
                "codes": dict(sorted(tally.codes.items())),
            }
        )
        total += tally.mutations
        failed += len(tally.failures)
    spent = time.monotonic() - started
    _print({"mutations": total, "failures": failed, "seconds": round(spent, 1), "per_second": round(total / spent)})
    return 1 if failed else 0


def _print(item: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(item) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    faulthandler.enable()
    sys.exit(main())
