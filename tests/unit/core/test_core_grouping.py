"""Groups of findings: one line a fault, all its rows, its commonest values, in an order to work by."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsqc.findings import Finding, FindingLog, Location, Suggestion, finding
from dsqc.grouping import FindingGroup, parse_rows, row_ranges, row_text
from dsqc.language import Language

SOME = st.builds(
    lambda code, attribute, row, value: finding(
        code, Location("sample.tsv", "sample", row, "C", attribute), value=value
    ),
    st.sampled_from(["DSQC-T015", "DSQC-T008", "DSQC-S011"]),
    st.sampled_from(["tissue", "sex"]),
    st.integers(2, 300),
    st.sampled_from(["a", "b", "c", "d", "e", "f", "g"]),
)


def at(row: int, code: str = "DSQC-T015", attribute: str = "tissue", **more: Any) -> Finding:
    return finding(code, Location("sample.tsv", "sample", row, "C", attribute), **more)


def test_two_thousand_rows_are_one_line_with_all_of_them() -> None:
    (group,) = FindingLog(at(row) for row in range(2011, 11, -1)).groups()
    assert (group.count, group.row_count, group.rows) == (2000, 2000, ((12, 2011),))
    assert group.place().get(Language.EN) == "sample.tsv sample C12–C2011 (2,000 rows) tissue"
    assert group.place().get(Language.KO) == "sample.tsv sample C12–C2011 (2,000행) tissue"
    assert group.first.location.row == 12


def test_a_single_finding_reads_as_its_place() -> None:
    (group,) = FindingLog([at(7)]).groups()
    assert group.place().en == "sample.tsv sample C7 tissue"


def test_the_commonest_values_are_named_with_what_they_probably_should_be() -> None:
    log = FindingLog(at(row, value="M", suggestion=Suggestion("male", 0.7)) for row in range(2, 12))
    log.extend(at(row, value=f"v{row}") for row in range(20, 30))
    (group,) = log.groups()
    assert group.values[0].to_dict() == {"value": "M", "count": 10, "suggestion": "male"}
    assert group.value_text() == '"M" → "male" ×10, "v20" ×1, "v21" ×1, "v22" ×1, "v23" ×1, … +6'


def test_errors_come_first_then_what_one_correction_mends_most_of() -> None:
    log = FindingLog(at(row, "DSQC-T008", value="same") for row in range(2, 200))
    log.extend(at(row, "DSQC-S011", "collection_date", value=f"2021/{row}") for row in range(2, 90))
    log.extend(at(row, "DSQC-T015", value="") for row in range(2, 6))
    assert [group.first.code for group in log.groups()] == ["DSQC-T015", "DSQC-S011", "DSQC-T008"]


def test_findings_of_a_data_file_are_counted() -> None:
    log = FindingLog(finding("DSQC-D001", Location("a.fastq", record=n), value=str(n)) for n in range(1, 5000))
    (group,) = log.groups()
    assert (group.count, group.rows, group.value_count) == (4999, (), 1)
    assert group.place().en == "a.fastq record 1 (+4,998)"


def test_the_same_fault_of_many_files_is_one_line() -> None:
    log = FindingLog(finding("DSQC-F008", Location(f"{n}.fastq"), object_id=f"{n}.fastq") for n in range(40))
    (group,) = log.groups()
    assert group.place().get(Language.EN) == "0.fastq and 39 more files"
    assert group.place().get(Language.KO) == "0.fastq 외 파일 39개"
    assert group.value_text().endswith(", … +35")


@given(st.lists(SOME, max_size=120), st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_order_or_parts_or_on_being_written_down(items: list[Finding], chance: object) -> None:
    whole = FindingLog(items)
    shuffled = list(items)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    merged = FindingLog(shuffled[: len(items) // 2])
    merged.merge(FindingLog(shuffled[len(items) // 2 :]))
    assert merged.groups_to_list() == whole.groups_to_list()
    assert sum(group.count for group in whole.groups()) == len(items)
    read = FindingLog()
    read.take(whole.to_list(), whole.groups_to_list())
    assert read.groups_to_list() == whole.groups_to_list()
    assert read.to_list() == whole.to_list()


@given(st.lists(SOME, min_size=1, max_size=60))
def test_plain_data_and_back(items: list[Finding]) -> None:
    for group in FindingLog(items).groups():
        data = group.to_dict()
        assert FindingGroup.from_dict(data, Finding.from_dict(data["first"])) == group


@given(st.sets(st.integers(1, 400)))
def test_ranges_hold_exactly_the_rows(rows: set[int]) -> None:
    ranges = row_ranges(rows)
    assert [row for start, last in ranges for row in range(start, last + 1)] == sorted(rows)
    text = ",".join(f"{start}-{last}" if last > start else str(start) for start, last in ranges)
    assert parse_rows(text) == ranges


def test_ranges_for_people_end_somewhere() -> None:
    ranges = row_ranges([2, 3, 4, *range(10, 100, 2)])
    assert row_text(ranges, "D", most=3) == "D2–D4, D10, D12, …"
