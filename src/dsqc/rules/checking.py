"""How rules are registered, what they are given, and the order they run in."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from itertools import chain
from typing import Any

from dsqc.errors import SystemFault
from dsqc.findings import Finding, FindingLog, Location, Suggestion, finding
from dsqc.forms import Attribute, Condition, Form, Requirement, Ties
from dsqc.limits import Limits
from dsqc.model import Row, Submission
from dsqc.personal import PersonalCell
from dsqc.registry import RuleState, applies
from dsqc.registry import own_rule as registered
from dsqc.rules.organisms import OrganismReader
from dsqc.rules.sharing import can_share, shared
from dsqc.rules.spelling import Words
from dsqc.taxonomy import Taxonomy, open_taxonomy

NAMES = {
    "submission": "submission_alias",
    "project": "project_alias",
    "sample": "sample_name",
    "experiment": "library_id",
    "run": "run_alias",
    "file": "file_name",
}
"""The attribute that names the objects of each sheet."""


@dataclass(frozen=True, slots=True)
class Context:
    """What rules need besides the submission and its form; the same context gives the same findings.

    Attributes:
        today: the day on which the submission is judged (UTC).
        limits: the station's limits.
        taxonomy: the snapshot that organisms are looked up in; the small one that dsqc ships unless given.
    """

    today: date
    limits: Limits = field(default_factory=Limits)
    taxonomy: Taxonomy = field(default_factory=open_taxonomy)


@dataclass(frozen=True)
class Check:
    """One submission under its form: what rules look things up in.

    ``submission`` is the copy in which the normalising rules have set spellings right; ``Cell.raw`` is as it stood.
    """

    submission: Submission
    form: Form
    context: Context

    @cached_property
    def ties(self) -> Ties:
        """Which rows belong together."""
        return Ties(self.submission)

    @cached_property
    def organisms(self) -> OrganismReader:
        """What names and taxonomy ids mean."""
        return OrganismReader(self.context.taxonomy)

    @cached_property
    def columns(self) -> dict[str, dict[str, Attribute]]:
        """Sheet -> every column it may have."""
        return {
            sheet: {
                name: item
                for name, item in self.form.columns(sheet).items()
                if item.requirement is not Requirement.SYSTEM
            }
            for sheet in self.form.sheets
        }

    @cached_property
    def headings(self) -> dict[tuple[str, str], str]:
        """(sheet, attribute) -> column letter, for the columns that stand in the sheets."""
        return {
            (sheet.name, heading.attribute): heading.column
            for sheet in self.submission.sheets.values()
            for heading in sheet.headings
        }

    def rows(self, sheet: str) -> tuple[Row, ...]:
        """Rows of ``sheet``."""
        return self.submission.rows(sheet)

    def has_sheet(self, sheet: str) -> bool:
        """Whether ``sheet`` could be read: rules on references say nothing about a sheet that could not."""
        return sheet in self.submission.sheets

    def values(self, sheet: str, attribute: str) -> frozenset[str]:
        """The values of ``attribute`` in ``sheet``, as they are written."""
        key = (sheet, attribute)
        if key not in self._values:
            self._values[key] = frozenset(value for row in self.rows(sheet) if (value := row.get(attribute)))
        return self._values[key]

    @cached_property
    def _values(self) -> dict[tuple[str, str], frozenset[str]]:
        return {}

    def suggest_reference(self, sheet: str, attribute: str, value: str) -> Suggestion | None:
        """The value of ``attribute`` in ``sheet`` that ``value`` was meant to name."""
        key = (sheet, attribute)
        if key not in self._words:
            self._words[key] = Words(sorted(self.values(sheet, attribute)))
        meant = self._words[key].suggest(value)
        if meant is not None and meant.confidence < 1.0 and _numbers(meant.value) != _numbers(value):
            return None  # Names in a series differ in their number alone: the next one is another object.
        return meant

    @cached_property
    def _words(self) -> dict[tuple[str, str], Words]:
        return {}

    def index(self, sheet: str, attribute: str) -> dict[str, list[Row]]:
        """Rows of ``sheet`` by the value of ``attribute``, without letter case; rows without a value are left out."""
        key = (sheet, attribute)
        if key not in self._indexes:
            self._indexes[key] = group_rows(self.rows(sheet), attribute)
        return self._indexes[key]

    @cached_property
    def _indexes(self) -> dict[tuple[str, str], dict[str, list[Row]]]:
        return {}

    @cached_property
    def personal(self) -> tuple[PersonalCell, ...]:
        """Cells that hold what points at a person: the privacy rules report them, and no finding may quote them."""
        from dsqc.rules.privacy import personal_cells

        return tuple(personal_cells(self.submission, self.columns))

    def requirement(self, row: Row, attribute: Attribute) -> Requirement:
        """What the form asks of ``attribute`` in this row: a condition that does not hold makes it optional."""
        if attribute.condition is None:
            return attribute.requirement
        if row.number not in self.rows_where(attribute.condition, row.sheet):
            return Requirement.OPTIONAL
        return Requirement.MANDATORY if attribute.requirement is Requirement.CONDITIONAL else attribute.requirement

    def rows_asked(self, sheet: str, attribute: Attribute) -> Iterable[Row]:
        """The rows of ``sheet`` in which ``attribute``, mandatory or conditional, is mandatory."""
        rows = self.rows(sheet)
        if attribute.condition is None:
            return rows if attribute.requirement is Requirement.MANDATORY else ()
        asked = self.rows_where(attribute.condition, sheet)
        return [row for row in rows if row.number in asked] if asked else ()

    def rows_where(self, condition: Condition, sheet: str) -> frozenset[int]:
        """Numbers of the rows of ``sheet`` in which ``condition`` holds."""
        # The form holds its conditions for as long as the check lives: an id means one of them.
        key = (id(condition), sheet)
        if key not in self._held:
            alike = self._rows_alike(sheet, tuple(condition.names())).values()
            judged = [rows for rows in alike if condition.holds(self.ties.values(rows[0]))]
            self._held[key] = frozenset(row.number for rows in judged for row in rows)
        return self._held[key]

    @cached_property
    def _held(self) -> dict[tuple[int, str], frozenset[int]]:
        return {}

    def _rows_alike(self, sheet: str, names: tuple[str, ...]) -> dict[tuple[str | tuple[str, ...], ...], list[Row]]:
        """Rows by what they say of ``names``: conditions of the same names judge each once."""
        key = (sheet, names)
        if key not in self._alike:
            is_plain = not any("." in name for name in names)
            found: dict[tuple[str | tuple[str, ...], ...], list[Row]] = defaultdict(list)
            for row in self.rows(sheet):
                values = row.get if is_plain else self.ties.values(row)
                found[tuple([values(name) for name in names])].append(row)
            self._alike[key] = found
        return self._alike[key]

    @cached_property
    def _alike(self) -> dict[tuple[str, tuple[str, ...]], dict[tuple[str | tuple[str, ...], ...], list[Row]]]:
        return {}

    def place(self, row: Row, attribute: str = "") -> Location:
        """Where ``attribute`` of ``row`` stands, or would stand."""
        sheet = self.submission.sheets[row.sheet]
        cell = row.cells.get(attribute)
        column = cell.column if cell else self.headings.get((row.sheet, attribute), "")
        return Location(sheet.path, row.sheet, row.number, column, attribute)

    def finding(
        self, code: str, row: Row, attribute: str = "", *, value: str | None = None, expected: str = "", **more: Any
    ) -> Finding:
        """A finding on ``attribute`` of ``row``; ``value`` is the cell's unless given."""
        return finding(
            code,
            self.place(row, attribute),
            object_id=row.get(NAMES[row.sheet]),
            value=row.get(attribute) if value is None else value,
            expected=expected,
            **more,
        )


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]+", name)]


def group_rows(rows: Iterable[Row], attribute: str) -> dict[str, list[Row]]:
    """Rows by the value of ``attribute``, without letter case."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        value = row.get(attribute).casefold()
        if value:
            found[value].append(row)
    return dict(found)


def repeated(check: Check, code: str, sheet: str, attribute: str) -> Iterator[Finding]:
    """A finding on every row whose ``attribute`` stands in another row too."""
    for rows in check.index(sheet, attribute).values():
        if len(rows) > 1:
            numbers = ", ".join(str(row.number) for row in rows[:10]) + (" …" if len(rows) > 10 else "")
            for row in rows:
                yield check.finding(code, row, attribute, expected=numbers)


RuleFunction = Callable[[Check], Iterable[Finding]]
RULES: dict[str, RuleFunction] = {}
"""Code -> the function that finds it. A function may stand for several codes that one look at a value decides."""


LONG: set[RuleFunction] = set()
"""Functions that take a good part of the time of all; they begin first where two processors share the rules."""


def rule(*codes: str, long: bool = False) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function under its codes; ``long``: see :data:`LONG`.

    Raises:
        SystemFault: the registry does not hold a code as active, or another function has it already.
    """

    def register(function: RuleFunction) -> RuleFunction:
        for code in codes:
            if code in RULES:
                raise SystemFault(f"Rule {code} has two functions.")
            # Of this dsqc's own registry: an older rule set may be in force while modules are imported.
            if registered(code).state is RuleState.RESERVED:
                raise SystemFault(f"Rule {code} has a function but is not active in the registry.")
            RULES[code] = function
        if long:
            LONG.add(function)
        return function

    return register


def check(submission: Submission, form: Form, context: Context) -> FindingLog:
    """Run every metadata rule. No finding quotes what points at a person; see :func:`examine`."""
    from dsqc.rules.privacy import redacted

    prepared, found = examine(submission, form, context)
    return redacted(FindingLog(found), prepared.personal)


def examine(submission: Submission, form: Form, context: Context) -> tuple[Check, Iterator[Finding]]:
    """The submission with spellings set right, and every finding of the metadata rules, none of them left out.

    The normalising rules run first, on a copy; format rules judge the copy. The result does not depend on the order of
    rows, apart from the places it names. Findings quote cells as they stand: nobody may see them before
    :func:`dsqc.rules.privacy.redacted`.
    """
    from dsqc.rules.normalise import normalise
    from dsqc.rules.privacy import people_in_cells

    copy, changes = normalise(submission, form)
    prepared = Check(copy, form, context)
    functions = dict.fromkeys(function for code, function in RULES.items() if applies(code))
    tasks = [partial(function, prepared) for function in functions]
    rows = sum(len(sheet.rows) for sheet in copy.sheets.values())
    if can_share(rows):
        numbers = {function: number for number, function in enumerate(functions)}
        long = [number for function, number in numbers.items() if function in LONG]
        # Whoever redacts asks for the people that this rule tells.
        found = shared(tasks, long, [numbers[people_in_cells]] if people_in_cells in numbers else ())
    else:
        found = chain.from_iterable(task() for task in tasks)
    return prepared, chain(changes, found)
