"""Parts of a data file put together: the results are those of reading it whole, byte for byte."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from dsqc.errors import SystemFault
from dsqc.findings import Finding, FindingLog
from dsqc.fingerprint import Fingerprint
from dsqc.formats import open_reads
from dsqc.formats.bam import BamSource
from dsqc.formats.checksums import combine_crc64, crc64_text
from dsqc.formats.container import Integrity
from dsqc.formats.fastq import FastqSource
from dsqc.formats.fastq_span import JoinedReader
from dsqc.formats.names_lead import as_batch
from dsqc.formats.names_unique import NamesPart, Repeats, Run
from dsqc.formats.pair_span import joined_check
from dsqc.formats.pairing import PairReader
from dsqc.formats.span_state import AlignmentState, SpanState
from dsqc.formats.spans import Spans, find_spans
from dsqc.metrics import state
from dsqc.metrics.pairs import PairMetrics
from dsqc.metrics.reads import ReadMetrics
from dsqc.model import Container
from dsqc.stages._part_file import PartFile
from dsqc.stages._qc_measure import Options, Pass, QcFile, QcPair
from dsqc.stages._qc_spans import digest, digest_of, is_of, pairs_identity, pairs_place, place_of

_State = TypeVar("_State", bound=SpanState)


def join_parts(path: Path, stem: str, out: Path, options: Options) -> QcFile | None:
    """Put the parts of a file together: what reading it whole gives.

    Returns:
        None where the file can only be measured whole: it is not cut, or the parts say so.

    Raises:
        SystemFault: parts are missing, damaged, or of another file or version.
    """
    with ExitStack() as stack:
        one = _joined_pass(path, out, options, stack)
        return one.finish(stem) if one else None


def join_pair(
    paths: tuple[Path, Path], stems: tuple[str, str], out: Path, options: Options
) -> tuple[QcFile, QcFile, QcPair] | None:
    """As :func:`join_parts`, of two mate files; what compares them read by read was measured apart
    (``measure_pair_part``), or is now."""
    with ExitStack() as stack:
        one, two = (_joined_pass(path, out, options, stack) for path in paths)
        if one is None or two is None:
            return None
        if one.aligned or two.aligned:  # no mate files, whatever their names say
            pair = QcPair((paths[0].name, paths[1].name), 0, PairMetrics())
        else:
            pair = _pair_of(paths, one, two, out) or _compare_whole(paths, one.log)
        return (
            one.finish(stems[0], mate=paths[1].name, pair=pair),
            two.finish(stems[1], mate=paths[0].name, pair=pair),
            pair,
        )


def _compare_whole(paths: tuple[Path, Path], log: FindingLog) -> QcPair:
    """Read two mate files in step and compare them; what the files are each is not measured.

    Args:
        log: receives what the comparison finds.
    """
    own = FindingLog()  # of the files each: the parts have found that
    measured = PairMetrics()
    with open_reads(paths[0], own, threads=1) as one, open_reads(paths[1], own, threads=1) as two:
        mates = PairReader(one, two, log)
        for first, second in mates.batches():
            measured.add(first, second)
        return QcPair((one.name, two.name), mates.pair_count, measured)


def _pair_of(paths: tuple[Path, Path], one: Pass, two: Pass, out: Path) -> QcPair | None:
    """The comparison whose parts stand in ``out``; None where some are missing, or mates are missing or in another
    order, which takes the names of both files."""
    of = min((of for of, numbers in _numbers(paths[0], out, "pairs").items() if len(numbers) == of), default=0)
    measured, compared = PairMetrics(), []
    for number in range(1, of + 1):
        with closing(PartFile(pairs_place(out, paths, number, of))) as found:
            wanted = pairs_identity(paths, number, of)
            if {name: found.header.get(name) for name in wanted} != wanted:
                raise found.fault("it is of other files, of changed ones, or made by another version of dsqc")
            part = PairMetrics()
            state.fill(part, found.header["measured"], found.array)
            measured.merge(part)
            compared.append(found.header["compared"])
    if not compared or None in compared:
        return None
    check, same = joined_check(paths[0].name, compared)
    if check.strangers or check.pair_count != min(one.source.record_count, two.source.record_count):
        return None
    PairReader(one.source, two.source, one.log).stand_for(check, same=same)
    return QcPair((paths[0].name, paths[1].name), check.pair_count, measured)


def _joined_pass(path: Path, out: Path, options: Options, stack: ExitStack) -> Pass | None:
    if find_spans(path, 1).reason:
        return None
    spans, files = _parts_of(path, out, stack)
    if any(part.header["whole"] for part in files):
        return None
    digests = digest_of(spans, out) or digest(path)
    _check_bytes(spans, files, digests)
    one = Pass(path, replace(options, threads=1))
    stack.enter_context(one.source)
    if not isinstance(one.source, FastqSource | BamSource) or not _take_reads(one, files):
        return None
    integrity, faults, container = _joined(spans, files, digests)
    reader = JoinedReader(path.name, container, integrity, faults)
    read = [part for part in files if not part.header["damaged_before"]]
    if isinstance(one.source, BamSource):
        one.source.stand_for(reader, [_state(part, AlignmentState) for part in read])
    else:
        one.source.stand_for(reader, [_state(part, SpanState) for part in read])
    return one


def has_parts(path: Path, out: Path) -> bool:
    """Whether any part of the file stands in ``out``."""
    return bool(_numbers(path, out))


def _numbers(path: Path, out: Path, kind: str = "part") -> dict[int, set[int]]:
    """Parts that stand in ``out``: how many the file was cut into -> which of them."""
    found: dict[int, set[int]] = {}
    for place in out.glob(f"*.{kind}") if out.is_dir() else ():
        stem, _, rest = place.name.removesuffix(f".{kind}").rpartition(".")
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
        if not is_of(part, spans, span):
            raise part.fault("it is of another file, of one that changed since, or made by another version of dsqc")
        files.append(part)
    if len(spans.spans) != min(whole):
        raise files[0].fault("the file is not cut into so many parts")
    for one, two in pairwise(files):
        if "after" in one.header and two.header.get("before", one.header["after"]) != one.header["after"]:
            raise two.fault("it does not begin where the part before it ends")
    return spans, files


def _check_bytes(spans: Spans, files: Sequence[PartFile], digests: dict[str, str]) -> None:
    """That the parts read the bytes that the digest is of."""
    crc = crc64_text(0)
    for span, part in zip(spans.spans, files, strict=True):
        crc = combine_crc64(crc, part.header["crc64nvme"], span.stop - span.start)
    if crc != digests["crc64nvme"]:
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
        reads = one.reads if not begun else ReadMetrics(aligned=one.aligned)
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
        NamesPart(
            runs=runs,
            state=found["state"],
            last=(words, text, record),
            counts=found["counts"],
            places=places,
            repeats=repeats,
            reads=found["reads"],
            aligned=found["aligned"],
        )
    )


def _state(part: PartFile, kind: type[_State]) -> _State:
    kept = part.header["state"]
    noted = [(Finding.from_dict(item), until) for item, until in kept["noted"]]
    return kind(**{**kept, "noted": noted})


def _joined(
    spans: Spans, files: Sequence[PartFile], digests: dict[str, str]
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
        # A last member that is no BGZF may hand over data that its checksum does not vouch for.
        bytes_proven=proof["bytes_proven"] if bgzf else size,
        size_bytes=spans.size,
        **digests,
    )
    return integrity, faults, spans.container or Container.PLAIN
