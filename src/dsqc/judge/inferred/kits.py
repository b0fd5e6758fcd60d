"""Adapters that reads run into, and the kits that ligate them."""

import re
from collections.abc import Iterator, Mapping

from dsqc.judge.inferred.model import Agreement, FileResult, Inference, RunResult, compare, percent
from dsqc.language import Text

LEAST_READS = 200
"""Reads looked at from which they tell a library."""
SMALL_RNA_ADAPTER = "Illumina Small RNA 3' Adapter"
QIASEQ_ADAPTER = "QIAseq miRNA 3' Adapter"
FAMILIES = {
    "TruSeq": ("Illumina Universal Adapter",),
    "Nextera": ("Nextera Transposase Sequence",),
    "small RNA": (SMALL_RNA_ADAPTER, "Illumina Small RNA 5' Adapter"),
    "BGI/MGI": ("BGI/MGI Adapter, Read 1", "BGI/MGI Adapter, Read 2"),
}
"""Adapters by the kits that ligate them; NEBNext, KAPA and many others use TruSeq's."""
LEAST_ADAPTER, OUTWEIGHS = 0.01, 10.0
WORDS = {
    "small RNA": r"small[ -]?rna|mi ?rna",
    "Nextera": r"nextera|tagmentation|\btn5\b|illumina dna prep|dna flex",
    "TruSeq": r"truseq|nebnext|kapa hyper",
    "BGI/MGI": r"mgieasy|\bbgi\w*|\bmgi\b|dnbseq",
}
"""What protocols call them."""
TWO_ADAPTERS = re.compile(r"mate[ -]?pair", re.IGNORECASE)
FURTHER: Mapping[str, tuple[tuple[str, ...], str, frozenset[str]]] = {
    "QIAseq miRNA": ((QIASEQ_ADAPTER,), r"qiaseq", frozenset()),
    "Ion Torrent P1": (("Ion Torrent P1B Adapter",), r"\bion\b", frozenset({"ION_TORRENT"})),
    "Element Elevate": (("Element Elevate Adapter",), r"elevate|cloudbreak", frozenset({"ELEMENT"})),
    "template switch": (("Template Switch Oligo",), r"smart-?(er|seq|\b)|10x|chromium|iso-?seq", frozenset()),
    "SMRTbell": (
        ("PacBio SMRTbell Adapter", "PacBio SMRTbell Adapter, Reverse"), r"smrt ?bell", frozenset({"PACBIO_SMRT"}),
    ),
    "ONT ligation": (
        ("Nanopore Ligation Adapter, Top Strand", "Nanopore Ligation Adapter, Bottom Strand"),
        r"sqk-\w+|ligation sequencing", frozenset({"OXFORD_NANOPORE"}),
    ),
}  # fmt: skip
"""Kits whose adapters no simulated run had: adapters, words of protocols, the platforms they are made for.

They agree with a form, and contradict none.
"""


def looked_at(run: RunResult) -> list[FileResult]:
    """Files with reads enough to tell a library."""
    return [item for item in run.reads if (item.number("library_reads_examined") or 0) >= LEAST_READS]


def adapter_share(item: FileResult, names: tuple[str, ...]) -> float:
    """Share of the reads that show one of the adapters by their end."""
    table = item.tables.get("adapter_content") or {}
    return max((float(table[name][-1]) / 100 for name in names if table.get(name)), default=0.0)


def infer_adapters(run: RunResult) -> Iterator[Inference]:
    """Adapters that reads run into, against the kits that the protocol names, the platform, and Tn5 of ATAC-seq."""
    shares = {
        family: max((adapter_share(item, names) for item in looked_at(run)), default=0.0)
        for family, names in FAMILIES.items()
    }
    ranked = sorted(shares, key=lambda name: (-shares[name], name))
    clear = shares[ranked[0]] >= LEAST_ADAPTER and shares[ranked[0]] >= OUTWEIGHS * shares[ranked[1]]
    seen = ranked[0] if clear and not run.is_long_read else ""
    if not seen and (further := _further(run)):
        yield further
        return
    protocol = run.experiment.get("library_construction_protocol", "")
    named = kits_of(protocol)
    declared, form = ", ".join(sorted(named)), "library_construction_protocol"
    if "small RNA" in named:
        named.discard("TruSeq")
    same: bool | None = None
    if seen and named and not TWO_ADAPTERS.search(protocol):
        same = seen in named
        if not same and (len(named) > 1 or "small RNA" in (*named, seen)):
            same = None  # other kits for small RNA have other adapters
    if seen and run.experiment.get("library_strategy") == "ATAC-seq" and not named:
        declared, form, same = "ATAC-seq (Tn5)", "library_strategy", None if seen == "Nextera" else seen != "TruSeq"
    if seen == "BGI/MGI" and run.experiment.get("platform") == "ILLUMINA":
        declared, form, same = "ILLUMINA", "platform", False
    text = ", ".join(f"{name} {percent(shares[name])}" for name in ranked if shares[name] >= 0.001)
    few = f"{percent(LEAST_ADAPTER)}"
    none = Text(f"no adapter in {few} of the reads", f"리드의 {few} 이상에 있는 어댑터 없음")
    yield Inference(
        "adapters", declared, seen, "adapters", compare(same, "adapters", "adapters", declared),
        Text(text, text) if text else none,
        "experiment", run.declared.experiment_row, form, "DSQC-D040",
    )  # fmt: skip


def _further(run: RunResult) -> Inference | None:
    """A kit that is told by its adapter, and was never tried on simulated runs."""
    shares = {
        kit: max((adapter_share(item, names) for item in looked_at(run)), default=0.0)
        for kit, (names, _, _) in FURTHER.items()
    }
    seen = max(shares, key=lambda kit: shares[kit])
    if shares[seen] < LEAST_ADAPTER:
        return None
    _, words, platforms = FURTHER[seen]
    protocol, platform = (run.experiment.get(name, "") for name in ("library_construction_protocol", "platform"))
    named = re.search(words, protocol, re.IGNORECASE)
    agrees = bool(named) or platform in platforms
    declared, form = (named.group(), "library_construction_protocol") if named else (platform, "platform")
    if not agrees:
        declared, form = ", ".join(sorted(kits_of(protocol))), "library_construction_protocol"
    text = f"{seen} {percent(shares[seen])}"
    return Inference(
        "adapters", declared, seen, "further adapters", Agreement.AGREE if agrees else Agreement.UNKNOWN,
        Text(text, text), "experiment", run.declared.experiment_row, form, "DSQC-D040",
    )  # fmt: skip


def kits_of(protocol: str) -> set[str]:
    """Families of adapters that a protocol's words name."""
    return {name for name, words in WORDS.items() if re.search(words, protocol, re.IGNORECASE)}
