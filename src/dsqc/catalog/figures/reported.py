"""Figures that centres report about themselves, read from a table of theirs into the catalog."""

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.figures.periods import parse_day
from dsqc.catalog.figures.words import centres, data_types
from dsqc.catalog.models import SCOPES, CentreFigureRecord
from dsqc.errors import UsageError
from dsqc.forms.vocabulary import vocabulary

COLUMNS = ("centre", "data_type", "as_of", "records", "volume_gb")
"""Columns that the table must have; ``scope`` and ``source`` may stand there too."""
MOST_BYTES = 2**63 - 1
_HINT = "Columns: centre, data_type, as_of, records, volume_gb, and if you like scope (whole, besides) and source."


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """One row of the table; see ``CentreFigureRecord``."""

    centre: str
    data_type: str
    as_of: str
    scope: str
    records: int
    volume_bytes: int
    source: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    replaced: int
    unchanged: int


def read_figures(path: Path, own_centre: str) -> list[ReportedFigure]:
    """Read a TSV of reported figures.

    Args:
        own_centre: the station's: its figures are of what its catalog does not hold (scope ``besides``).

    Raises:
        UsageError: the table is missing or wrong; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as UTF-8 text: {error}.", hint=_HINT) from error
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise UsageError(f"{path} lacks the columns {', '.join(missing)}.", hint=_HINT)
    found: dict[tuple[str, str, str, str], ReportedFigure] = {}
    for row in reader:
        figure = _figure(
            {name: value or "" for name, value in row.items() if name}, f"{path} line {reader.line_num}", own_centre
        )
        key = (figure.centre, figure.data_type, figure.as_of, figure.scope)
        if key in found:
            raise UsageError(f"{path} line {reader.line_num} says {' '.join(key)} a second time.", hint=_HINT)
        found[key] = figure
    return list(found.values())


def _figure(row: dict[str, str], place: str, own_centre: str) -> ReportedFigure:
    centre, data_type = row["centre"].strip(), row["data_type"].strip()
    if centre not in centres() and centre not in vocabulary("data_centres"):
        raise UsageError(f"{place}: no centre has the code {centre!r}.", hint=f"Centres: {', '.join(centres())}.")
    known = [item.code for item in data_types()]
    if data_type not in known:
        raise UsageError(f"{place}: {data_type!r} is no type of data.", hint=f"Types: {', '.join(known)}.")
    scope = row.get("scope", "").strip() or ("besides" if centre == own_centre else "whole")
    if scope not in SCOPES:
        raise UsageError(f"{place}: scope {scope!r} is neither whole nor besides.", hint=_HINT)
    if centre == own_centre and scope == "whole":
        hint = "The catalog counts what it holds; report only what it does not hold (scope besides)."
        raise UsageError(f"{place}: {centre} is this station.", hint=hint)
    records, volume = _number(row["records"], place), _number(row["volume_gb"], place) * 10**9
    if records != int(records) or volume != int(volume) or max(records, volume) > MOST_BYTES:
        raise UsageError(f"{place}: records are whole numbers, volumes whole bytes.", hint=_HINT)
    day = parse_day(row["as_of"].strip(), f"{place}: as_of").isoformat()
    return ReportedFigure(centre, data_type, day, scope, int(records), int(volume), row.get("source", "").strip())


def _number(text: str, place: str) -> Decimal:
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise UsageError(f"{place}: {text!r} is no number from 0.", hint=_HINT)
    return value


def import_figures(session: Session, figures: list[ReportedFigure], *, replace: bool = False) -> Imported:
    """Take figures in. The same figures again change nothing.

    Args:
        replace: whether a figure that is known otherwise is replaced.

    Raises:
        UsageError: a figure is known otherwise, and ``replace`` is false; nothing is taken in then.
    """
    added = replaced = unchanged = 0
    for figure in figures:
        values = {name: getattr(figure, name) for name in ReportedFigure.__slots__}
        key = {name: values[name] for name in ("centre", "data_type", "as_of", "scope")}
        record = session.scalars(select(CentreFigureRecord).filter_by(**key)).first()
        if record is None:
            session.add(CentreFigureRecord(**values))
            added += 1
        elif (record.records, record.volume_bytes) == (figure.records, figure.volume_bytes):
            record.source = figure.source or record.source
            unchanged += 1
        elif replace:
            record.records, record.volume_bytes = figure.records, figure.volume_bytes
            record.source = figure.source
            replaced += 1
        else:
            known = f"{record.records:,} records and {record.volume_bytes / 10**9:,g} GB"
            raise UsageError(
                f"{' '.join(key.values())} is known as {known}; the table says otherwise.",
                hint="Give --replace if the new figure is the right one.",
            )
    session.flush()
    return Imported(added, replaced, unchanged)
