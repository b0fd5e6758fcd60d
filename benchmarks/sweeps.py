"""What other values of a constant would cost: every constant that a measurement chose, swept again.

  python benchmarks/sweeps.py                        all sweeps of sweeps.toml on files of medium size
  python benchmarks/sweeps.py --size full --data DIR --rounds 7 buffer

For each value the package is copied with that one line changed, and `dsqc qc` runs as a whole process, the values in
turn, round by round. Results must not depend on the value; the last column says so.
"""

import argparse
import hashlib
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from files import CATALOGUE, DATA, File, prepare
from measure import CommandError, Measurement, run_once, summary
from peers import CACHE

FILE = Path(__file__).parent / "sweeps.toml"


@dataclass(frozen=True, slots=True)
class Variant:
    """One value of the constant.

    Attributes:
        value: Python source; as shipped for the first of a sweep.
        tree: directory with the changed package.
    """

    value: str
    tree: Path


def load() -> dict[str, dict[str, Any]]:
    """The sweeps by name."""
    found: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["sweep"]
    return {sweep["name"]: sweep for sweep in found}


def package() -> Path:
    """Where dsqc is installed."""
    spec = find_spec("dsqc")
    if spec is None or spec.origin is None:
        raise CommandError("dsqc is not installed for this Python")
    return Path(spec.origin).parent


def shipped(constant: str, home: Path) -> tuple[Path, re.Match[str]]:
    """The file of ``module:NAME`` and the one line that gives its value.

    Raises:
        CommandError: there is no such line, or more than one.
    """
    module, _, name = constant.partition(":")
    path = home.joinpath(*module.split(".")[1:]).with_suffix(".py")
    pattern = re.compile(rf"^{re.escape(name)}(?P<type>: \w+)? = (?P<value>[^#\n]+?)(?P<rest> *#.*)?$", re.MULTILINE)
    found = list(pattern.finditer(path.read_text(encoding="utf-8"))) if path.exists() else []
    if len(found) != 1:
        raise CommandError(f"{constant}: {len(found)} lines of {path} give it a value")
    return path, found[0]


def changed(constant: str, value: str, place: Path) -> Path:
    """A copy of the package with ``constant`` set to ``value``; returns the directory to import it from."""
    home = package()
    shutil.copytree(home, place / "dsqc", ignore=shutil.ignore_patterns("__pycache__"))
    path, line = shipped(constant, place / "dsqc")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: line.start("value")] + value + text[line.end("value") :], encoding="utf-8")
    return place


def sweep(constant: str, values: Sequence[str], file: File, rounds: int, threads: int) -> list[list[str]]:
    """Rows of the table, the shipped value first."""
    _, line = shipped(constant, package())
    now = line["value"]
    ordered = [now, *(value for value in values if _number(value) != _number(now))]
    with tempfile.TemporaryDirectory(prefix="sweep-") as place:
        variants = []
        for number, value in enumerate(ordered):
            variants.append(Variant(value, changed(constant, value, Path(place, str(number)))))
        runs: dict[str, list[Measurement]] = {variant.value: [] for variant in variants}
        results = {}
        for round_number in range(rounds + 1):  # the first compiles and is not counted
            for variant in variants if round_number % 2 else reversed(variants):
                measured, results[variant.value] = _run(variant, file, threads)
                if round_number:
                    runs[variant.value].append(measured)
    return [_row(value, runs, now, same=results[value] == results[now]) for value in ordered]


def _run(variant: Variant, file: File, threads: int) -> tuple[Measurement, str]:
    """One run, and a digest of what it wrote."""
    with tempfile.TemporaryDirectory(prefix="sweep-") as out:
        reference = ["--reference", str(file.reference)] if file.path.suffix == ".cram" else []
        program = ["env", f"PYTHONPATH={variant.tree}", f"DSQC_CACHE_DIR={CACHE / 'sweeps'}", sys.executable, "-m"]
        options = ["dsqc", "qc", "-q", "-@", str(threads), "-O", out, *reference, str(file.path)]
        measured = run_once([*program, *options])
        written = next(Path(out).glob("*.dsqc.json")).read_bytes()
    return measured, hashlib.sha256(written).hexdigest()


def _row(value: str, runs: dict[str, list[Measurement]], now: str, *, same: bool) -> list[str]:
    wall, cpu = summary([run.wall_s for run in runs[value]]), summary([run.cpu_s for run in runs[value]])
    base = summary([run.cpu_s for run in runs[now]])
    return [
        f"**{value}**" if value == now else value,
        f"{wall['median']:.2f}",
        f"{wall['min']:.2f}–{wall['max']:.2f}",
        f"{cpu['median']:.2f}",
        f"{cpu['median'] / base['median']:.2f}",
        f"{max(run.peak_mib for run in runs[value]):.0f}",
        "yes" if same else "NO",
    ]


def _number(value: str) -> int:
    """The value of a constant such as ``1 << 20``."""
    left, _, shift = value.partition("<<")
    return int(left.replace("_", "")) << int(shift or 0)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Markdown; the shipped value is bold."""
    heads = ["value", "wall s", "min–max", "CPU s", "CPU, times shipped", "peak MiB", "same results"]
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> int:
    """Print one table a sweep and file."""
    sweeps = load()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="SWEEP", help=f"of {', '.join(sweeps)} (default: all)")
    parser.add_argument("--size", choices=sorted(CATALOGUE), default="medium")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if unknown := set(args.names) - set(sweeps):
        parser.error(f"no sweep {', '.join(sorted(unknown))}; there are {', '.join(sweeps)}")
    for name in args.names or sweeps:
        item = sweeps[name]
        for file_name in item["files"]:
            file = prepare(file_name, args.size, args.data)
            rows = sweep(item["constant"], item["values"], file, args.rounds, args.threads)
            print(f"### {name}: `{item['constant']}`, {file_name} ({args.size}), -@ {args.threads}\n")
            print(f"{item['what']}\n\n{table(rows)}\n", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandError as error:
        print(f"sweeps.py: {error}", file=sys.stderr)
        sys.exit(1)
