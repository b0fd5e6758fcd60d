"""Filled examples: a whole valid submission for any form, made of the examples of its attributes.

One project, one sample, one library, one run and its files, tied together::

    record = example_record(compose("FIELD", "PACKAGE"))
    record["sample"][0]["organism"]
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from dsqc.errors import UsageError
from dsqc.forms.attribute import Attribute, Requirement
from dsqc.forms.compose import nearest
from dsqc.forms.example_reads import example_reads
from dsqc.forms.form import Form, Module
from dsqc.forms.ties import Ties
from dsqc.model import Cell, Row, Sheet, Submission

Record = dict[str, list[dict[str, str]]]
"""Sheet -> rows -> attribute -> value; what is empty is left out."""

PAIRED = "PAIRED"
MATES = {"R1": 1, "R2": 2}
LIBRARY = ("experiment", "library_id")


def example_record(
    form: Form,
    *,
    minimal: bool = False,
    modules: Iterable[str] = (),
    given: Mapping[str, Mapping[str, str]] | None = None,
) -> Record:
    """A complete submission that has no finding.

    Args:
        minimal: only what is mandatory in it; otherwise also what is recommended.
        modules: library modules that shall apply to its library.
        given: sheet -> attribute -> value that it shall have, empty for none; what that makes mandatory is filled in.

    Raises:
        UsageError: the form has no such module.
    """
    chosen = find_modules(form, modules)
    settled = {sheet: dict((given or {}).get(sheet, {})) for sheet in form.sheets}
    library = settled["experiment"] = _settings(chosen, "experiment") | settled["experiment"]
    record: Record = {sheet: [] if sheet in ("run", "file") else [dict(row)] for sheet, row in settled.items()}
    filling = _Filling(form, record, minimal)
    filling.fill()
    companion = _settings(chosen, "companion")
    if companion and any(item.refers_to == ".".join(LIBRARY) for item in filling.required("experiment", 0)):
        record["experiment"].append(library | companion)
        filling.fill()
    for experiment in record["experiment"]:
        _add_run(record, experiment, settled)
    filling.fill()
    return {sheet: [_ordered(form, sheet, row) for row in rows] for sheet, rows in record.items()}


def example_files(record: Record) -> dict[str, bytes]:
    """The data files of an example, by name."""
    return {row["file_name"]: _content(row["file_name"]) for row in record["file"]}


def find_modules(form: Form, ids: Iterable[str]) -> list[Module]:
    """The library modules of ``ids``, in the order of the form.

    Raises:
        UsageError: the form has no such module; the message names the nearest ones.
    """
    known = {module.id: module for module in form.modules}
    wanted = list(ids)
    for item in wanted:
        if item not in known:
            raise UsageError(f"The form {form.id} has no library module {item!r}.", hint=nearest(item, known))
    return [module for name, module in known.items() if name in wanted]


def as_submission(record: Record) -> Submission:
    """The record as if it had been read from TSV files with the columns of its rows."""
    sheets: dict[str, Sheet] = {}
    for name, rows in record.items():
        held = tuple(
            Row(name, number, {key: Cell(value, value, number, "A") for key, value in row.items()})
            for number, row in enumerate(rows, start=2)
        )
        sheets[name] = Sheet(name, f"{name}.tsv", (), held)
    return Submission(sheets)


def own_value(form: Form, attribute: Attribute) -> str:
    """The attribute's example; for what names the form, this form."""
    own = {"form_id": form.id, "form_version": form.version, "package": form.package}
    return own.get(attribute.name, attribute.example) if attribute.layer == "core" else attribute.example


class _Filling:
    """Fills the rows of a record until the form asks for nothing more."""

    def __init__(self, form: Form, record: Record, minimal: bool) -> None:
        self._form = form
        self._record = record
        self._minimal = minimal
        self._columns = {sheet: form.columns(sheet) for sheet in form.sheets}
        self._members = {sheet: set(_group_members(form, sheet)) for sheet in form.sheets}

    def fill(self) -> None:
        """What stands without a condition first: conditions look at it."""
        self._put(item for item in self._wanted() if item[2].condition is None)
        while missing := list(self._wanted()):
            self._put(missing)

    def required(self, sheet: str, index: int) -> list[Attribute]:
        """Attributes of one row that are mandatory in it."""
        submission = as_submission(self._record)
        values = Ties(submission).values(submission.rows(sheet)[index])
        return [
            item
            for item in self._columns[sheet].values()
            if item.requirement in (Requirement.MANDATORY, Requirement.CONDITIONAL)
            and (item.condition is None or item.condition.holds(values))
        ]

    def _wanted(self) -> Iterator[tuple[str, dict[str, str], Attribute]]:
        submission = as_submission(self._record)
        ties = Ties(submission)
        for sheet, columns in self._columns.items():
            for row, held in zip(self._record[sheet], submission.rows(sheet), strict=True):
                values = ties.values(held)
                for item in columns.values():
                    if item.name in row or not self._is_asked(sheet, item):
                        continue
                    if item.condition is None or item.condition.holds(values):
                        yield sheet, row, item

    def _is_asked(self, sheet: str, item: Attribute) -> bool:
        if item.requirement in (Requirement.MANDATORY, Requirement.CONDITIONAL):
            return True
        if item.requirement is Requirement.ONE_OF_GROUP:
            return item.name in self._members[sheet]
        is_left_empty = self._form.examples.get(sheet, {}).get(item.name) == ""
        return item.requirement is Requirement.RECOMMENDED and not self._minimal and not is_left_empty

    def _put(self, wanted: Iterable[tuple[str, dict[str, str], Attribute]]) -> None:
        for sheet, row, item in list(wanted):
            row[item.name] = self._value(sheet, row, item)

    def _value(self, sheet: str, row: dict[str, str], item: Attribute) -> str:
        content = _content(row["file_name"]) if sheet == "file" else b""
        if item.type == "md5":
            return hashlib.md5(content, usedforsecurity=False).hexdigest()
        if item.name == "size_bytes":
            return str(len(content))
        target, _point, key = item.refers_to.partition(".")
        if target and target != sheet and self._record[target]:
            return self._record[target][0].get(key) or own_value(self._form, self._columns[target][key])
        if (target, key) == LIBRARY and sheet == "experiment":
            return self._companion(item)
        return own_value(self._form, item)

    def _companion(self, item: Attribute) -> str:
        """The library that another one refers to."""
        names = (
            module.examples.get("companion", {}).get("library_id")
            for module in self._form.modules
            if item.name in module.attributes
        )
        return next(filter(None, names), item.example)


def _group_members(form: Form, sheet: str) -> Iterator[str]:
    """Of each group the member that the form's examples name, else the first that they do not leave empty."""
    examples = form.examples.get(sheet, {})
    for members in form.sheets[sheet].groups().values():
        asked = [
            name for name in members if form.sheets[sheet].attributes[name].requirement is Requirement.ONE_OF_GROUP
        ]
        named = [name for name in asked if examples.get(name)]
        free = [name for name in asked if examples.get(name) != ""]
        yield (named or free or asked)[0]


def _settings(modules: Iterable[Module], part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for module in modules:
        found |= module.examples.get(part, {})
    return found


def _add_run(record: Record, experiment: dict[str, str], settled: Mapping[str, dict[str, str]]) -> None:
    """A run of a library, and its files: both mates of a paired library."""
    library = experiment["library_id"]
    run = f"{library}_run1"
    record["run"].append({"run_alias": run, "library_id": library} | settled["run"])
    if experiment.get("library_layout") == PAIRED:
        files = [{"file_name": f"{library}_{role}.fastq.gz", "run_alias": run, "read_role": role} for role in MATES]
    else:
        files = [{"file_name": f"{library}.fastq.gz", "run_alias": run}]
    record["file"].extend(file | settled["file"] for file in files)


def _content(file_name: str) -> bytes:
    library, underscore, role = file_name.removesuffix(".fastq.gz").rpartition("_")
    return example_reads(library, MATES[role]) if underscore and role in MATES else example_reads(file_name, 1)


def _ordered(form: Form, sheet: str, row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in form.columns(sheet) if row.get(name)}
