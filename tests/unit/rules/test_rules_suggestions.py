"""What findings suggest: the value that was meant, how surely, and nothing where only a person can tell."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.findings import CERTAIN
from dsqc.forms import compose, value_fault
from dsqc.rules.repair import suggest_value
from dsqc.rules.spelling import LIKELY, Words, plain_letters, suggest_ascii
from dsqc.stages.validate import validate
from helpers.submissions import FIELD, PACKAGE, TODAY, good_tables, write_tsv
from rules.edits import Edit, both, cell, chain, heading, second

COLUMNS = {sheet: compose(FIELD, PACKAGE).columns(sheet) for sheet in ("submission", "sample", "experiment", "file")}
AGRICULTURE = compose("smart_agriculture", "Agriculture").columns("sample")


def suggestions(folder: Path, edit: Edit) -> list[tuple[str, str, float]]:
    """Code, value and confidence of every suggestion that a submission with one edit gives."""
    tables = good_tables()
    edit(tables)
    found = validate(write_tsv(folder, tables), None, today=date.fromisoformat(TODAY), with_files=False).findings
    return [
        (item.code.removeprefix("DSQC-"), item.suggestion.value, item.suggestion.confidence)
        for item in found
        if item.suggestion is not None
    ]


@pytest.mark.parametrize(
    ("edit", "code", "value", "confidence"),
    [
        (cell("sample", treatment=" no  water"), "T008", "no water", 1.0),
        (cell("sample", tissue="Not Applicable"), "T012", "not applicable", 1.0),
        (cell("sample", sex="Female"), "T018", "female", 1.0),
        (cell("sample", sex="femal"), "T017", "female", LIKELY),
        (cell("sample", collection_date="2016-07-10T11:43+09:00"), "S014", "2016-07-10T02:43Z", 1.0),
        (cell("sample", geo_loc_name="Korea:Seoul"), "S016", "South Korea:Seoul", 1.0),
        (cell("sample", geo_loc_name="japan : Kanagawa,Hakone"), "S017", "Japan:Kanagawa, Hakone", 1.0),
        (cell("sample", geo_loc_name="Jpan:Tokyo"), "S015", "Japan:Tokyo", LIKELY),
        (cell("sample", treatment="not applicable"), "T014", "", CERTAIN),
        (cell("sample", treatment="N/A"), "T011", "", CERTAIN),
        (cell("sample", tissue="N/A"), "T011", "missing", CERTAIN),
        (cell("sample", tissue="해당없음"), "T011", "not applicable", 0.95),
        (cell("sample", tissue="추후 제공"), "T011", "not provided", 0.8),
        (cell("sample", collection_date="44260"), "S011", "2021-03-05", CERTAIN),
        (cell("sample", collection_date="2021.3.5"), "S011", "2021-03-05", 1.0),
        (cell("run", run_date="2026/1/31"), "T019", "2026-01-31", 1.0),
        (cell("sample", taxonomy_id="4530.0"), "T020", "4530", 1.0),
        (cell("sample", taxonomy_id="txid4530"), "T020", "4530", 0.95),
        (cell("experiment", library_layout="PAIRED", insert_size="350 bp"), "X006", "350", 0.8),
        (cell("sample", height_or_length="10cm"), "T021", "10 cm", 1.0),
        (cell("sample", height_or_length="10 센티미터"), "T021", "10 cm", 1.0),
        (cell("sample", height_or_length="1,200 cm"), "T021", "1200 cm", CERTAIN),
        (cell("sample", height_or_length="3,5 cm"), "T021", "3.5 cm", CERTAIN),
        (cell("sample", height_or_length="5~10cm"), "T021", "5-10 cm", 1.0),
        (cell("sample", height_or_length="1.5 ft"), "T021", "45.72 cm", 0.8),
        (cell("sample", treatment="37 ℃"), "T009", "37 degree Celsius", 0.95),
        (cell("sample", treatment="ｄｒｏｕｇｈｔ １"), "T009", "drought 1", 1.0),
        (cell("file", md5="D41D8CD98F00B204 E9800998ECF8427E"), "F005", "D41D8CD98F00B204E9800998ECF8427E", 1.0),
        (cell("file", file_name="data/S1.fastq.gz"), "F014", "S1.fastq.gz", CERTAIN),
        (cell("file", file_name="S 1.fastq.gz"), "F001", "S_1.fastq.gz", 0.6),
        (cell("submission", form_version="1.0"), "T027", "1.0.0", CERTAIN),
        (cell("submission", form_id="seed-crop"), "T027", "seed_crop", 1.0),
        (cell("submission", package="Plant_fung"), "T024", "Plant_fungi", LIKELY),
        (both(chain, second("experiment", sample_name="s2")), "X001", "S2", 1.0),
        (both(chain, second("run", library_id="lin-2")), "R001", "lib-2", 0.8),
        (both(chain, second("file", run_alias="RUN-2")), "T029", "run-2", 1.0),
        (cell("sample", derived_from="KAS00000001; s1"), "S032", "KAS00000001; S1", 1.0),
        (cell("sample", treatmnt="drought"), "T004", "treatment", LIKELY),
        (cell("sample", **{"Temperature (°C)": "20"}), "T006", "", 0),
        (heading("sample", "collection-date (yyyy)"), "T004", "", 0),
        (cell("sample", collection_date="2020-02/2019-01"), "S013", "2019-01/2020-02", 0.8),
    ],
)
def test_what_was_meant(edit: Edit, code: str, value: str, confidence: float, tmp_path: Path) -> None:
    found = [item for item in suggestions(tmp_path, edit) if item[0] == code]
    assert (code, value, confidence) in found if confidence else not [item for item in found if item[2] >= CERTAIN]


def test_a_heading_with_a_remark_is_renamed(tmp_path: Path) -> None:
    def edit(tables: dict[str, list[list[str]]]) -> None:
        headings = tables["sample"][0]
        headings[headings.index("tissue")] = "Tissue (부위)"

    assert ("T006", "tissue", CERTAIN) in suggestions(tmp_path, edit)


@pytest.mark.parametrize(
    "edit",
    [
        cell("sample", tissue="blood; urine"),
        cell("sample", treatment="가뭄 처리"),
        cell("sample", genotype="1-Sep"),
        cell("sample", collection_date="unknown"),
        cell("sample", collection_date="not collected"),
        cell("sample", height_or_length="tall"),
        cell("sample", sex="F?"),
        cell("experiment", insert_size_sd="-3"),
        cell("sample", tissue=""),
    ],
)
def test_what_only_a_person_can_tell(edit: Edit, tmp_path: Path) -> None:
    assert suggestions(tmp_path, edit) == []


@pytest.mark.parametrize(
    ("value", "plain", "confidence"),
    [
        ("ＡＢＣ－１", "ABC-1", 1.0),
        ("a\u200bb", "ab", 1.0),
        ("“quoted” – it’s", '"quoted" - it\'s', 1.0),
        ("5 µm × 2", "5 um x 2", 0.95),
        ("IFN-γ", "IFN-gamma", 0.7),
        ("10²", "102", 0.6),
    ],
)
def test_ascii(value: str, plain: str, confidence: float) -> None:
    found = suggest_ascii(value)
    assert found is not None
    assert (found.value, found.confidence) == (plain, confidence)


@pytest.mark.parametrize("value", ["시료", "José", "", "\u200b"])
def test_no_ascii(value: str) -> None:
    assert suggest_ascii(value) is None


def test_marks_between_digits_count() -> None:
    assert plain_letters("S-1") == plain_letters("s 1") == plain_letters("Ｓ１")
    assert plain_letters("S1.1") != plain_letters("S11")


def test_words_as_near_as_each_other_are_not_likely() -> None:
    found = Words(["sample-1", "sample-2"]).suggest("sample-3")
    assert found is not None
    assert found.confidence == 0.6
    assert Words(["a-b", "a b"]).suggest("ab") is None


@given(st.sampled_from(["leaf", "root tip", "Illumina NovaSeq 6000", "x"]), st.text(max_size=12))
def test_likeness_alone_is_never_certain(word: str, value: str) -> None:
    found = Words([word, "another word"]).suggest(value)
    if found is not None and plain_letters(found.value) != plain_letters(value):
        assert found.confidence < CERTAIN


@given(
    st.sampled_from([*COLUMNS["sample"].values(), *COLUMNS["experiment"].values(), *AGRICULTURE.values()]), st.text()
)
def test_a_suggestion_for_a_fault_of_form_is_allowed(attribute, value: str) -> None:  # type: ignore[no-untyped-def]
    fault = value_fault(attribute, value)
    found = suggest_value(attribute, value, fault) if fault else None
    if found is not None and found.confidence >= CERTAIN and attribute.pattern is not None:
        assert value_fault(attribute, found.value) is None
