"""Check a submission's form and files, at the submitter's desk or at the station: the verdict is the same.

SUBMISSION is a directory with submission.xlsx (or the six sheets as TSV) and the data files, or one .xlsx workbook with
the files beside it. No account, no network and no server are needed.
"""

import argparse
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._options import add_exit_zero, add_outdir, add_station
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.limits import Limits
    from dsqc.stages.validate import ValidateResult

SHOWN = 20
"""Findings shown; the report holds all that are kept."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc validate``."""
    parser.add_argument("submission", type=Path, metavar="SUBMISSION", help="directory, or .xlsx workbook")
    parser.add_argument("--no-files", action="store_true", help="only the form, not the data files")
    parser.add_argument("--transfer", type=Path, metavar="FILE", help="transfer.json of the station's transfer")
    parser.add_argument("--today", type=_day, metavar="DATE", help="the day to judge by, YYYY-MM-DD (default: today)")
    add_outdir(parser, "directory for validate.json, validate.findings.jsonl and submission.json")
    add_station(parser)
    add_exit_zero(parser)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write YYYY-MM-DD") from error


def run(args: argparse.Namespace) -> int:
    """Validate, print the findings."""
    from dsqc.cli._output import print_json
    from dsqc.stages.validate import validate

    result = validate(
        args.submission,
        args.outdir,
        transfer=args.transfer,
        today=args.today,
        with_files=not args.no_files,
        limits=_limits(args.station),
    )
    if args.json:
        print_json({**result.document, "findings": result.findings.to_list()})
    else:
        _print(result, args.lang)
    return ExitCode.FINDINGS if result.has_errors else ExitCode.DONE


def _limits(station: Path | None) -> "Limits | None":
    """The station's limits where one is configured."""
    from dsqc.station import ENVIRONMENT_VARIABLE, load_station

    if station is None and not os.environ.get(ENVIRONMENT_VARIABLE):
        return None
    return load_station(station).limits


def _print(result: "ValidateResult", language: Language) -> None:
    from dsqc.cli._output import print_findings

    print_findings(result.findings, language, SHOWN)
    counts = result.findings.counts()
    name = result.submission.alias or "-"
    form = f" ({result.form.reference} × {result.form.package})" if result.form else ""
    summary = Text(
        f"{name}{form}: {counts['error']} errors, {counts['warning']} warnings, {counts['info']} notes.",
        f"{name}{form}: 오류 {counts['error']}건, 경고 {counts['warning']}건, 안내 {counts['info']}건.",
    )
    print(summary.get(language), _next_step(result).get(language))


def _next_step(result: "ValidateResult") -> Text:
    if result.path is not None:
        return Text(f"Report: {result.path}", f"보고서: {result.path}")
    if result.has_errors:
        return Text(
            "Correct the errors and validate again; -O DIR writes a report.",
            "오류를 고친 뒤 다시 검증하세요. -O DIR을 주면 보고서를 씁니다.",
        )
    return Text(
        "Next: dsqc qc on the data files, then hand it in.", "다음: 데이터 파일에 dsqc qc를 실행한 뒤 제출하세요."
    )
