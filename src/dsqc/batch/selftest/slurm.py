"""A tiny Slurm job that makes the self-test of a node: the same programs, stores and catalog, seen from there."""

import contextlib
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json
from dsqc.batch.selftest.checks import State, Unexpected
from dsqc.batch.selftest.names import PREFIX, RunName
from dsqc.errors import SystemFault
from dsqc.language import Text

ON_NODE = "configuration,credentials,stores,catalog,scratch,kernels"
"""What is tried on a node; nothing of it leaves it to the scheduler."""
MEMORY_MB = 2000
MINUTES = 10
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class NodeJob:
    """What is submitted.

    Attributes:
        folder: a directory that the nodes see too.
        station: ``station.toml``.
        options: of sbatch, that the profile asks for (partition, account).
        patience_s: how long it may take, waiting included.
    """

    name: RunName
    folder: Path
    station: Path
    options: tuple[str, ...]
    patience_s: float

    def run(self) -> Text:
        """Submit it, wait for its end, read what it says; cancelled where it takes too long."""
        self.folder.mkdir(parents=True, exist_ok=True)
        job = _answer(["sbatch", *self._arguments()]).strip().partition(";")[0]
        try:
            state = self._wait(job)
        finally:
            with contextlib.suppress(SystemFault):
                _answer(["scancel", job])
        return self._read(job, state)

    def _arguments(self) -> list[str]:
        command = [sys.executable, "-P", "-m", "dsqc", "station", "selftest", "--json", "--only", ON_NODE]
        command += ["--station", str(self.station), "--work", str(self.folder)]
        answer = shlex.quote(str(self._output))
        # Whole or not there: it is looked for while it is written.
        script = f"{shlex.join(command)} > {answer}.part; mv {answer}.part {answer}"
        return [
            "--parsable",
            f"--job-name={self.name}",
            f"--output={self.folder / 'slurm.log'}",
            f"--time={MINUTES}",
            f"--mem={MEMORY_MB}",
            "--cpus-per-task=1",
            *self.options,
            f"--wrap={script}",
        ]

    @property
    def _output(self) -> Path:
        return self.folder / "node.json"

    def _wait(self, job: str) -> str:
        """Until the job is gone or its answer is there; its last state with the reason that Slurm gives."""
        deadline = time.monotonic() + self.patience_s
        seen = "unknown"
        while not self._output.exists():
            answer = _answer(["squeue", "--noheader", f"--jobs={job}", "--format=%T %r"], may_fail=True).strip()
            if not answer or answer.split()[0] not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING"):
                return answer or seen
            seen = answer
            if time.monotonic() > deadline:
                raise Unexpected(
                    f"The job {job} did not end in {self.patience_s:.0f} s: {seen}.",
                    hint="Look at `sinfo` and at the partition and account of the profile, or give --patience more.",
                )
            time.sleep(LOOK_SECONDS)
        return seen

    def _read(self, job: str, state: str) -> Text:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self._output.exists():
            if time.monotonic() > deadline:
                raise Unexpected(
                    f"The job {job} left no answer ({state}): {_last_line(self.folder / 'slurm.log')}",
                    hint="Name a --work that all nodes see, and see that dsqc stands at the same place there.",
                )
            time.sleep(LOOK_SECONDS)  # a network file system shows it late
        found: dict[str, Any] = read_json(self._output)
        broken = [item for item in found["checks"] if item["state"] == State.BROKEN]
        if broken:
            told = "; ".join(f"{item['part']} {item['subject']}: {item['message']}".strip() for item in broken)
            raise Unexpected(f"On {found['host']}: {told}", hint=broken[0]["hint"])
        return Text(
            f"job {job} on {found['host']}: {len(found['checks'])} checks there",
            f"작업 {job}, 노드 {found['host']}: 점검 {len(found['checks'])}건",
        )


def sbatch_options(profile: Path) -> tuple[str, ...]:
    """Partition and account that a profile gives to every job."""
    import yaml

    found: dict[str, Any] = {}
    for file in sorted(profile.glob("*.yaml")):
        keys = yaml.safe_load(file.read_text(encoding="utf-8"))
        found |= _defaults(keys.get("default-resources")) if isinstance(keys, dict) else {}
    names = {"slurm_partition": "partition", "slurm_account": "account", "qos": "qos", "clusters": "clusters"}
    return tuple(f"--{option}={found[name]}" for name, option in names.items() if found.get(name))


def _defaults(given: Any) -> dict[str, Any]:
    """``default-resources`` of a profile: a mapping, or a list of ``name=value``."""
    if isinstance(given, dict):
        return given
    pairs = (str(item).partition("=") for item in given or ())
    return {name: value.strip("'\"") for name, _, value in pairs}


def cancel_left_jobs() -> int:
    """Cancel jobs of self-tests that are gone; how many."""
    left = [job for job, name in _own_jobs() if name.is_left()]
    if left:
        _answer(["scancel", *left], may_fail=True)
    return len(left)


def _own_jobs() -> Iterator[tuple[str, RunName]]:
    listed = _answer(["squeue", "--me", "--noheader", "--format=%i %j"], may_fail=True)
    for line in listed.splitlines():
        job, _, name = line.strip().partition(" ")
        found = RunName.find(name) if name.startswith(PREFIX) else None
        if found:
            yield job, found


def _answer(command: list[str], *, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=ANSWER_SECONDS)
    except FileNotFoundError as error:
        raise Unexpected(
            f"{command[0]} is not installed here.", hint="Run this where jobs are submitted from."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Unexpected(
            f"{command[0]} did not answer in {ANSWER_SECONDS} s.", hint="Is the controller up? `scontrol ping`."
        ) from error
    if done.returncode and not may_fail:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Unexpected(
            f"{command[0]}: {lines[-1]}", hint="Correct partition and account in the profile; `scontrol ping`."
        )
    return done.stdout


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "no log."
