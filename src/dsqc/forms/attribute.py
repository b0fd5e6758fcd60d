"""One attribute (column) of a form, and the words that describe it."""

from dataclasses import dataclass
from enum import StrEnum

from dsqc.forms.condition import Condition
from dsqc.forms.vocabulary import Pattern
from dsqc.language import Text


class Requirement(StrEnum):
    """How much a form wants an attribute, the strictest first; ``system`` is written by dsqc and is no column."""

    MANDATORY = "mandatory"
    CONDITIONAL = "conditional"
    ONE_OF_GROUP = "one_of_group"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"
    SYSTEM = "system"

    @property
    def rank(self) -> int:
        """0 for the strictest."""
        return list(Requirement).index(self)

    @property
    def label(self) -> Text:
        """In words."""
        return _REQUIREMENTS[self]


_REQUIREMENTS = {
    Requirement.MANDATORY: Text("mandatory", "필수"),
    Requirement.CONDITIONAL: Text("conditional", "조건부 필수"),
    Requirement.ONE_OF_GROUP: Text("one of a group", "택일 필수"),
    Requirement.RECOMMENDED: Text("recommended", "권장"),
    Requirement.OPTIONAL: Text("optional", "선택"),
    Requirement.SYSTEM: Text("written by dsqc", "dsqc가 기록"),
}


class Visibility(StrEnum):
    """Who may see the value once the submission is registered."""

    PUBLIC = "public"
    CONTROLLED = "controlled"
    CLOSED = "closed"


class People(StrEnum):
    """What the values of an attribute say of a person."""

    CONTACT = "contact"
    """Who answers for the submission: names, addresses and numbers of people stand here rightly."""
    LABEL = "label"
    """Names an object: a person's name may not stand here."""
    SUBJECT = "subject"
    """Pseudonym of the person that the sample is of."""
    AGE = "age"
    SEX = "sex"
    REGION = "region"
    DISEASE = "disease"


class Missing(StrEnum):
    """Whether a missing-value term may stand for a value that is required."""

    ALLOWED = "allowed"
    REPORTING = "reporting"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a sheet.

    Attributes:
        name: dsqc's name; the heading of the column.
        label: the heading for people.
        description: what to write.
        requirement: how much it is wanted; ``conditional`` is mandatory where ``condition`` holds.
        group: at least one attribute of the same group is mandatory (``one_of_group``).
        condition: when the requirement applies; ``None``: always.
        type: string, text, integer, number, quantity, enum, date, date_or_range, date_range, year, duration, taxon,
            taxid, lat_lon, geo_loc, term, envo, voucher, uri, email, filename, md5, sha256, accession,
            accession_list, id_list, string_list, kv_list, ref or pseudonym.
        pattern: what the whole value must match.
        vocabulary: name of the controlled vocabulary.
        units: units of a quantity; the first is the canonical one.
        minimum: least allowed number.
        maximum: greatest allowed number.
        missing: whether a missing-value term may stand for the value.
        literals: values taken besides (``90 or over`` for an age).
        multivalued: whether the cell may hold several values, joined by ``separator``.
        refers_to: ``sheet.attribute`` that a reference must be found in.
        kbds_requirement: the requirement that a guide to K-BDS gives, where it is doubtful; it counts in a form that
            is composed with ``kbds_strict`` only.
        people: what the value says of a person (:class:`People`).
        aliases: other headings that mean the attribute.
        layer: the most specific layer that describes it: ``core``, a package, a research field or a module.
        source: where the attribute comes from.
        status: ``sourced`` or ``derived`` (ours).
        derived_from: terms of other standards that it follows.
        note: what a curator should know: why a condition is left out, what is doubtful.
    """

    name: str
    label: Text
    description: Text
    requirement: Requirement
    type: str
    example: str = ""
    group: str = ""
    condition: Condition | None = None
    pattern: Pattern | None = None
    vocabulary: str | None = None
    units: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    missing: Missing = Missing.FORBIDDEN
    literals: tuple[str, ...] = ()
    multivalued: bool = False
    separator: str = ""
    refers_to: str = ""
    visibility: Visibility = Visibility.PUBLIC
    people: frozenset[People] = frozenset()
    kbds_requirement: Requirement | None = None
    aliases: tuple[str, ...] = ()
    layer: str = ""
    source: str = ""
    status: str = "sourced"
    derived_from: str = ""
    note: str = ""

    @property
    def missing_allowed(self) -> bool:
        """Whether some missing-value term may stand for the value."""
        return self.missing is not Missing.FORBIDDEN

    @property
    def range_text(self) -> str:
        """The allowed range as people write it (``0–14``, ``1–``); empty where there is none."""
        if self.minimum is None and self.maximum is None:
            return ""
        return f"{_plain(self.minimum)}–{_plain(self.maximum)}"


def _plain(number: float | None) -> str:
    if number is None:
        return ""
    return str(int(number)) if number == int(number) else str(number)
