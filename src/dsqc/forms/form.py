"""A composed form: what one submission of a research field and a BioSample package has to fill in."""

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

from dsqc.forms.attribute import Attribute, Requirement
from dsqc.forms.condition import AllOf, Condition
from dsqc.forms.fields import ResearchField
from dsqc.forms.fitting import Examples
from dsqc.forms.merge import merge
from dsqc.forms.organisms import Organisms
from dsqc.language import Language, Text

HEADING_MARKS = "*◆▲○"
"""Signs that templates put behind a heading, one a requirement; they are no part of it."""
EXAMPLE_MARKS = {Language.EN: "#example", Language.KO: "예시"}
"""How the first cell of a template's example row begins; such rows are not read."""


@dataclass(frozen=True, slots=True)
class SheetForm:
    """One sheet: its columns, without those that only a library module adds."""

    name: str
    label: Text
    attributes: dict[str, Attribute]

    def columns(self) -> dict[str, Attribute]:
        """What submitters fill in: what dsqc writes itself (requirement ``system``) is no column."""
        return {name: item for name, item in self.attributes.items() if item.requirement is not Requirement.SYSTEM}

    def labels(self) -> dict[str, str]:
        """Headings that mean its own columns; as :func:`labels`."""
        return _sheet_labels(self.columns())

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Groups of attributes of which at least one must be given; a conditional member satisfies its group too."""
        found: dict[str, list[Attribute]] = {}
        for attribute in self.attributes.values():
            if attribute.group:
                found.setdefault(attribute.group, []).append(attribute)
        return {
            group: tuple(member.name for member in members)
            for group, members in found.items()
            if any(member.requirement is Requirement.ONE_OF_GROUP for member in members)
        }


@dataclass(frozen=True, slots=True)
class Module:
    """A library module: further attributes of ``sheet`` in the rows where ``condition`` holds.

    ``examples`` holds values under which it applies (``experiment``), and what is other in a second library that its
    attributes refer to (``companion``).
    """

    id: str
    label: Text
    sheet: str
    condition: Condition
    attributes: dict[str, Attribute]
    examples: Examples = dataclass_field(default_factory=dict)

    def as_conditional(self) -> dict[str, Attribute]:
        """The module's attributes as columns of the whole sheet: what they want, they want where the module applies."""
        return {name: _within(attribute, self.condition) for name, attribute in self.attributes.items()}


@dataclass(frozen=True, slots=True)
class Form:
    """A form of one version, composed for one package.

    Attributes:
        id: id of the research field.
        version: semantic version of the form.
        field: the research field.
        package: the BioSample package.
        package_kind: ``standard`` or ``MIMS``.
        sheets: the six sheets by name, in the order of the workbook.
        modules: the library modules.
        organisms: what the package asks of the organism.
        kbds_strict: whether the doubtful requirements of the K-BDS guide count.
        examples: values that fit together, by sheet; an empty one leaves its attribute empty in a filled example.
    """

    id: str
    version: str
    field: ResearchField
    package: str
    package_kind: str
    sheets: dict[str, SheetForm]
    modules: tuple[Module, ...]
    organisms: Organisms
    kbds_strict: bool = False
    examples: Examples = dataclass_field(default_factory=dict)
    _columns: dict[str, dict[str, Attribute]] = dataclass_field(default_factory=dict, repr=False, compare=False)

    @property
    def reference(self) -> str:
        """``form_id@version``."""
        return f"{self.id}@{self.version}"

    def columns(self, sheet: str) -> dict[str, Attribute]:
        """Every column that ``sheet`` may have; those of modules as conditional attributes.

        What dsqc writes itself (requirement ``system``) is no column.
        """
        if sheet not in self._columns:
            self._columns[sheet] = self._merge_modules(sheet)
        return dict(self._columns[sheet])

    def _merge_modules(self, sheet: str) -> dict[str, Attribute]:
        found = self.sheets[sheet].columns()
        for module in self.modules:
            if module.sheet != sheet:
                continue
            for name, attribute in module.as_conditional().items():
                found[name] = merge(found[name], attribute) if name in found else attribute
        return found


def _within(attribute: Attribute, condition: Condition) -> Attribute:
    narrowed = condition if attribute.condition is None else AllOf((condition, attribute.condition))
    requirement = attribute.requirement
    if requirement is Requirement.MANDATORY:
        requirement = Requirement.CONDITIONAL
    return replace(attribute, requirement=requirement, condition=narrowed)


def labels(form: Form) -> dict[str, dict[str, str]]:
    """For reading a submission: sheet -> {heading -> attribute}.

    Headings that mean an attribute: its name, its label in both languages, and its other names; each as it is written
    and as :func:`fold_heading` gives it. A heading that would mean two attributes of a sheet means the one whose name
    or label it is, and none where it is an other name of both.
    """
    return {sheet: _sheet_labels(form.columns(sheet)) for sheet in form.sheets}


def fold_heading(text: str) -> str:
    """A heading with single blanks and without letter case."""
    return " ".join(text.split()).casefold()


def _sheet_labels(columns: dict[str, Attribute]) -> dict[str, str]:
    found: dict[str, str] = {}
    for choose in (_names, _own_labels):
        for attribute in columns.values():
            for text in choose(attribute):
                found.setdefault(text, attribute.name)
    others: dict[str, set[str]] = {}
    for attribute in columns.values():
        for alias in attribute.aliases:
            for text in _spellings(alias):
                others.setdefault(text, set()).add(attribute.name)
    for text, names in others.items():
        if len(names) == 1:
            found.setdefault(text, next(iter(names)))
    return found


def _names(attribute: Attribute) -> tuple[str, ...]:
    return _spellings(attribute.name)


def _own_labels(attribute: Attribute) -> tuple[str, ...]:
    return (*_spellings(attribute.label.ko), *_spellings(attribute.label.en))


def _spellings(text: str) -> tuple[str, ...]:
    return (text, fold_heading(text))
