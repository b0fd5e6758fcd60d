"""dsqc warmup compiles what is missing, once, and says so."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from dsqc import schemas
from dsqc.cli.main import main
from dsqc.kernels._cache import cache_directory


def test_ready_kernels_are_reported_in_the_published_shape(capsys: pytest.CaptureFixture[str]) -> None:
    main(["warmup", "--quiet"])
    capsys.readouterr()
    assert main(["warmup", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    schema = json.loads(Path(schemas.__path__[0], "reports/warmup.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(answer)
    assert answer["compiled"] == 0
    assert answer["directory"] == str(cache_directory())


def test_the_wait_of_a_first_use_is_explained_on_standard_error(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from dsqc.cli.main import main\n"
        "from dsqc.kernels import _jit\n"
        "_jit.kernel_modules = lambda: ['dsqc.kernels.length']\n"
        "sys.exit(main(['warmup', *sys.argv[1:]]))\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "DSQC_CACHE_DIR": str(tmp_path / "cache"), "LANG": "C.UTF-8"}

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *options]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    first, second = run(), run()
    assert "preparing its kernels" in first.stderr
    assert "compiled in" in first.stdout
    assert second.stderr == ""
    assert "ready" in second.stdout


def test_without_a_place_the_command_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dsqc.kernels._cache._usable", lambda path: False)
    assert main(["warmup"]) == 1
    assert "DSQC_CACHE_DIR" in capsys.readouterr().err
