"""The plan's types of data and centres: their order, names and ministries, as data of ``schemas/statistics``."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dsqc.forms.vocabulary import vocabulary
from dsqc.language import Text

PLAN_2020 = "plan_2020"
"""What the plan of 2021 reports for 2020, in the shape that figures of centres are imported in."""


@dataclass(frozen=True, slots=True)
class DataType:
    """A type of data in the plan's table, and the data types of projects that it counts."""

    code: str
    label: Text
    projects: tuple[str, ...]


@cache
def data_types() -> tuple[DataType, ...]:
    """The plan's types of data, in its order."""
    return tuple(
        DataType(row["data_type"], Text(row["label_en"], row["label_ko"]), tuple(row["project_data_types"].split(";")))
        for row in rows("data_types")
    )


@cache
def _by_project() -> dict[str, str]:
    return {name: item.code for item in data_types() for name in item.projects}


def data_type_of(project_data_type: str) -> str:
    """The plan's type for a project's.

    The first one where a project says nothing that is known (a project of another archive): every run holds reads.
    """
    return _by_project().get(project_data_type, data_types()[0].code)


@cache
def centres() -> dict[str, str]:
    """Ministry of every centre that the plan lists, in its order."""
    return {row["centre"]: row["ministry"] for row in rows("centres")}


def centre_label(code: str) -> Text:
    """Name of a centre; its code where nobody knows it."""
    return _label("data_centres", code)


def ministry_label(code: str) -> Text:
    """Name of a ministry; its code where nobody knows it."""
    return _label("ministries", code)


def _label(name: str, code: str) -> Text:
    found = vocabulary(name).lookup(code) if code else None
    return found.term.label if found else Text(code, code)


def rows(name: str) -> list[dict[str, str]]:
    """Rows of ``schemas/statistics/<name>.tsv``."""
    text = shipped(name)
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def shipped(name: str) -> str:
    """Text of ``schemas/statistics/<name>.tsv``."""
    return files("dsqc.schemas").joinpath("statistics", f"{name}.tsv").read_text(encoding="utf-8")
