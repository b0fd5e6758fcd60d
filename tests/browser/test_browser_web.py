"""The station's pages in headless Chromium: a curator's whole path, and what the submitter sees of it."""

from pathlib import Path

import pytest

from dsqc.artefact import sha256_of, write_json
from helpers.qc_data import qc_file
from helpers.results import Judged, read
from helpers.serving import PASSWORD, Server, served
from helpers.stations import new_station
from helpers.stocked import COMPARED, SCRIPT, stock
from infra.chromium import Page, chromium_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
FULL = 15_000
"""Bytes of a screenshot that shows something."""


class Plotted(Judged):
    """Results whose first run has plots."""

    def write_verdict(self, results: Path, **more: object) -> None:
        folder = results / "runs" / f"{self.prefix}run-leaf"
        qc = read(folder / "qc.json")
        for item in qc["files"]:
            item["metrics_file"] = f"{item['name']}.dsqc.json"
            write_json(folder / item["metrics_file"], qc_file(item["name"]))
        write_json(folder / "qc.json", qc)
        super().write_verdict(results, **more)


def look(page: Page, server: Server, path: str, shots: Path) -> None:
    """Open a page at both widths: it shows something, and nothing of it stands beside the window."""
    for width in (400, 1280):
        page.open(f"{server.origin}{path}", width=width)
        assert not page.overflows(), (path, width)
        assert page.screenshot(shots / f"{path.strip('/').replace('/', '_')}_{width}.png").size_bytes > FULL, path


def log_in(page: Page, server: Server, name: str) -> None:
    page.open(f"{server.origin}/log-in?lang=en")
    page.type("#name", name)
    page.type("#password", PASSWORD)
    page.press("main button[type=submit]")


def test_a_curators_whole_path(tmp_path: Path) -> None:
    submissions = {
        "rice": Judged(),
        "waits": Plotted(
            name="waits-alias", verdict="review", prefix="w", title=f"Waits {SCRIPT}", verdict_extra=COMPARED
        ),
    }
    station, ids, runs = stock(new_station(tmp_path / "station", {}).station, tmp_path, submissions)
    own, run = f"/submissions/{ids['waits-alias']}", f"/submissions/{ids['waits-alias']}/runs/wrun-leaf"
    (tmp_path / "before").mkdir()
    with served(station, tmp_path / "log") as server, chromium_page(tmp_path / "profile") as page:
        log_in(page, server, "curator")
        assert "waits-alias" in page.text
        page.press("section.waits h2 a")
        assert page.evaluate("location.pathname") == own
        assert "The organism is not known." in page.text

        page.press("td a[href*='/runs/']")
        assert page.evaluate("document.querySelectorAll('svg').length") > 5
        assert page.evaluate("getComputedStyle(document.querySelector('.ko')).display") == "none"
        page.press("[data-set=ko]", leads_on=False)  # the report's own script may run, under its digest
        assert page.evaluate("document.documentElement.lang") == "ko"
        page.press("p.back a")

        look(page, server, own, tmp_path / "before")
        page.press("input[value=return]", leads_on=False)
        page.type("input[name=place_1]", "sample.organism")
        page.evaluate("document.querySelector('select[name=code_1]').value = 'too_coarse'")
        page.type("#reason", f"Name the tissue {SCRIPT}")
        page.press("#decide button[type=submit]")
        assert "The decision is recorded." in page.text
        assert "organism of all of sheet sample" in page.text
        assert "returned" in page.text
        assert not page.evaluate("!!document.querySelector('#decide')")
        for path in ("/queue", "/submissions", own, run, "/catalog", f"/catalog/{runs['rice'][0]}", "/statistics"):
            look(page, server, path, tmp_path)
        look(page, server, "/account", tmp_path)

        page.press("form[action='/log-out'] button")
        log_in(page, server, "kim")
        page.press(f"a[href='{own}']")
        assert f"Name the tissue {SCRIPT}" in page.text  # as text
        page.press("a.language")
        assert "이력" in page.text
        page.press("form[action='/log-out'] button")
        page.open(f"{server.origin}{own}")
        assert page.evaluate("location.pathname") == "/log-in"
        assert page.complaints == []
    assert sha256_of(tmp_path / "results" / "waits-alias" / "decision.json")
