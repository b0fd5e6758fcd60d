"""A big data file measured in parts, each by a process of its own; put together, the results are those of one pass.

:func:`plan_parts` says how many parts, :func:`measure_part` measures one, :func:`measure_digest` hashes the stored
bytes, and :func:`join_parts`, which ``dsqc qc --parts`` and the runs of a batch call, gives what reading the file whole
gives, byte for byte. Parts may be measured in any order, at once, and again.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.errors import SystemFault, UsageError
from dsqc.findings import Finding, FindingLog
from dsqc.fingerprint import Fingerprint
from dsqc.formats import open_reads
from dsqc.formats.checksums import Checksums, combine_crc64, crc64_text
from dsqc.formats.container import Integrity
from dsqc.formats.fastq import FastqSource
from dsqc.formats.fastq_span import Before, FastqSpan, JoinedReader, SpanCount
from dsqc.formats.names_lead import LeadingNames, as_batch
from dsqc.formats.names_unique import NamesPart, Repeats, Run
from dsqc.formats.span_reader import SpanBytes
from dsqc.formats.span_state import SpanState
from dsqc.formats.spans import Span, Spans, find_spans
from dsqc.metrics import state
from dsqc.metrics.reads import ReadMetrics
from dsqc.model import Container
from dsqc.stages._part_file import PartFile, PartWriter
from dsqc.stages._qc_measure import Options, Pass, QcFile
from dsqc.stages._qc_personal import PersonalCheck
from dsqc.stages._qc_spans import SeamBroken, before_of, identity_of, place_of

MOST_PARTS = 999
_PIECE = 1 << 20


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

    Raises:
        UsageError: the file is not cut into so many parts.
        SystemFault: the file cannot be read, ``out`` cannot be written.
    """
    spans = find_spans(part.path, part.of)
    if len(spans.spans) != part.of or not 1 <= part.number <= part.of:
        reason = spans.reason.en if spans.reason else "the part is not one of them"
        raise UsageError(f"{part.path.name} is not measured as part {part.number} of {part.of}: {reason}.")
    span = spans.spans[part.number - 1]
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
                before, count = before_of(spans, span, out)
                found = _measured(spans, span, before, count, writer, options)
            except SeamBroken:
                found = {"whole": True}
        writer.finish({**identity_of(spans, span), **found})
    return place


def _stands(place: Path, spans: Spans, span: Span) -> bool:
    try:
        with closing(PartFile(place)) as found:
            return _is_of(found, spans, span)
    except SystemFault:
        return False


def _is_of(found: PartFile, spans: Spans, span: Span) -> bool:
    wanted = identity_of(spans, span)
    return {name: found.header.get(name) for name in wanted} == wanted


def _measured(
    spans: Spans, span: Span, before: Before, count: SpanCount | None, writer: PartWriter, options: Options
) -> dict[str, Any]:
    """The header of a part; arrays go to ``writer``."""
    if count is None:
        return {"whole": False, "damaged_before": True, "crc64nvme": _crc_of(spans, span)}
    after = before.after(count)
    source = FastqSpan(spans, span, before, None if after.ended else after.edge, ahead=options.threads > 1)
    names = LeadingNames(source.name)
    source.inspect(names.add)
    personal = PersonalCheck(source.name, aligned=False)
    fingerprint = Fingerprint()
    reads = ReadMetrics() if before.ended or not count.records else _metrics_behind(spans.path, before)
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
    with spans.path.open("rb") as file:
        stored = SpanBytes(file, spans.path.name, span)
        stored.drain_span()
        return stored.crc64nvme


def _metrics_behind(path: Path, before: Before) -> ReadMetrics:
    """Empty metrics for a part, which know of the reads in front of it what they must know.

    The beginning of the file is read for that: up to the point from which nothing depends on the reads that come, which
    is some 100,000 different reads, or up to the part.
    """
    head = ReadMetrics()
    if before.records:
        with open_reads(path, FindingLog(), threads=1) as source:
            for batch in source.batches():
                head.add(batch.part(0, min(len(batch), before.records + 1 - batch.first_record)))
                if head.is_settled or source.record_count >= before.records:
                    break
    return head.part_behind(before.records, before.longest)


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
    }
    return found


def measure_digest(path: Path, out: Path) -> Path:
    """Hash the stored bytes of a file that is measured in parts (MD5 and SHA-256 cannot be put together of parts).

    Raises:
        SystemFault: the file cannot be read, ``out`` cannot be written.
    """
    place = out / f"{path.name}.digest"
    spans = find_spans(path, 1)
    if _digest_of(spans, out) is None:
        found = _digest(path)
        artefact.write_json(place, {"schema_version": "1.0", "file": spans.to_dict(), **found})
    return place


def _digest(path: Path) -> dict[str, str]:
    checksums = Checksums()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                checksums.update(piece)
    except OSError as error:
        raise SystemFault(f"Reading {path.name} failed: {error.strerror}.", hint="Check the disk.") from error
    return {"md5": checksums.md5, "sha256": checksums.sha256, "crc64nvme": checksums.crc64nvme}


def _digest_of(spans: Spans, out: Path) -> dict[str, str] | None:
    place = out / f"{spans.path.name}.digest"
    if not place.exists():
        return None
    found = artefact.read_json(place)
    if found.get("file") != spans.to_dict():
        return None
    return {name: str(found[name]) for name in ("md5", "sha256", "crc64nvme")}


def join_parts(path: Path, stem: str, out: Path, options: Options) -> QcFile | None:
    """Put the parts of a file together: what reading it whole gives.

    Returns:
        None where the file can only be measured whole: it is not cut, or the parts say so.

    Raises:
        SystemFault: parts are missing, damaged, or of another file or version.
    """
    with ExitStack() as stack:
        spans, files = _parts_of(path, out, stack)
        if spans.reason or any(part.header["whole"] for part in files):
            return None
        digest = _digest_of(spans, out) or _digest(path)
        _check_bytes(spans, files, digest)
        one = Pass(path, replace(options, threads=1))
        stack.enter_context(one.source)
        if not isinstance(one.source, FastqSource) or not _take_reads(one, files):
            return None
        integrity, faults, container = _joined(spans, files, digest)
        reader = JoinedReader(path.name, container, integrity, faults)
        one.source.stand_for(reader, [_state(part) for part in files if not part.header["damaged_before"]])
        return one.finish(stem)


def has_parts(path: Path, out: Path) -> bool:
    """Whether any part of the file stands in ``out``."""
    return bool(_numbers(path, out))


def _numbers(path: Path, out: Path) -> dict[int, set[int]]:
    """Parts that stand in ``out``: how many the file was cut into -> which of them."""
    found: dict[int, set[int]] = {}
    for place in out.glob("*.part") if out.is_dir() else ():
        stem, _, rest = place.name.removesuffix(".part").rpartition(".")
        number, _, of = rest.partition("-of-")
        if stem == path.name and number.isdecimal() and of.isdecimal():
            found.setdefault(int(of), set()).add(int(number))
    return found


def _parts_of(path: Path, out: Path, stack: ExitStack) -> tuple[Spans, list[PartFile]]:
    found = _numbers(path, out)
    if not found:
        raise SystemFault(f"{out} holds no part of {path.name}.", hint="Measure them first: dsqc qc FILE --part 1/N.")
    whole = [of for of, numbers in found.items() if numbers == set(range(1, of + 1))]
    if not whole:
        of = min(found, key=lambda item: item - len(found[item]))
        missing = ", ".join(f"{number}/{of}" for number in range(1, of + 1) if number not in found[of])
        raise SystemFault(
            f"Of the parts of {path.name} these are missing: {missing}.", hint="Measure them: dsqc qc FILE --part."
        )
    spans = find_spans(path, min(whole))
    files = []
    for span in spans.spans:
        part = PartFile(place_of(out, spans, span, "part"))
        stack.callback(part.close)
        if not _is_of(part, spans, span):
            raise part.fault("it is of another file, of one that changed since, or made by another version of dsqc")
        files.append(part)
    if len(spans.spans) != min(whole):
        raise files[0].fault("the file is not cut into so many parts")
    for one, two in zip(files, files[1:], strict=False):
        if "after" in one.header and two.header.get("before", one.header["after"]) != one.header["after"]:
            raise two.fault("it does not begin where the part before it ends")
    return spans, files


def _check_bytes(spans: Spans, files: Sequence[PartFile], digest: dict[str, str]) -> None:
    """That the parts read the bytes that the digest is of."""
    crc = crc64_text(0)
    for span, part in zip(spans.spans, files, strict=True):
        crc = combine_crc64(crc, part.header["crc64nvme"], span.stop - span.start)
    if crc != digest["crc64nvme"]:
        raise SystemFault(
            f"The parts of {spans.path.name} were not measured of the bytes that it has now.",
            hint="Delete the parts and measure them again.",
        )


def _take_reads(one: Pass, files: Sequence[PartFile]) -> bool:
    """Put together what was collected; false where that is not exact."""
    begun = False
    for part in files:
        if part.header["damaged_before"]:
            break
        one.personal.take(part.header["personal"])
        if part.header["reads"] is None:
            continue
        reads = one.reads if not begun else ReadMetrics()
        reads.fill(part.header["reads"], part.array)
        fingerprint = Fingerprint()
        state.fill(fingerprint, part.header["fingerprint"], part.array)
        one.fingerprint.merge(fingerprint)
        if begun:
            if not one.reads.follows_exactly(reads):
                return False
            one.reads.merge(reads)
        _take_names(one, part)
        begun = True
    return True


def _take_names(one: Pass, part: PartFile) -> None:
    found = part.header["names"]
    one.names.add(as_batch([line.encode("latin-1") for line in found["lead"]], found["first_record"]))
    if not found["reads"]:
        return
    runs = [
        Run(record, part.array(bounds), part.column(keys), part.column(seconds))
        for record, bounds, keys, seconds in found["runs"]
    ]
    repeats = Repeats()
    repeats.count, repeats.first = found["repeats"][0], [(one, two) for one, two in found["repeats"][1]]
    words, text, record = found["last"]
    places = [[(record, name) for record, name in kind] for kind in found["places"]]
    one.names.follow(
        NamesPart(runs, found["state"], (words, text, record), found["counts"], places, repeats, found["reads"])
    )


def _state(part: PartFile) -> SpanState:
    kept = part.header["state"]
    noted = [(Finding.from_dict(item), until) for item, until in kept["noted"]]
    return SpanState(kept["totals"], kept["record_count"], kept["damaged"], noted)


def _joined(
    spans: Spans, files: Sequence[PartFile], digest: dict[str, str]
) -> tuple[Integrity, list[Finding], Container]:
    """What the container proved to be: up to its first damage."""
    last, faults = files[0].header, []
    for part in files:
        if part.header["damaged_before"]:
            break
        last = part.header
        if last["damage"]:
            faults.append(Finding.from_dict(last["damage"]))
            break
    bgzf = spans.container is Container.BGZF
    proof, size = last["proof"], last["before"]["size"] + last["size"]
    integrity = Integrity(
        complete=not faults,
        members=proof["members"] if bgzf else None,
        blocks=proof["blocks"] if bgzf else None,
        end_marker=proof["end_marker"] if bgzf else None,
        bytes_uncompressed=size,
        bytes_proven=size,
        size_bytes=spans.size,
        **digest,
    )
    return integrity, faults, spans.container or Container.PLAIN
