"""The encoder of CRAM, a process of its own: BAM on standard input, CRAM to a file.

htslib runs there without the interpreter's lock, with threads of its own, in an environment that knows no network.
Started by path, so that it imports nothing but pysam.
Usage: ``python cram_encode.py THREADS OUTPUT REFERENCE OPTION...`` (REFERENCE may be empty); messages go to standard
error, the exit code is 1 on failure.
"""

import sys

import pysam
from pysam.utils import SamtoolsError


def encode(threads: str, output: str, reference: str, *options: str) -> int:
    """Convert until the input ends; 0, or 1 where htslib failed."""
    named = ("-T", reference) if reference else ()
    chosen = [part for option in options for part in ("--output-fmt-option", option)]
    try:
        pysam.samtools.view(
            "-C", "--no-PG", "-@", threads, *named, *chosen, "-o", output, "-", catch_stdout=False
        )  # fmt: skip
    except SamtoolsError as error:
        sys.stderr.write(f"\n{error.value}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(encode(*sys.argv[1:]))
