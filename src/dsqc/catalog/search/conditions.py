"""A query's tree as conditions of SQL over ``run_search`` and ``submission``. Every value is bound, none is written.

No condition is ever NULL, so that ``NOT`` of it finds exactly the others. What is measured is never told of closed
submissions: such a condition is false for all of their runs alike, whatever they hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, column, exists, false, func, literal, not_, or_, select, table, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from dsqc.catalog.models import (
    WIDE_METRICS,
    DataFileRecord,
    ExperimentRecord,
    FindingRecord,
    ForeignAccessionRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    RunSearchRecord,
    RunTextRecord,
    SampleRecord,
    SearchValueRecord,
    SubmissionRecord,
)
from dsqc.catalog.search.fields import Field, Kind, find_field, number_of
from dsqc.catalog.search.folding import SHORTEST_INDEXED, as_pattern, escaped, fold
from dsqc.catalog.search.grammar import And, Node, Not, Or, Range, Term, Words
from dsqc.catalog.search.visible import is_described, is_public
from dsqc.errors import UsageError

Condition = ColumnElement[bool]

COMPARISONS: dict[str, Callable[[Any, Any], Condition]] = {
    ">=": lambda value, bound: value >= bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    "<": lambda value, bound: value < bound,
    ":": lambda value, bound: value == bound,
}
MOST_VALUES = 1000
"""Spellings that a value with ``*`` may stand for before the database looks for them by itself."""
LARGEST_KEY = 2**31 - 1
_WORDS = table("run_words", column("rowid"), column("run_words"))
"""The FTS5 table of SQLite."""

_NAMED: dict[str, tuple[InstrumentedAttribute[int], InstrumentedAttribute[int], tuple[Any, ...]]] = {
    "project": (RunSearchRecord.project_id, ProjectRecord.id, (ProjectRecord.accession, ProjectRecord.alias)),
    "sample": (RunSearchRecord.sample_id, SampleRecord.id, (SampleRecord.accession, SampleRecord.name)),
    "experiment": (
        RunSearchRecord.experiment_id,
        ExperimentRecord.id,
        (ExperimentRecord.accession, ExperimentRecord.library_id),
    ),
    "run": (RunSearchRecord.run_id, RunRecord.id, (RunRecord.accession, RunRecord.alias)),
    "submission": (
        RunSearchRecord.submission_id,
        SubmissionRecord.id,
        (SubmissionRecord.accession, SubmissionRecord.alias),
    ),
    "data_file": (RunSearchRecord.run_id, DataFileRecord.run_id, (DataFileRecord.name,)),
}
"""Column of the run, key of what is named, and its names; an accession stands first."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where is searched: ``everything`` is for the station's own people, else what may be told to anybody."""

    session: Session
    everything: bool = False

    def visible(self) -> Condition:
        """The runs that may be found at all."""
        return true() if self.everything else is_described()

    def compile(self, node: Node) -> Condition:
        """The condition of ``node``; the statement joins ``run_search`` and ``submission``.

        Raises:
            UsageError: it asks for what only ``everything`` tells.
        """
        match node:
            case And(items):
                return and_(true(), *map(self.compile, items))
            case Or(items):
                return or_(false(), *map(self.compile, items))
            case Not(item):
                return not_(self.compile(item))
            case Words(text):
                return self._words(text)
            case Range(name, low, high):
                ends = [("<=", high), (">=", low)]
                return and_(true(), *(self._term(Term(name, sign, end)) for sign, end in ends if end))
            case Term():
                return self._term(node)

    def _term(self, term: Term) -> Condition:
        field = find_field(term.field)
        if field is None:
            raise UsageError(f"There is no field {term.field}.", hint="`dsqc catalog search --help-query` lists them.")
        if field.is_inner and not self.everything:
            raise UsageError(
                f"{field.name} is of the station's own work.", hint="With --all the station's people find it."
            )
        found = _CONDITIONS[field.kind](self, field, term)
        return and_(is_public(), found) if field.is_measured and not self.everything else found

    def _word(self, field: Field, term: Term) -> Condition:
        if field.name == "organism" and term.value.isascii() and term.value.isdigit() and not term.is_prefix:
            return _number(RunSearchRecord.taxonomy_id, ":", float(term.value))
        of_submission = field.column.removeprefix("submission.")
        if of_submission != field.column:
            return _same(getattr(SubmissionRecord, of_submission), term)
        owner = getattr(RunSearchRecord, field.column)
        if term.is_prefix and not term.value:
            return _is_given(owner)
        # Looked up first: the database plans well only for values that it sees.
        folded = SearchValueRecord.folded
        looks_so = folded.like(f"{escaped(fold(term.value))}%", escape="\\")
        spelled = select(SearchValueRecord.value).where(
            SearchValueRecord.name == field.column, looks_so if term.is_prefix else folded == fold(term.value)
        )
        values = self.session.scalars(spelled.limit(MOST_VALUES + 1)).all()
        if not values:
            return false()
        found: Condition = owner.in_(spelled if len(values) > MOST_VALUES else values)
        return found

    def _date(self, field: Field, term: Term) -> Condition:
        name = field.column.removeprefix("submission.")
        owner = getattr(RunSearchRecord if name == field.column else SubmissionRecord, name)
        # Dates may stand to the year or month, and words for a missing value stand in the same column.
        is_date = func.substr(owner, 1, 1).in_(list("0123456789"))
        return and_(is_date, COMPARISONS[term.sign](func.substr(owner, 1, len(term.value)), term.value))

    def _numeric(self, field: Field, term: Term) -> Condition:
        return _number(getattr(RunSearchRecord, field.column), term.sign, _value(term))

    def _name(self, field: Field, term: Term) -> Condition:
        owner, key, names = _NAMED[field.column]
        if term.is_prefix:
            same = [name.startswith(term.value, autoescape=True) for name in names]
        else:
            foreign = select(ForeignAccessionRecord.accession).where(
                ForeignAccessionRecord.foreign_accession == term.value
            )
            same = [*(name == term.value for name in names), *([names[0].in_(foreign)] if len(names) > 1 else [])]
        return owner.in_(select(key).where(or_(*same)))

    def _checksum(self, _field: Field, term: Term) -> Condition:
        digest = term.value.lower()
        same = or_(DataFileRecord.md5 == digest, DataFileRecord.sha256 == digest)
        return RunSearchRecord.run_id.in_(select(DataFileRecord.run_id).where(same))

    def _metric(self, field: Field, term: Term) -> Condition:
        number = number_of(term.value) if term.value else None
        if field.column in WIDE_METRICS and number is not None:
            return _number(getattr(RunSearchRecord, field.column), term.sign, number)
        asked = []
        if number is not None and not term.is_prefix:
            asked.append(_number(MetricRecord.value, term.sign, number))
        if term.sign == ":":
            asked.append(and_(MetricRecord.text.is_not(None), _same(MetricRecord.text, term)))
        if term.is_prefix and not term.value:
            asked.append(MetricRecord.value.is_not(None))
        return exists().where(
            MetricRecord.run_id == RunSearchRecord.run_id, MetricRecord.metric == field.column, or_(*asked)
        )

    def _finding(self, _field: Field, term: Term) -> Condition:
        code = term.value.upper()
        same = FindingRecord.code.startswith(code, autoescape=True) if term.is_prefix else FindingRecord.code == code
        return RunSearchRecord.submission_id.in_(select(FindingRecord.submission_id).where(same))

    def _words(self, text: str) -> Condition:
        folded = fold(text)
        columns = [RunTextRecord.words, *([RunTextRecord.inner_words] if self.everything else [])]
        if self.session.get_bind().dialect.name != "sqlite":
            like = [item.like(as_pattern(folded), escape="\\") for item in columns]
            return RunSearchRecord.run_id.in_(select(RunTextRecord.run_id).where(or_(*like)))
        holds: list[Condition] = [func.instr(item, folded) > 0 for item in columns]
        query = select(RunTextRecord.run_id).where(or_(*holds))
        if len(folded) >= SHORTEST_INDEXED:
            # FTS5 folds once more by its own table: it proposes, instr() decides.
            names = " ".join(item.key for item in columns)
            phrase = '"' + folded.replace('"', '""') + '"'
            matches = _WORDS.c.run_words.op("MATCH", is_comparison=True)(f"{{{names}}} : {phrase}")
            query = query.where(RunTextRecord.run_id.in_(select(_WORDS.c.rowid).where(matches)))
        return RunSearchRecord.run_id.in_(query)

    def _text(self, _field: Field, term: Term) -> Condition:
        return self._words(term.value)


_CONDITIONS: dict[Kind, Callable[[Scope, Field, Term], Condition]] = {
    Kind.WORD: Scope._word,
    Kind.DATE: Scope._date,
    Kind.NUMBER: Scope._numeric,
    Kind.NAME: Scope._name,
    Kind.CHECKSUM: Scope._checksum,
    Kind.METRIC: Scope._metric,
    Kind.TEXT: Scope._text,
    Kind.FINDING: Scope._finding,
}


def _value(term: Term) -> float:
    number = number_of(term.value)
    if number is None:
        raise UsageError(f"{term.value} is no number.", hint=f"Ask {term.field} for a number.")
    return number


def _number(owner: Any, sign: str, bound: float) -> Condition:
    # Whole columns are asked with whole numbers, so that their index serves.
    is_whole = bound.is_integer() and abs(bound) <= LARGEST_KEY and owner.type.python_type is int
    return and_(owner.is_not(None), COMPARISONS[sign](owner, int(bound) if is_whole else literal(bound)))


def _same(owner: Any, term: Term) -> Condition:
    """Equality without regard to the case of ASCII letters, which all such columns hold."""
    value = term.value.lower()
    if term.is_prefix:
        return func.lower(owner).startswith(value, autoescape=True) if value else _is_given(owner)
    same: Condition = func.lower(owner) == value
    return same


def _is_given(owner: Any) -> Condition:
    found: Condition = owner != literal("")
    return found
