"""Names of taxa: their classes, and what a class is worth when somebody writes such a name."""

from dataclasses import dataclass
from enum import StrEnum

SCIENTIFIC_NAME = "scientific name"
NOT_KEPT = frozenset({"type material", "in-part"})
"""Classes that name no taxon: numbers of type strains, and old names that were split among several taxa."""
COMMON_CLASSES = frozenset({"common name", "genbank common name", "blast name", "korean name"})


class NameKind(StrEnum):
    """How a text names a taxon, the best first."""

    SCIENTIFIC = "scientific"
    LETTER_CASE = "letter_case"
    SYNONYM = "synonym"
    COMMON = "common"

    @property
    def rank(self) -> int:
        """0 for the best; for sorting."""
        return list(NameKind).index(self)


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a taxon and its class, in the words of the NCBI; ``korean name`` is dsqc's own class."""

    text: str
    name_class: str


def kind_of(name: Name, written: str) -> NameKind:
    """What it means that somebody wrote ``written`` and ``name`` was found, letter case ignored."""
    if name.name_class == SCIENTIFIC_NAME:
        return NameKind.SCIENTIFIC if name.text == written else NameKind.LETTER_CASE
    return NameKind.COMMON if name.name_class in COMMON_CLASSES else NameKind.SYNONYM
