"""The pages in headless Chromium: they show, switch language, sort and filter, and complain of nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from dsqc.findings import Location, finding
from dsqc.report import batch_page, run_page
from dsqc.report.batch import Record
from dsqc.report.batch_digest import digest
from dsqc.stages.report import report
from dsqc.stages.validate import validate
from helpers.large_batch import write_large_batch
from helpers.messy import write_messy
from helpers.qc_data import empty_file, qc_file, qc_run
from infra import browser
from infra.chromium import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

COUNTS = {"error": 0, "warning": 0, "info": 0}
FULL = 20_000
"""Bytes of a screenshot that shows something; an empty page's is a fraction of it (tested below)."""
PAGES: dict[str, dict[str, Any]] = {
    "short": {"data": qc_file(), "pair": qc_file("leaf_R2.fastq.gz", quality=33.0)},
    "long": {"data": qc_file("ont.fastq.gz", reads=900, length=8000, spread=0.8, quality=18.0)},
    "damaged": {"data": qc_file(damaged_at=70595)},
    "empty": {"data": empty_file()},
}


def write(path: Path, html: str) -> Path:
    path.write_text(html, encoding="utf-8")
    return path


def batch_html() -> str:
    """Three submissions: ``alpha`` registered with most reads, ``beta`` returned, ``gamma`` not begun."""

    reasons = [finding("DSQC-S011", Location("s.tsv", "sample", 3, "D", "tissue"), value="x").to_dict()]

    def record(name: str, state: str, verdict: str, reads: int) -> Record:
        return Record(
            name,
            ("RUN_1",),
            validation={"form": None, "finding_counts": COUNTS},
            verdict={
                "verdict": verdict,
                "reasons": reasons if verdict == "fail" else [],
                "finding_counts": COUNTS,
            },
            receipt={"state": state},
            runs={"RUN_1": qc_run("RUN_1", [qc_file(f"{name}.fastq.gz", reads=reads)])},
        )

    records = [
        record("alpha", "registered", "pass", 900),
        record("beta", "returned", "fail", 50),
        Record("gamma", ("R",)),
    ]
    return batch_page.render(digest(records), title="spring")


@pytest.fixture(scope="module")
def batch_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The batch page."""
    return write(tmp_path_factory.mktemp("batch") / "index.html", batch_html())


@pytest.fixture
def batch(batch_file: Path, tab: Page) -> Page:
    """The batch page, open."""
    tab.open(f"{batch_file.as_uri()}#lang=en")
    return tab


def names(page: Page, table: str = "submissions") -> list[str]:
    """First cells of the rows that a table shows, in their order."""
    rows = f"document.querySelectorAll('#{table} > tbody > tr:not(.detail)')"
    found: list[str] = page.evaluate(f"Array.from({rows}, function (row) {{ return row.cells[0].textContent; }})")
    return found


@pytest.fixture(scope="module")
def run_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The run pages of :data:`PAGES`, and a page of few reads."""
    place = tmp_path_factory.mktemp("runs")
    pages = {**PAGES, "few": {"data": qc_file(reads=200)}}
    return {name: write(place / f"{name}.html", run_page.render(**parts)) for name, parts in pages.items()}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 480])
def test_a_run_page_shows(run_pages: dict[str, Path], tab: Page, tmp_path: Path, name: str, width: int) -> None:
    tab.open(run_pages[name].as_uri(), width=width)
    image = tab.screenshot(tmp_path / "page.png", whole=False)
    assert image.width >= width
    assert image.size_bytes > FULL


@pytest.mark.parametrize("name", PAGES)
def test_a_run_page_complains_of_nothing(run_pages: dict[str, Path], tab: Page, name: str) -> None:
    tab.open(run_pages[name].as_uri())
    assert tab.complaints == []
    assert tab.dom.count("<svg") == run_pages[name].read_text(encoding="utf-8").count("<svg")


def test_a_picture_of_an_empty_page_is_told_from_a_full_one(tab: Page, tmp_path: Path) -> None:
    tab.open(write(tmp_path / "page.html", "<!doctype html><title>empty</title>").as_uri())
    assert tab.screenshot(tmp_path / "page.png", whole=False).size_bytes < FULL


@pytest.mark.parametrize(
    ("script", "said"),
    [("undefinedName.call()", "undefinedName is not defined"), ("console.warn('odd', 'word')", "word")],
)
def test_what_a_page_writes_to_the_console_is_seen(tab: Page, tmp_path: Path, script: str, said: str) -> None:
    tab.open(write(tmp_path / "page.html", f"<!doctype html><script>{script}</script>").as_uri())
    assert any(said in line for line in tab.complaints)


def test_a_tab_remembers_nothing_of_the_last_one(tab: Page, tmp_path: Path) -> None:
    url = write(tmp_path / "page.html", "<!doctype html><title>empty</title>").as_uri()
    tab.open(url)
    tab.evaluate("localStorage.setItem('lang', 'ko'); console.log('kept')")
    assert tab.complaints
    tab.renew()
    tab.open(url)
    assert tab.evaluate("localStorage.getItem('lang')") is None
    assert tab.complaints == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_address_chooses_the_language(run_pages: dict[str, Path], tab: Page, language: str) -> None:
    tab.open(f"{run_pages['few'].as_uri()}#lang={language}")
    assert f'<html lang="{language}" data-lang="{language}">' in tab.dom
    # What is hidden is asked of the browser: the style sheet hides one of the two languages.
    shown = tab.evaluate(
        "['en', 'ko'].filter(function (name) {"
        " return getComputedStyle(document.querySelector('h2 .' + name)).display !== 'none'; }).join()"
    )
    assert shown == language


def test_the_switch_changes_the_language(run_pages: dict[str, Path], tab: Page) -> None:
    tab.open(f"{run_pages['few'].as_uri()}#lang=en")
    tab.press("[data-set=ko]", leads_on=False)
    assert '<html lang="ko" data-lang="ko">' in tab.dom
    assert tab.complaints == []


def test_the_batch_page_shows_the_worst_first_and_complains_of_nothing(batch: Page, tmp_path: Path) -> None:
    page = batch
    assert names(page) == ["beta", "gamma", "alpha"]
    assert page.screenshot(tmp_path / "page.png").size_bytes > FULL
    for width in (1280, 480):
        page.size(width)
        assert not page.overflows()
    assert page.complaints == []


@pytest.mark.parametrize(
    ("presses", "shown"),
    [
        ([".tile[data-outcome=returned]"], ["beta"]),
        ([".tile[data-outcome=returned]", ".chip"], ["beta", "gamma", "alpha"]),
        ([".tile.bad", ".tile.bad"], ["beta", "gamma", "alpha"]),
        (["#submissions th:nth-child(1) .sort"], ["alpha", "beta", "gamma"]),
        (["#submissions th:nth-child(6) .sort"], ["gamma", "beta", "alpha"]),
        (["#submissions th:nth-child(6) .sort", "#submissions th:nth-child(6) .sort"], ["alpha", "beta", "gamma"]),
        (["[data-code=DSQC-S011]"], ["beta"]),
    ],
    ids=["tile", "tile-and-chip", "tile-twice", "by-name", "by-reads", "by-reads-down", "by-cause"],
)
def test_the_table_filters_and_sorts(batch: Page, presses: list[str], shown: list[str]) -> None:
    page = batch
    for selector in presses:
        page.press(selector, leads_on=False)
    assert names(page) == shown
    assert page.complaints == []


def test_words_find_submissions_and_runs(batch: Page) -> None:
    page = batch
    page.type("#filter-submissions", "ALP")
    assert names(page) == ["alpha"]
    assert "1–1 / 1 (3)" in page.text
    page.press("#tab-runs", leads_on=False)
    assert names(page, "runs") == ["RUN_1", "RUN_1", "R"]
    page.type("#filter-runs", "beta.fastq")
    assert names(page, "runs") == ["RUN_1"]
    assert page.complaints == []


def test_the_tabs_are_turned_by_keys_and_say_which_is_chosen(batch: Page) -> None:
    page = batch
    page.evaluate("document.getElementById('tab-submissions').focus()")
    for _ in range(3):
        page.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight")
        page.call("Input.dispatchKeyEvent", type="keyUp", key="ArrowRight", code="ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-runs"
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    assert page.evaluate("document.getElementById('panel-submissions').hidden")


def test_a_row_opens_and_closes(batch: Page) -> None:
    page = batch
    page.press(".open[aria-expanded]", leads_on=False)
    assert page.evaluate("document.querySelectorAll('tr.detail').length") == 1
    assert page.evaluate("document.querySelector('.open[aria-expanded]').getAttribute('aria-expanded')") == "true"
    assert "runs/beta/RUN_1.html" in page.evaluate("document.querySelector('tr.detail a').href")
    page.press(".open[aria-expanded]", leads_on=False)
    assert page.evaluate("document.querySelectorAll('tr.detail').length") == 0


def test_what_is_printed_is_every_row_and_not_a_page_of_them(batch: Page, tmp_path: Path) -> None:
    write_large_batch(tmp_path, 60, 1)
    page = batch
    page.open(report(tmp_path, run_pages=False).as_uri())
    assert len(names(page)) == 50
    page.press("[data-table=submissions][data-step='1']", leads_on=False)
    assert len(names(page)) == 10
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(names(page)) == 60
    assert page.evaluate("document.querySelectorAll('.strip').length") > 5
    page.evaluate(
        "document.querySelector('#apart .open, .strip .apart').dispatchEvent(new Event('click', {bubbles: true}))"
    )
    assert len(names(page, "runs")) == 1
    assert page.complaints == []


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the columns of the messy submission."""
    place = tmp_path_factory.mktemp("columns")
    validate(write_messy(place / "messy"), place / "out", with_files=False)
    return place / "out" / "profile.html"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", [1280, 480])
def test_the_page_of_columns_shows_in_both_languages(
    columns: Path, tab: Page, tmp_path: Path, language: str, width: int
) -> None:
    tab.open(f"{columns.as_uri()}#lang={language}", width=width)
    assert tab.screenshot(tmp_path / "page.png", whole=False).size_bytes > FULL
    dom = tab.dom
    assert tab.complaints == []
    assert f'data-lang="{language}"' in dom
    assert dom.count('<article class="card') == columns.read_text(encoding="utf-8").count('<article class="card')


def test_columns_are_found_by_name_and_label(columns: Path, tab: Page) -> None:
    tab.open(columns.as_uri())
    tab.evaluate("const f = document.getElementById('filter'); f.value = '수집'; f.dispatchEvent(new Event('input'));")
    assert re.findall(r'<article class="card \w+" id="column-(\S+)">', tab.dom) == ["sample-collection_date"]
    assert tab.complaints == []


def test_a_link_to_a_row_unfolds_its_table(columns: Path, tab: Page) -> None:
    tab.open(f"{columns.as_uri()}#row-sample-15")
    assert len(re.findall(r'<details open="">', tab.dom)) == 1
    assert tab.complaints == []


def test_a_missing_browser_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(browser.BrowserMissing, match="apt-get install chromium"):
        browser.find_browser()
