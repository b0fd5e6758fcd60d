"""CRAM: containers proven by our own walk, records decoded by htslib, the file read once."""

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pysam

from dsqc.findings import FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.alignment import AlignmentSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.builder import encode
from dsqc.formats.container import BlockReader
from dsqc.formats.cram_header import with_places, without_places
from dsqc.formats.header import parse_header
from dsqc.formats.reference import Reference, sequence_label
from dsqc.formats.texts import Phrase, fill, tell
from dsqc.formats.walk import Walk
from dsqc.model import FileFormat

_NO_PLACE = "/nonexistent"


@contextmanager
def _no_lookup() -> Iterator[None]:
    """htslib must not look references up on the network, whatever the environment says."""
    kept = {name: os.environ.get(name) for name in ("REF_PATH", "REF_CACHE")}
    os.environ.update(REF_PATH=_NO_PLACE, REF_CACHE=f"{_NO_PLACE}/%s")
    verbosity = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(verbosity)
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class CramSource(AlignmentSource):
    """Records of a CRAM file.

    A thread proves and hashes the stored bytes and passes them to htslib through a pipe, so that the file is read
    once.

    Args:
        reader: of container CRAM, not in the background.
        log: receives the findings.
        reference: FASTA of the reference sequences; needed unless the file carries them.

    Raises:
        UsageError: the reference is no FASTA.
        SystemFault: the reference cannot be prepared.
    """

    def __init__(self, reader: BlockReader, log: FindingLog, reference: Path | None) -> None:
        super().__init__(reader, log, FileFormat.CRAM)
        self._reference = Reference(reference) if reference else None
        self._fault: BaseException | None = None
        self._pump: threading.Thread | None = None
        self._stopped = False

    def _feed(self, descriptor: int) -> None:
        """Runs in a thread: all stored bytes go to htslib as long as it listens, and are proven in any case."""
        listening = True
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as pipe:
                for block in without_places(iter(self._reader)):
                    if self._stopped:
                        return
                    listening = listening and _write(pipe.fileno(), block)
        except BaseException as error:
            self._fault = error

    def _read(self) -> Generator[ReadBatch, None, None]:
        listener, feeder = os.pipe()
        self._pump = threading.Thread(target=self._feed, args=(feeder,), name=f"read {self.name}", daemon=True)
        self._pump.start()
        problem = ""
        with _no_lookup():
            try:
                with os.fdopen(listener, "rb") as pipe:
                    self._walk = Walk(self._decoded(pipe.fileno()))
                    yield from self._records()
            except (OSError, ValueError, NotImplementedError) as error:
                problem = str(error) or type(error).__name__
        self._join()
        if problem and not self._reader.faults:
            self._blame(problem)

    def _decoded(self, descriptor: int) -> Iterator[bytes]:
        reference = str(self._reference.path) if self._reference else None
        with (
            os.fdopen(os.dup(descriptor), "rb") as pipe,
            pysam.AlignmentFile(pipe, "rc", check_sq=False, reference_filename=reference) as file,
        ):
            self._take_header(parse_header(with_places(str(file.header))))
            names = {name.encode(): row for row, name in enumerate(file.references)}
            self._walk.references = np.array(file.lengths, np.int64)
            block = bytearray()
            for record in file.fetch(until_eof=True):
                block += encode(record.to_string().encode().split(b"\t"), names)
                if len(block) > 1 << 16:
                    yield bytes(block)
                    block.clear()
            if block:
                yield bytes(block)

    def _place(self, row: int, byte: int) -> Location:
        return Location(path=self.name, record=self.record_count + row + 1)

    def _blame(self, problem: str) -> None:
        """htslib stopped though every checksum held: a reference is missing, or the records cannot be decoded.

        With a reference given, DSQC-D022 is said only of sequences that it lacks or has otherwise.
        """
        self.damaged = True
        place = Location(path=self.name, record=self.record_count + 1)
        missing = self._missing_sequences()
        for value in missing:
            self._report(tell("DSQC-D022", place, value, texts.M5_SEQUENCES))
        if not missing:
            value = fill(texts.NOT_DECODED, f"htslib: {problem}")
            self._report(tell("DSQC-D029", place, value, texts.DECODABLE))

    def _missing_sequences(self) -> list[Phrase]:
        """The @SQ lines that the reference does not serve; without a reference all, said at once."""
        rows = self._header.lines.get("SQ", [])
        if self._reference:
            return list(self._reference.faults(rows))
        if not rows:
            return []
        first = sequence_label(rows[0])
        return [fill(texts.NO_REFERENCE, fill(texts.AND_MORE, first, len(rows) - 1) if len(rows) > 1 else first)]

    def _join(self) -> None:
        if self._pump:
            self._pump.join()
            self._pump = None
        if self._fault:
            raise self._fault

    def close(self) -> None:
        self._stopped = True
        if self._pump:
            self._pump.join(timeout=1.0)
        if self._reference:
            self._reference.close()
        super().close()


def _write(descriptor: int, block: bytes | memoryview) -> bool:
    """Write all of ``block``; false when nobody reads any more."""
    rest = memoryview(block)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError:
        return False
    return True
