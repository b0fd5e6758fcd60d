"""Move a submission to a newer version of its form: a copy that says the same, and a list of what a person decides."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.errors import UsageError
from dsqc.forms import Attribute, Form, Requirement, compose, find_field, labels, value_fault
from dsqc.forms.compose import nearest
from dsqc.forms.migrating import Change, Draft, SheetPlace, Undecided, as_changes
from dsqc.forms.migrations import migrations
from dsqc.language import Text
from dsqc.model import SHEETS, Row, Submission
from dsqc.rules import Check, Context
from dsqc.stages._validate_files import form_files
from dsqc.stages.validate import read_submission
from dsqc.submission import Tables, interpret, read_tables
from dsqc.submission.layout import split_name
from dsqc.submission.rewriting import is_workbook, rewritten, write_copies
from dsqc.submission.table import column_letter
from dsqc.submission.workbook_edit import CellChange

CHANGES = "migration.tsv"
DIGESTS = "migration.sha256"
"""Digests of the copies as ``sha256sum`` writes them: by these the next run knows what nobody has worked on since."""
COLUMNS = ("sheet", "row", "column", "attribute", "old", "new", "step")
_REFUSED = Text("the newer form does not take this value", "새 양식에서 받지 않는 값입니다")
_NEW = Text("the newer form asks for a value", "새 양식에서 요구하는 값입니다")
_NEW_GROUP = Text("the newer form asks for one of these", "새 양식에서는 이 가운데 하나가 필요합니다")
_UNKNOWN = Text(
    "the newer form has no such attribute; it is kept as other_characteristics",
    "새 양식에 없는 항목입니다. other_characteristics로 남습니다",
)


@dataclass(frozen=True, slots=True)
class MigrateResult:
    """What became of a submission.

    Attributes:
        form: the form that the copy is judged by.
        before: the version that it came from.
        changes: cells that hold another text in the copy.
        undecided: what a person must decide.
        written: files of the copy, and the list of changes last; none where the submission names the version already.
    """

    form: Form
    before: str
    changes: tuple[Change, ...]
    undecided: tuple[Undecided, ...]
    written: tuple[Path, ...]

    def document(self) -> dict[str, Any]:
        """Plain data; shape: ``form_migrate.schema.json``."""
        return {
            "schema_version": "1.0",
            "form": {"id": self.form.id, "package": self.form.package, "from": self.before, "to": self.form.version},
            "files": [path.name for path in self.written[:-1]],
            "changes_file": self.written[-1].name if self.written else None,
            "changes": [asdict(item) for item in self.changes],
            "undecided": [
                {**asdict(item), "reason": item.reason.en, "reason_ko": item.reason.ko} for item in self.undecided
            ],
        }


def migrate(submission: Path, out: Path, *, to: str | None = None, before: str | None = None) -> MigrateResult:
    """Write a copy of a submission's form that names a newer version; the original stays as it is.

    Args:
        submission: directory of the submission, or its workbook.
        out: directory for the copy, or the name of the new workbook (``.xlsx``); ``migration.tsv`` stands beside it.
        to: version to go to (default: the newest).
        before: version that the submission was filled in for (default: the one that it names).

    Raises:
        UsageError: the submission cannot be read, names no form that exists, or no such version; ``out`` is where the
            submission stands, or holds a form that this is no copy of.
        SystemFault: the workbook cannot be changed in place, or the copy cannot be written.
    """
    tables, old_form, old = _read(submission, before)
    target = _target(old_form, to)
    sources = form_files(submission)
    _check_place(submission, sources, out)
    if target.version == old_form.version:
        return MigrateResult(target, old_form.version, (), (), ())
    places = {
        name: SheetPlace(table.rows[0].number, max(len(row.cells) for row in table.rows))
        for name, table in tables.tables.items()
        if table.rows
    }
    draft = Draft(old, places, column_letter, (old_form, target))
    for migration in migrations(target.field, old_form.version, target.version):
        draft.apply(migration)
    draft.set_version(target.version)
    changes = tuple(as_changes(draft.changes))
    copied, list_of_changes = _write(sources, out, changes)
    undecided = sorted({*draft.undecided, *_left(old, old_form, draft, target, _seen(draft.undecided))}, key=_order)
    return MigrateResult(target, old_form.version, changes, tuple(undecided), (*copied, list_of_changes))


def _read(path: Path, before: str | None) -> tuple[Tables, Form, Submission]:
    """The sheets as they stand, and what they mean by the form of the version that they were filled in for."""
    tables = read_tables(path)
    if tables.unreadable or not tables.tables:
        raise UsageError(
            f"{path.name} cannot be read as a submission.", hint=f"See what is wrong first: dsqc validate {path}"
        )
    submission, form, _findings = read_submission(path)
    if form is None:
        raise UsageError(
            "The submission names no form and package that exist.",
            hint=f"See what is wrong first: dsqc validate {path}",
        )
    named = before or submission.get("form_version")
    if form.field.find_version(named) is None:
        known = [item.version for item in form.field.versions]
        raise UsageError(
            f"The submission names no version that {form.id} has: {named or 'none'}.",
            hint=f"Say which one it was filled in for: --from VERSION. {nearest(named, known)}",
        )
    form = compose(form.id, form.package, named)
    submission, _log = interpret(tables, labels(form))
    return tables, form, submission


def _target(form: Form, to: str | None) -> Form:
    field = find_field(form.id)
    version = to or field.version
    versions = [item.version for item in field.versions]
    target = compose(form.id, form.package, version)
    if versions.index(version) < versions.index(form.version):
        raise UsageError(
            f"{form.id} {version} is older than {form.version}, which the submission names.",
            hint="A submission can be moved to a newer version only.",
        )
    return target


def _check_place(submission: Path, sources: list[Path], out: Path) -> None:
    home = submission if submission.is_dir() else submission.parent
    taken = [path.resolve() for path in sources] if is_workbook(out) else [home.resolve()]
    if out.resolve() in taken:
        raise UsageError(
            f"{out} is where the submission stands.", hint="Choose another place: the original stays as it is."
        )
    if is_workbook(out) and not any(map(is_workbook, sources)):
        raise UsageError("The submission is no workbook.", hint="Give a directory for the copy: -o DIR")


def _write(sources: list[Path], out: Path, changes: tuple[Change, ...]) -> tuple[list[Path], Path]:
    cells = [CellChange(item.sheet, item.row, item.column, item.new) for item in changes if item.new != item.old]
    if is_workbook(out):
        copies, prefix = {next(filter(is_workbook, sources)): out}, f"{out.stem}."
    else:
        copies, prefix = {source: out / source.name for source in sources}, ""
    folder = out.parent if is_workbook(out) else out
    listed, digests = folder / f"{prefix}{CHANGES}", folder / f"{prefix}{DIGESTS}"
    contents: dict[Path, bytes] = {}
    for source, target in copies.items():
        sheet = split_name(source.name)[0]
        own = cells if is_workbook(source) else [cell for cell in cells if cell.sheet == sheet]
        contents[target] = rewritten(source, own, frozen=SHEETS)
    write_copies(contents, _read_digests(digests))
    artefact.write_text(
        digests, "".join(f"{sha256(content).hexdigest()}  {path.name}\n" for path, content in contents.items())
    )
    lines = ["\t".join(COLUMNS), *("\t".join(_plain(getattr(item, name)) for name in COLUMNS) for item in changes)]
    artefact.write_text(listed, "\n".join(lines) + "\n")
    return list(copies.values()), listed


def _read_digests(path: Path) -> dict[Path, str]:
    """Copies of an earlier run by their place; none where it wrote none down."""
    if not path.is_file():
        return {}
    lines = (line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {path.parent / name: digest for digest, name in lines}


def _plain(value: object) -> str:
    return " ".join(str(value).split())


Place = tuple[str, int | None, str]


def _seen(items: list[Undecided]) -> set[Place]:
    return {(item.sheet, item.row, item.attribute) for item in items}


def _order(item: Undecided) -> tuple[str, int, str, str]:
    return item.sheet, item.row or 0, item.attribute, item.value


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What stood in the older form where a cell of the newer one stands: nothing where it came from another sheet."""

    attribute: Attribute | None = None
    row: Row | None = None

    @property
    def value(self) -> str:
        return self.row.get(self.attribute.name) if self.row and self.attribute else ""

    def was_missing(self, check: Check) -> bool:
        """Whether the older form asked for a value and had none either."""
        if self.row is None or self.attribute is None or self.value:
            return False
        return check.requirement(self.row, self.attribute) is Requirement.MANDATORY

    def was_refused(self) -> bool:
        """Whether the older form did not take the value either."""
        return bool(self.attribute and self.value and value_fault(self.attribute, self.value))


def _left(old: Submission, old_form: Form, draft: Draft, target: Form, seen: set[Place]) -> Iterator[Undecided]:
    """What the newer form asks for and the older one did not: values refused, missing, or without an attribute."""
    context = Context(date.min)  # no rule is run that asks for the day
    before, after = Check(old, old_form, context), Check(draft.submission(), target, context)
    for sheet in after.submission.sheets.values():
        yield from _unknown_columns(before, after, draft, sheet.name)
        yield from _empty_groups(before, after, sheet.name)
        rows = {row.number: row for row in before.rows(sheet.name)}
        for name, attribute in after.columns[sheet.name].items():
            origin_sheet, origin = draft.lineage.get((sheet.name, name), (sheet.name, name))
            older = before.columns[sheet.name].get(origin) if origin_sheet == sheet.name else None
            for row in sheet.rows:
                if (sheet.name, row.number, name) in seen:
                    continue
                found = _judge(before, after, _Earlier(older, rows.get(row.number)), attribute, row)
                if found is not None:
                    column = after.headings.get((sheet.name, name), "")
                    yield Undecided(sheet.name, row.number, column, name, row.get(name), *found)


def _judge(before: Check, after: Check, earlier: _Earlier, newer: Attribute, row: Row) -> tuple[Text, str] | None:
    """Why a person must look at one cell, and what is allowed; ``None`` where the older form had the same fault."""
    value = row.get(newer.name)
    if not value:
        wanted = after.requirement(row, newer) is Requirement.MANDATORY
        return (_NEW, newer.example) if wanted and not earlier.was_missing(before) else None
    fault = value_fault(newer, value)
    return None if fault is None or earlier.was_refused() else (_REFUSED, fault.expected)


def _unknown_columns(before: Check, after: Check, draft: Draft, sheet: str) -> Iterator[Undecided]:
    for heading in after.submission.sheets[sheet].headings:
        name = heading.attribute
        known = name in before.columns[sheet]
        if known and name not in after.columns[sheet] and (sheet, name) not in draft.dropped:
            yield Undecided(sheet, None, heading.column, name, heading.raw, _UNKNOWN)


def _empty_groups(before: Check, after: Check, sheet: str) -> Iterator[Undecided]:
    old_groups, groups = before.form.sheets[sheet].groups(), after.form.sheets[sheet].groups()
    old_rows = {row.number: row for row in before.rows(sheet)}
    for group, names in groups.items():
        for row in after.rows(sheet):
            if any(row.get(name) for name in names):
                continue
            old_row = old_rows.get(row.number)
            if old_row and group in old_groups and not any(old_row.get(name) for name in old_groups[group]):
                continue
            yield Undecided(sheet, row.number, "", names[0], "", _NEW_GROUP, ", ".join(names))
