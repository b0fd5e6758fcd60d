"""The content digest: the same for the same content however it was written down, another for any other content."""

import dataclasses
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsqc.catalog.intake import Intake, IntakeFile
from dsqc.model import Cell, Row, Sheet, Submission, Verdict
from helpers.results import Judged

DIGEST = "0" * 64


def intake(judged: Judged, **more: Any) -> Intake:
    values: dict[str, Any] = {
        "name": judged.name,
        "submission": judged.submission(),
        "files": {"a.fastq": IntakeFile("a.fastq", 1, "m", DIGEST)},
        "form": {},
        "runs": {},
        "findings": (),
        "verdict": Verdict.PASS,
        "verdict_sha256": DIGEST,
    }
    return Intake(**{**values, **more})


def changed(sheet: Sheet, number: int, attribute: str, value: str) -> Sheet:
    rows = list(sheet.rows)
    cells = {**rows[number].cells, attribute: rows[number].cells[attribute]._replace(value=value)}
    rows[number] = dataclasses.replace(rows[number], cells=cells)
    return dataclasses.replace(sheet, rows=tuple(rows))


@given(st.integers(0, 50), st.text("AZ", min_size=1, max_size=3), st.text(max_size=5))
def test_where_a_value_stood_and_how_it_was_written_does_not_matter(shift: int, column: str, blank: str) -> None:
    submission = Judged().submission()
    moved = {
        name: Sheet(
            name,
            "submission.xlsx",
            (),
            tuple(
                Row(
                    name,
                    row.number + shift,
                    {
                        key: Cell(cell.value, blank + cell.raw, row.number + shift, column)
                        for key, cell in reversed(row.cells.items())
                    }
                    | {"empty_column": Cell("", blank, row.number, column)},
                )
                for row in sheet.rows
            ),
        )
        for name, sheet in submission.sheets.items()
    }

    other = intake(Judged(), submission=Submission(moved), verdict_sha256="1" * 64, name="of-another-batch")

    assert other.content_sha256() == intake(Judged()).content_sha256()


@given(st.data())
def test_any_other_value_is_other_content(data: st.DataObject) -> None:
    submission = Judged().submission()
    name = data.draw(st.sampled_from(sorted(submission.sheets)))
    sheet = submission.sheets[name]
    number = data.draw(st.integers(0, len(sheet.rows) - 1))
    attribute = data.draw(st.sampled_from(sorted(sheet.rows[number].cells)))
    before = sheet.rows[number].get(attribute)
    value = data.draw(st.text(max_size=8).filter(lambda text: text != before))

    sheets = {**submission.sheets, name: changed(sheet, number, attribute, value)}

    assert intake(Judged(), submission=Submission(sheets)).content_sha256() != intake(Judged()).content_sha256()


def test_other_bytes_or_another_file_is_other_content() -> None:
    one = IntakeFile("a.fastq", 1, "m", DIGEST)
    digests = {
        intake(Judged(), files=files).content_sha256()
        for files in (
            {"a.fastq": one},
            {"a.fastq": dataclasses.replace(one, sha256="1" * 64)},
            {"b.fastq": one},
            {"a.fastq": one, "b.fastq": one},
        )
    }
    assert len(digests) == 4


def test_who_submits_is_the_address_without_regard_to_case() -> None:
    assert intake(Judged(email="Kim@Institute.RE.kr")).submitter == "kim@institute.re.kr"
    nobody = intake(Judged(email="", extra={"submitter_organization_en": "Rice Institute"}))
    assert nobody.submitter == "rice institute"
