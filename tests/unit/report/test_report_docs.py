"""The documentation site: a page for everything that a submitter may ask, links that lead somewhere, same bytes."""

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest
from markupsafe import escape

from dsqc.forms import Requirement, ResearchField, compose, load_fields
from dsqc.language import Language
from dsqc.registry import rules
from dsqc.report.docs import ASSETS, site

VOID = frozenset({"meta", "link", "input", "br"})


class Page(HTMLParser):
    """What a test asks of a page: that its elements close, its links, its ids, its rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: Counter[str] = Counter()
        self.rows: list[dict[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.links += [given[name] for name in ("href", "src") if name in given]
        if "id" in given:
            self.ids[given["id"]] += 1
        if "data-packages" in given:
            self.rows.append(given)
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@cache
def listed(only: Language | None = None) -> list[tuple[str, str]]:
    return list(site(only=only, rule_set="0.1.0+abc"))


@cache
def pages(only: Language | None = None) -> dict[str, str]:
    return dict(listed(only))


@cache
def page(path: str, only: Language | None = None) -> Page:
    return Page(pages(only)[path])


def test_everything_has_its_page() -> None:
    written = set(pages())
    fields = load_fields()
    used = {
        item.vocabulary
        for field in fields.values()
        for package in field.packages
        for sheet in compose(field.id, package).sheets
        for item in compose(field.id, package).columns(sheet).values()
        if item.vocabulary
    }
    assert {f"forms/{name}.html" for name in fields} <= written
    assert {f"rules/{code}.html" for code in rules()} <= written
    assert {f"vocabularies/{name}.html" for name in (*used, "missing_value", "units")} <= written
    assert {
        "index.html",
        "rules/index.html",
        "vocabularies/index.html",
        *(f"assets/{name}" for name in ASSETS),
    } <= written
    assert len(written) == len(listed())


@pytest.mark.parametrize("language", [None, Language.KO])
def test_every_link_leads_to_a_page(language: Language | None) -> None:
    written = pages(language)
    parsed = {path: page(path, language) for path in written if path.endswith(".html")}
    for path, item in parsed.items():
        assert set(item.ids.values()) <= {1}
        for link in dict.fromkeys(item.links):
            target, _mark, anchor = link.partition("#")
            if link == "data:,":
                continue
            place = _resolve(path, unquote(target)) if target else path
            assert place in written, (path, link)
            if anchor and "=" not in anchor:
                assert anchor in parsed[place].ids, (path, link)


def _resolve(path: str, target: str) -> str:
    parts: list[str] = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


@pytest.mark.parametrize("field", load_fields().values(), ids=lambda field: field.id)
def test_a_package_shows_what_its_form_asks_for(field: ResearchField) -> None:
    rows = page(f"forms/{field.id}.html").rows
    for index, package in enumerate(field.packages):
        form = compose(field.id, package)
        wanted = [
            (name.lower(), item.requirement.value)
            for sheet in form.sheets
            for name, item in form.columns(sheet).items()
        ]
        shown = [
            (row["data-words"].split()[0], row["data-requirement"])
            for row in rows
            if str(index) in row["data-packages"].split()
        ]
        assert sorted(shown) == sorted(wanted)


def test_what_is_required_stands_first() -> None:
    ranks = [item.value for item in Requirement]
    for field in load_fields():
        text = pages()[f"forms/{field}.html"]
        for section in text.split("<section")[1:]:
            shown = [ranks.index(word) for word in re.findall(r'data-requirement="(\w+)"', section)]
            assert shown == sorted(shown)


def test_a_form_says_in_words_when_an_attribute_is_asked_for() -> None:
    text = pages()["forms/seed_crop.html"]
    assert "library_layout is &#34;PAIRED&#34;" in text
    assert "library_layout 값이 &#34;PAIRED&#34;" in text
    assert "../vocabularies/insdc_country.html" in text
    assert "kbds_strict" in text


def test_a_long_list_has_a_page_and_a_short_one_stands_in_the_form() -> None:
    text = pages()["forms/seed_crop.html"]
    assert "<code>PAIRED</code>" in text
    assert "282 terms" in text
    assert "Zimbabwe" not in text
    countries = pages()["vocabularies/insdc_country.html"]
    assert all(f"<code>{term}</code>" in countries for term in ("South Korea", "Zimbabwe"))


@pytest.mark.parametrize("code", rules())
def test_a_rule_page_says_what_explain_says(code: str) -> None:
    rule, text = rules()[code], pages()[f"rules/{code}.html"]
    assert f"<code>dsqc explain {code}</code>" in text
    for words in (rule.name.en, rule.name.ko):
        assert str(escape(words)) in text
    assert rule.since in text


def test_a_page_of_one_language_holds_no_other() -> None:
    english, korean = pages(Language.EN), pages(Language.KO)
    for path in ("index.html", "forms/seed_crop.html", "rules/DSQC-T017.html", "vocabularies/sex.html"):
        assert 'class="ko"' not in english[path] + korean[path]
        assert "data-set" not in english[path] + korean[path]
        assert '<html lang="en"' in english[path]
        assert '<html lang="ko"' in korean[path]
    assert "not in the vocabulary" in english["rules/DSQC-T017.html"]
    assert "통제어휘에 없습니다" not in english["rules/DSQC-T017.html"]
    assert "통제어휘에 없습니다" in korean["rules/DSQC-T017.html"]
    assert "not in the vocabulary" not in korean["rules/DSQC-T017.html"]


def test_the_same_data_gives_the_same_bytes() -> None:
    assert list(site(rule_set="0.1.0+abc")) == listed()
