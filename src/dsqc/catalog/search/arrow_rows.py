"""Rows of a query as Arrow tables: through COPY on PostgreSQL, which is ten times as fast as row by row."""

import io
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

_TYPES: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_CONVERSION = {
    "null_values": [""],
    "true_values": ["t"],
    "false_values": ["f"],
    "strings_can_be_null": True,
    # COPY writes the empty text in quotes, and NULL without.
    "quoted_strings_can_be_null": False,
}


def arrow_schema(statement: Select[Any]) -> pa.Schema:
    """Names and types of the columns of ``statement``."""
    columns = statement.column_descriptions
    return pa.schema([(item["name"], _TYPES[item["type"].python_type]) for item in columns])


class RowReader:
    """Reads statements of one session; the texts of JSON columns must be asked for as text."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_postgresql = session.get_bind().dialect.name == "postgresql"

    def fetch(self, statement: Select[Any]) -> "bytes | list[tuple[Any, ...]]":
        """What the database answers, unread: the part of the work that waits for it."""
        if not self._is_postgresql:
            return [tuple(row) for row in self._session.execute(statement)]
        connection = self._session.connection()
        compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
        answer = bytearray()
        driver: Any = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY ({compiled}) TO STDOUT (FORMAT csv)", compiled.params) as copy,
        ):
            for part in copy:
                answer += part
        return bytes(answer)

    @staticmethod
    def to_arrow(statement: Select[Any], answer: "bytes | list[tuple[Any, ...]]") -> pa.Table:
        """The table of what :meth:`fetch` brought."""
        schema = arrow_schema(statement)
        if isinstance(answer, bytes):
            if not answer:
                return schema.empty_table()
            return pa_csv.read_csv(
                io.BytesIO(answer),
                read_options=pa_csv.ReadOptions(column_names=schema.names, block_size=max(len(answer) + 1, 1 << 20)),
                parse_options=pa_csv.ParseOptions(newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    column_types={field.name: field.type for field in schema}, **_CONVERSION
                ),
            )
        values = zip(*answer, strict=True) if answer else [()] * len(schema)
        arrays = [pa.array(list(column), type=item.type) for column, item in zip(values, schema, strict=True)]
        return pa.table(arrays, schema=schema)

    def read(self, statement: Select[Any]) -> pa.Table:
        """The rows of ``statement``."""
        return self.to_arrow(statement, self.fetch(statement))

    def values(self, statement: Select[Any]) -> "dict[str, Values]":
        """Of a statement over (name, whole number, number, text), of which the number or the text is NULL: by name.

        PostgreSQL gathers the arrays itself: a message a row would cost more than all other work on it.
        """
        if not self._is_postgresql:
            rows: dict[str, list[tuple[int, float | None, str | None]]] = defaultdict(list)
            for name, *row in self._session.execute(statement):
                rows[name].append(tuple(row))
            return {name: _values(part) for name, part in rows.items()}
        inner = statement.subquery()
        name, key, number, text = inner.columns
        of_numbers = (func.array_agg(item).filter(number.is_not(None)) for item in (key, number))
        of_texts = (func.array_agg(item).filter(number.is_(None)) for item in (key, text))
        grouped = select(name, *of_numbers, *of_texts).group_by(name)
        connection = self._session.connection()
        compiled = grouped.compile(dialect=connection.dialect)
        driver: Any = connection.connection.driver_connection
        with driver.cursor(binary=True) as cursor:
            cursor.execute(str(compiled), compiled.params)
            result = cursor.pgresult
            return {
                result.get_value(row, 0).decode(): Values(
                    _array(result.get_value(row, 1), ">i4"),
                    _array(result.get_value(row, 2), ">f8"),
                    _array(result.get_value(row, 3), ">i4"),
                    _texts(result.get_value(row, 4)),
                )
                for row in range(result.ntuples)
            }


@dataclass(frozen=True, slots=True)
class Values:
    """The rows of one name: keys and values of those that are numbers, then of those that are texts."""

    number_keys: "np.ndarray[Any, Any]"
    numbers: "np.ndarray[Any, Any]"
    text_keys: "np.ndarray[Any, Any]"
    texts: list[str | None]


def _values(rows: list[tuple[int, float | None, str | None]]) -> Values:
    numbers = [(key, number) for key, number, _ in rows if number is not None]
    texts = [(key, text) for key, number, text in rows if number is None]
    return Values(
        np.array([key for key, _ in numbers], np.int64),
        np.array([number for _, number in numbers], np.float64),
        np.array([key for key, _ in texts], np.int64),
        [text for _, text in texts],
    )


_ARRAY_HEADER = 20
"""Bytes before the elements of a one-dimensional array on PostgreSQL's wire: dimensions, flags, type, length, bound."""


def _array(data: bytes | None, kind: str) -> "np.ndarray[Any, Any]":
    """The elements of an array without NULL, as PostgreSQL sends it: each with its length before it."""
    elements = np.frombuffer(
        data or bytes(_ARRAY_HEADER), np.dtype([("length", ">i4"), ("value", kind)]), offset=_ARRAY_HEADER
    )
    return elements["value"].astype(kind.replace(">", "<"))


def _texts(data: bytes | None) -> list[str | None]:
    """The elements of an array of texts; the length of a NULL is -1."""
    found: list[str | None] = []
    place = _ARRAY_HEADER
    while data is not None and place < len(data):
        length = int.from_bytes(data[place : place + 4], signed=True)
        place += 4
        found.append(None if length < 0 else data[place : place + length].decode())
        place += max(length, 0)
    return found
