"""What every reader of read data offers, whatever the format."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from dsqc.findings import KEPT_PER_GROUP, Finding, FindingLog
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader, Integrity
from dsqc.formats.handover import Handover
from dsqc.model import Container, FileFormat

BATCHES_AHEAD = 1
"""Batches that a thread which parses may be ahead of whoever measures them."""
BUFFERS_AHEAD = BATCHES_AHEAD + 2
"""Buffers that it then needs: of the batches that wait, that is parsed, that is measured."""


class ReadSource(ABC):
    """One data file, read once from front to back. Make it with :func:`dsqc.formats.open_reads`.

    Use it as a context manager, iterate :meth:`batches` once to the end, then look at the rest::

        with open_reads(path, log) as source:
            for batch in source.batches():
                ...
            print(source.record_count, source.integrity.md5)

    Attributes:
        name: the file's name, as findings give it.
        format: what it holds; None where that cannot be told (empty, refused).
        container: how it is wrapped; None where that cannot be told. Settled when the batches have ended (a
            file may begin as BGZF and go on as plain gzip).
        record_count: records delivered so far.
        damaged: reading ended before the end of the data: the container is damaged, or the grammar was left.
    """

    def __init__(self, name: str, log: FindingLog, file_format: FileFormat | None, container: Container | None) -> None:
        self.name = name
        self.format = file_format
        self.container = container
        self.record_count = 0
        self.damaged = False
        self._log = log
        self._reported: dict[str, int] = {}
        self._noted: list[tuple[Finding, int | None]] = []
        self._held_back: dict[str, int] = {}
        self._integrity: Integrity | None = None
        self._inspectors: list[Callable[[ReadBatch], None]] = []

    def inspect(self, inspector: Callable[[ReadBatch], None]) -> None:
        """Have every batch looked at, in order, before it is delivered and by the thread that parsed it.

        For what needs nothing but the batch: there its names still stand in the cache of that thread's processor, and
        whoever measures has the more time. To be called before :meth:`batches`; what it raises ends the batches.
        """
        self._inspectors.append(inspector)

    @abstractmethod
    def batches(self) -> Iterator[ReadBatch]:
        """Batches of reads in the order of the file; each is valid until the next is asked for.

        Ends at the end of the data or at the first fault that cannot be read past; faults go to the log. Whatever
        the data, the whole file has been hashed and its container followed when this ends.

        Raises:
            SystemFault: the file could not be read (a fault of the disk or of ours).
        """

    @property
    def integrity(self) -> Integrity:
        """What the whole file proved to be; stands when :meth:`batches` has ended.

        Raises:
            RuntimeError: the batches have not been read to their end (a mistake of the caller).
        """
        if self._integrity is None:
            raise RuntimeError(f"{self.name} has not been read to its end")
        return self._integrity

    @property
    def header(self) -> dict[str, Any]:
        """The header of an alignment file as pysam gives it (``{"HD": {...}, "SQ": [...], ...}``); empty for FASTQ."""
        return {}

    @abstractmethod
    def close(self) -> None:
        """Stop reading and let go of the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def unproven(self) -> bool:
        """Whether data was delivered that no checksum vouches for: it came out of a damaged part. As ``integrity``."""
        return self.integrity.bytes_proven < self.integrity.bytes_uncompressed

    def _report(self, item: Finding, until: int | None = None, kind: str = "") -> None:
        """Note a finding of the records; from the 21st of a kind on they are only counted.

        Args:
            until: the finding rests on the uncompressed data up to this offset; None: on all of it.
            kind: of fault; the finding's code where it has one kind alone.
        """
        kind = kind or item.code
        seen = self._reported.get(kind, 0)
        self._reported[kind] = seen + item.count
        if seen <= KEPT_PER_GROUP:
            self._held_back[kind] = len(self._noted)
            self._noted.append((item, until))
        else:
            index = self._held_back[kind]
            held, first = self._noted[index]
            self._noted[index] = (replace(held, count=held.count + item.count), first)

    def _settle(self, integrity: Integrity) -> None:
        """Fix what the file proved to be, and log what was noted.

        A finding that rests on data of a damaged part is left out: the damage made it, or may have.
        """
        self._integrity = integrity
        for item, until in self._noted:
            if not self.unproven or (until is not None and until <= integrity.bytes_proven):
                self._log.add(item)
        self._noted.clear()
        self.damaged = self.damaged or not integrity.complete


class ParsedSource(ReadSource):
    """Base of the readers that parse records out of the blocks of a container.

    Args:
        reader: of the blocks; closed with the source.
        log: receives the findings.
        file_format: what the file holds.
        ahead: records are parsed in a thread of their own, which inflates them too, so that they are parsed while
            they are in its cache. Each batch then stands in one of BUFFERS_AHEAD buffers, used in turn.
    """

    def __init__(self, reader: BlockReader, log: FindingLog, file_format: FileFormat, *, ahead: bool = False) -> None:
        super().__init__(reader.name, log, file_format, reader.container)
        self._reader = reader
        self._ahead = ahead
        self._handover: Handover[ReadBatch] | None = None
        self._parsed = 0  # records before the batch that is parsed

    def batches(self) -> Iterator[ReadBatch]:
        try:
            with closing(self._delivered()) as batches:
                for batch in batches:
                    self.record_count += len(batch)
                    yield batch
            self._finish()
        finally:
            self.close()

    def _delivered(self) -> Generator[ReadBatch, None, None]:
        if not self._ahead:
            return self._inspected()
        self._handover = Handover(self._inspected, BATCHES_AHEAD, f"parse {self.name}")
        return iter(self._handover)

    def _inspected(self) -> Generator[ReadBatch, None, None]:
        with closing(self._read()) as batches:
            for batch in batches:
                for inspector in self._inspectors:
                    inspector(batch)
                yield batch

    @abstractmethod
    def _read(self) -> Generator[ReadBatch, None, None]:
        """Batches as far as they can be read."""

    @abstractmethod
    def _finish(self) -> None:
        """Findings about the file as a whole; the container is proven to its end."""

    def close(self) -> None:
        self._reader.close()  # first: a thread that waits for the reader ends with it
        if self._handover:
            self._handover.close()
