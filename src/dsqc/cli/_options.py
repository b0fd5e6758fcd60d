"""Options that several commands share, each defined once."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc.errors import UsageError
from dsqc.language import Language

if TYPE_CHECKING:
    from dsqc.catalog.registering import Actor
    from dsqc.station import Station


def common_options() -> argparse.ArgumentParser:
    """Options of every command: ``--json --lang -q -v --log-json --debug``."""
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("common options")
    group.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    group.add_argument(
        "--lang",
        type=Language,
        choices=list(Language),
        default=Language.from_environment(),
        metavar="{en,ko}",
        help="language of messages (default: DSQC_LANG, else the locale)",
    )
    group.add_argument("-q", "--quiet", action="store_true", help="only errors on standard error, no progress")
    group.add_argument("-v", "--verbose", action="store_true", help="more on standard error")
    group.add_argument("--log-json", action="store_true", help="log lines as JSON objects")
    group.add_argument("--debug", action="store_true", help="tracebacks of dsqc's own faults")
    return parser


def action_options() -> argparse.ArgumentParser:
    """The common options for an action below a command (``batch run``); its defaults are the command's."""
    parser = common_options()
    for action in parser._actions:
        action.default = argparse.SUPPRESS
    return parser


def chosen_station(path: Path | None) -> "Station | None":
    """The station that ``--station`` or the environment names; ``None`` where neither does.

    Raises:
        UsageError: it does not exist, or is configured wrongly.
    """
    from dsqc.limits import ENVIRONMENT_VARIABLE

    if path is None and not os.environ.get(ENVIRONMENT_VARIABLE):
        return None
    from dsqc.station import load_station  # It brings pydantic with it.

    return load_station(path)


def add_station(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """``--station``: the station's configuration."""
    parser.add_argument(
        "--station",
        type=Path,
        metavar="FILE",
        help="station.toml, or the directory it stands in (default: DSQC_STATION)",
    )


def acting(args: argparse.Namespace) -> "Actor":
    """Who does what the history keeps: ``--by``, or else the user of the system.

    Raises:
        UsageError: nobody knows.
    """
    import getpass

    from dsqc.catalog.registering import Actor

    try:
        return Actor(args.by or getpass.getuser())
    except (KeyError, OSError) as error:
        raise UsageError("The system does not know who you are.", hint="Say so with --by NAME.") from error


def add_passphrase(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """``--passphrase-env`` and ``--passphrase-file``: what locks a private key; never the passphrase itself."""
    parser.add_argument(
        "--passphrase-env", default="", metavar="NAME", help="environment variable with the passphrase of the key"
    )
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="file with the passphrase in its first line"
    )


def add_taxonomy(parser: argparse.ArgumentParser) -> None:
    """``--taxonomy``: the snapshot that organisms are looked up in."""
    parser.add_argument(
        "--taxonomy",
        type=Path,
        metavar="FILE",
        help="taxonomy snapshot (default: DSQC_TAXONOMY, else the station's, else the small one that dsqc ships)",
    )


def add_rule_set(parser: argparse.ArgumentParser) -> None:
    """``--rule-set``: the released rules, forms and vocabularies to judge by."""
    parser.add_argument(
        "--rule-set",
        metavar="VERSION",
        help="a released rule set to judge by, as 2026.11, or own for that of this dsqc (default: DSQC_RULE_SET, else "
        "the station's, else own); see dsqc rule-sets",
    )


def use_rule_set(named: str | None, station: "Station | None") -> None:
    """Put the rule set in force that ``--rule-set``, the environment or the station names. Before anything is read.

    Raises:
        UsageError: there is no such rule set; the hint lists those that are.
    """
    from dsqc.rule_data import use

    chosen = named or os.environ.get("DSQC_RULE_SET", "") or (station.rules.rule_set if station else "")
    if chosen:
        use(None if chosen == "own" else chosen)


def add_panel(parser: argparse.ArgumentParser) -> None:
    """``--panel``: the genomes that organisms are told by."""
    parser.add_argument(
        "--panel",
        type=Path,
        metavar="FILE",
        help="panel of genomes, or none (default: DSQC_PANEL, else the station's, else the small one that dsqc ships)",
    )


def add_outdir(parser: argparse.ArgumentParser, text: str = "directory for the results") -> None:
    """``-O/--outdir``."""
    parser.add_argument("-O", "--outdir", type=Path, metavar="DIR", help=text)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """``-@/--threads``."""
    parser.add_argument("-@", "--threads", type=_threads, default=2, metavar="N", help="threads to use (default: 2)")


def add_pace(parser: argparse.ArgumentParser) -> None:
    """How fast, when and how often bytes travel, and who is told; what is not given stands in ``station.toml``."""
    group = parser.add_argument_group("pace (defaults: [transfer] of station.toml)")
    group.add_argument("--parallel", metavar="N", help="parts on their way at once, over all files (default: 8)")
    group.add_argument("--limit-rate", metavar="RATE", help="bytes a second over all of them: 500K, 50M, 1.5G")
    group.add_argument(
        "--window",
        action="append",
        metavar="HH:MM-HH:MM",
        help="time of day when bytes may travel, local time; may be given several times (default: always)",
    )
    group.add_argument(
        "--retries", metavar="N", help="tries after the first that brought nothing, of one part (default: 5)"
    )
    group.add_argument(
        "--stall-timeout",
        metavar="SECONDS",
        help="give a connection up that says nothing for so long, and try again (default: 60)",
    )
    add_events(group)


def add_events(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """``--events``: what happens while bytes travel, for programs."""
    parser.add_argument(
        "--events", metavar="FILE", help="write what happens as JSON lines to FILE; - is standard error"
    )


def add_exit_zero(parser: argparse.ArgumentParser) -> None:
    """``--exit-zero``: error findings end with 0, for the workflow, where findings are outputs and not failures."""
    parser.add_argument("--exit-zero", action="store_true", help="exit 0, not 3, where there are error findings")


def _threads(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)
