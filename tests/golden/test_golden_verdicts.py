"""Golden verdicts: what this rule set finds in the sample batch and in a messy submission of the tests' own.

A difference is a change of verdicts: review it, name it in the changelog under *Results change* or *New rules*, then
write the file anew with ``python tests/golden/test_golden_verdicts.py``. Codes, places, values and counts are compared,
not the wording of messages.
"""

import json
import sys
import tempfile
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from dsqc.stages.validate import validate
from helpers.messy import write_messy

GOLDEN = Path(__file__).parent / "verdicts.json"
SAMPLES = Path(str(files("dsqc.sample_batch")))
DAY = date(2026, 9, 1)
NAMES = sorted(path.name for path in SAMPLES.iterdir() if list(path.glob("submission.*")))
MESSY = "messy"


def verdict(folder: Path) -> dict[str, Any]:
    """What is found, in short: counts by severity, and each group by its code, place, rows and values."""
    result = validate(folder, None, today=DAY)
    groups = [
        {
            "code": group.first.code,
            "severity": group.first.severity.value,
            "place": group.place().en,
            "count": group.count,
            "values": [[item.value, item.count] for item in group.values],
        }
        for group in result.findings.groups()
    ]
    return {"counts": result.findings.counts(), "groups": groups}


def messy(place: Path) -> Path:
    """The messy submission, written into ``place``."""
    return write_messy(place / MESSY)


@pytest.mark.parametrize("name", [*NAMES, MESSY])
def test_the_verdict_is_the_golden_one(tmp_path: Path, name: str) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert verdict(messy(tmp_path) if name == MESSY else SAMPLES / name) == golden[name]


def test_no_golden_verdict_is_left_over() -> None:
    assert set(json.loads(GOLDEN.read_text(encoding="utf-8"))) == {*NAMES, MESSY}


def write() -> None:
    """Write the golden file anew."""
    with tempfile.TemporaryDirectory() as folder:
        found = {name: verdict(SAMPLES / name) for name in NAMES} | {MESSY: verdict(messy(Path(folder)))}
    GOLDEN.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
