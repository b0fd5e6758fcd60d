"""Held, closed and released submissions for tests, and a release job in a process of its own.

``python -m helpers.releasing STATION DAY [--die POINT] [--call NAME ACCESSION]``: run the job as on DAY, or close or
approve one submission; with ``--die`` the process kills itself (SIGKILL) at one point.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsqc.catalog.access.closing import Withholding
from dsqc.catalog.access.proposals import Person
from dsqc.catalog.registering import Actor
from dsqc.stages import _relocate, release
from dsqc.stages.register import register
from dsqc.station import Station, load_station
from dsqc.storage.directory import DirectoryStore
from helpers.register_process import die, then_die
from helpers.results import Judged

REGISTERED_ON = "2026-03-01"
REASON = Withholding("pre_publication", "2030-01-01")
CLOSED = {"withholding_reason": "pre_publication", "withholding_review_date": "2027-06-01"}
POINTS = ("after the first object", "before the commit", "after the commit", "after the manifest", "after a deletion")


def clock(day: str) -> Callable[[], datetime]:
    """A clock that stands at noon of a day."""
    return lambda: datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


def actor(day: str) -> Actor:
    """Who works on that day."""
    return Actor("tester", clock(day))


def person(name: str, day: str, reason: str = "because") -> Person:
    """Who says something on that day."""
    return Person(name, reason, clock(day))


def registered(station: Station, work: Path, **values: Any) -> Judged:
    """A submission that was registered on 2026-03-01."""
    judged = Judged(**values)
    assert register(*judged.write(work, station), station, actor=actor(REGISTERED_ON)).registered
    return judged


def stored(station: Station, tier: str) -> dict[str, bytes]:
    """What a tier holds, but for claims and temporary files: key and bytes."""
    root = Path(station.tier_url(tier))
    paths = (path for path in root.rglob("*") if path.is_file())
    found = {str(path.relative_to(root)): path.read_bytes() for path in sorted(paths)}
    return {key: data for key, data in found.items() if not key.startswith(("claims/", "unfinished/"))}


def contents(station: Station, tier: str) -> list[bytes]:
    """The objects of a tier, by their bytes."""
    return sorted(data for key, data in stored(station, tier).items() if key.startswith("objects/"))


def plain(*submissions: Judged) -> list[bytes]:
    """The data files of submissions, by their bytes."""
    return sorted({one.bytes_of(name) for one in submissions for name in one.file_names()})


def start(station: Station, day: str, *more: str) -> subprocess.Popen[bytes]:
    """The job in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    line = [sys.executable, "-m", "helpers.releasing", str(station.root), day, *more]
    return subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)


def _arm(point: str) -> None:
    if point == "after the first object":
        DirectoryStore.put_file = then_die(DirectoryStore.put_file)  # type: ignore[method-assign]
    elif point == "before the commit":
        release.change_state = then_die(release.change_state)  # type: ignore[attr-defined]
    elif point == "after the commit":
        _relocate.clear = die
    elif point == "after the manifest":
        DirectoryStore.put_manifest = then_die(DirectoryStore.put_manifest)  # type: ignore[method-assign]
    elif point == "after a deletion":
        _relocate._delete = then_die(_relocate._delete)
    elif point:
        raise ValueError(point)


def main() -> None:
    """Do one thing as on a day."""
    parser = argparse.ArgumentParser()
    parser.add_argument("station", type=Path)
    parser.add_argument("day")
    parser.add_argument("--die", default="")
    parser.add_argument("--call", nargs=2, default=["run", ""])
    args = parser.parse_args()
    _arm(args.die)
    station, (name, accession) = load_station(args.station), args.call
    if name == "run":
        assert release.run(station, actor=actor(args.day)).failed == []
    elif name == "close":
        release.close_data(station, accession, REASON, person("Choi", args.day))
    else:
        release.approve_release(station, accession, person("Choi", args.day))


if __name__ == "__main__":
    main()
