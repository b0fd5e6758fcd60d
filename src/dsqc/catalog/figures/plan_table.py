"""The table that the national plan publishes: records and volume by ministry, centre and type of data."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.figures.counting import Amount, count_cells
from dsqc.catalog.figures.disclosure import Group, Leaf, protect
from dsqc.catalog.figures.words import centre_label, centres, data_type_of, data_types, ministry_label
from dsqc.catalog.models import CentreFigureRecord
from dsqc.language import Text

GIGABYTE = 10**9


@dataclass(slots=True)
class _Row:
    """One row before it is written: a centre's holdings of one type."""

    centre: str
    data_type: str
    open: Amount = field(default_factory=Amount)
    closed: Amount = field(default_factory=Amount)
    reported: list[CentreFigureRecord] = field(default_factory=list)

    @property
    def is_replaced(self) -> bool:
        """Whether the centre said how much it holds in all; what the catalog counts is part of that."""
        return any(item.scope == "whole" for item in self.reported)

    def sums(self) -> tuple[int, int]:
        """Records and bytes."""
        records = sum(item.records for item in self.reported)
        volume = sum(item.volume_bytes for item in self.reported)
        if not self.is_replaced:
            records += self.open.runs + self.closed.runs
            volume += self.open.bytes + self.closed.bytes
        return records, volume

    def leaf(self) -> Leaf:
        """The row for disclosure control: what was reported is public already."""
        return Leaf(0 if self.is_replaced else self.closed.runs, fixed=self.is_replaced)


def plan_table(
    session: Session, *, zone: ZoneInfo, as_of: date | None = None, threshold: int | None = None
) -> dict[str, Any]:
    """The plan's table over this catalog and what other centres reported.

    A record is a registered run; a volume is the bytes of its data files as submitted, in gigabytes of 10^9 bytes,
    rounded half up. Sums are made before rounding. Rows stand in the plan's order. Of several figures that a centre
    reported, the newest that is not after ``as_of`` holds.

    Args:
        as_of: the end of this day; ``None`` for now.
        threshold: least number of closed records that is told, for what the public may see; ``None`` tells all.
    """
    rows = _rows(session, zone, as_of)
    groups = {item.code: [row for row in rows if row.data_type == item.code] for item in data_types()}
    groups = {code: members for code, members in groups.items() if members}
    guarded = {code: Group([row.leaf() for row in members]) for code, members in groups.items()}
    tells_total = protect(list(guarded.values()), threshold or 1)
    shown = {id(row): leaf.published for code in groups for row, leaf in _pairs(groups[code], guarded[code])}
    total = _sum(row.sums() for row in rows)
    whole = total if tells_total else None
    return {
        "as_of": as_of.isoformat() if as_of else None,
        "public": threshold is not None,
        "threshold": threshold,
        "rows": [_row(row, whole, shown[id(row)]) for row in rows],
        "data_types": [
            {
                "data_type": code,
                "data_type_name": _names(next(item.label for item in data_types() if item.code == code)),
                **_figures(_sum(row.sums() for row in members) if guarded[code].published else None, whole),
            }
            for code, members in groups.items()
        ],
        "total": _figures(whole, whole),
    }


def _pairs(members: list[_Row], group: Group) -> Iterable[tuple[_Row, Leaf]]:
    return zip(members, group.leaves, strict=True)


def _rows(session: Session, zone: ZoneInfo, as_of: date | None) -> list[_Row]:
    found: dict[tuple[str, str], _Row] = {}
    for cell in count_cells(session, ("centre", "data_type"), zone=zone, as_of=as_of):
        key = (cell.key[0], data_type_of(cell.key[1]))
        row = found.setdefault(key, _Row(*key))
        row.open.add(cell.open)
        row.closed.add(cell.closed)
    for item in _reported(session, as_of):
        key = (item.centre, item.data_type)
        found.setdefault(key, _Row(*key)).reported.append(item)
    order, types = list(centres()), [item.code for item in data_types()]
    places = {code: number for number, code in enumerate(order)}
    return sorted(
        found.values(), key=lambda row: (places.get(row.centre, len(order)), row.centre, types.index(row.data_type))
    )


def _reported(session: Session, as_of: date | None) -> list[CentreFigureRecord]:
    """The newest figure of every centre, type and scope."""
    query = select(CentreFigureRecord).order_by(CentreFigureRecord.as_of, CentreFigureRecord.id)
    if as_of is not None:
        query = query.where(CentreFigureRecord.as_of <= as_of.isoformat())
    newest = {(item.centre, item.data_type, item.scope): item for item in session.scalars(query)}
    return list(newest.values())


def _sum(amounts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    pairs = list(amounts)
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _row(row: _Row, total: tuple[int, int] | None, published: bool) -> dict[str, Any]:
    ministry = centres().get(row.centre, "")
    counted = not row.is_replaced and bool(row.open.runs or row.closed.runs)
    return {
        "ministry": ministry,
        "ministry_name": _names(ministry_label(ministry)),
        "centre": row.centre,
        "centre_name": _names(centre_label(row.centre)),
        "data_type": row.data_type,
        "data_type_name": _names(next(item.label for item in data_types() if item.code == row.data_type)),
        **_figures(row.sums() if published else None, total),
        "source": "both" if counted and row.reported else "reported" if row.reported else "catalog",
        "reported_as_of": max((item.as_of for item in row.reported), default=None),
    }


def _names(text: Text) -> dict[str, str]:
    return {"en": text.en, "ko": text.ko}


def _figures(amount: tuple[int, int] | None, total: tuple[int, int] | None) -> dict[str, Any]:
    """Numbers of a row, ``None`` where they are not told; shares only beside a total that is told."""
    if amount is None:
        return dict.fromkeys(("records", "volume_bytes", "volume_gb", "records_percent", "volume_percent"))
    return {
        "records": amount[0],
        "volume_bytes": amount[1],
        "volume_gb": (2 * amount[1] + GIGABYTE) // (2 * GIGABYTE),
        "records_percent": _percent(amount[0], total[0]) if total else None,
        "volume_percent": _percent(amount[1], total[1]) if total else None,
    }


def _percent(part: int, whole: int) -> float | None:
    """Percent with one decimal, rounded half up, by whole numbers so that no binary fraction tips it."""
    return (2000 * part + whole) // (2 * whole) / 10 if whole else None
