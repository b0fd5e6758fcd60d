"""The organism that forms declare against what the sketch of the reads tells; human reads in metagenomes.

A false alarm is worse than none: whatever can be explained otherwise gives no finding. Words of 31 bases do not part
relatives surely, so members of one family agree; a metagenome holds anything; a host may outweigh its virus or microbe
in the reads, and a virus its host.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dsqc.findings import Finding, Location, finding
from dsqc.judge.declared import MEASURED, Declared
from dsqc.limits import REVIEW, Limits
from dsqc.registry import Severity
from dsqc.taxonomy import UNCLASSIFIED, UNIDENTIFIED, VIRUSES, Taxonomy

LEAST_SHARE = 0.5
"""Lower end of the interval from which the reads look like an organism."""
FAMILY = "family"
OTHER_SEQUENCES = 28384
"""Synthetic constructs and other sequences without an organism."""
HUMAN = 9606
PRIMATES = 9443
"""Their reads share words with those of humans."""
OPEN = "open"
ANIMALS, PLANTS = 33208, 33090
MIXTURES = frozenset({"METAGENOMIC", "METATRANSCRIPTOMIC", "SYNTHETIC"})
"""Library sources whose reads may come from anything."""
CLONES = frozenset({"CLONE", "POOLCLONE", "CLONEEND"})
"""Library strategies whose reads come from a clone's host too."""
_METAGENOME = "metagenome"


def organism_findings(
    declared: Declared, measured: Mapping[str, Any], taxonomy: Taxonomy, limits: Limits
) -> Iterator[Finding]:
    """DSQC-D025, DSQC-D026 and DSQC-H011 of one run; nothing where it cannot be told.

    Args:
        declared: the run with its experiment and sample.
        measured: its ``qc.json``.
        taxonomy: where declared organisms are looked up.
        limits: the station's, for human reads.
    """
    if measured["state"] != MEASURED:
        return
    metrics = measured["metrics"]
    lineage = declared_lineage(declared.sample, taxonomy)
    yield from _human_reads(declared, lineage, metrics, taxonomy, limits)
    if not _is_metagenome(declared.sample, lineage) and lineage and _disagree(declared, lineage, metrics, taxonomy):
        share = _percent(metrics["organism_share"], metrics["organism_share_low"], metrics["organism_share_high"])
        yield finding(
            "DSQC-D025",
            Location(sheet="sample", row=declared.sample_row, attribute="organism"),
            object_id=declared.run.key,
            value=f"{metrics['organism_main']}, {share}",
            expected=f"{declared.sample.get('organism') or taxonomy.scientific_name(lineage[-1])} ({lineage[-1]})",
        )


def declared_lineage(sample: Mapping[str, str], taxonomy: Taxonomy) -> tuple[int, ...]:
    """Taxonomy ids from the root to the declared organism; empty where the snapshot does not know it."""
    text = sample.get("taxonomy_id", "")
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) != UNIDENTIFIED:
        return taxonomy.lineage(taxonomy.current_id(int(text)))
    found = taxonomy.find(sample.get("organism", "")) if sample.get("organism") else ()
    return taxonomy.lineage(found[0].taxon.id) if len(found) == 1 else ()


def _is_metagenome(sample: Mapping[str, str], lineage: tuple[int, ...]) -> bool:
    return UNCLASSIFIED in lineage or sample.get("organism", "").casefold().endswith(_METAGENOME)


def _disagree(declared: Declared, lineage: tuple[int, ...], metrics: Mapping[str, Any], taxonomy: Taxonomy) -> bool:
    """Whether the reads are surely of an organism of another family than the declared one."""
    experiment = declared.experiment
    low, text = metrics.get("organism_share_low"), metrics.get("organism_taxonomy_id") or ""
    if low is None or low < LEAST_SHARE or not text.isdigit():
        return False
    if experiment.get("library_source") in MIXTURES or experiment.get("library_strategy") in CLONES:
        return False
    found = taxonomy.lineage(taxonomy.current_id(int(text)))
    if not found or OTHER_SEQUENCES in lineage or OTHER_SEQUENCES in found:
        return False
    if _may_live_together(lineage, found, metrics):
        return False
    return not _are_related(lineage, found, taxonomy)


def is_akin(sample: Mapping[str, str], metrics: Mapping[str, Any], taxonomy: Taxonomy) -> bool:
    """Whether the organism of most reads is the declared one, holds it, or is surely of its family."""
    declared, text = declared_lineage(sample, taxonomy), str(metrics.get("organism_taxonomy_id") or "")
    found = taxonomy.lineage(taxonomy.current_id(int(text))) if text.isdigit() else ()
    if not declared or not found:
        return False
    families = [_family(lineage, taxonomy) for lineage in (declared, found)]
    return declared[-1] in found or found[-1] in declared or (families[0] is not None and families[0] == families[1])


def _may_live_together(declared: tuple[int, ...], found: tuple[int, ...], metrics: Mapping[str, Any]) -> bool:
    """Whether reads of what was found may be most of a sample of what is declared: host and virus, host and microbe."""
    if VIRUSES in declared:
        return VIRUSES not in found
    if VIRUSES in found:
        hosts = str(metrics.get("organism_hosts") or "")
        return not hosts or any(int(host) in declared for host in hosts.split(", "))
    many_celled = {ANIMALS, PLANTS}
    return bool(many_celled & set(found)) and not many_celled & set(declared)


def _are_related(declared: tuple[int, ...], found: tuple[int, ...], taxonomy: Taxonomy) -> bool:
    """Whether one holds the other, both are of one family, or the snapshot does not tell their families."""
    if declared[-1] in found or found[-1] in declared:
        return True
    families = [_family(lineage, taxonomy) for lineage in (declared, found)]
    if families[1] is None or (families[0] is None and taxonomy.is_species_or_below(declared[-1])):
        return True
    return families[0] == families[1] or families[1] in declared


def _family(lineage: tuple[int, ...], taxonomy: Taxonomy) -> int | None:
    ranks = ((one, taxon.rank) for one in lineage if (taxon := taxonomy.taxon(one)) is not None)
    return next((one for one, rank in ranks if rank == FAMILY), None)


def _human_reads(
    declared: Declared, lineage: tuple[int, ...], metrics: Mapping[str, Any], taxonomy: Taxonomy, limits: Limits
) -> Iterator[Finding]:
    """DSQC-D026: more human reads than allowed in a metagenome of a human; DSQC-H011: in open data of anything else.

    The lower end of the interval must lie above the limit, so that no choice of reads or words makes the finding.
    """
    low = metrics.get("human_share_low")
    if low is None or low <= limits.human_fraction:
        return
    severity: Severity | None = None
    if _is_metagenome(declared.sample, lineage) and _is_of_human(declared.sample, taxonomy):
        code = "DSQC-D026"
    elif declared.access_level == OPEN and not _is_of_primate(declared.sample, lineage, taxonomy):
        code = "DSQC-H011"
        severity = Severity.WARNING if limits.human_reads == REVIEW else None
    else:
        return
    yield finding(
        code,
        Location(sheet="sample", row=declared.sample_row, attribute="organism"),
        severity=severity,
        object_id=declared.run.key,
        value=_percent(metrics["human_share"], low, metrics["human_share_high"]),
        expected=f"{100 * limits.human_fraction:g} %",
    )


def _is_of_primate(sample: Mapping[str, str], lineage: tuple[int, ...], taxonomy: Taxonomy) -> bool:
    """Whether the sample is of a primate, or of what lives in one other than a human; or what it is of is not known.

    Human samples have rules of their own (DSQC-H006); what lives in a human (a virus, a bacterium) must not bring its
    host along.
    """
    if PRIMATES in lineage or not (lineage or _is_metagenome(sample, lineage)):
        return True
    host = sample.get("host", "")
    found = {match.taxon.id for match in taxonomy.find(host)} if host else set()
    return HUMAN not in found and any(PRIMATES in taxonomy.lineage(taxon) for taxon in found)


def _is_of_human(sample: Mapping[str, str], taxonomy: Taxonomy) -> bool:
    if sample.get("organism", "").casefold().startswith("human "):
        return True
    host = sample.get("host", "")
    return any(match.taxon.id == HUMAN for match in taxonomy.find(host)) if host else False


def _percent(share: float, low: float, high: float | None) -> str:
    """``91.2 % (95 %: 89–93.1 %)``; ``0.3 % (97.5 %: 0.2 % or more)`` where there is no upper end."""
    if high is None:
        return f"{100 * share:.3g} % (97.5 %: >= {100 * low:.3g} %)"
    return f"{100 * share:.3g} % (95 %: {100 * low:.3g}–{100 * high:.3g} %)"
