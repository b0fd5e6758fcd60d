"""What stands where in a template: columns in their order, headings, the example row, what is filled in before."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from dsqc.forms.attribute import Attribute, Requirement
from dsqc.forms.examples import own_value
from dsqc.forms.form import EXAMPLE_MARKS, HEADING_MARKS, Form, Module
from dsqc.language import Language

MARKS = dict(
    zip(
        (Requirement.MANDATORY, Requirement.ONE_OF_GROUP, Requirement.CONDITIONAL, Requirement.RECOMMENDED),
        HEADING_MARKS,
        strict=True,
    )
)
"""The sign behind a heading; it tells requirements apart where colours do not."""
ORDER = (*MARKS, Requirement.OPTIONAL)
"""Order of the columns of a sheet: what every row needs comes first."""

Languages = tuple[Language, ...]
CodesOf = Callable[..., Iterable[str]]
"""(sheet, attribute, of_module=whether a library module asks for it) -> codes of the rules that look at it."""


def no_codes(_sheet: str, _attribute: Attribute, *, of_module: bool) -> Iterable[str]:
    """Notes without codes: the forms alone do not know the rules."""
    del of_module
    return ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet; ``modules`` are the library modules that add it (none for the form's own)."""

    sheet: str
    attribute: Attribute
    modules: tuple[Module, ...] = ()


@dataclass(frozen=True)
class Template:
    """A form laid out for people.

    Attributes:
        form: the form.
        languages: languages of headings and notes, the first one of the guide's name.
        modules: ids of the library modules whose columns are shown; ``None``: all.
        codes_of: tells which rules look at an attribute; notes name them.
    """

    form: Form
    languages: Languages
    modules: frozenset[str] | None = None
    codes_of: CodesOf = no_codes

    @cached_property
    def columns(self) -> dict[str, tuple[Column, ...]]:
        """Sheet -> its columns: the object's name, then by requirement; those of modules behind, module by module."""
        return {sheet: tuple(self._columns(sheet)) for sheet in self.form.sheets}

    @property
    def shown_modules(self) -> tuple[Module, ...]:
        """The library modules whose columns are shown."""
        return tuple(item for item in self.form.modules if self.modules is None or item.id in self.modules)

    def _columns(self, sheet: str) -> Iterable[Column]:
        every = self.form.columns(sheet)
        own = [name for name in self.form.sheets[sheet].attributes if name in every]
        first, *others = own
        others.sort(key=lambda name: (ORDER.index(every[name].requirement), every[name].group, own.index(name)))
        for name in (first, *others):
            yield Column(sheet, every[name])
        behind: dict[str, list[Module]] = {}
        for module in self.shown_modules:
            for name in module.attributes if module.sheet == sheet else ():
                if name not in own:
                    behind.setdefault(name, []).append(module)
        for name, modules in behind.items():
            yield Column(sheet, every[name], tuple(modules))

    def heading(self, column: Column) -> str:
        """Label lines in the languages of the template, the first with its mark, and the attribute's name below.

        A label that only repeats the name is left out.
        """
        attribute = column.attribute
        labels = [attribute.label.get(language) for language in self.languages]
        lines = [label for label in dict.fromkeys(labels) if label.casefold().replace(" ", "_") != attribute.name]
        lines.append(attribute.name)
        mark = MARKS.get(attribute.requirement, "")
        return "\n".join([f"{lines[0]} {mark}".rstrip(), *lines[1:]])

    def example_row(self, sheet: str) -> dict[str, str]:
        """An example for every column; the first one begins with the mark that makes the reader skip the row."""
        row = {column.attribute.name: own_value(self.form, column.attribute) for column in self.columns[sheet]}
        first = next(iter(row))
        mark = EXAMPLE_MARKS[Language.KO] if Language.KO in self.languages else EXAMPLE_MARKS[Language.EN]
        return row | {first: f"{mark}: {row[first]}"}

    def filled_rows(self) -> dict[str, list[dict[str, str]]]:
        """What an empty template knows already: which form it is."""
        form = self.form
        return {"submission": [{"form_id": form.id, "form_version": form.version, "package": form.package}]}


def display_width(text: str) -> int:
    """Columns that a line takes on a screen: Korean letters are two wide."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
