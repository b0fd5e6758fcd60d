"""How fast each kernel is in memory: seconds that it takes of a whole run, over the bases that pass.

  python benchmarks/kernels.py reads.fastq.gz [--reference FASTA]

Runs `dsqc qc` in this process twice: once so that everything is compiled, once with a clock around each kernel that
Python calls. The clock is the thread's own CPU time, so that waiting and other programs do not count.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Function = Callable[..., Any]


@dataclass(slots=True)
class Clock:
    """Calls of one kernel and the CPU seconds that they took."""

    calls: int = 0
    seconds: float = 0.0

    def around(self, function: Function) -> Function:
        """``function`` with the clock running."""

        def timed(*arguments: Any) -> Any:
            start = time.thread_time()
            result = function(*arguments)
            self.seconds += time.thread_time() - start
            self.calls += 1
            return result

        return timed


def registered() -> dict[str, Function]:
    """Every kernel that Python calls, by module and name, as it gets compiled. Call before dsqc is imported."""
    from dsqc.kernels import _jit

    found: dict[str, Function] = {}
    original = _jit.entry

    def entry(signature: str) -> Callable[[Function], Function]:
        def decorate(function: Function) -> Function:
            compiled: Function = original(signature)(function)
            found[f"{function.__module__.removeprefix('dsqc.kernels.')}.{function.__name__}"] = compiled
            return compiled

        return decorate

    _jit.entry = entry
    return found


def put_clocks(kernels: dict[str, Function]) -> dict[str, Clock]:
    """Replace each kernel by its timed self wherever a module of dsqc names it."""
    clocks = {name: Clock() for name in kernels}
    timed = {id(function): clocks[name].around(function) for name, function in kernels.items()}
    for name, module in list(sys.modules.items()):
        if name.startswith("dsqc."):
            for key, value in list(vars(module).items()):
                if id(value) in timed:
                    setattr(module, key, timed[id(value)])
    return clocks


def main() -> int:
    """Print one JSON object: bases, and per kernel its calls and seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--reference", type=Path)
    args = parser.parse_args()
    kernels = registered()
    from dsqc.stages.qc import qc

    qc(args.path, reference=args.reference)
    clocks = put_clocks(kernels)
    start = time.process_time()
    result = qc(args.path, reference=args.reference)
    whole = time.process_time() - start
    bases = result.files[0].metrics["base_count"]
    used = {name: clock for name, clock in clocks.items() if clock.calls}
    rows = [
        {"kernel": name, "calls": clock.calls, "cpu_s": round(clock.seconds, 4)}
        for name, clock in sorted(used.items(), key=lambda item: -item[1].seconds)
    ]
    print(json.dumps({"bases": bases, "cpu_s": round(whole, 4), "kernels": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
