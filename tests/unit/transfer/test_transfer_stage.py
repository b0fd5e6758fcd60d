"""The transfer stage over directories: what arrives, what is said, what a second run does."""

import json
import os
import subprocess
import sys
import unicodedata
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
import stamina

from dsqc.artefact import read_json
from dsqc.cli.main import main
from dsqc.errors import SystemFault, TransientFault, UsageError
from dsqc.stages.transfer import TransferResult, transfer
from dsqc.transfer import Inbox, Progress
from helpers.sources import FILE_HEADINGS, md5, sha256, visible, write_source

DATA = {"a_R1.fastq": b"@r\nACGT\n+\nIIII\n", "a_R2.fastq": b"@r\nTTTT\n+\nIIII\n"}


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def run(tmp_path):
    def run(source: Path | str, progress: Progress | None = None) -> TransferResult:
        return transfer(str(source), tmp_path / "inbox", tmp_path / "results", submission="S", progress=progress)

    return run


def codes(result: TransferResult) -> list[str]:
    return [row["code"] for row in result.record["findings"]]


def states(result: TransferResult) -> dict[str, str]:
    return {row["name"]: row["state"] for row in result.record["files"]}


def copied_bytes(result: TransferResult) -> int:
    return read_json(result.path.with_name("transfer.timing.json"))["copied_bytes"]


def test_forms_and_listed_files_arrive_and_nothing_else(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    (source / "notes.txt").write_text("not listed")
    (source / "old").mkdir()
    result = run(source)
    forms = {name: (source / name).read_bytes() for name in ("file.tsv", "submission.tsv")}
    assert visible(tmp_path / "inbox") == DATA | forms
    assert codes(result) == ["DSQC-F004", "DSQC-F004"]
    assert [row["value"] for row in result.record["findings"]] == ["notes.txt", "old/"]
    row = result.record["files"][2]
    assert row == {
        "name": "a_R1.fastq",
        "source_name": "a_R1.fastq",
        "size_bytes": 15,
        "md5": md5(DATA["a_R1.fastq"]),
        "sha256": sha256(DATA["a_R1.fastq"]),
        "kind": "data",
        "state": "copied",
    }


def test_the_record_has_its_published_shape(run, tmp_path):
    source = write_source(tmp_path / "source", DATA, [{"file_name": "a_R1.fastq"}, {"file_name": "../b", "md5": "x"}])
    record = json.loads(run(source).path.read_text(encoding="utf-8"))
    schema = json.loads(files("dsqc.schemas").joinpath("reports/transfer.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(record)
    assert str(tmp_path) not in json.dumps(record)


def test_wrong_md5_and_size_are_findings_and_the_file_stays(run, tmp_path):
    rows = [{"file_name": "a_R1.fastq", "md5": "0" * 32, "size_bytes": "14", "sha256": "1" * 64}]
    result = run(write_source(tmp_path / "source", DATA, rows))
    assert sorted(codes(result)) == ["DSQC-F004", "DSQC-F006", "DSQC-F006", "DSQC-F007"]
    places = {
        row["location"]["attribute"]: row["location"]["column"]
        for row in result.record["findings"]
        if "attribute" in row["location"]
    }
    assert places == {"md5": "C", "sha256": "D", "size_bytes": "E"}
    assert visible(tmp_path / "inbox")["a_R1.fastq"] == DATA["a_R1.fastq"]


def test_upper_case_md5_is_the_same_md5(run, tmp_path):
    rows = [{"file_name": name, "md5": md5(content).upper()} for name, content in DATA.items()]
    assert codes(run(write_source(tmp_path / "source", DATA, rows))) == []


def test_missing_file_is_named_with_the_spelling_that_is_there(run, tmp_path):
    source = write_source(tmp_path / "source", DATA, [{"file_name": "A_R1.fastq"}, {"file_name": "a_R2.fastq"}])
    result = run(source)
    assert states(result)["A_R1.fastq"] == "missing"
    missing = next(row for row in result.record["findings"] if row["code"] == "DSQC-F003")
    assert missing["expected"] == "a_R1.fastq"


@pytest.mark.parametrize(
    "name", ["../evil.fastq", "/etc/passwd", "sub/a.fastq", "..", ".", "a\\b.fastq", ".dsqc", "a\x01b"]
)
def test_a_name_with_a_directory_never_leaves_the_inbox(run, tmp_path, name):
    source = write_source(tmp_path / "source", DATA, [{"file_name": name}, {"file_name": "a_R1.fastq"}])
    (tmp_path / "evil.fastq").write_text("outside")
    (source / "sub").mkdir()
    (source / "sub" / "a.fastq").write_text("below")
    result = run(source)
    assert [row["code"] for row in result.record["findings"] if row["severity"] == "error"] == ["DSQC-F014"]
    assert states(result)[name] == "failed"
    assert set(visible(tmp_path / "inbox")) == {"file.tsv", "submission.tsv", "a_R1.fastq"}
    assert (tmp_path / "inbox" / ".dsqc" / "journal.jsonl").is_file()


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo, Path.mkdir])
def test_links_and_special_files_are_not_followed(run, tmp_path, make):
    source = write_source(tmp_path / "source", {}, [{"file_name": "a.fastq"}])
    make(source / "a.fastq")
    result = run(source)
    assert codes(result) == ["DSQC-F016"]
    assert "a.fastq" not in visible(tmp_path / "inbox")


def test_korean_names_are_composed_whatever_the_source_writes(run, tmp_path):
    composed = "시료_R1.fastq"
    source = write_source(
        tmp_path / "source", {unicodedata.normalize("NFD", composed): b"x"}, [{"file_name": composed}]
    )
    result = run(source)
    assert "시료_R1.fastq" in visible(tmp_path / "inbox")
    row = result.record["files"][-1]
    assert (row["name"], row["source_name"]) == (composed, unicodedata.normalize("NFD", composed))
    assert codes(result) == []


def test_the_same_name_twice_in_nfc_and_nfd_is_not_guessed(run, tmp_path):
    names = ["시료.fastq", unicodedata.normalize("NFD", "시료.fastq")]
    source = write_source(tmp_path / "source", dict.fromkeys(names, b"x"), [{"file_name": names[0]}])
    result = run(source)
    assert codes(result) == ["DSQC-F019"]
    assert states(result)[names[0]] == "failed"


def test_a_name_in_cp949_is_shown_and_not_taken(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    with open(os.fsencode(source) + b"/" + "시료.txt".encode("cp949"), "wb") as file:  # noqa: PTH123  bytes are no Path
        file.write(b"x")
    result = run(source)
    assert [row["value"] for row in result.record["findings"]] == [r"\xbd÷\xe1.txt"]


def test_a_form_that_is_a_link_is_not_followed(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    (source / "file.tsv").rename(tmp_path / "file.tsv")
    (source / "file.tsv").symlink_to(tmp_path / "file.tsv")
    result = run(source)
    assert codes(result)[0] == "DSQC-F004"
    assert "DSQC-F016" in codes(result)
    assert set(visible(tmp_path / "inbox")) == {"submission.tsv"}


def test_a_form_in_another_shape_replaces_the_old_one(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    (source / "sample.tsv").write_text("sample_name\n")
    run(source)
    (source / "sample.tsv").unlink()
    run(source)
    assert "sample.tsv" not in visible(tmp_path / "inbox")


def test_korean_headings_are_understood(run, tmp_path):
    source = write_source(tmp_path / "source", DATA, headings="\t".join(("파일명", *FILE_HEADINGS[1:])))
    assert states(run(source))["a_R1.fastq"] == "copied"


def test_names_that_differ_in_case_only_are_one_file(run, tmp_path):
    source = write_source(tmp_path / "source", {"a.fastq": b"1", "A.fastq": b"2"})
    result = run(source)
    assert codes(result) == ["DSQC-F002"]
    assert states(result) == {
        "file.tsv": "copied",
        "submission.tsv": "copied",
        "a.fastq": "copied",
        "A.fastq": "failed",
    }


def test_a_name_too_long_for_any_disk_is_a_finding(run, tmp_path):
    source = write_source(tmp_path / "source", DATA, [{"file_name": "긴" * 100 + ".fastq"}])
    assert "DSQC-F001" in codes(run(source))


def test_a_second_run_copies_nothing_and_says_the_same(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    first = run(source)
    before = first.path.read_bytes()
    assert copied_bytes(first) > 0
    second = run(source)
    assert second.path.read_bytes() == before
    assert copied_bytes(second) == 0


def test_whoever_touches_copy_or_source_makes_it_travel_again(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    run(source)
    (tmp_path / "inbox" / "a_R1.fastq").write_bytes(b"@r\nAAAA\n+\nIIII\n")
    (source / "a_R2.fastq").write_bytes(b"new content")
    result = run(source)
    arrived = visible(tmp_path / "inbox")
    assert arrived["a_R1.fastq"] == DATA["a_R1.fastq"]
    assert arrived["a_R2.fastq"] == b"new content"
    assert codes(result) == ["DSQC-F006"]


def test_what_is_not_listed_any_more_goes_and_what_dsqc_did_not_bring_stays(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    run(source)
    (tmp_path / "inbox" / "curator.txt").write_text("mine")
    write_source(source, {}, [{"file_name": "a_R2.fastq"}])
    run(source)
    assert set(visible(tmp_path / "inbox")) == {"file.tsv", "submission.tsv", "a_R2.fastq", "curator.txt"}


def test_what_has_arrived_stays_when_the_source_is_cleared(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    before = run(source).path.read_bytes()
    for path in source.iterdir():
        path.unlink()
    assert run(source).path.read_bytes() == before


def test_a_file_that_changes_once_is_copied_as_it_is_then(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)

    class Writer(Progress):
        written = False

        def advance(self, name: str, size_bytes: int) -> None:
            if name == "a_R1.fastq" and not self.written:
                self.written = True
                (source / name).write_bytes(b"other content")

    result = run(source, Writer())
    assert visible(tmp_path / "inbox")["a_R1.fastq"] == b"other content"
    assert codes(result) == ["DSQC-F006"]


def test_a_file_that_never_stands_still_is_a_finding(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)

    class Writer(Progress):
        def advance(self, name: str, size_bytes: int) -> None:
            if name == "a_R1.fastq" and size_bytes > 0:
                with (source / name).open("ab") as file:
                    file.write(b"more")

    result = run(source, Writer())
    assert codes(result) == ["DSQC-F019"]
    assert states(result)["a_R1.fastq"] == "failed"
    assert states(result)["a_R2.fastq"] == "copied"


@pytest.mark.parametrize("number", ["EACCES", "EIO"])
def test_one_unreadable_file_does_not_stop_the_others(run, tmp_path, monkeypatch, number):
    import errno

    source = write_source(tmp_path / "source", DATA)
    really_open = os.open

    def refuse(path, *args, **kwargs):
        if str(path).endswith("source/a_R1.fastq"):
            raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)), str(path))
        return really_open(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    result = run(source)
    assert codes(result) == ["DSQC-F019"]
    assert states(result)["a_R2.fastq"] == "copied"


def test_an_older_copy_is_not_taken_for_what_the_source_holds_now(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    run(source)
    (source / "a_R1.fastq").unlink()
    (source / "a_R1.fastq").symlink_to("a_R2.fastq")
    assert codes(run(source)) == ["DSQC-F016"]
    assert "a_R1.fastq" not in visible(tmp_path / "inbox")


def test_not_enough_space_is_said_before_the_first_byte(run, tmp_path, monkeypatch):
    source = write_source(tmp_path / "source", DATA)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 3})())
    with pytest.raises(SystemFault, match="3 bytes free; the transfer needs"):
        run(source)
    assert visible(tmp_path / "inbox") == {}


def test_one_transfer_at_a_time(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    with Inbox(tmp_path / "inbox").locked(), pytest.raises(TransientFault, match="Another transfer") as caught:
        run(source)
    assert str(os.getpid()) in str(caught.value)
    assert states(run(source))["a_R1.fastq"] == "copied"


def test_a_torn_journal_line_costs_one_file(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    before = run(source).path.read_bytes()
    journal = tmp_path / "inbox" / ".dsqc" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    result = run(source)
    assert result.path.read_bytes() == before
    assert 0 < copied_bytes(result) < sum(map(len, DATA.values())) + 200


@pytest.mark.parametrize("url", ["gopher://x/y", "http://x/y"])
def test_other_schemes_are_refused_with_what_is_supported(run, url):
    with pytest.raises(UsageError, match="s3://bucket/prefix"):
        run(url)


def test_source_and_inbox_must_differ(tmp_path):
    source = write_source(tmp_path / "source", DATA)
    with pytest.raises(UsageError, match="source and inbox at once"):
        transfer(str(source), source, tmp_path / "results")


def test_a_source_without_forms_brings_nothing(run, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.fastq").write_text("x")
    result = run(tmp_path / "source")
    assert (result.record["files"], codes(result)) == ([], ["DSQC-F004"])


def test_thousands_of_other_files_give_twenty_findings(run, tmp_path):
    source = write_source(tmp_path / "source", DATA)
    for number in range(100):
        (source / f"x{number}.txt").write_text("")
    result = run(source)
    assert len(result.record["findings"]) == 20
    assert result.record["finding_counts"]["warning"] == 100


def test_killed_at_any_step_it_ends_as_if_nothing_had_happened(tmp_path):
    source = write_source(tmp_path / "source", DATA)
    script = Path(__file__).parents[2] / "helpers" / "killed_transfer.py"
    done = subprocess.run(
        [sys.executable, script, source, tmp_path / "out"], check=True, capture_output=True, text=True
    )
    killed = int(done.stdout.split()[-1])
    assert killed > 20
    whole = visible(tmp_path / "out" / str(killed + 1))
    record = (tmp_path / "out" / f"results-{killed + 1}" / "transfer.json").read_bytes()
    for step in range(1, killed + 1):
        inbox, results = tmp_path / "out" / str(step), tmp_path / "out" / f"results-{step}"
        before = visible(inbox)
        assert before.items() <= whole.items(), f"killed before step {step}: a half file has its name"
        result = transfer(str(source), inbox, results, submission="S")
        assert visible(inbox) == whole
        assert result.path.read_bytes() == record
        assert copied_bytes(result) <= sum(len(whole[name]) for name in whole.keys() - before.keys())
        assert list((inbox / ".dsqc" / "parts").iterdir()) == []


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from dsqc.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_disk_that_takes_no_more_leaves_nothing_half(tmp_path):
    source = write_source(tmp_path / "source", {"small.fastq": b"x" * 1000, "zbig.fastq": b"x" * 200_000})
    command = [sys.executable, "-c", LIMITED, "transfer", str(source), str(tmp_path / "inbox")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Cannot write" in done.stderr
    assert "zbig.fastq" not in visible(tmp_path / "inbox")
    # Somebody made room: the same command brings the rest.
    assert main([*command[3:], "-q"]) == 0
    assert visible(tmp_path / "inbox")["zbig.fastq"] == b"x" * 200_000
    assert list((tmp_path / "inbox" / ".dsqc" / "parts").iterdir()) == []
