"""The page of a file or a run: whole without the network, both languages, everything escaped."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from dsqc.language import Language, Text
from dsqc.report import run_page
from dsqc.report.peers import peers_section
from dsqc.report.render import both, place, quantity, short_count, size
from helpers.qc_data import empty_file, qc_file, qc_run

EVIL = '"><script>alert(1)</script>&'


class Page(HTMLParser):
    """Tags that are open, addresses that are named, ids."""

    VOID = frozenset({"meta", "link", "input", "br", "rect", "path", "circle"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.scripts = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.scripts += tag == "script"
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def two_mates() -> list[dict[str, Any]]:
    return [qc_file("leaf_R1.fastq.gz"), qc_file("leaf_R2.fastq.gz", seed=2, quality=33.0)]


def run_html(files: list[dict[str, Any]], **more: Any) -> str:
    findings = [row for data in files for row in data["findings"]]
    return run_page.render_run(qc_run("RUN_1", files), files, findings, **more)


PAGES = {
    "file": run_page.render(qc_file()),
    "pair": run_page.render(two_mates()[0], pair=two_mates()[1]),
    "run": run_html(two_mates(), back="../../index.html"),
    "damaged": run_page.render(qc_file(damaged_at=70595, codes=("DSQC-F017",))),
    "empty": run_page.render(empty_file()),
    "long": run_page.render(qc_file(reads=500, length=9000, spread=0.9)),
    "seven": run_html([qc_file(f"lane{number}.fastq.gz", reads=300) for number in range(7)]),
    "no-file": run_html([]),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_needs_no_network(name: str) -> None:
    html = PAGES[name]
    page = Page(html)
    assert page.open == []
    assert all(not re.match(r"(https?:)?//", address) for address in page.addresses)
    assert "@import" not in html
    assert "url(" not in html
    assert len(page.ids) == len(set(page.ids))
    assert html.count('lang="ko"') >= 10


def test_both_languages_are_in_the_page() -> None:
    html = PAGES["damaged"]
    for text in (
        "Findings",
        "진단 결과",
        "damaged",
        "손상됨",
        "Integrity",
        "무결성",
        "품질 (Phred)",
        "quality (Phred)",
    ):
        assert text in html


@pytest.mark.parametrize(("language", "made"), [(Language.KO, "ko"), (Language.EN, "en")])
def test_a_page_opens_in_the_language_it_was_made_for(language: Language, made: str) -> None:
    html = run_page.render(qc_file(reads=200), language=language)
    assert f'<html lang="{made}" data-lang="{made}" data-made="{made}">' in html
    assert "data-made" not in PAGES["file"].split("<head>")[0]


def test_names_from_data_are_escaped() -> None:
    data = qc_file(EVIL + ".fastq.gz", codes=("DSQC-F017",))
    html = run_page.render(data, pair=qc_file(EVIL + "2.fastq.gz"))
    assert "<script>alert" not in html
    assert Page(html).scripts == 1


def test_a_finding_has_place_message_and_fix_in_both_languages() -> None:
    html = PAGES["damaged"]
    assert "DSQC-F010" in html
    assert "stored byte 70,595" in html
    assert "저장된 바이트 70,595" in html
    assert html.index("DSQC-F010") < html.index("DSQC-F017")


def test_plots_are_drawn_once_a_file_or_once_a_run() -> None:
    assert PAGES["file"].count("<svg") == 7
    assert PAGES["run"].count("<svg") == 10
    assert PAGES["empty"].count("<svg") == 0
    assert "Nothing could be measured" in PAGES["empty"]


def test_checksums_and_metrics_are_shown() -> None:
    html = PAGES["run"]
    data = two_mates()[0]
    assert data["file"]["sha256"] in html
    assert data["file"]["md5"] in html
    assert "20,000" in html
    assert "Bases ≥ Q30" in html


@pytest.mark.parametrize(
    ("value", "met", "severity", "text"),
    [(0.7, True, "warning", "met"), (0.5, False, "warning", "missed"), (None, False, "error", "not measured")],
)
def test_goals_of_the_run_are_shown(value: float | None, met: bool, severity: str, text: str) -> None:
    goal = {
        "run_key": "RUN_1",
        "file": "leaf_R1.fastq.gz",
        "metric": "frac_bases_q30",
        "value": value,
        "bound": ">= 0.6",
    }
    html = run_html(two_mates(), goals=[goal | {"severity": severity, "met": met, "goal": "short-reads-q30"}])
    assert ("goals missed: 1" in html) is not met
    section = html[html.index('<section id="goals">') : html.index('<section id="metrics">')]
    assert f">{text}<" in section
    assert ("<details open>" in section) is not met
    assert f"{int(met)} of 1 met" in section
    assert "≥ 0.6" in section


def test_findings_are_capped_and_the_rest_counted() -> None:
    data = qc_file(damaged_at=5)
    findings = data["findings"] * 250
    html = run_page.render_run(qc_run("RUN_1", [data]), [data], findings)
    assert html.count("<code>DSQC-F010</code>") == run_page.MOST_FINDINGS
    assert "… and 50 more." in html


def test_the_page_of_short_reads_is_small() -> None:
    assert len(PAGES["file"]) < 60_000


@pytest.mark.parametrize(
    ("location", "en", "ko"),
    [
        (
            {"path": "s.xlsx", "sheet": "sample", "row": 3, "column": "D"},
            "s.xlsx · sheet sample · cell D3",
            "s.xlsx · sample 시트 · D3 셀",
        ),
        ({"sheet": "run", "row": 4}, "sheet run · row 4", "run 시트 · 4행"),
        (
            {"path": "a", "record": 1200, "line": 4797},
            "a · record 1,200 · line 4,797",
            "a · 레코드 1,200 · 4,797번째 줄",
        ),
        ({"path": "a", "byte_offset": 9}, "a · byte 9", "a · 바이트 9"),
        ({}, "", ""),
    ],
)
def test_places(location: dict[str, Any], en: str, ko: str) -> None:
    assert place(location) == Text(en, ko)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "count", "–"),
        (1234567, "count", "1,234,567"),
        (150.0, "bp", "150 bp"),
        (85.542, "bp", "85.54 bp"),
        (0.41224, "fraction", "41.22 %"),
        (0.00001, "fraction", "0.001 %"),
        (0, "fraction", "0.00 %"),
        ("Illumina 1.5", "text", "Illumina 1.5"),
        (777486, "bytes", "777.5 kB"),
    ],
)
def test_quantities(value: float | str | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_sizes_and_short_counts() -> None:
    assert [size(number) for number in (12, 5_100_000_000)] == ["12 B", "5.1 GB"]
    assert [short_count(number) for number in (9999, 12_345, 1_234_567, 2.5e9)] == [
        "9,999",
        "12.3 k",
        "1.23 M",
        "2.5 G",
    ]


def test_backticks_become_code_and_nothing_else_markup() -> None:
    english, korean = both(Text("run `a <b>`", "실행 `a`")).split("</span>")[:2]
    assert english == '<span class="en" lang="en">run <code>a &lt;b&gt;</code>'
    assert korean == '<span class="ko" lang="ko">실행 <code>a</code>'
    assert both(Text("same", "same")) == "same"


def test_a_page_says_where_the_run_stands_or_why_not() -> None:
    rows = [
        {"metric": "mean_phred", "value": 31.25, "percentile": 48.0, "run_count": 1203},
        {"metric": "frac_bases_q30", "value": 0.61, "percentile": 1.7, "run_count": 1203},
    ]
    place = {"run_key": "RUN_1", "platform": "<b>", "library_strategy": "wgs", "research_field": "seed_crop"}
    known = {"version": 4, "sha256": "a" * 64, "minimum_runs": 30}
    verdict = {"reference": known, "peers": [{**place, "run_count": 1203, "metrics": rows}]}

    html = peers_section(verdict, "RUN_1")

    assert html.index("1.7") < html.index("48")
    assert '<span class="mark fair">1.7</span>' in html
    assert "61.00 %" in html
    assert "&lt;b&gt; · wgs · seed_crop; reference 4" in html
    assert "fewer than 30 runs" in peers_section({**verdict, "peers": []}, "RUN_1")
    assert "no reference yet" in peers_section({"reference": None, "peers": []}, "RUN_1")
    assert peers_section({}, "RUN_1") == ""
    data = qc_file("a.fastq.gz", reads=10)
    assert html in run_page.render_run(qc_run("RUN_1", [data]), [data], [], peers=html)
