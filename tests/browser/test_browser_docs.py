"""The documentation in headless Chromium: it opens from disk, filters, and speaks both languages."""

import re
from pathlib import Path

import pytest

from dsqc.forms import compose
from dsqc.language import Language
from dsqc.stages.docs import docs
from infra import browser

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


def scripted(page: Path, script: str) -> Path:
    """A copy beside ``page`` with ``script`` run after its own."""
    copy = page.with_name(f"scripted-{page.name}")
    text = page.read_text(encoding="utf-8").replace("</body>", f"<script>{script}</script></body>")
    copy.write_text(text, encoding="utf-8")
    return copy


@pytest.mark.parametrize("path", SHOWN)
@pytest.mark.parametrize("width", [1280, 420])
def test_a_page_shows_and_complains_of_nothing(made: Path, tmp_path: Path, path: str, width: int) -> None:
    image = browser.screenshot(made / path, tmp_path / "profile", tmp_path / "page.png", width=width)
    assert image.size_bytes > FULL
    ask = "document.body.dataset.wide = String(document.documentElement.scrollWidth > innerWidth);"
    dom, console = browser.dump(scripted(made / path, ask), tmp_path / "profile", width=width)
    assert console == []
    if "index" not in path:
        assert 'data-wide="false"' in dom


def test_the_package_of_the_address_chooses_the_rows(made: Path, tmp_path: Path) -> None:
    shown = {}
    for package in ("Plant_fungi", "Plant-associated"):
        dom, _ = browser.dump(made / "forms/seed_crop.html", tmp_path / "profile", fragment=f"#package={package}")
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
def test_lists_are_narrowed(made: Path, tmp_path: Path, path: str, script: str, expected: str) -> None:
    every, _ = browser.dump(made / path, tmp_path / "profile")
    dom, console = browser.dump(scripted(made / path, script), tmp_path / "profile")
    assert console == []
    assert expected in visible(dom)
    assert 0 < len(visible(dom)) < len(visible(every))


def test_only_what_is_required(made: Path, tmp_path: Path) -> None:
    script = "const c = document.getElementById('required'); c.checked = true; c.dispatchEvent(new Event('input'));"
    dom, _ = browser.dump(scripted(made / "forms/seed_crop.html", script), tmp_path / "profile")
    assert "collection_date" in visible(dom)
    assert "sample_title" not in visible(dom)


def test_the_switch_changes_texts_and_choices(made: Path, tmp_path: Path) -> None:
    click = "document.querySelector('[data-set=ko]').click();"
    dom, _ = browser.dump(
        scripted(made / "rules/index.html", f"{click} new Promise((r) => setTimeout(r, 50));"), tmp_path / "profile"
    )
    assert '<html lang="ko" data-lang="ko">' in dom
    assert re.search(r'<option value="error"[^>]*>오류</option>', dom)


def test_pages_of_one_language_need_no_switch(tmp_path: Path) -> None:
    docs(tmp_path / "site", only=Language.KO)
    dom, console = browser.dump(tmp_path / "site/index.html", tmp_path / "profile")
    assert console == []
    assert 'lang="ko"' in dom
    assert "data-set" not in dom
