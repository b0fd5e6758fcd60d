"""Look after the object store: `verify` reads every object back, `sweep` lists what no submission needs; `export`,
`rotate`, `keygen` and `open` are about closed data, which is kept encrypted (Crypt4GH).

The first two work from the manifests in the store, without the catalog. `sweep` deletes only with --delete, and never
what is younger than --older-than: a registration may be under way.
"""

import argparse
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dsqc.cli import _storage_closed
from dsqc.cli._options import action_options, add_station
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

if TYPE_CHECKING:
    from dsqc.station import Station
    from dsqc.storage import Damage, ObjectInfo, ObjectStore

TIERS = ("public", "closed")
HELP = {"verify": "read every object back", "sweep": "list what no submission needs; --delete deletes it"}
DAMAGES = {
    "missing": Text("missing", "없음"),
    "size": Text("wrong size", "크기 다름"),
    "digest": Text("wrong digest", "해시 다름"),
    "unreadable": Text("unreadable", "읽을 수 없음"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``dsqc storage``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in HELP.items():
        sub = actions.add_parser(name, help=text, parents=[action_options()])
        sub.add_argument("--tier", choices=TIERS, help="one tier only (default: both)")
        sub.add_argument("--delete", action="store_true", help="sweep: delete what it lists and is old enough")
        sub.add_argument(
            "--older-than", type=_hours, metavar="HOURS", help="sweep: delete only what is older (default: 24)"
        )
        add_station(sub)
    _storage_closed.add_actions(actions)


def run(args: argparse.Namespace) -> int:
    """Verify or sweep the tiers of the station, or what concerns closed data alone."""
    if args.action in _storage_closed.HELP:
        return _storage_closed.run(args)
    from dsqc.cli._output import print_json
    from dsqc.station import load_station

    if args.action == "verify" and (args.delete or args.older_than is not None):
        raise UsageError("verify deletes nothing.", hint="--delete and --older-than belong to `dsqc storage sweep`.")
    station = load_station(args.station)
    work = _verify if args.action == "verify" else _sweep
    tiers = [work(args, tier, store) for tier, store in _stores(station, args.tier)]
    if args.json:
        print_json({"schema_version": "1.0", "action": args.action, "tiers": tiers})
    else:
        for tier in tiers:
            _print(tier, args.lang)
    return ExitCode.FAULT if any(tier["damaged"] for tier in tiers) else ExitCode.DONE


def _stores(station: "Station", only: str | None) -> Iterator[tuple[str, "ObjectStore"]]:
    from dsqc.storage import open_store

    for tier in (only,) if only else TIERS:
        yield tier, open_store(station.tier_url(tier), station.s3)


def _verify(_args: argparse.Namespace, tier: str, store: "ObjectStore") -> dict[str, Any]:
    known = store.known_objects()
    damaged = [_damage(item) for item in store.verify(known.values())]
    return _result(tier, len(known), damaged=damaged)


def _sweep(args: argparse.Namespace, tier: str, store: "ObjectStore") -> dict[str, Any]:
    from dsqc.storage import GRACE

    # Objects first: one whose manifest is written between the two listings must not look like an orphan.
    objects = store.sweep(())
    known = store.known_objects()
    orphans = [info for info in objects if info.key not in known]
    unfinished = list(store.list_unfinished())
    deleted: list[ObjectInfo] = []
    if args.delete:
        grace = GRACE if args.older_than is None else args.older_than
        deleted = [*store.delete_orphans(orphans, grace), *store.delete_unfinished_older_than(unfinished, grace)]
    return _result(tier, len(known), orphans=orphans, unfinished=unfinished, deleted=deleted)


def _result(
    tier: str,
    known: int,
    *,
    damaged: "list[dict[str, Any]] | None" = None,
    orphans: "list[ObjectInfo] | None" = None,
    unfinished: "list[ObjectInfo] | None" = None,
    deleted: "list[ObjectInfo] | None" = None,
) -> dict[str, Any]:
    return {
        "tier": tier,
        "known_objects": known,
        "damaged": damaged or [],
        "orphans": [_info(item) for item in orphans or []],
        "unfinished": [_info(item) for item in unfinished or []],
        "deleted": [item.key for item in deleted or []],
    }


def _damage(item: "Damage") -> dict[str, Any]:
    return {
        "key": item.object.key,
        "state": item.state,
        "expected": str(item.object.size_bytes) if item.state == "size" else item.object.sha256,
        "seen": item.seen,
        "submissions": list(item.object.submissions),
    }


def _info(item: "ObjectInfo") -> dict[str, Any]:
    modified = item.modified.isoformat(timespec="seconds")
    return {"key": item.key, "size_bytes": item.size_bytes, "modified": modified}


def _print(tier: dict[str, Any], language: Language) -> None:
    from dsqc.cli._output import print_table

    rows = [
        [item["key"], DAMAGES[item["state"]].get(language), ", ".join(item["submissions"])] for item in tier["damaged"]
    ]
    left = Text("orphan", "고아 객체"), Text("unfinished", "미완료")
    for text, name in zip(left, ("orphans", "unfinished"), strict=True):
        rows += [[item["key"], text.get(language), f"{item['size_bytes']:,} {item['modified']}"] for item in tier[name]]
    if rows:
        print_table([Text("object", "객체").get(language), Text("state", "상태").get(language), ""], rows)
    numbers = [tier["known_objects"], *(len(tier[name]) for name in ("damaged", "orphans", "unfinished", "deleted"))]
    print(
        Text(
            "{}: {} objects of submissions, {} damaged, {} orphans, {} unfinished, {} deleted.",
            "{}: 제출 객체 {}개, 손상 {}개, 고아 객체 {}개, 미완료 {}개, 삭제 {}개.",
        )
        .get(language)
        .format(tier["tier"], *numbers)
    )


def _hours(text: str) -> timedelta:
    hours = float(text)
    if not 0 <= hours < 1_000_000:
        raise argparse.ArgumentTypeError("hours, 0 or more")
    return timedelta(hours=hours)
