"""Keeping what runs are searched by in step with the other tables.

:class:`Watch` notes in a writing session which runs are touched, and writes their rows anew before the transaction
ends; so no writer has to think of it. ``dsqc catalog reindex`` writes all of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, delete, event, func, insert, inspect, select, true
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, Session
from sqlalchemy.orm.unitofwork import UOWTransaction

from dsqc.catalog.access.visible import visible_attributes
from dsqc.catalog.models import (
    WIDE_METRICS,
    Base,
    DataFileRecord,
    ExperimentRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    RunSearchRecord,
    RunTextRecord,
    SampleRecord,
    SearchValueRecord,
    SubmissionRecord,
)
from dsqc.catalog.resolve import is_secret
from dsqc.catalog.search.folding import fold
from dsqc.catalog.search.totals import add_up

CHUNK = 500
"""Runs that are written at once."""
_FROM = {
    SampleRecord: ("organism", "taxonomy_id", "collection_date", "geo_loc_name"),
    SubmissionRecord: ("research_field", "package", "data_centre"),
    ProjectRecord: ("ministry", "data_type"),
    ExperimentRecord: (
        "platform",
        "instrument_model",
        "library_strategy",
        "library_source",
        "library_selection",
        "library_layout",
    ),
    RunRecord: ("file_type", "run_date"),
}
"""Where the columns of ``run_search`` come from."""
_COPIED: tuple[Any, ...] = tuple(getattr(table, name) for table, names in _FROM.items() for name in names)
VALUE_COLUMNS = tuple(name for names in _FROM.values() for name in names if name != "taxonomy_id")
"""Columns of words, whose spellings stand in ``search_value``."""

Row = dict[str, Any]
Key = TypeVar("Key", int, tuple[str, str])


def refresh(session: Session, run_ids: Iterable[int], submissions: Iterable[int] = ()) -> int:
    """Write the rows of these runs anew, or remove them where the run is gone; and the totals they are part of.

    Args:
        submissions: whose totals besides; of a run that is gone nothing here says any more whose it was.

    Returns:
        How many runs were written.
    """
    written = 0
    owners = set(submissions)
    for part in _parts(set(run_ids)):
        indexed = select(RunSearchRecord.submission_id).where(RunSearchRecord.run_id.in_(part))
        owners.update(session.scalars(indexed.distinct()))
        session.execute(delete(RunSearchRecord).where(RunSearchRecord.run_id.in_(part)))
        session.execute(delete(RunTextRecord).where(RunTextRecord.run_id.in_(part)))
        rows, texts = _rows_of(session, part)
        if rows:
            session.execute(insert(RunSearchRecord), rows)
            session.execute(insert(RunTextRecord), texts)
            _add_values(session, rows)
        owners.update(row["submission_id"] for row in rows)
        written += len(rows)
    for chosen in _parts(owners):
        add_up(session, chosen)
    return written


def fill(session: Session) -> int:
    """Write the rows of runs that have none; how many these were."""
    missing = ~select(RunSearchRecord.run_id).where(RunSearchRecord.run_id == RunRecord.id).exists()
    return refresh(session, session.scalars(select(RunRecord.id).where(missing)).all())


def _rows_of(session: Session, run_ids: Sequence[int]) -> tuple[list[Row], list[Row]]:
    files = _sums_of_files(session, run_ids)
    metrics = _wide_metrics(session, run_ids)
    rows, texts = [], []
    for found in session.execute(_statement(run_ids)).mappings():
        copied = {column.key: found[column.key] for column in _COPIED}
        owners = {f"{name}_id": found[f"{name}_id"] for name in ("submission", "project", "sample", "experiment")}
        rows.append(
            {
                "run_id": found["run_id"],
                "accession": found["run_accession"],
                "is_secret": is_secret(found["project_attributes"]) or is_secret(found["own_project_attributes"]),
                **owners,
                **copied,
                **files.get(found["run_id"], {"size_bytes": 0, "file_count": 0, "file_bases": 0}),
                **dict.fromkeys(WIDE_METRICS),
                **metrics.get(found["run_id"], {}),
            }
        )
        texts.append(words_of(dict(found)))
    return rows, texts


def _statement(run_ids: Sequence[int]) -> Select[Any]:
    return (
        select(
            RunRecord.id.label("run_id"),
            RunRecord.submission_id,
            RunRecord.experiment_id,
            ExperimentRecord.sample_id,
            ExperimentRecord.project_id,
            RunRecord.accession.label("run_accession"),
            ExperimentRecord.accession.label("experiment_accession"),
            SampleRecord.accession.label("sample_accession"),
            ProjectRecord.accession.label("project_accession"),
            SubmissionRecord.accession.label("submission_accession"),
            SubmissionRecord.alias.label("submission_alias"),
            SubmissionRecord.form_version,
            RunRecord.attributes.label("run_attributes"),
            ExperimentRecord.attributes.label("experiment_attributes"),
            SampleRecord.attributes.label("sample_attributes"),
            ProjectRecord.attributes.label("project_attributes"),
            SubmissionRecord.project_attributes.label("own_project_attributes"),
            *_COPIED,
        )
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, ExperimentRecord.project_id == ProjectRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(RunRecord.id.in_(run_ids))
        .order_by(RunRecord.id)
    )


def _sums_of_files(session: Session, run_ids: Sequence[int]) -> dict[int, Row]:
    query = (
        select(
            DataFileRecord.run_id,
            func.sum(DataFileRecord.size_bytes),
            func.count(),
            func.coalesce(func.sum(DataFileRecord.base_count), 0),
        )
        .where(DataFileRecord.run_id.in_(run_ids))
        .group_by(DataFileRecord.run_id)
    )
    return {
        run: {"size_bytes": int(size), "file_count": count, "file_bases": int(bases)}
        for run, size, count, bases in session.execute(query)
    }


def _wide_metrics(session: Session, run_ids: Sequence[int]) -> dict[int, Row]:
    query = select(MetricRecord.run_id, MetricRecord.metric, MetricRecord.value).where(
        MetricRecord.run_id.in_(run_ids), MetricRecord.metric.in_(WIDE_METRICS)
    )
    found: dict[int, Row] = defaultdict(dict)
    for run, metric, value in session.execute(query):
        found[run][metric] = value
    return found


def words_of(found: Mapping[str, Any]) -> Row:
    """The row of ``run_text``: accessions, aliases and attributes, those that are not public apart."""
    form = (found["research_field"], found["form_version"], found["package"])
    kinds = ("run", "experiment", "sample", "project", "submission")
    shown = {found[f"{kind}_accession"] or "": None for kind in kinds} | {found["submission_alias"]: None}
    inner: dict[str, None] = {}
    for sheet, name in (*((kind, f"{kind}_attributes") for kind in kinds[:4]), ("project", "own_project_attributes")):
        visible = visible_attributes(*form, sheet)
        for attribute, value in found[name].items():
            (shown if attribute in visible else inner)[str(value)] = None
    # A line break between values: a phrase never spans two of them.
    return {
        "run_id": found["run_id"],
        "words": "\n".join(filter(None, map(fold, shown))),
        "inner_words": "\n".join(filter(None, map(fold, inner))),
    }


def _add_values(session: Session, rows: Sequence[Row]) -> None:
    wanted = {(name, row[name]) for row in rows for name in VALUE_COLUMNS if row[name]}
    known = set()
    for part in _parts(wanted):
        query = select(SearchValueRecord.name, SearchValueRecord.value).where(
            SearchValueRecord.value.in_({value for _, value in part})
        )
        known |= {(name, value) for name, value in session.execute(query)}
    if wanted - known:
        session.execute(insert(SearchValueRecord), value_rows(wanted - known))


def value_rows(values: Iterable[tuple[str, str]]) -> list[Row]:
    """Rows of ``search_value``."""
    return [{"name": name, "value": value, "folded": fold(value)} for name, value in sorted(values)]


_WATCHED: dict[type[Base], tuple[str, ...]] = {
    SubmissionRecord: ("accession", "alias", "form_version", "project_attributes", *_FROM[SubmissionRecord]),
    ProjectRecord: ("accession", "attributes", *_FROM[ProjectRecord]),
    SampleRecord: ("accession", "attributes", *_FROM[SampleRecord]),
    ExperimentRecord: ("accession", "attributes", "sample_id", "project_id", *_FROM[ExperimentRecord]),
    RunRecord: ("accession", "attributes", "experiment_id", "submission_id", *_FROM[RunRecord]),
    DataFileRecord: ("size_bytes", "base_count", "run_id"),
    MetricRecord: ("value", "run_id"),
}
"""Columns whose change is a change of what is searched. States are none of them: a search asks for those live."""
_KEYS: dict[type[Base], InstrumentedAttribute[int]] = {
    SubmissionRecord: SubmissionRecord.id,
    ProjectRecord: ProjectRecord.id,
    SampleRecord: SampleRecord.id,
    ExperimentRecord: ExperimentRecord.id,
    RunRecord: RunRecord.id,
    DataFileRecord: DataFileRecord.run_id,
    MetricRecord: MetricRecord.run_id,
}


class Watch:
    """Notes what a session changes of the watched tables, object by object or by statements over many rows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._touched: dict[type[Base], set[int]] = defaultdict(set)
        self._lost_runs: set[int] = set()
        """Submissions of runs that were deleted; their rows of ``run_search`` went with them."""
        event.listen(session, "after_flush", self._after_flush)
        event.listen(session, "do_orm_execute", self._before_statement)

    def finish(self) -> None:
        """Write the rows of all runs that were touched."""
        self._session.flush()
        event.remove(self._session, "do_orm_execute", self._before_statement)
        runs = {run for table, keys in self._touched.items() for run in _runs_of(self._session, table, keys)}
        refresh(self._session, runs, self._lost_runs)

    def _after_flush(self, session: Session, _context: UOWTransaction) -> None:
        for item in (*session.new, *session.dirty, *session.deleted):
            table = type(item)
            if table in _WATCHED and (item in session.new or item in session.deleted or _has_changed(item)):
                key = inspect(item).dict.get(_KEYS[table].key)
                self._touched[table].add(getattr(item, _KEYS[table].key) if key is None else key)
            if isinstance(item, RunRecord) and item in session.deleted:
                self._lost_runs.add(item.submission_id)

    def _before_statement(self, state: ORMExecuteState) -> None:
        table = state.bind_mapper.class_ if state.bind_mapper else None
        if table not in _WATCHED or not (state.is_insert or state.is_update or state.is_delete):
            return
        key = _KEYS[table]
        given: list[Mapping[str, Any]] = []
        if state.parameters:
            given = [state.parameters] if isinstance(state.parameters, Mapping) else list(state.parameters)
        self._touched[table].update(row[key.key] for row in given if key.key in row)
        where: ColumnElement[bool] | None = getattr(state.statement, "whereclause", None)
        if not state.is_insert and (where is not None or not given):
            chosen = true() if where is None else where
            self._touched[table].update(state.session.scalars(select(key).where(chosen)))
            if table is RunRecord and state.is_delete:
                self._lost_runs.update(state.session.scalars(select(RunRecord.submission_id).where(chosen).distinct()))


def _has_changed(item: Base) -> bool:
    attributes = inspect(item).attrs
    return any(attributes[name].history.has_changes() for name in _WATCHED[type(item)])


def _runs_of(session: Session, table: type[Base], keys: set[int]) -> Iterator[int]:
    """Runs that have to do with these rows."""
    if table in (RunRecord, DataFileRecord, MetricRecord):
        yield from keys
        return
    runs = select(RunRecord.id).join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
    column = {
        SubmissionRecord: RunRecord.submission_id,
        ProjectRecord: ExperimentRecord.project_id,
        SampleRecord: ExperimentRecord.sample_id,
        ExperimentRecord: ExperimentRecord.id,
    }[table]
    for part in _parts(keys):
        yield from session.scalars(runs.where(column.in_(part)))


def _parts(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """``keys`` in their order, a chunk at a time."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
