"""Check a submission's form and files, at the submitter's desk or at the station: the verdict is the same.

SUBMISSION is a directory with submission.xlsx (or the six sheets as TSV) and the data files, or one .xlsx workbook with
the files beside it. A single table (.tsv, .csv) is diagnosed as far as it goes; the sheets that it lacks are errors. No
account, no network, no server are needed.

With --reads the data files are read too, whole. The submission gets the verdict that the station will give, and what
the reads of each run tell of instrument, library, organism, sex and so on is compared with what the form says (form
against file: agree, disagree or cannot tell, with probability and evidence). -O DIR then also gets what dsqc qc and
dsqc judge write (runs/, verdict.json), and a page a run in pages/.

With --fix, suggestions that are certain are put in place on a copy: -O DIR gets corrected/, the form under the same
file names (put them in place of the old ones; original and data files are never touched), and patch.tsv, a line for
each suggestion: path, sheet, row, column, attribute, old, new, rule, confidence, state (applied or left), reason. In a
workbook, corrected cells are yellow and have a comment that keeps the old value. The exit code is that of the form as
it was handed in.
"""

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._desk import add_desk
from dsqc.cli._options import (
    add_exit_zero,
    add_outdir,
    add_rule_set,
    add_station,
    add_taxonomy,
    add_threads,
    chosen_station,
    use_rule_set,
)
from dsqc.errors import ExitCode, UsageError
from dsqc.findings import CERTAIN
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsqc.findings import Finding, FindingLog
    from dsqc.model import Submission
    from dsqc.stages.fix import FixResult
    from dsqc.stages.judge import JudgeResult
    from dsqc.stages.validate import OnReceipt, ValidateResult
    from dsqc.station import Station

SHOWN_COLUMNS = 8
"""Corrected columns named; ``patch.tsv`` has all cells."""
SHOWN = 20
"""Faults shown, each with all its rows; the report holds them all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc validate``."""
    parser.add_argument("submission", type=Path, metavar="SUBMISSION", help="directory, .xlsx workbook, or one table")
    parser.add_argument("--no-files", action="store_true", help="only the form, not the data files")
    parser.add_argument(
        "--all", action="store_true", help="list every kept finding, not one line a fault; with --reads every attribute"
    )
    parser.add_argument("--transfer", type=Path, metavar="FILE", help="transfer.json of the station's transfer")
    parser.add_argument("--today", type=_day, metavar="DATE", help="the day to judge by, YYYY-MM-DD (default: today)")
    parser.add_argument(
        "--kbds-strict",
        action="store_true",
        help="count the doubtful requirements of K-BDS as well, as a station may (kbds_strict of station.toml)",
    )
    parser.add_argument(
        "--fix", action="store_true", help="write a corrected copy of the form and patch.tsv into -O DIR"
    )
    parser.add_argument(
        "--confidence",
        type=_share,
        default=CERTAIN,
        metavar="SHARE",
        help="with --fix: put suggestions in place from this confidence on, 0 to 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--mask-people",
        action="store_true",
        help="with --fix: take out of cells what points at people (numbers, mails, days of birth; names with "
        "--confidence 0.6)",
    )
    add_desk(parser)
    add_outdir(
        parser,
        "directory for validate.json, validate.findings.jsonl, submission.json, profile.json and the page profile.html",
    )
    add_threads(parser)
    add_station(parser)
    add_taxonomy(parser)
    add_rule_set(parser)
    add_exit_zero(parser)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write YYYY-MM-DD") from error


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return number


def run(args: argparse.Namespace) -> int:
    """Validate, print the findings; with ``--fix`` write the corrected copy."""
    import gc

    from dsqc.cli._desk import check_desk, print_pages, print_signed, read_at_desk, sign_at_desk, to_json
    from dsqc.cli._output import print_json
    from dsqc.stages.validate import validate
    from dsqc.taxonomy import choose_taxonomy

    # A form is a million small objects without a cycle among them: looking for cycles takes a seventh of the time.
    gc.set_threshold(200_000, 50, 50)
    _check_fix(args)
    station = chosen_station(args.station)
    use_rule_set(args.rule_set, station)
    limits = station.limits if station else None
    strict = args.kbds_strict or (station is not None and station.kbds_strict)
    taxonomy = choose_taxonomy(args.taxonomy, station.taxonomy_path if station else None)
    from dsqc.crypt4gh import station_keys

    keys = station_keys(station) if station else None

    def validate_into(results: Path | None) -> "ValidateResult":
        return validate(
            args.submission,
            results,
            transfer=args.transfer,
            today=args.today,
            with_files=not args.no_files,
            limits=limits,
            kbds_strict=strict,
            taxonomy=taxonomy,
            keys=keys,
            on_receipt=_on_receipt(args, station),
        )

    signed = desk = None
    if args.sign or args.reads:
        check_desk(args)
        if args.sign:
            signed = sign_at_desk(args, station, validate_into)
        else:
            desk = read_at_desk(args, station, validate_into)
    result = signed.validation if signed else desk.validation if desk else validate_into(args.outdir)
    if args.outdir is None:  # What was written for the desk is gone.
        result = replace(result, path=None)
    judged = signed.judged if signed else desk.judged if desk else None
    fixed = None
    if args.fix:
        from dsqc.stages.fix import fix

        fixed = fix(
            args.submission,
            args.outdir,
            confidence=args.confidence,
            today=args.today,
            limits=limits,
            kbds_strict=strict,
            taxonomy=taxonomy,
            mask_people=args.mask_people,
        )
    if args.json:
        more: dict[str, Any] = {"fix": fixed.document} if fixed else {}
        print_json({**result.document, "findings": result.findings.to_list(), **more, **to_json(judged, signed)})
    else:
        _print(result, judged, args)
        if fixed:
            _print_fixed(fixed, args.outdir, args.lang)
        if desk:
            print_pages(desk, args.lang)
        if signed:
            print_signed(signed, args.lang)
    failed = judged is not None and judged.findings.has_errors
    unsigned = signed is not None and signed.receipt is None
    return ExitCode.FINDINGS if result.has_errors or failed or unsigned else ExitCode.DONE


def _check_fix(args: argparse.Namespace) -> None:
    """Before anything is written: the copy needs a place of its own."""
    if args.mask_people and not args.fix:
        raise UsageError("--mask-people is about the copy that --fix writes.", hint="Add --fix -O DIR.")
    if args.fix and args.outdir is None:
        raise UsageError("--fix writes a corrected copy.", hint="Say where to with -O DIR.")
    if args.fix:
        from dsqc.stages.fix import check_apart

        check_apart(args.submission, args.outdir)  # Before the report is written there.


def _on_receipt(args: argparse.Namespace, station: "Station | None") -> "OnReceipt | None":
    """What looks at a receipt that came with the submission; nothing where the station believes nobody's."""
    if station is None or not station.receipts.trusted or args.outdir is None or args.transfer is None:
        return None
    from dsqc.artefact import read_json
    from dsqc.stages._receipt_check import Arrived, check_receipt

    def look(submission: "Submission", validation: "Mapping[str, Any]", transfer_sha256: str) -> "list[Finding]":
        arrived = Arrived(args.submission, read_json(args.transfer), transfer_sha256, submission)
        return check_receipt(station, arrived, validation, args.outdir)

    return look


def _print(result: "ValidateResult", judged: "JudgeResult | None", args: argparse.Namespace) -> None:
    from dsqc.cli._desk import print_judged
    from dsqc.cli._output import print_findings, print_groups

    found: FindingLog = judged.findings if judged else result.findings
    if args.all:
        print_findings(found, args.lang)
    else:
        print_groups(found.groups(), args.lang, SHOWN)
    name = result.submission.alias or args.submission.resolve().name
    if judged:
        print_judged(name, judged, args.lang, every=args.all)
    counts = found.counts()
    strict = ", kbds-strict" if result.form and result.form.kbds_strict else ""
    form = f" ({result.form.reference} × {result.form.package}{strict})" if result.form else ""
    summary = Text(
        f"{name}{form}: {counts['error']} errors, {counts['warning']} warnings, {counts['info']} notes.",
        f"{name}{form}: 오류 {counts['error']}건, 경고 {counts['warning']}건, 안내 {counts['info']}건.",
    )
    print(summary.get(args.lang), _next_step(result, judged).get(args.lang))


def _next_step(result: "ValidateResult", judged: "JudgeResult | None") -> Text:
    if result.path is not None:
        return Text(f"Report: {result.path}", f"보고서: {result.path}")
    if result.has_errors or (judged and judged.findings.has_errors):
        return Text(
            "Correct the errors and validate again; -O DIR writes a report.",
            "오류를 고친 뒤 다시 검증하세요. -O DIR을 주면 보고서를 씁니다.",
        )
    if judged:
        return Text("Next: dsqc send hands it in.", "다음: dsqc send로 제출하세요.")
    return Text(
        "Next: the same with --reads, which looks into the data files, then hand it in.",
        "다음: --reads를 붙여 데이터 파일 안까지 검사한 뒤 제출하세요.",
    )


def _print_fixed(fixed: "FixResult", outdir: Path, language: Language) -> None:
    document = fixed.document
    columns = document["columns"]
    named = [f"{item['sheet']}.{item['attribute'] or '?'} {item['cell_count']}" for item in columns[:SHOWN_COLUMNS]]
    listed = ", ".join(named) + (" …" if len(columns) > SHOWN_COLUMNS else "")
    before, after = (document["finding_counts"][name] for name in ("before", "after"))
    cells = document["cell_count"]
    copy = ", ".join(str(path) for path in fixed.paths)
    for text in (
        Text(f"Corrected: {cells} cells ({listed}).", f"고침: {cells}칸({listed}).")
        if cells
        else Text("Corrected: no cell.", "고칠 칸이 없습니다."),
        Text(f"Copy: {copy}", f"고친 사본: {copy}"),
        Text(
            f"Without the data files, the form: {before['error']} errors, {before['warning']} warnings; "
            f"the copy: {after['error']} errors, {after['warning']} warnings.",
            f"데이터 파일을 뺀 양식만: 원래 오류 {before['error']}건, 경고 {before['warning']}건. "
            f"사본: 오류 {after['error']}건, 경고 {after['warning']}건.",
        ),
        _left_to_people(fixed),
    ):
        print(text.get(language))


def _left_to_people(fixed: "FixResult") -> Text:
    document = fixed.document
    look = (
        Text(
            " Look at the marked cells, put the copy in place of the form, and validate again.",
            " 표시된 칸을 확인하고 사본으로 양식을 바꾼 뒤 다시 검증하세요.",
        )
        if document["cell_count"]
        else Text("", "")
    )
    if not len(fixed.after):
        return Text(f"Nothing is left to you.{look.en}", f"직접 정할 것은 없습니다.{look.ko}")
    left = document["left_count"]
    return Text(
        f"Left to you: {left} suggestions (state left in {fixed.patch}) and what has no suggestion.{look.en}",
        f"직접 정할 것: 제안 {left}건({fixed.patch}의 state가 left인 행)과 제안이 없는 발견 사항.{look.ko}",
    )
