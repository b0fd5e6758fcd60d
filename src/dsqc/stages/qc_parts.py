"""A big data file measured in parts, each by a process of its own; put together, the results are those of one pass.

:func:`plan_parts` says how many parts, :func:`measure_part` measures one, :func:`measure_digest` hashes the stored
bytes, and :func:`join_parts`, which ``dsqc qc --parts`` and the runs of a batch call, gives what reading the file whole
gives, byte for byte. Parts may be measured in any order, at once, and again.
"""

import unicodedata
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.crypt4gh import open_data
from dsqc.errors import SystemFault, UsageError
from dsqc.findings import FindingLog
from dsqc.fingerprint import Fingerprint
from dsqc.formats import open_reads
from dsqc.formats.bam_span import BamBefore, BamHeader, BamSpan, read_header
from dsqc.formats.fastq_span import Before, FastqSpan
from dsqc.formats.names_lead import LeadingNames
from dsqc.formats.pair_span import PairSpan
from dsqc.formats.span_reader import SpanBytes
from dsqc.formats.spans import Span, Spans, find_spans
from dsqc.metrics import state
from dsqc.metrics.pairs import PairMetrics
from dsqc.metrics.reads import ReadMetrics
from dsqc.model import FileFormat
from dsqc.stages._part_file import PartFile, PartWriter
from dsqc.stages._qc_files import PARTS
from dsqc.stages._qc_join import has_parts, join_pair, join_parts
from dsqc.stages._qc_measure import Options
from dsqc.stages._qc_personal import PersonalCheck
from dsqc.stages._qc_spans import (
    SCHEMA,
    InFront,
    SeamBroken,
    digest,
    digest_of,
    digest_place,
    identity_of,
    in_front,
    is_of,
    pairs_identity,
    pairs_place,
    place_of,
)

MOST_PARTS = 999
__all__ = [
    "PARTS",
    "Part",
    "has_parts",
    "join_pair",
    "join_parts",
    "measure_digest",
    "measure_pair_part",
    "measure_part",
    "measure_run_part",
    "plan_parts",
]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a data file: part ``number`` (from 1) of ``of``."""

    path: Path
    number: int
    of: int


def plan_parts(path: Path, size_target: int) -> list[Part]:
    """Parts of about ``size_target`` stored bytes; one alone where the file is not cut (:func:`why_whole` says why).

    Raises:
        SystemFault: the file cannot be read.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SystemFault(f"Reading {path.name} failed: {error.strerror}.") from error
    number = min(max(round(size / max(size_target, 1)), 1), MOST_PARTS)
    of = len(find_spans(path, number).spans)
    return [Part(path, item, of) for item in range(1, of + 1)]


def measure_part(part: Part, out: Path, *, options: Options | None = None) -> Path:
    """Measure one part and write what it was found to be into ``out``; its place.

    What stands in front of it is counted by whoever comes first (``*.count`` in ``out``). What stands there already and
    is of this part of this file is left as it is.

    A part of a file that is not cut (who planned it may not have seen the file) is read by nobody: it says that the
    file is measured whole when the parts are put together.

    Raises:
        UsageError: ``part.number`` is none of ``part.of``.
        SystemFault: the file cannot be read, ``out`` cannot be written.
    """
    if not 1 <= part.number <= part.of <= MOST_PARTS:
        raise UsageError(f"{part.number} of {part.of} is no part of {part.path.name}.", hint="Count from 1.")
    spans = find_spans(part.path, part.of)
    span = Span(part.number, part.of, 0, spans.size) if spans.reason else spans.spans[part.number - 1]
    place = place_of(out, spans, span, "part")
    if _stands(place, spans, span):
        return place
    options = options or Options()
    out.mkdir(parents=True, exist_ok=True)
    with artefact.atomic_file(place) as file:
        writer = PartWriter(file)
        if spans.reason:
            found: dict[str, Any] = {"whole": True}
        else:
            try:
                found = _measured(_Place(spans, span, in_front(spans, span, out)), writer, options)
            except SeamBroken:
                found = {"whole": True}
        writer.finish({**identity_of(spans, span), **found})
    return place


def _stands(place: Path, spans: Spans, span: Span) -> bool:
    try:
        with closing(PartFile(place)) as found:
            return is_of(found, spans, span)
    except SystemFault:
        return False


@dataclass(frozen=True, slots=True)
class _Place:
    """A part, and what stands in front of it."""

    spans: Spans
    span: Span
    front: InFront

    def source(self, end: int | None, *, ahead: bool) -> FastqSpan | BamSpan:
        """Its reader; ``end``: where the records of the part end, None: at the end of the data."""
        before = self.front.before
        if isinstance(before, BamBefore):
            return BamSpan(self.spans, self.span, before, end, self._header(before), ahead=ahead)
        return FastqSpan(self.spans, self.span, before, end, ahead=ahead)

    def _header(self, before: BamBefore) -> BamHeader | None:
        return None if before.is_head or before.ended else read_header(self.spans.path)

    def metrics(self) -> ReadMetrics:
        """Empty metrics, which know of what stands in front what they must know."""
        before, count = self.front.before, self.front.count
        aligned = isinstance(before, BamBefore)
        if before.ended or count is None or not count.records:
            return ReadMetrics(aligned=aligned)
        reads = _metrics_behind(self.spans.path, before)
        header = self._header(before) if isinstance(before, BamBefore) else None
        if header:
            reads.begin_in(self.front.window, header[1])
        return reads


def _measured(place: _Place, writer: PartWriter, options: Options) -> dict[str, Any]:
    """The header of a part; arrays go to ``writer``."""
    before, count = place.front.before, place.front.count
    if count is None:
        return {"whole": False, "damaged_before": True, "crc64nvme": _crc_of(place.spans, place.span)}
    after = before.after(count)
    aligned = isinstance(before, BamBefore)
    source = place.source(None if after.ended else after.edge, ahead=options.threads > 1)
    names = LeadingNames(source.name, aligned=aligned)
    source.inspect(names.add)
    personal = PersonalCheck(source.name, aligned=aligned)
    fingerprint = Fingerprint()
    reads = place.metrics()
    with source:
        for batch in source.batches():
            personal.add(batch)
            fingerprint.add(reads.add(batch).batch)
            if options.progress:
                options.progress(source.name, source.record_count)
    reader = source.reader
    left = source.state()
    return {
        "whole": names.overflowed,
        "damaged_before": False,
        "crc64nvme": reader.crc64nvme,
        "before": asdict(before),
        "after": asdict(after),
        "proof": asdict(reader.proof),
        "size": reader.size,
        "damage": reader.fault(reader.damage).to_dict() if reader.damage else None,
        "state": {**asdict(replace(left, noted=[])), "noted": [[item.to_dict(), until] for item, until in left.noted]},
        "personal": personal.found,
        **(_collected(reads, fingerprint, names, writer) if left.record_count else {"reads": None}),
    }


def _crc_of(spans: Spans, span: Span) -> str:
    with open_data(spans.path) as file:
        stored = SpanBytes(file, spans.path.name, span)
        stored.drain_span()
        return stored.crc64nvme


def _metrics_behind(path: Path, before: Before) -> ReadMetrics:
    """Empty metrics for a part, which know of the reads in front of it what they must know.

    The beginning of the file is read for that: up to the point from which nothing depends on the reads that come, which
    is some 100,000 different reads, or up to the part.
    """
    head = ReadMetrics(aligned=isinstance(before, BamBefore))
    if before.records:
        with open_reads(path, FindingLog(), threads=1) as source:
            for batch in source.batches():
                head.settle(batch.part(0, min(len(batch), before.records + 1 - batch.first_record)))
                if head.is_settled or source.record_count >= before.records:
                    break
    return head.part_behind(before.reads if isinstance(before, BamBefore) else before.records, before.longest)


def _collected(reads: ReadMetrics, fingerprint: Fingerprint, names: LeadingNames, writer: PartWriter) -> dict[str, Any]:
    arrays: list[state.Array] = []
    found = {"reads": reads.dump(arrays), "fingerprint": state.dump(fingerprint, arrays)}
    for array in arrays:
        writer.add(array)
    kept = names.check.part()
    runs = [
        [
            run.record,
            writer.add(run.bounds),
            writer.add(names.check.words(run, run.keys), sliced=True),
            writer.add(names.check.words(run, run.seconds), sliced=True),
        ]
        for run in kept.runs
    ]
    found["names"] = {
        "lead": [line.decode("latin-1") for line in names.lead],
        "first_record": names.first_record,
        "runs": runs,
        "state": kept.state,
        "last": kept.last,
        "counts": kept.counts,
        "places": kept.places,
        "repeats": [kept.repeats.count, kept.repeats.first],
        "reads": kept.reads,
        "aligned": kept.aligned,
    }
    return found


def measure_run_part(
    inbox: Path, outdir: Path, name: str, number: int, of: int, *, options: Options | None = None
) -> Path | None:
    """Measure one part of a file of a run, for :func:`dsqc.stages.qc.qc_run` with the same ``inbox`` and ``outdir``.

    Args:
        name: of the file, as the form gives it.
        number, of: the part; 0 for the digest of the stored bytes.

    Returns:
        Its place; None where the file is not there, or is encrypted: it is then measured whole, or missing.
    """
    path = _in_inbox(inbox, name)
    if path is None:
        return None
    if not number:
        return measure_digest(path, outdir / PARTS)
    return measure_part(Part(path, number, of), outdir / PARTS, options=options)


def _in_inbox(inbox: Path, name: str) -> Path | None:
    if not name or "/" in name or "\\" in name or name in (".", ".."):
        return None
    found = [inbox / unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    return next((path for path in found if path.is_file() and not path.is_symlink()), None)


def measure_digest(path: Path, out: Path) -> Path:
    """Hash the stored bytes of a file that is measured in parts (MD5 and SHA-256 cannot be put together of parts).

    Raises:
        SystemFault: the file cannot be read, ``out`` cannot be written.
    """
    place = digest_place(out, path)
    spans = find_spans(path, 1)
    if digest_of(spans, out) is None:
        artefact.write_json(place, {"schema_version": SCHEMA, "file": spans.to_dict(), **digest(path)})
    return place


def measure_pair_part(paths: tuple[Path, Path], number: int, of: int, out: Path) -> Path:
    """Compare the reads of one part of a file with their mates in another, whose files are measured in parts too.

    Where mates are missing or stand in another order, the names of whole files are compared when the parts are put
    together. Files that cannot be cut are not looked at: they are read in step when they are measured whole; alignments
    are no mate files.

    Raises:
        UsageError: ``number`` is none of ``of``.
        SystemFault: a file cannot be read, ``out`` cannot be written.
    """
    if not 1 <= number <= of <= MOST_PARTS:
        raise UsageError(f"{number} of {of} is no part of {paths[0].name}.", hint="Count from 1.")
    place = pairs_place(out, paths, number, of)
    wanted = pairs_identity(paths, number, of)
    try:
        with closing(PartFile(place)) as found:
            if {name: found.header.get(name) for name in wanted} == wanted:
                return place
    except SystemFault:
        pass  # it is made
    measured = PairMetrics()
    try:
        compared = _compared((find_spans(paths[0], of), find_spans(paths[1], of)), number, out, measured)
    except SeamBroken:
        compared = None
    arrays: list[state.Array] = []
    collected = state.dump(measured, arrays)
    with artefact.atomic_file(place) as file:
        writer = PartWriter(file)
        for array in arrays:
            writer.add(array)
        writer.finish({**wanted, "compared": compared, "measured": collected})
    return place


def _compared(files: tuple[Spans, Spans], number: int, out: Path, measured: PairMetrics) -> dict[str, Any] | None:
    """What comparing the mates of part ``number`` found; None where the files are not cut."""
    if any(item.format is not FileFormat.FASTQ for item in files):
        return None
    span = files[0].spans[number - 1]
    front = in_front(files[0], span, out)
    before, count = front.before, front.count
    has_reads = count is not None and not before.ended and before.edge - before.size < count.size
    records = (before.records + 1, before.records + 1 + (count.records if count and has_reads else 0))
    mate, beside = files[1].spans[0], Before()
    for item in files[1].spans:
        found = in_front(files[1], item, out).before
        if found.records >= records[0] or found.ended:
            break
        mate, beside = item, found
    pair = PairSpan((files[0], span, before), (files[1], mate, beside), records)
    if records[0] < records[1]:
        pair.compare(measured.add)
    return pair.to_dict()
