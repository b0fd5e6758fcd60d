"""A full disk, and several exports and imports at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dsqc.errors import UsageError
from helpers.exchanging import Centre
from helpers.results import Judged
from infra.small_disk import small_disk


@pytest.fixture
def kobic(tmp_path: Path) -> Centre:
    made = Centre(tmp_path, "KOBIC", {"NABIC": "records", "CODA": "accessions"})
    made.register(Judged(), tmp_path)
    return made


def test_a_full_disk_is_said_and_the_same_command_goes_on(kobic: Centre, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        command = ("exchange", "export", "--to", "NABIC", "-o", disk.path / "p", "--station", kobic.root)
        disk.fill(2000)
        code, printed = disk.run(*command)
        assert code == 1, printed
        assert "free some space" in printed or "ulimit -f" in printed
        assert "Traceback" not in printed
        assert [path.name for path in disk.seen.iterdir() if path.name != "ballast"] == []

        disk.grow()
        code, printed = disk.run(*command)
        assert code == 0, printed
        assert "package 1 for NABIC: 7 records" in printed
        assert len(list((disk.seen / "p").rglob("*"))) == 9


def test_many_at_once(kobic: Centre, tmp_path: Path) -> None:
    orders = [(centre, tmp_path / f"{centre}-{number}.zip") for number in range(3) for centre in ("NABIC", "CODA")]
    with ThreadPoolExecutor(len(orders)) as pool:
        made = list(pool.map(lambda order: kobic.export(*order), orders))
    assert {item.heading.record_count for item in made} == {7}
    # Who comes while the first is not written yet makes the same package or the next one that holds the same.
    by_name = {(item.heading.receiver, item.heading.sequence): item.path.read_bytes() for item in made}
    for item in made:
        assert item.path.read_bytes() == by_name[(item.heading.receiver, item.heading.sequence)]

    nabic = Centre(tmp_path, "NABIC", {"KOBIC": "records"})
    package = tmp_path / "NABIC-0.zip"
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(nabic.take, [package] * 4))
    assert sum(result.counts["new"] for result in results) == 7
    assert sum(result.again for result in results) == 3
    assert len(nabic.foreign()) == 7


def test_what_stands_there_is_never_overwritten(kobic: Centre, tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_text("mine")
    (tmp_path / "p").mkdir()
    (tmp_path / "p/mine").write_text("mine")
    for name in ("p.zip", "p"):
        with pytest.raises(UsageError, match="holds something else"):
            kobic.export("NABIC", tmp_path / name)
    assert (tmp_path / "p.zip").read_text() == (tmp_path / "p/mine").read_text() == "mine"
