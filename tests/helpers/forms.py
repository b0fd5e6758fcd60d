"""Records that fill a form: for tests of forms, rules and whole submissions."""

from dsqc.forms import Attribute, Form, Requirement, Ties
from dsqc.model import Cell, Row, Sheet, Submission

Record = dict[str, list[dict[str, str]]]

LINKS = {
    "submission": {"bioproject": "project-1"},
    "project": {"project_alias": "project-1"},
    "sample": {"sample_name": "S1", "taxonomy_id": "4530"},
    "experiment": {"library_id": "lib-1", "sample_name": "S1"},
    "run": {"run_alias": "run-1", "library_id": "lib-1"},
    "file": {"file_name": "S1.fastq.gz", "run_alias": "run-1"},
}
"""Names that tie the rows of a record together."""


def minimal_record(form: Form) -> Record:
    """One row a sheet with the examples of what is mandatory, of one member of each group, and nothing else."""
    record: Record = {}
    for name, sheet in form.sheets.items():
        mandatory = [item for item in sheet.attributes.values() if item.requirement is Requirement.MANDATORY]
        grouped = [sheet.attributes[members[0]] for members in sheet.groups().values()]
        row = {item.name: example(form, item) for item in (*mandatory, *grouped)}
        record[name] = [row | LINKS[name]]
    while added := _missing_conditional(form, record):
        for sheet_name, attribute in added:
            record[sheet_name][0][attribute.name] = example(form, attribute)
    return record


def example(form: Form, attribute: Attribute) -> str:
    """The attribute's example; for what names the form, this form."""
    own = {"form_id": form.id, "form_version": form.version, "package": form.package}
    return own.get(attribute.name, attribute.example) if attribute.layer == "core" else attribute.example


def to_submission(record: Record) -> Submission:
    """The record as if it had been read from TSV."""
    sheets = {}
    for name, rows in record.items():
        held = tuple(
            Row(name, number, {key: Cell(value, value, number, "A") for key, value in row.items()})
            for number, row in enumerate(rows, start=2)
        )
        sheets[name] = Sheet(name, f"{name}.tsv", (), held)
    return Submission(sheets)


def _missing_conditional(form: Form, record: Record) -> list[tuple[str, Attribute]]:
    submission = to_submission(record)
    ties = Ties(submission)
    return [
        (sheet, item)
        for sheet in form.sheets
        for row in submission.rows(sheet)
        for item in form.columns(sheet).values()
        if item.requirement is Requirement.CONDITIONAL
        and not row.get(item.name)
        and item.condition is not None
        and item.condition.holds(ties.values(row))
    ]
