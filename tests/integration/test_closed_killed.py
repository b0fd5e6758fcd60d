"""qc of closed data is killed at any moment: what it leaves behind holds nothing of the data in the clear."""

import gzip
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsqc.cli.main import main
from dsqc.errors import ExitCode
from dsqc.model import Submission
from helpers.alignments import pysam_records
from helpers.closed import SAMPLE_BATCH, WITHHELD, pieces_of, places_of
from helpers.forked import KILLED, Commands, commands
from helpers.results import read
from helpers.stations import new_station
from helpers.submissions import add, good_tables, put, write_tsv

KILLS = 5
KINDS = {"pair": ("pair_R1.fastq.gz", "pair_R2.fastq.gz"), "bam": ("PM-0031.hifi.bam",), "cram": ("CG-KCTC-5.cram",)}


def write_pair(folder: Path, number: int = 12_000) -> None:
    """Mates that do not stand at the same place: their names go through temporary files."""
    chance = random.Random(3)
    names = [f"patient-{chance.getrandbits(64):016x}" for _ in range(number)]
    for name in KINDS["pair"]:
        chance.shuffle(names)
        text = "".join(f"@{read}\n{''.join(chance.choices('ACGT', k=70))}\n+\n{'I' * 70}\n" for read in names)
        (folder / name).write_bytes(gzip.compress(text.encode(), compresslevel=1, mtime=0))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed submission with a run of each kind, in the inbox of a station."""
    path = tmp_path_factory.mktemp("closed-killed")
    source = path / "source"
    tables = good_tables()
    put(tables, "submission", access_level="closed")
    put(tables, "project", **WITHHELD)
    rows = [(kind, name) for kind, names in KINDS.items() for name in names]
    for number, (kind, name) in enumerate(rows):
        values = {"file_name": name, "run_alias": kind, "md5": "", "sha256": "", "size_bytes": ""}
        (add if number else put)(tables, "file", **values)
    for number, kind in enumerate(KINDS):
        values = {"run_alias": kind, "file_type": "fastq" if kind == "pair" else kind}
        (add if number else put)(tables, "run", **values)
    write_tsv(source, tables)
    write_pair(source)
    for name in KINDS["bam"] + KINDS["cram"]:
        (source / name).write_bytes(next(SAMPLE_BATCH.rglob(name)).read_bytes())
    new_station(path / "station", {})
    for folder in ("tmp", "state"):
        (path / folder).mkdir()
    at = ("--station", str(path / "station"), "-q", "--exit-zero")
    results = str(path / "results")
    assert main(["transfer", str(source), str(path / "inbox"), "-O", results, *at]) == ExitCode.DONE
    given = ("--transfer", f"{results}/transfer.json", "-O", results)
    assert main(["validate", str(path / "inbox"), *given, *at]) == ExitCode.DONE
    runs = Submission.from_dict(read(path / "results/submission.json")).runs()
    assert {run.key for run in runs} >= set(KINDS)
    assert len(list((path / "inbox").glob("*.c4gh"))) == 4
    return path


@pytest.fixture(scope="module")
def warm(place: Path) -> Iterator[Commands]:
    own = {"TMPDIR": str(place / "tmp"), "XDG_STATE_HOME": str(place / "state")}
    with commands(place / "printed", own) as running:
        yield running


def pieces(place: Path, kind: str) -> list[bytes]:
    """Pieces of the files as they are, unpacked, and decoded."""
    files = [place / "source" / name for name in KINDS[kind]]
    if kind == "pair":
        names = [line[1:] for path in files for line in gzip.decompress(path.read_bytes()).split(b"\n")[:2000:4]]
        return pieces_of(files, every=7919) + [name for name in names if name]
    found = pieces_of(files, every=1999)
    for path in files:
        records = pysam_records(path)[:300]
        found += [record.bases[:40].encode() for record in records if len(record.bases) >= 40]
        found += [record.name.encode() for record in records if len(record.name) >= 12]
    return found


def decoders() -> list[str]:
    """Processes that decode CRAM."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if b"cram_decode.py" in line:
            found.append(path.parent.name)
    return found


@pytest.mark.parametrize("kind", list(KINDS))
def test_nothing_in_the_clear_is_left(place: Path, warm: Commands, kind: str) -> None:
    wanted = pieces(place, kind)
    assert len(wanted) > 100
    given = ("qc", "--submission", place / "results/submission.json", "--run", kind, "--inbox", place / "inbox",
             "--station", place / "station", "--exit-zero", "-q")  # fmt: skip
    before = set(decoders())
    code, seconds = warm.run(*given, "-O", place / "results/runs" / kind)
    assert code == ExitCode.DONE, warm.printed()
    expected = (place / "results/runs" / kind / "qc.json").read_bytes()
    folders = [place / name for name in ("tmp", "state", "inbox", "results", "station")]
    assert places_of(wanted[:1] + wanted[-1:], place / "source") != [] or kind == "cram"
    chance = random.Random(9)
    for number in range(KILLS):
        out = place / "results" / f"killed-{kind}-{number}"
        begun = seconds * number / KILLS
        # One that came through was faster than we thought: it tells how fast.
        while True:
            moment = min(begun, 0.9 * seconds) + chance.random() * seconds / KILLS
            code, took = warm.run(*given, "-O", out, kill_after_s=moment)
            if code == KILLED:
                break
            assert code == ExitCode.DONE, warm.printed()
            seconds = min(0.9 * seconds, took)
            shutil.rmtree(out)
    assert places_of(wanted, *folders) == []
    assert [path.name for path in (place / "tmp").iterdir()] == []
    assert warm.run(*given, "-O", out)[0] == ExitCode.DONE, warm.printed()
    assert (out / "qc.json").read_bytes() == expected
    deadline = time.monotonic() + 20
    while kind == "cram" and set(decoders()) - before:
        assert time.monotonic() < deadline, "a decoder outlives the command that was killed"
        time.sleep(0.05)
