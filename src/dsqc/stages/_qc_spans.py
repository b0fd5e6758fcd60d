"""What stands in front of a part of a data file: counted once a part, shared by the processes that measure parts."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.errors import SystemFault
from dsqc.formats.bam_span import BamBefore, BamCount, count_bam_span
from dsqc.formats.checksums import Checksums
from dsqc.formats.fastq_span import Before, SpanCount, count_span
from dsqc.formats.spans import Span, Spans, find_spans
from dsqc.metrics.alignment_coverage import CoverageCollector
from dsqc.metrics.alignment_depth import NOTHING_OPEN, DepthWindow
from dsqc.model import FileFormat
from dsqc.stages._part_file import PartFile
from dsqc.version import __version__

SCHEMA = "1.1"
_POLL_SECONDS = 0.1
_PIECE = 1 << 20
_MOST_CHANGES = 1 << 18
"""Changes of depth that are handed to the part that follows: more are left open only by very many very long reads."""


class SeamBroken(Exception):
    """No edge of the container stands where the file was cut, or records reach across it in too many ways: it can only
    be measured whole."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one part holds; of alignments also what its records leave open of the depth, as if none stood in front."""

    count: SpanCount
    window: DepthWindow = NOTHING_OPEN

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        window = {"window": self.window.to_dict()} if isinstance(self.count, BamCount) else {}
        return {"count": self.count.to_dict(), **window}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Counted":
        """Read :meth:`to_dict` back."""
        if "window" in data:
            return cls(BamCount(**data["count"]), DepthWindow.from_dict(data["window"]))
        return cls(SpanCount(**data["count"]))


@dataclass(frozen=True, slots=True)
class InFront:
    """What stands in front of a part.

    Attributes:
        before: how much; where the part's first record begins.
        count: what the part itself holds; None behind damage of the container.
        window: of alignments, what all in front leaves open of the depth.
    """

    before: Before
    count: SpanCount | None
    window: DepthWindow = NOTHING_OPEN


def place_of(out: Path, spans: Spans, span: Span, kind: str) -> Path:
    """Where a part's ``count`` or ``part`` stands: ``reads.fastq.gz.2-of-8.part``."""
    return out / f"{spans.path.name}.{span.number}-of-{span.of}.{kind}"


def identity_of(spans: Spans, span: Span) -> dict[str, Any]:
    """What a count or a part must say to be of this part of this file, by this version of dsqc."""
    place = {"number": span.number, "of": span.of, "start": span.start, "stop": span.stop}
    return {"schema_version": SCHEMA, "dsqc_version": __version__, "file": spans.to_dict(), "span": place}


def in_front(spans: Spans, span: Span, out: Path) -> InFront:
    """What stands in front of a part, and what the part holds.

    Every part is counted once: its own first, so that others find it, and those in front of it where nobody else has
    (who may be at it is waited for as long as counting takes).

    Raises:
        SeamBroken: see there.
        SystemFault: the file cannot be read, ``out`` cannot be written.
    """
    started = time.monotonic()
    if _read(spans, span, out) is None:
        _write(spans, span, out, _counted(spans, span))
    until = time.monotonic() + (time.monotonic() - started)
    before: Before = BamBefore() if spans.format is FileFormat.BAM else Before()
    window = NOTHING_OPEN
    for item in spans.spans[: span.number]:
        if before.damaged:
            return InFront(before, None)
        found = _read(spans, item, out)
        while found is None and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
            found = _read(spans, item, out)
        if found is None or not before.fits(found.count, item.number):
            found = _counted(spans, item, before)
            _write(spans, item, out, found)
        count = found.count
        if not (count.lands or count.damaged) or count.members != count.blocks:
            raise SeamBroken
        if item is span:
            return InFront(before, count, window)
        if not before.ended and before.edge - before.size < count.size:
            window = window.join(found.window)
        if len(window.changes) > _MOST_CHANGES:
            raise SeamBroken
        before = before.after(count)
    raise AssertionError("a span of another file")


def _counted(spans: Spans, span: Span, known: Before | None = None) -> Counted:
    if spans.format is not FileFormat.BAM:
        return Counted(count_span(spans, span, known))
    depth = CoverageCollector()
    count = count_bam_span(spans, span, known if isinstance(known, BamBefore) else None, depth.add_records)
    return Counted(count, depth.window())


def _read(spans: Spans, span: Span, out: Path) -> Counted | None:
    """A count that stands and is of this file; None: there is none."""
    try:
        found = json.loads(place_of(out, spans, span, "count").read_text(encoding="utf-8"))
        if {name: found.get(name) for name in identity_of(spans, span)} == identity_of(spans, span):
            return Counted.from_dict(found)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        pass  # it is counted anew
    return None


def _write(spans: Spans, span: Span, out: Path, counted: Counted) -> None:
    artefact.write_json(place_of(out, spans, span, "count"), {**identity_of(spans, span), **counted.to_dict()})


def is_of(found: PartFile, spans: Spans, span: Span) -> bool:
    """Whether a part that was read back is this part of this file, made by this version of dsqc."""
    wanted = identity_of(spans, span)
    return {name: found.header.get(name) for name in wanted} == wanted


def digest(path: Path) -> dict[str, str]:
    """The checksums of all stored bytes."""
    checksums = Checksums()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                checksums.update(piece)
    except OSError as error:
        raise SystemFault(f"Reading {path.name} failed: {error.strerror}.", hint="Check the disk.") from error
    return {"md5": checksums.md5, "sha256": checksums.sha256, "crc64nvme": checksums.crc64nvme}


def digest_of(spans: Spans, out: Path) -> dict[str, str] | None:
    """The checksums that stand in ``out``; None where there are none of this file as it is."""
    place = digest_place(out, spans.path)
    if not place.exists():
        return None
    found = artefact.read_json(place)
    if found.get("file") != spans.to_dict():
        return None
    return {name: str(found[name]) for name in ("md5", "sha256", "crc64nvme")}


def digest_place(out: Path, path: Path) -> Path:
    """Where the checksums of a file's stored bytes stand."""
    return out / f"{path.name}.digest"


def pairs_place(out: Path, paths: tuple[Path, Path], number: int, of: int) -> Path:
    """Where the comparison of a part of two mate files stands."""
    return out / f"{paths[0].name}.{number}-of-{of}.pairs"


def pairs_identity(paths: tuple[Path, Path], number: int, of: int) -> dict[str, Any]:
    """What a comparison must say to be of this part of these files, by this version of dsqc."""
    files = [find_spans(path, 1).to_dict() for path in paths]
    return {"schema_version": SCHEMA, "dsqc_version": __version__, "files": files, "part": [number, of]}
