"""Make benchmark files of any size.

  python benchmarks/make_data.py illumina_binned reads.fastq.gz --reads 4000000
  python benchmarks/make_data.py nanopore long.fastq.gz --bases 500000000 --longest 2000000
  python benchmarks/make_data.py bam sorted.bam --reads 4000000
  python benchmarks/make_data.py submission form.xlsx --reads 2000 --faulty 0.05
  python benchmarks/make_data.py --set full --data DIR          all files of a size of run.py

The same arguments give the same text byte for byte; gzip is zlib's level 6 (what `gzip -6` writes), BGZF and CRAM are
htslib's.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from files import CATALOGUE, DATA, prepare
from makers import KINDS, make


def main() -> int:
    """Make one file, or all of a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", nargs="?", choices=sorted(KINDS))
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("--reads", type=int, default=100_000, help="of Illumina, BAM, CRAM; samples (default: 100000)")
    parser.add_argument("--faulty", type=float, default=0.05, help="share of a submission's cells (default: 0.05)")
    parser.add_argument("--bases", type=int, default=10_000_000, help="of nanopore (default: 10 million)")
    parser.add_argument("--longest", type=int, default=0, help="nanopore: one read of exactly so many bases")
    parser.add_argument("--container", choices=["gzip", "bgzf", "plain"], default="gzip", help="of FASTQ")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", choices=sorted(CATALOGUE), dest="size", help="make all files of this size")
    parser.add_argument("--data", type=Path, default=DATA, help="where files stand (default: %(default)s)")
    args = parser.parse_args()
    if args.size:
        for name in CATALOGUE[args.size]:
            item = prepare(name, args.size, args.data)
            print(f"{item.path}\t{item.facts.reads} reads\t{item.path.stat().st_size} bytes", flush=True)
        return 0
    if not args.path:
        parser.error("a kind and a path, or --set")
    arguments: dict[str, Any] = {"seed": args.seed}
    if args.kind == "nanopore":
        arguments |= {"bases": args.bases, "longest": args.longest, "container": args.container}
    else:
        arguments["reads"] = args.reads
        if args.kind == "submission":
            arguments["faulty"] = args.faulty
        if args.kind.startswith("illumina"):
            arguments["container"] = args.container
    print(f"{make(args.kind, args.path, **arguments).reads} reads in {args.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
