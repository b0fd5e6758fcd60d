"""What an inference is: what the form says, what the reads say, how sure, by which evidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from dsqc.forms.vocabulary import read_table
from dsqc.judge.declared import Declared
from dsqc.language import Text
from dsqc.limits import Limits
from dsqc.taxonomy import Taxonomy

LEAST_PROBABILITY = 0.95
"""Below it the reads do not contradict a form, whatever they look like."""
BY_DESIGN = {"sequencing_technique/too short for a barcode": 0.999}
"""Evidence that cannot be otherwise: a read has no room for a barcode that is longer than the read."""
UNKNOWN_BASIS = 0.9
"""Probability of an inference that was never tried on simulated runs."""
NOTHING_SAID = frozenset({"", "unspecified", "not applicable", "not collected", "not provided", "missing"})
LONG_READ_PLATFORMS = frozenset({"OXFORD_NANOPORE", "PACBIO_SMRT"})
NO_READS = frozenset(
    {"I1", "I2", "cell_barcode", "umi_barcode", "sample_barcode", "feature_barcode", "spatial_barcode"}
)
"""Roles of files that hold no reads of the sample."""


class Agreement(StrEnum):
    """Of a form and the reads."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one measured data file of a run gave.

    Attributes:
        name: of the file.
        role: its read role in the form.
        reference: its ``reference_name`` in the form.
        row: its row in the file sheet.
        format: ``fastq``, ``bam``, ``cram`` or ``sam``.
        metrics, tables: of its ``<stem>.dsqc.json``.
        sha256: of its stored bytes.
        reads: fingerprint of its reads; empty where there is none.
        read_count: how many reads that is of.
    """

    name: str
    role: str = ""
    reference: str = ""
    row: int | None = None
    format: str = "fastq"
    metrics: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    reads: str = ""
    read_count: int = 0

    def number(self, metric: str) -> float | None:
        """A metric that is a number; None where it is not known."""
        return number(self.metrics, metric)

    @property
    def is_fastq(self) -> bool:
        """Whether it holds reads as the instrument gave them."""
        return self.format == "fastq"


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run as the form declares it and as it was measured.

    Attributes:
        declared: its rows of the forms.
        metrics: of all its reads together (``qc.json``).
        files: its measured files.
        pairs: pairs of reads of two files that were compared; None where none were.
        taxonomy: where declared organisms are looked up.
        limits: of the station.
        measured: its whole ``qc.json``.
        sample_names, library_ids: all of the submission, by their case-folded spelling.
    """

    declared: Declared
    metrics: Mapping[str, Any]
    files: Sequence[FileResult]
    taxonomy: Taxonomy
    limits: Limits
    measured: Mapping[str, Any]
    pairs: int | None = None
    sample_names: Mapping[str, str] = field(default_factory=dict)
    library_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def reads(self) -> list[FileResult]:
        """The files that hold reads of the sample."""
        return [item for item in self.files if item.role not in NO_READS]

    @property
    def experiment(self) -> Mapping[str, str]:
        """Attributes of its experiment."""
        return self.declared.experiment

    def value(self, metric: str) -> Any:
        """A metric of the run; where it has none, of the first file that has it (headers stand with files)."""
        found = self.metrics.get(metric)
        return found if found is not None else next(self._of_files(metric), None)

    def _of_files(self, metric: str) -> Any:
        return (item.metrics[metric] for item in self.reads if item.metrics.get(metric) is not None)

    @property
    def is_long_read(self) -> bool:
        """Whether the form or the reads say a platform of long reads."""
        told = {self.experiment.get("platform"), self.value("instrument_platform")}
        return bool(told & LONG_READ_PLATFORMS)


@dataclass(frozen=True, slots=True)
class Inference:
    """One attribute: what the form says and what the reads say.

    Attributes:
        attribute: its key (``dsqc.judge.inferred.ATTRIBUTES``).
        declared: what the form says; empty where it says nothing.
        inferred: what the reads say; empty where they do not tell.
        basis: the kind of evidence; probabilities are known by it.
        agreement: of the two.
        evidence: what was seen.
        sheet, row, form_attribute: the cell.
        code: of the finding where they disagree; empty where another check finds it.
        path: the file, where it is about one.
    """

    attribute: str
    declared: str
    inferred: str
    basis: str
    agreement: Agreement
    evidence: Text
    sheet: str
    row: int | None
    form_attribute: str
    code: str = ""
    path: str = ""

    @property
    def probability(self) -> float | None:
        """That the inferred value is right; None where nothing was inferred."""
        return probability_of(self.attribute, self.basis) if self.inferred else None


def number(metrics: Mapping[str, Any], metric: str) -> float | None:
    """A metric that is a number; None where it is not known."""
    value = metrics.get(metric)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def says(text: str) -> bool:
    """Whether a cell holds a value, not one of the words for none."""
    return text.strip().casefold() not in NOTHING_SAID


def compare(same: bool | None, attribute: str, basis: str, declared: str) -> Agreement:
    """Agreement: None is not told; too weak an inference contradicts nothing."""
    if same is None or not says(declared):
        return Agreement.UNKNOWN
    if same:
        return Agreement.AGREE
    surely = probability_of(attribute, basis) >= LEAST_PROBABILITY
    return Agreement.DISAGREE if surely else Agreement.UNKNOWN


def probability_of(attribute: str, basis: str) -> float:
    """How often an inference of this kind was right on simulated runs, by Laplace's rule: (right + 1) / (of + 2)."""
    term = f"{attribute}/{basis}"
    right, of = _calibration().get(term, (0, 0))
    if not of and term in BY_DESIGN:
        return BY_DESIGN[term]
    return (right + 1) / (of + 2) if of else UNKNOWN_BASIS


@cache
def _calibration() -> dict[str, tuple[int, int]]:
    return {row["term"]: (int(row["right"]), int(row["of"])) for row in read_table("inference_calibration")}


def plain(text: str) -> str:
    """Letters and digits only, without case: how names are compared."""
    return re.sub(r"[\W_]+", "", text.casefold())


def percent(share: float) -> str:
    """``12.3 %``."""
    return f"{100 * share:.3g} %"
