"""The pages in headless Chromium: they show, switch language, sort and filter, and complain of nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from dsqc.report import batch_page, run_page
from dsqc.report.batch import Record, summarise
from dsqc.stages.validate import validate
from helpers.messy import write_messy
from helpers.qc_data import empty_file, qc_file, qc_run
from infra import browser

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

    def record(name: str, state: str, verdict: str, reads: int) -> Record:
        return Record(
            name,
            ("RUN_1",),
            validation={"form": None, "finding_counts": COUNTS},
            verdict={"verdict": verdict, "reasons": [], "finding_counts": COUNTS},
            receipt={"state": state},
            runs={"RUN_1": qc_run("RUN_1", [qc_file(f"{name}.fastq.gz", reads=reads)])},
        )

    records = [
        record("alpha", "registered", "pass", 900),
        record("beta", "returned", "fail", 50),
        Record("gamma", ("R",)),
    ]
    return batch_page.render(summarise(records), records, title="spring")


def visible(dom: str) -> list[str]:
    """Names of the submissions that the table shows, in their order."""
    bodies = re.findall(r"<tbody data-outcome=[^>]*>", dom)
    names = re.findall(r'class="open"[^>]*>(\w+)<', dom)
    return [name for body, name in zip(bodies, names, strict=True) if "hidden" not in body]


def after(html: str, script: str) -> str:
    """The page with ``script`` run after its own."""
    return html.replace("</body>", f"<script>{script}</script></body>")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 480])
def test_a_run_page_shows(tmp_path: Path, name: str, width: int) -> None:
    page = write(tmp_path / "page.html", run_page.render(**PAGES[name]))
    image = browser.screenshot(page, tmp_path / "profile", tmp_path / "page.png", width=width)
    assert image.width >= width
    assert image.size_bytes > FULL


@pytest.mark.parametrize("name", PAGES)
def test_a_run_page_complains_of_nothing(tmp_path: Path, name: str) -> None:
    page = write(tmp_path / "page.html", run_page.render(**PAGES[name]))
    dom, console = browser.dump(page, tmp_path / "profile")
    assert console == []
    assert dom.count("<svg") == run_page.render(**PAGES[name]).count("<svg")


def test_a_picture_of_an_empty_page_is_told_from_a_full_one(tmp_path: Path) -> None:
    page = write(tmp_path / "page.html", "<!doctype html><title>empty</title>")
    assert browser.screenshot(page, tmp_path / "profile", tmp_path / "page.png").size_bytes < FULL


def test_what_a_page_writes_to_the_console_is_seen(tmp_path: Path) -> None:
    page = write(tmp_path / "page.html", "<!doctype html><script>undefinedName.call()</script>")
    _, console = browser.dump(page, tmp_path / "profile")
    assert any("undefinedName is not defined" in line for line in console)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_address_chooses_the_language(tmp_path: Path, language: str) -> None:
    # What is hidden is asked of the browser: the style sheet hides one of the two languages.
    ask = (
        "document.body.dataset.shown = ['en', 'ko'].filter(function (name) {"
        " return getComputedStyle(document.querySelector('h2 .' + name)).display !== 'none'; }).join();"
    )
    page = write(tmp_path / "page.html", after(run_page.render(qc_file(reads=200)), ask))
    dom, _ = browser.dump(page, tmp_path / "profile", fragment=f"#lang={language}")
    assert f'<html lang="{language}" data-lang="{language}">' in dom
    assert f'data-shown="{language}"' in dom


def test_the_switch_changes_the_language(tmp_path: Path) -> None:
    click = "document.querySelector('[data-set=ko]').click();"
    page = write(tmp_path / "page.html", after(run_page.render(qc_file(reads=200)), click))
    dom, console = browser.dump(page, tmp_path / "profile", fragment="#lang=en")
    assert '<html lang="ko" data-lang="ko">' in dom
    assert console == []


def test_the_batch_page_shows_the_worst_first_and_complains_of_nothing(tmp_path: Path) -> None:
    page = write(tmp_path / "index.html", batch_html())
    dom, console = browser.dump(page, tmp_path / "profile")
    assert console == []
    assert visible(dom) == ["beta", "gamma", "alpha"]
    assert browser.screenshot(page, tmp_path / "profile", tmp_path / "page.png").size_bytes > FULL


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("document.querySelector('.tile[data-outcome=returned]').click();", ["beta"]),
        ("for (let n = 0; n < 2; n++) document.querySelector('.tile.bad').click();", ["beta", "gamma", "alpha"]),
        (
            "const f = document.getElementById('filter'); f.value = 'ALP'; f.dispatchEvent(new Event('input'));",
            ["alpha"],
        ),
        ("document.querySelector('.sort[data-key=\"0\"]').click();", ["alpha", "beta", "gamma"]),
        ("document.querySelector('.sort[data-key=\"5\"]').click();", ["gamma", "beta", "alpha"]),
        (
            "const b = document.querySelector('.sort[data-key=\"5\"]'); b.click(); b.click();",
            ["alpha", "beta", "gamma"],
        ),
    ],
    ids=["tile", "tile-twice", "words", "by-name", "by-reads", "by-reads-down"],
)
def test_the_table_filters_and_sorts(tmp_path: Path, script: str, names: list[str]) -> None:
    page = write(tmp_path / "index.html", after(batch_html(), script))
    dom, console = browser.dump(page, tmp_path / "profile")
    assert visible(dom) == names
    assert console == []


def test_a_row_opens_and_closes(tmp_path: Path) -> None:
    opened = write(tmp_path / "open.html", after(batch_html(), "document.querySelector('.open').click();"))
    dom, _ = browser.dump(opened, tmp_path / "profile")
    assert dom.count('class="open" aria-expanded="true"') == 1
    assert dom.count('<tr class="detail">') == 1
    assert dom.count('<tr class="detail" hidden="">') == 2


def columns_html(place: Path) -> str:
    """The page of the columns of the messy submission."""
    validate(write_messy(place / "messy"), place / "out", with_files=False)
    return (place / "out" / "profile.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", [1280, 480])
def test_the_page_of_columns_shows_in_both_languages(tmp_path: Path, language: str, width: int) -> None:
    page = write(tmp_path / "page.html", columns_html(tmp_path))
    image = browser.screenshot(
        page, tmp_path / "profile", tmp_path / "page.png", fragment=f"#lang={language}", width=width
    )
    assert image.size_bytes > FULL
    dom, console = browser.dump(page, tmp_path / "profile", fragment=f"#lang={language}")
    assert console == []
    assert f'data-lang="{language}"' in dom
    assert dom.count('<article class="card') == columns_html(tmp_path).count('<article class="card')


def test_columns_are_found_by_name_and_label(tmp_path: Path) -> None:
    script = "const f = document.getElementById('filter'); f.value = '수집'; f.dispatchEvent(new Event('input'));"
    page = write(tmp_path / "page.html", after(columns_html(tmp_path), script))
    dom, console = browser.dump(page, tmp_path / "profile")
    shown = re.findall(r'<article class="card \w+" id="column-(\S+)">', dom)
    assert shown == ["sample-collection_date"]
    assert console == []


def test_a_link_to_a_row_unfolds_its_table(tmp_path: Path) -> None:
    page = write(tmp_path / "page.html", columns_html(tmp_path))
    dom, console = browser.dump(page, tmp_path / "profile", fragment="#row-sample-15")
    assert len(re.findall(r'<details open="">', dom)) == 1
    assert console == []


def test_a_missing_browser_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(browser.BrowserMissing, match="apt-get install chromium"):
        browser.find_browser()
