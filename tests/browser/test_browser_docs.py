"""The documentation in headless Chromium: it opens from disk, filters, and speaks both languages."""

import re
from pathlib import Path

import pytest

from dsqc.forms import compose
from dsqc.language import Language
from dsqc.stages.docs import docs
from infra.chromium import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FULL = 20_000
SHOWN = ["index.html", "forms/seed_crop.html", "rules/index.html", "rules/DSQC-T017.html", "vocabularies/index.html"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    docs(folder)
    return folder


def visible(dom: str) -> list[str]:
    """First words of what a page lists and does not hide."""
    rows = re.findall(r"<(?:tr|li) data-item=\"\"[^>]*>", dom)
    return [re.search(r'data-words="(\S+)', row)[1] for row in rows if "hidden" not in row]  # type: ignore[index]


@pytest.mark.parametrize("path", SHOWN)
@pytest.mark.parametrize("width", [1280, 420])
def test_a_page_shows_and_complains_of_nothing(made: Path, tab: Page, tmp_path: Path, path: str, width: int) -> None:
    tab.open((made / path).as_uri(), width=width)
    assert tab.screenshot(tmp_path / "page.png", whole=False).size_bytes > FULL
    assert tab.complaints == []
    if "index" not in path:
        assert not tab.overflows()


def test_the_package_of_the_address_chooses_the_rows(made: Path, tab: Page) -> None:
    shown = {}
    for package in ("Plant_fungi", "Plant-associated"):
        tab.renew()
        tab.open(f"{(made / 'forms/seed_crop.html').as_uri()}#package={package}")
        dom = tab.dom
        shown[package] = visible(dom)
        form = compose("seed_crop", package)
        assert sorted(shown[package]) == sorted(name.lower() for sheet in form.sheets for name in form.columns(sheet))
        assert f'--package <span data-package="">{package}</span>' in dom
    assert shown["Plant_fungi"] != shown["Plant-associated"]


@pytest.mark.parametrize(
    ("path", "script", "expected"),
    [
        (
            "rules/index.html",
            (
                "const s = document.querySelector('[data-filter=kind]'); s.value = 'date';"
                " s.dispatchEvent(new Event('input'));"
            ),
            "dsqc-s011",
        ),
        (
            "vocabularies/index.html",
            "const f = document.querySelector('input'); f.value = 'zimbabwe'; f.dispatchEvent(new Event('input'));",
            "insdc_country",
        ),
        (
            "index.html",
            "const f = document.querySelector('input'); f.value = '종자'; f.dispatchEvent(new Event('input'));",
            "seed_crop",
        ),
    ],
)
def test_lists_are_narrowed(made: Path, tab: Page, path: str, script: str, expected: str) -> None:
    tab.open((made / path).as_uri())
    every = visible(tab.dom)
    tab.evaluate(script)
    shown = visible(tab.dom)
    assert tab.complaints == []
    assert expected in shown
    assert 0 < len(shown) < len(every)


def test_only_what_is_required(made: Path, tab: Page) -> None:
    tab.open((made / "forms/seed_crop.html").as_uri())
    tab.evaluate(
        "const c = document.getElementById('required'); c.checked = true; c.dispatchEvent(new Event('input'));"
    )
    shown = visible(tab.dom)
    assert "collection_date" in shown
    assert "sample_title" not in shown


def test_the_switch_changes_texts_and_choices(made: Path, tab: Page) -> None:
    tab.open((made / "rules/index.html").as_uri())
    tab.press("[data-set=ko]", leads_on=False)
    dom = tab.dom
    assert '<html lang="ko" data-lang="ko">' in dom
    assert re.search(r'<option value="error"[^>]*>오류</option>', dom)


def test_pages_of_one_language_need_no_switch(tab: Page, tmp_path: Path) -> None:
    docs(tmp_path / "site", only=Language.KO)
    tab.open((tmp_path / "site/index.html").as_uri())
    assert tab.complaints == []
    assert 'lang="ko"' in tab.dom
    assert "data-set" not in tab.dom
