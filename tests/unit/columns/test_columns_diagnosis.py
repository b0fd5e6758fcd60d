"""Cells that do not fit their column: what is found, what is suggested, and what is rightly left alone."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.columns import RemarkKind
from dsqc.columns.block import block_remark
from dsqc.columns.reading import Kind
from dsqc.columns.spelling import fingerprint
from helpers.columns import column, diagnosed, meant, remarks, sheet

MANY = ["male"] * 12 + ["female"] * 10


def test_what_is_counted() -> None:
    found = column(["leaf", "leaf ", "root", "", "N/A", "missing", "3"])
    assert (found.row_count, found.filled, found.said, found.missing_terms, found.untidy) == (7, 6, 4, 1, 1)
    assert found.fill_rate == pytest.approx(6 / 7)
    assert found.counts["leaf"] == 2
    assert found.kinds == {Kind.TEXT: 3, Kind.MISSING: 2, Kind.NUMBER: 1}


# Spellings.
@pytest.mark.parametrize("odd", ["Male", "MALE", "ｍａｌｅ", "M", "수컷"])
def test_spellings_of_one_value(odd: str) -> None:
    assert meant([*MANY, odd], RemarkKind.SPELLING) == {odd: "male"}


@pytest.mark.parametrize(
    ("common", "odd"),
    [("heat shock", "Heat-shock"), ("heat shock", "heat  shock"), ("drought", "drougth"), ("drought", "drougt")],
)
def test_hyphens_blanks_and_slips(common: str, odd: str) -> None:
    assert meant([common] * 8 + ["control"] * 8 + [odd], RemarkKind.SPELLING) == {odd: common}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CD4+", "CD4-"),
        ("plot 11", "plot 12"),
        ("1.5 %v", "15 %v"),
        ("treatment A", "treatment B"),
        ("rice", "mice"),
        ("KO-A", "KO-B"),
        ("line 1A", "line 1B"),
    ],
)
def test_what_differs_by_meaning_is_left_alone(one: str, other: str) -> None:
    assert meant([one] * 12 + [other, other], RemarkKind.SPELLING) == {}


def test_the_commonest_spelling_is_meant_and_a_person_decides() -> None:
    found = remarks(["Leaf"] * 3 + ["leaf"] * 9, RemarkKind.SPELLING)
    assert [(item.value, item.rows) for item in found] == [("Leaf", (2, 3, 4))]
    assert found[0].suggestion is not None
    assert found[0].suggestion.confidence < 0.9


def test_names_of_rows_are_not_compared() -> None:
    assert meant([f"Sample{letter}{n}" for n in range(20) for letter in "aA"], RemarkKind.SPELLING) == {}


def test_a_column_with_a_vocabulary_has_rules_of_its_own() -> None:
    assert meant(["male"] * 5 + ["Male"], RemarkKind.SPELLING, "sex", known=True) == {}


@given(st.text(max_size=40))
def test_a_fingerprint_does_not_change_with_letter_case_or_outer_blanks(value: str) -> None:
    assert fingerprint(f"  {value} ") == fingerprint(value)
    if value.isascii():
        assert fingerprint(value.upper()) == fingerprint(value.lower()) == fingerprint(value)


# Outliers.
def test_a_number_behind_a_gap_is_far() -> None:
    acidity = [f"{6.5 + n % 10 / 10:.1f}" for n in range(40)]
    assert meant([*acidity, "72"], RemarkKind.OUTLIER) == {"72": None}
    assert meant([*acidity, "8.1"], RemarkKind.OUTLIER) == {}


def test_long_tails_have_no_outlier() -> None:
    chance = random.Random(5)
    sizes = [f"{chance.lognormvariate(10, 2):.0f}" for _ in range(400)]
    assert meant(sizes, RemarkKind.OUTLIER) == {}


def test_taxonomy_ids_are_no_amounts() -> None:
    assert meant(["4530"] * 30 + ["2697049"], RemarkKind.OUTLIER, "taxonomy_id", known=True) == {}


def test_a_date_of_another_century() -> None:
    days = [f"2021-{n % 12 + 1:02d}-10" for n in range(30)]
    assert meant([*days, "1921-05-10"], RemarkKind.OUTLIER) == {"1921-05-10": None}
    assert meant([*days, "2019-05-10"], RemarkKind.OUTLIER) == {}


def test_few_values_tell_nothing() -> None:
    assert meant(["1", "2", "3", "9000"], RemarkKind.OUTLIER) == {}


def test_a_text_much_longer_than_the_rest() -> None:
    assert list(meant(["Suwon"] * 20 + ["Jeonju, " * 30], RemarkKind.LENGTH)) == [("Jeonju, " * 30).strip()]


# Mixtures.
def test_another_unit_than_the_rest() -> None:
    assert meant(["10 cm"] * 6 + ["0.1 m"], RemarkKind.UNITS) == {"0.1 m": None}
    assert meant(["10 cm"] * 6 + ["12"], RemarkKind.UNITS) == {"12": None}
    assert meant(["10 cm", "0.1 m"], RemarkKind.UNITS) == {}


def test_a_word_among_numbers() -> None:
    assert meant([*map(str, range(10, 40)), "tall"], RemarkKind.KINDS) == {"tall": None}
    assert meant([*map(str, range(10, 40)), "missing"], RemarkKind.KINDS) == {}


def test_lost_zeros() -> None:
    assert meant(["00412", "00087", "00003", "87"], RemarkKind.ZEROS) == {"87": "00087"}
    assert meant(["412", "87", "3"], RemarkKind.ZEROS) == {}
    assert meant(["00412", "00087", "00003", "123456"], RemarkKind.ZEROS) == {}


@pytest.mark.parametrize("length", [255, 32767])
def test_texts_that_end_where_fields_end(length: int) -> None:
    assert len(remarks(["x" * length], RemarkKind.CUT_OFF)) == 1
    assert remarks(["x" * (length - 1) + "."], RemarkKind.CUT_OFF) == []


def test_two_orders_of_day_and_month() -> None:
    assert list(meant(["25/03/2021", "13/04/2021", "05/06/2021", "04/25/2021"], RemarkKind.DATE_ORDER)) == [
        "04/25/2021"
    ]
    assert meant(["25/03/2021", "05/06/2021"], RemarkKind.DATE_ORDER) == {}


# Counting up.
def test_numbers_with_decimals_that_count_up() -> None:
    values = ["36.2", "37.1", "38.1", "39.1", "36.9"]
    found = remarks(values, RemarkKind.COUNTING)
    assert [(item.value, item.rows) for item in found] == [("38.1", (4,)), ("39.1", (5,))]
    assert {item.suggestion.value for item in found if item.suggestion} == {"37.1"}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([f"KCTC {n}" for n in range(1001, 1006)], "culture_source"),
        ([f"PRJNA{n}" for n in range(700001, 700004)], "study"),
        ([f"2021-03-{n:02d}" for n in range(1, 9)], "harvested"),
        ([f"{n} year" for n in range(37, 45)], "age"),
        ([f"{n}.5 N 127.1 E" for n in range(36, 40)], "place"),
    ],
)
def test_dragged_cells(values: list[str], name: str) -> None:
    assert [item.value for item in remarks(values, RemarkKind.COUNTING, name)] == values[1:]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([f"S{n}" for n in range(1, 30)], "thing"),
        ([f"Line {n}" for n in range(1, 30)], "cultivar"),
        ([str(n) for n in range(1, 30)], "thing"),
        ([str(n) for n in range(50, 90)], "replicate"),
        ([f"Plant {n}" for n in range(100, 130)], "sample_title"),
        ([f"SAMN{n}" for n in range(6443401, 6443420)], "biosample"),
        (["20.5", "21.5", "22.5"] * 6, "temperature"),
        (["0 h", "1 h", "2 h", "3 h"] * 4, "treatment"),
        (["37.1"] * 9, "temperature"),
    ],
)
def test_what_counts_up_by_its_nature(values: list[str], name: str) -> None:
    assert remarks(values, RemarkKind.COUNTING, name) == []


def test_a_taxonomy_id_never_counts_up() -> None:
    ids = ["4530", "4531", "4532", "4533"]
    assert list(meant(ids, RemarkKind.COUNTING, "taxonomy_id", known=True)) == ids[1:]


# Shifts.
SHIFTING = {
    "treatment": ["drought", "salt", "heat"] * 8,
    "ecotype": ["lowland", "upland"] * 12,
    "height": ["dwarf", "tall"] * 12,
}


def shifted(**cells: str) -> list[tuple[str, tuple[int, ...]]]:
    """What is found where the tenth row holds ``cells``."""
    columns = {name: list(values) for name, values in SHIFTING.items()}
    for name, value in cells.items():
        columns[name][9] = value
    return [
        (each.name, item.rows)
        for each in diagnosed(**columns).columns
        for item in each.remarks
        if item.kind is RemarkKind.SHIFTED
    ]


def test_values_that_stand_one_column_to_the_right() -> None:
    assert shifted(treatment="", ecotype="heat", height="lowland") == [("ecotype", (11,))]


def test_values_that_stand_one_column_to_the_left() -> None:
    assert shifted(treatment="upland", ecotype="tall", height="") == [("treatment", (11,))]


def test_one_wrong_value_is_no_shift() -> None:
    assert shifted(ecotype="heat") == []
    assert shifted() == []


def test_columns_of_a_form_know_what_fits_in_them() -> None:
    good = {"sex": ["female"] * 3, "taxonomy_id": ["4530"] * 3, "collection_date": ["2021-05-03"] * 3}
    bad = {
        "sex": ["female"] * 2 + [""],
        "taxonomy_id": ["4530"] * 2 + ["male"],
        "collection_date": ["2021"] * 2 + ["39947"],
    }
    for columns, expected in ((good, []), (bad, [("taxonomy_id", (4,))])):
        table = diagnosed(known=True, **columns)
        found = [(c.name, r.rows) for c in table.columns for r in c.remarks if r.kind is RemarkKind.SHIFTED]
        assert found == expected


# Blocks.
def test_rows_that_stand_twice() -> None:
    block = {"a": ["x", "y", "z", "w"] * 2, "b": ["1", "2", "3", "3"] * 2, "name": [f"S{n}" for n in range(8)]}
    table = diagnosed(**block)
    (remark,) = table.remarks
    assert remark.rows == (6, 7, 8, 9)
    assert "rows 6–9 hold the same as rows 2–5" in remark.expected.en


def test_replicates_are_no_block() -> None:
    made = sheet(a=["x"] * 6 + ["y"] * 6, b=["1"] * 6 + ["2"] * 6, name=[f"S{n}" for n in range(12)])
    assert block_remark(made, diagnosed(a=["x"] * 6 + ["y"] * 6, b=["1"] * 6 + ["2"] * 6).columns) is None


# All of it.
def test_free_text_of_two_thousand_rows_gives_no_remark() -> None:
    values = [f"a remark on plant number {n * 7919 % 10007} of the field" for n in range(2000)]
    assert column(values).remarks == []


@given(
    st.lists(
        st.tuples(
            *[st.one_of(st.sampled_from(["", "M", "male", "3", "4.5 cm", "2021-01-02", "N/A"]), st.text(max_size=8))]
            * 3
        ),
        max_size=40,
    )
)
@settings(max_examples=80, deadline=None)
def test_any_table_is_diagnosed(rows: list[tuple[str, str, str]]) -> None:
    columns = {name: [row[index] for row in rows] for index, name in enumerate(("sex", "age", "other"))}
    for known in (False, True):
        table = diagnosed(known=known, **columns)
        numbers = {row.number for row in table.sheet.rows}
        for each in table.columns:
            assert each.filled == sum(each.kinds.values())
            for remark in each.remarks:
                assert set(remark.rows) <= numbers
                assert all(row in each.where[remark.value] for row in remark.rows)
