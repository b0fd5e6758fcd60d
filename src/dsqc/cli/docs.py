"""The documentation as web pages: what every form asks for, what every rule checks, every vocabulary.

The pages need no server and no network: open DIR/index.html in a browser.
"""

import argparse
from pathlib import Path

from dsqc.errors import ExitCode
from dsqc.language import Language, Text

BOTH = "both"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc docs``. Its ``--lang`` is that of the pages, and knows both languages."""
    pages = next(action for action in parser._actions if action.dest == "lang")
    pages.dest, pages.type, pages.default = "languages", str, BOTH
    pages.choices, pages.metavar = [*(language.value for language in Language), BOTH], "{en,ko,both}"
    pages.help = "language of the pages (default: both, with a switch)"
    parser.add_argument("-O", "--outdir", type=Path, metavar="DIR", required=True, help="directory for the pages")
    parser.set_defaults(lang=Language.from_environment())


def run(args: argparse.Namespace) -> int:
    """Write the pages, say where they begin."""
    from dsqc.cli._output import print_json
    from dsqc.stages.docs import docs

    only = None if args.languages == BOTH else Language(args.languages)
    page = docs(args.outdir, only=only)
    if args.json:
        print_json({"schema_version": "1.0", "page": str(page)})
    else:
        print(Text(f"Open {page}", f"열어 보세요: {page}").get(only or args.lang))
    return ExitCode.DONE
