"""A short run of the chaos around the catalog; the long one is ``catalog_chaos.py`` as a script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("catalog_chaos.py")


@pytest.mark.parametrize(
    ("database", "writers", "submissions", "kills"),
    [pytest.param("postgres", 5, 30, 5, marks=pytest.mark.postgres), ("sqlite", 3, 15, 3)],
)
def test_no_number_is_lost_or_shared_whatever_dies(
    tmp_path: Path, database: str, writers: int, submissions: int, kills: int
) -> None:
    # In a process of its own: it makes writers by copying itself.
    numbers = {"--writers": writers, "--submissions": submissions, "--kills": kills, "--seed": 7, "--lease-seconds": 2}
    options = [str(item) for pair in numbers.items() for item in pair]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--database", database, "--place", str(tmp_path / "chaos"), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env=os.environ | {"PYTHONPATH": str(SCRIPT.parents[1])},
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["broken"] == []
    assert found["acknowledged"] == submissions
    # A writer that has just done its work cannot be killed any more.
    assert kills // 2 <= found["kills"] == found["starts"] - writers
    assert done.returncode == 0
