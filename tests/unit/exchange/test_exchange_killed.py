"""Killed at any moment and run again, an export or an import ends as if nothing had been."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsqc.catalog.models import ProjectRecord
from helpers.exchange_process import EXPORT_POINTS, IMPORT_POINTS, KILLED, Exchanges, exchanges
from helpers.exchanging import Centre
from helpers.results import Judged


@pytest.fixture(scope="module")
def processes() -> Iterator[Exchanges]:
    """Exports and imports in processes of their own."""
    with exchanges() as running:
        yield running


@pytest.fixture
def centres(tmp_path: Path) -> tuple[Centre, Centre]:
    kobic = Centre(tmp_path, "KOBIC", {"NABIC": "records"})
    kobic.register(Judged(), tmp_path)
    return kobic, Centre(tmp_path, "NABIC", {"KOBIC": "records"})


def test_a_killed_export_and_import(centres: tuple[Centre, Centre], tmp_path: Path, processes: Exchanges) -> None:
    kobic, nabic = centres
    target = tmp_path / "out" / "1.zip"

    orders = [(kobic.root, "NABIC", target, point) for point in EXPORT_POINTS]
    assert processes.run(*orders) == [KILLED] * len(EXPORT_POINTS)
    made = kobic.export("NABIC", target)
    assert (made.heading.sequence, made.heading.record_count) == (1, 7)
    assert [path.name for path in target.parent.iterdir()] == ["1.zip"]
    assert kobic.export("NABIC", tmp_path / "again.zip").again
    assert (tmp_path / "again.zip").read_bytes() == target.read_bytes()

    orders = [(nabic.root, "import", target, point) for point in IMPORT_POINTS]
    assert processes.run(*orders) == [KILLED] * len(IMPORT_POINTS)
    assert nabic.foreign() == {}
    result = nabic.take(target)
    assert (result.counts["new"], result.again) == (7, False)


def test_what_changed_after_a_kill_is_in_the_next_package(
    centres: tuple[Centre, Centre], tmp_path: Path, processes: Exchanges
) -> None:
    """The killed one stands under its name or not; it may have reached the other centre or not."""
    kobic, nabic = centres
    lost, sent = tmp_path / "lost", tmp_path / "sent"
    assert processes.run((kobic.root, "NABIC", lost, "finish_bag")) == [KILLED]
    assert not lost.exists()
    kobic.edit(ProjectRecord, "KAP000001", title_en="Salt tolerance of Korean rice landraces")

    assert processes.run((kobic.root, "NABIC", sent, "place")) == [KILLED]
    assert nabic.take(sent).counts["new"] == 7
    kobic.edit(ProjectRecord, "KAP000001", title_en="Cold tolerance of Korean rice landraces")
    made = kobic.export("NABIC", tmp_path / "3")

    assert (made.heading.sequence, made.heading.follows, made.heading.record_count) == (3, 0, 7)
    result = nabic.take(tmp_path / "3")
    assert not result.missing
    assert result.counts == {"new": 0, "updated": 1, "unchanged": 6, "older": 0, "own": 0, "conflicts": 0}
    assert nabic.foreign()[("KOBIC", "KAP000001")]["title"].startswith("Cold")
