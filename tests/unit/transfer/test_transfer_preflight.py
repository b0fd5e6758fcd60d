"""The pre-flight: every problem at once, and nothing copied."""

import json
import os
import resource
import unicodedata
from collections import Counter
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import jsonschema_rs
import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.cli.main import main
from dsqc.errors import TransientFault, UsageError
from dsqc.limits import Limits
from dsqc.stages.preflight import preflight
from dsqc.stages.transfer import transfer
from dsqc.transfer import open_source
from dsqc.transfer.destination import free_bytes
from dsqc.transfer.preflight import check_submission
from dsqc.transfer.sources import DirectorySource, FileFault
from helpers.sources import write_source

DATA = {"a.fastq": b"ACGT", "b.fastq": b"TTTT!"}


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


def rows(*names: str, **sizes: int) -> list[dict[str, str]]:
    return [{"file_name": name, "size_bytes": str(sizes.get(name.partition(".")[0], ""))} for name in names]


def seen(source: Path, destination: Path | None = None, **more) -> list[tuple[str, str]]:
    log = check_submission(open_source(str(source)), destination, **more).log
    return sorted((item.code.removeprefix("DSQC-"), item.object_id) for item in log)


def test_a_submission_in_order_is_ready(tmp_path):
    source = write_source(tmp_path / "source", DATA)
    result = preflight(str(source), tmp_path / "in" / "box")
    size = sum(path.stat().st_size for path in source.iterdir())
    assert (result.record["files"], result.record["size_bytes"]) == (4, size)
    assert result.record["is_ready"]
    assert result.exit_code == 0
    assert not (tmp_path / "in").exists()


def test_every_problem_is_named_at_once(tmp_path):
    names = ["a.fastq", "a.fastq", "gone.fastq", "B.fastq", "empty.fastq", "link.fastq", "pipe.fastq", "folder.fastq",
             "../up.fastq", "시료.fastq", "가" * 90 + ".fastq", "C.fastq", "c.fastq", "size.fastq"]  # fmt: skip
    content = {**DATA, "empty.fastq": b"", "C.fastq": b"C", "c.fastq": b"c", "extra.txt": b"e", "size.fastq": b"12345"}
    source = write_source(tmp_path / "source", content, rows(*names, size=9))
    (source / "link.fastq").symlink_to("a.fastq")
    os.mkfifo(source / "pipe.fastq")
    (source / "folder.fastq").mkdir()
    for form in ("NFC", "NFD"):
        (source / unicodedata.normalize(form, "시료.fastq")).write_text("s")
    assert seen(source) == sorted(
        [
            ("F002", "a.fastq"), ("F002", "a.fastq"), ("F002", "c.fastq"), ("F003", "B.fastq"), ("F003", "gone.fastq"),
            ("F008", "empty.fastq"), ("F016", "link.fastq"), ("F016", "pipe.fastq"), ("F016", "folder.fastq"),
            ("F014", "../up.fastq"), ("F019", "시료.fastq"), ("F001", "가" * 90 + ".fastq"), ("F007", "size.fastq"),
            ("F004", "b.fastq"), ("F004", "extra.txt"),
        ]
    )  # fmt: skip


@given(
    present=st.sets(st.sampled_from(["a.fq", "A.fq", "b.fq", "é.fq", "e\u0301.fq"])),
    listed=st.lists(st.sampled_from(["a.fq", "A.fq", "b.fq", "é.fq", "e\u0301.fq", "../a.fq"]), max_size=4),
    sizes=st.lists(st.integers(0, 2), min_size=4, max_size=4),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_ready_arrives_and_what_is_not_does_not(tmp_path_factory, present, listed, sizes):
    root = tmp_path_factory.mktemp("case")
    sheet = [{"file_name": name, "size_bytes": str(size)} for name, size in zip(listed, sizes, strict=False)]
    source = write_source(root / "source", dict.fromkeys(present, b"x"), sheet)
    before = check_submission(open_source(str(source)), root / "inbox")
    after = transfer(str(source), root / "inbox", root / "results")
    arrived = [row for row in after.record["files"] if row["state"] == "copied"]
    assert (before.files, before.size_bytes) == (len(arrived), sum(row["size_bytes"] for row in arrived))
    # The transfer says the same; repeated rows are for the rules to name, the pre-flight names them too.
    said, known = (Counter((row.code, row.object_id, row.value) for row in log) for log in (before.log, after.log))
    assert {row[0] for row in said - known} <= {"DSQC-F002"}
    assert not known - said


def test_a_file_that_may_be_listed_and_not_read_is_found_by_its_first_byte(tmp_path):
    class Refusing(DirectorySource):
        def blocks(self, entry, offset=0, length=None):
            if entry.name == "a.fastq":
                assert (offset, length) == (0, 1)
                raise FileFault("DSQC-F019", "permission denied")
            if entry.name == "b.fastq":
                raise TransientFault("The disk stumbles.")
            yield from super().blocks(entry, offset, length)

    result = check_submission(Refusing(write_source(tmp_path / "source", DATA)))
    assert {(item.code, item.object_id, item.value) for item in result.log} == {
        ("DSQC-F019", "a.fastq", "permission denied"),
        ("DSQC-F019", "b.fastq", "The disk stumbles"),
    }
    assert result.files == 2


def test_names_that_a_source_does_not_list_are_asked_for(tmp_path):
    class Silent(DirectorySource):
        def entries(self):
            return [entry for entry in super().entries() if entry.name.endswith(".tsv")]

        def stat(self, name):
            if name == "b.fastq":
                raise FileFault("DSQC-F019", "access is denied (403)")
            return super().stat(name)

    source = Silent(write_source(tmp_path / "source", DATA, rows("a.fastq", "b.fastq", "gone.fastq")))
    result = check_submission(source)
    assert {(item.code, item.object_id) for item in result.log} == {
        ("DSQC-F019", "b.fastq"),
        ("DSQC-F003", "gone.fastq"),
    }
    assert result.files == 3


@pytest.mark.parametrize("form", [None, "link", "damaged"])
def test_without_a_readable_form_nothing_is_ready(tmp_path, form):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.fastq").write_bytes(b"a")
    if form == "link":
        (source / "submission.xlsx").symlink_to("a.fastq")
    elif form:
        (source / "submission.xlsx").write_bytes(b"PK damaged")
    codes = {code for code, _name in seen(source)}
    assert codes >= {None: {"T002", "F004"}, "link": {"F016", "F004"}, "damaged": {"T001", "F004"}}[form]
    assert preflight(str(source)).exit_code == 3


def test_no_space_is_an_obstacle_and_no_finding(tmp_path, monkeypatch):
    source = write_source(tmp_path / "source", DATA)
    size = sum(path.stat().st_size for path in source.iterdir())
    _report(monkeypatch, f_bavail=size - 1, f_frsize=1)
    result = preflight(str(source), tmp_path / "in")
    assert result.exit_code == 1
    assert f"{size - 1:,} bytes free; the transfer needs {size:,}" in result.seen.obstacles[0].en
    # What has come already needs no space any more.
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.fastq").write_bytes(DATA["a.fastq"])
    result = preflight(str(source), tmp_path / "in")
    assert result.exit_code == 0
    assert (result.record["there_files"], result.record["there_bytes"]) == (1, 4)


def _report(monkeypatch, **fields: int) -> None:
    """Have the file system say something else of itself."""
    said = os.statvfs(".")
    names = [name for name in dir(said) if name.startswith("f_")]
    changed = SimpleNamespace(**{name: getattr(said, name) for name in names} | fields)
    monkeypatch.setattr("os.statvfs", lambda _path: changed)


def test_too_few_inodes_too_long_names_and_too_large_files_are_obstacles(tmp_path, monkeypatch):
    source = write_source(tmp_path / "source", {"a" * 60 + ".fastq": b"A" * 3000})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    _report(monkeypatch, f_favail=2)
    monkeypatch.setattr("os.pathconf", lambda _path, _name: 64)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2999, hard))
    try:
        said = [text.en for text in preflight(str(source), tmp_path / "in").seen.obstacles]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    for text, part in zip(
        said, ["room for 2 more files", "larger than 2,999 bytes", "longer than 64 bytes"], strict=True
    ):
        assert part in text
    monkeypatch.undo()
    _report(monkeypatch, f_favail=0, f_files=0)
    assert preflight(str(source), tmp_path / "in").exit_code == 0


def test_a_destination_that_takes_nothing_is_an_obstacle(tmp_path):
    source = write_source(tmp_path / "source", DATA)
    assert "is no directory" in preflight(str(source), source / "a.fastq" / "in").seen.obstacles[0].en
    # Nobody makes files there, not even root.
    assert "0 bytes free" in preflight(str(source), Path("/proc/self/in")).seen.obstacles[-1].en


def test_free_bytes_are_those_of_the_place_that_will_hold_them(tmp_path):
    assert abs(free_bytes(tmp_path / "not" / "yet") - _available(tmp_path)) < 1 << 30
    assert free_bytes(Path("/proc/self/not-yet")) == 0


def _available(path: Path) -> int:
    said = os.statvfs(path)
    return said.f_bavail * said.f_frsize


def test_limits_of_the_browser_hold_where_it_was_used(tmp_path):
    source = write_source(tmp_path / "source", DATA)
    os.truncate(source / "b.fastq", 10**9 + 1)
    limits = Limits(web_files=1, web_file_gigabytes=1)
    assert seen(source) == []
    assert seen(source, web_limits=limits) == [("F015", ""), ("F015", "b.fastq")]


def test_the_command_prints_and_writes_nothing(tmp_path, capsys):
    source = write_source(tmp_path / "source", DATA, rows("a.fastq", "gone.fastq"))
    command = ["transfer", "--check", str(source), str(tmp_path / "in")]
    assert main([*command, "--lang", "ko"]) == 3
    said = capsys.readouterr().out
    assert "오류 1건, 경고 1건. 준비되지 않았습니다." in said
    assert '목록의 파일 "gone.fastq"' in said
    assert main([*command, "--json"]) == 3
    schema = json.loads(files("dsqc.schemas").joinpath("reports/preflight.schema.json").read_text(encoding="utf-8"))
    record = json.loads(capsys.readouterr().out)
    assert not [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(record)]
    assert record["is_ready"] is False
    assert main([*command, "--exit-zero"]) == 0
    assert not (tmp_path / "in").exists()


def test_a_source_that_is_not_there_is_a_wrong_call(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        preflight(str(tmp_path / "none"))
