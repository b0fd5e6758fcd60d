"""Data becomes public on its day and not before: `due` looks, `run` does it (nightly, by cron); `extend` holds back
longer, once, `early` releases today. Closed data is released by two people (`propose`, `approve`, `revoke`), and what
is public may be closed again (`close`). Days are UTC.
"""

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any

from dsqc.cli._options import action_options, add_station
from dsqc.errors import ExitCode
from dsqc.language import Language, Text

HELP = {
    "due": "what is due on a day, and all that is held or closed",
    "run": "do what is due: releases, notices, and what two people agreed to; may be killed and run twice at once",
    "extend": "hold data back longer, once",
    "early": "release held data today, because its owner asks for it",
    "propose": "propose to release closed data; another person has to agree",
    "approve": "agree to a release that another person proposed, and carry it out",
    "revoke": "take a proposal back before it is carried out",
    "close": "close what is released or held: encrypted, and gone from the public place when that is proven",
    "sent": "note that notices of the outbox were sent by other means",
}
WHAT = {
    "settle": Text("settle", "정리"),
    "release": Text("release", "공개"),
    "approved": Text("release (approved)", "공개(승인됨)"),
    "clear": Text("clear the old place", "이전 저장소 정리"),
    "expired": Text("proposal expires", "제안 만료"),
    "notice": Text("notice", "알림"),
    "review": Text("a person reviews the reason", "담당자가 사유 재검토"),
    "day": Text("a person says when", "담당자가 공개일 지정"),
    "send": Text("send notices", "알림 발송"),
}
WITHHOLDING = {
    "requester": "who asked for it (default: who may ask for this reason)",
    "approver": "who approved it",
    "approval-no": "number of the approval",
    "approval-date": "day of the approval",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc release``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    made = {
        name: actions.add_parser(name, help=text, description=text, parents=[action_options()])
        for name, text in HELP.items()
    }
    for name in ("due", "run"):
        made[name].add_argument("--on", type=_day, metavar="DATE", help="as on this day, UTC (default: today)")
    for name in ("extend", "early", "propose", "approve", "revoke", "close"):
        made[name].add_argument("accession", metavar="ACCESSION", help="of a submission")
        made[name].add_argument("--by", required=True, metavar="NAME", help="who does it; stays in the history")
        made[name].add_argument(
            "--reason", required=name != "approve", default="", metavar="TEXT", help="why; stays in the history"
        )
    made["extend"].add_argument(
        "--until", type=_day, metavar="DATE", help="the new day (default: as far as [release] extension_years allows)"
    )
    made["close"].add_argument(
        "--because", required=True, metavar="TERM", help="reason of the vocabulary withholding_reason: trade_secret …"
    )
    made["close"].add_argument(
        "--review", required=True, type=_day, metavar="DATE", help="when the reason is looked at again"
    )
    for name, text in WITHHOLDING.items():
        made["close"].add_argument(f"--{name}", default="", metavar="TEXT", help=text)
    made["sent"].add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="of notices (default: all)")
    for sub in made.values():
        add_station(sub)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write YYYY-MM-DD") from None


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    return _ACTIONS.get(args.action, _change)(args)


def _due(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json, print_table, printable
    from dsqc.stages import release
    from dsqc.station import load_station

    found = release.due(load_station(args.station), args.on)
    if args.json:
        print_json(found)
        return ExitCode.DONE
    if found["due"]:
        headings = (
            Text("what", "무엇"),
            Text("accession", "접수번호"),
            Text("submission", "제출"),
            Text("day", "날짜"),
        )
        print_table([item.get(args.lang) for item in headings], (_row(item, args.lang) for item in found["due"]))
    else:
        print(Text(f"Nothing is due on {found['day']}.", f"{found['day']}에 할 일이 없습니다.").get(args.lang))
    for row in found["withheld"]:
        until = row["until"] or Text(f"review {row['review_date']}", f"재검토 {row['review_date']}").get(args.lang)
        print(printable(f"{row['accession']} {row['state']} {until} {row['reason']}".rstrip()))
    return ExitCode.DONE


def _row(item: dict[str, Any], language: Language) -> tuple[str, ...]:
    days = Text(f" ({item['days_before']} days before)", f" ({item['days_before']}일 전)").get(language)
    what = WHAT[item["what"]].get(language) + (days if item["days_before"] else "")
    return (what, item["accession"], item["alias"], item["day"])


def _run(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json, printable
    from dsqc.stages import release
    from dsqc.station import load_station

    station = load_station(args.station)
    result = release.run(station, args.on)
    code = ExitCode.FAULT if result.failed else ExitCode.DONE
    if args.json:
        print_json(result.to_dict())
        return code
    for item in result.done:
        print(printable(" ".join(part for part in _row(item, args.lang) if part)))
    for item in result.failed:
        print(printable(f"{WHAT[item['what']].get(args.lang)} {item['accession']}: {item['problem']}"))
    for item in result.left:
        print(printable("! " + " ".join(part for part in _row(item, args.lang) if part)))
    counts = (len(result.done), len(result.failed), result.notices_sent, result.notices_waiting)
    print(
        Text(
            "{} done, {} failed; notices: {} sent, {} in the outbox".format(*counts),
            "처리 {}건, 실패 {}건; 알림: 발송 {}건, 보낼 것 {}건".format(*counts),
        ).get(args.lang)
    )
    if result.notices_waiting:
        print(f"→ {station.root / station.notices.outbox}")
    return code


def _change(args: argparse.Namespace) -> int:
    from dsqc.catalog.access.closing import Withholding
    from dsqc.catalog.access.proposals import Person
    from dsqc.stages import release
    from dsqc.station import load_station

    station, who = load_station(args.station), Person(args.by, args.reason)
    if args.action == "extend":
        until = args.until.isoformat() if args.until else ""
        return _say(args, release.extend_hold(station, args.accession, who, until))
    if args.action == "close":
        values = {name.replace("-", "_"): getattr(args, name.replace("-", "_")) for name in WITHHOLDING}
        why = Withholding(args.because, args.review.isoformat(), **values)
        return _say(args, release.close_data(station, args.accession, why, who))
    work = {
        "early": release.release_early,
        "propose": release.propose_release,
        "approve": release.approve_release,
        "revoke": release.revoke_release,
    }[args.action]
    return _say(args, work(station, args.accession, who))


def _say(args: argparse.Namespace, done: dict[str, Any]) -> int:
    from dsqc.cli._output import print_json

    if args.json:
        print_json(done)
        return ExitCode.DONE
    number, state = done["accession"], done["state"]
    texts = {
        "extend": Text(f"{number} is held until {done.get('until')}.", f"{number}: {done.get('until')}까지 공개 유보."),
        "propose": Text(
            f"{number}: a second person has to agree before {done.get('expires_at')}.",
            f"{number}: {done.get('expires_at')} 전에 다른 사람이 승인해야 합니다.",
        ),
        "revoke": Text(f"{number} stays closed.", f"{number}은(는) 비공개로 남습니다."),
    }
    plain = Text(f"{number} is {state} now.", f"{number}: 이제 {state} 상태입니다.")
    print(texts.get(done["action"], plain).get(args.lang))
    if done.get("cleared") is False:
        print(
            Text(
                "Bytes are left in the old place, because somebody was about to use them: `dsqc release run` takes "
                "them away.",
                "사용 중인 파일이 이전 저장소에 남아 있습니다. `dsqc release run`이 지웁니다.",
            ).get(args.lang)
        )
    return ExitCode.DONE


def _sent(args: argparse.Namespace) -> int:
    from dsqc.cli._output import print_json
    from dsqc.stages.release import mark_sent
    from dsqc.station import load_station

    done = mark_sent(load_station(args.station), args.numbers)
    if args.json:
        print_json(done)
        return ExitCode.DONE
    sent, left = len(done["sent"]), done["left"]
    print(Text(f"{sent} notices sent, {left} in the outbox", f"알림 {sent}건 발송, {left}건 남음").get(args.lang))
    return ExitCode.DONE


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"due": _due, "run": _run, "sent": _sent}
