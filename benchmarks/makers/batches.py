"""A seeded batch of submissions with many small runs, of the shipped cattle transcriptome."""

import csv
import gzip
import hashlib
import io
import os
import random
from importlib.resources import files
from pathlib import Path

SAMPLE = "hanwoo-rnaseq"
READS = 900
"""Reads of a run, drawn out of those of the sample: about 80 kB."""


def make_batch(place: Path, submissions: int, runs: int, seed: int = 1, *, with_reads: bool = True) -> Path:
    """Write a batch sheet and its submissions; returns the sheet. The same arguments give the same bytes.

    Args:
        place: an empty directory.
        submissions: how many.
        runs: of each.
        seed: of the choice of reads.
        with_reads: without it, data files have their size and no content: enough to plan, not to run.
    """
    source = Path(str(files("dsqc.sample_batch").joinpath(SAMPLE)))
    tables = {path.stem: _rows(path) for path in sorted(source.glob("*.tsv"))}
    records = _records(next(source.glob("*.fastq.gz"))) if with_reads else []
    lines = ["submission\tsource"]
    for number in range(1, submissions + 1):
        name = f"scale-{number:04d}"
        _make_submission(place / name, tables, records, runs, random.Random(seed * 1_000_003 + number))
        lines.append(f"{name}\t{name}")
    sheet = place / "batch.tsv"
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sheet


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))


def _records(path: Path) -> list[bytes]:
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    return [b"\n".join(lines[start + 1 : start + 4]) + b"\n" for start in range(0, len(lines) - 4, 4)]


def _make_submission(
    place: Path, tables: dict[str, list[list[str]]], records: list[bytes], runs: int, draw: random.Random
) -> None:
    """One submission in ``place``, named after it; without ``records`` its files are empty."""
    name = place.name
    place.mkdir(parents=True)
    changed: dict[str, list[list[str]]] = {sheet: [rows[0]] for sheet, rows in tables.items()}
    project = {"hanwoo-liver": f"{name}-project", "hanwoo-rnaseq": name}
    for sheet in ("submission", "project"):
        changed[sheet].append([project.get(cell, cell) for cell in tables[sheet][1]])
    for number in range(1, runs + 1):
        alias = f"{name}-{number:03d}"
        data = _fastq(records, alias, draw) if records else b""
        file = f"{alias}.fastq.gz"
        size = len(data) or 80_000
        (place / file).write_bytes(data)
        os.truncate(place / file, size)
        new = {"002145678901": f"0{draw.randrange(10**11):011d}", "HW-LIVER-12.fastq.gz": file}
        new |= {"95aea6e604e654d6cc1b8ae4ccac72bf": hashlib.md5(data).hexdigest(), "212836": str(size)}
        for sheet in ("sample", "experiment", "run", "file"):
            row = [new.get(cell, cell).replace("HW-LIVER-12", alias) for cell in tables[sheet][1]]
            changed[sheet].append([cell.replace("steer 12", f"steer {number}") for cell in row])
    for sheet, rows in changed.items():
        text = io.StringIO()
        csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
        (place / f"{sheet}.tsv").write_text(text.getvalue(), encoding="utf-8")


def _fastq(records: list[bytes], alias: str, draw: random.Random) -> bytes:
    chosen = draw.sample(records, min(READS, len(records)))
    text = b"".join(b"@%s:%d\n%s" % (alias.encode(), number, record) for number, record in enumerate(chosen, start=1))
    return gzip.compress(text, compresslevel=1, mtime=0)
