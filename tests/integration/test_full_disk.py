"""Disks that run full: every command says so and what to do, and ends right when there is room again."""

import contextlib
import gzip
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dsqc.errors import ExitCode
from dsqc.stages.register import register
from dsqc.station import Station, load_station
from helpers.catalogs import dump, problems
from helpers.fastq_files import write_gzip
from helpers.preloaded import Preloaded
from helpers.reads import fastq, make_reads
from helpers.results import Judged, read
from helpers.sources import visible, write_source
from helpers.stations import new_station
from infra.small_disk import SmallDisk, small_disk

LARGE = random.Random(8).randbytes(2 << 20)
FULL = ("The disk is full: free some space and run the same command again.", "ulimit -f")
"""What to do: on a full disk, and where files are limited instead."""


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preloaded: Preloaded) -> Iterator[SmallDisk]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("DSQC_STATION", raising=False)
    with small_disk(tmp_path / "disk", preloaded=preloaded) as made:
        yield made


def is_refused(disk: SmallDisk, *arguments: str | Path, meanwhile: Callable[[], None] | None = None) -> str:
    code, printed = disk.run(*arguments, meanwhile=meanwhile)
    assert code == ExitCode.FAULT, printed
    assert any(text in printed for text in FULL), printed
    assert "Traceback" not in printed
    assert "A fault in dsqc" not in printed
    return printed


def is_done(disk: SmallDisk, *arguments: str | Path) -> str:
    code, printed = disk.run(*arguments)
    assert code == ExitCode.DONE, printed
    return printed


def holds_bytes(folder: Path) -> Callable[[], bool]:
    """Whether a file of some size lies below ``folder``; a large one is being written."""

    def look() -> bool:
        with contextlib.suppress(OSError):
            return any(path.is_file() and path.stat().st_blocks > 200 for path in folder.rglob("*"))
        return False

    return look


def test_a_transfer_into_a_disk_that_runs_full_goes_on_when_there_is_room(disk: SmallDisk, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", {"large.fastq": LARGE, "small.fastq": b"x"})
    inbox = disk.path / "inbox"
    given = ("transfer", source, inbox, "--submission", "S", "-O", tmp_path / "results")
    if disk.is_mounted:
        disk.fill(1 << 20)
        code, printed = disk.run(*given)
        assert code == ExitCode.FAULT, printed
        assert "space" in printed
        assert "large.fastq" not in visible(disk.seen / "inbox")
        disk.grow()
        meanwhile = disk.fill_when(holds_bytes(disk.seen / "inbox"), 0)
        is_refused(disk, *given, "--limit-rate", "1M", meanwhile=meanwhile)
    else:
        disk.fill(1 << 20)
        is_refused(disk, *given)
    assert "large.fastq" not in visible(disk.seen / "inbox")
    disk.grow()
    is_done(disk, *given)
    assert visible(disk.seen / "inbox")["large.fastq"] == LARGE


def test_results_that_do_not_fit_are_said(disk: SmallDisk, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", {"small.fastq": b"x"})
    given = ("transfer", source, tmp_path / "inbox", "--submission", "S", "-O", disk.path / "results")
    disk.fill(0)
    is_refused(disk, *given)
    disk.grow()
    is_done(disk, *given)
    assert read(disk.seen / "results/transfer.json")["files"]


def test_a_share_that_runs_full_takes_the_rest_later(disk: SmallDisk, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", {"large.fastq.gz": LARGE, "small.fastq.gz": b"x"})
    given = ("send", source, "--to", disk.path / "in", "--anyway")
    if disk.is_mounted:
        meanwhile = disk.fill_when(holds_bytes(disk.seen / "in"), 0)
        is_refused(disk, *given, "--limit-rate", "1M", meanwhile=meanwhile)
    else:
        disk.fill(1 << 20)
        is_refused(disk, *given)
    assert "large.fastq.gz" not in visible(disk.seen / "in")
    disk.grow()
    is_done(disk, *given)
    assert visible(disk.seen / "in")["large.fastq.gz"] == LARGE


@pytest.fixture
def station(disk: SmallDisk, tmp_path: Path) -> Station:
    """Open data goes into two places, of which the second is the small disk."""
    root = tmp_path / "station"
    new_station(root, {})
    with (root / "station.toml").open("a") as file:
        file.write(f'\n[copies.public]\nsecond = "{disk.path}/store"\n')
    return load_station(root)


def large_submission() -> Judged:
    return Judged(data=LARGE[:400_000])


@pytest.mark.parametrize("leave_bytes", [0, 600_000])
def test_nothing_is_registered_while_one_copy_does_not_fit(
    disk: SmallDisk, station: Station, tmp_path: Path, leave_bytes: int
) -> None:
    results, inbox = large_submission().write(tmp_path)
    given = ("register", results, "--inbox", inbox, "--station", station.root)
    if disk.is_mounted:
        disk.fill(leave_bytes)
    else:
        disk.fill(300_000)  # the catalog is smaller, an object is larger
    is_refused(disk, *given)
    assert not (results / "receipt.json").exists()
    assert dump(station)["object"] == []
    disk.grow()
    is_done(disk, *given)
    assert read(results / "receipt.json")["registered"]
    objects = [path for path in (disk.seen / "store/objects").rglob("*") if path.is_file()]
    assert sorted(path.read_bytes() for path in objects) == sorted(
        large_submission().bytes_of(name) for name in large_submission().file_names()
    )
    assert [path for path in disk.seen.rglob("*") if path.is_file() and ".unfinished" in str(path)] == []
    is_done(disk, "storage", "verify", "--station", station.root)


def test_a_catalog_that_runs_full_registers_nothing_and_everything_later(disk: SmallDisk, tmp_path: Path) -> None:
    if not disk.is_mounted:
        pytest.skip("a limit of the size of files does not hit the catalog's log")
    made = is_done(disk, "catalog", "init", disk.path / "station")
    assert "station.toml" in made or made
    results, inbox = Judged().write(tmp_path)
    given = ("register", results, "--inbox", inbox, "--station", disk.path / "station")
    undisturbed = new_station(tmp_path / "undisturbed", {}).station
    expected = register(results, inbox, undisturbed).receipt
    (results / "receipt.json").unlink()
    for leave_bytes in (0, 20_000, 60_000, 120_000):
        disk.grow()
        disk.fill(leave_bytes)
        code, printed = disk.run(*given)
        if code != ExitCode.DONE:
            assert code == ExitCode.FAULT, printed
            assert "full" in printed, printed
            assert "Traceback" not in printed
            assert "A fault in dsqc" not in printed
            assert leave_bytes < 120_000 or not (results / "receipt.json").exists()
    disk.grow()
    is_done(disk, *given)
    assert read(results / "receipt.json") == expected
    is_done(disk, "catalog", "verify", "--station", disk.path / "station")
    is_done(disk, "storage", "verify", "--station", disk.path / "station")


def test_a_repair_that_does_not_fit_leaves_the_damaged_copy_and_is_done_later(
    disk: SmallDisk, station: Station, tmp_path: Path
) -> None:
    results, inbox = large_submission().write(tmp_path)
    is_done(disk, "register", results, "--inbox", inbox, "--station", station.root)
    victim = max((disk.seen / "store/objects").rglob("*"), key=lambda path: path.stat().st_size)
    good = victim.read_bytes()
    bad = bytearray(good)
    bad[1000] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(bad)
    disk.fill(100_000)
    repair = ("storage", "verify", "--repair", "--station", station.root)
    code, printed = disk.run(*repair)
    assert code in (ExitCode.FAULT, ExitCode.FINDINGS), printed
    assert any(text in printed for text in FULL), printed
    assert victim.read_bytes() == bad
    disk.grow()
    code, printed = disk.run(*repair)
    assert code == ExitCode.DONE, printed
    assert victim.read_bytes() == good
    is_done(disk, "storage", "verify", "--station", station.root)


def test_archived_files_that_do_not_fit_leave_nothing_and_are_made_later(disk: SmallDisk, tmp_path: Path) -> None:
    text = fastq(make_reads(9000, shortest=100, longest=120))
    source = write_gzip(tmp_path / "reads.fastq.gz", text)
    given = ("storage", "archive", source, "-o", disk.path / "out")
    disk.fill(100_000)
    is_refused(disk, *given)
    assert [path for path in (disk.seen / "out").glob("*") if path.suffix in (".cram", ".gz", ".json")] == []
    disk.grow()
    is_done(disk, *given)
    recipe = next((disk.seen / "out").glob("*.json"))
    is_done(disk, "storage", "restore", disk.path / "out" / recipe.name, "-o", tmp_path / "back.gz")
    assert (tmp_path / "back.gz").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("what", [(), ("--mask-headers",)], ids=["scrub", "mask"])
def test_cleaned_files_that_do_not_fit_leave_nothing_and_are_made_later(
    what: tuple[str, ...], disk: SmallDisk, tmp_path: Path
) -> None:
    text = fastq(make_reads(9000, shortest=100, longest=120))
    source = write_gzip(tmp_path / "reads.fastq.gz", text)
    given = ("scrub", source, "-O", disk.path / "out", *what)
    disk.fill(100_000)
    is_refused(disk, *given)
    assert list((disk.seen / "out").glob("*")) == []
    disk.grow()
    is_done(disk, *given)
    assert gzip.decompress((disk.seen / "out" / source.name).read_bytes()) == text


def test_an_export_that_does_not_fit_is_made_later(disk: SmallDisk, tmp_path: Path) -> None:
    made = new_station(tmp_path / "closed-station", {}).station
    closed = Judged(access="closed", data=LARGE[:800_000])
    register(*closed.write(tmp_path, made), made)
    is_done(disk, "storage", "keygen", tmp_path / "recipient")
    given = ("storage", "export", "KRA00000001", "--to", tmp_path / "recipient.pub", "-o", disk.path / "out",
             "--station", made.root)  # fmt: skip
    disk.fill(500_000)
    is_refused(disk, *given)
    assert list((disk.seen / "out").glob("*.c4gh")) == []
    disk.grow()
    is_done(disk, *given)
    for name in closed.file_names():
        opened = tmp_path / "opened" / name
        sealed = disk.path / "out" / f"{name}.c4gh"
        is_done(disk, "storage", "open", sealed, "--key", tmp_path / "recipient.sec", "-o", opened)
        assert opened.read_bytes() == closed.bytes_of(name)
    assert problems(made) == []
