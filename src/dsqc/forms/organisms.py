"""Which organisms a package is for, told by their place in the taxonomy: data of the package, not code."""

from collections.abc import Mapping
from dataclasses import dataclass

_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class Organisms:
    """What a package asks of the organism of a sample.

    Attributes:
        within: taxonomy ids of which one must stand in the organism's lineage, itself included; empty: any.
        without: taxonomy ids that must not stand in it.
        is_community: whether the sample is a community, whose organism is a "... metagenome" of the taxonomy.
        named_group: group of attributes of which one must hold a value that is no missing-value term; empty: none.
    """

    within: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    is_community: bool = False
    named_group: str = ""

    def takes(self, lineage: tuple[int, ...]) -> bool:
        """Whether an organism of that lineage fits."""
        found = set(lineage)
        return (not self.within or not found.isdisjoint(self.within)) and found.isdisjoint(self.without)


def read_organisms(annotations: Mapping[str, str]) -> Organisms:
    """What the annotations of a package's class say; see README.md of ``dsqc.schemas/forms``."""
    return Organisms(
        within=_ids(annotations.get("lineage_within", "")),
        without=_ids(annotations.get("lineage_without", "")),
        is_community=annotations.get("organism_kind") == "metagenome",
        named_group=annotations.get("named_group", ""),
    )


def _ids(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(_SEPARATOR) if part.strip())
