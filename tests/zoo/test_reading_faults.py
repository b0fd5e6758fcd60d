"""Faults injected on either side of every hand-over, in the file and in whoever reads, end the run; nothing hangs."""

import array
import fcntl
import gc
import gzip
import io
import os
import signal
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pysam
import pytest

import dsqc
from dsqc.cli.main import main
from dsqc.errors import SystemFault
from dsqc.findings import FindingLog
from dsqc.formats import container, open_reads
from dsqc.formats import reads as opening
from dsqc.metrics.reads import ReadMetrics
from helpers.reads import (
    Outcome,
    Read,
    bgzf,
    bzip2_streams,
    collect,
    fastq,
    make_reads,
    split_at,
    xz_streams,
    zstd_frames,
)
from zoo import aligned
from zoo.reads import END_BLOCK

pytestmark = pytest.mark.timeout(60)
LIMIT = 5.0
"""Seconds in which every run has to end; one that hangs never does. (The hand-over gives up after one second.)"""
NAMES = [
    "r.fastq",
    "r.fastq.gz",
    "blocks.fastq.gz",
    "r.fastq.bz2",
    "r.fastq.zst",
    "r.fastq.xz",
    "r.bam",
    "r.sam",
    "r.cram",
]
FILES: dict[str, bytes] = {}
"""By these names, made before the first test."""


def cram_of(stored: bytes) -> bytes:
    """The records of a BAM as CRAM."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.bam"
        path.write_bytes(stored)
        with pysam.AlignmentFile(path, check_sq=False) as source:
            target = pysam.AlignmentFile(path.with_suffix(".cram"), "wc", header=source.header)
            for record in source:
                target.write(record)
            target.close()
        return path.with_suffix(".cram").read_bytes()


def _large() -> dict[str, bytes]:
    """Files of each kind, large enough that a reader is in the middle of its work when a fault comes."""
    text = fastq(make_reads(3000, 1, shortest=100, longest=400))
    parts = split_at(text, range(0, len(text), 50_000))
    records = [
        aligned.encoded(f"r{index}\t4\t*\t0\t0\t*\t*\t0\t0\t{read.bases}\t{read.qualities}")
        for index, read in enumerate(make_reads(3000, 2, shortest=100, longest=200))
    ]
    sam = b"".join(b"r%d\t4\t*\t0\t0\t*\t*\t0\t0\t%s\t%s\n" % (n, b"ACGT" * 50, b"F" * 200) for n in range(3000))
    body = b"".join(records)
    stored = bgzf([aligned.bam_header(["@HD\tVN:1.6"], {}), *split_at(body, range(0, len(body), 50_000))])
    contents = (
        text,
        gzip.compress(text, 1, mtime=0),
        bgzf(parts),
        bzip2_streams(parts),
        zstd_frames(parts),
        xz_streams(parts[:4]),
        stored,
        b"@HD\tVN:1.6\n" + sam,
        cram_of(stored),
    )
    return dict(zip(NAMES, contents, strict=True))


@pytest.fixture(scope="module", autouse=True)
def _files() -> None:
    """Not at import, which every worker of a parallel run does."""
    FILES.update(_large())


class Injected(Exception):
    """What a test raises itself."""


class Faulty(io.RawIOBase):
    """Gives ``step`` bytes at a time and raises ``error`` when ``fails_at`` of them were given."""

    def __init__(self, data: bytes, fails_at: int, error: BaseException, step: int = 4096) -> None:
        self._inner = io.BytesIO(data)
        self._fails_at = fails_at
        self._error = error
        self._step = step

    def read(self, size: int = -1) -> bytes:
        left = self._fails_at - self._inner.tell()
        if left <= 0:
            raise self._error
        return self._inner.read(min(size, self._step, left))


def within_limit(action: Callable[[], Any]) -> Any:
    """What ``action`` returns or raises; fails where it does not end."""
    outcome: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((action(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, name="action", daemon=True)
    thread.start()
    thread.join(LIMIT)
    assert not thread.is_alive(), "hangs"
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def readers() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("read ")}


def read_all(file: Any, name: str, threads: int, reference: Path | None = None) -> Outcome:
    log = FindingLog()
    return collect(open_reads(file, log, name=name, threads=threads, reference=reference), log)


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    (tmp_path / "reference.fa").write_bytes(aligned.FASTA)
    return tmp_path / "reference.fa"


def open_files() -> int:
    gc.collect()  # an exception keeps the frames, and with them what they hold
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture(autouse=True, scope="module")
def _what_was_there_before() -> Iterator[None]:
    """Collecting looks at what these tests make, not at all that a whole run has left in memory."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _nothing_is_left(_what_was_there_before: None) -> Iterator[None]:
    """No reading thread and no open file outlives a test."""
    before = open_files()
    yield
    assert readers() == set()
    assert open_files() <= before


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_fails(name: str, part: float, threads: int, reference: Path) -> None:
    data = FILES[name]
    file = Faulty(data, int(part * len(data)), OSError(5, "Input/output error"))
    with pytest.raises(SystemFault, match="Input/output error"):
        within_limit(lambda: read_all(file, name, threads, reference))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_of_ours_in_the_reading_thread_is_not_swallowed(name: str, threads: int, reference: Path) -> None:
    data = FILES[name]
    file = Faulty(data, 2 * len(data) // 3, Injected("in the file"))
    with pytest.raises(Injected, match="in the file"):
        within_limit(lambda: read_all(file, name, threads, reference))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("name", "decoder"),
    [
        ("r.fastq.gz", "gzip_blocks"),
        ("blocks.fastq.gz", "gzip_blocks"),
        ("r.bam", "gzip_blocks"),
        ("r.fastq.bz2", "bzip2_blocks"),
        ("r.fastq.zst", "zstd_blocks"),
        ("r.fastq.xz", "xz_blocks"),
        ("r.cram", "cram_blocks"),
    ],
)
def test_a_decoder_that_raises_what_nobody_expects(
    name: str, decoder: str, threads: int, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(container, decoder)

    def faulty(*arguments: Any, **options: Any) -> Iterator[bytes]:
        for number, block in enumerate(real(*arguments, **options)):
            if number == 3:
                raise Injected(decoder)
            yield block
        raise Injected(decoder)

    monkeypatch.setattr(container, decoder, faulty)
    with pytest.raises(Injected, match=decoder):
        within_limit(lambda: read_all(io.BytesIO(FILES[name]), name, threads, reference))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("step", [1, 1000])
@pytest.mark.parametrize("name", NAMES)
def test_short_reads_change_nothing(name: str, step: int, threads: int, reference: Path) -> None:
    data = FILES[name]
    if step == 1:
        data = data[:3000]
    whole = read_all(io.BytesIO(data), name, threads, reference)
    drops = within_limit(lambda: read_all(Faulty(data, len(data) + 1, Injected(), step), name, threads, reference))
    assert drops.reads == whole.reads
    assert drops.integrity == whole.integrity
    assert drops.log.to_list() == whole.log.to_list()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_a_consumer_that_fails(name: str, after: int, threads: int, reference: Path) -> None:
    def consume() -> None:
        with open_reads(
            io.BytesIO(FILES[name]), FindingLog(), name=name, threads=threads, reference=reference
        ) as source:
            batches = source.batches()
            for _ in range(after):
                next(batches, None)
            raise Injected("in the consumer")

    with pytest.raises(Injected, match="in the consumer"):
        within_limit(consume)


@pytest.mark.parametrize("name", ["blocks.fastq.gz", "r.fastq"])
def test_a_consumer_that_leaves_a_silent_pipe(name: str) -> None:
    """The reading thread hangs in the system call that waits for more; whoever closes does not."""
    data = FILES[name].removesuffix(END_BLOCK) * 10
    descriptor, writer = os.pipe()
    feeder = threading.Thread(target=_write, args=(writer, data), daemon=True)
    feeder.start()

    def consume() -> None:
        with open_reads(pipe, FindingLog(), name=name, threads=2) as source:
            next(source.batches())

    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        within_limit(consume)
        os.close(writer)
        for thread in threading.enumerate():
            if thread.name.startswith("read "):
                thread.join(LIMIT)
    feeder.join(LIMIT)
    assert not feeder.is_alive()


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        return


def test_a_pipe_that_does_not_wait_is_waited_for() -> None:
    descriptor, writer = os.pipe()
    os.set_blocking(descriptor, False)

    def feed() -> None:
        started.wait(LIMIT)
        _write(writer, FILES["r.fastq.gz"])
        os.close(writer)

    started = threading.Event()
    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        assert pipe.read(1) is None  # nothing is at hand, and that is not the end
        started.set()
        assert len(within_limit(lambda: read_all(pipe, "r.fastq.gz", 2)).reads) == 3000
    feeder.join(LIMIT)


# The same through the stage and the command.


def faulty_opening(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Files called ``name`` fail in their middle."""

    def opened(path: Path) -> Any:
        data = path.read_bytes()
        return Faulty(data, len(data) // 2, error) if path.name == name else io.BytesIO(data)

    monkeypatch.setattr(opening, "open_data", opened)


@pytest.fixture
def mates(tmp_path: Path) -> tuple[Path, Path]:
    reads = make_reads(3000, 4, shortest=100, longest=400)
    for number in (1, 2):
        named = [Read(read.name.replace(" 1:N", f" {number}:N"), read.bases, read.qualities) for read in reads]
        (tmp_path / f"leaf_R{number}.fastq.gz").write_bytes(gzip.compress(fastq(named), 1))
    return tmp_path / "leaf_R1.fastq.gz", tmp_path / "leaf_R2.fastq.gz"


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("number", [0, 1])
def test_one_of_two_mates_fails(
    mates: tuple[Path, Path], number: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty_opening(monkeypatch, mates[number].name, OSError(5, "Input/output error"))
    with pytest.raises(SystemFault, match=mates[number].name):
        within_limit(lambda: dsqc.qc(*mates, paired=True, threads=threads))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("paired", [True, False])
def test_a_metric_that_fails(
    mates: tuple[Path, Path], *, paired: bool, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(_self: ReadMetrics, _batch: object) -> None:
        raise Injected("in a metric")

    monkeypatch.setattr(ReadMetrics, "add", faulty)
    with pytest.raises(Injected, match="in a metric"):
        within_limit(lambda: dsqc.qc(*mates, paired=paired, threads=threads))


def test_the_command_says_which_file_failed_and_leaves_no_results(
    mates: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty_opening(monkeypatch, mates[1].name, OSError(5, "Input/output error"))
    code = within_limit(lambda: main(["qc", "--paired", *map(str, mates), "-O", str(tmp_path / "out")]))
    printed = capsys.readouterr()
    assert code == 1
    assert mates[1].name in printed.err
    assert "Traceback" not in printed.err
    assert not list(tmp_path.glob("out/*.dsqc.json"))


def test_an_interrupt_ends_a_command_that_waits_for_a_silent_pipe() -> None:
    command = [sys.executable, "-c", "from dsqc.cli.main import main; raise SystemExit(main(['qc', '-']))"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(FILES["r.fastq"][:200_000])
        process.stdin.flush()
        while not reads_its_input(process.pid):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(4 * LIMIT)
        assert process.returncode == 130
        assert b"Traceback" not in process.stderr.read()


def reads_its_input(pid: int) -> bool:
    """Whether all that was written to the process's standard input has been taken."""
    waiting = array.array("i", [0])
    with Path(f"/proc/{pid}/fd/0").open("rb", buffering=0) as pipe:
        fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return waiting[0] == 0
