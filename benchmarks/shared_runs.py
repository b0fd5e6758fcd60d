"""Public files with the forms that their descriptions (MANIFEST.tsv) give them: honest, as far as they say anything."""

SHARED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "human RNA-Seq": (
        ("reads/human_chr21_pe_R1.fastq.gz", "reads/human_chr21_pe_R2.fastq.gz"),
        {"organism": "9606", "strategy": "RNA-Seq", "platform": "ILLUMINA"},
    ),
    "Arabidopsis WGS": (
        ("reads/arabidopsis_wgs_pe_R1.fastq.gz", "reads/arabidopsis_wgs_pe_R2.fastq.gz"),
        {"organism": "3702", "strategy": "WGS", "platform": "ILLUMINA", "model": "HiSeq X Ten", "title": "2x150"},
    ),
    "Drosophila RNA-Seq": (
        ("reads/drosophila_rnaseq_pe_R1.fastq.gz", "reads/drosophila_rnaseq_pe_R2.fastq.gz"),
        {"organism": "7227", "strategy": "RNA-Seq", "platform": "ILLUMINA", "title": "2x48"},
    ),
    "E. coli WGS": (
        ("reads/ecoli_wgs_pe_R1.fastq.gz", "reads/ecoli_wgs_pe_R2.fastq.gz"),
        {"organism": "562", "strategy": "WGS", "platform": "ILLUMINA", "title": "2x100"},
    ),
    "SARS-CoV-2 ARTIC": (
        ("reads/sarscov2_amplicon_pe_R1.fastq.gz", "reads/sarscov2_amplicon_pe_R2.fastq.gz"),
        {"organism": "2697049", "strategy": "AMPLICON", "platform": "ILLUMINA", "model": "Illumina MiSeq"},
    ),
    "mouse RRBS": (
        ("reads/rrbs_pe_R1.fastq.gz", "reads/rrbs_pe_R2.fastq.gz"),
        {"organism": "10090", "strategy": "Bisulfite-Seq", "platform": "ILLUMINA", "model": "Illumina NovaSeq 6000"},
    ),
    "Drosophila ChIP-Seq": (
        ("reads/drosophila_chipseq_se.fastq.gz",),
        {"organism": "7227", "strategy": "ChIP-Seq", "platform": "ILLUMINA", "title": "1x50"},
    ),
    "human small RNA": (
        ("reads/human_smallrna_se.fastq.gz",),
        {"organism": "9606", "strategy": "miRNA-Seq", "platform": "ILLUMINA", "protocol": "TruSeq Small RNA"},
    ),
    "SARS-CoV-2 nanopore": (
        ("reads/sarscov2_ont_barcode07.fastq.gz",),
        {"organism": "2697049", "strategy": "AMPLICON", "platform": "OXFORD_NANOPORE", "model": "MinION"},
    ),
    "human nanopore": (
        ("reads/ont_long_r10_hac.fastq.gz",),
        {"organism": "9606", "strategy": "WGS", "platform": "OXFORD_NANOPORE", "model": "PromethION"},
    ),
    "10x RNA": (
        ("reads/10x_v2_RA_interleaved.fastq.gz",),
        {"organism": "9606", "strategy": "RNA-Seq", "platform": "ILLUMINA", "layout": "PAIRED", "cells": "yes"},
    ),
    "human HiFi": (
        ("reads/human_hifi_NA12878_100.fastq.gz",),
        {"organism": "9606", "strategy": "WGS", "platform": "PACBIO_SMRT", "model": "Sequel II"},
    ),
    "Arabidopsis BAM": (
        ("alignments/arabidopsis_S3.coord.bam",),
        {"organism": "3702", "strategy": "WGS", "platform": "ILLUMINA", "model": "HiSeq X Ten", "layout": "SINGLE"}
        | {"reference": "TAIR10", "sample": "S3"},  # MANIFEST.tsv says pairs; bwa mem was given one file, see its @PG
    ),
    "Drosophila RNA-Seq BAM": (
        ("alignments/drosophila_rnaseq_paired.coord.bam",),
        {"organism": "7227", "strategy": "RNA-Seq", "platform": "ILLUMINA", "layout": "PAIRED", "reference": "dm6"}
        | {"strand": "non-stranded"},
    ),
    "Ebola uBAM": (
        ("alignments/ebola_mini.unaligned.bam",),
        {"organism": "186538", "strategy": "RNA-Seq", "platform": "ILLUMINA", "model": "Illumina HiSeq 2500"}
        | {"layout": "PAIRED", "sample": "G5012.3"},
    ),
    "human BAM": (
        ("alignments/human_NA12878_chr20_500.bam",),
        {"organism": "9606", "strategy": "WGS", "platform": "ILLUMINA", "layout": "PAIRED", "sample": "NA12878"}
        | {"sex": "female"},
    ),
    "human HiFi BAM": (
        ("alignments/human_NA12878_hifi_chr21.bam",),
        {"organism": "9606", "strategy": "WGS", "platform": "PACBIO_SMRT", "model": "Sequel II", "reference": "GRCh38"}
        | {"sample": "NA12878", "date": "2019-02-10", "sex": "female"},
    ),
    "PacBio subreads": (
        ("alignments/pacbio_subreads.unaligned.bam",),
        {"organism": "9606", "strategy": "WGS", "platform": "PACBIO_SMRT", "model": "Sequel", "date": "2016-11-09"},
    ),
    "nanopore uBAM": (
        ("alignments/ont_r10_5mC_modbases.unaligned.bam",),
        {"organism": "9606", "strategy": "WGS", "platform": "OXFORD_NANOPORE", "model": "PromethION"}
        | {"cell": "PAS15247"},
    ),
    "SARS-CoV-2 BAM": (
        ("alignments/sarscov2_amplicon.coord.bam",),
        {"organism": "2697049", "strategy": "AMPLICON", "platform": "ILLUMINA", "model": "Illumina MiSeq"}
        | {"layout": "PAIRED", "reference": "MN908947.3", "sample": "subsample1"},
    ),
    "hg19 CRAM": (
        ("alignments/hg19_level2.cram",),
        {"organism": "9606", "strategy": "WXS", "platform": "ILLUMINA", "reference": "hg19", "sample": "NA12878"}
        | {"layout": "PAIRED"},
    ),
}
"""Name -> files below the directory of public data (R1 before R2), and what the form says."""
NAMES = {
    "strategy": ("experiment", "library_strategy"), "platform": ("experiment", "platform"),
    "model": ("experiment", "instrument_model"), "layout": ("experiment", "library_layout"),
    "title": ("experiment", "title"), "protocol": ("experiment", "library_construction_protocol"),
    "strand": ("experiment", "read_strand"), "organism": ("sample", "taxonomy_id"), "sample": ("sample", "sample_name"),
    "sex": ("sample", "sex"), "reference": ("file", "reference_name"), "date": ("run", "run_date"),
    "cell": ("run", "flowcell_id"),
}  # fmt: skip


def sheets_of(name: str) -> dict[str, list[dict[str, str]]]:
    """The honest forms of a public run."""
    paths, says = SHARED[name]
    sample, library = says.get("sample", "S-1"), "L-1"
    rna = says["strategy"] in ("RNA-Seq", "miRNA-Seq")
    source = "TRANSCRIPTOMIC SINGLE CELL" if "cells" in says else "TRANSCRIPTOMIC" if rna else "GENOMIC"
    experiment = {
        "library_id": library,
        "sample_name": sample,
        "library_source": source,
        "library_layout": "PAIRED" if len(paths) == 2 else "SINGLE",
        "sequencing_technique": "Single-cell sequencing" if "cells" in says else "Bulk sequencing",
    }
    run = {"run_alias": "RUN_1", "library_id": library}
    rows = {"sample": {"sample_name": sample}, "experiment": experiment, "run": run, "file": {}}
    for key, text in says.items():
        if key in NAMES:
            rows[NAMES[key][0]][NAMES[key][1]] = text
    files = [
        rows["file"] | {"file_name": path.rpartition("/")[2], "run_alias": "RUN_1", "read_role": role}
        for path, role in zip(paths, ("R1", "R2") if len(paths) == 2 else ("",), strict=True)
    ]
    return {"sample": [rows["sample"]], "experiment": [experiment], "run": [run], "file": files}
