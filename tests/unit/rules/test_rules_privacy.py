"""The privacy rules over whole submissions: what they find, where, how heavy, and that nothing quotes a person."""

import json
from datetime import date

import pytest

from dsqc.findings import Finding, Suggestion
from dsqc.forms import compose, labels
from dsqc.registry import Severity
from dsqc.rules import Context, check
from dsqc.rules.privacy import is_of_person
from dsqc.station import Limits
from dsqc.submission import interpret
from dsqc.submission.table import Table, TableRow
from dsqc.submission.table import Tables as Read
from helpers.submissions import FIELD, PACKAGE, TODAY, Tables, add, good_tables, put
from rules.cases_privacy import person


def as_read(tables: Tables) -> Read:
    """Tables as a reader gives them."""
    return Read(
        {
            name: Table(name, f"{name}.tsv", tuple(TableRow(number, tuple(row)) for number, row in enumerate(rows, 1)))
            for name, rows in tables.items()
        }
    )


def findings(
    tables: Tables, *, form: tuple[str, str] = (FIELD, PACKAGE), limits: Limits | None = None
) -> list[Finding]:
    composed = compose(*form)
    submission, _log = interpret(as_read(tables), labels(composed))
    return list(check(submission, composed, Context(date.fromisoformat(TODAY), limits or Limits())))


def with_cell(sheet: str, **values: str) -> Tables:
    tables = good_tables()
    put(tables, sheet, **values)
    return tables


def people(count: int, **columns: list[str]) -> Tables:
    """So many samples, each of another person."""
    tables = good_tables()
    person(tables)
    for number in range(1, count):
        name = f"S{number + 1}"
        add(tables, "sample", sample_name=name, sample_title=name, isolate=f"P{number}", subject_id=f"P000{number}")
    for column, values in columns.items():
        for number, value in enumerate(values):
            put(tables, "sample", number + 1, **{column: value})
    return tables


HUMAN = ("public_health", "Human")


def rare(tables: Tables, **limits: int) -> list[Finding]:
    found = findings(tables, form=HUMAN, limits=Limits(**limits))
    return [item for item in found if item.code == "DSQC-H009"]


def test_no_finding_of_a_submission_quotes_a_person() -> None:
    tables = with_cell("sample", sample_name="홍길동 900101-1234567", treatment="call 010-1234-5678, ℃, a.b@c.kr")
    put(tables, "experiment", sample_name="홍길동 900101-1234567")
    put(tables, "file", file_name="kimminsu.fastq.gz")
    found = findings(tables)
    text = json.dumps([item.to_dict() for item in found], ensure_ascii=False)
    assert {"DSQC-H001", "DSQC-H002", "DSQC-H003", "DSQC-H004", "DSQC-S002", "DSQC-T009"} <= {f.code for f in found}
    for secret in ("홍길동", "1234567", "1234-5678", "a.b@c.kr", "kimminsu"):
        assert secret not in text
    for shown in ("홍** 900101-1******", "010-****-5678", "a***@c.kr", "kim*****.fastq.gz"):
        assert shown in text
    places = {(item.location.sheet, item.location.row, item.location.attribute) for item in found}
    assert ("sample", 2, "treatment") in places


@pytest.mark.parametrize(
    ("value", "severity"), [("900101-1234567", Severity.ERROR), ("9001011234567", Severity.WARNING)]
)
def test_only_the_hyphen_makes_a_resident_number_sure(value: str, severity: Severity) -> None:
    assert [(item.code, item.severity) for item in findings(with_cell("sample", treatment=value))] == [
        ("DSQC-H001", severity)
    ]


def test_contact_fields_take_numbers_and_addresses_of_people_but_no_resident_number() -> None:
    assert findings(with_cell("submission", submitter_name_en="Kim, Minsu 010-1234-5678 a@b.kr")) == []
    assert [item.code for item in findings(with_cell("submission", submitter_name_en="Kim 900101-1234567"))] == [
        "DSQC-H001"
    ]


def test_columns_that_the_form_does_not_know_are_looked_at_too() -> None:
    assert {item.code for item in findings(with_cell("sample", 연락처="010-1234-5678"))} == {"DSQC-T006", "DSQC-H002"}


def test_sizes_and_checksums_are_no_numbers_of_people() -> None:
    assert findings(with_cell("file", md5="0" * 19 + "9001011234567", size_bytes="90010112345")) == []


def test_names_are_judged_where_they_are_given_only() -> None:
    tables = with_cell("sample", sample_name="kim minsu")
    put(tables, "experiment", sample_name="kim minsu")
    assert [(item.code, item.location.sheet) for item in findings(tables)] == [("DSQC-H004", "sample")]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("93 year", Suggestion("90 or over", 1.0)),
        ("1080 month", Suggestion("90 or over", 0.9)),
        ("85-95 year", Suggestion("90 or over", 1.0)),
        ("89 year", None),
        ("1000 month", None),
        ("90 or over", None),
    ],
)
def test_old_age(value: str, meant: Suggestion | None) -> None:
    found = [item for item in findings(people(1, age=[value]), form=HUMAN) if item.code == "DSQC-H005"]
    assert [item.suggestion for item in found] == ([] if meant is None else [meant])
    assert all(value not in item.value for item in found)


def test_old_trees_are_no_people() -> None:
    assert findings(with_cell("sample", age="120 year", dev_stage="")) == []


def test_who_is_a_person() -> None:
    def row(**values: str) -> bool:
        submission, _log = interpret(as_read(with_cell("sample", **values)), labels(compose(FIELD, PACKAGE)))
        return is_of_person(submission.rows("sample")[0])

    assert row(organism="Homo sapiens")
    assert row(taxonomy_id="9606")
    assert row(organism="SARS-CoV-2", host="human")
    assert not row(organism="Bos taurus", taxonomy_id="9913")


def test_personal_information_without_consent_is_refused() -> None:
    tables = people(1, third_party_provision_consent=["no"])
    assert [(item.code, item.location.attribute) for item in findings(tables, form=HUMAN)] == [
        ("DSQC-H006", "third_party_provision_consent")
    ]


def test_no_number_of_an_approval_but_an_exemption() -> None:
    assert [item.code for item in findings(people(1, irb_approval_no=["missing"]), form=HUMAN)] == ["DSQC-H007"]
    assert findings(people(1, irb_approval_no=["not applicable"]), form=HUMAN) == []


def test_a_combination_that_only_one_person_has() -> None:
    tables = people(3, age=["34 year", "34 year", "71 year"], sex=["female", "female", "male"])
    found = rare(tables)
    assert [(item.location.row, item.object_id) for item in found] == [(4, "S3")]
    assert "71" not in str(found[0].to_dict())


def test_samples_of_one_person_do_not_hide_it() -> None:
    tables = people(3, age=["34 year", "71 year", "71 year"], subject_id=["P1", "P2", "P2"])
    assert [item.location.row for item in rare(tables)] == [2, 3, 4]


def test_how_many_must_share_is_the_stations() -> None:
    tables = people(3, age=["34 year"] * 3)
    assert rare(tables) == []
    assert len(rare(tables, anonymity=4)) == 0  # a cohort of three is no cohort of four
    assert len(rare(people(3, age=["34 year", "34 year", "35 year"]), anonymity=3)) == 3


def test_closed_data_show_nobody_and_no_place() -> None:
    tables = people(2, age=["34 year", "71 year"])
    put(tables, "submission", access_level="closed")
    assert rare(tables) == []


def test_an_exact_place_is_suggested_coarse() -> None:
    tables = with_cell("sample", lat_lon="37.56651 N 126.97812 E", sensitive_location="yes")
    (found,) = findings(tables)
    assert found.suggestion == Suggestion("37.6 N 127.0 E", 1.0)
    assert found.value == "37.5* N 126.9* E"
