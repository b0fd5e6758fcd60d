"""Small batches of the shipped sample submissions, and what must be equal after any way of running them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from dsqc.artefact import read_json

ACCESSION = re.compile(r"\b(?:KAP|KAS|KAE|KAR|KRA)\d+\b")
WAIT_SECONDS = 60

Found = TypeVar("Found")


def sample_sheet(place: Path, names: Sequence[str]) -> Path:
    """A batch sheet over copies of sample submissions, in ``place``."""
    for name in names:
        shutil.copytree(Path(str(files("dsqc.sample_batch").joinpath(name))), place / name)
    sheet = place / "batch.tsv"
    sheet.write_text("submission\tsource\n" + "".join(f"{name}\t{name}\n" for name in names), encoding="utf-8")
    return sheet


def batch_command(sheet: Path, work: Path, *arguments: str) -> list[str]:
    """``dsqc batch run`` as a process of its own."""
    return [sys.executable, "-m", "dsqc", "batch", "run", str(sheet), "--work", str(work), *arguments]


def run_batch_command(
    sheet: Path, work: Path, *arguments: str, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run ``dsqc batch run`` to its end."""
    command = batch_command(sheet, work, *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, env=env)


def catalog_content(work: Path) -> dict[str, list[str]]:
    """What the embedded catalog and store of ``work`` hold, with aliases for accessions.

    Numbers are given in the order in which submissions happen to be registered; everything else must not depend on it.
    """
    names = accession_names(work)
    exported = work.with_name(work.name + ".export")
    shutil.rmtree(exported, ignore_errors=True)
    command = [sys.executable, "-m", "dsqc", "catalog", "export", "--closed", "-O", str(exported)]
    subprocess.run([*command, "--station", str(work / "station")], check=True, capture_output=True, timeout=60)
    content = {
        table.name: sorted(
            ACCESSION.sub(lambda found: names[found[0]], line)
            for line in table.read_text(encoding="utf-8").splitlines()
        )
        for table in exported.glob("*.tsv")
    }
    objects = work / "station" / "store"
    content["objects"] = sorted(
        str(item.relative_to(objects)) for item in objects.glob("*/objects/**/*") if item.is_file()
    )
    content["receipts"] = sorted(
        f"{item.parent.name} {read_json(item)['state']}" for item in work.glob("results/*/receipt.json")
    )
    return content


def accession_names(work: Path) -> dict[str, str]:
    """Accession -> what it stands for."""
    names: dict[str, str] = {}
    for path in work.glob("results/*/receipt.json"):
        accessions = read_json(path)["accessions"]
        if accessions.get("submission"):
            names[accessions["submission"]] = f"submission:{path.parent.name}"
        for kind in ("projects", "samples", "experiments", "runs"):
            names |= {
                number: f"{kind}:{path.parent.name}:{alias}" for alias, number in accessions.get(kind, {}).items()
            }
    return names


def wait_for(look: Callable[[], Found | None], process: "subprocess.Popen[str]") -> Found:
    """Look until there is something, while ``process`` lives."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        begun = time.thread_time()
        found = look()
        if found is not None:
            return found
        assert process.poll() is None, "the run ended before what was waited for"
        # Looking at every process takes its time: it must not take that of the run.
        time.sleep(max(0.01, 4 * (time.thread_time() - begun)))
    raise TimeoutError


def processes_in(work: Path) -> Iterator[tuple[int, list[str]]]:
    """Processes whose working directory is ``work``: identifier and command line."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == work:
                yield int(entry.name), (entry / "cmdline").read_text(errors="replace").split("\0")
        except OSError:
            continue  # it ended meanwhile


def job_process(work: Path, stage: str) -> int | None:
    """A job of ``stage`` that runs in ``work``, by the name that its process gives itself."""
    for pid, _command in processes_in(work):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == f"dsqc {stage}":
                return pid
    return None


def snakemake_process(work: Path) -> int | None:
    """The Snakemake that runs in ``work``."""
    return next((pid for pid, command in processes_in(work) if "snakemake" in command), None)


def kill(pid: int) -> None:
    """kill -9."""
    os.kill(pid, signal.SIGKILL)
