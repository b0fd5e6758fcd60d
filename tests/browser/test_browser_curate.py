"""The curator's page and the letter in headless Chromium: they show, complain of nothing, run nothing of the data."""

import re
from pathlib import Path

import pytest

from dsqc.catalog.curating import Decision, Ruling
from dsqc.catalog.curation.words import ANSWERS, DECISIONS
from dsqc.report import curate_page, letter
from dsqc.stages.curate import decide, show
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.qc_data import qc_file
from helpers.results import Judged
from helpers.stations import new_station
from infra.chromium import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FULL = 20_000
"""Bytes of a screenshot that shows something."""
SCRIPT = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both pages of a submission whose every text tries to run, in its second version."""
    work = tmp_path_factory.mktemp("curate")
    station: Station = new_station(work / "station", {}).station
    results, inbox = Judged(verdict="review", title=SCRIPT, organism=SCRIPT).write(work)
    register(results, inbox, station)
    ruling = Ruling(Decision.RETURN, f"Lee {SCRIPT}", SCRIPT, "")
    decide(results, station, ruling, reasons=["unclear:title_en", "wrong_value:organism@leaf", "low_quality:@run-leaf"])
    register(*Judged(verdict="review", title=f"{SCRIPT} again", organism=SCRIPT).write(work), station)
    found = show(results, station)
    files = {run["run_key"]: [qc_file(), qc_file("leaf_R2.fastq.gz", quality=33.0)] for run in found["runs"]}
    words = {"answers": ANSWERS, "decisions": DECISIONS}
    content = {
        "submission": SCRIPT,
        "version": 1,
        "by": SCRIPT,
        "text": SCRIPT,
        "form": SCRIPT,
        "was_text": True,
        "is_closed": True,
        "reasons": [{**item, "marked": "project!D2"} for item in found["case"]["last_return"]["answers"]],
    }
    made = {
        "page": curate_page.render(found, words, profile=None, files=files, links={}),
        "letter": letter.render(content),
    }
    for name, html in made.items():
        (work / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: work / f"{name}.html" for name in made}


@pytest.mark.parametrize("name", ["page", "letter"])
def test_the_page_shows_and_runs_nothing_of_the_data(
    pages: dict[str, Path], tab: Page, tmp_path: Path, name: str
) -> None:
    tab.open(pages[name].as_uri())
    dom = tab.dom
    tab.size(480)
    image = tab.screenshot(tmp_path / "page.png", whole=False)

    assert tab.complaints == []
    assert "<title>run</title>" not in dom
    assert "&lt;img" in dom, "the text is there, as text"
    assert "<img" not in dom
    identities = re.findall(r'\bid="([^"]+)"', dom)
    assert len(identities) == len(set(identities))
    assert image.size_bytes > FULL
    assert image.width >= 480
