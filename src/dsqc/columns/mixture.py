"""Columns that hold unlike things: several units, a word among numbers, codes without their zeros, cut texts, two
orders of day and month."""

from collections import Counter
from collections.abc import Iterator

from dsqc.columns.column import FEWEST, Column
from dsqc.columns.outlier import main_unit
from dsqc.columns.reading import DateOrder, Kind
from dsqc.columns.remark import Remark, RemarkKind
from dsqc.findings import Suggestion
from dsqc.forms.value import DATE_TYPES
from dsqc.language import Text

CUT_AT = (255, 32767)
"""Characters at which old database fields and cells of spreadsheets end."""
_SENTENCE_ENDS = (".", "!", "?", ")", "다")
_CHECKED_TYPES = frozenset(
    {*DATE_TYPES, "number", "integer", "quantity", "enum", "year", "taxid", "lat_lon", "geo_loc"}
)
"""Types whose single values a rule judges already."""
PADDED = 0.7
"""Confidence that a short code has lost zeros."""


def mixture_remarks(column: Column) -> Iterator[Remark]:
    """All remarks of this kind."""
    if len(column.where) < 2:
        # One value, however often, is unlike no other.
        yield from _cut_off(column)
        return
    yield from _units(column)
    yield from _kinds(column)
    yield from _zeros(column)
    yield from _cut_off(column)
    yield from _date_order(column)


def units(column: Column) -> Counter[str]:
    """Cells by unit; the empty unit is that of plain numbers."""
    found: Counter[str] = Counter()
    for value, reading in column.of_kind(Kind.NUMBER, Kind.QUANTITY).items():
        found[reading.unit] += column.counts[value]
    return found


def _units(column: Column) -> Iterator[Remark]:
    found = units(column)
    if len([unit for unit in found if unit]) < 1 or len(found) < 2:
        return
    unit = main_unit(column)
    if not unit or found[unit] < 3:
        return
    if "" in found and column.attribute is not None and column.attribute.type in _CHECKED_TYPES:
        del found[""]
    expected = Text(f"{unit}, as in {found[unit]:,} rows of this column", f"이 열의 {found[unit]:,}개 행과 같은 {unit}")
    for value, reading in sorted(column.of_kind(Kind.NUMBER, Kind.QUANTITY).items()):
        if reading.unit != unit and reading.unit in found:
            yield Remark(RemarkKind.UNITS, tuple(column.where[value]), value, expected)


_KIND_WORDS = {
    Kind.NUMBER: Text("a number", "숫자"),
    Kind.QUANTITY: Text("a number with its unit", "단위가 붙은 숫자"),
    Kind.DATE: Text("a date", "날짜"),
    Kind.COORDINATE: Text("a coordinate", "좌표"),
}


def _kinds(column: Column) -> Iterator[Remark]:
    """A text among numbers or dates, where no rule judges the single value."""
    main = column.main_kind
    if main not in _KIND_WORDS or column.said < FEWEST or column.kinds[main] == column.said:
        return
    attribute = column.attribute
    if attribute is not None and (attribute.type in _CHECKED_TYPES or attribute.vocabulary or attribute.pattern):
        return
    words = _KIND_WORDS[main]
    expected = Text(
        f"{words.en}, as in {column.kinds[main]:,} rows of this column",
        f"이 열의 {column.kinds[main]:,}개 행과 같은 {words.ko}",
    )
    for value in sorted(column.of_kind(Kind.TEXT)):
        yield Remark(RemarkKind.KINDS, tuple(column.where[value]), value, expected)


def _zeros(column: Column) -> Iterator[Remark]:
    """Codes of digits: most begin with zeros and are equally long, some are shorter."""
    codes = [value for value in column.where if value.isascii() and value.isdecimal()]
    padded = [value for value in codes if value[0] == "0" and len(value) > 1]
    widths = {len(value) for value in padded}
    if (
        sum(column.counts[value] for value in padded) < 3
        or len(widths) != 1
        or sum(column.counts[value] for value in codes) < 0.8 * column.said
    ):
        return
    (width,) = widths
    if any(len(value) > width for value in codes):
        return
    expected = Text(
        f"{width} digits, as in the rest of the column ({padded[0]})", f"열의 나머지 값처럼 {width}자리({padded[0]})"
    )
    for value in sorted(value for value in codes if len(value) < width):
        meant = Suggestion(value.zfill(width), PADDED)
        yield Remark(RemarkKind.ZEROS, tuple(column.where[value]), value, expected, meant)


def _cut_off(column: Column) -> Iterator[Remark]:
    if column.is_identity_by_type:
        return
    for value, rows in sorted(column.where.items()):
        if len(value) in CUT_AT and not value.endswith(_SENTENCE_ENDS):
            expected = Text(
                f"a text that does not end at {len(value)} characters", f"{len(value)}자에서 끊기지 않은 글"
            )
            yield Remark(RemarkKind.CUT_OFF, tuple(rows), value, expected)


def _date_order(column: Column) -> Iterator[Remark]:
    """Some dates can only be day first, others only month first: the rest of them cannot be read."""
    totals: Counter[DateOrder | None] = Counter()
    for value, reading in column.of_kind(Kind.DATE).items():
        totals[reading.order] += column.counts[value]
    if not (totals[DateOrder.DAY] and totals[DateOrder.MONTH]):
        return
    rare = min((DateOrder.DAY, DateOrder.MONTH), key=lambda order: (totals[order], order))
    shown = Text("month/day/year", "월/일/연도") if rare is DateOrder.DAY else Text("day/month/year", "일/월/연도")
    rest = max(totals[DateOrder.DAY], totals[DateOrder.MONTH])
    expected = Text(
        f"{shown.en}, as in {rest:,} rows of this column; better YYYY-MM-DD",
        f"이 열의 {rest:,}개 행과 같은 {shown.ko} 순서, 되도록 YYYY-MM-DD",
    )
    for value, reading in sorted(column.of_kind(Kind.DATE).items()):
        if reading.order is rare:
            yield Remark(RemarkKind.DATE_ORDER, tuple(column.where[value]), value, expected)
