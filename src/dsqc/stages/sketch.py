"""Sketches by themselves: what organisms are in data files, and panels of genomes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dsqc.errors import ExitCode, UsageError
from dsqc.findings import FindingLog
from dsqc.formats import open_reads, standard_input
from dsqc.metrics.batch import check_batch, sequenced_reads
from dsqc.metrics.collector import Facts, Reads, Table, Value
from dsqc.metrics.encoding import SANGER, decide_encoding
from dsqc.metrics.organisms import OrganismCollector
from dsqc.metrics.quality import QualityCollector
from dsqc.sketch import Panel, write_panel
from dsqc.sketch.building import Told, build_panel
from dsqc.stages._inputs import ALIGNED, STANDARD_INPUT, check_inputs
from dsqc.version import __version__


@dataclass(frozen=True, slots=True)
class SketchFile:
    """What organisms one data file holds.

    Attributes:
        name: the file's name.
        metrics: the metrics of organisms, as ``dsqc qc`` gives them.
        organisms: the table of that name; empty where nothing can be told.
        findings: everything that was found while it was read.
    """

    name: str
    metrics: dict[str, Value]
    organisms: Table
    findings: FindingLog


@dataclass(frozen=True, slots=True)
class SketchResult:
    """What :func:`sketch` found, and the panel it looked in."""

    files: tuple[SketchFile, ...]
    panel: Panel | None

    @property
    def findings(self) -> FindingLog:
        """Findings of all files together."""
        merged = FindingLog()
        for item in self.files:
            merged.merge(item.findings)
        return merged

    @property
    def exit_code(self) -> ExitCode:
        """3 where there is an error finding, else 0."""
        return ExitCode.FINDINGS if self.findings.has_errors else ExitCode.DONE

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/sketch.schema.json``."""
        return {
            "schema_version": "1.0",
            "dsqc_version": __version__,
            "panel": self.panel.version if self.panel else None,
            "files": [
                {
                    "name": item.name,
                    "metrics": item.metrics,
                    "organisms": item.organisms or None,
                    "findings": item.findings.to_list(),
                }
                for item in self.files
            ],
            "finding_counts": self.findings.counts(),
        }


def sketch(
    *paths: str | Path, panel: Panel | None, threads: int = 2, reference: str | Path | None = None
) -> SketchResult:
    """What organisms of ``panel`` are in data files; the numbers of ``dsqc qc`` without its other work.

    Args:
        paths: FASTQ, BAM, CRAM or SAM; ``-`` is standard input.
        panel: genomes to look for; None counts words only.
        threads: with 2 or more, reading and unwrapping have a thread of their own.
        reference: FASTA with the reference sequences of CRAM files, or a directory of them by MD5.

    Raises:
        UsageError: a path does not exist or is a directory.
        SystemFault: a file cannot be read.
    """
    inputs = [Path(path) for path in paths]
    check_inputs(inputs)
    place = Path(reference) if reference else None
    return SketchResult(tuple(_sketch_file(path, panel, threads, place) for path in inputs), panel)


def _sketch_file(path: Path, panel: Panel | None, threads: int, reference: Path | None) -> SketchFile:
    log = FindingLog()
    is_pipe = path == STANDARD_INPUT
    name = "stdin" if is_pipe else path.name
    quality, organisms = QualityCollector(), OrganismCollector()
    following = 1
    place = standard_input() if is_pipe else path
    with open_reads(place, log, name=name, threads=threads, reference=reference) as source:
        for batch in source.batches():
            sequenced = replace(sequenced_reads(batch), first_record=following)
            following += len(sequenced)
            reads = Reads(sequenced, check_batch(sequenced))
            quality.add(reads.batch, reads.longest)
            organisms.add(reads)
        aligned = source.format in ALIGNED
    characters = quality.characters
    encoding = (SANGER if characters.any() else None) if aligned else decide_encoding(characters, None)
    none = np.zeros(0, dtype=np.int64)
    facts = Facts(following - 1, 0, none, none, encoding, aligned=aligned, characters=characters, panel=panel)
    return SketchFile(name, organisms.values(facts), organisms.tables(facts).get("organisms", {}), log)


def make_panel(
    genomes: Sequence[tuple[Path, Told]],
    path: Path,
    *,
    base: Panel | None = None,
    force: bool = False,
    every: int | None = None,
) -> Panel:
    """Make a panel of genomes and write it; its name is that of the file.

    Args:
        genomes: FASTA or GenBank files, and what is known of them.
        path: where it goes.
        base: a panel whose genomes come first.
        force: write over a file that exists.
        every: one word of so many is kept of each genome (for ``dsqc scrub``, which looks at single reads); None for
            as many as shares need.

    Raises:
        UsageError: a genome cannot be read, its name or taxonomy id are not known, or ``path`` exists.
        StorageFault: the place cannot be written.
    """
    if path.exists() and not force:
        raise UsageError(f"{path} exists.", hint="Give --force to write over it.")
    if not genomes and base is None:
        raise UsageError("No genome was named.", hint="Name FASTA or GenBank files, or a --list of them.")
    panel = build_panel(path.name.partition(".")[0], genomes, base, every)
    write_panel(path, panel)
    return panel


def describe_panel(panel: Panel) -> dict[str, Any]:
    """The shape of ``dsqc.schemas/reports/sketch_panel.schema.json``."""
    return {
        "schema_version": "1.0",
        "name": panel.name,
        "version": panel.version,
        "sha256": panel.sha256,
        "genomes": [genome.facts() for genome in panel.genomes],
    }
