"""CRAM: containers proven by our own walk, records decoded by htslib in a process of its own, the file read once."""

from collections.abc import Generator
from pathlib import Path

from dsqc.crypt4gh import DataPath
from dsqc.findings import FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.alignment import AlignmentSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.cram_header import with_places, without_places
from dsqc.formats.cram_process import Decoder
from dsqc.formats.header import parse_header
from dsqc.formats.reference import open_reference
from dsqc.formats.room import Inflow
from dsqc.formats.texts import Phrase, fill, tell
from dsqc.formats.walk import BUFFER, ROWS, Walk
from dsqc.model import FileFormat

_MAGIC = b"BAM\x01"


class CramSource(AlignmentSource):
    """Records of a CRAM file.

    Args:
        reader: of container CRAM, not in the background.
        log: receives the findings.
        reference: FASTA of the reference sequences, or a directory of them by MD5; needed unless the file carries them.
        threads: of the decoder.
        path: of the file, where it has one.
        buffer: bytes of records unpacked at once.
        rows: records in a batch at most.

    Raises:
        UsageError: the reference is no FASTA.
        SystemFault: the reference cannot be prepared, or the decoder not be started.
    """

    def __init__(
        self,
        reader: BlockReader,
        log: FindingLog,
        reference: Path | None,
        *,
        threads: int = 1,
        path: DataPath | None = None,
        buffer: int = BUFFER,
        rows: int = ROWS,
    ) -> None:
        super().__init__(reader, log, FileFormat.CRAM, path)
        self._reference = open_reference(reference)
        try:
            self._decoder = Decoder(without_places(iter(reader)), self.name, self._reference, threads=threads)
        except BaseException:
            self._reference.close()
            raise
        self._walk = Walk(Inflow(self._decoder.blocks()), buffer=buffer, rows=rows)

    def _read(self) -> Generator[ReadBatch, None, None]:
        found = self._walk.take_header() if self._walk.take(len(_MAGIC)) == _MAGIC else None
        if found is not None:
            self._take_header(parse_header(with_places(found[0])), [length for _name, length in found[1]])
            yield from self._records()
        problem = self._decoder.finish()
        if problem and not self._reader.faults:
            self._blame(problem)

    def _place(self, row: int, byte: int) -> Location:
        return Location(path=self.name, record=self._parsed + row + 1)

    def _cut(self, value: Phrase, expected: Phrase) -> None:
        """The decoder ended inside a record, and says why."""

    def _blame(self, problem: str) -> None:
        """htslib stopped though every checksum held: a reference is missing, or the records cannot be decoded.

        With a reference given, DSQC-D022 is said only of sequences that it lacks or has otherwise.
        """
        self.damaged = True
        place = Location(path=self.name, record=self._parsed + 1)
        missing = list(self._reference.faults(self._header.lines.get("SQ", [])))
        for value in missing:
            self._report(tell("DSQC-D022", place, value, texts.M5_SEQUENCES))
        if not missing:
            value = fill(texts.NOT_DECODED, f"htslib: {problem}")
            self._report(tell("DSQC-D029", place, value, texts.DECODABLE))

    def close(self) -> None:
        self._decoder.close()
        self._reference.close()
        super().close()
