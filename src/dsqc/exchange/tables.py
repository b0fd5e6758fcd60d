"""The exporters' tables: names and terms of INSDC, columns of K-BDS (``dsqc.schemas/exchange``)."""

import csv
import functools
from importlib.resources import files


@functools.cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of ``dsqc.schemas/exchange/<name>.tsv``."""
    text = files("dsqc.schemas").joinpath("exchange", f"{name}.tsv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


@functools.cache
def insdc_tags() -> dict[str, str]:
    """Tag of a sample attribute in INSDC XML, by dsqc's name; what is not in it keeps its name."""
    return {row["attribute"]: row["tag"] for row in rows("insdc_names")}


@functools.cache
def insdc_terms(element: str, parent: str = "") -> frozenset[str]:
    """What ENA's schemas take in an element: terms of a library, instrument models of a platform, kinds of files."""
    return frozenset(row["term"] for row in rows("insdc_terms") if (row["element"], row["parent"]) == (element, parent))
