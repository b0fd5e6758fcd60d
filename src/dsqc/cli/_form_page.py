"""``dsqc form page``: the page that validates forms in a browser, without a network."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._options import action_options, add_station, chosen_station
from dsqc.cli._output import print_json
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.form_page.build import FormPage

PAGE = Path("dsqc-form.html")
BOTH = "both"


def add_page(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of ``dsqc form page``."""
    parser = actions.add_parser(
        "page",
        parents=[action_options()],
        conflict_handler="resolve",
        help="one HTML file that validates forms in a browser, without a network",
    )
    parser.add_argument(
        "--lang",
        dest="languages",
        choices=[*Language, BOTH],
        metavar="{en,ko,both}",
        help="language that the page opens in; it has a switch (default: the browser's)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=PAGE, metavar="FILE", help="page to write (default: %(default)s)"
    )
    parser.add_argument(
        "--parts",
        type=Path,
        metavar="DIR",
        help="directory of Pyodide (npm) and of the reader of workbooks (PyPI) as their registries publish them "
        "(default: form-page in dsqc's cache)",
    )
    parser.add_argument("--fetch", action="store_true", help="get from the registries what DIR lacks")
    parser.add_argument("--force", action="store_true", help="write over a page that is there")
    add_station(parser)


def write_page(args: argparse.Namespace) -> int:
    """``dsqc form page``."""
    from dsqc.form_page.build import build_page
    from dsqc.form_page.parts import fetch_parts, find_parts, parts_folder

    if args.output.exists() and (args.output.is_dir() or not args.force):
        raise UsageError(f"{args.output} exists already.", hint="Give another name, or --force to write over a file.")
    folder = args.parts or parts_folder()
    parts = fetch_parts(folder) if args.fetch else find_parts(folder)
    station = chosen_station(args.station)
    page = build_page(
        args.output,
        parts,
        language=Language(args.languages) if args.languages and args.languages != BOTH else None,
        limits=station.limits if station else None,
        kbds_strict=station is not None and station.kbds_strict,
    )
    if args.json:
        print_json(
            {
                "schema_version": "1.0",
                "page": str(page.path),
                "size_bytes": page.size_bytes,
                "sha256": page.sha256,
                "rule_set_version": page.rule_set,
                "parts": [part.name for part in parts],
            }
        )
    else:
        _tell(page, args)
    return ExitCode.DONE


def _tell(page: "FormPage", args: argparse.Namespace) -> None:
    size = f"{page.size_bytes / 1e6:.1f} MB"
    print(
        Text(
            f"{page.path}: {size}, rules {page.rule_set}, SHA-256 {page.sha256}",
            f"{page.path}: {size}, 규칙 {page.rule_set}, SHA-256 {page.sha256}",
        ).get(args.lang)
    )
    if not args.quiet:
        print(
            Text(
                "Open it in a browser, from disk or from a web server; it asks for nothing but itself.",
                "브라우저에서 여세요. 디스크에서 열거나 웹 서버에 두어도 되며, 다른 파일이나 네트워크가 필요 없습니다.",
            ).get(args.lang)
        )
