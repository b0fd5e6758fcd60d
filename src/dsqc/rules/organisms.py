"""What a name and a taxonomy id say together: the taxon that is meant, and what is wrong with how it is written."""

from dataclasses import dataclass, replace
from enum import Enum

from dsqc.findings import Suggestion
from dsqc.forms import is_missing_term, rejected_missing
from dsqc.language import Text
from dsqc.taxonomy import UNCLASSIFIED, UNIDENTIFIED, NameKind, NameMatch, Taxon, Taxonomy, nearest
from dsqc.taxonomy.likeness import likeness

METAGENOME = "metagenome"
LIKELY = 0.85
"""Confidence of a name that is only like the one that was written; below what may be put in place unasked."""
_ALIKE = 0.8
_LISTED = 3
_MISMATCH, _NOT_CURRENT = "DSQC-S006", "DSQC-S007"
_SEEN = {
    NameKind.LETTER_CASE: Text("has other capital letters than the scientific name", "학명과 대소문자가 다릅니다"),
    NameKind.SYNONYM: Text("is a synonym, not the current scientific name", "현재 학명이 아니라 이명입니다"),
    NameKind.COMMON: Text("is a common name, not the scientific name", "학명이 아니라 일반명입니다"),
}
_UNKNOWN_NAME = Text("is not in the taxonomy snapshot", "분류체계 스냅샷에 없습니다")
_UNKNOWN_ID = Text("is no id of the taxonomy snapshot", "분류체계 스냅샷에 없는 번호입니다")
_MERGED_ID = Text("is an id that was merged into another", "다른 번호로 통합된 번호입니다")
_DELETED_ID = Text("is an id that was deleted", "삭제된 번호입니다")
ANY_NAME = Text(
    "a scientific name of the NCBI Taxonomy; id 32644 for a novel organism",
    "NCBI 분류체계의 학명, 새로운 생명체이면 분류번호 32644",
)


class Part(Enum):
    """Which of the two values a fault is seen on."""

    NAME = "name"
    ID = "id"


@dataclass(frozen=True, slots=True)
class TaxonFault:
    """What is wrong with a name or an id.

    Attributes:
        code: S006, where the two contradict each other, or S007, where one is not what the taxonomy has now.
        part: the value that it is seen on.
        seen: what was seen.
        expected: what is allowed.
        suggestion: what was probably meant.
        is_unknown: whether the snapshot does not hold the name, so that names like it may be looked for.
    """

    code: str
    part: Part
    seen: Text
    expected: Text
    suggestion: Suggestion | None = None
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a name and an id mean.

    Attributes:
        taxon: the taxon; ``None`` where nobody can say.
        faults: what is wrong with the two.
        of_id: the taxon of the id alone, where the name is not known.
    """

    taxon: Taxon | None
    faults: tuple[TaxonFault, ...] = ()
    of_id: Taxon | None = None

    @property
    def has_unknown_name(self) -> bool:
        """Whether the snapshot does not hold the name."""
        return any(fault.is_unknown for fault in self.faults)


class OrganismReader:
    """Reads names with their ids; each distinct pair once."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self._known: dict[tuple[str, str], Reading] = {}

    def read(self, name: str, id_text: str) -> Reading:
        """What ``name`` and ``id_text`` (empty where there is none) mean."""
        key = (name, id_text)
        if key not in self._known:
            self._known[key] = self._read(name, id_text)
        return self._known[key]

    def scientific(self, name: str) -> Suggestion | None:
        """The scientific name that ``name`` is another name of; ``None`` where the taxonomy does not tell."""
        faults = self.read(name, "").faults
        return next((fault.suggestion for fault in faults if fault.part is Part.NAME), None)

    def is_metagenome(self, taxon: Taxon) -> bool:
        """Whether the taxon is a "... metagenome" of the taxonomy."""
        return taxon.name.endswith(METAGENOME) and UNCLASSIFIED in self.taxonomy.lineage(taxon.id)

    def with_nearest(self, name: str, fault: TaxonFault) -> TaxonFault:
        """The fault of an unknown name, with the names that are most like it. The one slow look-up."""
        if not fault.is_unknown or fault.suggestion is not None:
            return fault
        near = nearest(self.taxonomy, name, _LISTED)
        if not near:
            return fault
        names = "; ".join(item.taxon.name for item in near)
        meant = Suggestion(near[0].taxon.name, round(min(LIKELY, near[0].likeness * LIKELY), 2))
        return replace(fault, expected=Text(names, names), suggestion=meant)

    def _read(self, name: str, id_text: str) -> Reading:
        given = int(id_text) if id_text.isascii() and id_text.isdigit() and len(id_text) <= 10 else None
        matches = self.taxonomy.find(name) if is_name(name) else ()
        if matches:
            return self._read_known(matches, given)
        if is_name(name) and name.isascii():
            return self._read_unknown(name, given)
        taxon = None if given in (None, UNIDENTIFIED) else self.taxonomy.taxon(self.taxonomy.current_id(given or 0))
        return Reading(taxon, self._id_faults(given))

    def _read_known(self, matches: tuple[NameMatch, ...], given: int | None) -> Reading:
        """A name of the taxonomy, with or without an id."""
        current = None if given is None else self.taxonomy.current_id(given)
        own = next((match for match in matches if match.taxon.id == current), None)
        best = [match for match in matches if match.kind is matches[0].kind]
        only = best[0] if len(best) == 1 else None
        if own is not None:
            taxon = None if current == UNIDENTIFIED else own.taxon
            return Reading(taxon, (*self._name_fault(own, confirmed=True), *self._id_faults(given)))
        taxon = only.taxon if only else None
        if given is None or self._may_be_another(matches[0], given):
            return Reading(taxon, self._name_fault(only, confirmed=False) if only else ())
        return Reading(taxon, (self._mismatch(best, given),))

    def _may_be_another(self, match: NameMatch, given: int) -> bool:
        """Whether the id may have the name as well, and only the snapshot does not hold it."""
        about = self.taxonomy.about
        is_own_name = match.kind in (NameKind.SCIENTIFIC, NameKind.LETTER_CASE)
        return not is_own_name and not about.is_whole and self.taxonomy.taxon(self.taxonomy.current_id(given)) is None

    def _name_fault(self, match: NameMatch, *, confirmed: bool) -> tuple[TaxonFault, ...]:
        """A name that is another than the scientific one; ``confirmed`` where the id says the same."""
        if match.kind is NameKind.SCIENTIFIC:
            return ()
        confidence = 1.0 if confirmed or match.kind is NameKind.LETTER_CASE else 0.9
        name = match.taxon.name
        return (TaxonFault(_NOT_CURRENT, Part.NAME, _SEEN[match.kind], Text(name, name), Suggestion(name, confidence)),)

    def _mismatch(self, best: list[NameMatch], given: int) -> TaxonFault:
        """Name and id are both known to mean something else."""
        named = best[0].taxon
        other = self.taxonomy.taxon(self.taxonomy.current_id(given))
        wanted = "; ".join(f"{match.taxon.id} ({match.taxon.name})" for match in best[:_LISTED])
        if other is None:
            expected, confidence = Text(wanted, wanted), 0.9
        else:
            expected = Text(f"{wanted} or {given} ({other.name})", f"{wanted} 또는 {given} ({other.name})")
            # Of a strain and its species both may be meant; of strangers the number is the one that is mistyped.
            related = named.id in self.taxonomy.lineage(other.id) or other.id in self.taxonomy.lineage(named.id)
            confidence = 0.5 if related else 0.7
        meant = Suggestion(str(named.id), confidence) if len(best) == 1 else None
        return TaxonFault(_MISMATCH, Part.ID, Text("", ""), expected, meant)

    def _read_unknown(self, name: str, given: int | None) -> Reading:
        """A name that the snapshot does not hold, with or without an id."""
        if given == UNIDENTIFIED:
            return Reading(None)
        taxon = None if given is None else self.taxonomy.taxon(self.taxonomy.current_id(given))
        if taxon is None:
            return Reading(None, (TaxonFault(_NOT_CURRENT, Part.NAME, _UNKNOWN_NAME, ANY_NAME, is_unknown=True),))
        alike = any(likeness(name, known.text) >= _ALIKE for known in self.taxonomy.names(taxon.id))
        expected = Text(f"{taxon.name} ({taxon.id})", f"{taxon.name} ({taxon.id})")
        if not alike and self.taxonomy.about.is_whole:
            meant = Suggestion(taxon.name, 0.5)
            return Reading(None, (TaxonFault(_MISMATCH, Part.NAME, Text("", ""), expected, meant),), taxon)
        meant = Suggestion(taxon.name, 0.95 if alike else 0.5)
        unknown = TaxonFault(_NOT_CURRENT, Part.NAME, _UNKNOWN_NAME, expected, meant, is_unknown=True)
        return Reading(taxon if alike else None, (unknown, *self._id_faults(given)), taxon)

    def _id_faults(self, given: int | None) -> tuple[TaxonFault, ...]:
        """An id that is not current. Of an id that a selection does not hold nothing can be said."""
        if given is None or self.taxonomy.taxon(given) is not None:
            return ()
        current = self.taxonomy.current_id(given)
        if current != given:
            text = f"{current} ({self.taxonomy.scientific_name(current)})"
            meant = Suggestion(str(current), 1.0)
            return (TaxonFault(_NOT_CURRENT, Part.ID, _MERGED_ID, Text(text, text), meant),)
        deleted = self.taxonomy.is_deleted(given)
        if not deleted and not self.taxonomy.about.is_whole:
            return ()
        return (TaxonFault(_NOT_CURRENT, Part.ID, _DELETED_ID if deleted else _UNKNOWN_ID, ANY_NAME),)


def is_name(value: str) -> bool:
    """Whether a cell may hold a name: not empty, not a word for "nothing", not several at once."""
    several = ";" in value or "//" in value
    return bool(value) and not several and not is_missing_term(value) and rejected_missing(value) is None
