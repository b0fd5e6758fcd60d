"""``dsqc send`` and ``dsqc grant`` as commands: exit codes, what they print, the shapes of what they write."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

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


def test_check_looks_at_the_destination(source, tmp_path, capsys):
    (tmp_path / "file").touch()
    arguments = ["send", str(source), "--lang", "en", "--check", "--to"]
    assert main([*arguments, str(tmp_path / "file" / "below")]) == 1
    printed = capsys.readouterr()
    assert "Not ready." in printed.out
    assert "cannot be written" in printed.err
    assert main(["send", str(source), "--to", str(tmp_path / "inbox"), "-q"]) == 0
    capsys.readouterr()
    assert main([*arguments, str(tmp_path / "inbox"), "--json"]) == 0
    record = check(capsys.readouterr().out, "send")
    assert (record["planned_bytes"], record["there_files"]) == (0, 4)
    assert record["there_bytes"] == sum(path.stat().st_size for path in source.iterdir())
    assert main([*arguments, str(tmp_path / "inbox")]) == 0
    assert "4 files" in capsys.readouterr().out.splitlines()[-1]


def test_check_says_that_there_is_no_space(source, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=10))
    assert main(["send", str(source), "--to", str(tmp_path / "inbox"), "--check"]) == 1
    assert "10 bytes free" in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["repeated", "gone", "empty", "other size", "unlisted"])
def test_send_and_transfer_find_the_same_before_the_first_byte(tmp_path, capsys, fault):
    rows = [{"file_name": name} for name in DATA]
    contents = dict(DATA)
    if fault == "repeated":
        rows.append(rows[0])
    elif fault == "gone":
        del contents["b_R1.fastq.gz"]
    elif fault == "empty":
        contents["b_R1.fastq.gz"] = b""
        rows[1]["size_bytes"] = "5"
    elif fault == "other size":
        rows[1]["size_bytes"] = "5"
    source = write_source(tmp_path / "KR-1", contents, rows)
    if fault == "unlisted":
        (source / "link").symlink_to("a_R1.fastq.gz")
        (source / "folder").mkdir()
    found = []
    for command in (
        ["send", str(source), "--to", str(tmp_path / "in")],
        ["transfer", str(source), str(tmp_path / "in")],
    ):
        assert main([*command, "--check", "--json"]) == (0 if fault == "unlisted" else 3)
        record = json.loads(capsys.readouterr().out)
        found.append([(row["code"], row["location"], row["message"], row["message_ko"]) for row in record["findings"]])
    assert found[0]
    assert found[0] == found[1]


def test_a_submission_is_not_sent_into_itself(source, capsys):
    before = sorted(source.iterdir())
    assert main(["send", str(source), "--to", str(source)]) == 2
    assert "submission and inbox at once" in capsys.readouterr().err
    assert sorted(source.iterdir()) == before


def test_events_are_lines_of_the_published_shape(source, tmp_path, capsys):
    events = tmp_path / "events.jsonl"
    arguments = ["send", str(source), "--to", str(tmp_path / "inbox"), "--events", str(events)]
    assert main([*arguments, "--limit-rate", "1G"]) == 0
    rows = [check(line, "transfer_event") for line in events.read_text(encoding="utf-8").splitlines()]
    assert [row["event"] for row in rows[:2]] == ["plan", "estimate"]
    assert rows[1]["basis"] == "limit"
    assert sorted(row["file"] for row in rows if row["event"] == "done") == sorted(
        path.name for path in source.iterdir()
    )
    assert (rows[-1]["event"], rows[-1]["state"], rows[-1]["copied"]) == ("end", "done", 4)
    capsys.readouterr()
    assert main(["send", str(source), "--to", "/proc/inbox", "--events", "-"]) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert json.loads(told[-1])["state"] == "failed"


def test_sigterm_ends_with_130_and_the_same_command_goes_on(tmp_path):
    source = write_source(tmp_path / "KR-1", {"a_R1.fastq.gz": os.urandom(200_000)})
    events = tmp_path / "events.jsonl"
    events.touch()
    arguments = [sys.executable, "-m", "dsqc", "send", str(source), "--to", str(tmp_path / "inbox"), "--lang", "en"]
    slow = subprocess.Popen(
        [*arguments, "--limit-rate", "5000", "--events", str(events)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while slow.poll() is None and '"begin"' not in events.read_text(encoding="utf-8"):
        # The event is what is waited for; a file gives no other sign.
        time.sleep(0.02)
    slow.terminate()
    _, said = slow.communicate(timeout=60)
    assert slow.returncode == 130
    assert b"The same command goes on from here." in said
    assert json.loads(events.read_text(encoding="utf-8").splitlines()[-1])["state"] == "interrupted"
    assert not (tmp_path / "inbox" / "a_R1.fastq.gz").exists()
    subprocess.run([*arguments, "-q"], check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "inbox" / "a_R1.fastq.gz").read_bytes() == (source / "a_R1.fastq.gz").read_bytes()


@pytest.mark.timeout(60)
def test_an_interrupt_while_files_are_handed_over_waits_for_none_of_them(tmp_path, monkeypatch, capsys):
    class Interrupted(ThreadPoolExecutor):
        def submit(self, work, item, *arguments):
            future = super().submit(work, item, *arguments)
            if item.name == "a_R1.fastq.gz":
                raise KeyboardInterrupt
            return future

    monkeypatch.setattr("dsqc.sending.job.ThreadPoolExecutor", Interrupted)
    content = os.urandom(200_000)
    source = write_source(tmp_path / "KR-1", {"a_R1.fastq.gz": content})
    arguments = ["send", str(source), "--to", str(tmp_path / "inbox")]
    assert main([*arguments, "--limit-rate", "500"]) == 130
    monkeypatch.undo()
    assert main(arguments) == 0
    assert (tmp_path / "inbox" / "a_R1.fastq.gz").read_bytes() == content


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
     ["--limit-rate", "fast"], ["--window", "25:00-26:00"], ["--parallel", "0"],
     ["--parallel", "many"], ["--retries", "-1"], ["--stall-timeout", "soon"]],
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
    assert "value: " not in printed, "argparse's own words name a function of ours"


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
def test_check_asks_the_store(s3_bucket, source, capsys):
    assert main(["send", str(source), "--to", f"{s3_bucket.url}-gone/in", "--check"]) == 2
    assert "the bucket does not exist" in capsys.readouterr().err
    assert main(["send", str(source), "--to", f"{s3_bucket.url}/in", "--check", "--lang", "en"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("bytes would go. Ready.")


@pytest.mark.s3
def test_a_grant_takes_nothing_of_a_submission_that_it_was_not_made_for(s3_bucket, source, tmp_path, capsys):
    grant = str(tmp_path / "grant.json")
    table = str(tmp_path / "files.tsv")
    assert main(["grant", "request", str(source), "-o", table]) == 0
    asked = ["grant", "issue", "KR-1", "--files", table, "-o", grant, "--inbox"]
    assert main([*asked, f"{s3_bucket.url}-gone/in"]) == 2
    assert not (tmp_path / "grant.json").exists()
    assert main([*asked, f"{s3_bucket.url}/in"]) == 0
    assert main(["send", str(source), "--grant", grant]) == 0
    other = write_source(tmp_path / "KR-2", {"other.fastq.gz": b"x"})
    capsys.readouterr()
    for more in (["--check"], []):
        assert main(["send", str(other), "--grant", grant, "--json", *more]) == 3
        record = check(capsys.readouterr().out, "send")
        assert {row["code"] for row in record["findings"]} == {"DSQC-F019"}
        assert {row["state"] for row in record["files"]} == {"waiting"}
    assert main(["send", str(source), "--grant", grant, "--lang", "en"]) == 0
    assert "there already 4" in capsys.readouterr().out


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
