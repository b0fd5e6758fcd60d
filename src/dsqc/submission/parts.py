"""The parts of a workbook (an Open Packaging archive): read by name, found by relation, written with new bytes."""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from dsqc.submission.xml_edit import Edit, NotEditableError, as_utf8, elements

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "[Content_Types].xml"
_NEW_PART = (1980, 1, 1, 0, 0, 0)
"""The date of new parts: the same workbook with the same changes gives the same bytes."""


class Parts:
    """A workbook's parts, with those that are changed or new held in memory."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        self._names = {item.filename for item in self._archive.infolist()}
        self._changed: dict[str, bytes] = {}

    def close(self) -> None:
        """Close the workbook."""
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name in self._names or name in self._changed

    def read(self, name: str) -> bytes:
        """A part in UTF-8.

        Raises:
            NotEditableError: there is none, or it is damaged.
        """
        if name in self._changed:
            return self._changed[name]
        if name not in self._names:
            raise NotEditableError(f"it has no part {name}")
        return as_utf8(self._archive.read(name))

    def write(self, name: str, data: bytes) -> None:
        """Change a part, or add one."""
        self._changed[name] = data

    def save(self, file: IO[bytes]) -> None:
        """Write the workbook: unchanged parts with their own dates, in their own order, new parts at the end."""
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for item in self._archive.infolist():
                if item.filename not in self._names:
                    continue
                data = self._changed.get(item.filename)
                entry = zipfile.ZipInfo(item.filename, item.date_time)
                entry.compress_type = zipfile.ZIP_DEFLATED if item.compress_type else zipfile.ZIP_STORED
                entry.external_attr = item.external_attr
                archive.writestr(entry, self._archive.read(item.filename) if data is None else data)
            for name in sorted(self._changed.keys() - self._names):
                entry = zipfile.ZipInfo(name, _NEW_PART)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, self._changed[name])

    def relations(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Relations of a part: id, last word of the type, part that is meant. External ones are left out."""
        beside = _relations_of(name)
        if beside not in self:
            return
        try:
            root = ElementTree.fromstring(self.read(beside))  # noqa: S314  expat refuses entity bombs since 2.4.1
        except ElementTree.ParseError as error:
            raise NotEditableError(f"{beside} is damaged ({error})") from error
        for item in root:
            if item.get("TargetMode") == "External":
                continue
            target = item.get("Target", "")
            meant = target[1:] if target.startswith("/") else posixpath.join(posixpath.dirname(name), target)
            yield item.get("Id", ""), item.get("Type", "").rpartition("/")[2], posixpath.normpath(meant)

    def related(self, name: str, kind: str) -> str:
        """The part that ``name`` has a relation of ``kind`` to; empty where there is none."""
        return next((target for _id, type_name, target in self.relations(name) if type_name == kind), "")

    def relate(self, name: str, kind: str, target: str) -> str:
        """Add a relation of ``name`` to ``target``; gives its id."""
        beside = _relations_of(name)
        if beside not in self:
            self.write(
                beside,
                f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
                f'<Relationships xmlns="{_PACKAGE_RELATIONS}"></Relationships>'.encode(),
            )
        data = self.read(beside)
        root = elements(data, {"Relationships"})[0]
        used = {relation[0] for relation in self.relations(name)} | set(re.findall(r'\bId="([^"]*)"', data.decode()))
        number = next(item for item in range(1, len(used) + 2) if f"rIdDsqc{item}" not in used)
        relation = f"rIdDsqc{number}"
        edit = Edit(data)
        edit.append_to(
            root,
            f'<{root.prefix}Relationship Id="{relation}" Type="{RELATIONS}/{kind}" Target="/{target}"/>',
        )
        self.write(beside, edit.result())
        return relation

    def remove_related(self, name: str, kind: str) -> None:
        """Take away the parts that ``name`` has relations of ``kind`` to, and the relations."""
        gone = {target for _id, type_name, target in self.relations(name) if type_name == kind}
        if not gone:
            return
        beside = _relations_of(name)
        self._cut(beside, "Relationships/Relationship", "Type", lambda value: value.rpartition("/")[2] == kind)
        self._cut(_CONTENT_TYPES, "Types/Override", "PartName", lambda value: value.removeprefix("/") in gone)
        self._names -= gone
        self._changed = {part: data for part, data in self._changed.items() if part not in gone}

    def _cut(self, name: str, path: str, attribute: str, is_meant: Callable[[str], bool]) -> None:
        """Cut the elements of a part out whose attribute is meant."""
        data = self.read(name)
        edit = Edit(data)
        for element in elements(data, {path}):
            if is_meant(element.attributes.get(attribute, "")):
                edit.put(element.start, element.end, "")
        self.write(name, edit.result())

    def declare(self, name: str, content_type: str) -> None:
        """Say of what type a new part is."""
        data = self.read(_CONTENT_TYPES)
        root = elements(data, {"Types"})[0]
        edit = Edit(data)
        edit.append_to(root, f'<{root.prefix}Override PartName="/{name}" ContentType="{content_type}"/>')
        self.write(_CONTENT_TYPES, edit.result())

    def free_name(self, stem: str, suffix: str) -> str:
        """A name that no part has: ``stem``, a number, ``suffix``."""
        number = 1
        while f"{stem}{number}{suffix}" in self:
            number += 1
        return f"{stem}{number}{suffix}"


def _relations_of(name: str) -> str:
    folder, file = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{file}.rels")
