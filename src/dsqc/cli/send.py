"""Send a submission to the station: its forms and exactly the files that its file sheet lists, every byte proven there.

SUBMISSION is its directory, or its workbook with the files beside it. --to is a directory (a mounted share) or
s3://bucket/prefix (keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the address from AWS_ENDPOINT_URL);
--grant is a file that the station made (`dsqc grant issue`): then no credentials are needed.

Data of a closed submission is encrypted while it is read, and travels as NAME.c4gh: only the station's key opens it.
The grant names that key, or --recipient does; without a key nothing of the submission is sent.

Everything that is wrong is listed before the first byte goes. An interrupted sending goes on with the same command,
also on another host: only unfinished parts of files travel again.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import add_events, add_exit_zero, add_station
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.pacing import Window
    from dsqc.sending import Grant
    from dsqc.stages.send import SendOptions, SendResult

STATES = {
    "sent": Text("sent", "보냄"),
    "kept": Text("there already", "이미 있음"),
    "missing": Text("missing", "없음"),
    "failed": Text("failed", "실패"),
    "waiting": Text("not sent", "안 보냄"),
}
HEADINGS = (Text("file", "파일"), Text("bytes", "바이트"), Text("SHA-256", "SHA-256"), Text("state", "상태"))
PIECES_PER_S = 20
"""A line with a limit sends about so many pieces a second: evenly enough for others who share it."""
SHOWN = 20
"""Findings, and files that went, that are shown on the terminal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc send``."""
    parser.add_argument("submission", metavar="SUBMISSION", type=Path, help="directory of the submission, or its .xlsx")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="URL", help="directory or s3://bucket/prefix")
    where.add_argument("--grant", metavar="FILE", type=Path, help="grant of the station; a secret, like a password")
    parser.add_argument(
        "--recipient",
        metavar="FILE",
        type=Path,
        help="public key of the station, station.pub: data of a closed submission is encrypted to it",
    )
    parser.add_argument("--check", action="store_true", help="list what is wrong and what would go; send nothing")
    parser.add_argument(
        "--anyway", action="store_true", help="send what can be sent although something is missing or wrong"
    )
    parser.add_argument("--parallel", type=_count, metavar="N", help="requests at once (default: 8)")
    parser.add_argument(
        "--limit-rate",
        type=size_of,
        default=0,
        metavar="RATE",
        help="bytes a second over all of them: 500K, 50M, 1.5G",
    )
    parser.add_argument(
        "--window",
        type=_window,
        action="append",
        default=[],
        metavar="HH:MM-HH:MM",
        help="time of day when bytes may travel, local time; may be given several times (default: always)",
    )
    parser.add_argument(
        "--part-size",
        type=_part_size,
        metavar="SIZE",
        help="bytes of a part of a large file (default: 16Mi)",
    )
    parser.add_argument(
        "--stall-timeout",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="give a connection up that says nothing for so long, and try again (default: 60)",
    )
    parser.add_argument(
        "--retries", type=_retries, default=7, metavar="N", help="tries after the first, of one request (default: 7)"
    )
    add_events(parser)
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="where to remember what was done (default: ~/.local/state/dsqc/send)"
    )
    add_station(parser)
    add_exit_zero(parser)


def run(args: argparse.Namespace) -> int:
    """Send, print what went and what did not."""
    from dsqc.cli._output import print_json
    from dsqc.cli._transfer import ending_on_sigterm, told
    from dsqc.stages.send import send

    to = _destination(args)
    with ending_on_sigterm(), told(args, _for_people) as progress:
        result = send(args.submission, to, _options(args), s3=_s3_options(args), progress=progress)
    if args.json:
        print_json(result.record)
    else:
        _print(result, args)
    if result.fault is not None:
        print(f"dsqc send: {result.fault}", file=sys.stderr)
        # Looked at only, the data are the sender's to correct whatever else is in the way (as for dsqc transfer).
        if not (args.check and result.log.has_errors):
            return int(result.fault.exit_code)
    return ExitCode.FINDINGS if result.log.has_errors else ExitCode.DONE


def _destination(args: argparse.Namespace) -> "str | Grant":
    from dsqc.sending import is_open_to_others, read_grant

    if args.grant is None:
        if not args.to:
            raise UsageError("Where to?", hint="Give --to URL, or --grant FILE with a grant of the station.")
        return str(args.to)
    if is_open_to_others(args.grant) and not args.quiet:
        text = Text(
            f"{args.grant} can be read by others on this machine; it is a secret: chmod 600 {args.grant}",
            f"{args.grant} 파일을 이 컴퓨터의 다른 사용자도 읽을 수 있습니다. 비밀이므로 chmod 600 {args.grant}",
        )
        print(f"dsqc send: {text.get(args.lang)}", file=sys.stderr)
    return read_grant(args.grant)


def _options(args: argparse.Namespace) -> "SendOptions":
    from dsqc.crypt4gh import load_public
    from dsqc.pacing import Pacer
    from dsqc.sending import PARALLEL, PART_BYTES, Line
    from dsqc.stages.send import SendOptions

    piece = max(4096, min(1 << 20, args.limit_rate // PIECES_PER_S)) if args.limit_rate else 1 << 20
    line = Line(
        Pacer(args.limit_rate, args.window), stall_s=args.stall_timeout, attempts=args.retries + 1, piece_bytes=piece
    )
    return SendOptions(
        line,
        parallel=args.parallel or PARALLEL,
        part_bytes=args.part_size or PART_BYTES,
        anyway=args.anyway,
        check=args.check,
        state=args.state,
        recipient=load_public(args.recipient) if args.recipient else None,
    )


def _s3_options(args: argparse.Namespace) -> Any:
    """Endpoint and region of a station, where one is named; submitters have none."""
    import os

    from dsqc.station import ENVIRONMENT_VARIABLE, load_station

    if args.grant is not None or (args.station is None and not os.environ.get(ENVIRONMENT_VARIABLE)):
        return None
    return load_station(args.station).s3


def _for_people(language: Language) -> Any:
    """A bar on a terminal; elsewhere only what the sender should know."""
    from dsqc.cli._send_bar import SendBar, SendLines

    return SendBar(language) if sys.stderr.isatty() else SendLines(language)


def _print(result: "SendResult", args: argparse.Namespace) -> None:
    from dsqc.cli._output import print_groups, print_table

    language, rows = args.lang, result.record["files"]
    # What did not go comes first and whole; of what went, a glance is enough.
    left = [row for row in rows if row["state"] not in ("sent", "kept")]
    gone = [row for row in rows if row["state"] in ("sent", "kept")]
    shown = [*left, *gone[: max(0, SHOWN - len(left))]]
    print_table(
        [text.get(language) for text in HEADINGS],
        [[row["name"], _number(row["size_bytes"]), row["sha256"], STATES[row["state"]].get(language)] for row in shown],
    )
    if len(shown) < len(rows):
        more = len(rows) - len(shown)
        print(Text(f"… and {more:,} more.", f"… 외 {more:,}개.").get(language))
    print_groups(result.log.groups(), language, SHOWN)
    for text in _about_closed(result):
        print(text.get(language))
    print(_last_line(result, args.check).get(language))


def _about_closed(result: "SendResult") -> Iterator[Text]:
    """What is to be known of a closed submission."""
    encrypted = sum("encrypted" in row for row in result.record["files"])
    if encrypted:
        yield Text(
            f"{encrypted:,} files stand there encrypted, as NAME.c4gh: only the station's key opens them.",
            f"파일 {encrypted:,}개는 암호화되어 NAME.c4gh로 저장되었습니다. 데이터센터의 키로만 열 수 있습니다.",
        )
    plain = result.record["in_the_clear"]
    if plain:
        shown = ", ".join(plain[:3]) + (" …" if len(plain) > 3 else "")
        yield Text(
            f"{len(plain):,} files of an earlier sending stand there in the clear: ask the station to remove {shown}",
            f"이전에 암호화하지 않고 보낸 파일 {len(plain):,}개가 남아 있습니다. 삭제를 요청하세요: {shown}",
        )


def _last_line(result: "SendResult", is_check: bool) -> Text:
    states = Counter(row["state"] for row in result.record["files"])
    en, ko = (
        ", ".join(f"{STATES[state].get(language)} {states[state]}" for state in STATES if states[state])
        for language in (Language.EN, Language.KO)
    )
    found = result.record["finding_counts"]
    if result.record["complete"]:
        end = Text("The submission is complete there.", "제출 자료가 모두 도착했습니다.")
    elif is_check:
        end = _forecast(result)
    elif result.fault is not None:
        end = Text("It is not complete.", "아직 완전하지 않습니다.")
    else:
        end = Text(
            "It is not complete: correct what is listed and run the same command again.",
            "아직 완전하지 않습니다. 위 항목을 고친 뒤 같은 명령을 다시 실행하세요.",
        )
    return Text(
        f"{en}; {found['error']} errors, {found['warning']} warnings. {end.en}",
        f"{ko}; 오류 {found['error']}건, 경고 {found['warning']}건. {end.ko}",
    )


def _forecast(result: "SendResult") -> Text:
    """What ``--check`` ends with: the volume, what is there, and whether it can begin."""
    volume, there, size = (result.record[name] for name in ("planned_bytes", "there_files", "there_bytes"))
    en, ko = f"{volume:,} bytes would go", f"보낼 분량 {volume:,}바이트"
    if there:
        en += f"; {there:,} files, {size:,} bytes are there"
        ko += f"; 이미 있는 파일 {there:,}개, {size:,}바이트"
    is_ready = result.fault is None and not result.log.has_errors
    ready = Text("Ready.", "준비되었습니다.") if is_ready else Text("Not ready.", "준비되지 않았습니다.")
    return Text(f"{en}. {ready.en}", f"{ko}. {ready.ko}")


def size_of(text: str) -> int:
    """Bytes of ``50M``; an argument's type."""
    from dsqc.pacing import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _window(text: str) -> "Window":
    from dsqc.pacing import Window

    try:
        return Window.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _part_size(text: str) -> int:
    from dsqc.sending import SMALLEST_PART_BYTES

    size = size_of(text)
    if size < SMALLEST_PART_BYTES:
        raise argparse.ArgumentTypeError("at least 5Mi: stores refuse smaller parts")
    return size


def _count(text: str) -> int:
    return _number_from(text, 1, 64)


def _retries(text: str) -> int:
    return _number_from(text, 0, 100)


def _number_from(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 1 to 3600")
    return seconds


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
