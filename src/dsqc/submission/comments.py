"""Comments of cells: the part that holds their texts, and the drawing that holds their boxes."""

import re
from collections.abc import Mapping
from itertools import pairwise

from dsqc.submission.parts import RELATIONS, Parts
from dsqc.submission.table import column_index
from dsqc.submission.xml_edit import Edit, elements, last_of, text_of

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SHAPE_ID = re.compile(rb"_x0000_s(\d+)")
_SHAPE_TYPE = "_x0000_t202"
_PER_BLOCK = 1024
"""Boxes of one block of numbers; a drawing names the blocks that its boxes take their numbers from."""
_OWN_BLOCKS = 512
"""First block of new drawings, far above those of other sheets."""
_AFTER_DRAWING = (
    *("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"),
)
"""What stands below ``legacyDrawing`` in a sheet."""
AUTHOR = "dsqc"
Place = tuple[int, str]
"""Row and column letter."""


def add_comments(parts: Parts, sheet: str, comments: Mapping[Place, str]) -> None:
    """Comment cells of the part ``sheet``; a cell that has a comment keeps it, with the new one below."""
    kept = _add_texts(parts, sheet, comments)
    _add_boxes(parts, sheet, [place for place in comments if place not in kept])


def _add_texts(parts: Parts, sheet: str, comments: Mapping[Place, str]) -> set[Place]:
    """Write the texts; gives the cells that had a comment (and therefore a box) already."""
    name = parts.related(sheet, "comments")
    if not name:
        name = parts.free_name("xl/comments", ".xml")
        empty = f'<comments xmlns="{_MAIN}"><authors></authors><commentList></commentList></comments>'
        parts.write(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{empty}'.encode())
        parts.declare(name, _COMMENTS_TYPE)
        parts.relate(sheet, "comments", name)
    data = parts.read(name)
    comment_path = "comments/commentList/comment"
    found = elements(
        data,
        {"comments/authors", "comments/authors/author", "comments/commentList", comment_path, f"{comment_path}/text"},
    )
    edit = Edit(data)
    authors, listed = (last_of(found, path) for path in ("comments/authors", "comments/commentList"))
    if authors is None or listed is None:
        return set()
    author = sum(item.path == "comments/authors/author" for item in found)
    p = authors.prefix
    edit.append_to(authors, f"<{p}author>{AUTHOR}</{p}author>")
    texts = {
        comment.attributes.get("ref", ""): text
        for comment, text in pairwise(found)
        if comment.path == comment_path and text.path == f"{comment_path}/text"
    }
    kept: set[Place] = set()
    new: list[str] = []
    for (row, column), comment in comments.items():
        old = texts.get(f"{column}{row}")
        if old is not None:
            kept.add((row, column))
            edit.append_to(old, _run(p, f"\n{comment}"))
        else:
            body = f"<{p}text>{_run(p, comment)}</{p}text>"
            new.append(f'<{p}comment ref="{column}{row}" authorId="{author}">{body}</{p}comment>')
    edit.append_to(listed, "".join(new))
    parts.write(name, edit.result())
    return kept


def _run(p: str, text: str) -> str:
    font = f'<{p}rPr><{p}sz val="9"/><{p}rFont val="Tahoma"/></{p}rPr>'
    return f'<{p}r>{font}<{p}t xml:space="preserve">{text_of(text)}</{p}t></{p}r>'


def _add_boxes(parts: Parts, sheet: str, places: list[Place]) -> None:
    name = parts.related(sheet, "vmlDrawing") if _has_drawing(parts, sheet) else ""
    if not name:
        name = parts.free_name("xl/drawings/vmlDrawing", ".vml")
        blocks = range(_OWN_BLOCKS, _OWN_BLOCKS + 1 + len(places) // (_PER_BLOCK - 1))
        parts.write(name, _new_drawing(",".join(map(str, blocks))).encode())
        parts.declare(name, _DRAWING_TYPE)
        _hang(parts, sheet, parts.relate(sheet, "vmlDrawing", name))
        first = _OWN_BLOCKS * _PER_BLOCK + 1
    else:
        first = max(map(int, _SHAPE_ID.findall(parts.read(name))), default=_OWN_BLOCKS * _PER_BLOCK) + 1
    data = parts.read(name)
    # Drawings are written by many programs and are not always XML: the end of the text is all that is looked for.
    at = data.rindex(b"</")
    # Some programs bind the same names to other prefixes: what is not declared is declared in every box.
    own = "".join(text for text in _NAMESPACES if text.split("=")[0].encode() not in data)
    boxes = "".join(_box(first + number, place, own) for number, place in enumerate(places))
    if _SHAPE_TYPE.encode() not in data:
        boxes = _NOTE_SHAPE.replace("<v:shapetype", f"<v:shapetype{own}") + boxes
    parts.write(name, data[:at] + boxes.encode() + data[at:])


def _has_drawing(parts: Parts, sheet: str) -> bool:
    return bool(elements(parts.read(sheet), {"worksheet/legacyDrawing"}))


def _hang(parts: Parts, sheet: str, relation: str) -> None:
    """Name the drawing in its sheet, at the place that the order of a sheet's elements asks for."""
    data = parts.read(sheet)
    found = elements(data, {"worksheet", *(f"worksheet/{name}" for name in _AFTER_DRAWING)})
    root = found[0]
    at = min((item.start for item in found[1:]), default=root.inner_end)
    edit = Edit(data)
    bound = [name.partition(":")[2] for name, value in root.attributes.items() if value == RELATIONS and ":" in name]
    named = f'{bound[0]}:id="{relation}"' if bound else f'xmlns:r="{RELATIONS}" r:id="{relation}"'
    edit.insert(at, f"<{root.prefix}legacyDrawing {named}/>")
    parts.write(sheet, edit.result())


_NAMESPACES = (
    ' xmlns:v="urn:schemas-microsoft-com:vml"',
    ' xmlns:o="urn:schemas-microsoft-com:office:office"',
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"',
)
_NOTE_SHAPE = (
    f'<v:shapetype id="{_SHAPE_TYPE}" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def _new_drawing(blocks: str) -> str:
    return (
        f"<xml{''.join(_NAMESPACES)}>"
        f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{blocks}"/></o:shapelayout>{_NOTE_SHAPE}</xml>'
    )


def _box(number: int, place: Place, namespaces: str) -> str:
    row, column = place[0] - 1, column_index(place[1])
    anchor = f"{column + 1}, 15, {max(0, row - 1)}, 10, {column + 4}, 15, {max(0, row - 1) + 4}, 10"
    return (
        f'<v:shape{namespaces} id="_x0000_s{number}" type="#{_SHAPE_TYPE}"'
        ' style="position:absolute;width:216pt;height:60pt;visibility:hidden"'
        ' fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
