"""Pages of figures in headless Chromium: they show, fit a telephone, and complain of nothing."""

from pathlib import Path

import pytest

from dsqc.catalog.database import Catalog
from dsqc.catalog.figures.control import ChartOptions
from dsqc.stages.figures import control, quality, write_page, yearly
from helpers.holdings import add_submission
from helpers.stations import new_station
from infra.chromium import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
FULL = 15_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    station = new_station(folder / "station", {"centre": "NABIC"}).station
    with Catalog.open(station) as catalog, catalog.writing() as session:
        for number in range(30):
            values = [0.5 if number > 23 else 0.85 + number % 4 / 100] * 2
            at = {"registered": f"2025-{number // 3 + 1:02d}-{number % 3 * 9 + 1:02d}T00:00"}
            add_submission(session, 2, states=at, metrics={"frac_bases_q30": values})
    write_page(folder / "quality.html", "quality", quality(station, "centre,quarter"), None)
    write_page(folder / "control.html", "control", control(station, ChartOptions("NABIC", "frac_bases_q30")), None)
    write_page(folder / "yearly.html", "yearly", yearly(station, 2025), None)
    return folder


@pytest.mark.parametrize("name", ["quality", "control", "yearly"])
def test_a_page_shows_and_complains_of_nothing(made: Path, tab: Page, tmp_path: Path, name: str) -> None:
    address = (made / f"{name}.html").as_uri()
    if name == "control":  # one picture; the others are made of the same parts
        tab.open(address)
        assert tab.screenshot(tmp_path / "page.png", whole=False).size_bytes > FULL
        tab.renew()
    tab.open(f"{address}#lang=ko", width=500)
    assert tab.complaints == []
    assert not tab.overflows()
    assert 'data-lang="ko"' in tab.dom
