"""``dsqc``: find the command, run it, turn what stops it into an exit code."""

import argparse
import atexit
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from dsqc.cli._options import common_options
from dsqc.errors import DsqcError, ExitCode, SystemFault, UsageError
from dsqc.version import __version__

COMMANDS = {
    "form": "the registration forms: list, show, template to fill in, example, JSON Schema",
    "validate": "check a submission's forms and files at your own desk",
    "qc": "read data files once, whole: prove them, measure them",
    "fingerprint": "which reads data files hold, whatever their order, format and compression",
    "transfer": "copy a submission into the inbox, proving every byte",
    "send": "send a submission to the station's inbox, proving every byte",
    "grant": "let a submitter send without credentials: issue, renew, show, sweep",
    "judge": "findings and metrics to a verdict",
    "curate": "the curator's queue and decisions",
    "register": "objects, catalog records and accessions",
    "release": "releases, holds and closed data: what is due, extensions, releases by two people",
    "receipt": "verify signed receipts and certificates; keys of submitters",
    "batch": "run many submissions through all stages, see how they stand, report",
    "catalog": "make, search and verify the catalog",
    "exchange": "public records with other centres: make, take in and check packages",
    "station": "look after a station: whether it works, its signing key, its web pages and who may log in",
    "storage": "read stored bytes again and mend them; archive encoding; keys and exports of closed data",
    "scrub": "remove human reads from data files, mask people in their headers",
    "sketch": "what organisms are in the reads; make and show panels of genomes",
    "taxonomy": "make a taxonomy snapshot, look a taxon up",
    "rule-sets": "released rule sets: list them, compare them, judge again by an older one",
    "explain": "what a rule means and what to do about it",
    "metrics": "what every metric means",
    "docs": "forms, vocabularies and rules as web pages",
    "warmup": "compile the kernels for this machine, once, before work begins",
    "demo": "the whole flow on the sample batch that dsqc ships",
}
"""Every command with its line of help; ``dsqc.cli.<command>`` holds it."""

GARBAGE_THRESHOLD = 50_000
"""New objects after which cyclic garbage is looked for; Python's own is 700."""

EPILOGUE = """\
exit codes:
  0  done, no error findings
  1  a fault of dsqc or of the system (nothing is lost: run the same command again)
  2  the command was called wrongly
  3  error findings: the data or the forms need a correction
  130  interrupted
"""


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """The parser; only the module of ``command`` is imported and adds its arguments."""
    parser = argparse.ArgumentParser(
        prog="dsqc",
        description="Ingestion and quality control of sequencing submissions.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dsqc {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        if name == command:
            module = importlib.import_module(f"dsqc.cli.{name.replace('-', '_')}")
            sub = subparsers.add_parser(
                name,
                help=text,
                description=module.__doc__,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                parents=[common_options()],
                epilog=EPILOGUE,
            )
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
        else:
            subparsers.add_parser(name, help=text, add_help=False)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code (see ``dsqc.errors.ExitCode``); argparse's own errors leave with 2.
    """
    # numpy's BLAS starts a thread a processor when it is imported, 0.05 s each command; nothing here uses them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Importing makes hundreds of thousands of objects that stay: looking for garbage among them again and again is a
    # tenth of the start of a command.
    gc.set_threshold(GARBAGE_THRESHOLD)
    # The same at its end, where the interpreter looks through everything once more before all of it goes anyway.
    atexit.register(gc.freeze)
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = next((item for item in arguments if not item.startswith("-")), None)
    args = build_parser(command if command in COMMANDS else None).parse_args(arguments)
    try:
        from dsqc.cli._logging import announce_compilation, configure

        configure(args)
        announce_compilation(args)
        return _settle(args, args.run(args))
    except KeyboardInterrupt:
        print("dsqc: interrupted; run the same command to go on.", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing to tell anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAULT
    except DsqcError as error:
        return _report(args, error)
    except ModuleNotFoundError as error:
        return _report(args, _missing_package(error))
    except MemoryError:
        return _report(args, SystemFault("Out of memory.", hint="Give the job more memory or fewer threads."))
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        from dsqc.artefact import ROOM_HINTS

        hint = ROOM_HINTS.get(error.errno or 0, "")
        return _report(args, SystemFault(f"The system refused{where}: {error.strerror or error}.", hint=hint))
    except Exception as error:
        if getattr(args, "debug", False):
            raise
        text = f"A fault in dsqc {__version__}: {type(error).__name__}: {error}."
        return _report(
            args, SystemFault(text, hint="Please report it with the output of the same command and --debug.")
        )


def _settle(args: argparse.Namespace, code: int) -> int:
    if code == ExitCode.FINDINGS and getattr(args, "exit_zero", False):
        return ExitCode.DONE
    return code


def _missing_package(error: ModuleNotFoundError) -> DsqcError:
    """A package that only stations install, or a fault of ours."""
    package = (error.name or "").partition(".")[0]
    if package in ("", "dsqc"):
        return SystemFault(f"A fault in dsqc {__version__}: {error}.")
    return UsageError(
        f"This command needs the package {package}, which is not installed.",
        hint="Install what a station needs: pip install 'dsqc[workflow]'.",
    )


def _report(args: argparse.Namespace, error: DsqcError) -> int:
    if getattr(args, "debug", False):
        import traceback

        traceback.print_exception(error)
    print(f"dsqc {args.command}: {error}", file=sys.stderr)
    return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
