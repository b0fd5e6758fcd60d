"""Finding runs: one page of them in the order of their accessions, how many there are, and of what."""

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, Select, func, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import RunSearchRecord, SubmissionRecord
from dsqc.catalog.search.by_checksum import digest_of, runs_with
from dsqc.catalog.search.conditions import Scope
from dsqc.catalog.search.fields import facet_names, find_field
from dsqc.catalog.search.grammar import And, Node, Range, Term, Words
from dsqc.catalog.search.parsing import parse
from dsqc.catalog.search.rows import ResultRow, full_rows
from dsqc.errors import UsageError

MOST_OF_FACET = 50
"""Values of a facet that are told, the most frequent first."""
_METRIC = re.compile(r"([a-z0-9_]+)(>=|<=|>|<|=)(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for; an empty value asks nothing. Every condition must hold.

    Attributes:
        words: a query in the language of :mod:`dsqc.catalog.search.parsing`.
        organism: the name without regard to case, or a taxonomy id.
        checksum: MD5 or SHA-256 of a file.
        metrics: conditions such as ``frac_bases_q30>=0.8``.
        text: found in titles, names, descriptions and attributes.
        everything: closed, held and withdrawn runs too, and what is not public about any: for the station's people.
        limit: runs of a page; 0 for all.
        page: from 1.
    """

    words: str = ""
    organism: str = ""
    research_field: str = ""
    project: str = ""
    package: str = ""
    platform: str = ""
    instrument: str = ""
    strategy: str = ""
    access: str = ""
    collected_from: str = ""
    collected_to: str = ""
    checksum: str = ""
    text: str = ""
    metrics: tuple[str, ...] = ()
    everything: bool = False
    limit: int = 1000
    page: int = 1

    def node(self) -> Node:
        """All that is asked, as one tree.

        Raises:
            UsageError: ``words`` or a condition cannot be read, or a page that there cannot be.
        """
        if self.page < 1 or self.limit < 0:
            raise UsageError("Pages are counted from 1, and hold 0 runs or more (0: all).")
        given = [(name, getattr(self, name)) for name in _OPTIONS]
        items: list[Node] = [Term(_OPTIONS[name], ":", value) for name, value in given if value]
        if self.collected_from or self.collected_to:
            items.append(Range("collected", self.collected_from, self.collected_to))
        items += [_metric(text) for text in self.metrics]
        items += [Words(self.text)] if self.text.strip() else []
        items += [parse(self.words)] if self.words.strip() else []
        return items[0] if len(items) == 1 else And(tuple(items))


_OPTIONS = {
    "organism": "organism",
    "research_field": "field",
    "project": "project",
    "package": "package",
    "platform": "platform",
    "instrument": "instrument",
    "strategy": "strategy",
    "access": "access",
    "checksum": "checksum",
}
"""Attributes of :class:`Query` and the fields they ask."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page. ``count`` says how many runs meet the query, ``facets`` how many of them have which value."""

    count: int
    run_ids: tuple[int, ...]
    facets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def find(session: Session, query: Query, facets: tuple[str, ...] = ()) -> Found:
    """The runs that meet ``query``, by accession.

    Raises:
        UsageError: the query cannot be read, or a facet is none.
    """
    columns = {name: _facet_column(name) for name in facets}
    node = query.node()
    digest = None if facets else digest_of(node)
    if digest is not None:
        offset = (query.page - 1) * query.limit
        page_of_runs = runs_with(session, digest, everything=query.everything, limit=query.limit, offset=offset)
        if page_of_runs is not None:
            return Found(page_of_runs[0][1] if page_of_runs else 0, tuple(run for run, _ in page_of_runs))
    matching = _matching(Scope(session, query.everything), node)
    found = matching.cte("found").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(found)
    page = select(found.c.run_id, total.scalar_subquery()).order_by(found.c.accession)
    if query.limit:
        page = page.limit(query.limit).offset((query.page - 1) * query.limit)
    rows = session.execute(page).all()
    count = rows[0][1] if rows else session.scalar(total) or 0
    counted = {name: _facet(session, found, column) for name, column in columns.items()} if count else {}
    return Found(count, tuple(row[0] for row in rows), counted or {name: [] for name in facets})


def search(session: Session, query: Query) -> list[ResultRow]:
    """One page of the runs that meet ``query``, each with what it belongs to, its files and its metrics."""
    return full_rows(session, find(session, query).run_ids, everything=query.everything)


def count(session: Session, query: Query) -> int:
    """How many runs meet ``query``, whatever its limit."""
    matching = _matching(Scope(session, query.everything), query.node())
    return session.scalar(select(func.count()).select_from(matching.subquery())) or 0


def _matching(scope: Scope, node: Node) -> Select[tuple[int, str]]:
    return (
        select(RunSearchRecord.run_id, RunSearchRecord.accession)
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .where(scope.visible(), scope.compile(node))
    )


def _facet_column(name: str) -> Any:
    asked = find_field(name)
    if asked is None or not asked.is_facet:
        raise UsageError(f"Runs are not counted by {name}.", hint=f"Facets are: {', '.join(facet_names())}.")
    of_submission = asked.column.removeprefix("submission.")
    table = RunSearchRecord if of_submission == asked.column else SubmissionRecord
    return getattr(table, of_submission)


def _facet(session: Session, found: CTE, column: Any) -> list[dict[str, Any]]:
    number = func.count()
    query = (
        select(column, number)
        .select_from(found)
        .join(RunSearchRecord, RunSearchRecord.run_id == found.c.run_id)
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .group_by(column)
        .order_by(number.desc(), column)
        .limit(MOST_OF_FACET)
    )
    return [{"value": value, "runs": runs} for value, runs in session.execute(query)]


def _metric(text: str) -> Node:
    match = _METRIC.fullmatch(text.replace(" ", ""))
    if match is None:
        raise UsageError(
            f"Cannot read the condition {text!r}.", hint="Write METRIC>=NUMBER, for example frac_bases_q30>=0.8."
        )
    return parse("".join(match.groups()))
