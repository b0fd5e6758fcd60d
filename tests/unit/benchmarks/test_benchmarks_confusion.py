"""The simulated runs of "form against file": a small round of what benchmarks/confusion.py does with hundreds."""

from pathlib import Path

import confusion
from confusion import HELD_OUT, Measured, markdown, tally

SEEDS = range(2 * HELD_OUT, 2 * HELD_OUT + 10)


def test_honest_forms_agree_and_wrong_ones_are_found() -> None:
    found = tally(SEEDS)
    assert found.false == []
    answers = {name: sum(counter[name] for counter in found.wrong.values()) for name in ("agree", "disagree")}
    assert answers["disagree"] >= 20
    assert answers["disagree"] > 2 * answers["agree"]
    assert "| library_layout | " in markdown(found)


def test_a_seed_gives_the_same_run(tmp_path: Path) -> None:
    one, two = (Measured.of(3, _folder(tmp_path / name)) for name in ("one", "two"))
    assert one.made == two.made
    assert [item["file"]["sha256"] for item in one.files] == [item["file"]["sha256"] for item in two.files]


def test_seeds_of_calibration_and_of_the_matrices_are_apart() -> None:
    rows = confusion.CALIBRATION.read_text(encoding="utf-8").splitlines()[1:]
    last = {int(row.rpartition(" to ")[2]) for row in rows}
    assert len(rows) > 20
    assert max(last) < HELD_OUT


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
