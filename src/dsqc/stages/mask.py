"""Masking people in data files: header lines of alignments and name lines of FASTQ; reads stay as they are, and that is
proven by their fingerprint.

What is masked is what DSQC-H008 and DSQC-H012 look for. Header fields that records refer to (ID of @RG and @PG, with
PP) stay as they are and are told of: to change them, records would have to change with them.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc import artefact, logs
from dsqc.errors import SystemFault
from dsqc.findings import FindingLog
from dsqc.formats import ReadBatch, ReadSource, open_reads
from dsqc.model import Container, FileFormat
from dsqc.personal import identifiers, mask, names, users
from dsqc.stages._qc_personal import may_point_at_people
from dsqc.stages._scrub_reads import Filter, Stems, bam_head, cram_head, join_head, offset_of, split_head
from dsqc.stages.scrub import (
    CleanResult,
    RefusedFiles,
    check_free,
    check_places,
    done,
    is_sound,
    read_again,
    write_content,
)
from dsqc.version import __version__

REPORT = "mask.json"
SHOWN = 20
"""Masked texts that the report lists of a file."""
MASKED_LINES = ("RG", "PG", "CO")
REFERRED_TO = frozenset({"RG ID", "PG ID", "PG PP"})
_MAYBE_PATH = ("/home", "Users")
_COMMENT = re.compile(r"[ \t]")


class _Tally:
    """Lines that changed, what they show now, and where a person is left."""

    def __init__(self) -> None:
        self.lines = 0
        self.shown: dict[str, None] = {}
        self.left: dict[str, None] = {}

    def note(self, shown: Iterable[str]) -> None:
        """A line changed."""
        self.lines += 1
        for text in shown:
            if len(self.shown) < SHOWN:
                self.shown[text] = None


def masked(text: str) -> tuple[str, list[str]]:
    """``text`` without what points at a person, and what it shows in its place."""
    if not may_point_at_people(text, text) and not any(part in text for part in _MAYBE_PATH):
        return text, []
    found = [*identifiers(text), *users(text)]
    taken = {place for seen in found for place in range(seen.start, seen.end)}
    found += [seen for seen in names(text) if not taken & set(range(seen.start, seen.end))]
    return mask(text, found), [seen.masked for seen in found]


def masked_header(text: str, tally: _Tally) -> str:
    """The text of a header with people masked; its other lines, and fields that records refer to, as they are."""
    return "\n".join(_masked_line(line, tally) for line in text.split("\n"))


def _masked_line(line: str, tally: _Tally) -> str:
    kind = line[1:3]
    if not line.startswith("@") or kind not in MASKED_LINES:
        return line
    head, *parts = [line[:4], line[4:]] if kind == "CO" else line.split("\t")
    changed, shown = [head], []
    for part in parts:
        tag, value = ("", part) if kind == "CO" else (part[:3], part[3:])
        text, seen = masked(value)
        where = f"@{kind} {tag}".strip()
        if seen and f"{kind} {tag[:2]}" in REFERRED_TO:
            tally.left[f"{where}{' '.join(seen)}"] = None
            text, seen = value, []
        changed.append(tag + text)
        shown += [f"{where} {item}" if kind == "CO" else f"{where}{item}" for item in seen]
    if shown:
        tally.note(shown)
    return changed[0] + changed[1] if kind == "CO" else "\t".join(changed)


def mask_files(*paths: str | Path, out: Path, threads: int = 2, reference: str | Path | None = None) -> CleanResult:
    """Write data files with people masked in their headers and name lines into ``out``, with ``mask.json``.

    Mates are masked alike, so that they still have the same names.

    Args:
        paths: FASTQ, BAM or CRAM.
        out: a directory apart from the files.
        threads, reference: as in :func:`dsqc.stages.scrub.scrub`.

    Raises:
        UsageError, SystemFault, StorageFault: as :func:`dsqc.stages.scrub.scrub`.
    """
    inputs = tuple(Path(path) for path in paths)
    fasta = Path(reference) if reference else None
    kinds = check_places(inputs, out, fasta)
    key = {"dsqc_version": __version__}
    if (known := done(out / REPORT, key, inputs)) is not None:
        return CleanResult(known, FindingLog(), again=True)
    check_free(out, REPORT, inputs)
    log = FindingLog()
    try:
        with ExitStack() as written:
            places = [written.enter_context(artefact.atomic_path(out / path.name)) for path in inputs]
            rows = [
                _mask_file(path, place, kinds[path], log, threads=threads, reference=fasta)
                for path, place in zip(inputs, places, strict=True)
            ]
            # From here on files get their names: an earlier report would speak of others.
            (out / REPORT).unlink(missing_ok=True)
    except RefusedFiles:
        return CleanResult(None, log)
    document = {"schema_version": "1.0", **key, "files": rows}
    artefact.write_json(out / REPORT, document)
    logs.logger(stage="mask").info("masked", files=len(rows))
    return CleanResult(document, log)


def _mask_file(
    path: Path,
    place: Path,
    kind: tuple[FileFormat, Container],
    log: FindingLog,
    *,
    threads: int,
    reference: Path | None,
) -> dict[str, Any]:
    tally = _Tally()
    with open_reads(path, log, threads=threads, reference=reference) as source:
        if kind[0] is FileFormat.FASTQ:
            text = _MaskedNames(source, tally)
            write_content(place, text.blocks(), kind, reference)
            kept: Filter = text
        else:
            kept = Filter(source, Stems())
            text_of, rest = split_head(bam_head(path) if kind[0] is FileFormat.BAM else cram_head(path))
            head = masked_header(text_of, tally)
            write_content(place, kept.blocks(join_head(head, rest)), kind, reference)
        if source.damaged or source.unproven or not is_sound(log):
            raise RefusedFiles
        offset, proof = offset_of(source, kept.before), source.integrity
        before = kept.before.identity(offset)
    after, identity = read_again(place, path.name, kind, offset, reference)
    content = after.pop("content")
    if identity != before or after["records"] != kept.records_before:
        raise SystemFault(f"{path.name} did not keep its reads.", hint="Please report this.")
    if kind[0] is not FileFormat.CRAM and content != kept.content.hexdigest():
        raise SystemFault(f"{path.name} did not come back as it was written.", hint="Check the disk, run it again.")
    facts = {"size_bytes": proof.size_bytes, "md5": proof.md5, "sha256": proof.sha256}
    return {
        "name": path.name,
        "format": kind[0].value,
        "container": kind[1].value,
        "masked_lines": tally.lines,
        "shown": list(tally.shown),
        "left": list(tally.left),
        "before": {**facts, "records": kept.records_before, "fingerprint": before.to_dict()},
        "after": after,
    }


class _MaskedNames(Filter):
    """The content of a FASTQ file with people masked in its name lines; the reads are summed up as they come."""

    def __init__(self, source: ReadSource, tally: _Tally) -> None:
        super().__init__(source, Stems())
        self._tally = tally

    def blocks(self, head: bytes = b"") -> Iterator[bytes]:
        """The content, batch by batch. A record whose name changes loses the copy of it in its third line."""
        for batch in self._source.batches():
            text = self.stored(batch)
            changed = self._changes(batch)
            if changed:
                text = _with_names(batch, self.ends(batch), changed)
            self.sum_up(batch, np.zeros(len(batch), dtype=np.bool_))
            yield self.given(text)

    def _changes(self, batch: ReadBatch) -> dict[int, bytes]:
        start, end = batch.name_start, batch.name_end
        lines = [bytes(batch.data[one:two]) for one, two in zip(start.tolist(), end.tolist(), strict=True)]
        together = b"\n".join(lines).decode("utf-8", "surrogateescape")
        if not may_point_at_people(together, together) and not any(part in together for part in _MAYBE_PATH):
            return {}
        found: dict[int, bytes] = {}
        for row, line in enumerate(lines):
            text, shown = _masked_name(line.decode("utf-8", "surrogateescape"))
            if shown:
                self._tally.note(shown)
                found[row] = text.encode("utf-8", "surrogateescape")
        return found


def _masked_name(line: str) -> tuple[str, list[str]]:
    """A name line; names of people are looked for in its comment only, as instruments make up the name."""
    parts = _COMMENT.split(line, maxsplit=1)
    stem, comment = line[: len(parts[0])], line[len(parts[0]) :]
    found = identifiers(stem)
    text, shown = masked(comment)
    return mask(stem, found) + text, [seen.masked for seen in found] + shown


def _with_names(batch: ReadBatch, ends: NDArray[np.int64], changed: dict[int, bytes]) -> bytes:
    parts: list[bytes] = []
    begin = batch.name_start - 1
    last = 0
    for row, name in changed.items():
        sequence, length, quality = (int(col[row]) for col in (batch.sequence_start, batch.length, batch.quality_start))
        line_end = bytes(batch.data[quality + length : int(ends[row])])
        parts += [bytes(batch.data[int(begin[one]) : int(ends[one])]) for one in range(last, row)]
        rows = (b"@" + name, batch.data[sequence : sequence + length].tobytes(), b"+")
        parts += [line_end.join([*rows, batch.data[quality : quality + length].tobytes(), b""])]
        last = row + 1
    parts += [bytes(batch.data[int(begin[one]) : int(ends[one])]) for one in range(last, len(batch))]
    return b"".join(parts)
