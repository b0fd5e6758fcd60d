"""Vocabularies and patterns: tables of ``dsqc.schemas/vocabularies`` that curators edit, read once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property

from dsqc.errors import SystemFault
from dsqc.findings import Suggestion
from dsqc.forms.fields import CURRENT, CURRENT_FOLDER, load_fields
from dsqc.forms.reference import table_rows
from dsqc.language import Text
from dsqc.rule_data import schemas

RESEARCH_FIELDS = "research_fields"
"""The vocabulary of ``form_id``: the registry of research fields."""
_SHARED_TABLES = ("core", "field", "mims")
"""Tables that hold many small vocabularies, told apart by their column ``vocabulary``."""


class MatchKind(StrEnum):
    """How a value was found in a vocabulary."""

    EXACT = "exact"
    LETTER_CASE = "letter_case"
    SYNONYM = "synonym"


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    Attributes:
        term: the value as it stands in a sheet.
        label: the term for people, in both languages.
        parent: what the term belongs to: the platform of an instrument model, the level of a missing-value term.
        status: ``current``; ``historical`` terms are known but not allowed.
        synonyms: other spellings, offered as a correction.
        source: where the term comes from.
    """

    term: str
    label: Text
    parent: str = ""
    status: str = CURRENT
    synonyms: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The term that a value means, and how it was found. Only an exact match is allowed in a sheet."""

    term: Term
    kind: MatchKind


@dataclass(frozen=True)
class Vocabulary:
    """A controlled vocabulary. The same term may stand under several parents."""

    name: str
    entries: tuple[Term, ...] = field(repr=False)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Allowed terms in the order of the table, each once."""
        return tuple(dict.fromkeys(entry.term for entry in self.entries if entry.status == CURRENT))

    @cached_property
    def _exact(self) -> dict[str, Term]:
        return {entry.term: entry for entry in self.entries if entry.status == CURRENT}

    @cached_property
    def _folded(self) -> dict[str, Match]:
        found: dict[str, Match] = {}
        for entry in self._exact.values():
            found.setdefault(entry.term.casefold(), Match(entry, MatchKind.LETTER_CASE))
        for entry in self._exact.values():
            for synonym in entry.synonyms:
                found.setdefault(synonym.casefold(), Match(entry, MatchKind.SYNONYM))
        return found

    def __contains__(self, value: object) -> bool:
        return value in self._exact

    def __iter__(self) -> Iterator[str]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def lookup(self, value: str) -> Match | None:
        """The term that ``value`` means: exactly, but for letter case, or as a synonym; ``None``: no term."""
        exact = self._exact.get(value)
        if exact is not None:
            return Match(exact, MatchKind.EXACT)
        return self._folded.get(" ".join(value.split()).casefold())

    def under(self, parent: str) -> tuple[str, ...]:
        """Allowed terms that belong to ``parent``: the instrument models of a platform."""
        return tuple(entry.term for entry in self.entries if entry.parent == parent and entry.status == CURRENT)


@dataclass(frozen=True)
class Pattern:
    """What a whole value must match. ECMAScript reads it as Python does; digits are ASCII digits.

    ``name`` is the pattern's name in ``patterns.tsv``; empty where it stands in the form itself.
    """

    name: str
    regex: str
    source: str = ""
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether it is a pattern of ``patterns.tsv``."""
        return bool(self.name)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex, re.ASCII)

    def matches(self, value: str) -> bool:
        """Whether the whole of ``value`` fits."""
        return self._compiled.fullmatch(value) is not None


@cache
def read_table(name: str, folder: str = CURRENT_FOLDER) -> tuple[dict[str, str], ...]:
    """Rows of ``dsqc.schemas/vocabularies/<name>.tsv``; empty where there is no such table.

    ``folder`` is that of an older version of a form (``dsqc.schemas/forms/<folder>/vocabularies``).
    """
    place = "vocabularies" if folder == CURRENT_FOLDER else f"forms/{folder}/vocabularies"
    entry = schemas().joinpath(*place.split("/"), f"{name}.tsv")
    if not entry.is_file():
        return ()
    return table_rows(entry.read_text(encoding="utf-8"))


@cache
def shared_tables(folder: str = CURRENT_FOLDER) -> dict[str, list[dict[str, str]]]:
    """The vocabularies of ``core.tsv``, ``field.tsv`` and ``mims.tsv`` by name."""
    found: dict[str, list[dict[str, str]]] = {}
    for table in _SHARED_TABLES:
        for row in read_table(table, folder):
            found.setdefault(row["vocabulary"], []).append(row)
    return found


@cache
def vocabulary(name: str) -> Vocabulary:
    """The vocabulary ``name``: a table of its own, or a part of ``core.tsv``, ``field.tsv`` or ``mims.tsv``.

    ``name@folder`` is the vocabulary as an older version of a form has it (:func:`name_of_version`).

    Raises:
        SystemFault: there is none: a form or a rule names a vocabulary that does not travel with it.
    """
    if name == RESEARCH_FIELDS:
        return Vocabulary(
            name, tuple(Term(field.id, field.name, synonyms=field.aliases) for field in load_fields().values())
        )
    rows = rows_of(name)
    if not rows:
        raise SystemFault(f"No vocabulary has the name {name}.")
    return Vocabulary(name, tuple(_term(row) for row in rows))


def _rows(name: str, folder: str) -> Sequence[dict[str, str]]:
    return shared_tables(folder).get(name) or read_table(name, folder)


def rows_of(name: str) -> Sequence[dict[str, str]]:
    """The table behind the vocabulary ``name``; nothing for the registry of research fields."""
    plain, _at, folder = name.partition("@")
    return _rows(plain, folder or CURRENT_FOLDER)


def name_of_version(name: str, folder: str) -> str:
    """The vocabulary ``name`` for a version of a form: ``name@folder`` where its folder has the vocabulary."""
    if folder == CURRENT_FOLDER or not _rows(name, folder):
        return name
    return f"{name}@{folder}"


def _term(row: dict[str, str]) -> Term:
    return Term(
        term=row["term"],
        label=Text(row.get("label_en") or row["term"], row.get("label_ko") or row["term"]),
        parent=row.get("parent", ""),
        status=row.get("status") or CURRENT,
        synonyms=tuple(part.strip() for part in row.get("synonyms", "").split(";") if part.strip()),
        source=row.get("source", ""),
    )


@cache
def pattern(name: str, folder: str = CURRENT_FOLDER) -> Pattern:
    """The pattern ``name`` of ``patterns.tsv``; of the version's own in ``folder`` where that has one.

    Raises:
        SystemFault: there is none.
    """
    for row in (*(read_table("patterns", folder) if folder != CURRENT_FOLDER else ()), *read_table("patterns")):
        if row["name"] == name:
            return Pattern(name, row["regex"], row["source"], _examples(row["good"]), _examples(row["bad"]))
    raise SystemFault(f"No pattern has the name {name}.")


@cache
def pattern_words(name: str) -> Text:
    """What the pattern ``name`` asks for, in words (``pattern_words.tsv``).

    Raises:
        SystemFault: nobody has put it into words.
    """
    for row in read_table("pattern_words"):
        if row["name"] == name:
            return Text(row["words_en"], row["words_ko"])
    raise SystemFault(f"The pattern {name} is not put into words.")


def patterns() -> tuple[Pattern, ...]:
    """All named patterns."""
    return tuple(pattern(row["name"]) for row in read_table("patterns"))


def _examples(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(" ; ") if part)


MISSING_TERMS = "missing_value"
REPORTING_LEVEL = "reporting"


def is_missing_term(value: str) -> bool:
    """Whether ``value`` is one of the INSDC missing-value terms, letter case ignored."""
    spellings, initials = _missing_spellings()
    return value[:1] in initials and " ".join(value.split()).casefold() in spellings


@cache
def _missing_spellings() -> tuple[frozenset[str], frozenset[str]]:
    """The terms without letter case, and the letters they begin with: every cell is asked, and few are one."""
    spellings = frozenset(term.casefold() for term in vocabulary(MISSING_TERMS).terms)
    return spellings, frozenset(letter for term in spellings for letter in (term[0], term[0].upper()))


def missing_terms(*, reporting_only: bool = False) -> tuple[str, ...]:
    """The INSDC missing-value terms; only those of the reporting level for ``collection_date`` and ``geo_loc_name``."""
    terms = vocabulary(MISSING_TERMS)
    return terms.under(REPORTING_LEVEL) if reporting_only else terms.terms


@cache
def _rejected() -> tuple[tuple[re.Pattern[str], Suggestion], ...]:
    return tuple(
        (re.compile(row["regex"], re.IGNORECASE), Suggestion(row["suggestion"], float(row["confidence"])))
        for row in read_table("missing_value_rejected")
    )


@cache
def _any_rejected() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{spelling.pattern})" for spelling, _suggestion in _rejected()), re.IGNORECASE)


def is_rejected_missing(value: str) -> bool:
    """Whether ``value`` is a spelling of "nothing" that is not allowed."""
    return _any_rejected().fullmatch(value) is not None


def rejected_missing(value: str) -> str | None:
    """What to write instead of a spelling of "nothing" that is not allowed (``N/A``, ``-``, ``없음``)."""
    suggestion = suggest_missing(value)
    return suggestion.value if suggestion else None


def suggest_missing(value: str) -> Suggestion | None:
    """The missing-value term that such a spelling means, and how surely."""
    if not is_rejected_missing(value):
        return None
    for spelling, suggestion in _rejected():
        if spelling.fullmatch(value):
            return suggestion
    return None
