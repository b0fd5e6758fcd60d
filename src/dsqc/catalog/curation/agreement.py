"""How far curators agree: over cases that two decided without seeing each other."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, selectinload

from dsqc.catalog.curation.opinions import BLIND, FIRST
from dsqc.catalog.models import CurationCaseRecord, CurationOpinionRecord

DECISIONS = ("approve", "return", "reject")
NORMAL_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
FEW = 30
"""Pairs below which the interval of kappa, which holds for many, is no more than a hint."""

LEAST = 10
"""Cases below which there is no interval: the large-sample error of one or two cases is often zero."""

Pair = tuple[Any, Any]
"""What the two said of one case."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two raters over ``cases`` cases.

    Attributes:
        percent: cases in which both said the same, 0 to 100; ``None`` without cases.
        kappa: Cohen's kappa; ``None`` where chance alone would make them agree always.
        low, high: 95 % confidence interval of kappa; ``None`` without kappa, or with fewer than ``LEAST`` cases.
    """

    cases: int
    percent: float | None
    kappa: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        shown = {"percent": 1, "kappa": 3, "low": 3, "high": 3}
        rounded = {
            name: None if (value := getattr(self, name)) is None else round(value, digits)
            for name, digits in shown.items()
        }
        return {"cases": self.cases, **rounded, "few": self.cases < FEW}


def agreement(pairs: Sequence[Pair], categories: Sequence[Any]) -> Agreement:
    """Percent agreement and Cohen's kappa of ``pairs``.

    κ = (p_o - p_e) / (1 - p_e) (Cohen 1960, Educational and Psychological Measurement 20:37-46). Its standard error is
    that of Fleiss, Cohen & Everitt 1969 (Psychological Bulletin 72:323-327, formula 13), for large samples::

        Var(κ) = (A + B - C) / ((1 - p_e)² n)
        A = Σ_i p_ii (1 - (p_i. + p_.i)(1 - κ))²
        B = (1 - κ)² Σ_{i≠j} p_ij (p_.i + p_j.)²
        C = (κ - p_e (1 - κ))²

    Args:
        pairs: what the first and the second said of each case.
        categories: all that may be said.
    """
    number = len(pairs)
    if not number:
        return Agreement(0, None, None, None, None)
    share = {(a, b): 0.0 for a in categories for b in categories}
    for pair in pairs:
        share[pair] += 1 / number
    rows = {a: sum(share[a, b] for b in categories) for a in categories}
    columns = {b: sum(share[a, b] for a in categories) for b in categories}
    observed = sum(share[a, a] for a in categories)
    expected = sum(rows[a] * columns[a] for a in categories)
    if expected > 1 - 1e-12:
        return Agreement(number, 100 * observed, None, None, None)
    kappa = (observed - expected) / (1 - expected)
    if number < LEAST:
        return Agreement(number, 100 * observed, kappa, None, None)
    diagonal = sum(share[a, a] * (1 - (rows[a] + columns[a]) * (1 - kappa)) ** 2 for a in categories)
    beside = sum(share[a, b] * (columns[a] + rows[b]) ** 2 for a in categories for b in categories if a != b)
    variance = diagonal + (1 - kappa) ** 2 * beside - (kappa - expected * (1 - kappa)) ** 2
    error = math.sqrt(max(0.0, variance) / number) / (1 - expected)
    low, high = max(-1.0, kappa - NORMAL_95 * error), min(1.0, kappa + NORMAL_95 * error)
    return Agreement(number, 100 * observed, kappa, low, high)


@dataclass(frozen=True, slots=True)
class BlindCase:
    """A case that two decided blind: their decisions and the codes of their reasons."""

    curators: tuple[str, str]
    decisions: tuple[str, str]
    codes: tuple[frozenset[str], frozenset[str]]
    at: str


def blind_cases(session: Session, since: str = "") -> list[BlindCase]:
    """All cases with two blind opinions, the later of them not before ``since`` (UTC, as in events, or its start)."""
    query = select(CurationCaseRecord).options(
        defer(CurationCaseRecord.content),
        defer(CurationCaseRecord.runs),
        selectinload(CurationCaseRecord.opinions).selectinload(CurationOpinionRecord.reasons),
    )
    two = select(CurationOpinionRecord.case_id).where(CurationOpinionRecord.role.in_(BLIND))
    found = []
    for case in session.scalars(query.where(CurationCaseRecord.id.in_(two)).order_by(CurationCaseRecord.id)):
        blind = sorted((item for item in case.opinions if item.role in BLIND), key=lambda item: item.role != FIRST)
        if len(blind) != 2 or max(item.at for item in blind) < since:
            continue
        first, second = blind
        codes = tuple(frozenset(reason.code for reason in item.reasons) for item in blind)
        found.append(
            BlindCase(
                (first.curator, second.curator),
                (first.decision, second.decision),
                (codes[0], codes[1]),
                max(item.at for item in blind),
            )
        )
    return found


def figures(cases: Sequence[BlindCase]) -> dict[str, Any]:
    """The agreement of all, of each pair of curators, and for each reason whether both gave it."""
    by_pair: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for case in cases:
        turned = case.curators[0] > case.curators[1]
        names = (case.curators[1], case.curators[0]) if turned else case.curators
        by_pair[names].append((case.decisions[1], case.decisions[0]) if turned else case.decisions)
    codes = sorted({code for case in cases for own in case.codes for code in own})
    return {
        "overall": agreement([case.decisions for case in cases], DECISIONS).to_dict(),
        "table": _table(case.decisions for case in cases),
        "pairs": [
            {"curators": list(names), **agreement(pairs, DECISIONS).to_dict()}
            for names, pairs in sorted(by_pair.items())
        ],
        "reasons": [{"code": code, **_of_reason(code, cases)} for code in codes],
    }


def _table(pairs: Iterable[Pair]) -> dict[str, dict[str, int]]:
    """How often which decision met which: of the first opinion, then of the second."""
    found = {first: dict.fromkeys(DECISIONS, 0) for first in DECISIONS}
    for first, second in pairs:
        found[first][second] += 1
    return found


def _of_reason(code: str, cases: Sequence[BlindCase]) -> dict[str, Any]:
    said = [(code in case.codes[0], code in case.codes[1]) for case in cases]
    both = sum(first and second for first, second in said)
    one = sum(first != second for first, second in said)
    return {**agreement(said, (True, False)).to_dict(), "both": both, "one": one}
