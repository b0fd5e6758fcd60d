"""The page of the columns: the worst first, everything escaped, links that lead somewhere."""

import re
from pathlib import Path
from typing import Any

import pytest

from dsqc.artefact import read_json
from dsqc.language import Language
from dsqc.report import profile_page
from dsqc.stages.validate import validate
from helpers.messy import messy_tables
from helpers.submissions import Tables, good_tables, put, write_tsv


def results(place: Path, tables: Tables) -> tuple[Any, Any]:
    """``profile.json`` and the groups of ``validate.json``."""
    validate(write_tsv(place / "in", tables), place / "out", with_files=False)
    return read_json(place / "out" / "profile.json"), read_json(place / "out" / "validate.json")["groups"]


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    return results(tmp_path_factory.mktemp("messy"), messy_tables())


def cards(html: str) -> list[tuple[str, str]]:
    """Style and id of the columns' cards, in their order."""
    return re.findall(r'<article class="card (\w+)" id="([^"]+)"', html)


def test_what_matters_most_stands_first(messy: tuple[Any, Any]) -> None:
    html = profile_page.render(*messy)
    styles = [style for style, _id in cards(html)]
    assert styles == sorted(styles, key=("bad", "fair", "none", "remarked").index)
    assert cards(html)[0] == ("bad", "column-sample-taxonomy_id")
    assert html.index('id="sheet-sample"') < html.index('id="sheet-submission"')


def test_every_link_leads_somewhere(messy: tuple[Any, Any]) -> None:
    html = profile_page.render(*messy, back="index.html")
    targets = set(re.findall(r'\sid="([^"]+)"', html))
    links = set(re.findall(r'href="#([^"]+)"', html))
    assert links
    assert links <= targets
    assert 'href="index.html"' in html


def test_nothing_comes_from_the_network(messy: tuple[Any, Any]) -> None:
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', profile_page.render(*messy))


def test_rows_and_values_of_a_fault(messy: tuple[Any, Any]) -> None:
    html = profile_page.render(*messy)
    card = html[html.index('id="column-sample-gender"') :].partition("</article>")[0]
    assert "DSQC-T030" in card
    assert "4–6" in card
    for odd in ("Male", "M", "수컷"):
        assert f"<q>{odd}</q> → <q>male</q>" in card


def test_a_good_submission_has_nothing_to_look_at(tmp_path: Path) -> None:
    html = profile_page.render(*results(tmp_path, good_tables()))
    assert cards(html) == []
    assert "No column needs a look." in html


def test_everything_is_escaped(tmp_path: Path) -> None:
    tables = good_tables()
    put(tables, "sample", treatment="<script>alert(1)</script>", **{"<b>heading": "<i>value</i>"})
    html = profile_page.render(*results(tmp_path, tables), title="<u>title")
    assert "<script>alert" not in html
    assert "<i>value" not in html
    assert "<b>heading" not in html
    assert "<u>title" not in html


@pytest.mark.parametrize("language", list(Language))
def test_the_language_that_the_page_opens_in(messy: tuple[Any, Any], language: Language) -> None:
    assert f'data-made="{language.value}"' in profile_page.render(*messy, language=language)


def test_sheets_without_rows_and_without_a_form(tmp_path: Path) -> None:
    tables = good_tables()
    put(tables, "submission", form_id="nothing")
    tables["run"] = tables["run"][:1]
    profile, groups = results(tmp_path, tables)
    assert profile["form"] is None
    assert 'id="sheet-run"' in profile_page.render(profile, groups)
    assert profile_page.render({**profile, "sheets": []}, groups)
