"""Where a read was made, by its name: platform, instrument, run, flow cell, lane; and which models those may be."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Origin:
    """What the beginning of read names says; empty where it says nothing.

    Attributes:
        prefix: the beginning that all reads of the same origin share.
        platform: as INSDC names it (``ILLUMINA``, ``OXFORD_NANOPORE`` …).
        movie: PacBio's name of a run.
    """

    prefix: str = ""
    platform: str = ""
    instrument: str = ""
    run: str = ""
    flow_cell: str = ""
    lane: str = ""
    movie: str = ""


NO_ORIGIN = Origin()

_ARCHIVE = re.compile(r"[SED]RR\d+\.\d+\S*\s+(?!length=)\S*[:/]")
_STYLES = (
    # instrument:run:flow cell:lane:tile:x:y (bcl2fastq 1.8 and later, Element)
    (r"(?P<instrument>[\w-]+):(?P<run>\d+):(?P<flow_cell>[\w-]+):(?P<lane>\d+):\d+:", "ILLUMINA"),
    # flow cell L lane C column R row (MGI, BGI)
    (r"(?P<flow_cell>[A-Z]{1,3}\d{8,12})L(?P<lane>\d)C\d{3}R\d{3}", "DNBSEQ"),
    # movie/hole/
    (r"(?P<movie>m\d{5,6}[eU]?_\d{6}_\w+)/\d+/?", "PACBIO_SMRT"),
    # UUID
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "OXFORD_NANOPORE"),
    # instrument (with run, or flow cell):lane:tile:x:y (older Illumina)
    (r"(?P<instrument>[\w-]+):(?P<lane>\d{1,2}):\d+:-?\d+:-?\d+", "ILLUMINA"),
    (r"(?P<instrument>(?:HWI|HWUSI|EAS|ILLUMINA|SOLEXA)[A-Z0-9-]*)_\d+_\d+_\d+", "ILLUMINA"),
    (r"(?P<run>\d{6}(?:_\d+)?)-UGAv\d+-", "ULTIMA"),
    (r"(?P<run>[A-Z0-9]{5}):\d{1,5}:\d{1,5}(?:\s|$|/)", "ION_TORRENT"),
    (r"(?P<run>[A-Z][A-Z0-9]{6})(?P<lane>\d{2})[A-Z0-9]{5}(?:\s|$|\.|/)", "LS454"),
)
_NO_PREFIX = "OXFORD_NANOPORE"
"""Every read of it has a name of its own."""


def is_archive_name(name: str) -> bool:
    """Whether an archive put its own name (``SRR1.1``) before the one that the instrument gave."""
    return _ARCHIVE.match(name) is not None


def origin_of(name: str) -> Origin:
    """What the name of a read says about its origin; without a prefix where no run of names is known."""
    for style, platform in _styles():
        found = style.match(name)
        if found:
            parts = {key: value for key, value in found.groupdict().items() if value}
            return _refined(Origin(prefix=_prefix(found, platform), platform=platform, **parts))
    return NO_ORIGIN


@cache
def _styles() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), platform) for pattern, platform in _STYLES)


def _prefix(found: re.Match[str], platform: str) -> str:
    """The name up to its last known part, with the letter behind it, so that lane 1 is not lane 10."""
    if platform == _NO_PREFIX or not found.groupdict():
        return ""
    end = max(found.end(part) for part, value in found.groupdict().items() if value)
    return found.string[: end + 1]


def _refined(origin: Origin) -> Origin:
    """The platform by the instrument or flow cell, and the flow cell where it stands in the instrument's place."""
    parts = {name: getattr(origin, name) for name in Origin.__dataclass_fields__}
    if origin.instrument and not origin.flow_cell and _kinds("flow_cell", origin.instrument):
        parts["instrument"], parts["flow_cell"] = "", origin.instrument
    elif re.fullmatch(r".*_\d+", origin.instrument) and not origin.run:  # MS2_34001: instrument and run
        parts["instrument"], _, parts["run"] = origin.instrument.rpartition("_")
    for kind, name in (("serial", parts["instrument"]), ("flow_cell", parts["flow_cell"])):
        known = _kinds(kind, name)
        if known and origin.platform in ("ILLUMINA", "DNBSEQ"):
            parts["platform"] = known[0]
            break
    return Origin(**parts)


def models_of(origin: Origin) -> tuple[list[str], str]:
    """The models that may have made the reads of ``origin``, and how sure that is.

    Returns:
        Models as INSDC names them; ``high`` (one model by its serial number, or serial number and flow cell agree),
        ``medium`` (several models, or by the flow cell alone), ``low`` (only the style of the names is known), or
        empty without a platform.
    """
    if not origin.platform:
        return [], ""
    serial = _models("serial", origin.instrument) or _models("movie", origin.movie)
    cell = _models("flow_cell", origin.flow_cell)
    both = [model for model in serial if model in cell]
    if both:
        return both, "high" if len(both) == 1 else "medium"
    if serial:
        return serial, "high" if len(serial) == 1 and not cell else "medium"
    return cell, "medium" if cell else "low"


def _models(kind: str, name: str) -> list[str]:
    found = _kinds(kind, name)
    return found[1].split(";") if found else []


def _kinds(kind: str, name: str) -> tuple[str, str] | None:
    """Platform and models of the first row of ``schemas/instruments.tsv`` whose pattern ``name`` is."""
    if name:
        for row_kind, pattern, platform, models in _table():
            if row_kind == kind and re.fullmatch(pattern, name):
                return platform, models
    return None


@cache
def _table() -> tuple[tuple[str, str, str, str], ...]:
    def rows() -> Iterator[tuple[str, str, str, str]]:
        text = files("dsqc.schemas").joinpath("instruments.tsv").read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["kind"], row["pattern"], row["platform"], row["models"]

    return tuple(rows())
