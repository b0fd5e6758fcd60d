"""Rules on how a library was made: strategy, source and selection against each other and against what is written."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from dsqc.findings import Finding
from dsqc.forms.vocabulary import read_table
from dsqc.model import Row
from dsqc.rules.checking import Check, rule

COMBINATIONS = "library_combinations"
MOLECULES = "library_molecules"
TEXTS = ("title", "library_construction_protocol")
"""Where a library is described in words."""
OTHERS = frozenset({"other", "OTHER", "unspecified"})
"""Terms that say nothing, so that nothing is unusual about them."""
DNA, RNA = "DNA", "RNA"


@dataclass(frozen=True, slots=True)
class _Unusual:
    """What is unusual with one strategy: some terms of ``attribute``, or (``only``) all but some."""

    attribute: str
    only: bool
    terms: frozenset[str]
    expected: str

    def meets(self, value: str) -> bool:
        if not value or value in OTHERS:
            return False
        return (value not in self.terms) if self.only else value in self.terms


@cache
def _combinations() -> dict[str, tuple[_Unusual, ...]]:
    found: dict[str, list[_Unusual]] = defaultdict(list)
    for row in read_table(COMBINATIONS):
        terms = frozenset(part.strip() for part in row["terms"].split(";"))
        found[row["library_strategy"]].append(_Unusual(row["attribute"], row["rule"] == "only", terms, row["expected"]))
    return {strategy: tuple(rows) for strategy, rows in found.items()}


@cache
def _molecules(kind: str) -> dict[str, str]:
    """Term -> molecule, of sources or strategies."""
    return {row["term"]: row["molecule"] for row in read_table(MOLECULES) if row["kind"] == kind}


@cache
def _words() -> dict[str, re.Pattern[str]]:
    """Molecule -> the words that speak of it."""
    parts: dict[str, list[str]] = defaultdict(list)
    for row in read_table(MOLECULES):
        if row["kind"] == "word":
            parts[row["molecule"]].append(row["term"])
    return {
        molecule: re.compile(rf"(?<![A-Za-z])(?:{'|'.join(terms)})(?![A-Za-z])", re.IGNORECASE)
        for molecule, terms in parts.items()
    }


@rule("DSQC-X004", "DSQC-X010")
def combination(check: Check) -> Iterator[Finding]:
    """Combinations that are unusual by the table; where it says nothing, words about RNA on a source of DNA, or the
    reverse. Equal libraries are judged once."""
    known: dict[tuple[str, ...], tuple[str, str, dict[str, Any]] | None] = {}
    names = ("library_strategy", "library_source", "library_selection", *TEXTS)
    for row in check.rows("experiment"):
        key = tuple(row.get(name) for name in names)
        if key not in known:
            known[key] = _unusual(row) or _other_molecule(row)
        found = known[key]
        if found is not None:
            code, attribute, arguments = found
            yield check.finding(code, row, attribute, **arguments)


def _unusual(row: Row) -> tuple[str, str, dict[str, Any]] | None:
    strategy = row.get("library_strategy")
    for item in _combinations().get(strategy, ()):
        value = row.get(item.attribute)
        if item.meets(value):
            return "DSQC-X004", item.attribute, {"value": f"{strategy}, {value}", "expected": item.expected}
    return None


def _other_molecule(row: Row) -> tuple[str, str, dict[str, Any]] | None:
    """The source's molecule against the strategy's, else against the words of title and protocol."""
    source, strategy = row.get("library_source"), row.get("library_strategy")
    molecule = _molecules("source").get(source)
    if molecule is None:
        return None
    expected = "; ".join(term for term, kind in _molecules("source").items() if kind != molecule)
    told = _molecules("strategy").get(strategy)
    if told is not None:
        return _conflict(f"{source}, {strategy}", expected) if told != molecule else None
    for name in TEXTS:
        seen = {kind: words.search(row.get(name)) for kind, words in _words().items()}
        other = seen[DNA if molecule == RNA else RNA]
        if other is not None and seen[molecule] is None:
            return _conflict(f'{source}, {name} "{other.group()}"', expected)
    return None


def _conflict(value: str, expected: str) -> tuple[str, str, dict[str, Any]]:
    return "DSQC-X010", "library_source", {"value": value, "expected": expected}
