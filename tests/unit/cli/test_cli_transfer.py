"""``dsqc transfer`` as a command: exit codes, what it prints."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest

from dsqc.cli._progress import TransferBar
from dsqc.cli._transfer import pace_options, time_text
from dsqc.cli.main import build_parser, main
from dsqc.errors import UsageError
from dsqc.language import Language
from dsqc.stages.transfer import transfer
from dsqc.station import TransferOptions
from helpers.sources import visible, write_source

DATA = {"a_R1.fastq": b"@r\nACGT\n+\nIIII\n"}


def check(text: str, schema: str) -> dict:
    record = json.loads(text)
    shape = json.loads(files("dsqc.schemas").joinpath(f"reports/{schema}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(shape).validate(record)
    return record


@pytest.fixture
def source(tmp_path) -> Path:
    return write_source(tmp_path / "source", DATA)


@pytest.fixture
def bad_source(tmp_path) -> Path:
    return write_source(tmp_path / "source", DATA, [{"file_name": "a_R1.fastq", "md5": "0" * 32}])


def test_a_good_transfer_ends_with_0_and_one_line(source, tmp_path, capsys):
    assert main(["transfer", str(source), str(tmp_path / "inbox"), "--lang", "en"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"copied 3; 0 errors, 0 warnings. Report: {tmp_path}/inbox/.dsqc/transfer.json"


def test_error_findings_end_with_3_unless_the_workflow_asks(bad_source, tmp_path, capsys):
    arguments = ["transfer", str(bad_source), str(tmp_path / "inbox"), "--lang", "ko", "-O", str(tmp_path / "results")]
    assert main(arguments) == 3
    printed = capsys.readouterr().out
    assert "DSQC-F006" in printed
    assert "오류 1건" in printed
    assert main([*arguments, "--exit-zero"]) == 0
    assert (tmp_path / "results" / "transfer.json").is_file()


def test_json_is_the_record(bad_source, tmp_path, capsys):
    results = tmp_path / "results"
    arguments = ["transfer", str(bad_source), str(tmp_path / "inbox"), "-O", str(results), "--submission", "KR-1"]
    assert main([*arguments, "--json"]) == 3
    record = check(capsys.readouterr().out, "transfer")
    assert record == json.loads((results / "transfer.json").read_text(encoding="utf-8"))
    assert record["submission"] == "KR-1"


@pytest.mark.parametrize("source", ["no/such/directory", "ftp://x/y", "s3://", "s3://key:hidden@host/b"])
def test_a_wrong_source_is_a_wrong_call(tmp_path, capsys, source):
    assert main(["transfer", source, str(tmp_path / "inbox")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hidden" not in captured.err
    assert visible(tmp_path / "inbox") == {}


def test_a_workbook_is_no_source(tmp_path, capsys):
    (tmp_path / "my.xlsx").write_bytes(b"")
    assert main(["transfer", str(tmp_path / "my.xlsx"), str(tmp_path / "inbox")]) == 2
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--limit-rate", "fast", "50M"),
        ("--window", "22-6", "22:00-06:00"),
        ("--parallel", "0", "must be 1 to 64"),
        ("--parallel", "many", "'many' is no whole number"),
        ("--retries", "-1", "must be at least 0"),
        ("--stall-timeout", "0", "must be above 0"),
        ("--stall-timeout", "nan", "must be above 0"),
        ("--events", "no/such/place/events", "No such file"),
    ],
)
def test_a_pace_that_cannot_be_kept_is_a_wrong_call(source, tmp_path, capsys, option, value, said):  # noqa: PLR0917
    assert main(["transfer", str(source), str(tmp_path / "inbox"), f"{option}={value}"]) == 2
    printed = capsys.readouterr().err
    assert f"dsqc transfer: {option}" in printed
    assert said in printed


def test_the_pace_stands_in_the_stations_file_and_the_command_line_wins(source, tmp_path):
    station = tmp_path / "station.toml"
    station.write_text('[transfer]\nparallel = 3\nlimit_rate = "50M"\nwindows = ["22:00-06:00"]\nretries = 2\n')
    arguments = [
        "transfer",
        str(source),
        "inbox",
        "--station",
        str(station),
        "--retries",
        "9",
        "--window",
        "00:00-24:00",
    ]
    args = build_parser("transfer").parse_args(arguments)
    options = pace_options(args)
    assert options == TransferOptions(parallel=3, limit_rate="50M", windows=("00:00-24:00",), retries=9)
    station.write_text('[transfer]\nlimit_rate = "fast"\n')
    with pytest.raises(UsageError, match=r"transfer\.limit_rate"):
        pace_options(args)


def test_events_go_to_standard_error_and_nothing_else_does(source, tmp_path, capsys):
    assert main(["transfer", str(source), str(tmp_path / "inbox"), "--events", "-", "-q"]) == 0
    shape = json.loads(files("dsqc.schemas").joinpath("reports/transfer_event.schema.json").read_text(encoding="utf-8"))
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    for event in events:
        jsonschema_rs.validator_for(shape).validate(event)
    assert [event["event"] for event in events][-1] == "end"


def test_what_people_read_is_in_their_language(source, tmp_path, capsys):
    (source / "a_R1.fastq").unlink()
    assert main(["transfer", str(source), str(tmp_path / "inbox"), "--lang", "ko"]) == 3
    assert "a_R1.fastq: 받지 못함" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (89, "89 s"), (91, "2 min"), (3599, "1 h 0 min"), (12_000, "3 h 20 min")]
)
def test_times_are_as_exact_as_an_estimate(seconds, text):
    assert time_text(seconds, Language.EN) == text


def test_a_terminal_gets_bars_and_no_bar_is_left(source, tmp_path):
    with TransferBar(Language.KO) as bar:
        transfer(str(source), tmp_path / "inbox", tmp_path / "results", progress=bar)
        assert bar._files == {}
        total = bar._bar.tasks[0]
    assert total.completed == total.total == sum(len(content) for content in visible(tmp_path / "inbox").values())
