"""``dsqc send`` and ``dsqc grant`` as commands: exit codes, what they print, the shapes of what they write."""

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from helpers.sources import write_source

DATA = {"a_R1.fastq.gz": b"@r\nACGT\n+\nIIII\n", "b_R1.fastq.gz": b"@r\nACGA\n+\nIIII\n"}


def check(text: str, schema: str) -> dict:
    record = json.loads(text)
    shape = json.loads(files("dsqc.schemas").joinpath(f"reports/{schema}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(shape).validate(record)
    return record


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


@pytest.fixture
def source(tmp_path) -> Path:
    return write_source(tmp_path / "KR-1", DATA)


def test_a_good_sending_ends_with_0_and_one_line(source, tmp_path, capsys):
    arguments = ["send", str(source), "--to", str(tmp_path / "inbox"), "--lang"]
    assert main([*arguments, "en"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "sent 4; 0 errors, 0 warnings. The submission is complete there."
    assert main([*arguments, "ko"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "이미 있음 4; 오류 0건, 경고 0건. 제출 자료가 모두 도착했습니다."
    assert list((tmp_path / "home" / "dsqc" / "send").iterdir())
    check((tmp_path / "inbox" / "sent.json").read_text(), "sent")


def test_faults_of_the_submission_end_with_3_before_anything_goes(source, tmp_path, capsys):
    (source / "b_R1.fastq.gz").unlink()
    arguments = ["send", str(source), "--to", str(tmp_path / "inbox"), "--lang", "en"]
    assert main(arguments) == 3
    printed = capsys.readouterr().out
    assert "DSQC-F003" in printed
    assert "not sent 3" in printed
    assert not (tmp_path / "inbox").exists()
    assert main([*arguments, "--anyway", "--exit-zero"]) == 0
    assert (tmp_path / "inbox" / "a_R1.fastq.gz").exists()


def test_check_says_what_would_go(source, tmp_path, capsys):
    size = sum(path.stat().st_size for path in source.iterdir())
    assert main(["send", str(source), "--to", str(tmp_path / "inbox"), "--check", "--lang", "en"]) == 0
    assert f"{size:,} bytes would go." in capsys.readouterr().out


def test_json_is_of_the_published_shape(source, tmp_path, capsys):
    assert main(["send", str(source), "--to", str(tmp_path / "inbox"), "--json"]) == 0
    record = check(capsys.readouterr().out, "send")
    assert record["complete"]
    (source / "b_R1.fastq.gz").write_bytes(b"changed")
    assert main(["send", str(source), "--to", str(tmp_path / "inbox"), "--json"]) == 3
    record = check(capsys.readouterr().out, "send")
    assert [row["code"] for row in record["findings"]] == ["DSQC-F006"]


def test_a_fault_ends_with_1_and_says_what_to_do(source, tmp_path, capsys):
    (tmp_path / "inbox" / "a_R1.fastq.gz").mkdir(parents=True)
    assert main(["send", str(source), "--to", str(tmp_path / "inbox"), "--lang", "en"]) == 3
    assert "a directory of this name stands there" in capsys.readouterr().out
    assert main(["send", str(source), "--to", "/proc/inbox", "--lang", "en", "--json"]) == 1
    printed = capsys.readouterr()
    record = check(printed.out, "send")
    assert record["fault"]
    assert record["fault"] in printed.err


@pytest.mark.parametrize(
    "arguments",
    [[], ["--to", "ftp://x/y"], ["--grant", "no.json"], ["--to", "s3://key:hidden@host/b"], ["--part-size", "1M"],
     ["--limit-rate", "fast"], ["--window", "25:00-26:00"], ["--parallel", "0"]],
)  # fmt: skip
def test_a_wrong_call_ends_with_2(source, capsys, arguments):
    try:
        code = main(["send", str(source), *arguments])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    printed = capsys.readouterr().err
    assert printed
    assert "hidden" not in printed


def test_s3_without_keys_says_what_to_do(source, tmp_path, monkeypatch, capsys):
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert main(["send", str(source), "--to", "s3://bucket/in"]) == 2
    assert "AWS_ACCESS_KEY_ID" in capsys.readouterr().err


def test_a_sender_without_the_packages_of_a_station_needs_none_of_them(source, tmp_path):
    program = (
        "import sys\n"
        "for name in ('botocore', 'stamina', 's3fs', 'sqlalchemy', 'fsspec'): sys.modules[name] = None\n"
        "from dsqc.cli.main import main\n"
        f"sys.exit(main(['send', {str(source)!r}, '--to', {str(tmp_path / 'inbox')!r}]))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.s3
def test_grants_as_commands(s3_bucket, source, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    inbox = f"{s3_bucket.url}/in"
    assert main(["grant", "request", str(source), "--json"]) == 0
    assert check(capsys.readouterr().out, "grant")["file_count"] == 4
    issue = ["grant", "issue", "KR-1", "--inbox", inbox, "--files", "files.tsv", "--json"]
    assert main(issue) == 0
    assert check(capsys.readouterr().out, "grant")["file_count"] == 2
    check((tmp_path / "grant.json").read_text(), "grant_file")
    assert main(issue) == 2
    capsys.readouterr()
    assert main(["grant", "show", "grant.json", "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert f"KR-1: 2 files, 30 bytes to {inbox}" in printed
    assert "Signature" not in printed
    (tmp_path / "grant.json").chmod(0o644)
    assert main(["send", str(source), "--grant", "grant.json", "--lang", "en"]) == 0
    assert "chmod 600" in capsys.readouterr().err
    for action in (
        ["renew", "grant.json"],
        ["show", "grant.json"],
        ["revoke", "grant.json"],
        ["sweep", "--inbox", inbox],
    ):
        assert main(["grant", *action, "--json"]) == 0
        check(capsys.readouterr().out, "grant")
    assert (tmp_path / "grant.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.s3
@pytest.mark.parametrize(
    "table", ["name\n", "name\tsize_bytes\n", "name\tsize_bytes\n../x\t1\n", "name\tsize_bytes\nx\t\n", "\x00\xff"]
)
def test_a_table_that_cannot_be_granted_is_refused(s3_bucket, tmp_path, capsys, table):
    path = tmp_path / "files.tsv"
    path.write_bytes(table.encode("latin-1"))
    out = tmp_path / "grant.json"
    assert main(["grant", "issue", "KR", "--inbox", s3_bucket.url, "--files", str(path), "-o", str(out)]) == 2
    assert "dsqc grant" in capsys.readouterr().err
    assert not out.exists()
