"""Scrubbing: data files without the reads of humans, and the proof of what was removed.

The files are read twice: once to mark the reads that go by their names, once to write what stays. What was written is
read again, and its fingerprint and that of what went must add up to that of the original: the fingerprint is a sum over
reads. Nothing stands under its final name before that is proven; the report comes last, and with it a second run has
nothing to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.archive.cram_writer import CramWriter, EncoderStopped
from dsqc.archive.wrapping import LEVEL, Wrapping, wrap
from dsqc.errors import ExitCode, SystemFault, UsageError
from dsqc.findings import FindingLog
from dsqc.fingerprint import Identity
from dsqc.formats import open_reads, sniff
from dsqc.formats.pairing import PairReader
from dsqc.formats.reference import open_reference
from dsqc.model import Container, FileFormat
from dsqc.sketch import Panel, ReadFinder
from dsqc.stages._inputs import STANDARD_INPUT, check_inputs, check_reference
from dsqc.stages._scrub_reads import Filter, Marker, Stems, bam_head, cram_head, offset_of
from dsqc.version import __version__

HUMAN = 9606
REPORT = "scrub.json"
REPORTS = (REPORT, "mask.json")
"""Reports that speak of the files beside them."""
NAMES = "removed_reads.txt"
PRIVATE = 0o600
GZIP = Wrapping("zlib", LEVEL, "1f8b08000000000000ff")
"""One member, without name or time: the same content gives the same bytes."""
WRITABLE = (Container.PLAIN, Container.GZIP, Container.BGZF, Container.BZIP2, Container.ZSTD, Container.CRAM)
NOT_COPIED = frozenset({"DSQC-D012", "DSQC-D013", "DSQC-D031"})
"""Findings beside errors with which nothing is scrubbed: mates that are none, records over more than four lines."""


@dataclass(frozen=True, slots=True)
class CleanResult:
    """What :func:`scrub` or :func:`dsqc.stages.mask.mask_files` did.

    Attributes:
        document: content of the report; None where the files cannot be cleaned, as the findings say.
        findings: of the files as they were.
        again: whether everything stood there already.
    """

    document: dict[str, Any] | None
    findings: FindingLog
    again: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """3 where the files could not be cleaned."""
        return ExitCode.DONE if self.document else ExitCode.FINDINGS


@dataclass(frozen=True, slots=True)
class _Job:
    """What is asked for; see :func:`scrub`."""

    paths: tuple[Path, ...]
    out: Path
    panel: Panel
    least: int
    list_only: bool
    threads: int
    reference: Path | None

    def key(self) -> dict[str, Any]:
        """What a report must say to be of this job."""
        named = {"panel": self.panel.version, "taxonomy_id": HUMAN, "least_words": self.least}
        return {"dsqc_version": __version__, **named, "list_only": self.list_only}


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """One file as it was, what went, and what was written and read again."""

    before: dict[str, Any]
    removed: Identity
    after: dict[str, Any] | None


def scrub(
    *paths: str | Path,
    out: Path,
    panel: Panel,
    least: int = 1,
    list_only: bool = False,
    threads: int = 2,
    reference: str | Path | None = None,
) -> CleanResult:
    """Write data files without their human reads into ``out``, with ``removed_reads.txt`` and ``scrub.json``.

    Args:
        paths: the files of one run: FASTQ (two are mates), BAM or CRAM. A read goes from all of them.
        out: a directory apart from the files.
        panel: of genomes, those of humans among them; only what it holds can be found.
        least: words of the panel's human genomes from which a read goes, with its mate.
        list_only: write the list and the report only.
        threads, reference: as in :func:`dsqc.stages.qc.qc`; a CRAM is encoded with the reference that it is read with.

    Raises:
        UsageError: a file does not exist, or is of a kind that is not written; the panel has nothing of humans; ``out``
            holds the files themselves, or what was made of others.
        SystemFault: what was written does not prove to be the original without what was removed.
        StorageFault: the disk is full.
    """
    inputs = tuple(Path(path) for path in paths)
    job = _Job(inputs, out, panel, least, list_only, threads, Path(reference) if reference else None)
    kinds = check_places(inputs, out, job.reference)
    if (known := done(out / REPORT, job.key(), inputs)) is not None:
        return CleanResult(known, FindingLog(), again=True)
    check_free(out, REPORT, inputs, writes=not list_only)
    try:
        finder = ReadFinder(panel, HUMAN)
    except ValueError:
        raise UsageError(
            f"The panel {panel.version} has no human genome.", hint="Name one with --panel (dsqc sketch build)."
        ) from None
    log = FindingLog()
    try:
        with ExitStack() as written:
            listed = written.enter_context(artefact.atomic_path(out / NAMES, mode=PRIVATE))
            with listed.open("wb") as file:
                marker = Marker(finder, least, file)
                _mark(job, marker, log)
            temporary = {path: written.enter_context(artefact.atomic_path(out / path.name)) for path in _written(job)}
            files = [_clean(job, path, kinds[path], marker.stems, temporary.get(path)) for path in inputs]
            if len(temporary) == 2 and {kinds[path][0] for path in inputs} == {FileFormat.FASTQ}:
                _prove_in_step(*temporary.values())
            names_sha256 = artefact.sha256_of(listed)
            # From here on files get their names: an earlier report would speak of others.
            (out / REPORT).unlink(missing_ok=True)
    except RefusedFiles:
        return CleanResult(None, log)
    document = _document(job, marker, finder, files, names_sha256)
    artefact.write_json(out / REPORT, document)
    logs.logger(stage="scrub").info("scrubbed", removed=document["fragments_removed"])
    return CleanResult(document, log)


class RefusedFiles(Exception):
    """The files cannot be cleaned, as the findings say; nothing is written."""


def _written(job: _Job) -> tuple[Path, ...]:
    return () if job.list_only else job.paths


def check_places(paths: Sequence[Path], out: Path, reference: Path | None) -> dict[Path, tuple[FileFormat, Container]]:
    """Format and container of each file.

    Raises:
        UsageError: see :func:`scrub`.
    """
    check_inputs(list(paths))
    check_reference(reference)
    if STANDARD_INPUT in paths:
        raise UsageError("Standard input cannot be read twice.", hint="Name a file.")
    if len({path.name for path in paths}) < len(paths):
        raise UsageError("Two of the files have the same name.", hint="They would be written over each other.")
    kinds: dict[Path, tuple[FileFormat, Container]] = {}
    for path in paths:
        if out.resolve() == path.resolve().parent:
            raise UsageError(f"{out} holds {path.name} itself.", hint="Give -O a directory of its own.")
        file_format, container = sniff(path)
        if file_format in (None, FileFormat.SAM) or container not in WRITABLE:
            raise UsageError(
                f"{path.name} is of a kind that dsqc does not write.",
                hint="Give FASTQ (plain, gzip, BGZF, bzip2, zstd), BAM or CRAM; `samtools view -b` makes BAM of SAM.",
            )
        kinds[path] = file_format, container
    return kinds


def done(report: Path, key: Mapping[str, Any], paths: Sequence[Path]) -> dict[str, Any] | None:
    """The report of an earlier run over the same files with the same settings, all of whose results still stand."""
    if not report.is_file():
        return None
    known: dict[str, Any] = artefact.read_json(report)
    if any(known.get(name) != value for name, value in key.items()):
        return None
    if [row["name"] for row in known["files"]] != [path.name for path in paths]:
        return None
    for path, row in zip(paths, known["files"], strict=True):
        if artefact.sha256_of(path) != row["before"]["sha256"]:
            return None
        after, place = row["after"], report.parent / row["name"]
        if after is not None and not (place.is_file() and artefact.sha256_of(place) == after["sha256"]):
            return None
    listed = known.get("names_file")
    if listed and not (report.parent / listed["name"]).is_file():
        return None
    return known


def check_free(out: Path, report: str, paths: Sequence[Path], *, writes: bool = True) -> None:
    """That ``out`` holds nothing which a new report would not speak of: of other files, or masked instead of cleaned.

    Args:
        out: where results go.
        report: name of the report that will stand there.
        paths: the files that it will speak of.
        writes: whether they are written.

    Raises:
        UsageError: results of another run stand there.
    """
    for name in REPORTS:
        if not (out / name).is_file():
            continue
        known = artefact.read_json(out / name)["files"]
        names = [row["name"] for row in known]
        replaced = set(names) <= {path.name for path in paths} and (writes or not any(row["after"] for row in known))
        if name != report or not replaced:
            raise UsageError(
                f"{out} holds what was made of {', '.join(names)} before ({name}).",
                hint="Give -O a directory of its own, or remove that one first.",
            )


def is_sound(log: FindingLog) -> bool:
    """Whether files with these findings are copied: nothing is wrong with them but what warnings say."""
    return not log.has_errors and not {item.code for item in log} & NOT_COPIED


def _mark(job: _Job, marker: Marker, log: FindingLog) -> None:
    """Look at all reads of all files; mates in step.

    Raises:
        RefusedFiles: a file is damaged, or is not copied.
    """
    with ExitStack() as opened:
        sources = [
            opened.enter_context(open_reads(path, log, threads=job.threads, reference=job.reference))
            for path in job.paths
        ]
        if len(sources) == 2 and all(source.format is FileFormat.FASTQ for source in sources):
            for first, second in PairReader(sources[0], sources[1], log).batches():
                marker.add(first)
                marker.add(second)
        else:
            for source in sources:
                for batch in source.batches():
                    marker.add(batch)
        if any(source.damaged or source.unproven for source in sources) or not is_sound(log):
            raise RefusedFiles


def _clean(job: _Job, path: Path, kind: tuple[FileFormat, Container], stems: Stems, place: Path | None) -> _Cleaned:
    """Write one file without the reads that go to ``place`` (None: count only), and read what was written again."""
    log = FindingLog()
    with open_reads(path, log, threads=job.threads, reference=job.reference) as source:
        kept = Filter(source, stems)
        blocks = kept.blocks(head_of(path, kind[0]))
        if place is None:
            for _ in blocks:
                pass
        else:
            write_content(place, blocks, kind, job.reference)
        offset = offset_of(source, kept.before)
        before, removed = kept.before.identity(offset), kept.removed.identity(offset)
        proof = source.integrity
        facts = {"size_bytes": proof.size_bytes, "md5": proof.md5, "sha256": proof.sha256}
    row = {"name": path.name, **facts, "records": kept.records_before, "fingerprint": before.to_dict()}
    row |= {"format": kind[0].value, "container": kind[1].value, "records_removed": kept.records_removed}
    if place is None:
        return _Cleaned(row, removed, None)
    after, identity = read_again(place, path.name, kind, offset, job.reference)
    content = after.pop("content")
    if identity + removed != before or after["records"] + kept.records_removed != kept.records_before:
        raise SystemFault(f"{path.name} does not add up to what was and what went.", hint="Please report this.")
    if kind[0] is not FileFormat.CRAM and content != kept.content.hexdigest():
        raise SystemFault(f"{path.name} did not come back as it was written.", hint="Check the disk, run it again.")
    return _Cleaned(row, removed, after)


def head_of(path: Path, file_format: FileFormat) -> bytes:
    """What stands before the first record."""
    if file_format is FileFormat.BAM:
        return bam_head(path)
    return cram_head(path) if file_format is FileFormat.CRAM else b""


def write_content(
    place: Path, blocks: Iterable[bytes], kind: tuple[FileFormat, Container], reference: Path | None
) -> None:
    """Write content in the container that it came in.

    Raises:
        SystemFault: htslib would not encode it.
        StorageFault: the disk is full.
    """
    try:
        if kind[0] is FileFormat.CRAM:
            _write_cram(place, blocks, reference)
            return
        with place.open("wb") as file:
            for block in wrap(blocks, kind[1], GZIP if kind[1] is Container.GZIP else None):
                file.write(block)
    except OSError as error:
        raise artefact.write_fault(place, error) from error


def _write_cram(place: Path, blocks: Iterable[bytes], reference: Path | None) -> None:
    opened = open_reference(reference)
    try:
        with CramWriter(place, opened, () if reference else ("no_ref=1",)) as writer:
            for block in blocks:
                writer.write(block)
            writer.finish()
    except EncoderStopped as error:
        raise SystemFault(f"htslib did not write the CRAM: {error}.", hint="Name its --reference.") from error
    finally:
        opened.close()


def read_again(
    place: Path, name: str, kind: tuple[FileFormat, Container], offset: int | None, reference: Path | None
) -> tuple[dict[str, Any], Identity]:
    """What was written, by its own bytes: its digests and its fingerprint.

    Raises:
        SystemFault: it is damaged, or in another container.
    """
    log = FindingLog()
    with open_reads(place, log, name=name, threads=1, reference=reference) as source:
        again = Filter(source, Stems())
        for _ in again.blocks(head_of(place, kind[0])):
            pass
        empty = not again.records_before
        if (source.damaged and not empty) or (source.container is not kind[1] and not empty):
            raise SystemFault(f"{name} was not written whole.", hint="Check the disk, then run it again.")
        proof, identity = source.integrity, again.before.identity(offset)
    facts = {"size_bytes": proof.size_bytes, "md5": proof.md5, "sha256": proof.sha256}
    counts = {"records": again.records_before, "fingerprint": identity.to_dict()}
    return {**facts, **counts, "content": again.content.hexdigest()}, identity


def _prove_in_step(first: Path, second: Path) -> None:
    """See that the mates that were written stand side by side.

    Raises:
        SystemFault: they do not.
    """
    log = FindingLog()
    with open_reads(first, log, threads=1) as one, open_reads(second, log, threads=1) as two:
        for _ in PairReader(one, two, log).batches():
            pass
    if {item.code for item in log} & NOT_COPIED:
        raise SystemFault("The cleaned mates do not stand in step.", hint="Please report this.")


def _document(
    job: _Job, marker: Marker, finder: ReadFinder, files: Sequence[_Cleaned], names_sha256: str
) -> dict[str, Any]:
    """The shape of ``dsqc.schemas/reports/scrub.schema.json``."""
    pairs = len(files) == 2 and {item.before["format"] for item in files} == {"fastq"}
    fragments = files[0].before["records"] if pairs else marker.reads
    expected = finder.expected(marker.words / max(fragments, 1), marker.intact())
    rows = []
    for item in files:
        before = dict(item.before)
        told = {name: before.pop(name) for name in ("name", "format", "container", "records_removed")}
        rows.append({**told, "removed": item.removed.to_dict(), "before": before, "after": item.after})
    return {
        "schema_version": "1.0",
        **job.key(),
        "files": rows,
        "fragments_removed": len(marker.stems),
        "expected_removed": {name: value and round(value, 4) for name, value in asdict(expected).items()},
        "pairs_in_step": True if pairs and not job.list_only else None,
        "proven": not job.list_only,
        "names_file": {"name": NAMES, "sha256": names_sha256, "names": len(marker.stems)},
    }
