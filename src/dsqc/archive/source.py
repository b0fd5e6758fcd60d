"""The file to encode: read as often as needed, each time proven whole."""

from collections.abc import Generator
from pathlib import Path

from dsqc.archive import texts
from dsqc.archive.recipe import Content, Stored
from dsqc.archive.streams import Digest
from dsqc.errors import SystemFault
from dsqc.formats.container import BlockReader
from dsqc.formats.stored import StoredBytes
from dsqc.formats.texts import Phrase, english
from dsqc.language import Language, Text
from dsqc.model import Container, FileFormat


class Damaged(Exception):
    """The source is damaged.

    Attributes:
        what: how.
    """

    def __init__(self, what: Phrase) -> None:
        super().__init__(english(what))
        self.what = what


class SourceFile:
    """A data file that stays as it is.

    Attributes:
        path: of the file.
        name: of the original.
        format, container: of it; the container is settled by the first whole reading.
        original: its bytes, after the last whole reading.
        content: what it holds, after the last whole reading.
    """

    def __init__(self, path: Path, name: str, file_format: FileFormat, container: Container) -> None:
        self.path = path
        self.name = name
        self.format = file_format
        self.container = container
        self.original: Stored | None = None
        self.content: Content | None = None

    def blocks(self) -> Generator[bytes | memoryview, None, None]:
        """The content, from its beginning.

        Raises:
            Damaged: at the end of what could be read.
            SystemFault: the file cannot be read.
        """
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise SystemFault(f"Cannot read {self.path}: {error.strerror}.") from error
        digest = Digest()
        with BlockReader(StoredBytes(file, self.name), self.container) as reader:
            yield from digest.over(reader)
            integrity = reader.finish()
            if not integrity.complete or reader.faults:
                raise Damaged(_first_fault(reader))
            self.container = reader.container
        self.original = Stored(integrity.size_bytes, integrity.md5, integrity.sha256)
        self.content = Content(digest.size_bytes, digest.sha256)


def _first_fault(reader: BlockReader) -> Phrase:
    if not reader.faults:
        return texts.NOT_WHOLE
    fault = reader.faults[0]
    return Text(*(f"{fault.code} {fault.message(language)}" for language in (Language.EN, Language.KO)))
