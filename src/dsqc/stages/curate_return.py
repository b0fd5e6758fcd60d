"""curate return-package: what goes back to the submitter: the form with the cells of the reasons marked, a letter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json, sha256_of, to_json, write_text
from dsqc.catalog.curation.cases import case_of, find, reasons_in_force
from dsqc.catalog.curation.reasons import Reason, version
from dsqc.catalog.database import Catalog
from dsqc.catalog.models import CurationCaseRecord, DecisionRecord
from dsqc.catalog.registering import find_submission, latest_decision
from dsqc.errors import SystemFault, UsageError
from dsqc.model import Access
from dsqc.report import letter
from dsqc.rules.checking import NAMES
from dsqc.stages._validate_files import form_files
from dsqc.stages.curate_show import said
from dsqc.stages.register import read_intake
from dsqc.station import Station
from dsqc.submission import read_tables, readable_name
from dsqc.submission.marking import CellMark, MarkedForm, cell_name, marked_form
from dsqc.submission.rewriting import is_workbook, write_copies
from dsqc.version import __version__

DOCUMENT = "return.json"
LETTER, PAGE = "letter.txt", "letter.html"


@dataclass(frozen=True, slots=True)
class ReturnPackage:
    """What was written: content of ``return.json``, and the files, the marked form first."""

    document: dict[str, Any]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Returned:
    """A returned submission as the catalog knows it."""

    alias: str
    case: CurationCaseRecord
    decision: DecisionRecord
    reasons: tuple[Reason, ...]
    is_closed: bool


def return_package(name: str, station: Station, outdir: Path, *, inbox: Path | None = None) -> ReturnPackage:
    """Write the package of a submission that a curator has returned. The same again gives the same bytes.

    Args:
        name: as the catalog knows it, or the directory of its results.
        outdir: where to; a form in it that somebody has worked on is not written over.
        inbox: where its form stands now; where it stood when it came into the queue unless given.

    Raises:
        UsageError: it is not returned by a curator, or a changed form is in the way.
        SystemFault: form or results are not there any more, or are not those that were judged.
    """
    results = Path(name) if (Path(name) / "verdict.json").is_file() else None
    returned = _returned(name, results, station)
    folder = inbox or Path(returned.case.inbox)
    form = _form_of(results or Path(returned.case.results), folder, returned)
    places = {reason.key: _cell_of(reason, form.headings) for reason in returned.reasons}
    marks = [
        CellMark(reason.sheet, *place, _comment(reason, returned.decision.decided_by))
        for reason in returned.reasons
        if (place := places[reason.key]) is not None
    ]
    marked = marked_form(form.files, form.tables, marks)
    return _write(outdir, returned, marked, places, was_text=not any(is_workbook(path) for path in form.files))


def _returned(name: str, results: Path | None, station: Station) -> _Returned:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        record = find_submission(session, read_intake(results).key) if results else find(session, name)
        decision = latest_decision(session, record) if record else None
        case = case_of(session, record) if record else None
        if record is None or case is None or decision is None or decision.decision != "return":
            state = record.state if record else "unknown"
            raise UsageError(
                f"No curator has returned this version of {record.alias if record else name} ({state}).",
                hint="`dsqc curate decide ID return …` returns it; then the package can be written.",
            )
        reasons = tuple(reasons_in_force(case, decision.decision))
        closed = record.access_level == Access.CLOSED.value
        session.expunge_all()
        return _Returned(record.alias, case, decision, reasons, closed)


@dataclass(frozen=True, slots=True)
class _Form:
    """The submitter's form: its files, what they read as, and the columns by sheet and attribute."""

    files: list[Path]
    tables: Any
    headings: Mapping[str, Mapping[str, str]]


def _form_of(results: Path, inbox: Path, returned: _Returned) -> _Form:
    """The form as it was judged.

    Raises:
        SystemFault: it is not there any more, or was changed since.
    """
    if not (results / "verdict.json").is_file() or not inbox.exists():
        raise SystemFault(
            f"The results or the form of {returned.alias} do not stand where they were ({results}, {inbox}).",
            hint="Give results/<submission> as ID and the form with --inbox.",
        )
    intake = read_intake(results)
    if intake.verdict_sha256 != returned.case.verdict_sha256:
        raise SystemFault(
            f"{results} holds another version than the one that was returned.", hint="Give the results of that version."
        )
    files = form_files(inbox)
    judged = read_json(results / "validate.json")["inputs"]
    for path in files:
        if judged.get(readable_name(path)) != sha256_of(path):
            raise SystemFault(
                f"{path} was changed since it was judged.", hint="Give the form as it was handed in with --inbox."
            )
    headings = {
        name: {item.attribute: item.column for item in sheet.headings}
        for name, sheet in intake.submission.sheets.items()
    }
    return _Form(files, read_tables(inbox), headings)


def _cell_of(reason: Reason, headings: Mapping[str, Mapping[str, str]]) -> tuple[int, str] | None:
    """The cell that stands for a reason: its own; the object's name, or the column's heading, where it has none."""
    if not reason.sheet or reason.row is None:
        return None
    own = headings.get(reason.sheet, {})
    column = reason.column or own.get(NAMES[reason.sheet], "") or next(iter(own.values()), "")
    return (reason.row, column) if column else None


def _comment(reason: Reason, by: str) -> str:
    words = said(reason)
    what = f"{reason.attribute}: " if reason.attribute else ""
    return (
        f"{what}{words['label_ko']}\n→ {words['advice_ko']}\n{what}{words['label']}\n→ {words['advice']}\n"
        f"({reason.code}, {by})"
    )


def _write(
    outdir: Path,
    returned: _Returned,
    marked: MarkedForm,
    places: Mapping[tuple[str, str, str, str], tuple[int, str] | None],
    *,
    was_text: bool,
) -> ReturnPackage:
    reasons = [
        {**said(item), "marked": cell_name(item.sheet, *(places[item.key] or (None, "")))} for item in returned.reasons
    ]
    document: dict[str, Any] = {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "submission": returned.alias,
        "version": returned.case.version,
        "by": returned.decision.decided_by,
        "text": returned.decision.reason,
        "verdict_sha256": returned.case.verdict_sha256,
        "reason_list": version(),
        "reasons": reasons,
    }
    content = {**document, "form": marked.name, "was_text": was_text, "is_closed": returned.is_closed}
    texts = {LETTER: letter.text(content), PAGE: letter.render(content)}
    files = {marked.name: marked.content, **{name: text.encode("utf-8") for name, text in texts.items()}}
    document["files"] = [{"name": name, "sha256": sha256(data).hexdigest()} for name, data in files.items()]
    write_copies({outdir / marked.name: marked.content}, _known(outdir))
    for name, text in texts.items():
        write_text(outdir / name, text)
    write_text(outdir / DOCUMENT, to_json(document))
    return ReturnPackage(document, tuple(_paths(outdir, files)))


def _paths(outdir: Path, names: Iterable[str]) -> Iterable[Path]:
    yield from (outdir / name for name in names)
    yield outdir / DOCUMENT


def _known(outdir: Path) -> dict[Path, str]:
    """The files of an earlier package, which may be written over while nobody has changed them."""
    if not (outdir / DOCUMENT).is_file():
        return {}
    return {outdir / row["name"]: row["sha256"] for row in read_json(outdir / DOCUMENT)["files"]}
