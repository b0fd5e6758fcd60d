"""One big BGZF FASTQ or BAM measured in parts by parallel processes, against one process: same bytes, how much sooner.

  python benchmarks/split.py                                 200 MB: shows that everything runs
  python benchmarks/split.py --megabytes 5000 --parts 2 4 8 --append results.jsonl
  python benchmarks/split.py --kind bam                      a sorted BAM
  python benchmarks/split.py --file reads.fastq.gz --parts 8 --at-once 8

Every part is a process of its own with one thread, at most --at-once of them at a time (default: the processors), as a
cluster would run them; then they are put together. What it is compared with is one process with one thread (what one
core does) and with two. One JSON line a number of parts:

- speedup: wall of one process with one thread / (wall of all parts + of putting together);
- speedup_of_two_threads: the same against one process with two threads;
- longest_part_s: the wall that a cluster with a core a part would need, with joining_s;
- counting_ratio: CPU of the parts together / CPU of the one process: each part is counted before it is measured.

The files that are compared are those of -O: JSON, Parquet, HTML, FastQC-shaped text.
"""

import argparse
import concurrent.futures
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makers import make

from dsqc import artefact
from dsqc.version import __version__

SCHEMA_VERSION = "1.0"
KINDS = {
    "fastq": ("illumina_binned", "big.fastq.gz", 68, {"container": "bgzf"}),
    "bam": ("bam", "big.bam", 48, {}),
    "ubam": ("ubam", "big.unaligned.bam", 63, {}),
}
"""What is made, its name, about how many stored bytes a read takes, what else its maker is told."""
DSQC = Path(sys.executable).with_name("dsqc")


def main() -> int:
    """Measure whole and in parts, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200, help="size of the file that is made (default: 200)")
    parser.add_argument("--kind", choices=KINDS, default="fastq", help="what is made (default: fastq in BGZF)")
    parser.add_argument("--file", type=Path, help="a file to take instead")
    parser.add_argument("--parts", type=int, nargs="+", default=[2, 4, 8], metavar="N")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, metavar="N", help="processes at a time")
    parser.add_argument("--append", type=Path, metavar="JSONL", help="add the lines to a file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dsqc-split-", dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        place = Path(folder)
        path = args.file or made(place, args.kind, args.megabytes)
        one = run("qc", path, "-O", place / "whole", "-@", "1")
        two = run("qc", path, "-O", place / "two", "-@", "2")
        for number in args.parts:
            line = in_parts(path, place, number, args.at_once) | {"file_bytes": path.stat().st_size}
            together = line["parts_s"] + line["joining_s"]
            line["speedup"] = round(one["wall_s"] / together, 2)
            line["speedup_of_two_threads"] = round(two["wall_s"] / together, 2)
            line["counting_ratio"] = round(line.pop("cpu_s") / one["cpu_s"], 2)
            line |= {"one_thread_s": round(one["wall_s"], 2), "two_threads_s": round(two["wall_s"], 2)}
            line["identical"] = tree(place / "whole") == tree(place / "joined")
            text = json.dumps({"schema_version": SCHEMA_VERSION, "dsqc_version": __version__, **line})
            print(text, flush=True)
            if args.append:
                with args.append.open("a", encoding="utf-8") as file:
                    file.write(text + "\n")
            if not line["identical"]:
                return 1
    return 0


def made(place: Path, kind: str, megabytes: int) -> Path:
    """A file of about so many million bytes."""
    maker, name, size, more = KINDS[kind]
    path = place / name
    make(maker, path, seed=1, reads=max(megabytes * 1_000_000 // size, 1_000), **more)
    return path


def run(*arguments: object) -> dict[str, float]:
    """One command of dsqc: its wall and CPU."""
    started = time.monotonic()
    process = os.posix_spawn(DSQC, [str(DSQC), *map(str, arguments), "--quiet"], os.environ, file_actions=_silent())
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        raise SystemExit(f"dsqc {' '.join(map(str, arguments))} failed")
    return {"wall_s": time.monotonic() - started, "cpu_s": usage.ru_utime + usage.ru_stime}


def _silent() -> list[tuple[Any, ...]]:
    return [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


def in_parts(path: Path, place: Path, number: int, at_once: int) -> dict[str, Any]:
    """Measure the parts, and the digest, side by side; put them together."""
    parts, joined = place / "parts", place / "joined"
    for folder in (parts, joined):
        shutil.rmtree(folder, ignore_errors=True)
    names = [f"{item}/{number}" for item in range(1, number + 1)] + ["digest"]
    one: Callable[[str], dict[str, float]] = lambda name: run("qc", path, "--part", name, "-O", parts, "-@", "1")  # noqa: E731
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(one, names))
    wall = time.monotonic() - started
    end = run("qc", path, "--parts", parts, "-O", joined, "-@", "1")
    return {
        "parts": number,
        "at_once": at_once,
        "parts_s": round(wall, 2),
        "joining_s": round(end["wall_s"], 2),
        "longest_part_s": round(max(item["wall_s"] for item in found), 2),
        "cpu_s": sum(item["cpu_s"] for item in found) + end["cpu_s"],
        "parts_bytes": sum(item.stat().st_size for item in parts.iterdir()),
    }


def tree(folder: Path) -> dict[str, str]:
    """Digest of every file below a directory."""
    return {
        str(item.relative_to(folder)): artefact.sha256_of(item) for item in sorted(folder.rglob("*")) if item.is_file()
    }


if __name__ == "__main__":
    sys.exit(main())
