"""What a version of a submission said, kept so that the next version can be compared with it: personal data masked."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsqc.catalog.curation.reasons import Reason
from dsqc.catalog.intake import Intake, clean
from dsqc.errors import DsqcError
from dsqc.forms import Attribute, compose
from dsqc.model import Submission
from dsqc.rules.checking import NAMES
from dsqc.rules.privacy import masking, personal_cells

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """One version.

    Attributes:
        sheets: values by sheet, object and attribute; of objects without a name the row number is the name.
        files: SHA-256 by file name.
        object_files: file names by sheet and object, where a run, file or experiment is meant.
    """

    sheets: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    object_files: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Compressed, the same for the same content."""
        said = {"sheets": self.sheets, "files": self.files, "object_files": self.object_files}
        return zlib.compress(json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8"), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Content":
        """What :meth:`to_bytes` wrote."""
        return cls(**json.loads(zlib.decompress(data)))


def content_of(intake: Intake) -> Content:
    """What ``intake`` says. Cells that point at a person are masked: a returned submission may hold anything."""
    submission = intake.submission
    show = mask_of(intake)
    sheets = {
        name: {
            clean(row.get(NAMES[name]) or str(row.number)): {
                attribute: clean(show(cell.value)) for attribute, cell in sorted(row.cells.items()) if cell.value
            }
            for row in sheet.rows
        }
        for name, sheet in submission.sheets.items()
        if name in NAMES
    }
    files = {clean(name): item.sha256 for name, item in sorted(intake.files.items())}
    return Content(sheets, files, _object_files(submission))


def mask_of(intake: Intake) -> Any:
    """What makes a text of ``intake`` fit to be kept and shown."""
    return masking(personal_cells(intake.submission, _columns(intake.form)))


def _columns(form: Values) -> Mapping[str, Mapping[str, Attribute]]:
    """What the form knows of its columns; nothing where dsqc does not know the form."""
    try:
        composed = compose(form.get("id", ""), form.get("package", ""))
    except DsqcError:
        return {}
    return {name: composed.columns(name) for name in composed.sheets}


def _object_files(submission: Submission) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {"run": {}, "file": {}, "experiment": {}}
    for run in submission.runs():
        names = [clean(item.name) for item in run.files]
        found["run"][clean(run.alias)] = names
        found["experiment"].setdefault(clean(run.library_id), []).extend(names)
        found["file"].update({name: [name] for name in names})
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions: ``kind`` is ``changed``, ``added`` or ``removed``; ``old`` and ``new`` are
    values of a cell, empty for a whole object or file."""

    kind: str
    sheet: str
    object_id: str
    attribute: str = ""
    old: str = ""
    new: str = ""

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def changes(before: Content, after: Content) -> Iterator[Change]:
    """What is different in ``after``, in the order of the sheets; data files are told by their digests."""
    for sheet in NAMES:
        old, new = before.sheets.get(sheet, {}), after.sheets.get(sheet, {})
        for name in [*old, *(key for key in new if key not in old)]:
            if name not in new or name not in old:
                yield Change("removed" if name in old else "added", sheet, name)
                continue
            for attribute in sorted({*old[name], *new[name]}):
                was, now = old[name].get(attribute, ""), new[name].get(attribute, "")
                if was != now:
                    yield Change("changed", sheet, name, attribute, was, now)
    for name in sorted({*before.files, *after.files}):
        if before.files.get(name) != after.files.get(name):
            kind = "changed" if name in before.files and name in after.files else "added"
            yield Change(kind if name in after.files else "removed", "data", name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a later version did about a reason: ``changed``, ``unchanged``, ``removed``, or ``untold`` where the reason
    names no cell and no file."""

    reason: Reason
    state: str
    old: str = ""
    new: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.reason.to_dict(), "state": self.state, "old": self.old, "new": self.new}


def answer(reason: Reason, before: Content, after: Content) -> Answer:
    """What ``after`` did about ``reason``, which was given for ``before``.

    Objects are told by their names and not by their rows, which move.
    """
    if not reason.sheet:
        return Answer(reason, "unchanged" if before == after else "untold")
    old, new = before.sheets.get(reason.sheet, {}), after.sheets.get(reason.sheet, {})
    if not reason.object_id:
        were, are = _column(old, reason.attribute), _column(new, reason.attribute)
        is_same = were == are and _digests(before, reason) == _digests(after, reason)
        return Answer(reason, "unchanged" if is_same else "changed")
    if reason.object_id not in new:
        return Answer(reason, "removed", old.get(reason.object_id, {}).get(reason.attribute, ""))
    if reason.attribute:
        was = old.get(reason.object_id, {}).get(reason.attribute, "")
        now = new[reason.object_id].get(reason.attribute, "")
        return Answer(reason, "unchanged" if was == now else "changed", was, now)
    is_same = old.get(reason.object_id) == new[reason.object_id]
    return Answer(reason, "unchanged" if is_same and _digests(before, reason) == _digests(after, reason) else "changed")


def _column(sheet: Mapping[str, Values], attribute: str) -> Any:
    return {name: values.get(attribute, "") for name, values in sheet.items()} if attribute else sheet


def _digests(content: Content, reason: Reason) -> list[str]:
    """Of the data files of the object, or of all of its sheet, where the reason is about whole objects."""
    if reason.attribute:
        return []
    held = content.object_files.get(reason.sheet, {})
    names = held.get(reason.object_id, []) if reason.object_id else [name for own in held.values() for name in own]
    return sorted(content.files.get(name, "") for name in names)
