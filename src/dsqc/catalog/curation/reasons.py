"""Reasons of decisions: the list that they come from, and the cells of a submission that they are about."""

import csv
import difflib
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dsqc.catalog.curation.words import SHEETS
from dsqc.errors import UsageError
from dsqc.language import Text
from dsqc.model import Row, Submission
from dsqc.rules.checking import NAMES

SYNTAX = "CODE[:ATTRIBUTE[@OBJECT]]"
OTHER = "other"
"""The reason that says nothing by itself: it needs a remark."""


@dataclass(frozen=True, slots=True)
class ReasonKind:
    """One entry of ``curation/reasons.tsv``.

    ``scope`` is what it may be about: ``cell``, ``object``, ``submission`` or ``any``; ``decisions`` for which of
    ``approve``, ``return``, ``reject`` it may be given; ``advice`` how the submitter mends it.
    """

    code: str
    scope: str
    decisions: tuple[str, ...]
    label: Text
    advice: Text


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a decision, with the cells that it is about.

    ``attribute`` is empty for a whole object, ``object_id`` for every object of ``sheet``, ``sheet`` for the whole
    submission. ``row`` and ``column`` are those of the cell, of the object, or of the heading.
    """

    code: str
    sheet: str = ""
    attribute: str = ""
    object_id: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two reasons the same: where it stands may change from version to version."""
        return self.code, self.sheet, self.attribute, self.object_id

    def to_dict(self) -> dict[str, object]:
        """As decisions and events name it; without the value, which may be long."""
        return {"code": self.code, "sheet": self.sheet, "attribute": self.attribute, "object_id": self.object_id}

    def place(self) -> Text:
        """What it is about, for people."""
        if not self.sheet:
            return Text("the submission", "제출 전체")
        name = SHEETS[self.sheet]
        which = Text(f'{name.en} "{self.object_id}"', f'{name.ko} "{self.object_id}"')
        if not self.object_id:
            which = Text(f"all of sheet {self.sheet}", f"{self.sheet} 시트 전체")
        if not self.attribute:
            return which
        return Text(f"{self.attribute} of {which.en}", f"{which.ko}의 {self.attribute}")


@cache
def kinds() -> dict[str, ReasonKind]:
    """The list of reasons by code, in its order."""
    rows = csv.DictReader(io.StringIO(_content()), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {
        row["code"]: ReasonKind(
            row["code"],
            row["scope"],
            tuple(row["decisions"].split()),
            Text(row["label_en"], row["label_ko"]),
            Text(row["advice_en"], row["advice_ko"]),
        )
        for row in rows
    }


def _content() -> str:
    return files("dsqc.schemas").joinpath("curation", "reasons.tsv").read_text(encoding="utf-8")


@cache
def version() -> str:
    """First digits of the SHA-256 of the list, as of every vocabulary."""
    return hashlib.sha256(_content().encode("utf-8")).hexdigest()[:12]


def kind_of(code: str) -> ReasonKind:
    """The entry of ``code``; of a code of another version its bare name."""
    return kinds().get(code) or ReasonKind(code, "any", (), Text(code, code), Text("", ""))


def read_reasons(texts: Iterable[str], submission: Submission, decision: str, remark: str) -> tuple[Reason, ...]:
    """Reasons as they are typed, ``CODE[:ATTRIBUTE[@OBJECT]]``, with their places in ``submission``. Each once.

    ``ATTRIBUTE`` may be ``sheet.attribute`` where several sheets have it; ``:@OBJECT`` is a whole object.

    Raises:
        UsageError: a code, attribute or object is not there, means several, or does not go with the decision.
    """
    found = [_read(text.strip(), submission) for text in texts]
    for item in found:
        _check(item, decision, remark)
    return tuple({item.key: item for item in found}.values())


def _read(text: str, submission: Submission) -> Reason:
    code, _colon, rest = text.partition(":")
    attribute, _at, name = rest.partition("@")
    if code not in kinds():
        raise UsageError(
            f"No reason has the code {code!r}.{_meant(code, kinds())}",
            hint="`dsqc curate reasons` lists them; write " + SYNTAX + ".",
        )
    sheet, attribute = _sheet_of(attribute, name, submission)
    if not sheet:
        return Reason(code)
    rows = submission.rows(sheet)
    row = _object(sheet, name, submission) if name else (rows[0] if len(rows) == 1 else None)
    column = next((item.column for item in submission.sheets[sheet].headings if item.attribute == attribute), "")
    value = row.get(attribute) if row and attribute else ""
    number = row.number if row else submission.sheets[sheet].heading_row
    return Reason(code, sheet, attribute, row.get(NAMES[sheet]) if row else "", number, column, value)


def _sheet_of(attribute: str, name: str, submission: Submission) -> tuple[str, str]:
    """Sheet and attribute that are meant."""
    before, point, after = attribute.partition(".")
    named = before if point and before in submission.sheets else ""
    attribute = after if named else attribute
    if not attribute:
        if not name:
            return named, ""
        holding = [sheet for sheet in ([named] if named else submission.sheets) if _rows(sheet, name, submission)]
        return _only(holding, f"An object {name!r}", named), ""
    known = {sheet: {item.attribute for item in held.headings} for sheet, held in submission.sheets.items()}
    holding = [sheet for sheet, names in known.items() if attribute in names and named in ("", sheet)]
    if len(holding) > 1 and name:
        holding = [sheet for sheet in holding if _rows(sheet, name, submission)] or holding
    if not holding:
        if named:
            return named, attribute  # The form may ask for a column that the sheet does not have yet.
        every = sorted(set().union(*known.values()))
        raise UsageError(
            f"No sheet has a column {attribute!r}.{_meant(attribute, every)}",
            hint="Write SHEET.ATTRIBUTE for a column that is missing altogether.",
        )
    return _only(holding, f"A column {attribute!r}", named), attribute


def _only(sheets: Sequence[str], what: str, named: str) -> str:
    if len(sheets) == 1:
        return sheets[0]
    if not sheets:
        raise UsageError(f"{what} is in no sheet{f' {named}' if named else ''}.", hint="Look with `dsqc curate show`.")
    raise UsageError(f"{what} is in the sheets {', '.join(sheets)}.", hint=f"Write {sheets[0]}.ATTRIBUTE@OBJECT.")


def _rows(sheet: str, name: str, submission: Submission) -> list[Row]:
    rows = submission.rows(sheet)
    exact = [row for row in rows if row.get(NAMES[sheet]) == name]
    return exact or [row for row in rows if row.get(NAMES[sheet]).casefold() == name.casefold()]


def _object(sheet: str, name: str, submission: Submission) -> Row:
    rows = _rows(sheet, name, submission)
    if not rows:
        every = [row.get(NAMES[sheet]) for row in submission.rows(sheet)]
        raise UsageError(f"Sheet {sheet} has no {NAMES[sheet]} {name!r}.{_meant(name, every)}")
    return rows[0]


def _check(reason: Reason, decision: str, remark: str) -> None:
    kind = kinds()[reason.code]
    if decision not in kind.decisions:
        fitting = ", ".join(item.code for item in kinds().values() if decision in item.decisions)
        raise UsageError(f"{reason.code} is no reason to {decision}.", hint=f"Reasons to {decision}: {fitting}.")
    if kind.scope == "cell" and not reason.attribute:
        raise UsageError(f"{reason.code} needs an attribute.", hint=f"Write {reason.code}:ATTRIBUTE or …@OBJECT.")
    if kind.scope == "submission" and reason.sheet:
        raise UsageError(f"{reason.code} is about the whole submission.", hint=f"Write {reason.code} alone.")
    if kind.scope == "object" and reason.attribute:
        raise UsageError(f"{reason.code} is about whole objects.", hint=f"Write {reason.code}:@OBJECT.")
    if reason.code == OTHER and not remark.strip():
        raise UsageError("The reason other says nothing by itself.", hint="Give --text too.")


def _meant(text: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(text, list(known), n=3)
    return f" Did you mean {' or '.join(close)}?" if close else ""
