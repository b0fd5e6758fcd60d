"""Findings: texts, places, the cap, and an order that does not depend on who comes first."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.errors import SystemFault
from dsqc.findings import KEPT_PER_GROUP, LONGEST_VALUE, Finding, FindingLog, Location, finding
from dsqc.language import Language
from dsqc.registry import Severity

CODES = ("DSQC-T015", "DSQC-T008", "DSQC-S011", "DSQC-D017")
SOME = st.builds(
    lambda code, sheet, row, value: finding(code, Location(f"{sheet}.tsv", sheet, row, "B", "tissue"), value=value),
    st.sampled_from(CODES),
    st.sampled_from(["sample", "run"]),
    st.integers(2, 60),
    st.sampled_from(["a", "b"]),
)


def test_texts_come_from_the_registry_with_the_values_put_in() -> None:
    item = finding(
        "DSQC-S011", Location("s.tsv", "sample", 4, "E", "collection_date"), value="2021/13/02", expected="YYYY"
    )
    assert item.message(Language.EN) == 'collection_date: "2021/13/02" is no ISO 8601 date. Allowed: YYYY.'
    assert item.message(Language.KO).startswith('collection_date: "2021/13/02"')
    assert (item.severity, item.object, str(item.location)) == (
        Severity.ERROR,
        "sample",
        "s.tsv sample E4 collection_date",
    )


def test_korean_parameters_stand_in_korean_texts_only() -> None:
    item = finding("DSQC-T028", value="run", expected="one row", expected_ko="한 행")
    assert "one row" in item.message(Language.EN)
    assert "한 행" in item.message(Language.KO)
    assert "one row" not in item.message(Language.KO)


def test_braces_of_a_value_are_no_template() -> None:
    assert '"{value} {0} {"' in finding("DSQC-T008", value="{value} {0} {").message(Language.EN)


def test_an_unknown_place_or_parameter_stays_visible() -> None:
    assert finding("DSQC-D001", value="x", expected="y").message(Language.EN).startswith("Record ? (byte ?)")
    assert "{module}" in finding("DSQC-X008").message(Language.EN)


def test_long_values_are_shortened() -> None:
    item = finding("DSQC-T019", value="x" * 10_000)
    assert len(item.value) == LONGEST_VALUE
    assert item.value.endswith("…")


def test_a_severity_may_be_given() -> None:
    assert finding("DSQC-T019", severity=Severity.WARNING).severity is Severity.WARNING


def test_an_unknown_code_is_our_fault() -> None:
    with pytest.raises(SystemFault, match="DSQC-Z999"):
        finding("DSQC-Z999")


@given(st.lists(SOME, max_size=80), st.randoms(use_true_random=False))
def test_a_log_does_not_depend_on_the_order_of_adding(items: list[Finding], chance: object) -> None:
    whole = FindingLog(items)
    shuffled = list(items)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    half = len(items) // 2
    merged = FindingLog(shuffled[:half])
    merged.merge(FindingLog(shuffled[half:]))
    assert merged.to_list() == whole.to_list()
    assert merged.counts() == whole.counts()
    assert len(merged) == len(items)


@given(st.lists(SOME, max_size=80))
def test_counts_are_kept_whatever_is_cut(items: list[Finding]) -> None:
    log = FindingLog(items)
    assert sum(item.count for item in log) == len(items)
    for _group, kept in itertools.groupby(sorted(log, key=lambda item: item.group), key=lambda item: item.group):
        assert len(list(kept)) <= KEPT_PER_GROUP


def test_the_first_twenty_of_a_code_and_file_are_kept_and_the_rest_counted() -> None:
    log = FindingLog(finding("DSQC-T015", Location("s.tsv", "sample", row)) for row in range(100, 1, -1))
    kept = list(log)
    assert [item.location.row for item in kept] == list(range(2, 2 + KEPT_PER_GROUP))
    assert (kept[-1].count, kept[-1].truncated, kept[0].truncated) == (99 - KEPT_PER_GROUP + 1, True, False)


@given(SOME)
def test_plain_data_and_back(item: Finding) -> None:
    assert Finding.from_dict(item.to_dict()) == item


def test_a_log_knows_its_errors() -> None:
    assert FindingLog([finding("DSQC-T015")]).has_errors
    assert not FindingLog([finding("DSQC-T008"), finding("DSQC-D017")]).has_errors
    assert FindingLog().counts() == {"error": 0, "warning": 0, "info": 0}


def test_columns_sort_as_a_spreadsheet_does() -> None:
    places = [Location("s", "sample", 2, column) for column in ("AB", "B", "AA", "Z")]
    assert [place.column for place in sorted(places, key=lambda place: place.sort_key)] == ["B", "Z", "AA", "AB"]
