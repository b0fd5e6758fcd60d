"""Ontology terms out of the snapshots of ``dsqc.schemas/ontologies``, each read when a term of it is asked for."""

from dataclasses import dataclass
from functools import cache, cached_property

from dsqc.forms.reference import Snapshot, reference_bytes, reference_table, snapshots

_OBSOLETE = "!"


@dataclass(frozen=True, slots=True)
class OntologyTerm:
    """One term.

    Attributes:
        id: as ``ENVO:00001998``.
        label: its name; may be empty where it is obsolete.
        is_obsolete: whether the ontology has given it up.
        replaced_by: the id that takes its place; empty where the ontology names none.
    """

    id: str
    label: str
    is_obsolete: bool = False
    replaced_by: str = ""


@dataclass(frozen=True)
class Ontology:
    """The terms of one prefix, as of a snapshot."""

    prefix: str
    snapshot: Snapshot

    @cached_property
    def _lines(self) -> dict[str, str]:
        text = reference_bytes(self.snapshot.path).decode("utf-8")
        pairs = (line.partition("\t") for line in text.splitlines()[1:])
        return {term: rest for term, _tab, rest in pairs}

    @cached_property
    def _by_label(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for term, rest in self._lines.items():
            label = rest.partition("\t")[0]
            if label and not label.startswith(_OBSOLETE):
                found.setdefault(label.casefold(), term)
        return found

    def term(self, term: str) -> OntologyTerm | None:
        """The term of an id; ``None`` where the snapshot has none."""
        rest = self._lines.get(term)
        if rest is None:
            return None
        label, _tab, replaced = rest.partition("\t")
        return OntologyTerm(term, label.removeprefix(_OBSOLETE), label.startswith(_OBSOLETE), replaced)

    def labelled(self, label: str) -> OntologyTerm | None:
        """The current term of a label, letter case ignored."""
        found = self._by_label.get(" ".join(label.split()).casefold())
        return self.term(found) if found else None

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the current terms in small letters -> id."""
        return self._by_label

    def __str__(self) -> str:
        return f"{self.prefix} {self.snapshot.version}"


@cache
def ontology(prefix: str) -> Ontology | None:
    """The ontology of a prefix as ``ENVO``; ``None`` where no snapshot of it travels with dsqc."""
    snapshot = snapshots().get(prefix.lower())
    return Ontology(prefix, snapshot) if snapshot and snapshot.path.startswith("ontologies/") else None


@cache
def korean_names() -> dict[str, str]:
    """Korean name -> id, for the environment terms that are named in Korean most often."""
    return {
        name: row["id"] for row in reference_table("ontologies/envo_more") for name in row["korean"].split(";") if name
    }
