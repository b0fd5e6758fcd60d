"""Every metric that dsqc writes: its id, name, unit, definition and where the definition comes from."""

from itertools import chain

from dsqc.errors import UsageError
from dsqc.language import Text
from dsqc.metrics.collector import Metric
from dsqc.metrics.pairs import PairMetrics
from dsqc.metrics.reads import ALIGNMENT_COLLECTORS, READ_COLLECTORS

_PRIMARY_EN = "Of alignments only primary records count, so that each read counts once."
_PRIMARY_KO = "정렬 파일에서는 일차 레코드만 세어 리드마다 한 번씩 센다."

_METRICS = (
    Metric(
        "read_count",
        Text("Reads", "리드 수"),
        "count",
        Text(
            f"Reads in the file. {_PRIMARY_EN} FastQC counts secondary and supplementary records too (record_count).",
            f"파일의 리드 수. {_PRIMARY_KO} FastQC는 이차·보조 레코드도 센다(record_count).",
        ),
        "dsqc",
    ),
    Metric(
        "base_count",
        Text("Bases", "염기 수"),
        "bp",
        Text(f"Sum of the lengths of all reads. {_PRIMARY_EN}", f"모든 리드 길이의 합. {_PRIMARY_KO}"),
        "seqkit stats sum_len",
    ),
    Metric(
        "length_min",
        Text("Shortest read", "최소 리드 길이"),
        "bp",
        Text("Length of the shortest read; null without reads.", "가장 짧은 리드의 길이. 리드가 없으면 null."),
        "seqkit stats min_len",
    ),
    Metric(
        "length_max",
        Text("Longest read", "최대 리드 길이"),
        "bp",
        Text("Length of the longest read; null without reads.", "가장 긴 리드의 길이. 리드가 없으면 null."),
        "seqkit stats max_len",
    ),
    Metric(
        "length_mean",
        Text("Mean read length", "평균 리드 길이"),
        "bp",
        Text("base_count / read_count; null without reads.", "base_count / read_count. 리드가 없으면 null."),
        "seqkit stats avg_len",
    ),
    Metric(
        "length_n50",
        Text("Read N50", "리드 N50"),
        "bp",
        Text(
            "The largest length such that reads of this length or longer hold at least half of all bases; exact.",
            "이 길이 이상의 리드가 전체 염기의 절반 이상을 차지하는 가장 큰 길이. 정확한 값.",
        ),
        "seqkit stats N50",
    ),
    Metric(
        "gc_fraction",
        Text("GC content", "GC 함량"),
        "fraction",
        Text(
            "(G + C) / (A + C + G + T) over all bases; lower case counts, U counts as T, other letters do not count. "
            "FastQC's %GC is 100 times this, cut to a whole number.",
            "모든 염기에 대한 (G + C) / (A + C + G + T). 소문자도 세고 U는 T로 세며 다른 문자는 세지 않는다. "
            "FastQC의 %GC는 이 값의 100배를 정수로 자른 값이다.",
        ),
        "FastQC 0.12.1 Basic Statistics",
    ),
    Metric(
        "n_fraction",
        Text("Ambiguous bases", "모호한 염기 비율"),
        "fraction",
        Text(
            "Bases that are not A, C, G, T or U (N, other IUPAC letters, '.', '-') / base_count.",
            "A, C, G, T, U가 아닌 염기(N, 다른 IUPAC 문자, '.', '-') / base_count.",
        ),
        "ENA readtools (ambiguous bases)",
    ),
    Metric(
        "mean_phred",
        Text("Mean base quality", "평균 염기 품질"),
        "phred",
        Text(
            "Arithmetic mean of the Phred scores of all bases that have one.",
            "품질 점수가 있는 모든 염기의 Phred 점수 산술 평균.",
        ),
        "samtools stats (average quality)",
    ),
    Metric(
        "frac_bases_q20",
        Text("Bases ≥ Q20", "Q20 이상 염기 비율"),
        "fraction",
        Text("Bases of Phred 20 or more / bases with a quality.", "Phred 20 이상 염기 / 품질이 있는 염기."),
        "seqkit stats Q20(%)",
    ),
    Metric(
        "frac_bases_q30",
        Text("Bases ≥ Q30", "Q30 이상 염기 비율"),
        "fraction",
        Text("Bases of Phred 30 or more / bases with a quality.", "Phred 30 이상 염기 / 품질이 있는 염기."),
        "seqkit stats Q30(%)",
    ),
    Metric(
        "frac_reads_q30",
        Text("Reads ≥ Q30", "Q30 이상 리드 비율"),
        "fraction",
        Text(
            "Reads whose mean quality is 30 or more / reads with qualities. The mean of a read is the arithmetic mean "
            "of its Phred scores, as in FastQC and in ENA's read checks; the Phred of the mean error probability "
            "(NanoPlot) is never higher, and lower where a read mixes good and bad bases.",
            "평균 품질이 30 이상인 리드 / 품질이 있는 리드. 리드의 평균은 FastQC와 ENA 리드 검사처럼 Phred 점수의 "
            "산술 평균이다. 평균 오류 확률의 Phred(NanoPlot)는 이보다 높지 않으며 품질이 섞인 리드에서는 더 낮다.",
        ),
        "ENA readtools; FastQC 0.12.1 Per sequence quality scores",
    ),
    Metric(
        "mean_read_phred_mode",
        Text("Most frequent read quality", "최빈 리드 품질"),
        "phred",
        Text(
            "The mean quality, cut to a whole number, that most reads have; the lowest where several tie.",
            "가장 많은 리드가 갖는 평균 품질(정수로 자름). 같은 수이면 가장 낮은 값.",
        ),
        "FastQC 0.12.1 Per sequence quality scores",
    ),
    Metric(
        "quality_offset",
        Text("Quality offset", "품질 기준값"),
        "count",
        Text(
            "33 or 64: what is taken off a quality character to get its score, decided from all characters of the "
            "file (33 where both fit); null where reads have no qualities.",
            "33 또는 64: 품질 문자에서 빼서 점수를 얻는 값. 파일의 모든 문자로 정한다(둘 다 맞으면 33). "
            "품질이 없으면 null.",
        ),
        "ENA read_docs; FastQC 0.12.1",
    ),
    Metric(
        "quality_encoding",
        Text("Quality encoding", "품질 인코딩"),
        "text",
        Text(
            "Name of the encoding. Solexa scores are shown as stored, not converted to Phred.",
            "인코딩의 이름. Solexa 점수는 Phred로 바꾸지 않고 저장된 대로 보인다.",
        ),
        "FastQC 0.12.1 Encoding",
    ),
    Metric(
        "pair_count",
        Text("Read pairs", "리드 쌍 수"),
        "count",
        Text(
            "Reads at the same place in both mate files, each compared by name (those that are no mates are findings); "
            "only where two files were read as mates.",
            "두 메이트 파일의 같은 자리에 있어 이름을 비교한 리드 쌍의 수(짝이 아닌 쌍은 진단 결과로 나온다). "
            "두 파일을 메이트로 읽었을 때만 있다.",
        ),
        "dsqc",
        "pairs",
    ),
    Metric(
        "record_count",
        Text("Alignment records", "정렬 레코드 수"),
        "count",
        Text("All records: primary, secondary and supplementary.", "모든 레코드: 일차, 이차, 보조."),
        "samtools flagstat (total)",
        "alignments",
    ),
    Metric(
        "primary_count",
        Text("Primary records", "일차 레코드 수"),
        "count",
        Text("Records with neither flag 0x100 nor 0x800.", "플래그 0x100과 0x800이 모두 없는 레코드."),
        "samtools flagstat (primary)",
        "alignments",
    ),
    Metric(
        "secondary_count",
        Text("Secondary records", "이차 레코드 수"),
        "count",
        Text("Records with flag 0x100.", "플래그 0x100이 있는 레코드."),
        "samtools flagstat (secondary)",
        "alignments",
    ),
    Metric(
        "supplementary_count",
        Text("Supplementary records", "보조 레코드 수"),
        "count",
        Text("Records with flag 0x800 and without 0x100.", "플래그 0x800이 있고 0x100이 없는 레코드."),
        "samtools flagstat (supplementary)",
        "alignments",
    ),
    Metric(
        "mapped_count",
        Text("Mapped records", "매핑된 레코드 수"),
        "count",
        Text("Records without flag 0x4, of all kinds.", "플래그 0x4가 없는 모든 종류의 레코드."),
        "samtools flagstat (mapped)",
        "alignments",
    ),
    Metric(
        "duplicate_count",
        Text("Duplicate records", "중복 레코드 수"),
        "count",
        Text("Records with flag 0x400.", "플래그 0x400이 있는 레코드."),
        "samtools flagstat (duplicates)",
        "alignments",
    ),
    Metric(
        "qcfail_count",
        Text("Records failing quality control", "품질 검사 탈락 레코드 수"),
        "count",
        Text("Records with flag 0x200.", "플래그 0x200이 있는 레코드."),
        "samtools flagstat (QC-failed)",
        "alignments",
    ),
    Metric(
        "frac_mapped",
        Text("Mapped reads", "매핑된 리드 비율"),
        "fraction",
        Text(
            "Primary records without flag 0x4 / primary_count; null without records.",
            "플래그 0x4가 없는 일차 레코드 / primary_count. 레코드가 없으면 null.",
        ),
        "samtools flagstat (primary mapped %)",
        "alignments",
    ),
    Metric(
        "read_group_count",
        Text("Read groups", "리드 그룹 수"),
        "count",
        Text("@RG lines of the header.", "헤더의 @RG 줄 수."),
        "SAM specification",
        "alignments",
    ),
)

_COLLECTED = chain.from_iterable(collector.METRICS for collector in (*READ_COLLECTORS, *ALIGNMENT_COLLECTORS))

METRICS: dict[str, Metric] = {metric.id: metric for metric in (*_METRICS, *_COLLECTED, *PairMetrics.METRICS)}
"""All metrics by id, in the order in which reports show them."""


def metric(metric_id: str) -> Metric:
    """The metric of ``metric_id``.

    Raises:
        UsageError: there is none of that id.
    """
    try:
        return METRICS[metric_id]
    except KeyError as error:
        raise UsageError(f'No metric has the id "{metric_id}".', hint="`dsqc metrics` lists all of them.") from error
