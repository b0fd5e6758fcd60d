"""catalog reference, quality, control and yearly as a user calls them: JSON as published, texts, pages."""

import json
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.catalog.database import Catalog
from dsqc.cli.main import main
from helpers.holdings import add_submission
from helpers.stations import new_station


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station whose centre's quality drops after 24 submissions; the field's name is none that a page may trust."""
    station = new_station(tmp_path_factory.mktemp("quality") / "station", {"centre": "NABIC"}).station
    with Catalog.open(station) as catalog, catalog.writing() as session:
        for number in range(30):
            values = [0.5 + number % 3 / 100 if number > 23 else 0.85 + number % 4 / 100] * 2
            at = {"registered": f"2025-{number // 3 + 1:02d}-{number % 3 * 9 + 1:02d}T00:00"}
            metrics = {"frac_bases_q30": values, "read_count": [5] * 2}
            add_submission(session, 2, states=at, metrics=metrics, field="<script>alert(1)</script>")
    return station.root


def run(capsys: pytest.CaptureFixture[str], root: Path, *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["catalog", *arguments, "--station", str(root)])
    return code, capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], root: Path, schema: str, *arguments: str) -> Any:
    code, out = run(capsys, root, *arguments, "--json")
    assert code == 0
    shape = json.loads(files("dsqc.schemas").joinpath(f"reports/{schema}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(shape, found := json.loads(out))
    return found


def check_page(path: Path) -> str:
    """One whole file: what is opened is closed, ids are unique, nothing is fetched, nothing of the data is markup."""
    html = path.read_text(encoding="utf-8")
    opened: list[str] = []
    ids: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "link"):
                opened.append(tag)
            ids.extend(value or "" for name, value in attrs if name == "id")
            assert not any(name in ("src", "href") and "//" in (value or "") for name, value in attrs)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Reader().feed(html)
    assert opened == []
    assert len(ids) == len(set(ids))
    assert "<script>alert" not in html
    return html


def test_quality_is_printed_and_drawn(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "quality.html"
    found = document(capsys, root, "catalog_quality", "quality", "--by", "field,quarter", "--html", str(page))

    q30 = next(row for row in found["rows"] if row["goal"] == "short-reads-q30")
    assert (q30["overall"]["runs"], q30["overall"]["reached"]) == (60, 48)
    assert q30["trend"]["p_value"] < 0.001
    html = check_page(page)
    assert "Bases ≥ Q30: ≥ 0.6" in html
    assert "80.0 %" in html
    code, out = run(capsys, root, "quality", "--by", "centre,year", "--lang", "ko")
    assert (code, "미달" in out) == (0, True)
    assert run(capsys, root, "quality", "--by", "year,month")[0] == 2


def test_control_says_when_a_centre_changed(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "control.html"
    asked = ("control", "--metric", "frac_bases_q30")
    (chart,) = document(capsys, root, "catalog_control", *asked, "--html", str(page))["charts"]
    assert [signal["point"] for signal in chart["signals"]] == [24, 25, 26, 27, 28, 29]
    check_page(page)
    (chart,) = document(capsys, root, "catalog_control", *asked, "--chart", "ewma", "--html", str(page))["charts"]
    assert chart["signals"][0]["point"] == 24
    check_page(page)

    code, out = run(capsys, root, *asked, "--rules", "nelson", "--lang", "ko")
    assert (code, "3 σ 밖" in out) == (0, True)
    assert document(capsys, root, "catalog_control", *asked, "--centre", "MAGIC")["charts"] == []
    few = document(capsys, root, "catalog_control", *asked, "--baseline", "40", "--html", str(page))
    assert few["charts"][0]["limits"] is None
    check_page(page)


def test_a_year_is_printed_and_drawn(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "year.html"
    assert document(capsys, root, "catalog_yearly", "yearly", "--year", "2025", "--html", str(page))["year"] == 2025
    assert check_page(page).count("Hand-overs") >= 1
    assert "30" in run(capsys, root, "yearly", "--year", "2025", "--lang", "ko")[1]


def test_a_reference_is_built_listed_and_exported(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, root, "reference", "export")[0] == 2
    assert document(capsys, root, "catalog_reference_build", "reference", "build")["run_count"] == 60
    assert document(capsys, root, "catalog_reference_list", "reference", "list")["versions"][0]["version"] == 1
    again = tmp_path / "again.json"
    document(capsys, root, "catalog_reference_export", "reference", "export", "-O", str(again))
    assert again.read_bytes() == (root / "reference.json").read_bytes()
    assert run(capsys, root, "reference", "build", "--minimum-runs", "1")[0] == 2
