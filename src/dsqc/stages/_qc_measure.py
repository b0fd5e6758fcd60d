"""The one pass over a data file, or over two mate files in step: proof, findings and metrics from the same bytes."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.crypt4gh import DataPath, SealedPath
from dsqc.findings import FindingLog, Location, finding
from dsqc.fingerprint import Fingerprint
from dsqc.formats import ReadBatch, open_reads, standard_input
from dsqc.formats.names_unique import NameCheck
from dsqc.formats.pairing import PairReader
from dsqc.formats.stored import StoredBytes
from dsqc.formats.texts import tell
from dsqc.metrics.collector import Table, Value
from dsqc.metrics.pairs import PairMetrics
from dsqc.metrics.reads import ReadMetrics
from dsqc.metrics.remarks import remarks
from dsqc.sketch import Panel, open_panel
from dsqc.stages._inputs import ALIGNED, STANDARD_INPUT
from dsqc.stages._qc_personal import PersonalCheck
from dsqc.version import __version__

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How files are read.

    Attributes:
        threads: with 2 or more, reading and unwrapping have a thread of their own.
        reference: FASTA for CRAM.
        declared_offset: the quality offset that the run's form declares.
        progress: called after every batch with the file's name and the records read so far.
        panel: gives the genomes that organisms are told by; asked when the first file has been read.
        parts: directory of parts of the files, measured before (``dsqc.stages.qc_parts``); None for none.
        begun: files of which reading has begun; whoever goes on with one takes it out.
    """

    threads: int = 2
    reference: Path | None = None
    declared_offset: int | None = None
    progress: Progress | None = None
    panel: Callable[[], Panel | None] = open_panel
    parts: Path | None = None
    begun: dict[DataPath, StoredBytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QcFile:
    """What one data file proved to be.

    Attributes:
        data: content of ``<stem>.dsqc.json``.
        stem: what the names of its results begin with.
        reads: its collectors, for results at full resolution and for merging.
        findings: its findings, also those of its pair that stand in it.
    """

    data: dict[str, Any]
    stem: str
    reads: ReadMetrics = field(repr=False)
    findings: FindingLog = field(repr=False)

    @property
    def name(self) -> str:
        """The file's name."""
        return str(self.data["file"]["name"])

    @property
    def metrics(self) -> dict[str, Any]:
        """Metric id -> value."""
        return dict(self.data["metrics"])


@dataclass(frozen=True, slots=True)
class QcPair:
    """Two mate files that were compared read by read: their names, how many pairs agree, and what pairs tell."""

    mates: tuple[str, str]
    pairs: int
    measured: PairMetrics = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The shape in ``qc.json``."""
        return {"mates": list(self.mates), "pairs": self.pairs}


class Pass:
    """One file while it is read."""

    def __init__(self, path: DataPath, options: Options) -> None:
        self.sealed = isinstance(path, SealedPath)
        self.log = FindingLog()
        self.options = options
        from_standard_input = path == STANDARD_INPUT
        self.source = open_reads(
            standard_input() if from_standard_input else path,
            self.log,
            name="stdin" if from_standard_input else path.name,
            threads=options.threads,
            reference=options.reference,
            begun=options.begun.pop(path, None),
        )
        self.aligned = self.source.format in ALIGNED
        self.reads = ReadMetrics(aligned=self.aligned, declared_offset=options.declared_offset)
        self.fingerprint = Fingerprint()
        self.names = NameCheck(self.source.name, private=self.sealed)
        self.source.inspect(self.names.add)
        if self.aligned:
            self.source.inspect(self.reads.inspector())
        self.personal = PersonalCheck(self.source.name, aligned=self.aligned)

    def add(self, batch: ReadBatch) -> None:
        """Measure one batch."""
        self.personal.add(batch)
        self.fingerprint.add(self.reads.add(batch).batch)
        if self.options.progress:
            self.options.progress(self.source.name, self.source.record_count)

    def finish(self, stem: str, *, mate: str | None = None, pair: QcPair | None = None) -> QcFile:
        """Everything the file proved to be, after its last batch."""
        self._check_offset()
        if not self.source.unproven:
            self.log.extend(self.names.findings())
        self.reads.header = self.source.header
        self.reads.panel = self.options.panel()
        self.log.extend(self.personal.findings(self.source.header))
        values = self.reads.values()
        if self.aligned:
            values["read_group_count"] = len(self.source.header.get("RG", ()))
        tables: dict[str, Table] = self.reads.tables()
        if pair is not None:
            values |= {"pair_count": pair.pairs, **pair.measured.values()}
            tables |= pair.measured.tables(self.reads.encoding)
        elif self.names.is_interleaved:
            values["pair_count"] = self.names.pair_count
        if self.sealed:
            tables["overrepresented"] = _withheld(tables["overrepresented"])
            if "read_groups" in tables:  # their names may be those of people
                tables["read_groups"] = {name: [] for name in tables["read_groups"]}
        self._remark(values)
        proof = self.source.integrity
        data = {
            "schema_version": "1.0",
            "dsqc_version": __version__,
            "file": {
                "name": self.source.name,
                "format": self.source.format.value if self.source.format else None,
                "container": self.source.container.value if self.source.container else None,
                "size_bytes": proof.size_bytes,
                "md5": proof.md5,
                "sha256": proof.sha256,
                "crc64nvme": proof.crc64nvme,
            },
            "fingerprint": self._identity(),
            "mate": mate,
            "integrity": {
                "complete": proof.complete,
                "members": proof.members,
                "blocks": proof.blocks,
                "end_marker": proof.end_marker,
                "bytes_uncompressed": proof.bytes_uncompressed,
            },
            "state": "damaged" if self.source.damaged else "measured",
            "metrics": values,
            "tables": tables,
            "findings": self.log.to_list(),
            "finding_counts": self.log.counts(),
        }
        return QcFile(data, stem, self.reads, self.log)

    def _remark(self, values: dict[str, Value]) -> None:
        """Log what the metrics say against the reads; those out of a damaged part prove nothing."""
        if not self.source.unproven:
            place = Location(path=self.source.name)
            for code, value, expected in remarks(self.reads.facts, values):
                self.log.add(tell(code, place, value, expected))

    def _identity(self) -> dict[str, Any] | None:
        """The fingerprint of the reads; none of a file whose reads are not all there."""
        if self.source.damaged:
            return None
        encoding = self.reads.encoding
        return self.fingerprint.result(encoding.offset if encoding else None)

    def _check_offset(self) -> None:
        declared, encoding = self.options.declared_offset, self.reads.encoding
        if declared and encoding and not self.aligned and encoding.offset != declared:
            name = self.source.name
            place = Location(path=name)
            value = f"{encoding.offset} ({encoding.name})"
            self.log.add(finding("DSQC-D007", place, object_id=name, value=value, expected=str(declared)))


def _withheld(table: Table) -> Table:
    """The table of overrepresented sequences of a closed file: those that are no known technical sequence may tell of
    the one they were read from, so a name stands for them."""
    named = zip(table["sequence"], table["source"], strict=True)
    shown = [str(text) if source else f"withheld-{number}" for number, (text, source) in enumerate(named, 1)]
    return {**table, "sequence": shown}


def measure_file(path: DataPath, stem: str, options: Options) -> QcFile:
    """Read one file once, whole. ``path`` may be ``-`` for standard input."""
    one = Pass(path, options)
    with one.source:
        for batch in one.source.batches():
            one.add(batch)
        return one.finish(stem)


def measure_pair(
    paths: tuple[DataPath, DataPath], stems: tuple[str, str], options: Options
) -> tuple[QcFile, QcFile, QcPair]:
    """Read two mate files in step, each once, whole, and compare the names of reads at the same place.

    What the comparison finds stands with the findings of the first. Alignments (whatever the names of the files say)
    are no mate files: they are measured one by one.
    """
    with ExitStack() as stack:  # the first is closed where the second cannot be opened
        one = Pass(paths[0], options)
        stack.enter_context(one.source)
        two = Pass(paths[1], options)
        stack.enter_context(two.source)
        measured = PairMetrics()
        pairs = 0 if one.aligned or two.aligned else _read_in_step(one, two, measured)
        for lone in (one, two) if one.aligned or two.aligned else ():
            for batch in lone.source.batches():
                lone.add(batch)
        pair = QcPair((one.source.name, two.source.name), pairs, measured)
        return (
            one.finish(stems[0], mate=two.source.name, pair=pair),
            two.finish(stems[1], mate=one.source.name, pair=pair),
            pair,
        )


def _read_in_step(one: Pass, two: Pass, measured: PairMetrics) -> int:
    mates = PairReader(one.source, two.source, one.log, private=one.sealed or two.sealed)
    for first, second in mates.batches():
        measured.add(first, second)
        one.add(first)
        two.add(second)
    return mates.pair_count
