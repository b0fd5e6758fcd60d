"""Look after the object store: `verify` reads objects back by a plan, `sweep` lists what no submission needs, `probe`
shows what a store really does; `archive` keeps data files in fewer bytes, `restore` gives them back; `keygen`,
`export`, `rotate` and `open` are about closed data, which is kept encrypted (Crypt4GH).
"""

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dsqc.cli import _storage_closed
from dsqc.cli._options import action_options, add_station
from dsqc.cli.storage_archive import add_actions as add_archive_actions
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.stages.fixity import FixityReport
    from dsqc.stages.sweep import PlaceSweep
    from dsqc.station import Station
    from dsqc.storage import ObjectInfo

TIERS = ("public", "held", "closed")
SCHEMA_VERSION = "1.0"
STATES = {
    "missing": Text("missing", "없음"),
    "size": Text("wrong size", "크기 다름"),
    "digest": Text("wrong digest", "해시 다름"),
    "unreadable": Text("unreadable", "읽을 수 없음"),
    "uncopied": Text("never copied", "사본 없음"),
}
BYTES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
FIND, WITH = 1, 0.95


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc storage``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text, parents=[action_options()])
        sub.add_argument("--tier", choices=TIERS, help="one tier only (default: all)")
        add_station(sub)
        return sub

    _add_verify(
        action("verify", "read copies of objects back and compare their digests; exit 3 where one is not what it was")
    )
    sweep = action("sweep", "list orphans, unfinished uploads and quarantined bytes; delete them only when told")
    sweep.add_argument("--delete", action="store_true", help="delete what is listed and old enough")
    sweep.add_argument(
        "--older-than", type=_hours, metavar="HOURS", help="orphans and uploads: only what is older (default: 24)"
    )
    sweep.add_argument(
        "--quarantine-older-than", type=_days, metavar="DAYS", help="quarantine: only what is older (default: 30)"
    )
    _add_without_catalog(sweep)
    action("probe", "show what the stores really do: conditional writes, checksums, resuming")
    add_archive_actions(actions)
    _storage_closed.add_actions(actions)


def _add_verify(parser: argparse.ArgumentParser) -> None:
    plan = parser.add_mutually_exclusive_group()
    plan.add_argument("--all", action="store_true", help="every copy (the default)")
    plan.add_argument(
        "--everything-in", type=_days, metavar="DAYS", help="what is due so that each copy is read once in DAYS (90d)"
    )
    plan.add_argument("--sample", action="store_true", help="as many copies as it takes to find a loss; see --find")
    parser.add_argument(
        "--find", type=int, metavar="K", help=f"--sample: a loss of K copies is found … (default: {FIND})"
    )
    parser.add_argument(
        "--with", type=float, dest="probability", metavar="P", help=f"… with this probability (default: {WITH})"
    )
    parser.add_argument(
        "--budget", type=_budget, metavar="500G|2h", help="begin no copy after so many bytes, or so long"
    )
    parser.add_argument(
        "--repair", action="store_true", help="mend damaged and missing copies from a good one of another place"
    )
    _add_without_catalog(parser)


def _add_without_catalog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--without-catalog", action="store_true", help="go by the manifests in the store alone; notes nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    if args.action in _storage_closed.HELP:
        return _storage_closed.run(args)
    from dsqc.station import load_station

    station = load_station(args.station)
    tiers = (args.tier,) if args.tier else TIERS
    return {"verify": _verify, "sweep": _sweep, "probe": _probe}[args.action](args, station, tiers)


def _verify(args: argparse.Namespace, station: "Station", tiers: tuple[str, ...]) -> int:
    from dsqc.cli._output import print_json

    if args.without_catalog:
        report = _verify_manifests(args, station, tiers)
    else:
        from dsqc.stages.fixity import verify_storage

        report = verify_storage(station, _plan(args), tiers=tiers, repair=args.repair)
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "action": "verify", **report.to_dict()})
    else:
        _print_verify(report, args.lang, may_repair=not args.repair and not args.without_catalog)
    return ExitCode.DONE if report.whole else ExitCode.FINDINGS


def _plan(args: argparse.Namespace) -> Any:
    from dsqc.stages.fixity import SAMPLE, WITHIN, Plan

    if not args.sample and (args.find is not None or args.probability is not None):
        raise UsageError("--find and --with belong to --sample.", hint="Write --sample --find 10 --with 0.95.")
    budget = args.budget or {}
    if args.everything_in:
        return Plan(WITHIN, days=args.everything_in.days, **budget)
    if args.sample:
        find, probability = FIND if args.find is None else args.find, args.probability or WITH
        if find < 1 or not 0 < probability < 1:
            raise UsageError("--find is at least 1, --with between 0 and 1.", hint="Write --find 10 --with 0.95.")
        return Plan(SAMPLE, find=find, probability=probability, **budget)
    return Plan(**budget)


def _verify_manifests(args: argparse.Namespace, station: "Station", tiers: tuple[str, ...]) -> "FixityReport":
    from dsqc.stages.fixity import verify_manifests

    asked = (args.everything_in, args.sample, args.repair, args.budget, args.find, args.probability)
    if any(asked):
        raise UsageError(
            "Without the catalog every object is read, and nothing is mended.",
            hint="Plans, budgets and --repair need the catalog: leave --without-catalog out.",
        )
    return verify_manifests(station, tiers)


def _print_verify(report: "FixityReport", language: Language, *, may_repair: bool) -> None:
    from dsqc.cli._output import printable

    for fault in report.faults:
        print(printable(f"{fault.copy.place} {fault.copy.key}: {STATES[fault.state].get(language)}"))
        print(printable(f"    → {_outcome(fault, language)}"))
    repaired = sum(fault.repaired for fault in report.faults)
    print(
        Text(
            "{} of {} copies read ({} of {} bytes): {} not as they should be, {} of them mended.",
            "사본 {}/{}개를 읽음 ({}/{} 바이트): 이상 {}개, 그중 복구 {}개.",
        )
        .get(language)
        .format(
            report.read_copies,
            report.copies,
            f"{report.read_bytes:,}",
            f"{report.size_bytes:,}",
            len(report.faults),
            repaired,
        )
    )
    if repaired < len(report.faults) and may_repair:
        text = Text(
            "With --repair, what another place holds whole is mended from there.",
            "--repair를 주면 다른 장소의 온전한 사본으로 복구합니다.",
        )
        print(text.get(language))
    for line in _said_of_plan(report, language):
        print(line)


def _outcome(fault: Any, language: Language) -> str:
    if fault.repaired:
        return f"{Text('mended', '복구됨').get(language)} {fault.note.get(language)}"
    needed = Text("needed by", "필요한 제출").get(language)
    return " ".join(
        [f"{needed} {', '.join(fault.submissions)}."] * bool(fault.submissions) + [fault.note.get(language)]
    ).strip()


def _said_of_plan(report: "FixityReport", language: Language) -> list[str]:
    lines = []
    if report.probability is not None:
        text = Text(
            "A loss of {} of these copies would have been found with probability {:.4f}.",
            "사본 {}개가 손상되었다면 {:.4f}의 확률로 발견되었을 것입니다.",
        )
        lines.append(text.get(language).format(report.plan.find, report.probability))
    if report.promise is not None:
        said = report.promise
        kept = Text("Every copy is read once in {} days.", "모든 사본을 {}일 안에 한 번 읽고 있습니다.")
        broken = Text(
            "The promise of {} days is not kept: {} copies ({:,} bytes) are overdue; "
            "a nightly run must read {:,} bytes.",
            "{}일의 약속이 지켜지지 않습니다: 기한이 지난 사본 {}개({:,} 바이트), 하루에 {:,} 바이트를 읽어야 합니다.",
        )
        numbers = (said["days"], said["overdue_copies"], said["overdue_bytes"], said["needed_bytes_a_run"])
        lines.append((kept if said["kept"] else broken).get(language).format(*numbers))
    for place, number in report.unknown_places.items():
        text = Text(
            "{} copies lie in the place {}, which station.toml does not name: not read.",
            "사본 {}개가 station.toml에 없는 장소 {}에 있어 읽지 않았습니다.",
        )
        lines.append(text.get(language).format(number, place))
    return lines


def _sweep(args: argparse.Namespace, station: "Station", tiers: tuple[str, ...]) -> int:
    from dsqc.cli._output import print_json
    from dsqc.stages.sweep import QUARANTINE_GRACE, sweep_storage
    from dsqc.storage import GRACE

    found = sweep_storage(
        station,
        tiers=tiers,
        delete=args.delete,
        grace=GRACE if args.older_than is None else args.older_than,
        quarantine_grace=QUARANTINE_GRACE if args.quarantine_older_than is None else args.quarantine_older_than,
        with_catalog=not args.without_catalog,
    )
    if args.json:
        places = [_swept(item) for item in found]
        print_json({"schema_version": SCHEMA_VERSION, "action": "sweep", "places": places})
    else:
        _print_sweep(found, args.lang)
    return ExitCode.DONE


def _swept(item: "PlaceSweep") -> dict[str, Any]:
    return {
        "place": item.place.name,
        "tier": item.place.tier,
        "known_objects": item.known_objects,
        "orphans": [_info(info) for info in item.orphans],
        "unfinished": [_info(info) for info in item.unfinished],
        "quarantine": [_info(info) for info in item.quarantine],
        "deleted": item.deleted,
    }


def _info(item: "ObjectInfo") -> dict[str, Any]:
    modified = item.modified.isoformat(timespec="seconds")
    return {"key": item.key, "size_bytes": item.size_bytes, "modified": modified}


def _print_sweep(found: "list[PlaceSweep]", language: Language) -> None:
    from dsqc.cli._output import print_table

    kinds = (
        (Text("orphan", "고아 객체"), "orphans"),
        (Text("unfinished", "미완료"), "unfinished"),
        (Text("quarantine", "격리"), "quarantine"),
    )
    moment = datetime.now(UTC)
    rows = [
        [item.place.name, info.key, text.get(language), f"{info.size_bytes:,}", _age(moment - info.modified, language)]
        for item in found
        for text, name in kinds
        for info in getattr(item, name)
    ]
    if rows:
        headings = (
            Text("place", "장소"),
            Text("object", "객체"),
            Text("state", "상태"),
            Text("bytes", "바이트"),
            Text("age", "경과"),
        )
        print_table([item.get(language) for item in headings], rows)
    for item in found:
        numbers = [item.known_objects, *(len(getattr(item, name)) for _text, name in kinds), len(item.deleted)]
        text = Text(
            "{}: {} objects of submissions, {} orphans, {} unfinished, {} in quarantine, {} deleted.",
            "{}: 제출 객체 {}개, 고아 객체 {}개, 미완료 {}개, 격리 {}개, 삭제 {}개.",
        )
        print(text.get(language).format(item.place.name, *numbers))


def _age(age: timedelta, language: Language) -> str:
    if age.days:
        return Text(f"{age.days} days", f"{age.days}일").get(language)
    hours = max(0, age.seconds // 3600)
    return Text(f"{hours} hours", f"{hours}시간").get(language)


def _probe(args: argparse.Namespace, station: "Station", tiers: tuple[str, ...]) -> int:
    from dsqc.cli._output import print_json
    from dsqc.storage import open_place

    places = [
        {"place": place.name, "tier": place.tier, "url": place.url, "seen": open_place(place).capabilities()}
        for tier in tiers
        for place in station.places(tier)
    ]
    if args.json:
        print_json({"schema_version": SCHEMA_VERSION, "action": "probe", "places": places})
        return ExitCode.DONE
    for found in places:
        print(f"{found['place']}: {found['url']}")
        for text, value in _capability_lines(found["seen"]):
            print(f"    {text.get(args.lang)}: {value if isinstance(value, str) else _yes_no(value, args.lang)}")
    return ExitCode.DONE


def _capability_lines(seen: Any) -> list[tuple[Text, bool | str]]:
    if seen["kind"] == "directory":
        return [(Text("links, so that two writers cannot both win", "하드 링크 (동시 쓰기 방지)"), seen["hard_links"])]
    return [
        (Text("refuses to write an object twice", "기존 객체 덮어쓰기 거부"), seen["put"]["conditional"]),
        (
            Text("refuses to finish parts over an object", "기존 객체 위에 분할 업로드 완료 거부"),
            seen["parts"]["conditional"],
        ),
        (Text("ETag of an object", "객체의 ETag"), seen["put"]["etag"]),
        (Text("ETag of an object in parts", "분할 업로드 객체의 ETag"), seen["parts"]["etag"]),
        (Text("killed uploads can go on", "중단된 업로드 이어가기"), seen["parts"]["resumable"]),
        (Text("checks and keeps SHA-256", "SHA-256 확인·보관"), seen["stored_checksums"]["sha256"]),
        (Text("computes and keeps CRC-64/NVME", "CRC-64/NVME 계산·보관"), seen["stored_checksums"]["crc64nvme"]),
    ]


def _yes_no(value: bool, language: Language) -> str:
    return (Text("yes", "예") if value else Text("no", "아니오")).get(language)


def _hours(text: str) -> timedelta:
    try:
        hours = float(text)
    except ValueError:
        hours = -1.0
    if not 0 <= hours < 1_000_000:
        raise argparse.ArgumentTypeError("hours, 0 or more")
    return timedelta(hours=hours)


def _days(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})d?", text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError("days, 1 or more: 90d")
    return timedelta(days=int(found[1]))


def _budget(text: str) -> dict[str, float]:
    found = re.fullmatch(r"(\d{1,15}(?:\.\d{1,3})?)\s*([A-Za-z]*)", text)
    number, unit = (float(found[1]), found[2]) if found else (0.0, "?")
    if number > 0 and unit in SECONDS:
        return {"budget_seconds": number * SECONDS[unit]}
    size = BYTES.get(unit.upper().removesuffix("B"))
    if number <= 0 or size is None:
        raise argparse.ArgumentTypeError("bytes (500G, 2T) or a time (90min, 2h)")
    return {"budget_bytes": int(number * size)}
