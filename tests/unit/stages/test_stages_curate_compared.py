"""What a curator is shown beside the reasons: form against file, odd runs, individuals."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from dsqc.stages.curate import show
from dsqc.stages.curate_page import write_page
from helpers.results import Judged

INFERRED = {
    "attribute": "library_strategy", "declared": "WGS", "inferred": "AMPLICON", "agreement": "disagree",
    "probability": 0.98, "basis": "marker primer", "evidence": "<b>515F</b>: 93 %", "evidence_ko": "<b>515F</b>: 93 %",
    "sheet": "experiment", "row": 2, "form_attribute": "library_strategy", "file": "", "code": "DSQC-D039",
}  # fmt: skip
AGREED = INFERRED | {"attribute": "platform", "declared": "ILLUMINA", "agreement": "agree", "code": ""}
SIBLING = {
    "run_key": "r1", "metric": "gc_fraction", "value": 0.61, "median": 0.43, "robust_z": 22.0, "probability": 1e-9,
    "siblings": 24,
}  # fmt: skip
PAIR = {
    "runs": ["r1", "r2"], "relation": "same", "declared": "different", "sites": 1_915, "opposite_homozygotes": 0,
    "lod": 367.2, "probability": 1.0,
}  # fmt: skip


def check(found: Any) -> None:
    """Against the schema that dsqc publishes."""
    text = files("dsqc.schemas").joinpath("reports/catalog_review.schema.json").read_text(encoding="utf-8")
    jsonschema_rs.validate(json.loads(text), found)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A submission that waits, whose verdict says something beside its reasons."""
    folder: Path = Judged(verdict="review").write(tmp_path)[0]
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    identity = {"sites": 1_915, "runs": [], "pair_count": 1, "same_count": 1, "different_count": 0, "pairs": [PAIR]}
    verdict |= {
        "inferred": [{"run_key": "r1", "attributes": [INFERRED, AGREED]}], "siblings": [SIBLING], "identity": identity,
    }  # fmt: skip
    (folder / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    return folder


def test_it_is_in_what_is_shown(results: Path) -> None:
    found = show(results)
    check(found)
    told = found["compared"]
    assert (told["agree_count"], told["disagree_count"], told["unknown_count"]) == (1, 1, 0)
    assert [row["attribute"] for row in told["disagreements"]] == ["library_strategy"]
    assert "GC" in told["siblings"][0]["text"]
    assert "23 runs" in told["siblings"][0]["text"]
    assert "r1 / r2: of one individual (LOD 367.2" in told["individuals"][0]["text"]


def test_the_page_has_it_in_both_languages(results: Path, tmp_path: Path) -> None:
    write_page(results, show(results), tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    for text in ("Form against file", "신고한 값과 데이터의 비교", "AMPLICON", "98.0 %", "DSQC-D039"):
        assert text in html
    assert "&lt;b&gt;515F" in html  # what files say is text
    for text in ("Runs unlike their siblings", "Individuals", "of one individual", "같은 개체"):
        assert text in html


@pytest.mark.parametrize(("language", "text"), [("en", "form WGS, reads AMPLICON"), ("ko", "신고 WGS, 리드 AMPLICON")])
def test_the_terminal_has_it(results: Path, language: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["curate", "show", str(results), "--lang", language, "-q"]) == 0
    said = capsys.readouterr().out
    assert text in said
    assert "! r1 " in said


def test_verdicts_without_it_are_shown_as_before(tmp_path: Path) -> None:
    results: Path = Judged(verdict="review").write(tmp_path)[0]
    verdict: dict[str, Any] = json.loads((results / "verdict.json").read_text(encoding="utf-8"))
    for name in ("inferred", "siblings", "identity"):
        verdict.pop(name, None)
    (results / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    found = show(results)
    check(found)
    write_page(results, found, tmp_path / "page.html")
    assert "Form against file" not in (tmp_path / "page.html").read_text(encoding="utf-8")
