"""Rules on experiments: their sample, their instrument, their library."""

from collections.abc import Iterator

from dsqc.accessions import AccessionType, is_accession
from dsqc.findings import CERTAIN, Finding, Suggestion
from dsqc.forms import vocabulary
from dsqc.rules.checking import Check, repeated, rule
from dsqc.rules.table import present

LONG_READ_PLATFORMS = frozenset({"PACBIO_SMRT", "OXFORD_NANOPORE"})
PAIRED, SINGLE = "PAIRED", "SINGLE"
UNSPECIFIED = "unspecified"
MOST_MODELS = 6


@rule("DSQC-X001")
def unknown_sample(check: Check) -> Iterator[Finding]:
    """The sample is neither in the sample sheet nor an accession."""
    if not check.has_sheet("sample"):
        return
    known = check.values("sample", "sample_name")
    for row in check.rows("experiment"):
        name = row.get("sample_name")
        if name and name not in known and not is_accession(name, AccessionType.SAMPLE):
            yield check.finding("DSQC-X001", row, "sample_name", **present(check, "sample", "sample_name", name))


@rule("DSQC-X002")
def repeated_library(check: Check) -> Iterator[Finding]:
    """Library ids used twice, letter case ignored."""
    return repeated(check, "DSQC-X002", "experiment", "library_id")


@rule("DSQC-X003")
def instrument(check: Check) -> Iterator[Finding]:
    """The instrument model belongs to another platform; both are terms of their vocabularies."""
    models, platforms = vocabulary("instrument_model"), vocabulary("platform")
    parents: dict[str, list[str]] = {}
    for entry in models.entries:
        parents.setdefault(entry.term, []).append(entry.parent)
    for row in check.rows("experiment"):
        model, platform = row.get("instrument_model"), row.get("platform")
        if model in models and platform in platforms and platform not in parents[model]:
            yield check.finding("DSQC-X003", row, "instrument_model", expected=f"platform {', '.join(parents[model])}")


@rule("DSQC-X009")
def unspecified_instrument(check: Check) -> Iterator[Finding]:
    """An instrument that is not named."""
    models = vocabulary("instrument_model")
    for row in check.rows("experiment"):
        if row.get("instrument_model") == UNSPECIFIED:
            named = [model for model in models.under(row.get("platform")) if model != UNSPECIFIED]
            listed = "; ".join(named[:MOST_MODELS]) + (f" … ({len(named)})" if len(named) > MOST_MODELS else "")
            yield check.finding(
                "DSQC-X009", row, "instrument_model", expected=listed or "platform", platform=row.get("platform") or "-"
            )


@rule("DSQC-X011")
def untitled(check: Check) -> Iterator[Finding]:
    """Experiments without a title, where the sheet has a column for titles."""
    if ("experiment", "title") not in check.headings:
        return
    for row in check.rows("experiment"):
        if not row.get("title"):
            made = f"{row.get('instrument_model')} {row.get('library_layout')} sequencing of {row.get('sample_name')}"
            title = " ".join(made.split())
            yield check.finding("DSQC-X011", row, "title", expected=title, suggestion=Suggestion(title, CERTAIN))


@rule("DSQC-X007")
def paired_long_reads(check: Check) -> Iterator[Finding]:
    """Long-read platforms have no paired libraries."""
    for row in check.rows("experiment"):
        platform = row.get("platform")
        if platform in LONG_READ_PLATFORMS and row.get("library_layout") == PAIRED:
            meant = Suggestion(SINGLE, 0.8)
            yield check.finding(
                "DSQC-X007", row, "library_layout", expected=SINGLE, platform=platform, suggestion=meant
            )


@rule("DSQC-X012")
def without_run(check: Check) -> Iterator[Finding]:
    """Experiments that no run belongs to."""
    if not check.rows("run"):
        return
    used = check.index("run", "library_id")
    for row in check.rows("experiment"):
        if row.get("library_id") and row.get("library_id").casefold() not in used:
            yield check.finding("DSQC-X012", row, "library_id", expected="run.library_id")
