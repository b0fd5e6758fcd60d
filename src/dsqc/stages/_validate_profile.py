"""The column diagnosis of a submission as data and as a page, beside ``validate.json``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.columns import diagnose
from dsqc.columns.profile import profile_tables
from dsqc.forms import Form
from dsqc.model import Submission
from dsqc.report import profile_page
from dsqc.rules.columns import COLUMN_CODES

PROFILE = "profile.json"
PAGE = "profile.html"


def write_profile(
    results: Path,
    submission: Submission,
    form: Form | None,
    document: Mapping[str, Any],
    show: Callable[[str], str],
) -> None:
    """Write ``profile.json`` and ``profile.html``.

    Args:
        results: where to.
        submission: the sheets as they stand: the curator sees what was written, not what it was read as.
        form: what says what the columns mean.
        document: content of ``validate.json``.
        show: what makes a text fit to be shown: nothing that points at a person.
    """
    attributes = {name: form.columns(name) for name in form.sheets} if form else {}
    profile = {
        "schema_version": "1.0",
        "dsqc_version": document["dsqc_version"],
        "form": document["form"],
        "rule_set_version": document["rule_set_version"],
        "vocabularies": document["vocabularies"],
        "submission_alias": document["submission_alias"],
        "sheets": profile_tables(diagnose(submission, attributes), COLUMN_CODES, show),
    }
    artefact.write_json(results / PROFILE, profile)
    artefact.write_text(results / PAGE, profile_page.render(profile, document["groups"]))
