"""Let a submitter send without credentials: a grant is a file of presigned URLs, good for a while, for named files.

  request   (submitter) write the table of names and sizes that the station needs
  issue     (station) make a grant for those files; a secret, as good as a password until it expires
  renew     (station) give the same grant new URLs; what has arrived is kept
  show      print what a grant allows, without its secrets
  revoke    (station) drop its unfinished uploads, so that their URLs lead nowhere
  sweep     (station) list uploads into an inbox that nobody finished; delete them with --delete

The store's keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; URLs signed with keys of a role end with them.
Where --station names a station that has keys, its public key goes into the grant: whoever sends a closed submission
encrypts its data to that.
"""

import argparse
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import action_options, add_station
from dsqc.cli.send import size_of
from dsqc.errors import ExitCode
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.crypt4gh import PublicKey

_SPAN = re.compile(r"([0-9]+)([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_LONGEST_S = 7 * 86_400
_INBOX_HELP = "s3://bucket/prefix of this submission"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc grant``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, parents=[action_options()])

    request = action("request", "write the table of names and sizes that the station needs")
    request.add_argument(
        "submission", metavar="SUBMISSION", type=Path, help="directory of the submission, or its .xlsx"
    )
    request.add_argument("-o", "--out", type=Path, default=Path("files.tsv"), metavar="FILE", help="default: files.tsv")

    issue = action("issue", "make a grant")
    issue.add_argument("name", metavar="NAME", help="name of the grant, for people")
    issue.add_argument("--inbox", required=True, metavar="URL", help=_INBOX_HELP)
    issue.add_argument("--files", required=True, type=Path, metavar="FILE", help="the table, or the forms")
    _add_expires(issue)
    issue.add_argument("-o", "--out", type=Path, default=Path("grant.json"), metavar="FILE", help="default: grant.json")
    issue.add_argument("--part-size", type=_part_size, metavar="SIZE", help="bytes of a part (default: 32Mi)")
    add_station(issue)

    renew = action("renew", "give a grant new URLs")
    _add_grant(renew)
    _add_expires(renew)
    renew.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="where the renewed grant goes (default: the same)"
    )
    add_station(renew)

    _add_grant(action("show", "print what a grant allows"))

    revoke = action("revoke", "drop the unfinished uploads of a grant")
    _add_grant(revoke)
    add_station(revoke)

    sweep = action("sweep", "list uploads into an inbox that nobody finished")
    sweep.add_argument("--inbox", required=True, metavar="URL", help=_INBOX_HELP + ", or what several have in common")
    sweep.add_argument("--older-than", type=_hours, default=timedelta(days=7), metavar="HOURS", help="default: 168")
    sweep.add_argument("--delete", action="store_true", help="drop what is old enough")
    add_station(sweep)


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    return _ACTIONS[args.action](args)


def _request(args: argparse.Namespace) -> int:
    from dsqc.stages.grant import write_request

    number = write_request(args.submission, args.out)
    value = {"schema_version": "1.0", "action": "request", "file_count": number, "path": str(args.out)}
    _finish(
        args,
        value,
        Text(
            f"{args.out}: {number} files. Send it to the station and ask for a grant.",
            f"{args.out}: 파일 {number}개. 이 표를 데이터센터에 보내 전송 허가(grant)를 요청하세요.",
        ),
    )
    return ExitCode.DONE


def _issue(args: argparse.Namespace) -> int:
    from dsqc.stages.grant import PART_BYTES, issue_grant

    value = issue_grant(
        args.name,
        args.inbox,
        args.files,
        args.out,
        expires_s=args.expires,
        s3=_s3_options(args),
        part_bytes=args.part_size or PART_BYTES,
        station_public_key=_station_public_key(args),
    )
    return _finish_grant(args, value, args.out)


def _renew(args: argparse.Namespace) -> int:
    from dsqc.stages.grant import renew_grant

    out = args.out or args.grant
    return _finish_grant(args, renew_grant(args.grant, out, expires_s=args.expires, s3=_s3_options(args)), out)


def _finish_grant(args: argparse.Namespace, value: dict[str, Any], out: Path) -> int:
    count, size, expires = value["file_count"], value["size_bytes"], value["expires_at"]
    _finish(
        args,
        {**value, "action": args.action, "path": str(out)},
        Text(
            f"{out}: {count} files, {size:,} bytes, good until {expires}. A secret: for the submitter only.",
            f"{out}: 파일 {count}개, {size:,}바이트, 유효 기한 {expires}. 비밀 파일이므로 제출자에게만 전달하세요.",
        ),
    )
    return ExitCode.DONE


def _show(args: argparse.Namespace) -> int:
    from dsqc.sending import read_grant
    from dsqc.stages.grant import show_grant

    value = {**show_grant(read_grant(args.grant)), "action": "show", "path": str(args.grant)}
    if not args.json:
        from dsqc.cli._output import print_table, printable

        headings = (Text("file", "파일"), Text("bytes", "바이트"), Text("parts", "조각"))
        rows = [[printable(row["name"]), f"{row['size_bytes']:,}", f"{row['parts']:,}"] for row in value["files"]]
        print_table([text.get(args.lang) for text in headings], rows)
    ended = Text("expired", "만료됨") if value["expired"] else Text("good until", "유효 기한")
    count, size, expires = value["file_count"], value["size_bytes"], value["expires_at"]
    _finish(
        args,
        value,
        Text(
            f"{value['name']}: {count} files, {size:,} bytes to {value['inbox']}; {ended.en} {expires}.",
            f"{value['name']}: 파일 {count}개, {size:,}바이트, 받는 곳 {value['inbox']}; {ended.ko} {expires}.",
        ),
    )
    return ExitCode.DONE


def _revoke(args: argparse.Namespace) -> int:
    from dsqc.stages.grant import revoke_grant

    value = {**revoke_grant(args.grant, s3=_s3_options(args)), "action": "revoke", "path": str(args.grant)}
    dropped = value["dropped_uploads"]
    _finish(
        args,
        value,
        Text(
            f"{value['name']}: {dropped} unfinished uploads dropped.",
            f"{value['name']}: 미완료 업로드 {dropped}건 취소.",
        ),
    )
    return ExitCode.DONE


def _sweep(args: argparse.Namespace) -> int:
    from dsqc.stages.grant import sweep_inbox

    unfinished, deleted = sweep_inbox(args.inbox, older_than=args.older_than, delete=args.delete, s3=_s3_options(args))
    value = {
        "schema_version": "1.0",
        "action": "sweep",
        "inbox": args.inbox,
        "unfinished": [
            {"key": item.key, "begun": item.modified.isoformat(timespec="seconds"), "deleted": item in deleted}
            for item in unfinished
        ],
    }
    if not args.json:
        for item in unfinished:
            print(f"{item.modified.isoformat(timespec='seconds')}  {item.key.partition('?')[0]}")
    _finish(
        args,
        value,
        Text(
            f"{args.inbox}: {len(unfinished)} unfinished uploads, {len(deleted)} deleted.",
            f"{args.inbox}: 미완료 업로드 {len(unfinished)}건, 삭제 {len(deleted)}건.",
        ),
    )
    return ExitCode.DONE


_ACTIONS = {
    "request": _request,
    "issue": _issue,
    "renew": _renew,
    "show": _show,
    "revoke": _revoke,
    "sweep": _sweep,
}


def _finish(args: argparse.Namespace, value: dict[str, Any], text: Text) -> None:
    from dsqc.cli._output import print_json, printable

    if args.json:
        print_json(value)
    else:
        print(printable(text.get(args.lang)))


def _add_grant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("grant", metavar="GRANT", type=Path, help="the grant file")


def _add_expires(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--expires", type=_span, default=12 * 3600, metavar="SPAN", help="30m, 12h or 7d (default: 12h)"
    )


def _s3_options(args: argparse.Namespace) -> Any:
    from dsqc.station import ENVIRONMENT_VARIABLE, load_station

    if args.station is None and not os.environ.get(ENVIRONMENT_VARIABLE):
        return None
    return load_station(args.station).s3


def _station_public_key(args: argparse.Namespace) -> "PublicKey | None":
    """Whom closed data is encrypted to by who sends it; a station without keys takes none."""
    from dsqc.crypt4gh import public_key_of
    from dsqc.station import ENVIRONMENT_VARIABLE, load_station

    if args.station is None and not os.environ.get(ENVIRONMENT_VARIABLE):
        return None
    return public_key_of(load_station(args.station))


def _span(text: str) -> int:
    matched = _SPAN.fullmatch(text)
    seconds = int(matched[1]) * _SECONDS[matched[2]] if matched else 0
    if not 0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError("a span such as 30m, 12h or 7d; at most 7 days")
    return seconds


def _part_size(text: str) -> int:
    from dsqc.sending import SMALLEST_PART_BYTES

    size = size_of(text)
    if size < SMALLEST_PART_BYTES:
        raise argparse.ArgumentTypeError("at least 5Mi: stores refuse smaller parts")
    return size


def _hours(text: str) -> timedelta:
    try:
        hours = float(text)
    except ValueError:
        hours = -1.0
    if not 0 <= hours < 1_000_000:
        raise argparse.ArgumentTypeError("hours, 0 or more")
    return timedelta(hours=hours)
