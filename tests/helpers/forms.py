"""Records that fill a form: for tests of forms, rules and whole submissions."""

from collections.abc import Iterable

from dsqc.forms import Form
from dsqc.forms.examples import Record, as_submission, example_record

__all__ = ["LINKS", "Record", "minimal_record", "to_submission"]

LINKS = {
    "submission": {"bioproject": "project-1"},
    "project": {"project_alias": "project-1"},
    "sample": {"sample_name": "S1"},
    "experiment": {"library_id": "lib-1", "sample_name": "S1"},
    "run": {"run_alias": "run-1", "library_id": "lib-1"},
    "file": {"file_name": "S1.fastq.gz", "run_alias": "run-1"},
}
"""Short names that tie the rows of a record together."""


def minimal_record(form: Form, modules: Iterable[str] = ()) -> Record:
    """One row a sheet with what is mandatory in it, under short names; of the two files only the first."""
    record = example_record(form, minimal=True, modules=modules)
    return {sheet: [rows[0] | LINKS[sheet]] for sheet, rows in record.items()}


to_submission = as_submission
