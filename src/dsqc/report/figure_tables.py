"""Tables of figures: as text, TSV and a workbook, in one language. What may not be told is a mark, never a zero."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.artefact import atomic_file
from dsqc.language import Language, Text

WITHHELD = "…"
"""Stands where a number is not told."""
Value = str | int | float | None
"""A cell; ``None`` is a number that is not told."""

PLAN_COLUMNS = (
    Text("Ministry", "부처"),
    Text("Centre", "센터"),
    Text("Data type", "데이터 유형"),
    Text("Records", "건수"),
    Text("% of records", "건수 비율(%)"),
    Text("Volume (GB)", "용량(GB)"),
    Text("% of volume", "용량 비율(%)"),
)
DIMENSIONS = {
    "field": Text("Research field", "연구 분야"),
    "centre": Text("Centre", "센터"),
    "package": Text("Package", "패키지"),
    "quality": Text("Verdict", "판정"),
    "access": Text("Access", "접근 수준"),
    "data_type": Text("Data type", "데이터 유형"),
    "ministry": Text("Ministry", "부처"),
    "state": Text("State", "상태"),
    "year": Text("Year", "연도"),
    "quarter": Text("Quarter", "분기"),
    "month": Text("Month", "월"),
    "platform": Text("Platform", "플랫폼"),
    "strategy": Text("Strategy", "전략"),
    "organism": Text("Organism", "생물"),
}
AMOUNTS = (Text("Runs", "런"), Text("Bytes", "바이트"), Text("Bases", "염기"))
TOTAL = Text("Total", "합계")
CLOSED = Text("closed and held, not broken down", "비공개·공개 유예(세분하지 않음)")


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table: a title, columns, rows as people read them, and remarks below it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    remarks: tuple[str, ...] = ()


def plan_table(document: Mapping[str, Any], language: Language) -> FigureTable:
    """The plan's table out of its document: a row a centre and type, then types, then everything."""
    rows: list[tuple[Value, ...]] = [
        (row["ministry_name"][language.value], row["centre"], _name(row, language), *_plan_row(row))
        for row in document["rows"]
    ]
    total = TOTAL.get(language)
    rows.extend((total, "", _name(row, language), *_plan_row(row)) for row in document["data_types"])
    rows.append((total, "", "", *_plan_row(document["total"])))
    title = Text("Research data by ministry, centre and data type", "부처·센터·데이터 유형별 연구 데이터 현황")
    remarks = [
        Text("A record is a registered run; 1 GB is 10^9 bytes.", "1건은 등록된 런 1개, 1 GB는 10^9바이트입니다.")
    ]
    if any(row["records"] is None for row in (*document["rows"], *document["data_types"], document["total"])):
        remarks.append(_withheld(document["threshold"]))
    return FigureTable(
        _with_day(title.get(language), document),
        tuple(item.get(language) for item in PLAN_COLUMNS),
        tuple(rows),
        tuple(item.get(language) for item in remarks),
    )


def _name(row: Mapping[str, Any], language: Language) -> str:
    return str(row["data_type_name"][language.value])


def _plan_row(row: Mapping[str, Any]) -> tuple[Value, ...]:
    return tuple(row[name] for name in ("records", "records_percent", "volume_gb", "volume_percent"))


def _with_day(title: str, document: Mapping[str, Any]) -> str:
    return f"{title} ({document['as_of']})" if document["as_of"] else title


def _withheld(threshold: int) -> Text:
    return Text(
        f"{WITHHELD}: not told, because fewer than {threshold} closed records could be told from it.",
        f"{WITHHELD}: 비공개 자료 {threshold}건 미만이 드러날 수 있어 표시하지 않습니다.",
    )


def breakdown_table(document: Mapping[str, Any], language: Language) -> FigureTable:
    """A table by dimensions: a row a combination, then what is closed, then everything."""
    dimensions: Sequence[str] = document["dimensions"]
    rest = [""] * (len(dimensions) - 1)
    rows: list[tuple[Value, ...]] = [
        (*(row[name] or "-" for name in dimensions), *_amounts(row)) for row in document["rows"]
    ]
    remarks: list[str] = []
    if document["public"] and (document["closed"] is None or document["closed"]["runs"]):
        rows.append((CLOSED.get(language), *rest, *_amounts(document["closed"])))
        if document["closed"] is None:
            remarks.append(_withheld(document["threshold"]).get(language))
    rows.append((TOTAL.get(language), *rest, *_amounts(document["total"])))
    names = [DIMENSIONS[name].get(language) for name in dimensions]
    title = Text("Runs by ", "런: ").get(language) + ", ".join(names)
    columns = (*names, *(item.get(language) for item in AMOUNTS))
    return FigureTable(_with_day(title, document), columns, tuple(rows), tuple(remarks))


def _amounts(row: Mapping[str, Any] | None) -> tuple[Value, ...]:
    return tuple(row[name] if row else None for name in ("runs", "bytes", "bases"))


def text_of(value: Value) -> str:
    """A cell for people."""
    if value is None:
        return WITHHELD
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else value


def to_tsv(table: FigureTable) -> str:
    """The table as tab-separated text: a heading, plain numbers, nothing where a number is not told."""
    out = io.StringIO()
    for row in (table.columns, *table.rows):
        cells = ("" if value is None else str(value).replace("\t", " ").replace("\n", " ") for value in row)
        out.write("\t".join(cells) + "\n")
    return out.getvalue()


def write_xlsx(path: Path, table: FigureTable) -> None:
    """The table as a workbook of one sheet, with numbers as numbers.

    Raises:
        StorageFault: the file cannot be written.
    """
    import xlsxwriter  # 60 ms; only this needs it

    content = io.BytesIO()
    # Texts stay texts: a value of a submitter that begins with = is no formula, and no link.
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(content, settings)
    sheet = workbook.add_worksheet(table.columns[0][:31] or "1")
    head = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    whole, share = workbook.add_format({"num_format": "#,##0"}), workbook.add_format({"num_format": "0.0"})
    sheet.write_string(0, 0, table.title, workbook.add_format({"bold": True}))
    for column, name in enumerate(table.columns):
        sheet.write_string(2, column, name, head)
    for number, row in enumerate(table.rows, start=3):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(number, column, value, share if isinstance(value, float) else whole)
            else:
                sheet.write_string(number, column, text_of(value))
    for number, remark in enumerate(table.remarks, start=len(table.rows) + 4):
        sheet.write_string(number, 0, remark)
    sheet.freeze_panes(3, 0)
    for column in range(len(table.columns)):
        width = max(len(text_of(row[column])) for row in (table.columns, *table.rows))
        sheet.set_column(column, column, min(2 * width + 2, 40))
    workbook.close()
    with atomic_file(path) as file:
        file.write(content.getvalue())
