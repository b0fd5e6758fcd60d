"""The same verdict everywhere: what ``dsqc validate`` finds at the desk is byte for byte what the station finds.

At the desk the files lie beside the forms and nothing else is known; at the station a transfer has brought them and its
``transfer.json`` is taken over. Both judge by the same day and the same limits. A source that cannot be read, or that
changes between the two, is the only reason for a difference (DSQC-F019), and the desk cannot see that one.
"""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from dsqc.artefact import read_json
from dsqc.cli.main import main
from helpers.stations import new_station
from helpers.submissions import TODAY, add, good_tables, put, write_tsv

SAMPLES = Path(str(files("dsqc.sample_batch")))
NAMES = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__")
LIMITED = "[limits]\nhold_years = 1\nsamples = 1\n"


def both_ways(tmp_path: Path, submission: Path, *extra: str) -> tuple[Path, Path]:
    """Results at the desk and at the station."""
    desk, station, inbox = tmp_path / "desk", tmp_path / "results" / "s", tmp_path / "inbox" / "s"
    day = ["--today", TODAY, "-q", "--exit-zero", *extra]
    assert main(["validate", str(submission), "-O", str(desk), *day]) == 0
    # Data of closed submissions is encrypted to the station's key while it arrives, and read through it.
    keys = ["--station", str(new_station(tmp_path / "station", {}).station.root)]
    assert main(["transfer", str(submission), str(inbox), "-O", str(station), "-q", "--exit-zero", *keys]) == 0
    transferred = ["--transfer", str(station / "transfer.json")]
    own = () if "--station" in extra else keys
    assert main(["validate", str(inbox), "-O", str(station), *transferred, *day, *own]) == 0
    return desk, station


def check_same(desk: Path, station: Path) -> list[str]:
    """All that is said of the submission is the same; returns the codes."""
    for name in ("validate.findings.jsonl", "submission.json", "profile.json", "profile.html"):
        assert (desk / name).read_bytes() == (station / name).read_bytes(), name
    at_desk, at_station = read_json(desk / "validate.json"), read_json(station / "validate.json")
    assert at_station["inputs"].pop("transfer.json")
    assert at_desk == at_station
    return sorted({group["code"] for group in at_desk["groups"]})


@pytest.mark.parametrize("name", NAMES)
def test_of_every_sample_submission(tmp_path: Path, name: str) -> None:
    check_same(*both_ways(tmp_path, SAMPLES / name))


def test_of_forms_and_files_with_many_faults(tmp_path: Path) -> None:
    """More faults of each kind than are kept: groups, counts and cut lists agree as well."""
    folder = tmp_path / "faulty"
    tables = good_tables()
    put(tables, "sample", tissue="", sex="Female", collection_date="2026.1.31")
    for number in range(2, 60):
        add(tables, "sample", sample_name=f"S{number}", tissue="")
        add(tables, "experiment", library_id=f"lib-{number}", sample_name=f"S{number}")
        add(tables, "run", run_alias=f"run-{number}", library_id=f"lib-{number}")
        add(tables, "file", file_name=f"S{number}.fastq.gz", run_alias=f"run-{number}", md5=f"{number:032d}")
    put(tables, "file", 3, file_name="../outside.fastq.gz")
    put(tables, "file", 4, file_name="bad name.fastq.gz")
    put(tables, "file", 5, md5="xyz")
    put(tables, "file", 6, file_name="s7.fastq.gz")
    write_tsv(folder, tables)
    for number in range(20, 60):
        (folder / f"S{number}.fastq.gz").write_bytes(b"@r\nACGT\n+\nIIII\n" if number % 2 else b"")
    (folder / "S10.fastq.gz").symlink_to("/etc/hostname")
    (folder / "S11.fastq.gz").mkdir()
    (folder / "notes.docx").touch()
    (folder / "old").mkdir()
    codes = check_same(*both_ways(tmp_path, folder))
    assert {"DSQC-T015", "DSQC-F003", "DSQC-F004", "DSQC-F006", "DSQC-F014", "DSQC-F016"} <= set(codes)


@pytest.mark.parametrize("form", ["seed_crop", "wheat", ""])
def test_of_files_whose_form_is_known_or_not(tmp_path: Path, form: str) -> None:
    tables = good_tables()
    put(tables, "submission", form_id=form)
    put(tables, "file", size_bytes="7")
    add(tables, "file", file_name="a/b.fastq.gz", md5="1" * 32)
    add(tables, "file", file_name="s1.FASTQ.gz", md5="2" * 32)
    folder = write_tsv(tmp_path / "in", tables)
    (folder / "S1.fastq.gz").write_bytes(b"@r\nACGT\n+\nIIII\n")
    assert check_same(*both_ways(tmp_path, folder))


def test_of_sheets_that_cannot_be_read(tmp_path: Path) -> None:
    folder = write_tsv(tmp_path / "in", good_tables(), encoding="cp949")
    (folder / "sample.tsv").write_bytes(b"\x00\xff\x00")
    (folder / "run.csv").touch()
    check_same(*both_ways(tmp_path, folder))


def test_under_the_limits_of_a_station(tmp_path: Path) -> None:
    station = tmp_path / "station.toml"
    station.write_text(LIMITED, encoding="utf-8")
    folder = tmp_path / "in"
    shutil.copytree(SAMPLES / "rice-wgs", folder)
    assert "DSQC-T026" in check_same(*both_ways(tmp_path, folder, "--station", str(station)))
