"""Form against file: each rule with a run whose form agrees and one that disagrees; and above all what is neither."""

from typing import Any

import pytest

from dsqc.findings import Finding
from dsqc.judge import Declared, FileResult, Inference, RunResult, infer, inferred_findings, inferred_rows
from dsqc.judge.inferred.model import Agreement, probability_of
from dsqc.judge.inferred.origin import earliest_day
from dsqc.language import Language
from dsqc.limits import Limits
from dsqc.model import DataFile, Run
from dsqc.report.inferred import ATTRIBUTES, inferred_section
from dsqc.taxonomy import open_taxonomy

Values = dict[str, Any]
EVEN: Values = {
    "library_reads_examined": 500, "frac_reads_main_starts": 0.05, "c_fraction_of_gc": 0.5, "frac_reads_c_poor": 0.01,
    "frac_reads_g_poor": 0.01, "frac_reads_poly_t_behind_barcode": 0.0, "frac_reads_ribosomal": 0.0,
    "frac_reads_primer": 0.0, "length_min": 150, "length_max": 150,
}  # fmt: skip
"""A shotgun library."""


def run_of(
    metrics: Values | None = None,
    *,
    experiment: Values | None = None,
    sample: Values | None = None,
    run: Values | None = None,
    tables: Values | None = None,
    pairs: int | None = None,
    file_format: str = "fastq",
    roles: tuple[str, ...] = ("single",),
    whole: Values | None = None,
    reference: str = "",
) -> RunResult:
    names = [f"reads_{number}.{file_format}" for number in range(len(roles))]
    files = tuple(DataFile(name, "r", read_role=role, row=2) for name, role in zip(names, roles, strict=True))
    declared = Declared(
        Run("r", "r", "lib", files, 2),
        run or {},
        {"platform": "ILLUMINA", "sample_name": "Leaf1", "library_id": "LIB1", **(experiment or {})},
        {"sample_name": "Leaf1", **(sample or {})},
        2,
        2,
    )
    values = EVEN | (metrics or {})
    results = [
        FileResult(name, role, reference, 2, file_format, values, tables or {})
        for name, role in zip(names, roles, strict=True)
    ]
    measured = {
        "state": "measured", "files": [{"name": name, "read_count": 6_000} for name in names], "metrics": whole or {},
    }  # fmt: skip
    return RunResult(
        declared, whole or {}, results, open_taxonomy(), Limits(), measured, pairs,
        {"leaf1": "Leaf1", "leaf2": "Leaf2"}, {"lib1": "LIB1", "lib2": "LIB2"},
    )  # fmt: skip


def findings(run: RunResult) -> list[Finding]:
    return list(inferred_findings(run, infer(run)))


def answer(run: RunResult, attribute: str) -> Inference:
    return next(item for item in infer(run) if item.attribute == attribute)


def adapters(**percents: float) -> Values:
    names = {"truseq": "Illumina Universal Adapter", "nextera": "Nextera Transposase Sequence"}
    names |= {"small": "Illumina Small RNA 3' Adapter", "bgi": "BGI/MGI Adapter, Read 1"}
    names |= {"qiaseq": "QIAseq miRNA 3' Adapter", "ion": "Ion Torrent P1B Adapter", "tso": "Template Switch Oligo"}
    names |= {"ligation": "Nanopore Ligation Adapter, Top Strand", "element": "Element Elevate Adapter"}
    return {"adapter_content": {names[key]: [0.0, value] for key, value in percents.items()}}


PRIMED = {"frac_reads_primer": 0.97, "commonest_primer": "341F (16S rRNA)"}
CONVERTED = {"c_fraction_of_gc": 0.05, "frac_reads_c_poor": 0.9}
SPLICED = {"frac_reads_spliced": 0.3, "mapped_count": 9_000, "spliced_strand_count": 900, "paired_count": 0}
PLANT = {"organism": "Oryza sativa", "taxonomy_id": "4530"}
GENOMIC = {"library_strategy": "WGS", "library_source": "GENOMIC"}
HUMAN = {"organism": "Homo sapiens", "taxonomy_id": "9606"}
GROUPS = {"library": ["LIB1"], "platform": [""], "platform_unit": [""], "date": [""]}

CASES: dict[str, tuple[Values, Values]] = {
    "D033": (
        {"metrics": {"sequencing_start": "2024-05-02T08:01:00Z"}, "run": {"run_date": "2024-05-03"}},
        {"metrics": {"sequencing_runs": "m64011_230110_095311 (9)"}, "run": {"run_date": "2024-05-02"}},
    ),
    "D034": (
        {"metrics": {"sequencing_start": "2024-05-02T08:01:00Z"}, "sample": {"collection_date": "2024-05"}},
        {"metrics": {"sequencing_start": "2024-05-02T08:01:00Z"}, "sample": {"collection_date": "2024-06/2024-07"}},
    ),
    "D035": (
        {
            "metrics": {"quality_levels": 4, "quality_values": "2, 12, 23, 37"},
            "experiment": {"instrument_model": "Illumina NovaSeq 6000"},
        },
        {
            "metrics": {
                "quality_levels": 40, "instrument_platform": "ILLUMINA", "instrument_model": "Illumina MiSeq",
                "instrument_confidence": "high",
            },
            "experiment": {"instrument_model": "Illumina NovaSeq 6000"},
        },
    ),
    "D036": (
        {
            "metrics": {"paired_count": 100, "primary_count": 100},
            "experiment": {"library_layout": "PAIRED"},
            "file_format": "bam",
        },
        {
            "metrics": {"paired_count": 100, "primary_count": 100},
            "experiment": {"library_layout": "SINGLE"},
            "file_format": "bam",
        },
    ),
    "D037": (
        {"metrics": {"length_max": 151}, "experiment": {"title": "rice, 2x150"}, "roles": ("R1", "R2"), "pairs": 9},
        {"metrics": {"length_max": 301}, "experiment": {"title": "rice, 2 x 150"}, "roles": ("R1", "R2"), "pairs": 9},
    ),
    "D038": (
        {
            "whole": {"frac_pairs_overlapping": 0.97, "overlap_insert_median": 180, "overlap_pairs_examined": 400},
            "experiment": {"insert_size": "300"},
        },
        {
            "whole": {"frac_pairs_overlapping": 0.97, "overlap_insert_median": 180, "overlap_pairs_examined": 400},
            "experiment": {"insert_size": "550"},
        },
    ),
    "D039": (
        {"metrics": PRIMED, "experiment": {"library_strategy": "AMPLICON"}},
        {"metrics": PRIMED, "experiment": {"library_strategy": "WGS"}},
    ),
    "D040": (
        {"tables": adapters(nextera=8.0), "experiment": {"library_construction_protocol": "Nextera XT kit"}},
        {"tables": adapters(nextera=8.0), "experiment": {"library_construction_protocol": "TruSeq Nano kit"}},
    ),
    "D041": (
        {
            "metrics": SPLICED | {"frac_spliced_sense": 0.02},
            "experiment": {"library_strategy": "RNA-Seq", "read_strand": "antisense"},
            "file_format": "bam",
        },
        {
            "metrics": SPLICED | {"frac_spliced_sense": 0.02},
            "experiment": {"library_strategy": "RNA-Seq", "read_strand": "non-stranded"},
            "file_format": "bam",
        },
    ),
    "D042": (
        {"metrics": PRIMED, "experiment": {"library_strategy": "AMPLICON", "target_gene": "16S rRNA"}},
        {"metrics": PRIMED, "experiment": {"library_strategy": "AMPLICON", "target_gene": "ITS"}},
    ),
    "D043": (
        {"whole": {"gc_fraction": 0.44, "read_count": 6_000}, "sample": PLANT, "experiment": GENOMIC},
        {"whole": {"gc_fraction": 0.66, "read_count": 6_000}, "sample": PLANT, "experiment": GENOMIC},
    ),
    "D044": (
        {
            "metrics": {"reference_assembly": "GRCh38", "reference_assembly_basis": "lengths (25)"},
            "reference": "hg38",
            "file_format": "bam",
        },
        {
            "metrics": {"reference_assembly": "GRCh37", "reference_assembly_basis": "lengths (25)"},
            "sample": {"intended_reference": "GRCh38"},
            "file_format": "bam",
        },
    ),
    "D045": (
        {"tables": {"read_groups": GROUPS | {"sample": ["Leaf1"]}}, "file_format": "bam"},
        {"tables": {"read_groups": GROUPS | {"sample": ["leaf2"]}}, "file_format": "bam"},
    ),
    "D046": (
        {"tables": {"read_groups": GROUPS | {"sample": ["Leaf1"]}}, "file_format": "bam"},
        {"tables": {"read_groups": GROUPS | {"sample": ["Leaf1"], "library": ["LIB2"]}}, "file_format": "bam"},
    ),
    "D047": (
        {
            "metrics": {"x_depth_ratio": 0.51, "y_depth_ratio": 0.24},
            "sample": HUMAN | {"sex": "male"},
            "experiment": {"library_strategy": "WGS"},
            "file_format": "bam",
        },
        {
            "metrics": {"x_depth_ratio": 0.51, "y_depth_ratio": 0.24},
            "sample": HUMAN | {"sex": "female"},
            "experiment": {"library_strategy": "WGS"},
            "file_format": "bam",
        },
    ),
    "D048": (
        {
            "metrics": {"length_min": 28, "length_max": 28},
            "experiment": {"library_source": "TRANSCRIPTOMIC", "single_cell_isolation": "10x technology"},
            "roles": ("R1", "R2"),
            "pairs": 9,
        },
        {
            "metrics": {"length_min": 20, "length_max": 20},
            "experiment": {
                "library_source": "TRANSCRIPTOMIC SINGLE CELL", "single_cell_isolation": "10x technology",
                "sequencing_technique": "Single-cell sequencing",
            },
            "roles": ("R1", "R2"),
            "pairs": 9,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", CASES)
def test_pass(code: str) -> None:
    assert findings(run_of(**CASES[code][0])) == []


@pytest.mark.parametrize("code", CASES)
def test_fail_yields_exactly_its_code(code: str) -> None:
    (item,) = findings(run_of(**CASES[code][1]))
    assert (item.code, item.severity.value) == (f"DSQC-{code}", "warning")
    for language in Language:
        message = item.message(language)
        assert item.value in message
        assert item.expected in message
        assert "{" not in message


SHOTGUN = {"experiment": {"library_strategy": "WGS"}}
CANNOT_TELL: dict[str, tuple[str, Values]] = {
    "ChIP-Seq looks like WGS": ("library_strategy", {"experiment": {"library_strategy": "ChIP-Seq"}}),
    "an amplicon may be cut at random": ("library_strategy", {"experiment": {"library_strategy": "AMPLICON"}}),
    "few reads": ("library_strategy", {"metrics": PRIMED | {"library_reads_examined": 199}, **SHOTGUN}),
    "one fragment without C": ("library_strategy", {"metrics": CONVERTED | {"frac_reads_main_starts": 0.9}}),
    "mates that were merged are longer": (
        "read_length", {"metrics": {"length_max": 290}, "experiment": {"title": "2x150"}},
    ),
    "mates that were merged are single": ("library_layout", {"experiment": {"library_layout": "PAIRED"}}),
    "no word of the kit": (
        "adapters", {"tables": adapters(truseq=8.0), "experiment": {"library_construction_protocol": "own"}},
    ),
    "two kits": (
        "adapters",
        {"tables": adapters(nextera=8.0), "experiment": {"library_construction_protocol": "TruSeq and KAPA, MGIEasy"}},
    ),
    "Illumina's adapters on DNBSEQ": (
        "adapters",
        {"tables": adapters(truseq=8.0), "experiment": {"platform": "DNBSEQ", "library_construction_protocol": "own"}},
    ),
    "a house name": ("sample_name", {"tables": {"read_groups": GROUPS | {"sample": ["4711"]}}, "file_format": "bam"}),
    "an unknown reference": (
        "reference", {"metrics": {"reference_assembly": "GRCh38", "reference_assembly_basis": "lengths (3)"},
                      "reference": "our assembly", "file_format": "bam"},
    ),
    "another karyotype": (
        "sex", {"metrics": {"x_depth_ratio": 0.98, "y_depth_ratio": 0.2}, "sample": HUMAN | {"sex": "male"},
                "experiment": {"library_strategy": "WGS"}, "file_format": "bam"},
    ),
    "NovaSeq by its serial, recalibrated": (
        "quality_values", {"metrics": {"quality_levels": 40, "instrument_model": "Illumina NovaSeq 6000"},
                           "experiment": {"instrument_model": "Illumina NovaSeq 6000"}},
    ),
    "universal primers": (
        "target_gene", {"metrics": PRIMED | {"commonest_primer": "MiFish-U-F (other)"},
                        "experiment": {"library_strategy": "AMPLICON", "target_gene": "ITS"}},
    ),
    "a clock that was not set": (
        "run_date", {"metrics": {"sequencing_start": "1970-01-01T00:00:00Z"}, "run": {"run_date": "2024-05-02"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CANNOT_TELL)
def test_what_can_be_explained_otherwise_is_neither(case: str) -> None:
    attribute, given = CANNOT_TELL[case]
    run = run_of(**given)
    assert answer(run, attribute).agreement == "cannot tell"
    assert findings(run) == []


def test_the_page_of_a_run_shows_both_sides_the_answer_and_the_evidence() -> None:
    run = run_of(**CASES["D039"][1])
    rows = inferred_rows(infer(run))
    rows[0]["declared"] = "<b>"
    html = str(inferred_section({"inferred": [{"run_key": "r", "attributes": rows}]}, "r"))
    for text in ("불일치", "disagree", "AMPLICON", "341F (16S rRNA): 97 %", "DSQC-D039", "&lt;b&gt;", "<details open>"):
        assert text in html
    assert inferred_section({"inferred": []}, "r") == inferred_section({}, "r") == ""


def test_a_metagenome_has_no_gc_of_its_own() -> None:
    whole = {"gc_fraction": 0.66, "read_count": 6_000}
    for source, sample in (
        ("METAGENOMIC", PLANT),
        ("GENOMIC", {"organism": "soil metagenome", "taxonomy_id": "410658"}),
    ):
        run = run_of(whole=whole, sample=sample, experiment={"library_strategy": "WGS", "library_source": source})
        assert [item.attribute for item in infer(run) if item.attribute == "gc"] == []


def test_a_run_that_is_not_whole_says_nothing() -> None:
    run = run_of(**CASES["D039"][1])
    run.measured["state"] = "partial"  # type: ignore[index]
    assert infer(run) == []


def test_every_attribute_has_a_name_and_weak_evidence_contradicts_nothing() -> None:
    seen = {item.attribute for pair in CASES.values() for given in pair for item in infer(run_of(**given))}
    assert seen <= set(ATTRIBUTES)
    assert probability_of("sex", "a guess") < 0.95 < probability_of("library_strategy", "marker primer")


@pytest.mark.parametrize(
    ("text", "day"),
    [("2021-05-03", "2021-05-03"), ("2021-05", "2021-05-01"), ("2021", "2021-01-01"), ("2021-05/2021-07", "2021-05-01"),
     ("2021-13", "None"), ("missing", "None"), ("", "None")],
)  # fmt: skip
def test_a_date_may_be_a_part_of_one(text: str, day: str) -> None:
    assert str(earliest_day(text)) == day


@pytest.mark.parametrize(
    ("shares", "experiment", "inferred", "agreement"),
    [
        ({"qiaseq": 90.0}, {"library_construction_protocol": "QIAseq miRNA kit"}, "QIAseq miRNA", Agreement.AGREE),
        ({"ion": 5.0}, {"platform": "ION_TORRENT"}, "Ion Torrent P1", Agreement.AGREE),
        ({"element": 3.0}, {"platform": "ELEMENT"}, "Element Elevate", Agreement.AGREE),
        ({"ligation": 30.0}, {"platform": "OXFORD_NANOPORE"}, "ONT ligation", Agreement.AGREE),
        ({"tso": 4.0}, {"library_construction_protocol": "Chromium 3' v3"}, "template switch", Agreement.AGREE),
        # They were never tried on simulated runs: they contradict nothing.
        ({"ion": 5.0}, {"platform": "ILLUMINA"}, "Ion Torrent P1", Agreement.UNKNOWN),
        ({"tso": 4.0}, {"library_construction_protocol": "TruSeq"}, "template switch", Agreement.UNKNOWN),
        # Where one of the common kits is told, it is that which counts.
        ({"tso": 4.0, "nextera": 2.0}, {"library_construction_protocol": "Nextera XT"}, "Nextera", Agreement.AGREE),
    ],
)
def test_further_kits(
    shares: dict[str, float], experiment: dict[str, str], inferred: str, agreement: Agreement
) -> None:
    run = run_of(tables=adapters(**shares), experiment=experiment)
    item = answer(run, "adapters")
    assert (item.inferred, item.agreement) == (inferred, agreement)
    assert not findings(run)


def test_few_reads_with_an_adapter_tell_no_kit() -> None:
    assert all(item.attribute != "adapters" for item in infer(run_of(tables=adapters(tso=0.9))))


def test_small_rna_by_another_kit_is_agreed_with_and_contradicts_nothing() -> None:
    for strategy, agreement in (("miRNA-Seq", Agreement.AGREE), ("WGS", Agreement.UNKNOWN)):
        item = answer(
            run_of(tables=adapters(qiaseq=80.0), experiment={"library_strategy": strategy}), "library_strategy"
        )
        assert (item.inferred, item.agreement) == ("miRNA-Seq", agreement)


@pytest.mark.parametrize(
    ("metrics", "file_format", "reason"),
    [
        ({}, "fastq", "not aligned"),
        ({"mapped_count": 9_000, "frac_reads_spliced": 0.0}, "bam", "no alignment has an intron"),
        (SPLICED | {"spliced_strand_count": 0}, "bam", "without tags XS or ts"),
        (SPLICED | {"spliced_strand_count": 199, "frac_spliced_sense": 1.0}, "bam", "199 spliced reads"),
    ],
)
def test_why_a_strand_cannot_be_told(metrics: Values, file_format: str, reason: str) -> None:
    run = run_of(
        metrics=metrics, experiment={"library_strategy": "RNA-Seq", "read_strand": "sense"}, file_format=file_format
    )
    item = answer(run, "read_strand")
    assert item.agreement is Agreement.UNKNOWN
    assert reason in item.evidence.en
