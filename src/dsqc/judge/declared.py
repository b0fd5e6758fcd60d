"""What forms declare against what was measured: the instrument, the number of reads, the depth."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dsqc.findings import Finding, Location, finding
from dsqc.forms.vocabulary import read_table
from dsqc.model import Run, Submission
from dsqc.station import Limits

MEASURED = "measured"
LIKE_ILLUMINA = frozenset({"ILLUMINA", "ELEMENT", "AVITI", "SINGULAR_GENOMICS", "GENEMIND", "SALUS", "ULTIMA"})
"""Platforms whose read names have one style: the style alone does not tell them apart."""
SAME_MAKER = ({"BGISEQ", "DNBSEQ"}, {"ELEMENT", "AVITI"})
UNSPECIFIED = "unspecified"
KNOWN_MODEL = frozenset({"high", "medium"})
PAIRED = "PAIRED"
SECOND_MATE = "R2"
NO_READS = frozenset({"I1", "I2"})
WHOLE_GENOME = frozenset({"WGS"})
"""Strategies whose bases spread over the whole genome."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_WITH_COUNT = re.compile(r" \(\d+\)$")
MEGABASE = 1_000_000


@dataclass(frozen=True, slots=True)
class Declared:
    """One run as its rows of the forms declare it.

    Attributes:
        run: the run.
        attributes: of its row in the run sheet.
        experiment: attributes of its experiment; empty where the reference is broken.
        sample: attributes of its experiment's sample; empty where the reference is broken.
        sample_row: row of the sample in its sheet.
        experiment_row: row of the experiment in its sheet.
        access_level: of the submission.
    """

    run: Run
    attributes: Mapping[str, str]
    experiment: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, str] = field(default_factory=dict)
    sample_row: int | None = None
    experiment_row: int | None = None
    access_level: str = ""

    @property
    def roles(self) -> dict[str, str]:
        """Read role by file name."""
        return {item.name: item.read_role for item in self.run.files}


def file_findings(declared: Declared, file: str, metrics: Mapping[str, Any]) -> Iterator[Finding]:
    """DSQC-D015: the names of a file's reads point at another instrument or flow cell than the forms do."""
    platform, model = declared.experiment.get("platform", ""), declared.experiment.get("instrument_model", "")
    told, models = str(metrics.get("instrument_platform") or ""), str(metrics.get("instrument_model") or "")
    sure = metrics.get("instrument_confidence") in KNOWN_MODEL
    if told and platform and not is_same_platform(told, platform, sure=sure):
        shown = f"{told}, {models}" if models else told
        yield _finding("DSQC-D015", file, shown, f"{platform}, {model}" if model else platform)
    elif sure and models and model and model != UNSPECIFIED and model not in models.split(" | "):
        yield _finding("DSQC-D015", file, models, model)
    cell = declared.attributes.get("flowcell_id", "").casefold()
    cells = seen_flow_cells(str(metrics.get("flow_cells") or ""))
    if cell and cells and not any(seen.casefold().endswith(cell) for seen in cells):
        yield _finding("DSQC-D015", file, ", ".join(cells[:4]), f"flowcell_id {declared.attributes['flowcell_id']}")


def seen_flow_cells(listed: str) -> list[str]:
    """Flow cells out of the metric ``flow_cells``, without their numbers of reads."""
    return [_WITH_COUNT.sub("", part) for part in listed.split(", ") if part]


def is_same_platform(told: str, platform: str, *, sure: bool) -> bool:
    """Whether names that tell of one platform may be those of another; ``sure`` where they tell the model too."""
    if told == platform or any({told, platform} <= same for same in SAME_MAKER):
        return True
    return not sure and {told, platform} <= LIKE_ILLUMINA


def run_findings(declared: Declared, measured: Mapping[str, Any], limits: Limits) -> Iterator[Finding]:
    """DSQC-D023: a run that was measured as a whole holds another number of reads than declared."""
    wanted = declared.attributes.get("expected_read_count", "")
    if measured["state"] != MEASURED or not (wanted.isascii() and wanted.isdigit()) or not int(wanted):
        return
    counts = read_counts(declared, measured["files"])
    if all(abs(count - int(wanted)) > limits.read_count_tolerance * int(wanted) for count in counts):
        yield finding(
            "DSQC-D023",
            Location(sheet="run", row=declared.run.row, attribute="expected_read_count"),
            object_id=declared.run.key,
            value=f"{counts[0]:,}",
            expected=f"{int(wanted):,} (± {100 * limits.read_count_tolerance:g} %)",
        )


def read_counts(declared: Declared, files: Sequence[Mapping[str, Any]]) -> list[int]:
    """Reads of one mate, all files together; where both mates of a paired library share a file, half of them too."""
    roles = declared.roles
    whole = sum(item["read_count"] or 0 for item in files if roles.get(item["name"]) not in {SECOND_MATE, *NO_READS})
    apart = SECOND_MATE in roles.values()
    shared = declared.experiment.get("library_layout") == PAIRED and not apart
    return [whole // 2, whole] if shared else [whole]


def depth_findings(
    submission: Submission, declared: Sequence[Declared], measured: Mapping[str, Mapping[str, Any]], limits: Limits
) -> Iterator[Finding]:
    """DSQC-D024: the bases of a sample's whole-genome runs over its genome fall short of the depth aimed at.

    Nothing is said of samples whose genome size is not in the table, or of which a run could not be measured.
    """
    bases: dict[str, int] = defaultdict(int)
    unknown: set[str] = set()
    for item in declared:
        name = item.experiment.get("sample_name", "").casefold()
        if item.experiment.get("library_strategy") not in WHOLE_GENOME:
            continue
        count = measured[item.run.key]["metrics"].get("base_count")
        if measured[item.run.key]["state"] != MEASURED or count is None:
            unknown.add(name)
        else:
            bases[name] += count
    for row in submission.rows("sample"):
        name, target = row.get("sample_name").casefold(), _NUMBER.match(row.get("target_mean_depth"))
        size = genome_sizes().get(row.get("taxonomy_id"))
        if target is None or size is None or name in unknown or name not in bases:
            continue
        depth = bases[name] / size
        if depth < float(target.group()) * (1 - limits.depth_tolerance):
            yield finding(
                "DSQC-D024",
                Location(sheet="sample", row=row.number, attribute="target_mean_depth"),
                object_id=row.get("sample_name"),
                value=f"{depth:.3g} x",
                expected=f"{row.get('target_mean_depth')} (genome {size / MEGABASE:,.5g} Mb)",
                expected_ko=f"{row.get('target_mean_depth')} (유전체 {size / MEGABASE:,.5g} Mb)",
            )


@cache
def genome_sizes() -> dict[str, float]:
    """Bases of the genome by NCBI taxonomy id."""
    return {row["term"]: float(row["megabases"]) * MEGABASE for row in read_table("genome_sizes")}


def _finding(code: str, file: str, value: str, expected: str) -> Finding:
    return finding(code, Location(path=file), object_id=file, value=value, expected=expected)
