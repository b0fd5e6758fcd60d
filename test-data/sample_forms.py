"""What the ten submissions of the sample batch say in their forms. Persons, institutes and numbers are invented."""

from dataclasses import dataclass

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Described:
    """One submission: what it shows, how it ends, and its six sheets."""

    what: str
    state: str
    sheets: dict[str, Rows]
    codes: tuple[str, ...] = ()
    workbook: bool = False
    korean_headings: bool = False


COMMON: dict[str, dict[str, str]] = {
    "submission": {
        "submission_alias": "",
        "form_id": "",
        "form_version": "1.0.0",
        "data_centre": "KOBIC",
        "bioproject": "",
        "package": "",
        "access_level": "open",
        "release_date": "",
        "submitter_name_en": "Kim, Dana",
        "submitter_name_ko": "김다나",
        "submitter_email": "dana.kim@example.ac.kr",
        "submitter_organization_en": "Example National Institute of Life Science",
        "submitter_organization_ko": "예시국립생명과학연구원",
        "submitter_country": "South Korea",
    },
    "project": {
        "project_alias": "",
        "project_type": "Primary Project",
        "data_type": "Genomics data (sequence read, functional genomics data, nucleotide and assembly, variation)",
        "title_en": "",
        "title_ko": "",
        "description_en": "",
    },
}


def submission(alias: str, form: str, package: str, project: str, **more: str) -> Rows:
    """The one row of the submission sheet."""
    return [{"submission_alias": alias, "form_id": form, "package": package, "bioproject": project} | more]


def project(alias: str, title_en: str, title_ko: str, description_en: str, **more: str) -> Rows:
    """The one row of the project sheet."""
    named = {"project_alias": alias, "title_en": title_en, "title_ko": title_ko, "description_en": description_en}
    return [named | more]


def experiment(
    library: str, sample: str, library_kind: tuple[str, str, str], instrument: tuple[str, str], **more: str
) -> dict[str, str]:
    """One row of the experiment sheet; ``library_kind`` is strategy, source, selection."""
    strategy, source, selection = library_kind
    platform, model = instrument
    layout = more.pop("library_layout", "PAIRED")
    return {
        "library_id": library,
        "sample_name": sample,
        "title": f"{model} {layout} sequencing of {sample}",
        "sequencing_technique": "Bulk sequencing",
        "library_strategy": strategy,
        "library_source": source,
        "library_selection": selection,
        "library_layout": layout,
        "platform": platform,
        "instrument_model": model,
    } | more


def runs(*rows: tuple[str, str, str]) -> Rows:
    """Rows of the run sheet: alias, library, file type."""
    return [{"run_alias": alias, "library_id": library, "file_type": kind} for alias, library, kind in rows]


def mates(stem: str, run: str) -> Rows:
    """The two file rows of a paired run."""
    return [{"file_name": f"{stem}_{role}.fastq.gz", "run_alias": run, "read_role": role} for role in ("R1", "R2")]


NOVASEQ = ("ILLUMINA", "Illumina NovaSeq 6000")
MISEQ = ("ILLUMINA", "Illumina MiSeq")
KOREAN_SEA = "coastal sea water [ENVO:00002150]"

RICE = {
    "organism": "Oryza sativa",
    "taxonomy_id": "4530",
    "collection_date": "2025-06-18",
    "geo_loc_name": "South Korea:Jeollabuk-do, Jeonju",
    "biomaterial_provider": "Example Genebank",
    "dev_stage": "seedling",
    "tissue": "leaf",
    "biological_status": "500",
    "plant_structure": "PO:0025034",
    "plant_developmental_stage": "BBCH-13",
    "genetically_modified": "no",
}

SUBMISSIONS: dict[str, Described] = {
    "rice-wgs": Described(
        what="Illumina paired reads, gzip and BGZF, two samples; form as TSV",
        state="registered",
        sheets={
            "submission": submission("rice-wgs", "seed_crop", "Plant_fungi", "rice-landraces"),
            "project": project(
                "rice-landraces",
                "Whole-genome resequencing of Korean rice landraces",
                "한국 재래 벼 전장 유전체 재분석",
                "Landraces kept in a genebank are resequenced to describe the diversity of Korean rice.",
            ),
            "sample": [
                {"sample_name": "KR-RICE-001", "sample_title": "Rice landrace 001 leaf", "cultivar": "Jado", **RICE},
                {
                    "sample_name": "KR-RICE-002",
                    "sample_title": "Rice landrace 002 leaf",
                    "cultivar": "Daegolbyeo",
                    **RICE,
                },
            ],
            "experiment": [
                experiment(
                    f"KR-RICE-00{n}_WGS_1",
                    f"KR-RICE-00{n}",
                    ("WGS", "GENOMIC", "RANDOM"),
                    NOVASEQ,
                    library_construction_protocol="TruSeq DNA PCR-Free, 350 bp inserts",
                    insert_size="350",
                )
                for n in (1, 2)
            ],
            "run": runs(
                ("KR-RICE-001_run1", "KR-RICE-001_WGS_1", "fastq"), ("KR-RICE-002_run1", "KR-RICE-002_WGS_1", "fastq")
            ),
            "file": mates("KR-RICE-001", "KR-RICE-001_run1") + mates("KR-RICE-002", "KR-RICE-002_run1"),
        },
    ),
    "sarscov2-amplicon": Described(
        what="Illumina paired amplicons of a virus; form as workbook",
        state="registered",
        workbook=True,
        sheets={
            "submission": submission("sarscov2-amplicon", "infectious_disease", "Virus", "covid-surveillance"),
            "project": project(
                "covid-surveillance",
                "Genomic surveillance of SARS-CoV-2 in 2025",
                "2025년 코로나19 바이러스 유전체 감시",
                "Amplicon sequencing of surveillance samples from regional laboratories.",
            ),
            "sample": [
                {
                    "sample_name": "hCoV-KR-0417",
                    "sample_title": "SARS-CoV-2 surveillance sample 0417",
                    "organism": "Severe acute respiratory syndrome coronavirus 2",
                    "taxonomy_id": "2697049",
                    "collection_date": "2025-04-17",
                    "geo_loc_name": "South Korea:Daejeon",
                    "biomaterial_provider": "Example Regional Laboratory",
                    "isolate": "hCoV-19/South Korea/KR-0417/2025",
                    "isolation_source": "nasopharyngeal swab",
                    "host": "Homo sapiens",
                    "collected_by": "Example Regional Laboratory",
                    "lat_lon": "36.35 N 127.38 E",
                    "biosafety_level": "BSL2",
                    "high_risk_pathogen": "no",
                    "amplicon_primer_scheme": "ARTIC V4.1",
                    "human_reads_removed": "yes",
                }
            ],
            "experiment": [
                experiment(
                    "hCoV-KR-0417_AMPLICON_1",
                    "hCoV-KR-0417",
                    ("AMPLICON", "VIRAL RNA", "RT-PCR"),
                    MISEQ,
                    library_construction_protocol="ARTIC V4.1 amplicons, ligated adapters",
                    insert_size="390",
                    target_gene="other",
                    pcr_primers="FWD:ACCAACCAACTTTCGATCTCTTGT;REV:CATCTTTAAGATGTTGACGTGCCTC",
                )
            ],
            "run": runs(("hCoV-KR-0417_run1", "hCoV-KR-0417_AMPLICON_1", "fastq")),
            "file": mates("hCoV-KR-0417", "hCoV-KR-0417_run1"),
        },
    ),
    "tuberculosis-nanopore": Described(
        what="nanopore long reads, single",
        state="registered",
        sheets={
            "submission": submission("tuberculosis-nanopore", "infectious_disease", "Clinical_pathogen", "tb-outbreak"),
            "project": project(
                "tb-outbreak",
                "Long-read genomes of tuberculosis outbreak isolates",
                "결핵 집단발생 분리주 장독 유전체",
                "Isolates of one outbreak are sequenced to tell transmission from chance.",
            ),
            "sample": [
                {
                    "sample_name": "TB-KR-07",
                    "sample_title": "Mycobacterium tuberculosis outbreak isolate 07",
                    "organism": "Mycobacterium tuberculosis",
                    "taxonomy_id": "1773",
                    "collection_date": "2025-02",
                    "geo_loc_name": "South Korea:Gyeonggi-do",
                    "biomaterial_provider": "Example Tuberculosis Laboratory",
                    "isolate": "TB-KR-07",
                    "isolation_source": "sputum culture",
                    "host": "Homo sapiens",
                    "host_health_state": "diseased",
                    "host_disease": "tuberculosis",
                    "host_subject_id": "OB3-P07",
                    "collected_by": "Example Tuberculosis Laboratory",
                    "lat_lon": "37.4 N 127.5 E",
                    "biosafety_level": "BSL3",
                    "high_risk_pathogen": "no",
                    "human_reads_removed": "yes",
                }
            ],
            "experiment": [
                experiment(
                    "TB-KR-07_WGS_1",
                    "TB-KR-07",
                    ("WGS", "GENOMIC", "RANDOM"),
                    ("OXFORD_NANOPORE", "MinION"),
                    library_layout="SINGLE",
                    library_construction_protocol="Ligation sequencing kit SQK-LSK114",
                    basecaller="dorado 0.9.1",
                    flowcell_chemistry="R10.4.1",
                )
            ],
            "run": runs(("TB-KR-07_run1", "TB-KR-07_WGS_1", "fastq")),
            "file": [{"file_name": "TB-KR-07.fastq.gz", "run_alias": "TB-KR-07_run1", "read_role": "single"}],
        },
    ),
    "human-hifi": Described(
        what="unaligned BAM of PacBio HiFi reads; closed access with its reasons; form as workbook",
        state="registered",
        workbook=True,
        sheets={
            "submission": submission(
                "human-hifi", "precision_medicine", "Human", "rare-disease-trios", access_level="closed"
            ),
            "project": project(
                "rare-disease-trios",
                "Long-read genomes of rare-disease families",
                "희귀질환 가계 장독 유전체",
                "Families without a diagnosis after exome sequencing are sequenced with long reads.",
                withholding_reason="personal_information",
                withholding_review_date="2035-12-31",
            ),
            "sample": [
                {
                    "sample_name": "PM-0031",
                    "sample_title": "Proband of family 31, whole blood",
                    "organism": "Homo sapiens",
                    "taxonomy_id": "9606",
                    "collection_date": "2025-03-05",
                    "geo_loc_name": "South Korea:Seoul",
                    "biomaterial_provider": "Example University Hospital",
                    "subject_id": "F31-P1",
                    "isolate": "F31-P1",
                    "age": "7 year",
                    "sex": "female",
                    "tissue": "UBERON:0000178",
                    "disease_status": "affected",
                    "disease": "MONDO:0100038",
                    "pair_role": "proband",
                    "pair_group": "F31",
                    "specimen_type": "whole blood",
                    "consent_type": "specific consent",
                    "irb_approval_no": "EUH-2024-0815",
                    "third_party_provision_consent": "no",
                    "contains_personal_information": "no",
                }
            ],
            "experiment": [
                experiment(
                    "PM-0031_WGS_1",
                    "PM-0031",
                    ("WGS", "GENOMIC", "RANDOM"),
                    ("PACBIO_SMRT", "Revio"),
                    library_layout="SINGLE",
                    library_construction_protocol="SMRTbell prep kit 3.0",
                    read_kind="CCS (HiFi)",
                )
            ],
            "run": runs(("PM-0031_run1", "PM-0031_WGS_1", "bam")),
            "file": [{"file_name": "PM-0031.hifi.bam", "run_alias": "PM-0031_run1"}],
        },
    ),
    "hanwoo-rnaseq": Described(
        what="Illumina single reads, RNA-Seq; Korean headings",
        state="registered",
        korean_headings=True,
        sheets={
            "submission": submission("hanwoo-rnaseq", "livestock_veterinary", "Model_animal", "hanwoo-liver"),
            "project": project(
                "hanwoo-liver",
                "Liver transcriptomes of Hanwoo cattle under heat stress",
                "고온 스트레스 한우 간 전사체",
                "Liver biopsies of Hanwoo steers before and after two weeks of heat.",
            ),
            "sample": [
                {
                    "sample_name": "HW-LIVER-12",
                    "sample_title": "Hanwoo steer 12 liver, control",
                    "organism": "Bos taurus",
                    "taxonomy_id": "9913",
                    "collection_date": "2025-07-21",
                    "geo_loc_name": "South Korea:Gangwon-do, Pyeongchang",
                    "biomaterial_provider": "Example Livestock Institute",
                    "animal_id": "002145678901",
                    "breed": "Hanwoo",
                    "sex": "male",
                    "age": "26 month",
                    "tissue": "UBERON:0002107",
                    "organism_part": "UBERON:0002107",
                    "developmental_stage": "EFO:0001272",
                    "animal_age_at_collection": "26 month",
                    "specimen_collection_protocol": "https://example.org/protocols/liver-biopsy",
                    "extraction_protocol": "https://example.org/protocols/rna-extraction",
                    "animal_ethics_approval": "ELI-2025-044",
                }
            ],
            "experiment": [
                experiment(
                    "HW-LIVER-12_RNA-Seq_1",
                    "HW-LIVER-12",
                    ("RNA-Seq", "TRANSCRIPTOMIC", "PolyA"),
                    NOVASEQ,
                    library_layout="SINGLE",
                    library_construction_protocol="TruSeq Stranded mRNA",
                    read_strand="antisense",
                    rrna_depletion="polyA selection",
                )
            ],
            "run": runs(("HW-LIVER-12_run1", "HW-LIVER-12_RNA-Seq_1", "fastq")),
            "file": [{"file_name": "HW-LIVER-12.fastq.gz", "run_alias": "HW-LIVER-12_run1", "read_role": "single"}],
        },
    ),
    "yeast-cram": Described(
        what="CRAM that carries its reference",
        state="registered",
        sheets={
            "submission": submission("yeast-cram", "industrial_bio", "Microbe", "yeast-evolution"),
            "project": project(
                "yeast-evolution",
                "Adaptive evolution of yeast to organic acids",
                "유기산 내성 효모의 적응 진화",
                "Evolved populations are resequenced against their ancestor.",
            ),
            "sample": [
                {
                    "sample_name": "CG-KCTC-5",
                    "sample_title": "Evolved yeast population 5",
                    "organism": "Saccharomyces cerevisiae",
                    "taxonomy_id": "4932",
                    "collection_date": "2025-05-30",
                    "geo_loc_name": "South Korea:Daejeon",
                    "biomaterial_provider": "Example Industrial Institute",
                    "sample_type": "cell culture",
                    "strain": "KCTC 7296-E5",
                    "isolation_source": "laboratory evolution",
                    "genetically_modified": "no",
                    "culture_mode": "adaptive laboratory evolution",
                    "culture_medium": "YPD with 60 mM acetic acid",
                    "temp": "30 degree Celsius",
                    "growth_phase": "mid exponential",
                    "sampling_time_point": "12 h",
                    "replicate": "biological replicate 5",
                }
            ],
            "experiment": [
                experiment(
                    "CG-KCTC-5_WGS_1",
                    "CG-KCTC-5",
                    ("WGS", "GENOMIC", "RANDOM"),
                    NOVASEQ,
                    library_layout="SINGLE",
                    library_construction_protocol="Nextera XT, aligned with bwa mem",
                )
            ],
            "run": runs(("CG-KCTC-5_run1", "CG-KCTC-5_WGS_1", "cram")),
            "file": [
                {"file_name": "CG-KCTC-5.cram", "run_alias": "CG-KCTC-5_run1", "reference_name": "KCTC 7296 assembly 1"}
            ],
        },
    ),
    "gut-16s": Described(
        what="faults in the form: country, date, missing term, vocabulary, unit, a run without its library",
        state="returned",
        codes=("DSQC-R001", "DSQC-S011", "DSQC-T011", "DSQC-T017", "DSQC-T021"),
        workbook=True,
        sheets={
            "submission": submission("gut-16s", "food_microbiome", "Human-gut", "kimchi-gut"),
            "project": project(
                "kimchi-gut",
                "Gut microbiota before and after a kimchi diet",
                "김치 식이 전후 장내 미생물",
                "Stool samples of volunteers in a four-week diet study.",
            ),
            "sample": [
                {
                    "sample_name": "GUT-014",
                    "sample_title": "Volunteer 14, week 4",
                    "organism": "human gut metagenome",
                    "taxonomy_id": "408170",
                    "collection_date": "2025/09/02",
                    "geo_loc_name": "Korea:Seoul",
                    "biomaterial_provider": "Example Food Institute",
                    "lat_lon": "37.57 N 126.98 E",
                    "sample_matrix": "stool",
                    "host": "Homo sapiens",
                    "host_subject_id": "V014",
                    "host_age": "34",
                    "host_sex": "F",
                    "host_body_site": "UBERON:0001155",
                    "env_broad_scale": "human-associated habitat [ENVO:00009003]",
                    "env_local_scale": "intestine environment [ENVO:2100002]",
                    "env_medium": "fecal material [ENVO:00002003]",
                    "target_gene": "16S rRNA",
                    "target_subfragment": "V3-V4",
                    "pcr_primers": "N/A",
                    "human_reads_removed": "yes",
                }
            ],
            "experiment": [
                experiment(
                    "GUT-014_AMPLICON_1",
                    "GUT-014",
                    ("AMPLICON", "METAGENOMIC", "PCR"),
                    MISEQ,
                    library_construction_protocol="16S V3-V4, Nextera indices",
                    insert_size="460",
                    target_gene="16S rRNA",
                    target_subfragment="V3-V4",
                    pcr_primers="FWD:CCTACGGGNGGCWGCAG;REV:GACTACHVGGGTATCTAATCC",
                    host_reads_removed="yes",
                )
            ],
            "run": runs(("GUT-014_run1", "GUT-014_AMPLICON_2", "fastq")),
            "file": mates("GUT-014", "GUT-014_run1"),
        },
    ),
    "seawater-metagenome": Described(
        what="the R2 file was cut in transit: the gzip stream ends too early",
        state="returned",
        codes=("DSQC-F010",),
        sheets={
            "submission": submission("seawater-metagenome", "marine_fisheries", "Water", "jeju-plankton"),
            "project": project(
                "jeju-plankton",
                "Seasonal plankton metagenomes off Jeju",
                "제주 연안 계절별 플랑크톤 메타게놈",
                "Surface water filtered on 0.22 um membranes in four seasons.",
            ),
            "sample": [
                {
                    "sample_name": "SEA-JJ-03",
                    "sample_title": "Surface water off Jeju, August 2025",
                    "organism": "seawater metagenome",
                    "taxonomy_id": "1561972",
                    "collection_date": "2025-08-12",
                    "geo_loc_name": "South Korea:Jeju-do, Seogwipo",
                    "biomaterial_provider": "Example Marine Centre",
                    "lat_lon": "33.23 N 126.57 E",
                    "depth": "5 m",
                    "env_broad_scale": "marine biome [ENVO:00000447]",
                    "env_local_scale": KOREAN_SEA,
                    "env_medium": "sea water [ENVO:00002149]",
                    "wild_or_farmed": "wild",
                }
            ],
            "experiment": [
                experiment(
                    "SEA-JJ-03_WGS_1",
                    "SEA-JJ-03",
                    ("WGS", "METAGENOMIC", "RANDOM"),
                    NOVASEQ,
                    library_construction_protocol="NEBNext Ultra II",
                    insert_size="300",
                )
            ],
            "run": runs(("SEA-JJ-03_run1", "SEA-JJ-03_WGS_1", "fastq")),
            "file": mates("SEA-JJ-03", "SEA-JJ-03_run1"),
        },
    ),
    "soil-metagenome": Described(
        what="R2 belongs to another library: its reads have other names",
        state="returned",
        codes=("DSQC-D013",),
        sheets={
            "submission": submission("soil-metagenome", "environment_biodiversity", "Soil", "dmz-soil"),
            "project": project(
                "dmz-soil",
                "Soil metagenomes along an undisturbed transect",
                "미교란 지역 토양 메타게놈",
                "Soil cores along a transect that has not been farmed for seventy years.",
            ),
            "sample": [
                {
                    "sample_name": "SOIL-B2",
                    "sample_title": "Soil core B2, upper ten centimetres",
                    "organism": "soil metagenome",
                    "taxonomy_id": "410658",
                    "collection_date": "2025-10-09",
                    "geo_loc_name": "South Korea:Gangwon-do, Cheorwon",
                    "biomaterial_provider": "Example Ecology Institute",
                    "lat_lon": "38.2 N 127.3 E",
                    "depth": "10 cm",
                    "elev": "210 m",
                    "env_broad_scale": "temperate grassland biome [ENVO:01000193]",
                    "env_local_scale": "meadow ecosystem [ENVO:00000108]",
                    "env_medium": "soil [ENVO:00001998]",
                    "sensitive_location": "no",
                    "basis_of_record": "MaterialSample",
                }
            ],
            "experiment": [
                experiment(
                    "SOIL-B2_WGS_1",
                    "SOIL-B2",
                    ("WGS", "METAGENOMIC", "RANDOM"),
                    NOVASEQ,
                    library_construction_protocol="NEBNext Ultra II",
                    insert_size="320",
                )
            ],
            "run": runs(("SOIL-B2_run1", "SOIL-B2_WGS_1", "fastq")),
            "file": mates("SOIL-B2", "SOIL-B2_run1"),
        },
    ),
    "hepg2-drug-response": Described(
        what="sound, but of low quality: a curator decides",
        state="in_curation",
        sheets={
            "submission": submission("hepg2-drug-response", "new_drug", "Human", "hepg2-toxicity"),
            "project": project(
                "hepg2-toxicity",
                "Transcriptional response of HepG2 cells to candidate compounds",
                "후보 화합물에 대한 HepG2 세포의 전사 반응",
                "Hepatocyte-like cells are exposed to candidate compounds at three doses.",
            ),
            "sample": [
                {
                    "sample_name": "HEPG2-D3",
                    "sample_title": "HepG2, compound 7, highest dose, 24 h",
                    "organism": "Homo sapiens",
                    "taxonomy_id": "9606",
                    "collection_date": "missing: lab stock",
                    "geo_loc_name": "missing: lab stock",
                    "biomaterial_provider": "Example Cell Bank",
                    "isolate": "HepG2",
                    "age": "not applicable",
                    "sex": "male",
                    "tissue": "liver",
                    "treatment_role": "test compound",
                    "test_system": "cell line",
                    "compound_name": "candidate compound 7",
                    "dose": "30 uM",
                    "treatment_duration": "24 h",
                    "cell_line": "HepG2",
                    "replicate": "biological replicate 1",
                }
            ],
            "experiment": [
                experiment(
                    "HEPG2-D3_RNA-Seq_1",
                    "HEPG2-D3",
                    ("RNA-Seq", "TRANSCRIPTOMIC", "PolyA"),
                    MISEQ,
                    library_construction_protocol="TruSeq Stranded mRNA",
                    insert_size="200",
                    read_strand="mate 2 sense",
                    rrna_depletion="polyA selection",
                )
            ],
            "run": runs(("HEPG2-D3_run1", "HEPG2-D3_RNA-Seq_1", "fastq")),
            "file": mates("HEPG2-D3", "HEPG2-D3_run1"),
        },
    ),
}
