"""Held, closed and released submissions for tests, and release jobs in processes of their own, killed where wanted."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
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
from helpers.stations import new_station

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


class Jobs:
    """A process that has imported everything and does each job in a child of its own; see :func:`jobs`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def at_once(self, station: Station, day: str, *wanted: Mapping[str, str]) -> list[int]:
        """Do all these together; how each ended. Keys: ``call`` (run, close, approve), ``accession``, ``die``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        orders = [{"station": str(station.root), "day": day, **one} for one in wanted]
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        codes: list[int] = json.loads(self._process.stdout.readline())
        return codes


@contextlib.contextmanager
def jobs() -> Iterator[Jobs]:
    """Start the process, and end it with the block. What its children say goes to standard error."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    line = [sys.executable, "-m", "helpers.releasing"]
    with subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Jobs(process)
        assert process.stdin is not None
        process.stdin.close()


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


def _obey(order: Mapping[str, str]) -> None:
    code = 70
    try:
        os.dup2(2, 1)
        _arm(order.get("die", ""))
        station, day = load_station(Path(order["station"])), order["day"]
        if order.get("call", "run") == "run":
            assert release.run(station, actor=actor(day)).failed == []
        elif order["call"] == "close":
            release.close_data(station, order["accession"], REASON, person("Choi", day))
        else:
            release.approve_release(station, order["accession"], person("Choi", day))
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def serve() -> None:
    """Take orders until there are no more. What a release reads and compiles is there before the first."""
    from dsqc.batch.workers import preload

    preload()
    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(sys.stderr):
        station = new_station(Path(place) / "station", {}).station
        registered(station, Path(place), release_date="2026-09-01")
        release.run(station, actor=actor("2026-09-01"))
        release.close_data(station, "KRA00000001", REASON, person("Choi", "2026-09-02"))
    for line in sys.stdin:
        children = []
        for order in json.loads(line):
            child = os.fork()
            if child == 0:
                _obey(order)
            children.append(child)
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]), flush=True)


if __name__ == "__main__":
    serve()
