"""Accessions: every pattern in one place, how they are printed, and what they name.

Source of the patterns: K-BDS documentation (KAP, KAS, KAE, KAR, KAZ; PSUB, SSUB, DSUB), INSDC (EBI, NCBI and DDBJ
prefixes alike) and GSA; ``dsqc.schemas/vocabularies/accession_patterns.tsv`` is what the forms use, and a test keeps
the two together.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class AccessionType(StrEnum):
    """What an accession of this station names, with its prefix and its least number of digits."""

    PROJECT = "project"
    SAMPLE = "sample"
    EXPERIMENT = "experiment"
    RUN = "run"
    ANALYSIS = "analysis"
    SUBMISSION = "submission"


@dataclass(frozen=True, slots=True)
class AccessionStyle:
    """How the accessions of one type are printed."""

    prefix: str
    digits: int

    def format(self, number: int) -> str:
        """``KAP000001`` for 1: the prefix and at least ``digits`` digits.

        Raises:
            ValueError: ``number`` is not positive.
        """
        if number < 1:
            raise ValueError(f"accession numbers start at 1, not {number}")
        return f"{self.prefix}{number:0{self.digits}d}"


STYLES = {
    AccessionType.PROJECT: AccessionStyle("KAP", 6),
    AccessionType.SAMPLE: AccessionStyle("KAS", 8),
    AccessionType.EXPERIMENT: AccessionStyle("KAE", 8),
    AccessionType.RUN: AccessionStyle("KAR", 8),
    AccessionType.ANALYSIS: AccessionStyle("KAZ", 8),
    AccessionType.SUBMISSION: AccessionStyle("KRA", 8),
}
"""Styles unless the station configures other prefixes."""

_PATTERNS = {
    AccessionType.PROJECT: r"KAP\d{6,}|PSUB\d+|PRJ(?:D[A-Z]|E[A-Z]|N[A-Z])[1-9]\d*|PRJCA\d{6,}",
    AccessionType.SAMPLE: r"KAS\d{6,}|SSUB\d+|SAM(?:E|D|N)[A-Z]?\d+|SAMC\d{6,}|[SED]RS\d{6,}",
    AccessionType.EXPERIMENT: r"KAE\d+|[SED]RX\d{6,}|CRX\d{6,}",
    AccessionType.RUN: r"KAR\d+|[SED]RR\d{6,}|CRR\d{6,}",
    AccessionType.ANALYSIS: r"KAZ\d+|[SED]RZ\d{6,}",
    AccessionType.SUBMISSION: r"KRA\d+|DSUB\d+|[SED]RA\d{6,}|CRA\d{6,}",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in _PATTERNS.items()}


def accession_type(text: str) -> AccessionType | None:
    """What ``text`` names, at this station or at an INSDC or GSA archive; ``None`` where it is no accession."""
    for kind, pattern in _COMPILED.items():
        if pattern.fullmatch(text):
            return kind
    return None


def is_accession(text: str, kind: AccessionType) -> bool:
    """Whether ``text`` is an accession of ``kind``, ours or foreign."""
    return _COMPILED[kind].fullmatch(text) is not None
