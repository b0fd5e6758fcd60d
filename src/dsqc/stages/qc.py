"""The qc stage: every data file is read once, whole; what it is, what is wrong with it, how good it is."""

import shutil
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.crypt4gh import DataPath, Keys, find_data_file
from dsqc.errors import ExitCode, UsageError
from dsqc.findings import FindingLog
from dsqc.formats.stored import StoredBytes
from dsqc.metrics.long_reads import LongReadCollector
from dsqc.metrics.pairs import PairMetrics
from dsqc.metrics.reads import ReadMetrics
from dsqc.model import TECHNICAL_ROLES, DataFile, FileFormat, Run, Submission
from dsqc.sketch import Panel, check_panel, choose_panel
from dsqc.stages._inputs import STANDARD_INPUT, check_inputs
from dsqc.stages._memory import give_back_memory
from dsqc.stages._qc_files import PARTS, checked_parts, measure_files
from dsqc.stages._qc_measure import Options, Progress, QcFile, QcPair
from dsqc.stages._qc_results import FINDINGS, RECORD, MeasuredRun, TakenFile, taken_run
from dsqc.stages._qc_write import html_name, metrics_name, prepare, remove_stale, stems_of, write_files
from dsqc.version import __version__

QUALITY_METRICS = (
    "mean_phred",
    "frac_bases_q20",
    "frac_bases_q30",
    "frac_reads_q30",
    "mean_read_phred_mode",
    "quality_offset",
    "quality_encoding",
    "tile_phred_deviation",
    *(metric.id for metric in LongReadCollector.METRICS if "error" in metric.id),
)
"""Metrics that rest on the offset of the qualities."""


@dataclass(frozen=True, slots=True)
class QcResult:
    """What :func:`qc` found.

    Attributes:
        files: one a data file, in the order given.
        pairs: the mate files that were compared.
        findings: of all files together.
        outdir: where the results were written; None where nothing was.
    """

    files: tuple[QcFile, ...]
    pairs: tuple[QcPair, ...]
    findings: FindingLog
    outdir: Path | None = None

    @property
    def exit_code(self) -> ExitCode:
        """3 where there is an error finding, else 0."""
        return ExitCode.FINDINGS if self.findings.has_errors else ExitCode.DONE

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/qc_result.schema.json``."""
        return {
            "schema_version": "1.0",
            "dsqc_version": __version__,
            "files": [item.data for item in self.files],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "finding_counts": self.findings.counts(),
        }


@dataclass(frozen=True, slots=True)
class QcRunResult:
    """What :func:`qc_run` found and wrote.

    Attributes:
        data: content of ``qc.json``.
        files: one a data file that could be read.
        findings: of all files of the run together.
        path: where ``qc.json`` stands.
    """

    data: dict[str, Any]
    files: tuple[QcFile | TakenFile, ...]
    findings: FindingLog
    path: Path


def qc(
    *paths: str | Path,
    outdir: str | Path | None = None,
    paired: bool = False,
    threads: int = 2,
    reference: str | Path | None = None,
    panel: str | Path | None = None,
    progress: Progress | None = None,
    parts: str | Path | None = None,
    begun: StoredBytes | None = None,
) -> QcResult:
    """Read data files once, whole: prove them, measure them.

    Args:
        paths: FASTQ (plain, gzip, BGZF, bzip2, zstd, xz), BAM, CRAM or SAM; ``-`` is standard input.
        outdir: directory for the results of design 5.3; None writes nothing.
        paired: the files are mates, taken two by two: R1, R2, R1, R2 ….
        threads: with 2 or more, reading and unwrapping have a thread of their own; results do not depend on it.
        reference: FASTA with the reference sequences of CRAM files, or a directory of them by MD5.
        panel: genomes that organisms are told by (``dsqc sketch build``), ``none`` for none; default: the small panel
            that dsqc ships, or that of the environment (``DSQC_PANEL``).
        progress: called now and then with a file's name and the records read so far.
        parts: directory of the parts that the files were measured in (:mod:`dsqc.stages.qc_parts`): the files are put
            together of them and not read, but where a file can only be measured whole.

    Raises:
        UsageError: a path does not exist or is a directory; a file has no part in ``parts``; with ``paired``, an odd
            number of files or alignments.
        SystemFault: a file cannot be read, results cannot be written.
    """
    inputs = [Path(path) for path in paths]
    check_inputs(inputs)
    if paired:
        _check_pairs(inputs)
    options = Options(
        threads=threads,
        reference=_checked_reference(reference),
        progress=progress,
        panel=_panel_of(panel),
        parts=checked_parts(inputs, parts),
        begun={inputs[0]: begun} if begun is not None else {},
    )
    if outdir is not None and threads > 1:
        prepare(options.panel)
    stems = stems_of(["stdin" if path == STANDARD_INPUT else path.name for path in inputs])
    groups = [(n, n + 1) for n in range(0, len(inputs), 2)] if paired else [(n,) for n in range(len(inputs))]
    files, pairs = measure_files(inputs, stems, groups, options)
    result = QcResult(tuple(files), tuple(pairs), _all_findings(files), Path(outdir) if outdir is not None else None)
    if result.outdir is not None:
        give_back_memory()
        write_files(result.outdir, result.files)
    return result


def qc_run(
    submission_json: Path,
    run_key: str,
    inbox: Path,
    outdir: Path,
    *,
    threads: int = 2,
    reference: Path | None = None,
    panel: str | Path | None = None,
    progress: Progress | None = None,
    keys: Keys | None = None,
) -> QcRunResult:
    """Measure all data files of one run of a submission and write its results.

    Where the station has taken the submitter's receipt over the same bytes, its results are written, and nothing is
    measured. A file whose parts stand in ``outdir``/parts (:mod:`dsqc.stages.qc_parts`) is put together of them; they
    are removed when the results stand. A file that is not in the inbox gets the state ``missing``; the finding about it
    was made when it was transferred or validated. A run none of whose files is there is ``skipped``.

    Args:
        submission_json: what validate wrote.
        run_key: key of the run (``dsqc.model.Run.key``).
        inbox: directory of the submission's files.
        outdir: directory for ``qc.json`` and everything beside it.
        threads, reference, panel, progress: as in :func:`qc`.
        keys: of the station: files of closed submissions are encrypted to it, and decrypted while they are read.

    Raises:
        UsageError: the submission holds no run of that key; its files are encrypted, and ``keys`` do not open them.
        SystemFault: ``submission_json`` is missing or unreadable, a file cannot be read, results cannot be written.
    """
    log = logs.logger(stage="qc", run=run_key)
    submission = Submission.from_dict(artefact.read_json(submission_json))
    run = _find_run(submission, run_key)
    parts = outdir / PARTS if (outdir / PARTS).is_dir() else None
    options = Options(threads, _checked_reference(reference), None, progress, _panel_of(panel), parts)
    result = taken_run(submission_json, run, inbox, options.panel) if options.reference is None else None
    if result is None:
        if threads > 1:
            prepare(options.panel)
        log.info("started", files=len(run.files))
        result = measure_run(submission, run, inbox, options, keys)
        give_back_memory()
    write_files(outdir, result.files)
    artefact.write_json_lines(outdir / FINDINGS, result.findings.to_list())
    remove_stale(outdir, {item.stem for item in result.files})
    artefact.write_json(outdir / RECORD, result.data)
    _remove_parts(outdir)
    log.info("done", state=result.data["state"], **result.findings.counts())
    return QcRunResult(result.data, tuple(result.files), result.findings, outdir / RECORD)


def _remove_parts(outdir: Path) -> None:
    """Take away the parts of a run whose results stand: all at once, so that nobody ever finds some of them."""
    used = outdir / f".{PARTS}.used"
    shutil.rmtree(used, ignore_errors=True)  # of one that was killed here
    if (outdir / PARTS).is_dir():
        (outdir / PARTS).rename(used)
        shutil.rmtree(used, ignore_errors=True)


def measure_run(
    submission: Submission, run: Run, inbox: Path, options: Options, keys: Keys | None = None
) -> MeasuredRun:
    """Measure all data files of ``run``; nothing is written. See :func:`qc_run`."""
    options = replace(options, declared_offset=_declared_offset(submission, run))
    paths = [_path_in(inbox, item, keys) for item in run.files]
    present = [number for number, path in enumerate(paths) if path is not None]
    stems = stems_of([item.name for item in run.files])
    groups = _mates(run.files, present)
    files, pairs = measure_files([path or Path() for path in paths], stems, groups, options)
    by_stem = {item.stem: item for item in files}
    measured = [by_stem.get(stem) for stem in stems]
    findings = _all_findings(files)
    return MeasuredRun(_run_data(run, measured, pairs, findings), tuple(files), findings)


def _find_run(submission: Submission, run_key: str) -> Run:
    runs = {run.key: run for run in submission.runs()}
    if run_key not in runs:
        known = ", ".join(runs) or "none"
        raise UsageError(
            f"The submission has no run {run_key}; its runs are: {known}.",
            hint="Where a batch asked for it, its source changed meanwhile: run the same batch command again.",
        )
    return runs[run_key]


def _check_pairs(paths: Sequence[Path]) -> None:
    if len(paths) % 2:
        raise UsageError(
            f"--paired takes files two by two, and {len(paths)} were named.",
            hint="Name R1 and R2 of each pair after each other.",
        )
    for path in paths:
        if not _is_fastq_name(path.name):
            raise UsageError(f"{path} is no FASTQ: --paired compares mate files.", hint="Leave out --paired.")


def _checked_reference(reference: str | Path | None) -> Path | None:
    if reference is None:
        return None
    path = Path(reference)
    if not path.exists():
        raise UsageError(
            f"The reference {path} does not exist.", hint="Name a FASTA file, or a directory of sequences by MD5."
        )
    return path


def _panel_of(panel: str | Path | None) -> Callable[[], Panel | None]:
    """What gives the panel when it is needed; that there is one is checked now.

    Raises:
        UsageError: there is no such file.
    """
    path = Path(panel) if panel else None
    check_panel(path)
    return partial(choose_panel, path)


def _all_findings(files: Sequence[QcFile]) -> FindingLog:
    log = FindingLog()
    for item in files:
        log.merge(item.findings)
    return log


def _path_in(inbox: Path, item: DataFile, keys: Keys | None) -> DataPath | None:
    """The file in the inbox, plain or encrypted, whatever the normal form of its Korean name; None where there is none.

    A name that would leave the inbox is no file of it.
    """
    if not item.name or "/" in item.name or "\\" in item.name or item.name in (".", ".."):
        return None
    for form in ("NFC", "NFD"):
        found = find_data_file(inbox / unicodedata.normalize(form, item.name), keys)
        if found is not None:
            return found
    return None


def _mates(files: Sequence[DataFile], present: Sequence[int]) -> list[tuple[int, ...]]:
    """Files of a run that are read in step (R1 with R2), and those that are read alone.

    An R1 belongs to the R2 whose name differs from its own in one character only (1 and 2); where names do not tell,
    the first R1 belongs to the first R2, and so on.
    """
    ones = [n for n in present if files[n].read_role == "R1" and _is_fastq_name(files[n].name)]
    twos = [n for n in present if files[n].read_role == "R2" and _is_fastq_name(files[n].name)]
    mates: dict[int, int] = {}
    for one in ones:
        fitting = [two for two in twos if _are_mate_names(files[one].name, files[two].name)]
        if len(fitting) == 1 and fitting[0] not in mates.values():
            mates[one] = fitting[0]
    rest = [two for two in twos if two not in mates.values()]
    for one, two in zip([n for n in ones if n not in mates], rest, strict=False):
        mates[one] = two
    paired = set(mates) | set(mates.values())
    groups: list[tuple[int, ...]] = list(mates.items())
    groups += [(number,) for number in present if number not in paired]
    return sorted(groups)


def _are_mate_names(one: str, two: str) -> bool:
    differing = [(a, b) for a, b in zip(one, two, strict=False) if a != b]
    return len(one) == len(two) and differing == [("1", "2")]


def _is_fastq_name(name: str) -> bool:
    lower = name.lower()
    return not lower.endswith(tuple(f".{item.value}" for item in FileFormat if item is not FileFormat.FASTQ))


def _declared_offset(submission: Submission, run: Run) -> int:
    """What the run's ``phred_offset`` says: 33 unless given (core attributes, after ENA's read documentation)."""
    for row in submission.rows("run"):
        if row.number == run.row:
            value = row.get("phred_offset")
            return 64 if value == "64" else 33
    return 33


def _run_data(
    run: Run, measured: Sequence[QcFile | None], pairs: Sequence[QcPair], findings: FindingLog
) -> dict[str, Any]:
    found = [item for item in measured if item is not None]
    whole = len(found) == len(measured) and all(item.data["state"] == "measured" for item in found)
    mates = [name for pair in pairs for name in pair.mates]
    return {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "run_key": run.key,
        "run_alias": run.alias,
        "library_id": run.library_id,
        "state": "skipped" if not found else "measured" if whole else "partial",
        "files": [_file_entry(item, result) for item, result in zip(run.files, measured, strict=True)],
        "metrics": _run_metrics(run, measured, pairs),
        "pair": {"mates": mates, "pairs": sum(pair.pairs for pair in pairs)} if pairs else None,
        "finding_counts": findings.counts(),
        "findings_file": FINDINGS,
    }


def _file_entry(item: DataFile, result: QcFile | None) -> dict[str, Any]:
    if result is None:
        absent = (
            "format",
            "container",
            "size_bytes",
            "md5",
            "sha256",
            "crc64nvme",
            "fingerprint",
            "read_count",
            "base_count",
        )
        empty = dict.fromkeys(absent)
        return {"name": item.name, **empty, "state": "missing", "metrics_file": None, "html_file": None}
    return {
        **result.data["file"],
        "name": item.name,
        "fingerprint": result.data["fingerprint"],
        "read_count": result.data["metrics"]["read_count"],
        "base_count": result.data["metrics"]["base_count"],
        "state": result.data["state"],
        "metrics_file": metrics_name(result.stem),
        "html_file": html_name(result.stem),
    }


def _run_metrics(run: Run, measured: Sequence[QcFile | None], pairs: Sequence[QcPair]) -> dict[str, Any]:
    """The metrics of all reads of the run together, out of the merged collectors; index and barcode files left out.

    Metrics of quality are null where the files differ in their offset.
    """
    chosen = [
        result
        for item, result in zip(run.files, measured, strict=True)
        if result is not None and item.read_role not in TECHNICAL_ROLES
    ]
    if not chosen:
        return {}
    merged = ReadMetrics(
        aligned="record_count" in chosen[0].metrics,
        declared_offset=chosen[0].metrics["quality_offset"],
        panel=chosen[0].reads.panel,
    )
    for result in chosen:
        merged.merge(result.reads)
    values = merged.values()
    if len({result.metrics["quality_offset"] for result in chosen} - {None}) > 1:
        values |= dict.fromkeys(QUALITY_METRICS)
    if pairs:
        together = PairMetrics()
        for pair in pairs:
            together.merge(pair.measured)
        values |= {"pair_count": sum(pair.pairs for pair in pairs), **together.values()}
    return values
