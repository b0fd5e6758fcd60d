"""Look after a station: whether it works, its signing key, and its web pages: serve them, say who may log in.

  selftest  made-up submissions through everything: what is broken, and what to do
  keygen    make the pair of keys that it signs receipts and certificates with
  serve     the pages and the GA4GH DRS endpoint, until SIGTERM
  user      add, list, disable and enable accounts; set a password
  audit     log-ins, decisions, refused access; prove that the record is whole

Roles: a submitter sees their own submissions; a curator sees every submission and decides; an operator sees every
submission; a reader sees what everybody sees without log-in. TLS is the matter of a proxy before it, which passes Host
on: docs/web.md.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli import _station_keygen, _station_selftest
from dsqc.cli._options import action_options, add_station
from dsqc.cli._output import print_json, print_table, printable
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.catalog.accounts import Account

SCHEMA_VERSION = "1.0"
ROLES = ("submitter", "curator", "operator", "reader")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc station``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _station_selftest.add_action(actions)
    _station_keygen.add_action(actions)
    serve = actions.add_parser("serve", help="serve the pages, until SIGTERM", parents=[action_options()])
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, metavar="N", help="0 for any that is free (default: 8000)")
    add_station(serve)
    _add_user(actions.add_parser("user", help="who may log in", parents=[action_options()]))
    audit = actions.add_parser("audit", help="what was done on the pages", parents=[action_options()])
    audit.add_argument("--actor", default="", metavar="NAME", help="of one account only")
    audit.add_argument("--since", default="", metavar="DATE", help="from YYYY-MM-DD on (UTC)")
    audit.add_argument("--verify", action="store_true", help="prove that the whole record is unchanged")
    add_station(audit)


def _add_user(parser: argparse.ArgumentParser) -> None:
    whats = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    def what(name: str, text: str, *, named: bool = True) -> argparse.ArgumentParser:
        sub = whats.add_parser(name, help=text, description=text, parents=[action_options()])
        if named:
            sub.add_argument("name", metavar="NAME", help="of the account: a-z, 0-9 and . _ @ + -")
        add_station(sub)
        return sub

    add = what("add", "make an account; the password is asked for, or read from a file")
    add.add_argument("--role", required=True, choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    add.add_argument("--submitter", default="", metavar="EMAIL", help="whose submissions a submitter sees")
    _add_password_file(add)
    _add_password_file(what("password", "set another password; the account's sessions end"))
    what("disable", "no log-in any more; the account's sessions end")
    what("enable", "log-in again")
    what("list", "all accounts", named=False)


def _add_password_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="holds the password in its first line (default: ask)"
    )


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    actions = {"selftest": _station_selftest.selftest, "keygen": _station_keygen.keygen}
    return {**actions, "serve": _serve, "user": _user, "audit": _audit}[args.action](args)


def _serve(args: argparse.Namespace) -> int:
    from dsqc.station import load_station
    from dsqc.web.serving import serve

    def ready(origin: str) -> None:
        if args.json:
            print_json({"schema_version": SCHEMA_VERSION, "origin": origin})
        else:
            print(
                Text(f"{origin} is served; Ctrl-C ends it.", f"{origin} 에서 열렸습니다. Ctrl-C로 끝냅니다.").get(
                    args.lang
                )
            )
        sys.stdout.flush()

    serve(load_station(args.station), host=args.host, port=args.port, ready=ready)
    return ExitCode.DONE


def _user(args: argparse.Namespace) -> int:
    from dsqc.catalog.accounts import Role, add_account, hashed_password, list_accounts, set_active, set_password
    from dsqc.catalog.database import Catalog
    from dsqc.station import load_station

    station = load_station(args.station)
    name = "" if args.what == "list" else args.name.strip().lower()
    hashed = hashed_password(_password(args), name) if args.what in ("add", "password") else ""

    def change(session: Any) -> "Account":
        if args.what == "add":
            return add_account(session, name, Role(args.role), hashed, submitter=args.submitter)
        if args.what == "password":
            return set_password(session, name, hashed)
        return set_active(session, name, args.what == "enable")

    with Catalog.open(station) as catalog:
        if args.what == "list":
            with catalog.reading() as session:
                accounts = list_accounts(session)
        else:
            accounts = [catalog.write(change)]
    if args.json:
        shown = [{key: value for key, value in asdict(item).items() if key != "id"} for item in accounts]
        print_json({"schema_version": SCHEMA_VERSION, "accounts": shown})
    else:
        _print_accounts(accounts, args)
    return ExitCode.DONE


def _print_accounts(accounts: "list[Account]", args: argparse.Namespace) -> None:
    from dsqc.catalog.events import local_time

    states = {True: Text("active", "사용"), False: Text("disabled", "중지")}
    headings = [Text("name", "이름"), Text("role", "역할"), Text("submitter", "제출자"), Text("state", "상태")]
    headings.append(Text("password since", "비밀번호 설정"))
    rows = (
        (item.name, item.role.value, item.submitter, states[item.active].get(args.lang), local_time(item.password_at))
        for item in accounts
    )
    print_table([item.get(args.lang) for item in headings], rows)


def _password(args: argparse.Namespace) -> str:
    """From a file, or typed twice: never an argument, which other users of the machine could read."""
    if args.password_file is not None:
        try:
            lines = args.password_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{args.password_file} cannot be read.") from error
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask for the password.", hint="Give --password-file FILE.")
    import getpass

    first = getpass.getpass(Text("Password: ", "비밀번호: ").get(args.lang))
    if getpass.getpass(Text("Again: ", "다시: ").get(args.lang)) != first:
        raise UsageError("The two passwords differ.", hint="Run the same command again.")
    return first


def _audit(args: argparse.Namespace) -> int:
    from dsqc.catalog.accounts import audit_events, verify_audit
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.events import local_time
    from dsqc.station import load_station

    with Catalog.open(load_station(args.station)) as catalog, catalog.reading() as session:
        events = audit_events(session, actor=args.actor, since=args.since)
        faults = verify_audit(audit_events(session)) if args.verify else []
    names = ("sequence", "at", "actor", "address", "action", "object", "details", "previous_digest", "digest")
    if args.json:
        shown = [{name: getattr(event, name) for name in names} for event in events]
        print_json({"schema_version": SCHEMA_VERSION, "events": shown, "faults": [asdict(item) for item in faults]})
        return ExitCode.FAULT if faults else ExitCode.DONE
    headings = (
        Text("when", "언제"),
        Text("who", "누가"),
        Text("from", "어디서"),
        Text("what", "무엇"),
        Text("of", "대상"),
    )
    rows = (
        (local_time(item.at), item.actor or "-", item.address, item.action, printable(item.object)) for item in events
    )
    print_table([item.get(args.lang) for item in headings], rows)
    if args.verify and not faults:
        print(Text("The record is whole and unchanged.", "기록이 온전합니다.").get(args.lang))
    for fault in faults:
        print(f"{fault.sequence}: {fault.problem}")
    return ExitCode.FAULT if faults else ExitCode.DONE
