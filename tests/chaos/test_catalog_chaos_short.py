"""A short run of the chaos around the catalog; the long one is ``catalog_chaos.py`` as a script."""

import json
from pathlib import Path

import pytest

from helpers.preloaded import Preloaded


@pytest.mark.parametrize(
    ("database", "writers", "submissions", "kills"),
    [pytest.param("postgres", 5, 30, 5, marks=pytest.mark.postgres), ("sqlite", 3, 15, 3)],
)
def test_no_number_is_lost_or_shared_whatever_dies(
    tmp_path: Path, preloaded: Preloaded, database: str, *, writers: int, submissions: int, kills: int
) -> None:
    # In a process of its own: it makes writers by copying itself.
    numbers = {"--writers": writers, "--submissions": submissions, "--kills": kills, "--seed": 7, "--lease-seconds": 2}
    options = [str(item) for pair in numbers.items() for item in pair]
    given = ["--database", database, "--place", str(tmp_path / "chaos"), *options]
    process = preloaded.start(given, tmp_path / "printed", run="chaos.catalog_chaos:main")
    try:
        code = process.wait(timeout=200)
    finally:
        process.kill()
    printed = (tmp_path / "printed").read_text()
    assert printed.startswith("{") or "\n{" in printed, printed
    found = json.loads(printed.splitlines()[-1])
    assert found["broken"] == []
    assert found["acknowledged"] == submissions
    # A writer that has just done its work cannot be killed any more.
    assert kills // 2 <= found["kills"] == found["starts"] - writers
    assert code == 0
