"""The six sheets as tab-separated text, as Excel in Korea opens it: UTF-8 with a byte-order mark."""

import codecs
from pathlib import Path

from dsqc import artefact
from dsqc.forms.template.layout import Template

SUFFIX = ".tsv"
_TO_QUOTE = frozenset('\t"\r\n')


def write_text_sheets(
    folder: Path, template: Template, rows: dict[str, list[dict[str, str]]] | None = None
) -> tuple[Path, ...]:
    """Write ``submission.tsv`` … ``file.tsv``; their headings are the names of the attributes.

    Without the mark Excel takes UTF-8 for the code page of the machine (CP949) and shows Korean as garbage; the reader
    takes the files with and without it.

    Args:
        rows: a filled example; ``None``: an example row that is not read, and what the template knows already.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write_sheet(folder / f"{sheet}{SUFFIX}", template, sheet, rows) for sheet in template.columns)


def _write_sheet(path: Path, template: Template, sheet: str, rows: dict[str, list[dict[str, str]]] | None) -> Path:
    names = [column.attribute.name for column in template.columns[sheet]]
    held = [template.example_row(sheet), *template.filled_rows().get(sheet, ())] if rows is None else rows[sheet]
    lines = [names, *([row.get(name, "") for name in names] for row in held)]
    text = "".join("\t".join(map(_quoted, line)).rstrip("\t") + "\n" for line in lines)
    with artefact.atomic_file(path) as file:
        file.write(codecs.BOM_UTF8 + text.encode("utf-8"))
    return path


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _TO_QUOTE & set(cell) else cell
