"""What the metrics of alignment records are: names, units, definitions, sources."""

from functools import partial

from dsqc.language import Text
from dsqc.metrics.collector import Metric

_STATS = "samtools stats 1.16.1"


_metric = partial(Metric, applies_to="alignments")


FLAG_METRICS = (
    _metric(
        "paired_count",
        Text("Paired records", "쌍 리드 레코드 수"),
        "count",
        Text("Primary records with flag 0x1.", "플래그 0x1이 있는 일차 레코드."),
        "samtools flagstat (paired in sequencing)",
    ),
    _metric(
        "properly_paired_count",
        Text("Properly paired records", "정상 쌍 레코드 수"),
        "count",
        Text(
            "Primary records with the flags 0x1 and 0x2 and without 0x4.",
            "플래그 0x1과 0x2가 있고 0x4가 없는 일차 레코드.",
        ),
        "samtools flagstat (properly paired)",
    ),
    _metric(
        "frac_properly_paired",
        Text("Properly paired reads", "정상 쌍 리드 비율"),
        "fraction",
        Text(
            "properly_paired_count / primary_count; null without records. samtools flagstat divides by paired_count.",
            "properly_paired_count / primary_count. 레코드가 없으면 null. samtools flagstat은 paired_count로 나눈다.",
        ),
        f"{_STATS} (percentage of properly paired reads, / 100)",
        ga4gh="pct_reads_properly_paired",
    ),
    _metric(
        "both_mapped_count",
        Text("Records with itself and mate mapped", "자신과 메이트가 모두 매핑된 레코드 수"),
        "count",
        Text(
            "Primary records with flag 0x1 and without 0x4 and 0x8.",
            "플래그 0x1이 있고 0x4와 0x8이 없는 일차 레코드.",
        ),
        "samtools flagstat (with itself and mate mapped)",
    ),
    _metric(
        "singleton_count",
        Text("Singletons", "단독 매핑 레코드 수"),
        "count",
        Text(
            "Primary records with the flags 0x1 and 0x8 and without 0x4: mapped, the mate not.",
            "플래그 0x1과 0x8이 있고 0x4가 없는 일차 레코드: 자신만 매핑되고 메이트는 매핑되지 않았다.",
        ),
        "samtools flagstat (singletons)",
    ),
    _metric(
        "mates_apart_count",
        Text("Mates on different references", "메이트가 다른 참조 서열에 있는 레코드 수"),
        "count",
        Text(
            "Of both_mapped_count, those whose RNEXT is not their RNAME.",
            "both_mapped_count 중 RNEXT가 RNAME과 다른 레코드.",
        ),
        "samtools flagstat (with mate mapped to a different chr)",
    ),
    _metric(
        "frac_duplicates",
        Text("Duplicate reads", "중복 리드 비율"),
        "fraction",
        Text(
            "Primary records with flag 0x400 / primary_count; null without records. 0 where nobody marked duplicates.",
            "플래그 0x400이 있는 일차 레코드 / primary_count. 레코드가 없으면 null. 중복을 표시하지 않은 파일에서는 0.",
        ),
        "samtools flagstat (primary duplicates / primary)",
    ),
)

BASE_METRICS = (
    _metric(
        "mapping_quality_mean",
        Text("Mean mapping quality", "평균 매핑 품질"),
        "phred",
        Text(
            "Mean MAPQ of mapped primary records, those of 255 (not available) left out; null without any.",
            "매핑된 일차 레코드의 MAPQ 평균. 255(값 없음)는 뺀다. 하나도 없으면 null.",
        ),
        "dsqc",
    ),
    _metric(
        "mapping_quality_zero_count",
        Text("Records of mapping quality 0", "매핑 품질이 0인 레코드 수"),
        "count",
        Text(
            "Mapped primary records with MAPQ 0 (samtools stats leaves out those without bases).",
            "MAPQ가 0인 매핑된 일차 레코드(samtools stats는 염기가 없는 레코드를 뺀다).",
        ),
        f"{_STATS} (reads MQ0)",
    ),
    _metric(
        "bases_mapped",
        Text("Bases of mapped reads", "매핑된 리드의 염기 수"),
        "bp",
        Text(
            "Bases of mapped primary records, clipped ones too.",
            "매핑된 일차 레코드의 염기 수. 잘린(clipped) 염기도 센다.",
        ),
        f"{_STATS} (bases mapped)",
    ),
    _metric(
        "bases_mapped_cigar",
        Text("Aligned bases", "정렬된 염기 수"),
        "bp",
        Text(
            "Bases in M, I, = and X of the CIGAR of mapped records with bases, secondary ones left out.",
            "염기가 있는 매핑된 레코드(이차 제외)의 CIGAR에서 M, I, =, X에 든 염기 수.",
        ),
        f"{_STATS} (bases mapped (cigar))",
    ),
    _metric(
        "difference_count",
        Text("Differences (NM)", "차이 수(NM)"),
        "count",
        Text(
            "Sum of the tag NM (mismatches, inserted and deleted bases) over the records of bases_mapped_cigar; those "
            "without NM count as 0.",
            "bases_mapped_cigar에 세는 레코드의 NM 태그(불일치, 삽입·결실 염기)의 합. NM이 없는 레코드는 0으로 센다.",
        ),
        f"{_STATS} (mismatches)",
    ),
    _metric(
        "error_rate",
        Text("Error rate", "오류율"),
        "fraction",
        Text(
            "difference_count / bases_mapped_cigar; null without aligned bases.",
            "difference_count / bases_mapped_cigar. 정렬된 염기가 없으면 null.",
        ),
        f"{_STATS} (error rate)",
    ),
    _metric(
        "mismatch_fraction",
        Text("Mismatched bases", "불일치 염기 비율"),
        "fraction",
        Text(
            "Aligned bases (M, =, X) that differ from a reference base A, C, G or T, N left out / aligned bases of the "
            "records whose mismatches are known: from the tag MD, else from NM 0 or a CIGAR of = and X. Records as for "
            "bases_mapped_cigar; null where no record tells.",
            "참조 염기 A, C, G, T와 다른 정렬 염기(M, =, X, N 제외) / 불일치를 알 수 있는 레코드의 정렬 염기. "
            "불일치는 MD 태그로, 없으면 NM 0 또는 =와 X로 된 CIGAR로 안다. 레코드는 bases_mapped_cigar와 같다. "
            "알 수 없으면 null.",
        ),
        "dsqc; as samtools stats MPC summed up",
    ),
    _metric(
        "insertion_count",
        Text("Insertions", "삽입 수"),
        "count",
        Text(
            "Operations I of the CIGARs of bases_mapped_cigar, whatever their length.",
            "bases_mapped_cigar에 세는 CIGAR의 I 연산 수. 길이는 따지지 않는다.",
        ),
        f"{_STATS} (IC, summed up)",
    ),
    _metric(
        "deletion_count",
        Text("Deletions", "결실 수"),
        "count",
        Text(
            "Operations D of the CIGARs of bases_mapped_cigar, whatever their length.",
            "bases_mapped_cigar에 세는 CIGAR의 D 연산 수. 길이는 따지지 않는다.",
        ),
        f"{_STATS} (IC, summed up)",
    ),
)

_PAIRS_EN = (
    "Pairs are half of the primary records with bases, flag 0x1, and themselves and the mate mapped (TLEN not 0, or "
    "the same reference), by the absolute TLEN; above 8,000 counts as 8,000."
)
_PAIRS_KO = (
    "쌍의 수는 염기가 있고 플래그 0x1이 있으며 자신과 메이트가 매핑된 일차 레코드(TLEN이 0이 아니거나 "
    "참조 서열이 같은)의 절반을 TLEN 절댓값마다 센 것이다. 8,000을 넘으면 8,000으로 센다."
)

INSERT_METRICS = (
    _metric(
        "insert_size_mean",
        Text("Mean insert size", "평균 삽입 크기"),
        "bp",
        Text(
            f"Mean of the main part: sizes up to the one that takes in more than 99 % of pairs. {_PAIRS_EN}",
            f"주요 부분(쌍의 99 %를 넘게 담는 크기까지)의 삽입 크기 평균. {_PAIRS_KO}",
        ),
        f"{_STATS} (insert size average)",
        ga4gh="mean_insert_size",
    ),
    _metric(
        "insert_size_sd",
        Text("Standard deviation of insert size", "삽입 크기 표준편차"),
        "bp",
        Text(
            "Standard deviation of the insert sizes that insert_size_mean takes in.",
            "insert_size_mean에 드는 삽입 크기의 표준편차.",
        ),
        f"{_STATS} (insert size standard deviation)",
        ga4gh="insert_size_std_deviation",
    ),
    _metric(
        "insert_size_median",
        Text("Median insert size", "삽입 크기 중앙값"),
        "bp",
        Text(
            f"The smallest size that at least half of all pairs do not exceed. {_PAIRS_EN}",
            f"모든 쌍의 절반 이상이 넘지 않는 가장 작은 크기. {_PAIRS_KO}",
        ),
        "dsqc",
    ),
    _metric(
        "insert_size_mad",
        Text("Median absolute deviation of insert size", "삽입 크기 중앙값 절대편차"),
        "bp",
        Text(
            "Median of the distances of all pairs from insert_size_median, not scaled.",
            "모든 쌍의 insert_size_median과의 거리의 중앙값. 배율을 곱하지 않는다.",
        ),
        "dsqc",
    ),
    _metric(
        "pairs_inward",
        Text("Inward pairs", "안쪽 방향 쌍 수"),
        "count",
        Text(f"Pairs whose reads point to each other. {_PAIRS_EN}", f"두 리드가 서로를 향하는 쌍. {_PAIRS_KO}"),
        f"{_STATS} (inward oriented pairs)",
    ),
    _metric(
        "pairs_outward",
        Text("Outward pairs", "바깥쪽 방향 쌍 수"),
        "count",
        Text(f"Pairs whose reads point away from each other. {_PAIRS_EN}", f"두 리드가 서로 등지는 쌍. {_PAIRS_KO}"),
        f"{_STATS} (outward oriented pairs)",
    ),
    _metric(
        "pairs_other",
        Text("Pairs of other orientation", "다른 방향의 쌍 수"),
        "count",
        Text(f"Pairs whose reads lie on the same strand. {_PAIRS_EN}", f"두 리드가 같은 가닥에 놓인 쌍. {_PAIRS_KO}"),
        f"{_STATS} (pairs with other orientation)",
    ),
)

ALIGNMENT_METRICS = (*FLAG_METRICS, *BASE_METRICS, *INSERT_METRICS)
