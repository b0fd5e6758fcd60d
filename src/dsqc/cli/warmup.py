"""Compile the kernels for this machine's processor, once; every later command reads the machine code from disk.

Any command does so by itself when it needs to. On a cluster this does it before the work begins, once a node; where
many start at once, one compiles and the others wait. DSQC_CACHE_DIR chooses the place (a disk of the node itself).

  dsqc warmup
"""

import argparse
import time

from dsqc.errors import ExitCode
from dsqc.language import Text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``dsqc warmup``."""


def run(args: argparse.Namespace) -> int:
    """Compile what is missing and say where it stands."""
    from dsqc.cli._output import print_json
    from dsqc.kernels._cache import cache_directory
    from dsqc.kernels._jit import kernel_modules, warm_up

    start = time.perf_counter()
    compiled = warm_up()
    seconds = time.perf_counter() - start
    place = str(cache_directory())
    if args.json:
        modules = {"modules": len(kernel_modules()), "compiled": len(compiled)}
        print_json({"schema_version": "1.0", "directory": place, **modules})
    elif not args.quiet:
        done = Text(f"Kernels compiled in {seconds:.0f} s: {place}", f"커널을 {seconds:.0f}초에 준비했습니다: {place}")
        ready = Text(f"Kernels are ready: {place}", f"커널이 준비되어 있습니다: {place}")
        print((done if compiled else ready).get(args.lang))
    return ExitCode.DONE
