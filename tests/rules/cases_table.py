"""Fixtures of the rules on sheets, headings and single values."""

from rules.edits import (
    Cases,
    both,
    but,
    cell,
    chain,
    empty_row_above_last,
    heading,
    many_samples,
    no_rows,
    no_sheet,
    nothing,
    of,
    row,
    samples,
    without,
)

TREATMENTS = of("no water", "salt", "heat")
ECOTYPES = of("lowland", "upland")
HEIGHTS = of("dwarf", "tall")
POPULATIONS = of("north", "south")

CASES: Cases = {
    "T002": (nothing, no_sheet("run")),
    "T003": (nothing, without("sample", "tissue")),
    "T004": (cell("sample", treatment="drought"), cell("sample", treatmnt="drought")),
    "T005": (heading("sample", "sex"), both(heading("sample", "sex"), heading("sample", "Sex"))),
    "T006": (cell("sample", 성별="male"), cell("sample", **{"temperature(°C)": "20"})),
    "T007": (chain, empty_row_above_last),
    "T008": (cell("sample", treatment="no water"), cell("sample", treatment=" no  water")),
    "T009": (cell("sample", treatment="37 degree Celsius"), cell("sample", treatment="37 ℃")),
    "T010": (cell("sample", genotype="SEPTIN1"), cell("sample", genotype="1-Sep")),
    "T011": (cell("sample", tissue="missing"), cell("sample", tissue="N/A")),
    "T012": (cell("sample", tissue="not applicable"), cell("sample", tissue="Not Applicable")),
    "T013": (
        cell("sample", collection_date="missing: lab stock"),
        cell("sample", collection_date="not collected"),
    ),
    "T014": (cell("sample", treatment=""), cell("sample", treatment="not applicable")),
    "T015": (nothing, cell("sample", tissue="")),
    "T016": (nothing, cell("sample", age="", dev_stage="")),
    "T017": (cell("sample", sex="female"), cell("sample", sex="F")),
    "T018": (cell("sample", sex="female"), cell("sample", sex="Female")),
    "T019": (cell("run", run_date="2026-01-31"), cell("run", run_date="31/01/2026")),
    "T020": (cell("sample", taxonomy_id="4530"), cell("sample", taxonomy_id="4530.0")),
    "T021": (cell("sample", height_or_length="10 cm"), cell("sample", height_or_length="10 미터")),
    "T022": (
        cell("experiment", insert_size_sd="20"),
        cell("experiment", insert_size_sd="-3"),
    ),
    "T023": (nothing, cell("sample", tissue="blood; urine")),
    "T024": (nothing, cell("submission", package="Human")),
    "T025": (nothing, row("submission", package="Human")),
    "T026": (nothing, many_samples),
    "T027": (nothing, cell("submission", form_version="0.0.1")),
    "T028": (nothing, no_rows("experiment", "run", "file")),
    "T029": (nothing, row("file", file_name="S9.fastq.gz", run_alias="run-9", md5="9" * 32)),
    "T030": (samples(12, treatment=TREATMENTS), samples(12, treatment=but(5, "No-water", TREATMENTS))),
    "T031": (
        samples(24, height_or_length=lambda number: f"{90 + 7 * number % 24} cm"),
        samples(24, height_or_length=but(5, "9600 cm", of("96 cm", "90 cm", "99 cm"))),
    ),
    "T032": (
        samples(24, treatment=TREATMENTS, ecotype=ECOTYPES, phenotype=HEIGHTS, population=POPULATIONS),
        samples(
            24,
            treatment=but(5, "", TREATMENTS),
            ecotype=but(5, "heat", ECOTYPES),
            phenotype=but(5, "lowland", HEIGHTS),
            population=but(5, "dwarf", POPULATIONS),
        ),
    ),
    "T033": (
        samples(12, height_or_length=of("96 cm", "90 cm")),
        samples(12, height_or_length=but(5, "1 m", of("96 cm", "90 cm"))),
    ),
    "T034": (samples(24, trait_value=of("4.1", "3.9")), samples(24, trait_value=but(5, "tall", of("4.1", "3.9")))),
    "T035": (
        samples(12, source_material_id=of("00412", "00087")),
        samples(12, source_material_id=but(5, "87", of("00412", "00087"))),
    ),
    "T036": (cell("sample", phenotype="a" * 254), cell("sample", phenotype="a" * 255)),
    "T037": (
        samples(12, trait_value=of("13/01/2026", "05/01/2026")),
        samples(12, trait_value=but(5, "01/13/2026", of("13/01/2026", "05/01/2026"))),
    ),
}
