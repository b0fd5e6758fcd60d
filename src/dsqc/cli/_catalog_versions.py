"""``dsqc catalog``: versions, withdrawal and discarding, leases, duplicates."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsqc.cli import _catalog_agreements
from dsqc.cli._catalog_reading import SCHEMA_VERSION, read_catalog
from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Language, Text

Adder = Callable[[str, str], argparse.ArgumentParser]


def add_version_options(show: argparse.ArgumentParser) -> None:
    """Options of ``dsqc catalog show`` that are about versions and what was withdrawn."""
    which = show.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, metavar="N", help="the object as it was in its version N")
    which.add_argument("--versions", action="store_true", help="all its versions, and what differs between them")
    show.add_argument("--all", action="store_true", help="for the station: also the record of what was withdrawn")


def add_actions(action: Adder) -> None:
    """The actions of this module."""
    withdraw = action("withdraw", "take a registered submission back: the record and its numbers stay, not the data")
    _name(withdraw)
    withdraw.add_argument("--reason", required=True, metavar="TEXT", help="why; shown to everybody with the number")
    withdraw.add_argument("--by", required=True, metavar="NAME", help="who decides")
    discard = action("discard", "give up a submission that was never registered; its alias may be used again")
    _name(discard)
    discard.add_argument("--reason", default="", metavar="TEXT", help="why")
    discard.add_argument("--by", required=True, metavar="NAME", help="who decides")
    leases = action("leases", "who works on what until when, and what was left half done")
    leases.add_argument("--expired", action="store_true", help="only leases that nobody living holds any more")
    leases.add_argument("--release", action="store_true", help="take away the leases that nobody living holds")
    duplicates = action("duplicates", "registered runs that hold the same reads; or what holds the data of FILE")
    duplicates.add_argument(
        "--of",
        type=Path,
        metavar="FILE",
        help="a *.dsqc.json of `dsqc qc`, or what `dsqc fingerprint --json` printed: is this in the catalog?",
    )
    agreement = action("agreement", "agreements with depositors and providers, and on access to data")
    _catalog_agreements.add_actions(agreement)


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="SUBMISSION", help="its accession, or its alias")
    parser.add_argument("--submitter", default="", metavar="E-MAIL", help="where several submissions have the alias")


def show_versions(args: argparse.Namespace) -> int:
    """``dsqc catalog show ACC --version N`` and ``--versions``."""
    from dsqc.catalog.events import local_time
    from dsqc.catalog.versions.reading import show_version, versions_of

    if args.version is not None:
        found = read_catalog(
            args, lambda session: show_version(session, args.accession, args.version, withdrawn=args.all)
        )
        if args.json:
            print_json(found)
        else:
            _print_version(found)
        return ExitCode.DONE
    rows = read_catalog(
        args,
        lambda session: {
            "accession": args.accession,
            "versions": versions_of(session, args.accession, withdrawn=args.all),
        },
    )
    if args.json:
        print_json(rows)
        return ExitCode.DONE
    headings = (Text("version", "판"), Text("from", "시작"), Text("what differs", "달라진 것"))
    lines = [
        (str(row["version"]), local_time(row["from"]) if row["from"] else "", _differs(row["differs"]))
        for row in rows["versions"]
    ]
    print_table([item.get(args.lang) for item in headings], lines)
    return ExitCode.DONE


def _print_version(found: dict[str, Any]) -> None:
    from dsqc.artefact import to_json

    for name in ("accession", "type", "version", "present_version", "from", "until"):
        print(f"{name}: {'-' if found[name] is None else found[name]}")
    for name, value in found["content"].items():
        if value not in (None, "", [], {}):
            print(
                printable(f"{name}: {value}") if isinstance(value, str | int) else f"{name}: {to_json(value).rstrip()}"
            )


def _differs(items: list[dict[str, Any]]) -> str:
    return printable("; ".join(f"{item['name']}: {_word(item['before'])} → {_word(item['after'])}" for item in items))


def _word(value: Any) -> str:
    if isinstance(value, dict):
        reads = f", reads {value['fingerprint'][:12]}…" if value["fingerprint"] else ""
        return f"{value['sha256'][:12]}… ({value['size_bytes']:,} bytes{reads})"
    return "-" if value in (None, "") else str(value)


def run(args: argparse.Namespace) -> int | None:
    """Do the action where it is one of this module; ``None`` where it is not."""
    done = _ACTIONS.get(args.action)
    return done(args) if done else None


def _retire(args: argparse.Namespace) -> int:
    from dsqc.catalog.events import local_time
    from dsqc.catalog.versions.withdrawing import Named
    from dsqc.stages import retire
    from dsqc.station import load_station

    named = Named(args.name, args.submitter)
    done = retire.withdraw if args.action == "withdraw" else retire.discard
    found = done(load_station(args.station), named, by=args.by, reason=args.reason)
    if args.json:
        print_json(found)
        return ExitCode.DONE
    words = Text("withdrawn", "철회됨") if found["accession"] else Text("discarded", "폐기됨")
    name = found["accession"] or found["submission"]
    print(printable(f"{name} {words.get(args.lang)}: {local_time(found['at'])} {found['by']}: {found['reason']}"))
    return ExitCode.DONE


def _leases(args: argparse.Namespace) -> int:
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.events import local_time, now
    from dsqc.catalog.versions.watching import Standing, interrupted, leases, release_abandoned
    from dsqc.station import load_station

    with Catalog.open(load_station(args.station)) as catalog:
        released = catalog.write(lambda session: release_abandoned(session, now())) if args.release else []
        with catalog.reading() as session:
            rows = [item for item in leases(session, now()) if not args.expired or item.standing is not Standing.LIVE]
            stopped = [
                {"submission": item.alias, "submitter": item.submitter, "state": item.state}
                for item in interrupted(session, now())
            ]
    if args.json:
        shown = {"leases": [_lease(item) for item in rows], "released": [_lease(item) for item in released]}
        print_json({"schema_version": SCHEMA_VERSION, **shown, "interrupted": stopped})
        return ExitCode.DONE
    _print_leases([*((item, False) for item in rows), *((item, True) for item in released)], args.lang, local_time)
    for item in stopped:
        text = Text(
            f"{item['submission']} stopped while {item['state']}: run `dsqc register` for it again.",
            f"{item['submission']}이(가) {item['state']} 상태에서 멈췄습니다. `dsqc register`를 다시 실행하세요.",
        )
        print(printable(text.get(args.lang)))
    return ExitCode.DONE


def _lease(item: Any) -> dict[str, Any]:
    return {
        "submission": item.alias,
        "submitter": item.submitter,
        "state": item.state,
        "holder": item.holder,
        "deadline": item.deadline,
        "standing": item.standing.value,
    }


def _print_leases(items: list[tuple[Any, bool]], language: Language, local_time: Callable[[str], str]) -> None:
    words = {
        "live": Text("live", "유효"),
        "expired": Text("expired", "만료"),
        "dead": Text("its process is gone", "프로세스 없음"),
    }
    released = Text("released", "해제됨").get(language)
    if not items:
        print(Text("Nobody works on anything.", "작업 중인 제출이 없습니다.").get(language))
        return
    headings = (
        Text("submission", "제출"),
        Text("state", "상태"),
        Text("until", "기한"),
        Text("lease", "임대"),
        Text("holder", "보유자"),
    )
    lines = [
        (
            printable(item.alias),
            item.state or "-",
            local_time(item.deadline),
            released if gone else words[item.standing.value].get(language),
            item.holder,
        )
        for item, gone in items
    ]
    print_table([item.get(language) for item in headings], lines)


def _duplicates(args: argparse.Namespace) -> int:
    if args.of is not None:
        return _duplicates_of(args)
    from dsqc.catalog.versions.duplicates import duplicated_runs

    found = read_catalog(args, lambda session: {"groups": duplicated_runs(session)})
    if args.json:
        print_json(found)
        return ExitCode.DONE
    for group in found["groups"]:
        runs = ", ".join(f"{row['run']} ({row['submission']}, {row['access_level']})" for row in group)
        print(
            Text(f"{group[0]['read_count']:,} reads: {runs}", f"리드 {group[0]['read_count']:,}개: {runs}").get(
                args.lang
            )
        )
    if not found["groups"]:
        print(Text("No two runs hold the same reads.", "같은 리드를 가진 런이 없습니다.").get(args.lang))
    return ExitCode.DONE


def _duplicates_of(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from dsqc.artefact import read_json
    from dsqc.catalog.versions.duplicates import Asker, same_bytes, same_reads

    if not args.of.is_file():
        raise UsageError(f"{args.of} does not exist.", hint="Give what `dsqc qc` or `dsqc fingerprint --json` wrote.")
    marks, digests = _asked_for(args.of, read_json(args.of))

    def work(session: Any) -> dict[str, Any]:
        found = [*same_bytes(session, digests, Asker()), *same_reads(session, marks, Asker())]
        return {"duplicates": [{**asdict(item), "same": item.same.value} for item in found]}

    found = read_catalog(args, work)
    if args.json:
        print_json(found)
        return ExitCode.DONE
    words = {
        "bytes": Text("same bytes", "같은 바이트"),
        "reads": Text("same reads", "같은 리드"),
        "sequences": Text("same sequences, other qualities", "같은 서열, 다른 품질값"),
    }
    for item in found["duplicates"]:
        print(printable(f"{item['run']} {item['name']}".rstrip() + f": {words[item['same']].get(args.lang)}"))
    if not found["duplicates"]:
        print(Text("The catalog does not hold this data.", "카탈로그에 없는 자료입니다.").get(args.lang))
    return ExitCode.DONE


def _asked_for(path: Path, data: Any) -> tuple[set[Any], set[str]]:
    """Fingerprints and SHA-256 in a file of results."""
    from dsqc.catalog.versions.fingerprints import ReadFingerprint

    values, digests = [], set()
    if isinstance(data, dict) and "fingerprint" in data:
        values = [data["fingerprint"]]
        digests = {str((data.get("file") or {}).get("sha256") or "")} - {""}
    elif isinstance(data, dict) and isinstance(data.get("files"), list):
        values = [item.get("fingerprint") for item in data["files"]] + [data.get("union")]
    try:
        marks = {mark for mark in map(ReadFingerprint.from_dict, values) if mark is not None}
    except (KeyError, TypeError, ValueError, AttributeError):
        marks = set()
    if not marks and not digests:
        raise UsageError(
            f"{path} holds no fingerprint.",
            hint="Give a *.dsqc.json of `dsqc qc`, or what `dsqc fingerprint --json` says.",
        )
    return marks, digests


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "withdraw": _retire,
    "discard": _retire,
    "leases": _leases,
    "duplicates": _duplicates,
    "agreement": _catalog_agreements.run,
}
