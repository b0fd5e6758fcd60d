"""Verify what a station or a submitter has signed, without a network; make and look after keys.

dsqc receipt verify receipt.json --key station.pub
dsqc receipt keygen institute.pem
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._options import acting, action_options, add_passphrase, add_station
from dsqc.cli._output import print_json
from dsqc.errors import ExitCode, UsageError
from dsqc.language import Text

if TYPE_CHECKING:
    from dsqc.signing import VerifyingKey
    from dsqc.station import Station

VERIFY = """\
Say whether a document is what the holder of a key signed: a receipt of a registration, a data certificate (its .json),
a validation receipt. Nothing but the file and the key is needed. Exit 0: it is; 3: it is not, with the reason; 2: there
is no such file or key.
"""
KEYGEN = """\
Make a pair of keys (Ed25519): NAME holds the private key, NAME with the suffix .pub the public one. `dsqc validate
--sign NAME` signs with it; give the public half to the station.
"""
KEYS = """\
List the keys of [receipts] trusted, and those that signed a receipt that measuring again proved false. Submissions that
rest on receipts of a key are named, so that they can be measured again where the key is caught.
"""
REASONS = {
    "unsigned": Text("it is not signed", "서명이 없습니다"),
    "algorithm": Text("its signature is not one of Ed25519", "Ed25519 서명이 아닙니다"),
    "key": Text("it was signed with another key", "다른 키로 서명되었습니다"),
    "changed": Text("it was changed after it was signed", "서명한 뒤에 바뀌었습니다"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``dsqc receipt``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = _action(actions, "verify", "whether a signed document is what was signed", VERIFY)
    verify.add_argument("file", type=Path, metavar="FILE", help="the signed document (JSON)")
    verify.add_argument("--key", type=Path, action="append", default=[], metavar="PUB", help="public key; repeatable")
    add_station(verify)
    keygen = _action(actions, "keygen", "make a pair of keys to sign with", KEYGEN)
    keygen.add_argument("file", type=Path, metavar="NAME", help="file of the private key: institute.pem")
    add_passphrase(keygen)
    keys = _action(actions, "keys", "whose validation receipts the station takes, and whose it does not any more", KEYS)
    keys.add_argument("--distrust", default="", metavar="KEY_ID", help="take receipts of this key no more")
    keys.add_argument("--lift", default="", metavar="KEY_ID", help="take receipts of this key again")
    keys.add_argument("--reason", default="", metavar="TEXT", help="why; with --distrust")
    keys.add_argument("--by", default="", metavar="NAME", help="who does it (default: you)")
    add_station(keys)


def _action(actions: Any, name: str, text: str, description: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name,
        help=text,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[action_options()],
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    return {"verify": _verify, "keygen": _keygen, "keys": _keys_of_submitters}[args.action](args)


def _verify(args: argparse.Namespace) -> int:
    from dsqc.signing import BadSignature, verify

    document = _read(args.file)
    found: dict[str, Any] = {"schema_version": "1.0", "file": str(args.file), "verified": True}
    found |= {"key_id": None, "reason": "", "message": "", "message_ko": ""}
    try:
        found["key_id"] = verify(document, _keys(args)).key_id
    except BadSignature as bad:
        text = REASONS[bad.kind]
        found |= {"verified": False, "reason": bad.kind, "message": text.en, "message_ko": text.ko}
    if args.json:
        print_json(found)
    elif found["verified"]:
        key = found["key_id"]
        print(
            Text(f"{args.file}: verified, signed with key {key}", f"{args.file}: 검증됨, 서명 키 {key}").get(args.lang)
        )
    else:
        print(f"{args.file}: {Text('not verified', '검증 실패').get(args.lang)}: {text.get(args.lang)}")
    return ExitCode.DONE if found["verified"] else ExitCode.FINDINGS


def _keys(args: argparse.Namespace) -> "list[VerifyingKey]":
    """Keys that are named; those of the station where none is.

    Raises:
        UsageError: there are none.
    """
    from dsqc.cli._options import chosen_station
    from dsqc.signing import load_verifying_key

    if args.key:
        return [load_verifying_key(path) for path in args.key]
    station = chosen_station(args.station)
    if station is None:
        raise UsageError("Nothing says whose signature it must be.", hint="Give --key PUB, or --station FILE.")
    from dsqc.station_key import station_verifying_keys

    keys = station_verifying_keys(station)
    if not keys:
        raise UsageError(f"The station {station.root} has no signing key.", hint="Give --key PUB.")
    return keys


def _read(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        UsageError: there is none at ``path``.
    """
    import json

    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read as JSON.", hint="Name the signed document.") from error
    if not isinstance(value, dict):
        raise UsageError(f"{path} holds no JSON object.", hint="Name the signed document.")
    return value


def _keygen(args: argparse.Namespace) -> int:
    from dsqc.signing import write_signing_pair
    from dsqc.station_key import passphrase

    locked = bool(args.passphrase_env or args.passphrase_file)
    word = passphrase(args.passphrase_env, args.passphrase_file) if locked else ""
    public = args.file.with_suffix(".pub")
    if public == args.file:
        raise UsageError(f"{args.file} would be both halves.", hint="Give the private key another suffix: .pem")
    key = write_signing_pair(args.file, public, word)
    if args.json:
        names = {"private_key": str(args.file), "public_key": str(public)}
        print_json({"schema_version": "1.0", "key_id": key.public.key_id, **names})
        return ExitCode.DONE
    secret = Text("keep it secret", "비밀로 보관")
    print(f"{Text('key', '키').get(args.lang)} {key.public.key_id}: {args.file} ({secret.get(args.lang)})")
    print(f"→ {public}")
    return ExitCode.DONE


def _keys_of_submitters(args: argparse.Namespace) -> int:
    from dsqc.catalog.database import Catalog
    from dsqc.catalog.receipts.distrusted_keys import distrust, lift
    from dsqc.cli._output import print_table
    from dsqc.station import load_station

    if args.distrust and not args.reason:
        raise UsageError("A key is not distrusted without a reason.", hint="Say why with --reason TEXT.")
    station = load_station(args.station)
    with Catalog.open(station) as catalog:
        actor = acting(args)
        if args.distrust:
            catalog.write(lambda session: distrust(session, args.distrust, actor, reason=args.reason))
        if args.lift:
            catalog.write(lambda session: lift(session, args.lift, actor))
        with catalog.reading() as session:
            found = _list_keys(station, session)
    if args.json:
        print_json({"schema_version": "1.0", **found})
        return ExitCode.DONE
    for name in ("trusted", "distrusted"):
        rows = found[name]
        if rows:
            headings = [heading for heading in rows[0] if heading != "receipt_sha256"]
            print_table([name, *headings], (["", *(_cell(row[heading]) for heading in headings)] for row in rows))
    if not found["trusted"]:
        print(
            Text(
                "This station trusts no keys ([receipts] trusted).", "신뢰하는 키가 없습니다([receipts] trusted)."
            ).get(args.lang)
        )
    return ExitCode.DONE


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)[:80]


def _list_keys(station: "Station", session: Any) -> dict[str, Any]:
    from dsqc.catalog.receipts.distrusted_keys import distrusted_keys, distrusted_since, relied_on
    from dsqc.stages._receipt_check import key_files

    relied = relied_on(session)
    trusted = [
        {
            "key_id": key.key_id,
            "file": path.name,
            "distrusted_since": distrusted_since(session, key.key_id),
            "relied_on": relied.get(key.key_id, []),
        }
        for path, key in (key_files(station) if station.receipts.trusted else ())
    ]
    return {"trusted": trusted, "distrusted": distrusted_keys(session)}
