"""``dsqc scrub``: what it prints in both languages, and with what it ends."""

import json
from pathlib import Path

import pytest

from dsqc.cli.main import main
from dsqc.sketch import write_panel
from dsqc.sketch.building import Told, build_panel
from helpers.genomes import fasta, genome, reads_of

HUMAN = genome(5, 20_000)


@pytest.fixture
def reads(tmp_path: Path) -> Path:
    write_panel(
        tmp_path / "p.sketch",
        build_panel("p", [(fasta(tmp_path / "h.fa", HUMAN), Told("Homo sapiens", 9606))], every=1),
    )
    rows = [*reads_of(HUMAN, 2, 1), *reads_of(genome(6, 20_000), 3, 1)]
    text = b"".join(b"@r%d\n%b\n+\n%b\n" % (n, row.tobytes(), b"I" * 150) for n, row in enumerate(rows))
    (tmp_path / "a.fastq").write_bytes(text)
    return tmp_path / "a.fastq"


def test_scrub_says_what_went_and_what_it_proves(reads: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = reads.parent
    command = ["scrub", str(reads), "--panel", str(folder / "p.sketch"), "-O", str(folder / "out")]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "2 of 5 records removed from a.fastq" in shown
    assert "Of human reads this panel finds about: 94.9% of the nuclear genome, none of the mitochondrion." in shown
    assert main([*command, "--lang", "ko"]) == 0
    shown = capsys.readouterr().out
    assert "이미 처리되었습니다" in shown
    assert "a.fastq: 레코드 5개 중 2개 제거" in shown
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fragments_removed"] == 2


def test_mask_and_rename_and_what_cannot_be_asked_for(reads: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = reads.parent
    assert main(["scrub", str(reads), "--mask-headers", "-O", str(folder / "masked")]) == 0
    assert "0 lines masked in a.fastq" in capsys.readouterr().out
    (folder / "in").mkdir()
    (folder / "in" / "홍길동.fastq").write_text("@r\nA\n+\nI\n")
    assert main(["scrub", str(folder / "in"), "--rename", "-O", str(folder / "renamed")]) == 0
    assert "P0001.fastq" in capsys.readouterr().out
    assert main(["scrub", str(reads), "--rename", "--list-only", "-O", str(folder / "x")]) == 2
    assert main(["scrub", str(reads), "--panel", "none", "-O", str(folder / "x")]) == 2
    reads.write_bytes(reads.read_bytes()[:-20])
    command = ["scrub", str(reads), "--panel", str(folder / "p.sketch"), "-O", str(folder / "cut")]
    assert main(command) == 3
    assert "Nothing was written" in capsys.readouterr().out
    assert list((folder / "cut").iterdir()) == []
