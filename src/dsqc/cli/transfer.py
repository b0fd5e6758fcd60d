"""Copy a submission into the inbox: its forms and every file they list, proving every byte.

SOURCE is a directory; s3://bucket/prefix (keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY); https://host/path/
(user and password from ~/.netrc or the file that NETRC names; or a bearer token in DSQC_HTTP_TOKEN, for the host in
DSQC_HTTP_HOST); or sftp://[user@]host[:port]/path (keys from ssh-agent, ~/.ssh or the file that DSQC_SSH_KEY names; the
host key must be known). A web server lists nothing: files are found by the file sheet. Nothing stands in the inbox
under its name before it is whole. Data of a closed submission is encrypted to the station's key while it arrives, and
stands there as NAME.c4gh; what the source holds as NAME.c4gh, encrypted to that key already, is taken as it is, and its
content proven. An interrupted transfer goes on with the same command.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.cli._options import add_exit_zero, add_outdir, add_pace, add_station, chosen_station
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.stages.transfer import TransferResult

STATES = {
    "copied": Text("copied", "받음"),
    "missing": Text("missing", "없음"),
    "failed": Text("failed", "실패"),
}
HEADINGS = (
    Text("file", "파일"),
    Text("bytes", "바이트"),
    Text("MD5", "MD5"),
    Text("state", "상태"),
)
SHOWN = 20
"""Findings, and files that came, that are shown on the terminal; all of them stand in transfer.json."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc transfer``."""
    parser.add_argument("source", metavar="SOURCE", help="directory or URL that holds the submission")
    parser.add_argument("inbox", metavar="DEST", type=Path, help="inbox of this submission: a directory of its own")
    parser.add_argument(
        "--check",
        action="store_true",
        help="only say what would go wrong, and how much would travel; nothing is copied",
    )
    parser.add_argument("--submission", metavar="NAME", help="name of the submission (default: the inbox's name)")
    add_outdir(parser, "directory for transfer.json (default: DEST/.dsqc)")
    add_station(parser)
    add_exit_zero(parser)
    add_pace(parser)


def run(args: argparse.Namespace) -> int:
    """Transfer, print what arrived."""
    from dsqc.cli._transfer import ending_on_sigterm, pace_options, told

    station = chosen_station(args.station)
    if args.check:
        from dsqc.cli._preflight import check

        return check(
            args.source,
            args.inbox,
            language=args.lang,
            as_json=args.json,
            submission=args.submission,
            s3=station.s3 if station else None,
            timeout_s=pace_options(args).stall_timeout_s,
        )
    from dsqc.cli._output import print_json
    from dsqc.crypt4gh import station_keys
    from dsqc.stages.transfer import transfer
    from dsqc.transfer import PRIVATE

    with ending_on_sigterm(), told(args) as progress:
        result = transfer(
            args.source,
            args.inbox,
            args.outdir or args.inbox / PRIVATE,
            submission=args.submission,
            s3=station.s3 if station else None,
            keys=station_keys(station) if station else None,
            progress=progress,
            options=pace_options(args),
        )
    if args.json:
        print_json(result.record)
    else:
        _print(result, args.lang)
    return ExitCode.FINDINGS if result.log.has_errors else ExitCode.DONE


def _print(result: "TransferResult", language: Language) -> None:
    from dsqc.cli._output import print_groups, print_table

    rows = result.record["files"]
    # What did not come is shown first and whole; of what came, a glance is enough.
    left = [row for row in rows if row["state"] != "copied"]
    came = [row for row in rows if row["state"] == "copied"]
    shown = [*left, *came[: max(0, SHOWN - len(left))]]
    print_table(
        [text.get(language) for text in HEADINGS],
        [[row["name"], _number(row["size_bytes"]), row["md5"], STATES[row["state"]].get(language)] for row in shown],
    )
    if len(shown) < len(rows):
        more = len(rows) - len(shown)
        print(Text(f"… and {more:,} more.", f"… 외 {more:,}개.").get(language))
    print_groups(result.log.groups(), language, SHOWN)
    states = Counter(row["state"] for row in rows)
    counts = ", ".join(f"{STATES[state].get(language)} {states[state]}" for state in STATES if states[state])
    found = result.record["finding_counts"]
    print(
        Text(
            f"{counts or 'no files'}; {found['error']} errors, {found['warning']} warnings. Report: {result.path}",
            f"{counts or '파일 없음'}; 오류 {found['error']}건, 경고 {found['warning']}건. 보고서: {result.path}",
        ).get(language)
    )


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
