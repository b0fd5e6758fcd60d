"""`dsqc station keygen`: the pair of keys (Ed25519) that a station signs receipts and certificates with."""

import argparse
from typing import Any

from dsqc.cli._options import action_options, add_station
from dsqc.cli._output import print_json
from dsqc.errors import ExitCode
from dsqc.language import Text

KEYGEN = """\
Make the pair of keys (Ed25519) that [signing] of station.toml names. Receipts and certificates are signed from then on;
give the public half to whoever verifies them. The private key is locked where [signing] names what holds a passphrase.
To change keys, add the public key in use to previous_public_keys, name two new files, and run it again: what the old
key signed is still believed.
"""


def add_action(actions: Any) -> None:
    """Declare the action."""
    keygen = actions.add_parser(
        "keygen",
        help="make the station's signing key",
        description=KEYGEN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[action_options()],
    )
    add_station(keygen)


def keygen(args: argparse.Namespace) -> int:
    """Make the pair, and say where it stands."""
    from dsqc.station import load_station
    from dsqc.station_key import make_station_signing_pair

    station = load_station(args.station)
    key = make_station_signing_pair(station)
    private, public = (str(station.root / name) for name in (station.signing.private_key, station.signing.public_key))
    if args.json:
        found = {"key_id": key.public.key_id, "private_key": private, "public_key": public}
        print_json({"schema_version": "1.0", **found})
        return ExitCode.DONE
    print(
        Text(
            f"key {key.public.key_id}: {private} (keep it secret)", f"키 {key.public.key_id}: {private} (비밀로 보관)"
        ).get(args.lang)
    )
    print(f"→ {public}")
    return ExitCode.DONE
