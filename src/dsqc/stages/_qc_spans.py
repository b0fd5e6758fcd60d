"""What stands in front of a part of a data file: counted once a part, shared by the processes that measure parts."""

import json
import time
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.errors import SystemFault
from dsqc.formats.checksums import Checksums
from dsqc.formats.fastq_span import Before, SpanCount, count_span
from dsqc.formats.spans import Span, Spans, find_spans
from dsqc.stages._part_file import PartFile
from dsqc.version import __version__

SCHEMA = "1.0"
PARTS = "parts"
"""Directory beside the results of a run where the parts of its big files wait to be put together."""
_POLL_SECONDS = 0.1
_PIECE = 1 << 20


class SeamBroken(Exception):
    """No edge of the container stands where the file was cut: it can only be measured whole."""


def place_of(out: Path, spans: Spans, span: Span, kind: str) -> Path:
    """Where a part's ``count`` or ``part`` stands: ``reads.fastq.gz.2-of-8.part``."""
    return out / f"{spans.path.name}.{span.number}-of-{span.of}.{kind}"


def identity_of(spans: Spans, span: Span) -> dict[str, Any]:
    """What a count or a part must say to be of this part of this file, by this version of dsqc."""
    place = {"number": span.number, "of": span.of, "start": span.start, "stop": span.stop}
    return {"schema_version": SCHEMA, "dsqc_version": __version__, "file": spans.to_dict(), "span": place}


def before_of(spans: Spans, span: Span, out: Path) -> tuple[Before, SpanCount | None]:
    """What stands in front of a part, and what the part holds (None behind damage of the container).

    Every part is counted once: its own first, so that others find it, and those in front of it where nobody else has
    (who may be at it is waited for as long as counting takes).

    Raises:
        SeamBroken: see there.
        SystemFault: the file cannot be read, ``out`` cannot be written.
    """
    started = time.monotonic()
    if _read(spans, span, out) is None:
        _write(spans, span, out, count_span(spans, span))
    until = time.monotonic() + (time.monotonic() - started)
    before = Before()
    for item in spans.spans[: span.number]:
        if before.damaged:
            return before, None
        count = _read(spans, item, out)
        while count is None and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
            count = _read(spans, item, out)
        if count is None or not before.fits(count, item.number):
            count = count_span(spans, item, before)
            _write(spans, item, out, count)
        if not (count.lands or count.damaged) or count.members != count.blocks:
            raise SeamBroken
        if item is span:
            return before, count
        before = before.after(count)
    raise AssertionError("a span of another file")


def _read(spans: Spans, span: Span, out: Path) -> SpanCount | None:
    """A count that stands and is of this file; None: there is none."""
    try:
        found = json.loads(place_of(out, spans, span, "count").read_text(encoding="utf-8"))
        if {name: found.get(name) for name in identity_of(spans, span)} == identity_of(spans, span):
            return SpanCount(**found["count"])
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        pass  # it is counted anew
    return None


def _write(spans: Spans, span: Span, out: Path, count: SpanCount) -> None:
    place = place_of(out, spans, span, "count")
    artefact.write_json(place, {**identity_of(spans, span), "count": count.to_dict()})


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
