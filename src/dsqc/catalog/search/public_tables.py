"""What the public export holds: seven tables, and the statements that read them a range of keys at a time.

Rows are those that a reader's search finds (``visible.is_described``): of closed submissions the attributes that the
form calls public, without files, sizes and metrics.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Select, String, case, func, null, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from dsqc.catalog.access.visible import visible_attributes
from dsqc.catalog.models import (
    WIDE_METRICS,
    DataFileRecord,
    ExperimentRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    RunSearchRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.search.visible import is_described, is_public

FORM = ("research_field", "form_version", "package")
"""Columns that say which form an object was described by."""
_HIDDEN = "_form_version"
"""Read for the visibility of attributes, not written."""


@dataclass(frozen=True, slots=True)
class PublicTable:
    """One table of the export.

    Attributes:
        name: its directory.
        key: rows are read in ranges of it, in its order.
        statement: its rows whose keys are from the first number and below the second.
        sheet: whose attributes its column ``attributes`` holds; empty where it has none.
        partition: column whose values are directories (``research_field=…``); empty: one file.
        step: keys of one range.
    """

    name: str
    key: InstrumentedAttribute[int]
    statement: Callable[[int, int], Select[Any]]
    sheet: str = ""
    partition: str = ""
    step: int = 50_000

    def ranges(self, last: int) -> Iterator[Select[Any]]:
        """The statements of all ranges up to the key ``last``."""
        for start in range(0, last + 1, self.step):
            end = start + self.step
            yield self.statement(start, end).where(self.key >= start, self.key < end).order_by(self.key)


def public_tables() -> tuple[PublicTable, ...]:
    """Every table but the metrics, whose rows are read without a question to any other table."""
    return (
        PublicTable("submissions", SubmissionRecord.id, _submissions),
        PublicTable("projects", ProjectRecord.id, _projects, "project"),
        PublicTable("samples", SampleRecord.id, _samples, "sample"),
        PublicTable("experiments", ExperimentRecord.id, _experiments, "experiment"),
        PublicTable("runs", RunSearchRecord.run_id, _runs, "run", partition="research_field"),
        PublicTable("files", DataFileRecord.id, _files),
    )


def _submissions(_start: int, _end: int) -> Select[Any]:
    described = SubmissionRecord.id.in_(_described_submissions())
    return (
        select(
            SubmissionRecord.accession.label("submission"),
            ProjectRecord.accession.label("project"),
            SubmissionRecord.research_field,
            SubmissionRecord.form_version,
            SubmissionRecord.package,
            SubmissionRecord.data_centre,
            SubmissionRecord.access_level,
            SubmissionRecord.state,
            SubmissionRecord.release_date,
        )
        .join(ProjectRecord, SubmissionRecord.project_id == ProjectRecord.id)
        .where(described)
    )


def _described_submissions() -> Select[Any]:
    """Ids of the submissions that have a run which may be told of."""
    return (
        select(RunSearchRecord.submission_id)
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .where(is_described())
        .distinct()
    )


def _described_by(key: InstrumentedAttribute[int], start: int, end: int) -> Any:
    """By objects of a range: the first submission whose runs tell of them."""
    return (
        select(key.label("key"), func.min(RunSearchRecord.submission_id).label("submission_id"))
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .where(is_described(), key >= start, key < end)
        .group_by(key)
        .subquery()
    )


def _attributes(column: Any) -> Any:
    return type_coerce(column, String).label("attributes")


def _form() -> tuple[Any, ...]:
    return (
        SubmissionRecord.research_field,
        SubmissionRecord.package,
        SubmissionRecord.form_version.label(_HIDDEN),
    )


def _projects(start: int, end: int) -> Select[Any]:
    by = _described_by(RunSearchRecord.project_id, start, end)
    return (
        select(
            ProjectRecord.accession.label("project"),
            ProjectRecord.project_type,
            ProjectRecord.data_type,
            ProjectRecord.title_en,
            ProjectRecord.title_ko,
            ProjectRecord.ministry,
            *_form(),
            _attributes(ProjectRecord.attributes),
        )
        .join(by, by.c.key == ProjectRecord.id)
        .join(SubmissionRecord, SubmissionRecord.id == by.c.submission_id)
    )


def _samples(start: int, end: int) -> Select[Any]:
    by = _described_by(RunSearchRecord.sample_id, start, end)
    return (
        select(
            SampleRecord.accession.label("sample"),
            ProjectRecord.accession.label("project"),
            SubmissionRecord.accession.label("submission"),
            SampleRecord.name,
            SampleRecord.title,
            SampleRecord.organism,
            SampleRecord.taxonomy_id,
            SampleRecord.collection_date,
            SampleRecord.geo_loc_name,
            *_form(),
            _attributes(SampleRecord.attributes),
        )
        .join(by, by.c.key == SampleRecord.id)
        .join(SubmissionRecord, SubmissionRecord.id == by.c.submission_id)
        .outerjoin(ProjectRecord, SampleRecord.project_id == ProjectRecord.id)
    )


def _experiments(start: int, end: int) -> Select[Any]:
    by = _described_by(RunSearchRecord.experiment_id, start, end)
    return (
        select(
            ExperimentRecord.accession.label("experiment"),
            SampleRecord.accession.label("sample"),
            ProjectRecord.accession.label("project"),
            SubmissionRecord.accession.label("submission"),
            ExperimentRecord.library_id,
            ExperimentRecord.title,
            ExperimentRecord.library_strategy,
            ExperimentRecord.library_source,
            ExperimentRecord.library_selection,
            ExperimentRecord.library_layout,
            ExperimentRecord.platform,
            ExperimentRecord.instrument_model,
            *_form(),
            _attributes(ExperimentRecord.attributes),
        )
        .join(by, by.c.key == ExperimentRecord.id)
        .join(SubmissionRecord, SubmissionRecord.id == by.c.submission_id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, ExperimentRecord.project_id == ProjectRecord.id)
    )


RUN_WORDS = (
    "organism",
    "taxonomy_id",
    "collection_date",
    "geo_loc_name",
    "data_centre",
    "ministry",
    "data_type",
    "platform",
    "instrument_model",
    "library_strategy",
    "library_source",
    "library_selection",
    "library_layout",
    "file_type",
    "run_date",
)
RUN_MEASURES = ("size_bytes", "file_count", *WIDE_METRICS)


def _runs(_start: int, _end: int) -> Select[Any]:
    def measured(name: str) -> Any:
        column = getattr(RunSearchRecord, name)
        return case((is_public(), column), else_=null()).label(name)

    return (
        select(
            RunSearchRecord.accession.label("run"),
            ExperimentRecord.accession.label("experiment"),
            SampleRecord.accession.label("sample"),
            ProjectRecord.accession.label("project"),
            SubmissionRecord.accession.label("submission"),
            RunRecord.alias,
            *(getattr(RunSearchRecord, name) for name in RUN_WORDS),
            SubmissionRecord.access_level,
            SubmissionRecord.state,
            *(measured(name) for name in RUN_MEASURES),
            *_form(),
            _attributes(RunRecord.attributes),
        )
        .join(RunRecord, RunSearchRecord.run_id == RunRecord.id)
        .join(ExperimentRecord, RunSearchRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, RunSearchRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, RunSearchRecord.project_id == ProjectRecord.id)
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .where(is_described())
    )


def _files(_start: int, _end: int) -> Select[Any]:
    return (
        select(
            RunSearchRecord.accession.label("run"),
            DataFileRecord.name,
            DataFileRecord.read_role,
            DataFileRecord.format,
            DataFileRecord.container,
            DataFileRecord.md5,
            DataFileRecord.sha256,
            DataFileRecord.size_bytes,
            DataFileRecord.read_count,
            DataFileRecord.base_count,
        )
        .join(RunSearchRecord, DataFileRecord.run_id == RunSearchRecord.run_id)
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .where(is_public())
    )


def public_runs() -> Select[Any]:
    """Ids and accessions of the runs whose metrics are public."""
    return (
        select(RunSearchRecord.run_id, RunSearchRecord.accession)
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
        .where(is_public())
        .order_by(RunSearchRecord.run_id)
    )


def metrics_of(first: int, end: int) -> Select[Any]:
    """All metrics of the runs whose ids are in the range, public or not: a number or a word each."""
    return select(MetricRecord.metric, MetricRecord.run_id, MetricRecord.value, MetricRecord.text).where(
        MetricRecord.run_id >= first, MetricRecord.run_id < end
    )


def only_visible(table: pa.Table, sheet: str) -> pa.Table:
    """``table`` with those of its ``attributes`` that anybody may see, and without what only says which."""
    form = zip(
        *(table.column(name).to_pylist() for name in ("research_field", _HIDDEN, "package", "attributes")), strict=True
    )
    filters: dict[tuple[str, ...], VisibleAttributes] = {}
    shown = []
    for *key, text in form:
        of_form = filters.get(tuple(key))
        if of_form is None:
            of_form = filters[tuple(key)] = VisibleAttributes(visible_attributes(*key, sheet))
        shown.append(of_form.shown(text))
    position = table.schema.get_field_index("attributes")
    table = table.set_column(position, "attributes", pa.array(shown, pa.string()))
    return table.drop_columns([_HIDDEN])


MOST_SHAPES = 8
"""Ways to fill a form that are recognised without reading the attributes."""


class VisibleAttributes:
    """Leaves of a JSON object the attributes that anybody may see.

    Most rows of a form have the same attributes one after the other. An object that is written exactly as such a row,
    with other plain texts as values, has no other attribute: it is let through as it stands, unread.
    """

    def __init__(self, visible: frozenset[str]) -> None:
        self._visible = visible
        self._shapes: dict[tuple[str, ...], Callable[[str], object]] = {}

    def shown(self, text: str) -> str:
        """The JSON object ``text`` without what is not visible."""
        for is_so in self._shapes.values():
            if is_so(text):
                return text
        attributes = json.loads(text)
        if "\\" not in text and attributes.keys() <= self._visible:
            names = tuple(attributes)
            if len(self._shapes) < MOST_SHAPES and names not in self._shapes:
                values = ", ".join(f'"{re.escape(name)}": "[^"\\\\]*"' for name in names)
                self._shapes[names] = re.compile(rf"\{{{values}\}}").fullmatch
            return text
        shown = {name: value for name, value in attributes.items() if name in self._visible}
        return json.dumps(shown, ensure_ascii=False)
