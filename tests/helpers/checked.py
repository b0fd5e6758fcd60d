"""What the rules find in a submission that is made of tables, without a file."""

from collections.abc import Sequence
from datetime import date

from dsqc.findings import Finding
from dsqc.forms import compose, labels
from dsqc.rules import Context, check
from dsqc.submission import interpret
from dsqc.submission.table import Table, TableRow
from dsqc.submission.table import Tables as Read
from helpers.submissions import FIELD, PACKAGE, TODAY, Tables, add, good_tables, put


def findings_of(tables: Tables, field: str = FIELD, package: str = PACKAGE) -> list[Finding]:
    """Findings of the metadata rules, in their order."""
    sheets = {
        name: Table(name, f"{name}.tsv", tuple(TableRow(number, tuple(row)) for number, row in enumerate(rows, 1)))
        for name, rows in tables.items()
    }
    form = compose(field, package)
    submission, log = interpret(Read(sheets), labels(form))
    log.extend(check(submission, form, Context(date.fromisoformat(TODAY))))
    return list(log)


def samples(*rows: dict[str, str]) -> Tables:
    """The good submission with a sample a row; each has a name, a title and a cultivar of its own."""
    tables = good_tables()
    for number in range(2, len(rows) + 1):
        name = f"S{number}"
        add(tables, "sample", sample_name=name, sample_title=f"Sample {number}", cultivar=f"Line {number}")
        add(tables, "experiment", library_id=f"lib-{number}", sample_name=name)
        add(tables, "run", run_alias=f"run-{number}", library_id=f"lib-{number}")
        add(tables, "file", file_name=f"{name}.fastq.gz", run_alias=f"run-{number}", md5=f"{number:032d}")
    for number, values in enumerate(rows, 1):
        put(tables, "sample", number, **values)
    return tables


def columns_of(attribute: str, values: Sequence[str], **others: str) -> list[Finding]:
    """Findings on ``attribute`` of samples, one a value."""
    tables = samples(*({attribute: value, **others} for value in values))
    return [item for item in findings_of(tables) if item.location.attribute == attribute]
