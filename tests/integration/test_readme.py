"""What the README shows of commands is what they print."""

import re
import shlex
from pathlib import Path

import pytest

from dsqc.cli.main import main

ROOT = Path(__file__).parents[2]
FIRST_SCREEN = re.search(r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def shown() -> list[tuple[str, list[str]]]:
    """Commands of the first example with the lines that the README shows of each; … stands for lines left out."""
    assert FIRST_SCREEN is not None
    pieces = re.split(r"^\$ (.*)\n", FIRST_SCREEN[1], flags=re.MULTILINE)[1:]
    outputs = [[line.rstrip() for line in text.splitlines() if line not in ("", "…")] for text in pieces[1::2]]
    return list(zip(pieces[::2], outputs, strict=True))


@pytest.mark.parametrize(("command", "lines"), shown())
def test_the_first_example(
    command: str, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DSQC_LANG", "en")
    words = [
        str(path)
        for word in shlex.split(command)[1:]
        for path in (sorted(Path().glob(word)) if "*" in word else [word])
    ]
    assert main([*words, "--lang", "en"]) == 3
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    missing = [line for line in lines if line not in printed]
    assert missing == []
    assert len(lines) > 5
