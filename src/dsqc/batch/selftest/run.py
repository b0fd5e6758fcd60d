"""One self-test from its beginning to its end: everything is tried, and nothing of it stays."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.batch.profiles import find_profile, uses_slurm
from dsqc.batch.selftest import places, sandbox
from dsqc.batch.selftest.checks import PARTS, Check, Checks, Skipped, State, Unexpected
from dsqc.batch.selftest.names import RunName
from dsqc.batch.selftest.slurm import NodeJob, cancel_left_jobs, sbatch_options
from dsqc.batch.selftest.stages import check_stages
from dsqc.errors import DsqcError, UsageError
from dsqc.language import Text
from dsqc.station import ENVIRONMENT_VARIABLE, FILE_NAME, Station, load_station
from dsqc.storage import open_place
from dsqc.version import __version__

PATIENCE_S = 600.0
ALWAYS = frozenset({"configuration", "clean-up"})
CLEAN_UP = "clean-up"


@dataclass(frozen=True, slots=True)
class SelftestOptions:
    """What to try.

    Attributes:
        station: ``station.toml`` or its directory; ``None`` takes ``DSQC_STATION``.
        profile: name of a profile that dsqc ships, or a path.
        work: where batches work: scratch, and what the nodes see too.
        only: some of :data:`PARTS`; empty for all.
        patience_s: how long the Slurm job may take, waiting included.
    """

    station: Path | None = None
    profile: str = "local"
    work: Path = Path()
    only: frozenset[str] = frozenset()
    patience_s: float = PATIENCE_S

    def wants(self, part: str) -> bool:
        """Whether ``part`` is tried."""
        return not self.only or part in self.only or part in ALWAYS


@dataclass(frozen=True, slots=True)
class SelftestResult:
    """Every line, in the order of trying."""

    station: str
    profile: str
    checks: tuple[Check, ...] = field(default=())

    @property
    def is_ok(self) -> bool:
        """Whether nothing is broken."""
        return all(check.state is not State.BROKEN for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/station_selftest.schema.json``."""
        return {
            "schema_version": "1.0",
            "dsqc_version": __version__,
            "host": os.environ.get("SLURMD_NODENAME") or os.uname().nodename,
            "station": self.station,
            "profile": self.profile,
            "is_ok": self.is_ok,
            "checks": [check.to_dict() for check in self.checks],
        }


def selftest(options: SelftestOptions, tell: Callable[[Check], object] = lambda check: None) -> SelftestResult:
    """Push made-up submissions through everything that a batch at this station needs, and say what is broken.

    The true stores hold what it makes below a prefix of its own until the end; the true catalog sees transactions that
    are taken back. A self-test that was killed leaves that prefix, a database schema and a directory; the next one
    takes them away.

    Args:
        tell: hears of each line as it comes.

    Raises:
        UsageError: a wrong part or profile. Whatever else is wrong is a line of the result.
        KeyboardInterrupt: it was interrupted; what it made is taken away before that.
    """
    if wrong := options.only - set(PARTS):
        raise UsageError(f"There is no part {sorted(wrong)[0]!r}.", hint=f"Parts are {', '.join(PARTS)}.")
    profile = find_profile(options.profile)
    test = _Selftest(options, profile, Checks(tell))
    test.run()
    return SelftestResult(str(test.file), options.profile, tuple(test.checks.done))


class _Selftest:
    def __init__(self, options: SelftestOptions, profile: Path, checks: Checks) -> None:
        self.options, self.profile, self.checks = options, profile, checks
        self.slurm = uses_slurm(profile)
        self.name = RunName.own()
        self.file = Path()
        self.station: Station
        self.corner: Station

    def run(self) -> None:
        if not self.checks.run("configuration", "station.toml", self._configuration):
            return
        self.checks.run(CLEAN_UP, "earlier", self._remove_leftovers)
        try:
            with self._folder() as folder:
                self._try(folder)
        finally:
            self.checks.run(CLEAN_UP, "own", self._remove_own)

    def _configuration(self) -> Text:
        named = self.options.station or Path(os.environ.get(ENVIRONMENT_VARIABLE, ""))
        self.file = (named / FILE_NAME if named.is_dir() else named).absolute()
        self.station = load_station(self.options.station)
        from dsqc.judge import load

        load(self.station.goals_path)
        return Text(f"{self.file}, centre {self.station.centre}", f"{self.file}, 기관 {self.station.centre}")

    @contextlib.contextmanager
    def _folder(self) -> Iterator[Path]:
        """Scratch of this self-test below ``work``, or in the system's where that cannot be written (``scratch``)."""
        folder = self.options.work.absolute() / str(self.name)
        try:
            folder.mkdir(parents=True)
        except OSError:
            folder = Path(tempfile.gettempdir()) / str(self.name)
            folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            with contextlib.suppress(OSError):
                sandbox.remove_directory(folder)

    def _try(self, folder: Path) -> None:
        wants, checks, station = self.options.wants, self.checks, self.station
        if wants("credentials"):
            self._credentials()
        if wants("stores"):
            self._stores(folder)
        if wants("catalog"):
            checks.run("catalog", "own", lambda: places.check_catalog(station))
        if wants("scratch"):
            for place in dict.fromkeys([self.options.work.absolute(), Path(tempfile.gettempdir())]):
                checks.run("scratch", str(place), lambda place=place: places.check_scratch(place))  # type: ignore[misc]
        if wants("kernels"):
            checks.run("kernels", "", places.check_kernels)
        if wants("workflow"):
            checks.run("workflow", self.options.profile, self._workflow)
        if wants("stages") and checks.run("stages", "sandbox", lambda: self._sandbox(folder)):
            check_stages(checks, station, self.corner, folder / "stages")
        if wants("slurm"):
            checks.run("slurm", self.options.profile, lambda: self._slurm(folder))
        if wants("mail"):
            checks.run("mail", "notices", lambda: places.check_mail(station))
            checks.run("mail", "batches", lambda: places.check_batch_mail(station))
            checks.run("mail", "webhook", lambda: places.check_webhook(station))

    def _credentials(self) -> None:
        for name, needed_by in sorted(places.variables(self.station).items()):
            self.checks.run("credentials", name, lambda: places.check_variable(name, needed_by))  # noqa: B023  at once
        self.checks.run("credentials", "closed data", lambda: places.check_keys(self.station))
        self.checks.run("credentials", "signature", lambda: places.check_signing(self.station))

    def _stores(self, folder: Path) -> None:
        for place in sandbox.corner_places(self.station, self.name):
            self.checks.run("stores", place.name, lambda: places.check_store(open_place(place), folder))  # noqa: B023

    def _workflow(self) -> Text:
        missing = list(places.check_programs(slurm=self.slurm))
        if missing:
            names = ", ".join(name for name, _ in missing)
            raise Unexpected(f"Not found: {names}.", hint=missing[0][1])
        return Text("Snakemake and the profile are there", "Snakemake와 프로필이 있습니다")

    def _sandbox(self, folder: Path) -> Text:
        for part in ("credentials", "stores", "catalog"):
            if not self.checks.is_sound(part):
                raise Skipped(Text(f"not tried: {part} is broken", f"시험하지 않음: {part} 고장"))
        self.corner = sandbox.make_sandbox(self.station, self.name, folder)
        if self.corner.catalog_url.startswith("sqlite:") != self.station.catalog_url.startswith("sqlite:"):
            return Text(
                f"{self.name}: places of its own; its catalog is a file, for the database lets its user make no schema",
                f"{self.name}: 별도 저장소. 데이터베이스가 스키마 생성을 허용하지 않아 카탈로그는 파일로 만듦",
            )
        return Text(f"{self.name}: a catalog and places of its own", f"{self.name}: 별도 카탈로그와 저장소")

    def _slurm(self, folder: Path) -> Text:
        if not self.slurm:
            raise Skipped(Text("the profile does not use Slurm", "프로필이 Slurm을 쓰지 않습니다"))
        options = sbatch_options(self.profile)
        return NodeJob(self.name, folder / "slurm", self.file, options, self.options.patience_s).run()

    def _remove_leftovers(self) -> Text:
        count = cancel_left_jobs() if self.slurm else 0
        for place in dict.fromkeys([self.options.work.absolute(), Path(tempfile.gettempdir())]):
            for name in list(sandbox.directories(place)):
                if name.is_left():
                    sandbox.remove_directory(place / str(name))
                    count += 1
        count += self._remove_all()
        if not count:
            return Text("nothing was left", "남은 것이 없음")
        return Text(f"{count} leftovers of killed tests removed", f"중단된 시험의 잔여물 {count}개를 지움")

    def _remove_own(self) -> Text:
        self._remove_all(self.name)
        return Text("nothing is left", "남은 것이 없음")

    def _remove_all(self, own: RunName | None = None) -> int:
        """Take away what tests that are gone, and ``own``, left in places and catalog; a broken one stops no other."""
        count, faults = 0, []
        for corners in sandbox.all_corners(self.station):
            try:
                names = corners.left(own)
                for name in names:
                    corners.remove(name)
                if own is not None and own in corners.left(own):
                    raise Unexpected(f"{own} is still in {corners.where}.")
                count += len(names)
            except (DsqcError, OSError) as fault:
                faults.append(fault)
        if faults:
            raise faults[0]
        return count
