"""Apply the steps of a migration to a submission, in memory: what changes where, and what a person must decide."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dsqc.forms.form import Form, fold_heading
from dsqc.forms.migrations import Migration, Step, StepKind
from dsqc.forms.ties import Ties
from dsqc.forms.vocabulary import is_missing_term
from dsqc.language import Text
from dsqc.model import Cell, Heading, Row, Sheet, Submission

KEPT = "kept as other_characteristics"


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that gets another text; ``row`` of the headings for a heading."""

    sheet: str
    row: int
    column: str
    attribute: str
    old: str
    new: str
    step: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """What a person must decide. ``row`` is ``None`` for a whole column."""

    sheet: str
    row: int | None
    column: str
    attribute: str
    value: str
    reason: Text
    expected: str = ""


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """Where a sheet's headings stand, and how many columns it has."""

    heading_row: int
    width: int


class Draft:
    """A submission on its way from one version of a form to another.

    ``forms`` are the one that the submission was filled in for, and the one that it goes to.

    Attributes:
        changes: every cell that gets another text, in the order of the steps.
        undecided: what the steps could not decide.
        lineage: (sheet, attribute) -> the one that it came from.
        dropped: (sheet, attribute) that the new form has no place for, on purpose or because a value is left there.
    """

    def __init__(
        self,
        submission: Submission,
        places: Mapping[str, SheetPlace],
        column_letter: Callable[[int], str],
        forms: tuple[Form, Form],
    ) -> None:
        self.changes: list[Change] = []
        self.undecided: list[Undecided] = []
        self.lineage: dict[tuple[str, str], tuple[str, str]] = {}
        self.dropped: set[tuple[str, str]] = set()
        self._source, self._target = forms
        self._letter = column_letter
        self._headings = {
            name: {heading.attribute: heading for heading in sheet.headings}
            for name, sheet in submission.sheets.items()
        }
        self._sheets = submission.sheets
        self._rows = {
            name: [Row(row.sheet, row.number, dict(row.cells)) for row in sheet.rows]
            for name, sheet in submission.sheets.items()
        }
        self._heading_rows = {name: place.heading_row for name, place in places.items()}
        self._widths = {name: place.width for name, place in places.items()}
        self._step = ""

    def submission(self) -> Submission:
        """The submission as it stands now."""
        return Submission(
            {
                name: Sheet(name, sheet.path, tuple(self._headings[name].values()), tuple(self._rows[name]))
                for name, sheet in self._sheets.items()
            }
        )

    def apply(self, migration: Migration) -> None:
        """Apply the steps of one migration, in their order."""
        for step in migration.steps:
            self._step = f"{migration.name} {step.kind}"
            if step.sheet in self._headings and step.to_sheet in self._headings:
                _APPLY[step.kind](self, step)

    def set_version(self, version: str) -> None:
        """Let the submission name ``version``."""
        self._step = "form_version"
        for row in self._rows.get("submission", ()):
            self._put("submission", row, "form_version", version)

    # ---- steps ---------------------------------------------------------------------------------------------------

    def _rename_attribute(self, step: Step) -> None:
        self._take_over(step, step.attribute, step.to[0])

    def _take_over(self, step: Step, old: str, new: str) -> None:
        """Let ``new`` stand in the place of ``old``; where a column ``new`` is there already, fill its empty cells."""
        sheet = step.sheet
        headings = self._headings[sheet]
        if old not in headings or old == new:
            return
        self.lineage[sheet, new] = self.lineage.pop((sheet, old), (sheet, old))
        if new in headings:
            for row in self._rows[sheet]:
                if row.get(old) and self._fill(sheet, row, new, row.get(old)):
                    self._put(sheet, row, old, "")
            self._clear_heading(sheet, old)
            return
        heading = headings.pop(old)
        text = self._heading_text(sheet, heading, new)
        headings[new] = Heading(new, text, heading.column)
        self._change(sheet, self._heading_rows[sheet], heading.column, new, old=heading.raw, new=text)
        for row in self._rows[sheet]:
            if old in row.cells:
                row.cells[new] = row.cells.pop(old)

    def _rename_terms(self, step: Step) -> None:
        sheet, name = step.sheet, step.attribute
        terms = {old.casefold(): new for old, new in step.terms.items()}
        item = self._target.columns(sheet).get(name)
        separator = item.separator if item is not None and item.multivalued else ""
        for row in self._rows[sheet]:
            value = row.get(name)
            if not value:
                continue
            parts = [part.strip() for part in value.split(separator)] if separator else [value]
            renamed = [terms.get(part.casefold(), part) for part in parts]
            if "" in renamed:
                self._leave(sheet, row, name, _NO_SUCCESSOR)
            elif renamed != parts:
                self._put(sheet, row, name, separator.join(renamed) if separator else renamed[0])

    def _move_attribute(self, step: Step) -> None:
        source, target, old, new = step.sheet, step.to_sheet, step.attribute, step.to[0]
        if old not in self._headings[source]:
            return
        ties = Ties(self.submission())
        reached: set[int] = set()
        for row in self._rows[target]:
            tied = [item for item in ties.rows(row, source) if item.get(old)]
            values = {item.get(old) for item in tied}
            if len(values) > 1:
                self._leave(target, row, new, _SEVERAL, value="; ".join(sorted(values)))
            elif values and self._fill(target, row, new, values.pop()):
                reached.update(item.number for item in tied)
        self.lineage[target, new] = (source, old)
        for row in self._rows[source]:
            if not row.get(old):
                continue
            if row.number in reached:
                self._put(source, row, old, "")
            else:
                self._leave(source, row, old, _NO_PLACE)
        self._clear_heading(source, old)

    def _split_attribute(self, step: Step) -> None:
        sheet, old = step.sheet, step.attribute
        if old not in self._headings[sheet]:
            return
        held = {row.number: row.get(old) for row in self._rows[sheet]}
        self._take_over(step, old, step.to[0])
        for row in self._rows[sheet]:
            value = held[row.number]
            if not value:
                continue
            parts = [part.strip() for part in value.split(step.separator)]
            if is_missing_term(value):
                parts = [value] * len(step.to)
            if len(parts) != len(step.to) or not all(parts):
                self._leave(sheet, row, step.to[0], _NOT_SPLIT, expected=step.separator.join(step.to))
                continue
            self._put(sheet, row, step.to[0], parts[0])
            for name, part in zip(step.to[1:], parts[1:], strict=True):
                self._fill(sheet, row, name, part)

    def _merge_attributes(self, step: Step) -> None:
        sheet, new = step.sheet, step.to[0]
        present = [name for name in step.attributes if name in self._headings[sheet]]
        if not present:
            return
        held = {row.number: [row.get(name) for name in present] for row in self._rows[sheet]}
        first = new if new in present else present[0]
        self._take_over(step, first, new)
        for row in self._rows[sheet]:
            values = [value for value in held[row.number] if value]
            told = [value for value in values if not is_missing_term(value)] or list(dict.fromkeys(values))
            if told:
                self._put(sheet, row, new, step.separator.join(told))
            for name in present:
                if name not in (first, new):
                    self._put(sheet, row, name, "")
        for name in present:
            if name not in (first, new):
                self._clear_heading(sheet, name)

    def _drop_attribute(self, step: Step) -> None:
        heading = self._headings[step.sheet].get(step.attribute)
        self.dropped.add((step.sheet, step.attribute))
        if heading is not None:
            row = self._heading_rows[step.sheet]
            change = (step.sheet, row, heading.column, step.attribute, heading.raw, heading.raw)
            self.changes.append(Change(*change, f"{self._step}: {KEPT}"))

    def _add_attribute(self, step: Step) -> None:
        sheet, name = step.sheet, step.attribute
        ties = Ties(self.submission())
        for row in self._rows[sheet]:
            values = ties.values(row)
            if row.get(name) or (step.when is not None and not step.when.holds(values)):
                continue
            found = values(step.copy_of) if step.copy_of else step.value
            distinct = {found} if isinstance(found, str) else set(found)
            distinct.discard("")
            if len(distinct) > 1:
                self._leave(sheet, row, name, _SEVERAL, value="; ".join(sorted(distinct)))
            elif distinct:
                self._put(sheet, row, name, distinct.pop())

    # ---- cells ---------------------------------------------------------------------------------------------------

    def _fill(self, sheet: str, row: Row, name: str, value: str) -> bool:
        """Put ``value`` into an empty cell; where another value stands, a person decides."""
        if row.get(name) in ("", value):
            self._put(sheet, row, name, value)
            return True
        self._leave(sheet, row, name, _TWO_VALUES, expected=value)
        return False

    def _put(self, sheet: str, row: Row, name: str, value: str) -> None:
        if row.get(name) == value:
            return
        column = self._column(sheet, name)
        old = row.cells.get(name)
        self._change(sheet, row.number, column, name, old=old.raw if old else "", new=value)
        if value:
            row.cells[name] = Cell(value, value, row.number, column)
        else:
            row.cells.pop(name, None)

    def _column(self, sheet: str, name: str) -> str:
        """Letter of the column ``name``; a new one behind all others where there is none."""
        headings = self._headings[sheet]
        if name not in headings:
            column = self._letter(self._widths[sheet])
            self._widths[sheet] += 1
            headings[name] = Heading(name, name, column)
            self._change(sheet, self._heading_rows[sheet], column, name, old="", new=name)
        return headings[name].column

    def _clear_heading(self, sheet: str, name: str) -> None:
        """Take a heading away, once no cell stands below it."""
        if name in self._headings[sheet] and not any(row.get(name) for row in self._rows[sheet]):
            heading = self._headings[sheet].pop(name)
            self._change(sheet, self._heading_rows[sheet], heading.column, name, old=heading.raw, new="")
        else:
            self.dropped.add((sheet, name))

    def _heading_text(self, sheet: str, heading: Heading, new: str) -> str:
        """The new heading as the old one was written: the name or a label in either language, with its marks."""
        before = self._source.columns(sheet).get(heading.attribute)
        after = self._target.columns(sheet).get(new)
        if before is None or after is None or fold_heading(heading.raw.strip(_MARKS)) == fold_heading(before.name):
            return heading.raw.replace(heading.raw.strip(_MARKS), new)
        text = heading.raw
        for old_text, new_text in ((before.label.ko, after.label.ko), (before.label.en, after.label.en)):
            text = text.replace(old_text, new_text)
        return text if text != heading.raw else heading.raw.replace(heading.raw.strip(_MARKS), new)

    def _leave(
        self, sheet: str, row: Row, name: str, reason: Text, *, value: str | None = None, expected: str = ""
    ) -> None:
        heading = self._headings[sheet].get(name)
        column = heading.column if heading else ""
        shown = row.get(name) if value is None else value
        self.undecided.append(Undecided(sheet, row.number, column, name, shown, reason, expected))

    def _change(self, sheet: str, row: int, column: str, name: str, *, old: str, new: str) -> None:
        self.changes.append(Change(sheet, row, column, name, old, new, self._step))


_MARKS = "*◆▲○ \t\n"
"""What stands about a heading and is no part of it."""
_NO_SUCCESSOR = Text("the term was withdrawn; choose another", "폐지된 용어입니다. 다른 용어를 고르세요")
_SEVERAL = Text("several values come into question; keep one", "값이 여러 개입니다. 하나를 고르세요")
_NO_PLACE = Text("no row refers to it, so the value has no place", "이 행을 가리키는 행이 없어 값을 옮길 곳이 없습니다")
_NOT_SPLIT = Text(
    "the value does not fall into the parts asked for; split it", "값을 정해진 만큼 나눌 수 없습니다. 직접 나누세요"
)
_TWO_VALUES = Text("another value stands there already; keep one", "다른 값이 이미 있습니다. 하나를 고르세요")

_APPLY: Mapping[StepKind, Callable[[Draft, Step], None]] = {
    StepKind.RENAME_ATTRIBUTE: Draft._rename_attribute,
    StepKind.RENAME_TERMS: Draft._rename_terms,
    StepKind.MOVE_ATTRIBUTE: Draft._move_attribute,
    StepKind.SPLIT_ATTRIBUTE: Draft._split_attribute,
    StepKind.MERGE_ATTRIBUTES: Draft._merge_attributes,
    StepKind.DROP_ATTRIBUTE: Draft._drop_attribute,
    StepKind.ADD_ATTRIBUTE: Draft._add_attribute,
}


def as_changes(changes: Iterable[Change]) -> list[Change]:
    """One change a cell: the text before the first and after the last, with all steps; cells that end as they began
    are left out, unless they tell that something was kept."""
    found: dict[tuple[str, int, str], list[Change]] = {}
    for item in changes:
        found.setdefault((item.sheet, item.row, item.column), []).append(item)
    joined = []
    for items in found.values():
        first, last = items[0], items[-1]
        if first.old == last.new and not any(KEPT in item.step for item in items):
            continue
        steps = ", ".join(dict.fromkeys(item.step for item in items))
        joined.append(Change(last.sheet, last.row, last.column, last.attribute, first.old, last.new, steps))
    return joined
