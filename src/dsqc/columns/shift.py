"""Rows in which values stand one column beside their own."""

from collections.abc import Callable, Iterator, Sequence

from dsqc.columns.column import MOSTLY, Column
from dsqc.columns.reading import Kind
from dsqc.columns.remark import Remark, RemarkKind
from dsqc.forms import vocabulary
from dsqc.forms.value import DATE_TYPES
from dsqc.language import Text

FEWEST_ROWS = 20
"""Rows that a column needs before its own values say what fits in it."""
MOST_CLASSES = 20
"""Different values up to which a column is one of classes."""
SEEN = 3
"""Rows in which a class stands."""
LEAST_CELLS = 2
"""Cells beside each other that must fit the neighbouring columns and not their own."""
_KIND_OF_TYPE = {
    "integer": (Kind.NUMBER,),
    "number": (Kind.NUMBER,),
    "quantity": (Kind.QUANTITY, Kind.NUMBER),
    "taxid": (Kind.NUMBER,),
    "year": (Kind.NUMBER,),
    "lat_lon": (Kind.COORDINATE,),
    **dict.fromkeys(DATE_TYPES, (Kind.DATE,)),
}
_TELLING_KINDS = frozenset({Kind.NUMBER, Kind.QUANTITY, Kind.DATE, Kind.COORDINATE})

Fits = Callable[[str], bool]


def shift_remarks(columns: Sequence[Column]) -> None:
    """Put remarks on shifted rows into the columns in which the shift begins."""
    tests = [_test(column) for column in columns]
    for step in (1, -1):
        for row, start, end in _shifted(columns, tests, step):
            column, origin = columns[start], columns[start - step]
            value = _by_row(column)[row]
            last = columns[end].name
            expected = Text(
                f'"{value}" in the column {origin.name}; the values up to {last} stand one column beside their own',
                f'"{value}" 값은 {origin.name} 열에 있어야 함({last} 열까지 값이 한 열씩 밀려 있음)',
            )
            column.remarks.append(Remark(RemarkKind.SHIFTED, (row,), value, expected))


def _by_row(column: Column) -> dict[int, str]:
    return {row: value for value, rows in column.where.items() for row in rows}


def _shifted(columns: Sequence[Column], tests: Sequence[Fits | None], step: int) -> Iterator[tuple[int, int, int]]:
    """Row, first and last column of every run of cells that fit the column ``step`` before and not their own."""
    hits: dict[int, list[int]] = {}
    for index, column in enumerate(columns):
        own = tests[index]
        other = tests[index - step] if 0 <= index - step < len(columns) else None
        if own is None or other is None:
            continue
        for value, rows in column.where.items():
            if column.readings[value].kind is not Kind.MISSING and not own(value) and other(value):
                for row in rows:
                    hits.setdefault(row, []).append(index)
    for row in sorted(hits):
        run: list[int] = []
        for index in [*hits[row], -1]:
            if run and index != run[-1] + 1:
                if len(run) >= LEAST_CELLS:
                    yield row, run[0], run[-1]
                run = []
            run.append(index)


def _test(column: Column) -> Fits | None:
    """What fits in a column; ``None`` where everything does."""
    attribute = column.attribute
    if attribute is not None:
        if attribute.vocabulary is not None and attribute.type != "geo_loc":
            terms = vocabulary(attribute.vocabulary)
            return lambda value: terms.lookup(value) is not None
        if attribute.type in _KIND_OF_TYPE:
            kinds = _KIND_OF_TYPE[attribute.type]
            return lambda value: _kind_of(column, value) in kinds
        if attribute.type in ("md5", "sha256", "email", "filename") and attribute.pattern is not None:
            return attribute.pattern.matches
    if column.said < FEWEST_ROWS:
        return None
    main = column.main_kind
    if main in _TELLING_KINDS:
        return lambda value: _kind_of(column, value) is main
    classes = {value for value, number in column.counts.items() if number >= SEEN}
    if len(classes) <= MOST_CLASSES and sum(column.counts[value] for value in classes) >= MOSTLY * column.said:
        return classes.__contains__
    return None


def _kind_of(column: Column, value: str) -> Kind:
    """What a value would be in ``column``, whether it stands there or not."""
    return column.readings[value].kind if value in column.readings else column.read(value).kind
