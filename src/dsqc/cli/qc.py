"""Read data files once, whole: prove what they are, find what is wrong, measure how good they are.

FASTQ (plain, gzip, BGZF, bzip2, zstd, xz), BAM, CRAM and SAM; - is standard input. With -O everything is written for
later stages and for people: JSON, Parquet, an HTML page a file, and FastQC-shaped text that MultiQC reads.

  dsqc qc reads.fastq.gz
  dsqc qc --paired reads_R1.fastq.gz reads_R2.fastq.gz -O results
  dsqc qc --submission submission.json --run R1 --inbox inbox -O results/runs/R1

A file too big for one job is measured in parts, in any order and at once, on any machine that sees the file. Put
together they give what one pass gives, byte for byte. FASTQ is cut, in plain text or BGZF (bgzip), and BAM.

  dsqc qc big.fastq.gz --plan-parts 8              where it is cut
  dsqc qc big.fastq.gz --part 3/8 -O parts         one job a part: 1/8 to 8/8
  dsqc qc big.fastq.gz --part digest -O parts      one job more hashes the file (else --parts does)
  dsqc qc big.fastq.gz --parts parts -O results
  dsqc qc --paired R1.fastq.gz R2.fastq.gz --part 3/8 -O parts      compares mates (else --parts does)
"""

import argparse
import os
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dsqc.cli._options import add_exit_zero, add_outdir, add_panel, add_station, add_threads, chosen_station
from dsqc.cli._output import SEVERITY_LABELS, print_findings, print_json, print_table
from dsqc.cli._qc_parts import add_parts, run_part
from dsqc.errors import ExitCode, UsageError
from dsqc.findings import FindingLog
from dsqc.language import Language, Text
from dsqc.stages._memory import keep_freed_memory

if TYPE_CHECKING:
    from dsqc.formats.stored import StoredBytes
    from dsqc.stages._qc_measure import QcFile, QcPair
    from dsqc.stages._qc_results import TakenFile

SHOWN_FINDINGS = 5
PAIR_CODES = frozenset({"DSQC-D012", "DSQC-D013", "DSQC-F012"})
"""Findings about two mate files; they stand with the first and concern both."""
SECONDS_BETWEEN = 0.2
SWITCH_MICROSECONDS = 500
"""After which a thread that computes in Python lets another one go on; Python's own is 5,000. The threads of a pass
need the interpreter's lock often and for a moment only, and each then waits for so long."""
_NO_VALUE = "–"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``dsqc qc FILE... [--paired] [-O DIR]``, or one run of a submission."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="data files; - for standard input")
    parser.add_argument("--paired", action="store_true", help="the files are mates, named two by two: R1 R2 R1 R2 ...")
    reference_help = "reference sequences of CRAM files; a directory holds them by MD5"
    parser.add_argument("--reference", type=Path, metavar="FASTA|DIR", help=reference_help)
    add_panel(parser)
    add_station(parser)
    add_outdir(parser, "directory for the results (default: nothing is written)")
    add_threads(parser)
    add_exit_zero(parser)
    add_parts(parser)
    group = parser.add_argument_group("one run of a submission")
    group.add_argument("--submission", type=Path, metavar="JSON", help="submission.json, as validate wrote it")
    group.add_argument("--run", dest="run_key", metavar="KEY", help="key of the run")
    group.add_argument("--inbox", type=Path, metavar="DIR", help="directory of the submission's files")


def run(args: argparse.Namespace) -> int:
    """Measure files, or the run of a submission."""
    if args.plan_parts or args.part:
        keep_freed_memory()
        return run_part(args)
    if args.submission or args.run_key or args.inbox:
        keep_freed_memory()
        return _run_of_submission(args)
    with _begun(args) as begun, FileProgress(args) as progress:
        from dsqc.stages.qc import qc

        keep_freed_memory()  # not before: what was read until now is held once, and goes back to the system
        result = qc(
            *args.files,
            outdir=args.outdir,
            paired=args.paired,
            threads=args.threads,
            reference=args.reference,
            panel=_panel(args),
            progress=progress,
            parts=args.parts,
            begun=begun,
        )
    if args.json:
        print_json(result.to_dict())
    else:
        _print(result.files, _together(result.pairs), result.findings, args.lang)
        if result.outdir is not None:
            _print_place(result.outdir, [f"{item.stem}.html" for item in result.files], args.lang)
    return result.exit_code


@contextmanager
def _begun(args: argparse.Namespace) -> "Generator[StoredBytes | None, None, None]":
    """The first file's bytes, read and hashed while what measures them is loaded; None where that cannot be."""
    if args.threads < 2 or args.parts or not args.files:
        yield None
        return
    from dsqc.formats.stored import begin

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_MICROSECONDS / 1_000_000)
    begun = begin(Path(args.files[0]))
    try:
        yield begun
    finally:
        sys.setswitchinterval(interval)
        if begun is not None:
            begun.close()


def _run_of_submission(args: argparse.Namespace) -> int:
    given = {"--submission": args.submission, "--run": args.run_key, "--inbox": args.inbox, "--outdir": args.outdir}
    missing = [name for name, value in given.items() if not value]
    if missing or args.files or args.paired or args.parts:
        raise UsageError(
            "A run of a submission is measured with --submission, --run, --inbox and --outdir, without files.",
            hint=f"Add {', '.join(missing)}." if missing else "Leave out the files, --paired and --parts.",
        )
    from dsqc.crypt4gh import station_keys
    from dsqc.stages.qc import qc_run

    station = chosen_station(args.station)
    with FileProgress(args) as progress:
        result = qc_run(
            args.submission,
            args.run_key,
            args.inbox,
            args.outdir,
            threads=args.threads,
            reference=args.reference,
            panel=_panel(args),
            progress=progress,
            keys=station_keys(station) if station else None,
        )
    if args.json:
        print_json(result.data)
    else:
        _print(result.files, result.data["pair"], result.findings, args.lang)
        _print_place(args.outdir, [result.path.name], args.lang)
    return ExitCode.FINDINGS if result.findings.has_errors else ExitCode.DONE


def _panel(args: argparse.Namespace) -> Path | None:
    """The panel named in the call, by the environment or by the station; None for the one that dsqc ships."""
    if args.panel is not None:
        return Path(args.panel)
    named = os.environ.get("DSQC_PANEL", "")
    if named or (args.station is None and not os.environ.get("DSQC_STATION")):
        return Path(named) if named else None
    from dsqc.station import load_station

    return load_station(args.station).panel_path


class FileProgress:
    """A line on a terminal that says how far reading has come; nothing anywhere else."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._shown = sys.stderr.isatty() and not args.quiet and not args.log_json
        self._last = 0.0

    def __call__(self, name: str, records: int) -> None:
        now = time.monotonic()
        if self._shown and now - self._last > SECONDS_BETWEEN:
            self._last = now
            sys.stderr.write(f"\r\x1b[K{name}: {records:,}")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last:
            sys.stderr.write("\r\x1b[K")


def _print(
    files: "Sequence[QcFile | TakenFile]", pair: Mapping[str, Any] | None, findings: FindingLog, language: Language
) -> None:
    headings = (
        Text("", ""),
        Text("file", "파일"),
        Text("reads", "리드"),
        Text("bases", "염기"),
        Text("length", "길이"),
        Text("mean Q", "평균 Q"),
        Text("Q30", "Q30"),
        Text("GC", "GC"),
    )
    if files:
        unpaired = {item.data["mate"] for item in files if any(found.code in PAIR_CODES for found in item.findings)}
        rows = [_cells(item, faulty_pair=item.name in unpaired) for item in files]
        print_table([heading.get(language) for heading in headings], rows)
        if pair:
            number = f"{pair['pairs']:,}"
            print(Text(f"{number} pairs compared by name.", f"{number}쌍을 이름으로 비교했습니다.").get(language))
        print(_counts(findings, language))
        print()
    print_findings(findings, language, SHOWN_FINDINGS)


def _counts(findings: FindingLog, language: Language) -> str:
    counts = findings.counts()
    return " · ".join(f"{label.get(language)} {counts[severity]:,}" for severity, label in SEVERITY_LABELS.items())


def _together(pairs: Sequence["QcPair"]) -> dict[str, Any] | None:
    return {"pairs": sum(pair.pairs for pair in pairs)} if pairs else None


def _cells(item: "QcFile | TakenFile", *, faulty_pair: bool) -> tuple[str, ...]:
    metrics, counts = item.metrics, item.data["finding_counts"]
    shortest, longest = metrics["length_min"], metrics["length_max"]
    length = _NO_VALUE if longest is None else str(longest) if shortest == longest else f"{shortest}-{longest}"
    mark = "✗" if counts["error"] or faulty_pair else "!" if counts["warning"] else "✓"
    return (
        mark,
        item.name,
        f"{metrics['read_count']:,}",
        _short(metrics["base_count"]),
        length,
        _number(metrics["mean_phred"], ".1f"),
        _number(metrics["frac_bases_q30"], ".1%"),
        _number(metrics["gc_fraction"], ".1%"),
    )


def _short(bases: int) -> str:
    """``203.8 M``: at most four digits and a decimal power."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if bases >= size:
            return f"{bases / size:.1f} {letter}"
    return str(bases)


def _number(value: Any, form: str) -> str:
    return _NO_VALUE if value is None else format(value, form)


def _print_place(outdir: Path, names: Sequence[str], language: Language) -> None:
    places = ", ".join(str(outdir / name) for name in names[:3]) + (" …" if len(names) > 3 else "")
    print(Text(f"Report: {places}", f"보고서: {places}").get(language))
