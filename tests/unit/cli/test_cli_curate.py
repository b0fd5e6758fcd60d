"""``dsqc curate``: what is called wrongly."""

from pathlib import Path

import pytest

from dsqc.cli.main import main


def test_results_that_are_not_there_are_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["curate", "show", str(tmp_path / "none")]) == 2
    assert "does not exist" in capsys.readouterr().err
