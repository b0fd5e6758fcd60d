"""``dsqc qc`` on one part of a big file: where it is cut, and measuring one part."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._output import print_json, print_table
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text
from dsqc.version import __version__

if TYPE_CHECKING:
    from dsqc.formats.spans import Spans

DIGEST = "digest"


def add_parts(parser: argparse.ArgumentParser) -> None:
    """``--plan-parts``, ``--part`` and ``--parts``."""
    group = parser.add_argument_group("a big file in parts")
    group.add_argument("--plan-parts", type=_number, metavar="N", help="say where the file is cut into N parts")
    part_help = "measure part I of N into -O (with --paired: compare its reads with their mates); digest: hash the file"
    group.add_argument("--part", metavar="I/N", help=part_help)
    group.add_argument("--parts", type=Path, metavar="DIR", help="put the files together of their parts in DIR")


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 999:
        raise argparse.ArgumentTypeError(f"{text} is no number of parts (1 to 999)")
    return int(text)


def run_part(args: argparse.Namespace) -> int:
    """Plan the parts of a file, or measure one of them.

    Raises:
        UsageError: what is named does not go together.
    """
    from dsqc.formats.spans import find_spans
    from dsqc.stages._inputs import check_inputs

    paths = [Path(path) for path in args.files]
    check_inputs(paths)
    if args.parts or (args.plan_parts and args.part) or args.submission:
        raise UsageError("--plan-parts, --part and --parts are three steps.", hint="Name one of them at a time.")
    if str(paths[0]) == "-":
        raise UsageError("Standard input is not measured in parts.", hint="Name a file.")
    if len(paths) != 1 + args.paired or (args.paired and (args.plan_parts or args.part == DIGEST)):
        raise UsageError(
            "A part is one of one file, or with --paired --part I/N of two mate files.",
            hint="Name one file.",
        )
    if args.plan_parts:
        spans = find_spans(paths[0], args.plan_parts)
        _show_plan(args, spans)
        return ExitCode.DONE
    if args.outdir is None:
        raise UsageError("--part needs a directory for what it measures.", hint="Add -O DIR.")
    place = _measured(args, paths)
    if args.json:
        print_json(_data(find_spans(paths[0], 1), [{"part": args.part, "place": str(place)}]))
    else:
        print(Text(f"Part: {place}", f"부분: {place}").get(args.lang))
    return ExitCode.DONE


def _measured(args: argparse.Namespace, paths: list[Path]) -> Path:
    from dsqc.formats.spans import find_spans
    from dsqc.stages._qc_measure import Options
    from dsqc.stages.qc_parts import Part, measure_digest, measure_pair_part, measure_part

    if args.part == DIGEST:
        return measure_digest(paths[0], args.outdir)
    number, _, of = args.part.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= 999):
        raise UsageError(f"{args.part} is no part.", hint="Name it as 3/8: the third of eight; or digest.")
    reason = find_spans(paths[0], 1).reason
    if reason:
        raise UsageError(f"{paths[0].name} is one part: {reason.en}.", hint="Measure it whole: dsqc qc FILE.")
    if args.paired:
        return measure_pair_part((paths[0], paths[1]), int(number), int(of), args.outdir)
    return measure_part(Part(paths[0], int(number), int(of)), args.outdir, options=Options(threads=args.threads))


def _data(spans: "Spans", parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The shape of ``dsqc.schemas/reports/qc_parts.schema.json``."""
    return {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "file": {"name": spans.path.name, "size_bytes": spans.size},
        "whole_because": spans.reason.en if spans.reason else None,
        "parts": parts,
    }


def _show_plan(args: argparse.Namespace, spans: "Spans") -> None:
    language: Language = args.lang
    if args.json:
        parts = [{"part": f"{item.number}/{item.of}", "start": item.start, "stop": item.stop} for item in spans.spans]
        print_json(_data(spans, parts))
        return
    if spans.reason:
        name, reason = spans.path.name, spans.reason
        print(Text(f"{name} is one part: {reason.en}.", f"{name}은(는) 한 부분입니다: {reason.ko}.").get(language))
        return
    headings = (Text("part", "부분"), Text("first byte", "첫 바이트"), Text("bytes", "바이트"))
    rows = [(f"{item.number}/{item.of}", f"{item.start:,}", f"{item.stop - item.start:,}") for item in spans.spans]
    print_table([heading.get(language) for heading in headings], rows)
