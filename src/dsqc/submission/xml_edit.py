"""Change a few places of an XML document and leave every other byte as it is.

Parsing a part of a workbook and writing it again loses what the writer does not know; putting new bytes between old
ones loses nothing.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

_START_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_ENCODING = re.compile(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')""")
_NO_XML = {point: f"_x{point:04X}_" for point in (*range(9), *range(11, 32), 0xFFFE, 0xFFFF)}
_OFFICE_ESCAPE = re.compile(r"_x(?=[0-9A-Fa-f]{4}_)")


class NotEditableError(ValueError):
    """The document is no XML that can be changed in place."""


@dataclass(slots=True)
class Element:
    """One element and where it stands, in bytes.

    Attributes:
        path: local names from the root, joined by ``/``.
        name: as it is written, with its prefix.
        attributes: as they are written.
        start: of the start tag.
        inner: end of the start tag.
        inner_end: of what it holds; ``inner`` where it is written as ``<name/>``.
        end: of the end tag.
        is_closed_at_once: whether it is written as ``<name/>``.
    """

    path: str
    name: str
    attributes: dict[str, str]
    start: int
    inner: int = 0
    inner_end: int = 0
    end: int = 0
    is_closed_at_once: bool = False

    @property
    def prefix(self) -> str:
        """The namespace prefix with its colon; empty where there is none."""
        before, colon, _name = self.name.rpartition(":")
        return before + colon


def as_utf8(data: bytes) -> bytes:
    """The document in UTF-8, so that offsets are those of its text.

    Raises:
        NotEditableError: it is in another encoding than UTF-8 or UTF-16.
    """
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return _ENCODING.sub(r'\1 encoding="UTF-8"', data.decode("utf-16"), count=1).encode()
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotEditableError("it is neither UTF-8 nor UTF-16") from error
    return data


def elements(data: bytes, paths: Collection[str]) -> list[Element]:
    """The elements whose path is one of ``paths``, in the order of their start tags.

    Raises:
        NotEditableError: the document is damaged.
    """
    parser = expat.ParserCreate()
    found: list[Element] = []
    names: list[str] = []
    open_elements: list[Element | None] = []
    wanted = set(paths)

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        path = f"{names[-1]}/{local}" if names else local
        names.append(path)
        if path in wanted:
            element = Element(path, name, attributes, parser.CurrentByteIndex)
            found.append(element)
            open_elements.append(element)
        else:
            open_elements.append(None)

    def end(_name: str) -> None:
        names.pop()
        element = open_elements.pop()
        if element is not None:
            _close(element, data, parser.CurrentByteIndex)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise NotEditableError(f"it is damaged ({error})") from error
    return found


def _close(element: Element, data: bytes, at: int) -> None:
    tag = _START_TAG.match(data, element.start)
    if tag is None:
        raise NotEditableError(f"the start tag of {element.name} cannot be read")
    element.inner = tag.end()
    element.is_closed_at_once = tag.group().endswith(b"/>")
    if element.is_closed_at_once:
        element.inner_end = element.end = element.inner
    else:
        element.inner_end = at
        element.end = data.index(b">", at) + 1


@dataclass(slots=True)
class Edit:
    """Changes of one document, made all at once."""

    data: bytes
    _pieces: list[tuple[int, int, bytes]] = field(default_factory=list)

    def put(self, start: int, end: int, text: str) -> None:
        """Put ``text`` in place of the bytes from ``start`` to ``end``."""
        self._pieces.append((start, end, text.encode()))

    def insert(self, at: int, text: str) -> None:
        """Put ``text`` before the byte ``at``."""
        self.put(at, at, text)

    def append_to(self, element: Element, text: str) -> None:
        """Put ``text`` behind what ``element`` holds."""
        if element.is_closed_at_once:
            opened = self.data[element.start : element.end].rstrip(b"/> \t\r\n").decode()
            self.put(element.start, element.end, f"{opened}>{text}</{element.name}>")
        else:
            self.insert(element.inner_end, text)

    def set_attributes(self, element: Element, **values: str) -> None:
        """Set attributes of ``element``."""
        self.put(element.start, element.inner, start_tag(element, **values))

    def result(self) -> bytes:
        """The document with all changes."""
        parts: list[bytes] = []
        at = 0
        for start, end, text in sorted(self._pieces, key=lambda piece: piece[:2]):
            parts += [self.data[at:start], text]
            at = end
        return b"".join([*parts, self.data[at:]])


def start_tag(element: Element, **values: str) -> str:
    """The start tag of ``element`` with attributes set or, where the value is empty, taken away."""
    merged = {name: value for name, value in {**element.attributes, **values}.items() if value}
    written = "".join(f" {name}={_quoted(value)}" for name, value in merged.items())
    return f"<{element.name}{written}{'/' if element.is_closed_at_once else ''}>"


def text_of(value: str) -> str:
    """``value`` as the text of a cell. Office writes what XML cannot hold as ``_x000D_``, and escapes what looks so."""
    return _escaped(_OFFICE_ESCAPE.sub("_x005F_x", value).translate(_NO_XML))


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(value: str) -> str:
    """An attribute's value in quotes; line breaks and tabs would be read as blanks."""
    spelled = _escaped(value).replace('"', "&quot;")
    return '"' + spelled.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;") + '"'


def last_of(found: Iterable[Element], path: str) -> Element | None:
    """The last element of ``path``; ``None`` where there is none."""
    return next((item for item in reversed(list(found)) if item.path == path), None)
