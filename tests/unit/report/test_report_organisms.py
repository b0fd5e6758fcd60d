"""The organisms of a run's page: what people read of a genome that was found."""

from typing import Any

from dsqc.language import Text
from dsqc.report.sections import sections
from helpers.qc_data import qc_file

FOUND: dict[str, list[Any]] = {
    "organism": ["Severe acute respiratory syndrome coronavirus 2"], "taxonomy_id": [2697049],
    "accession": ["NC_045512.2"], "role": ["organism"], "share": [0.72481], "low": [0.5294], "high": [1.0],
    "containment": [0.1129], "breadth": [0.1183], "extent": ["part"],
}  # fmt: skip


def test_the_table_of_organisms_reads_as_people_write() -> None:
    data = qc_file("reads.fastq.gz")
    data["tables"]["organisms"] = FOUND
    (section,) = [item for item in sections([data], [""]) if item.id == "organisms"]
    (grid,) = section.grids
    row = dict(zip((item.en for item in grid.headings if isinstance(item, Text)), grid.rows[0], strict=True))
    assert row["Taxonomy id"] == "2697049"  # a name, no number
    assert (row["Share of reads"], row["At least"], row["At most"]) == ("72.5 %", "52.9 %", "100 %")
    assert row["Found as"] == Text("a part, or a relative", "일부 또는 근연종")
    assert "72.5 % (52.9–100 %)" in section.figures[0].svg
