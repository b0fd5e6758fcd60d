"""Which form a submission is to be judged by."""

from dsqc.findings import CERTAIN, Finding, Location, Suggestion, finding
from dsqc.forms import Form, ResearchField, VersionStatus, compose, load_fields, vocabulary
from dsqc.model import Submission
from dsqc.rules.spelling import Words

PACKAGES = "kbds_biosample_packages"


def identify(submission: Submission, *, kbds_strict: bool = False) -> tuple[Form | None, list[Finding]]:
    """The form that the ``submission`` sheet names.

    ``None`` where it names none that exists (T027) or a package that the form does not take (T024): without a form only
    the shape of the sheets can be judged. Every version that ever was stays runnable: a withdrawn one is an error
    (T027) and an older one a remark (T038), but the submission is judged by it all the same. One that is unknown, or
    not given, is judged by the newest.
    """
    if not submission.rows("submission"):
        return None, []
    field = _find_field(submission.get("form_id"))
    if field is None:
        text = submission.get("form_id")
        meant = Words(load_fields()).suggest(text)
        return None, [_finding(submission, "DSQC-T027", "form_id", text, ", ".join(load_fields()), suggestion=meant)]
    found: list[Finding] = []
    version = submission.get("form_version")
    edition = field.find_version(version)
    if version and (edition is None or not edition.is_open):
        listed = ", ".join(f"{field.id}@{item.version}" for item in field.versions if item.is_open)
        meant = _meant_version(field, version)
        found.append(
            _finding(submission, "DSQC-T027", "form_version", f"{field.id}@{version}", listed, suggestion=meant)
        )
    elif edition is not None and edition.status is VersionStatus.SUPERSEDED:
        newest = f"{field.id}@{field.version}"
        found.append(_finding(submission, "DSQC-T038", "form_version", f"{field.id}@{version}", newest))
    package = _find_package(submission.get("package"))
    if package not in field.packages:
        value = submission.get("package")
        meant = Words(field.packages).suggest(value)
        found.append(_finding(submission, "DSQC-T024", "package", value, ", ".join(field.packages), suggestion=meant))
        return None, found
    return compose(field.id, package, edition.version if edition else None, kbds_strict=kbds_strict), found


def _find_field(text: str) -> ResearchField | None:
    """By id, name or another name, without letter case."""
    folded = text.casefold()
    for field in load_fields().values():
        if folded in {name.casefold() for name in (field.id, field.name.en, field.name.ko, *field.aliases)}:
            return field
    return None


def _meant_version(field: ResearchField, version: str) -> Suggestion:
    """The one version that begins as written (``1.0``, where a spreadsheet took it for a number); else the newest."""
    open_versions = [item.version for item in field.versions if item.is_open]
    begun = [item for item in open_versions if item.startswith(f"{version}.")]
    return Suggestion(begun[0], CERTAIN) if len(begun) == 1 else Suggestion(field.version, 0.6)


def _find_package(text: str) -> str:
    match = vocabulary(PACKAGES).lookup(text)
    return match.term.term if match else text


def _finding(
    submission: Submission,
    code: str,
    attribute: str,
    value: str,
    expected: str,
    *,
    suggestion: Suggestion | None = None,
) -> Finding:
    sheet = submission.sheets["submission"]
    row = sheet.rows[0]
    cell = row.cells.get(attribute)
    place = Location(sheet.path, sheet.name, row.number, cell.column if cell else "", attribute)
    return finding(code, place, object_id=submission.alias, value=value, expected=expected, suggestion=suggestion)
