"""The same reads twice in one submission, whatever their names, order and compression: one library under two names.

Equal bytes are DSQC-F012; here files are compared by the fingerprint of their reads, a sum over sequence and quality.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from dsqc.findings import Finding, Location, finding
from dsqc.judge.inferred import FileResult
from dsqc.model import TECHNICAL_ROLES, Run

FEWEST_READS = 100
"""Of fewer, equal reads may be chance: barcodes, controls."""

FileOfRun = tuple[Run, FileResult]


def repeated_findings(files: Sequence[FileOfRun]) -> Iterator[Finding]:
    """DSQC-D055: a file holds the very reads of an earlier one, in other bytes.

    Reads that a run gives twice in two formats (as FASTQ and as BAM) are meant so.

    Args:
        files: the whole files of the submission with their runs, in the order of the sheets.
    """
    known: dict[str, list[FileOfRun]] = defaultdict(list)
    for run, file in files:
        if not file.reads or file.read_count < FEWEST_READS or file.role in TECHNICAL_ROLES:
            continue
        earlier = next((item for item in known[file.reads] if _is_same(item, (run, file))), None)
        known[file.reads].append((run, file))
        if earlier is not None:
            yield finding(
                "DSQC-D055",
                Location(sheet="file", row=file.row, attribute="file_name"),
                object_id=run.key,
                value=file.name,
                expected=f"{earlier[1].name} ({earlier[0].key})",
            )


def _is_same(one: FileOfRun, other: FileOfRun) -> bool:
    if one[1].sha256 == other[1].sha256:
        return False
    return one[0].key != other[0].key or one[1].format == other[1].format
