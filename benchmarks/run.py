"""Run every benchmark (``bench_*.py``) and print one JSON line a measurement.

``--size toy`` shows that the scripts run (CI); figures count at ``--size full``, on a quiet machine.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run what the arguments choose; a benchmark that breaks ends the run with its message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["toy", "full"], default="toy")
    parser.add_argument("--runs", type=int, default=0, help="runs of each program (default: 1 for toy, 5 for full)")
    parser.add_argument("--append", type=Path, metavar="FILE", help="also append the lines to FILE")
    parser.add_argument("topics", nargs="*", help="names without bench_ and .py (default: all)")
    args = parser.parse_args()
    topics = args.topics or sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    machine = {"dsqc": version("dsqc"), "python": platform.python_version(), "cores": os.cpu_count()}
    sys.path.insert(0, str(HERE))
    for topic in topics:
        for record in importlib.import_module(f"bench_{topic}").main(
            args.size, args.runs or (1 if args.size == "toy" else 5)
        ):
            line = json.dumps(record | machine)
            print(line, flush=True)
            if args.append:
                with args.append.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
