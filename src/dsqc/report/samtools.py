"""What dsqc measured of alignments, in the shape of ``samtools stats`` and ``samtools flagstat``, for their readers.

MultiQC and other programs read these texts today. The numbers are dsqc's and equal to those of samtools 1.16.1; of
``samtools stats`` the sections SN (summary numbers) and IS (insert sizes) are written.
"""

from collections.abc import Mapping
from typing import Any

from dsqc.version import __version__

_COMMENTS = {
    "raw total sequences": "excluding supplementary and secondary reads",
    "reads mapped and paired": "paired-end technology bit set + both mates mapped",
    "reads properly paired": "proper-pair bit set",
    "reads paired": "paired-end technology bit set",
    "reads duplicated": "PCR or optical duplicate bit set",
    "reads MQ0": "mapped and MQ=0",
    "total length": "ignores clipping",
    "total first fragment length": "ignores clipping",
    "total last fragment length": "ignores clipping",
    "bases mapped": "ignores clipping",
    "bases mapped (cigar)": "more accurate",
    "mismatches": "from NM fields",
    "error rate": "mismatches / bases mapped (cigar)",
}

# Readers find such files by the words of samtools, so the second line quotes them.
_HEAD = (
    f"# Measured by dsqc {__version__} with the definitions of samtools 1.16.1.",
    '# Readers know the shape by the words "This file was produced by samtools stats".',
)


def render(data: Mapping[str, Any]) -> str:
    """The text that stands for ``samtools stats`` of one data file; empty where it holds no alignments.

    Args:
        data: content of a ``<stem>.dsqc.json``.
    """
    tables = data["tables"]
    if "samtools_sn" not in tables:
        return ""
    lines = [*_HEAD, "# Summary Numbers. Use `grep ^SN | cut -f 2-` to extract this part."]
    for key, value in zip(tables["samtools_sn"]["key"], tables["samtools_sn"]["value"], strict=True):
        comment = f"\t# {_COMMENTS[key]}" if key in _COMMENTS else ""
        lines.append(f"SN\t{key}:\t{value}{comment}")
    lines.append("# Insert sizes. The columns are: insert size, pairs total, inward oriented pairs, outward, other")
    inserts = tables["insert_size"]
    for size, *pairs in zip(inserts["size"], inserts["inward"], inserts["outward"], inserts["other"], strict=True):
        lines.append("\t".join(map(str, ("IS", size, sum(pairs), *pairs))))
    return "\n".join(lines) + "\n"


def render_flagstat(data: Mapping[str, Any]) -> str:
    """The text of ``samtools flagstat`` of one data file; empty where it holds no alignments.

    Args:
        data: content of a ``<stem>.dsqc.json``.
    """
    table = data["tables"].get("samtools_flagstat")
    if not table:
        return ""
    lines: list[str] = []
    for passed, failed, category in zip(table["passed"], table["failed"], table["category"], strict=True):
        if category.endswith(" %"):
            lines[-1] += f" ({passed} : {failed})"
        else:
            lines.append(f"{passed} + {failed} {'in ' * category.startswith('total')}{category}")
    return "\n".join(lines) + "\n"
