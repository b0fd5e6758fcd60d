"""The command line's frame: light help, exit codes for whatever stops a command, no secrets in the log."""

import subprocess
import sys
from pathlib import Path

import pytest

from dsqc.cli import explain
from dsqc.cli._logging import redact
from dsqc.cli.main import COMMANDS, main
from dsqc.errors import CatalogFault, TransientFault, UsageError

HEAVY = {"numba", "pyarrow", "pysam", "s3fs", "sqlalchemy", "jinja2", "fsspec", "pydantic"}
HEAVY |= {"fastapi", "uvicorn", "argon2"}


@pytest.mark.parametrize("arguments", [["--help"], ["validate", "--help"], ["explain", "--help"], ["--version"]])
def test_help_is_light(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "dsqc", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "dsqc" in loaded
    assert loaded & HEAVY == set()
    assert "dsqc" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "exit codes:" in out
    assert "--lang" in out or command in ("batch", "catalog", "curate", "form", "storage")


def test_no_command_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (UsageError("Wrong.", hint="Do this."), 2, "dsqc explain: Wrong. Do this."),
        (TransientFault("Lost."), 1, "dsqc explain: Lost."),
        (CatalogFault("No."), 1, "dsqc explain: No."),
        (MemoryError(), 1, "Out of memory"),
        (PermissionError(13, "Permission denied", "/x"), 1, "The system refused /x: Permission denied"),
        (ModuleNotFoundError("No module", name="sqlalchemy.orm"), 2, "needs the package sqlalchemy"),
        (ModuleNotFoundError("No module", name="dsqc.nothing"), 1, "A fault in dsqc"),
        (RuntimeError("odd"), 1, "A fault in dsqc"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_stops_a_command_becomes_an_exit_code_and_one_line(
    error: BaseException, code: int, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_args: object) -> int:
        raise error

    monkeypatch.setattr(explain, "run", fail)
    assert main(["explain"]) == code
    captured = capsys.readouterr()
    assert text in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_reader_that_goes_away_ends_quietly() -> None:
    done = subprocess.run(
        f"{sys.executable} -m dsqc explain --json | head -c 10", shell=True, capture_output=True, text=True, check=True
    )
    assert "Traceback" not in done.stderr


def test_unknown_commands_name_the_known() -> None:
    done = subprocess.run([sys.executable, "-m", "dsqc", "valdate"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "validate" in done.stderr


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"catalog_password": "x"}, {"catalog_password": "***"}),
        ({"url": "postgresql://u:pw@db/x"}, {"url": "postgresql://u:***@db/x"}),
        ({"path": "a/b"}, {"path": "a/b"}),
    ],
)
def test_secrets_do_not_reach_the_log(event: dict[str, str], expected: dict[str, str]) -> None:
    assert redact(None, "info", dict(event)) == expected


def test_the_log_goes_to_standard_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dsqc", "validate", str(tmp_path), "--log-json", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout.startswith("{\n")
    assert '"event": "validated"' in done.stderr
