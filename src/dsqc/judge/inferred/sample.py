"""What was sequenced: organism, GC, reference, names in read groups, sex."""

from collections.abc import Iterator, Mapping
from functools import cache

from dsqc.forms.vocabulary import read_table
from dsqc.judge.inferred.model import Agreement, FileResult, Inference, RunResult, compare, percent, plain, says
from dsqc.judge.organisms import HUMAN, LEAST_SHARE, declared_lineage, is_akin, organism_findings
from dsqc.language import Text
from dsqc.metrics.assemblies import assembly_named

WHOLE_GENOME = frozenset({"WGS"})
OF_ONE_ORGANISM = frozenset({"GENOMIC"})
LEAST_READS = 5_000
"""Reads whose GC tells of a genome."""
FEW_STARTS = 0.3
MOST_ADAPTER = 0.1
MALE_X, MALE_Y = (0.35, 0.7), 0.08
FEMALE_X, FEMALE_Y = (0.8, 1.3), 0.04
"""Depth of X and of Y beside the autosomes; in between lie other karyotypes, mosaics and tumours."""
SEXES = frozenset({"male", "female"})
SHORTEST_NAME = 3
"""Letters of a name by which another sample is recognised."""


def infer_sample(run: RunResult) -> Iterator[Inference]:
    """Organism, GC, reference, names of sample and library, sex."""
    yield _organism(run)
    yield from _gc(run)
    yield from _reference(run)
    yield from _names(run)
    yield from _sex(run)


def _organism(run: RunResult) -> Inference:
    sample = run.declared.sample
    declared = sample.get("organism", "") or sample.get("taxonomy_id", "")
    low, main = run.metrics.get("organism_share_low"), str(run.metrics.get("organism_main") or "")
    inferred = main if low is not None and low >= LEAST_SHARE else ""
    found = organism_findings(run.declared, run.measured, run.taxonomy, run.limits)
    if any(item.code == "DSQC-D025" for item in found):
        agreement = Agreement.DISAGREE
    elif inferred and is_akin(sample, run.metrics, run.taxonomy):
        agreement = Agreement.AGREE
    else:
        agreement = Agreement.UNKNOWN
    share = percent(run.metrics["organism_share"]) if inferred else ""
    panel = str(run.metrics.get("panel_version") or "")
    evidence = Text(f"share {share}, panel {panel}", f"비율 {share}, 패널 {panel}")
    if not inferred:
        evidence = Text("no organism of the panel is most of the reads", "패널의 어느 종도 리드의 대부분이 아님")
    row = run.declared.sample_row
    return Inference(
        "organism", declared, inferred, "sketch", agreement, evidence, "sample", row, "organism", "DSQC-D025"
    )


def _gc(run: RunResult) -> Iterator[Inference]:
    """GC of whole-genome reads against that of the organism's genome, with room for what libraries do to it."""
    share, reads = run.metrics.get("gc_fraction"), run.metrics.get("read_count") or 0
    strategy, source = run.experiment.get("library_strategy"), run.experiment.get("library_source")
    starts = run.metrics.get("frac_reads_main_starts") or 0
    if share is None or reads < LEAST_READS or strategy not in WHOLE_GENOME or source not in OF_ONE_ORGANISM:
        return
    if starts > FEW_STARTS and not run.is_long_read:
        return
    if (run.metrics.get("frac_reads_adapter") or 0) > MOST_ADAPTER:
        return  # adapters and what is read behind them have a GC of their own
    lineage = declared_lineage(run.declared.sample, run.taxonomy)
    taxon = next((one for one in reversed(lineage) if one in genome_gc()), None)
    if taxon is None:
        return
    low, high = genome_gc()[taxon]
    declared = f"{run.declared.sample.get('organism', '')} ({low:g}–{high:g} %)"
    yield Inference(
        "gc", declared, f"{100 * share:.1f} %", "whole genome",
        compare(low <= 100 * share <= high, "gc", "whole genome", declared),
        Text(f"GC of {reads:,} reads", f"리드 {reads:,}개의 GC"),
        "sample", run.declared.sample_row, "organism", "DSQC-D043",
    )  # fmt: skip


@cache
def genome_gc() -> dict[int, tuple[float, float]]:
    """Least and most GC percent of whole-genome reads by taxonomy id, of species and of wider groups."""
    return {int(row["term"]): (float(row["low"]), float(row["high"])) for row in read_table("genome_gc")}


def _reference(run: RunResult) -> Iterator[Inference]:
    for item in run.reads:
        seen = str(item.metrics.get("reference_assembly") or "")
        if item.is_fastq:
            continue
        of_file = says(item.reference)
        declared = item.reference if of_file else run.declared.sample.get("intended_reference", "")
        basis = str(item.metrics.get("reference_assembly_basis") or "").partition(" ")[0]
        wanted = assembly_named(declared)
        same = wanted.name == seen if wanted and seen else None
        evidence = str(item.metrics.get("reference_assembly_basis") or "–")
        sheet, row, name = "sample", run.declared.sample_row, "intended_reference"
        if of_file:
            sheet, row, name = "file", item.row, "reference_name"
        yield Inference(
            "reference", declared, seen, basis, compare(same, "reference", basis, declared),
            Text(f"@SQ lines: {evidence}", f"@SQ 줄: {evidence}"), sheet, row, name, "DSQC-D044", item.name,
        )  # fmt: skip


def _names(run: RunResult) -> Iterator[Inference]:
    """Names in read groups: only that of another sample or library of the submission contradicts the form."""
    for item in run.reads:
        if item.tables.get("read_groups"):
            yield from _names_of(run, item)


def _names_of(run: RunResult, item: FileResult) -> Iterator[Inference]:
    groups = item.tables["read_groups"]
    own = {plain(text) for text in (*run.declared.sample.values(), *run.experiment.values(), run.declared.run.alias)}
    for attribute, column, known, sheet, form_attribute, code in (
        ("sample_name", "sample", run.sample_names, "experiment", "sample_name", "DSQC-D045"),
        ("library_name", "library", run.library_ids, "run", "library_id", "DSQC-D046"),
    ):
        seen = sorted({name for name in groups[column] if name})
        declared = run.experiment.get(form_attribute, "")
        if not seen:
            continue
        others = [name for name in seen if _is_of_another(name, declared, own, known)]
        agreed = all(plain(name) in own for name in seen)
        basis = "@RG"
        same = False if others else True if agreed else None
        tag = "SM" if attribute == "sample_name" else "LB"
        shown = ", ".join(others or seen[:4])
        row = run.declared.experiment_row if sheet == "experiment" else run.declared.run.row
        yield Inference(
            attribute, declared, shown, basis, compare(same, attribute, basis, declared),
            Text(f"@RG {tag} {shown}", f"@RG {tag} {shown}"), sheet, row, form_attribute, code, item.name,
        )  # fmt: skip


def _is_of_another(name: str, declared: str, own: set[str], known: Mapping[str, str]) -> bool:
    """Whether a name is exactly that of another row of the submission, and nothing that the run's own rows say."""
    if len(plain(name)) < SHORTEST_NAME or plain(name) in own:
        return False
    return name.casefold() in known and name.casefold() != declared.casefold()


def _sex(run: RunResult) -> Iterator[Inference]:
    sample = run.declared.sample
    if declared_lineage(sample, run.taxonomy)[-1:] != (HUMAN,):
        return
    declared = sample.get("sex", "")
    for item in run.reads:
        x, y = item.number("x_depth_ratio"), item.number("y_depth_ratio")
        if x is None or y is None or run.experiment.get("library_strategy") not in WHOLE_GENOME:
            continue
        inferred = ""
        if MALE_X[0] <= x <= MALE_X[1] and y >= MALE_Y:
            inferred = "male"
        elif FEMALE_X[0] <= x <= FEMALE_X[1] and y <= FEMALE_Y:
            inferred = "female"
        same = inferred == declared if inferred and declared in SEXES else None
        text = f"X {x:.2f}, Y {y:.2f}"
        yield Inference(
            "sex", declared, inferred, "depth of X and Y", compare(same, "sex", "depth of X and Y", declared),
            Text(f"depth beside the autosomes: {text}", f"상염색체 대비 깊이: {text}"),
            "sample", run.declared.sample_row, "sex", "DSQC-D047", item.name,
        )  # fmt: skip
        return
