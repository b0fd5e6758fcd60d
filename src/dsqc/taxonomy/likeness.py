"""Names that may have been meant by one that the taxonomy does not hold.

A whole taxonomy has millions of names, so none is compared with all: every spelling within one slip is looked up, and
the names of the genus, itself taken with a slip, are compared.
"""

import difflib
from dataclasses import dataclass
from string import ascii_lowercase

from dsqc.taxonomy.snapshot import Taxon, Taxonomy

_LETTERS = ascii_lowercase + " -."
_LONGEST = 80
"""Longer texts are no names of organisms, and have too many slips."""
_CUTOFF = 0.84
_MOST_OF_GENUS = 2000
_MOST_GENERA = 4


@dataclass(frozen=True, slots=True)
class Near:
    """A taxon that may have been meant, and how alike the names are, from 0 to 1."""

    taxon: Taxon
    likeness: float


def nearest(taxonomy: Taxonomy, text: str, most: int = 3) -> tuple[Near, ...]:
    """Taxa with a name most like ``text``, the likeliest first; empty where none is like it."""
    written = " ".join(text.split()).casefold()
    if not 3 < len(written) <= _LONGEST or not written.isascii():
        return ()
    found: dict[int, float] = {}
    for match in taxonomy.find_any(slips(written)):
        _note(found, match.taxon.id, likeness(written, match.name.text))
    if not found:
        for name, taxon_id in _of_genus(taxonomy, written):
            _note(found, taxon_id, likeness(written, name))
    ordered = sorted(((-alike, taxon_id) for taxon_id, alike in found.items() if alike >= _CUTOFF))[:most]
    return tuple(
        Near(taxon, -negative) for negative, taxon_id in ordered if (taxon := taxonomy.taxon(taxon_id)) is not None
    )


def slips(text: str) -> list[str]:
    """Every text that is one slip away: a letter left out, put in, changed, or swapped with its neighbour."""
    heads = [(text[:index], text[index:]) for index in range(len(text) + 1)]
    found = {
        *(head + tail[1:] for head, tail in heads if tail),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in heads if len(tail) > 1),
        *(head + letter + tail[1:] for head, tail in heads if tail for letter in _LETTERS),
        *(head + letter + tail for head, tail in heads for letter in _LETTERS),
    }
    found -= {text, ""}
    return sorted(found)


def _of_genus(taxonomy: Taxonomy, written: str) -> list[tuple[str, int]]:
    """Names that begin with the genus of ``written``, or with one that is a slip away from it."""
    genus, blank, _rest = written.partition(" ")
    if not blank or len(genus) < 3:
        return []
    names = list(taxonomy.beginning(genus + " ", _MOST_OF_GENUS))
    if not names:
        genera = dict.fromkeys(
            match.name.text for match in taxonomy.find_any(slips(genus)) if match.taxon.rank == "genus"
        )
        for other in list(genera)[:_MOST_GENERA]:
            names += taxonomy.beginning(other + " ", _MOST_OF_GENUS)
    return names


def likeness(one: str, other: str) -> float:
    """How alike two names are, letter case ignored, from 0 to 1."""
    return difflib.SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()


def _note(found: dict[int, float], taxon_id: int, alike: float) -> None:
    found[taxon_id] = max(alike, found.get(taxon_id, 0.0))
