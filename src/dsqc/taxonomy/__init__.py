"""The taxonomy: versioned, offline snapshots made from an NCBI taxdump, and what can be looked up in them.

Imported by rules and everything above; imports only the core. No network is ever asked::

    taxonomy = open_taxonomy()
    taxonomy.find("Oryza sativa")[0].taxon.id
"""

from dsqc.taxonomy.choose import ENVIRONMENT_VARIABLE, choose_taxonomy, open_taxonomy, taxonomy_version
from dsqc.taxonomy.likeness import Near, nearest
from dsqc.taxonomy.making import build
from dsqc.taxonomy.names import Name, NameKind
from dsqc.taxonomy.snapshot import (
    ARCHAEA,
    BACTERIA,
    UNCLASSIFIED,
    UNIDENTIFIED,
    VIRUSES,
    About,
    NameMatch,
    Taxon,
    Taxonomy,
)

__all__ = [
    "ARCHAEA",
    "BACTERIA",
    "ENVIRONMENT_VARIABLE",
    "UNCLASSIFIED",
    "UNIDENTIFIED",
    "VIRUSES",
    "About",
    "Name",
    "NameKind",
    "NameMatch",
    "Near",
    "Taxon",
    "Taxonomy",
    "build",
    "choose_taxonomy",
    "nearest",
    "open_taxonomy",
    "taxonomy_version",
]
