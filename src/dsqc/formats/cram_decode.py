"""The decoder of CRAM, a process of its own: CRAM on standard input, uncompressed BAM on standard output.

htslib runs there without the interpreter's lock, with threads of its own, in an environment that knows no network; a
fault in it ends this process and no other. Started by path, so that it imports nothing but pysam.
Usage: ``python cram_decode.py THREADS [REFERENCE]``; messages go to standard error, the exit code is 1 on failure.
"""

import sys

import pysam
from pysam.utils import SamtoolsError


def decode(threads: str, *reference: str) -> int:
    """Convert until the input ends; 0, or 1 where htslib failed."""
    named = ("-T", *reference) if reference else ()
    try:
        pysam.samtools.view("-u", "--no-PG", "-@", threads, *named, "-o", "-", "-", catch_stdout=False)
    except SamtoolsError as error:
        sys.stderr.write(f"\n{error.value}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(decode(*sys.argv[1:]))
