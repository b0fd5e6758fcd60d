"""How a library was made: strategy, single cells, marker gene, adapters, strand."""

from collections.abc import Iterator
from dataclasses import dataclass

from dsqc.judge.inferred.kits import QIASEQ_ADAPTER, SMALL_RNA_ADAPTER, adapter_share, infer_adapters, looked_at
from dsqc.judge.inferred.model import Agreement, Inference, RunResult, compare, percent, says
from dsqc.language import Text

CONVERTED, EVEN = 0.25, (0.4, 0.6)
"""C among C and G: at most so much where C was converted; in between where nothing was."""
MOST = 0.5
FEW_STARTS, MANY_STARTS = 0.85, 0.3
SPLICED, RIBOSOMAL = 0.10, 0.02
LEAST_MAPPED = 1_000
BARCODE = (26, 28)
"""Bases of read 1 of 10x 3' libraries: cell barcode 16, molecular identifier 10 or 12."""
SHORTEST_CDNA = 50
STRANDED, UNSTRANDED = 0.9, (0.3, 0.7)
LEAST_STRANDS = 200
DNA = frozenset(
    {"WGS", "WGA", "WXS", "WCS", "ChIP-Seq", "ChM-Seq", "ATAC-seq", "Hi-C", "MNase-Seq", "FAIRE-seq", "RAD-Seq", "GBS"}
    | {"DNase-Hypersensitivity", "MeDIP-Seq", "MBD-Seq", "CLONE", "POOLCLONE"}
)
RNA = frozenset({"RNA-Seq", "ssRNA-seq", "snRNA-seq", "ncRNA-Seq", "miRNA-Seq", "FL-cDNA", "Ribo-Seq", "EST"})
BISULFITE = frozenset({"Bisulfite-Seq", "NOMe-Seq"})
AMBIGUOUS_GENES = {"515F (16S rRNA)": {"16S rRNA", "18S rRNA"}, "926R (16S rRNA)": {"16S rRNA", "18S rRNA"}}
"""Primers that fit the small subunit of all domains."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of library that reads tell.

    Attributes:
        name: the strategy it is, or what it looks like.
        basis: the kind of evidence.
        fits: strategies that such reads agree with.
        against: strategies that they contradict; any other may hold them.
        evidence: what was seen.
    """

    name: str
    basis: str
    fits: frozenset[str]
    against: frozenset[str]
    evidence: Text


def infer_library(run: RunResult) -> Iterator[Inference]:
    """Strategy, single cells, marker gene, adapters and strandedness."""
    yield _strategy(run)
    yield from _single_cell(run)
    yield from _marker(run)
    yield from infer_adapters(run)
    yield from _strand(run)


def _strategy(run: RunResult) -> Inference:
    declared = run.experiment.get("library_strategy", "")
    kind = kind_of(run)
    inferred, basis, evidence, same = "", "", Text("nothing told", "알 수 없음"), None
    if kind is not None:
        inferred, basis, evidence = kind.name, kind.basis, kind.evidence
        same = True if declared in kind.fits else False if declared in kind.against else None
    agreement = compare(same, "library_strategy", basis, declared)
    row = run.declared.experiment_row
    return Inference(
        "library_strategy", declared, inferred, basis, agreement, evidence,
        "experiment", row, "library_strategy", "DSQC-D039",
    )  # fmt: skip


def kind_of(run: RunResult) -> Kind | None:
    """The kind of library that the reads tell; None where they tell none, as of ChIP-Seq against WGS."""
    for told in (
        _small_rna,
        _marker_amplicon,
        _bisulfite,
        _barcoded,
        _few_starts,
        _transcripts,
        _not_converted,
        _qiaseq,
    ):
        kind = told(run)
        if kind is not None:
            return kind
    return None


def _small_rna(run: RunResult) -> Kind | None:
    share = max((adapter_share(item, (SMALL_RNA_ADAPTER,)) for item in looked_at(run)), default=0.0)
    if share < MOST:
        return None
    against = frozenset({"WGS", "WGA", "WXS", "ATAC-seq", "Hi-C", "Bisulfite-Seq", "RAD-Seq", "GBS", "AMPLICON"})
    fits = frozenset({"miRNA-Seq", "ncRNA-Seq", "Ribo-Seq"})
    text = f"{SMALL_RNA_ADAPTER}: {percent(share)}"
    return Kind("miRNA-Seq", "small RNA adapter", fits, against, Text(text, text))


def _marker_amplicon(run: RunResult) -> Kind | None:
    for item in looked_at(run):
        share = item.number("frac_reads_primer") or 0.0
        if share >= MOST:
            name = item.metrics["commonest_primer"]
            text = f"{name}: {percent(share)}"
            against = (DNA | RNA | BISULFITE) - {"MeDIP-Seq", "CLONE", "POOLCLONE"}
            evidence = Text(f"reads that begin with a primer, {text}", f"프라이머로 시작하는 리드, {text}")
            return Kind("AMPLICON", "marker primer", frozenset({"AMPLICON"}), against, evidence)
    return None


def _bisulfite(run: RunResult) -> Kind | None:
    if run.is_long_read:
        return None
    for item in looked_at(run):
        share, c_poor, g_poor = (
            item.number(name) or 0.0 for name in ("c_fraction_of_gc", "frac_reads_c_poor", "frac_reads_g_poor")
        )
        if (item.number("frac_reads_main_starts") or 0) >= FEW_STARTS:
            continue  # one fragment may lack what it will
        one_way = (share <= CONVERTED and c_poor >= MOST) or (share >= 1 - CONVERTED and g_poor >= MOST)
        if one_way or (c_poor >= 0.25 and g_poor >= 0.25):
            text = f"{percent(c_poor)} / {percent(g_poor)}, C/(C+G) {share:.3f}"
            evidence = Text(f"reads without C / without G: {text}", f"C가 없는 / G가 없는 리드: {text}")
            against = DNA | RNA - {"miRNA-Seq"}
            basis = "one way" if one_way else "both ways"
            return Kind("Bisulfite-Seq", basis, BISULFITE, against - {"RAD-Seq", "GBS"}, evidence)
    return None


def _barcoded(run: RunResult) -> Kind | None:
    for item in looked_at(run):
        share = item.number("frac_reads_poly_t_behind_barcode") or 0.0
        if share >= MOST:
            text = percent(share)
            evidence = Text(f"poly-T behind a barcode: {text} of the reads", f"바코드 뒤 poly-T: 리드의 {text}")
            against = DNA | BISULFITE | {"AMPLICON"}
            return Kind("RNA-Seq (barcodes)", "poly-T behind barcode", RNA - {"miRNA-Seq"}, against, evidence)
    return None


def _few_starts(run: RunResult) -> Kind | None:
    starts = [item.number("frac_reads_main_starts") or 0.0 for item in looked_at(run)]
    if run.is_long_read or not starts or min(starts) < FEW_STARTS or _is_single_cell(run):
        return None
    text = percent(min(starts))
    evidence = Text(f"16 starts are those of {text} of the reads", f"16가지 시작 서열이 리드의 {text}")
    against = frozenset({"WGS", "WXS", "RNA-Seq", "ChIP-Seq", "ATAC-seq", "Hi-C", "MNase-Seq"})
    return Kind("AMPLICON", "few starts", frozenset({"AMPLICON"}), against, evidence)


def _transcripts(run: RunResult) -> Kind | None:
    for item in run.reads:
        share, mapped = item.number("frac_reads_spliced") or 0.0, item.number("mapped_count") or 0
        if share >= SPLICED and mapped >= LEAST_MAPPED:
            evidence = Text(f"reads with an intron: {percent(share)}", f"인트론이 있는 리드: {percent(share)}")
            against = (DNA - {"CLONE", "POOLCLONE", "WCS"}) | BISULFITE
            return Kind("RNA-Seq", "introns", RNA - {"miRNA-Seq"}, against, evidence)
    shares = [item.number("frac_reads_ribosomal") or 0.0 for item in looked_at(run)]
    if shares and min(shares) >= RIBOSOMAL and run.experiment.get("library_source") != "METAGENOMIC":
        text = percent(min(shares))
        evidence = Text(f"words of ribosomal RNA: {text} of the reads", f"rRNA 표지 서열: 리드의 {text}")
        against = DNA - {"CLONE", "POOLCLONE", "WCS"}
        return Kind("RNA-Seq (ribosomal)", "ribosomal words", RNA | {"AMPLICON"}, against, evidence)
    return None


def _not_converted(run: RunResult) -> Kind | None:
    """Reads of a library that should have been converted and was not; only said against bisulfite sequencing."""
    files = looked_at(run)
    if run.is_long_read or not files or run.experiment.get("library_strategy") not in BISULFITE:
        return None
    for item in files:
        share, c_poor, g_poor = (
            item.number(name) for name in ("c_fraction_of_gc", "frac_reads_c_poor", "frac_reads_g_poor")
        )
        if share is None or c_poor is None or g_poor is None:
            return None
        if not EVEN[0] <= share <= EVEN[1] or max(c_poor, g_poor) > 0.1:
            return None
    text = f"C/(C+G) {share:.3f}"
    return Kind("no conversion", "C as often as G", frozenset(), BISULFITE, Text(text, text))


def _qiaseq(run: RunResult) -> Kind | None:
    """Small RNA by an adapter that no simulated run had: it contradicts nothing."""
    share = max((adapter_share(item, (QIASEQ_ADAPTER,)) for item in looked_at(run)), default=0.0)
    if share < MOST:
        return None
    fits = frozenset({"miRNA-Seq", "ncRNA-Seq", "Ribo-Seq"})
    text = f"{QIASEQ_ADAPTER}: {percent(share)}"
    return Kind("miRNA-Seq", "QIAseq adapter", fits, frozenset(), Text(text, text))


def _is_single_cell(run: RunResult) -> bool:
    return (
        "SINGLE CELL" in run.experiment.get("library_source", "")
        or run.experiment.get("sequencing_technique", "") not in ("", "Bulk sequencing")
    )  # fmt: skip


def _single_cell(run: RunResult) -> Iterator[Inference]:
    """Read 1 of a 10x library of transcripts holds barcode and identifier: shorter reads hold no cell."""
    declared = run.experiment.get("sequencing_technique", "")
    files = {item.role: item for item in run.reads}
    first, second = files.get("R1"), files.get("R2")
    inferred, basis, evidence = "", "", Text("nothing told", "알 수 없음")
    same: bool | None = None
    if first and second:
        ends = [int(first.number(name) or 0) for name in ("length_min", "length_max")]
        other = int(second.number("length_max") or 0)
        evidence = Text(
            f"read 1: {ends[0]} to {ends[1]} bases; read 2: {other}",
            f"리드 1: {ends[0]}~{ends[1]}염기, 리드 2: {other}",
        )
        if ends[0] == ends[1] and ends[0] in BARCODE and other >= SHORTEST_CDNA:
            inferred, basis = "barcodes", "lengths of a barcode read"
            same = True if declared == "Single-cell sequencing" else None
        elif max(first.number("frac_reads_poly_t_behind_barcode") or 0, 0) >= MOST:
            inferred, basis = "barcodes", "poly-T behind barcode"
            same = True if declared == "Single-cell sequencing" else None
        elif _is_ten_x_of_transcripts(run) and 0 < max(ends[1], 0) < BARCODE[0] and 0 < other < BARCODE[0]:
            inferred, basis, same = "no barcodes", "too short for a barcode", False
    yield Inference(
        "sequencing_technique", declared, inferred, basis, compare(same, "sequencing_technique", basis, declared),
        evidence, "experiment", run.declared.experiment_row, "sequencing_technique", "DSQC-D048",
    )  # fmt: skip


def _is_ten_x_of_transcripts(run: RunResult) -> bool:
    source, isolation = run.experiment.get("library_source", ""), run.experiment.get("single_cell_isolation", "")
    return source.startswith("TRANSCRIPTOMIC") and isolation == "10x technology"


def _marker(run: RunResult) -> Iterator[Inference]:
    declared = run.experiment.get("target_gene", "")
    best = max(looked_at(run), key=lambda item: item.number("frac_reads_primer") or 0.0, default=None)
    share = (best.number("frac_reads_primer") or 0.0) if best else 0.0
    if best is None or share < MOST:
        if declared:
            yield _gene(run, declared, "", Agreement.UNKNOWN, Text("no known primer", "아는 프라이머 없음"))
        return
    primer = str(best.metrics["commonest_primer"])
    gene = primer.rpartition("(")[2].rstrip(")")
    same: bool | None = declared in AMBIGUOUS_GENES.get(primer, {gene})
    if "other" in (gene, declared):
        same = None
    text = f"{primer}: {percent(share)}"
    yield _gene(run, declared, gene, compare(same, "target_gene", "marker primer", declared), Text(text, text))


def _gene(run: RunResult, declared: str, inferred: str, agreement: Agreement, evidence: Text) -> Inference:
    row = run.declared.experiment_row
    return Inference(
        "target_gene", declared, inferred, "marker primer", agreement, evidence,
        "experiment", row, "target_gene", "DSQC-D042",
    )  # fmt: skip


def _strand(run: RunResult) -> Iterator[Inference]:
    declared = run.experiment.get("read_strand", "")
    for item in run.reads:
        share, known = item.number("frac_spliced_sense"), item.number("spliced_strand_count") or 0
        if share is None or known < LEAST_STRANDS:
            continue
        paired = bool(item.number("paired_count"))
        inferred = ""
        if share >= STRANDED:
            inferred = "mate 1 sense" if paired else "sense"
        elif share <= 1 - STRANDED:
            inferred = "mate 2 sense" if paired else "antisense"
        elif UNSTRANDED[0] <= share <= UNSTRANDED[1]:
            inferred = "non-stranded"
        alike = {"sense": "mate 1 sense", "antisense": "mate 2 sense"}
        same = alike.get(declared, declared) == alike.get(inferred, inferred) if inferred and says(declared) else None
        evidence = Text(
            f"{percent(share)} of {known:,.0f} spliced reads in the transcript's sense",
            f"스플라이싱된 리드 {known:,.0f}개 중 전사체 방향 {percent(share)}",
        )
        yield Inference(
            "read_strand", declared, inferred, "introns", compare(same, "read_strand", "introns", declared), evidence,
            "experiment", run.declared.experiment_row, "read_strand", "DSQC-D041", item.name,
        )  # fmt: skip
        return
    if declared:
        yield Inference(
            "read_strand", declared, "", "", Agreement.UNKNOWN, _why_no_strand(run),
            "experiment", run.declared.experiment_row, "read_strand", "DSQC-D041",
        )  # fmt: skip


def _why_no_strand(run: RunResult) -> Text:
    """Why strandedness cannot be told."""
    aligned = [item for item in run.reads if not item.is_fastq and item.number("mapped_count")]
    if not aligned:
        return Text(
            "the reads are not aligned: a strand shows beside transcripts only",
            "정렬되지 않은 리드: 가닥은 전사체와 견주어야 알 수 있음",
        )
    if not any(item.number("frac_reads_spliced") for item in aligned):
        return Text("no alignment has an intron", "인트론이 있는 정렬 없음")
    known = sum(item.number("spliced_strand_count") or 0 for item in aligned)
    if not known:
        return Text(
            "spliced alignments without tags XS or ts (STAR writes XS with --outSAMstrandField intronMotif)",
            "스플라이싱된 정렬에 XS·ts 태그 없음(STAR는 --outSAMstrandField intronMotif로 XS를 적음)",
        )
    return Text(
        f"{known:,.0f} spliced reads with a strand, {LEAST_STRANDS} are needed",
        f"가닥을 적은 스플라이싱 리드 {known:,.0f}개({LEAST_STRANDS}개 이상 필요)",
    )
