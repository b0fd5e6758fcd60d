"""Actions of ``dsqc storage`` on closed data: keys, exports, rotation of the station's key, opening a file."""

import argparse
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsqc.cli._options import action_options, add_station
from dsqc.errors import ExitCode
from dsqc.language import Text

HELP = {
    "keygen": "make a pair of Crypt4GH keys: NAME.sec (mode 0600) and NAME.pub",
    "export": "files of a closed submission or run for one recipient: headers encrypted anew, bodies untouched",
    "rotate": "encrypt all headers to the station's present key; bodies stay, and a killed command goes on",
    "open": "decrypt a Crypt4GH file with your private key",
}


def add_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the actions to those of ``dsqc storage``."""
    made = {name: actions.add_parser(name, help=text, parents=[action_options()]) for name, text in HELP.items()}
    made["keygen"].add_argument("name", type=Path, metavar="NAME", help="files are NAME.sec and NAME.pub")
    _add_passphrase(made["keygen"], "locks the private key (default: only the file's mode guards it)")
    export = made["export"]
    export.add_argument("accession", metavar="ACCESSION", help="of a closed submission, or of one of its runs")
    export.add_argument("--to", type=Path, required=True, metavar="KEY", help="the recipient's public key")
    export.add_argument(
        "-o", "--outdir", type=Path, required=True, metavar="DIR", help="where NAME.c4gh of every file go"
    )
    export.add_argument("--by", default="", metavar="NAME", help="who exports, for the history (default: your login)")
    export.add_argument("--reason", default="", metavar="TEXT", help="why; stays in the history")
    add_station(export)
    made["rotate"].add_argument("--by", default="", metavar="NAME", help="who does it (default: your login)")
    add_station(made["rotate"])
    opened = made["open"]
    opened.add_argument("file", type=Path, metavar="FILE", help="a Crypt4GH file")
    opened.add_argument("--key", type=Path, required=True, metavar="KEY", help="your private key")
    opened.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the plain file goes")
    _add_passphrase(opened, "unlocks your private key, where it has a passphrase")


def _add_passphrase(parser: argparse.ArgumentParser, text: str) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--passphrase-env", default="", metavar="NAME", help=f"environment variable with what {text}")
    group.add_argument("--passphrase-file", type=Path, metavar="FILE", help="file that holds it in its first line")


def run(args: argparse.Namespace) -> int:
    """Do one of the actions of :data:`HELP`."""
    return _ACTIONS[args.action](args)


def _keygen(args: argparse.Namespace) -> int:
    from dsqc.crypt4gh import write_key_pair
    from dsqc.crypt4gh.ring import passphrase

    private, public = (args.name.with_name(args.name.name + suffix) for suffix in (".sec", ".pub"))
    locked = bool(args.passphrase_env or args.passphrase_file)
    key = write_key_pair(private, public, passphrase(args.passphrase_env, args.passphrase_file) if locked else "")
    document = {
        "action": "keygen",
        "private_key": str(private),
        "public_key": str(public),
        "fingerprint": key.public.fingerprint,
        "locked": locked,
    }
    return _say(args, document, Text(f"{private} and {public} made.", f"{private}, {public} 파일을 만들었습니다."))


def _export(args: argparse.Namespace) -> int:
    from dsqc.catalog.registering import Actor
    from dsqc.crypt4gh import load_public
    from dsqc.stages.closed import export_closed
    from dsqc.station import load_station

    done = export_closed(
        args.accession,
        load_public(args.to),
        args.outdir,
        load_station(args.station),
        actor=Actor(args.by or getpass.getuser()),
        reason=args.reason,
    )
    number = len(done.files)
    text = Text(
        f"{number} files of {args.accession} in {args.outdir}; only the key {done.recipient} opens them.",
        f"{args.accession}의 파일 {number}개를 {args.outdir}에 썼습니다. 키 {done.recipient}만 열 수 있습니다.",
    )
    return _say(args, done.to_dict(), text)


def _rotate(args: argparse.Namespace) -> int:
    from dsqc.catalog.registering import Actor
    from dsqc.stages.closed import rotate_headers
    from dsqc.station import load_station

    done = rotate_headers(load_station(args.station), actor=Actor(args.by or getpass.getuser()))
    count, failed = done.headers, len(done.failed)
    safe = Text(
        "Keys of before open nothing of the store any more.",
        "이전 키로는 저장소의 어떤 것도 열리지 않습니다.",
    )
    unsafe = Text(
        f"{failed} could not be moved; keep the keys of before: {done.failed[0]['problem'] if failed else ''}",
        f"{failed}개를 옮기지 못했습니다. 이전 키를 보관하세요: {done.failed[0]['problem'] if failed else ''}",
    )
    rest = unsafe if failed else safe
    text = Text(
        f"{count} headers encrypted to the key {done.recipient}. {rest.en}",
        f"헤더 {count}개를 키 {done.recipient}(으)로 다시 암호화했습니다. {rest.ko}",
    )
    _say(args, done.to_dict(), text)
    return ExitCode.FAULT if failed else ExitCode.DONE


def _open(args: argparse.Namespace) -> int:
    from dsqc.crypt4gh import load_private
    from dsqc.crypt4gh.ring import passphrase
    from dsqc.stages.closed import open_sealed

    key = load_private(args.key, lambda: passphrase(args.passphrase_env, args.passphrase_file))
    size = open_sealed(args.file, key, args.output)
    text = Text(f"{args.output}: {size:,} bytes.", f"{args.output}: {size:,}바이트.")
    return _say(args, {"action": "open", "file": str(args.output), "size_bytes": size}, text)


def _say(args: argparse.Namespace, document: dict[str, Any], text: Text) -> int:
    from dsqc.cli._output import print_json

    if args.json:
        print_json({"schema_version": "1.0", **document})
    else:
        print(text.get(args.lang))
    return ExitCode.DONE


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "keygen": _keygen,
    "export": _export,
    "rotate": _rotate,
    "open": _open,
}
