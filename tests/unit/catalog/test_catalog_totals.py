"""Figures are those of a full count whatever was registered, corrected, released or withdrawn; and verify says so."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import append_event
from dsqc.catalog.figures.counting import DIMENSIONS, count_cells
from dsqc.catalog.figures.statistics import statistics
from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    MetricRecord,
    ObjectCopyRecord,
    ObjectRecord,
    ProjectRecord,
    RunRecord,
    RunTotalRecord,
    SampleRecord,
    StoredTotalRecord,
    SubmissionRecord,
    SubmissionTotalRecord,
)
from dsqc.catalog.outcomes import Actor
from dsqc.catalog.search.reindex import reindex
from dsqc.catalog.search.totals import wrong_totals
from dsqc.catalog.verify import verify_catalog
from dsqc.catalog.versions.withdrawing import Named, withdraw
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.full_count import Count, full_count
from helpers.holdings import add_submission
from helpers.results import Judged

TOTALS = {
    "submissions": SubmissionRecord,
    "projects": ProjectRecord,
    "samples": SampleRecord,
    "experiments": ExperimentRecord,
    "runs": RunRecord,
    "data_files": DataFileRecord,
    "objects": ObjectRecord,
}
Row = TypeVar("Row")
Step = tuple[str, int, str]
STATES = ("registered", "released", "held", "closed", "withdrawn")
WORDS = ("Oryza sativa", "Zea mays", "소", "")
CORRECTED: dict[str, tuple[Any, str]] = {
    "organism": (SampleRecord, "organism"),
    "platform": (ExperimentRecord, "platform"),
    "strategy": (ExperimentRecord, "library_strategy"),
    "ministry": (ProjectRecord, "ministry"),
    "data type": (ProjectRecord, "data_type"),
    "field": (SubmissionRecord, "research_field"),
    "centre": (SubmissionRecord, "data_centre"),
    "quality": (SubmissionRecord, "verdict"),
}
"""What a step corrects: the table and its column."""
STEPS = ("add", "state", "access", "sizes", "bases", "drop file", "drop run", "move", "taken back", *CORRECTED)
STEPS = (*STEPS, "copy", "drop copies", "move copies", "foreign sample")
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 10**6), st.sampled_from(WORDS)), max_size=6)


@settings(
    # The catalog keeps what an example did, so a failing one cannot be made smaller by trying again.
    phases=(Phase.explicit, Phase.generate), max_examples=6, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps, st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=4), st.integers(0, 700))
def test_figures_are_those_of_a_full_count(
    module_station: Station, taken: list[Step], dimensions: list[str], days: int
) -> None:
    """The catalog grows from example to example: every state of it is one to be counted."""
    zone = module_station.figures.zone
    periods = [name for name in dimensions if name in ("year", "quarter", "month")]
    dimensions = [name for name in dimensions if name not in periods[1:]]
    with Catalog.open(module_station) as catalog:
        for step in (("add", 1, "Zea mays"), *taken):
            if step[0] == "taken back":
                catalog.rehearse(lambda session, step=step: take(session, ("drop run", *step[1:])))  # type: ignore[misc]
            else:
                catalog.write(lambda session, step=step: take(session, step))  # type: ignore[misc]
        with catalog.reading() as session:
            for day in (None, date(2024, 6, 1) + timedelta(days)):
                counted = counts(session, dimensions, zone=zone, as_of=day)
                assert counted == full_count(session, dimensions, zone, day)
            assert wrong_totals(session) == []
            agree_in_all(session)


def agree_in_all(session: Session) -> None:
    """The totals of ``dsqc catalog stats`` are those of the tables."""
    found = statistics(session)
    for name, table in TOTALS.items():
        assert found["totals"][name] == len(session.scalars(select(table)).all()), name
    copies: Counter[str] = Counter()
    for copy in session.scalars(select(ObjectCopyRecord)):
        copies[copy.tier] += copy.stored_size_bytes
    assert found["stored_bytes_by_tier"] == copies


def counts(session: Session, dimensions: list[str], **options: Any) -> Count:
    """What figures are made of, as a full count has it."""
    found = {}
    for cell in count_cells(session, dimensions, **options):
        open_, closed = cell.open, cell.closed
        found[cell.key] = [open_.runs, open_.bytes, open_.bases, closed.runs, closed.bytes, closed.bases]
    return found


def take(session: Session, step: Step) -> None:
    """Do what a step says, to a row that its number chooses."""
    kind, number, word = step
    if kind == "add":
        at = (datetime(2024, 6, 1, tzinfo=UTC) + timedelta(number % 700)).strftime("%Y-%m-%dT%H:%M")
        access = ("open", "closed")[number % 2]
        states = {"registered": at}
        add_submission(session, number % 3 + 1, size_bytes=number, organism=word, access=access, states=states)
    elif kind == "state":
        submission = chosen(session, SubmissionRecord, number)
        submission.state = STATES[number % len(STATES)]
        session.flush()
        moment = datetime(2024, 6, 1, tzinfo=UTC) + timedelta(number % 700)
        append_event(session, submission, submission.state, actor="test", clock=lambda: moment)
    elif kind == "access":
        chosen(session, SubmissionRecord, number).access_level = ("open", "closed")[number % 2]
    elif kind in ("copy", "drop copies", "move copies"):
        _change_copies(session, kind, number, word)
    elif kind == "foreign sample":
        sample = chosen(session, SampleRecord, number)
        sample.submission_id = None if sample.submission_id else chosen(session, SubmissionRecord, number).id
    elif kind in CORRECTED:
        table, name = CORRECTED[kind]
        setattr(chosen(session, table, number), name, word)
    else:
        _change_runs(session, kind, number)


def _change_copies(session: Session, kind: str, number: int, word: str) -> None:
    stored = chosen(session, ObjectRecord, number)
    tier = ("public", "closed")[number % 2]
    if kind == "copy":
        place = f"{word}{number}{len(stored.copies)}"
        copy = ObjectCopyRecord(object_id=stored.id, tier=tier, key=place, place=place, stored_sha256="")
        copy.stored_size_bytes = number
        session.add(copy)
    elif kind == "move copies":
        session.execute(update(ObjectCopyRecord).values(tier=tier, verified_at=word))
    else:
        session.execute(delete(ObjectCopyRecord).where(ObjectCopyRecord.object_id == stored.id))


def _change_runs(session: Session, kind: str, number: int) -> None:
    run = chosen(session, RunRecord, number).id
    if kind == "sizes":
        session.execute(update(DataFileRecord).where(DataFileRecord.run_id == run).values(size_bytes=number))
    elif kind == "bases":
        session.execute(update(DataFileRecord).where(DataFileRecord.run_id == run).values(base_count=None))
    elif kind == "drop file":
        session.execute(delete(DataFileRecord).where(DataFileRecord.run_id == run))
    elif kind == "move":
        session.get_one(RunRecord, run).experiment_id = chosen(session, ExperimentRecord, number // 7).id
    elif kind == "drop run":
        for table, key in ((DataFileRecord, "run_id"), (MetricRecord, "run_id"), (RunRecord, "id")):
            session.execute(delete(table).where(getattr(table, key) == run))


def chosen(session: Session, table: type[Row], number: int) -> Row:
    """One of the rows of ``table``."""
    rows = session.scalars(select(table).order_by(table.id)).all()  # type: ignore[attr-defined]
    return rows[number % len(rows)]


def test_figures_follow_registration_correction_and_withdrawal(station: Station, tmp_path: Path) -> None:
    """By the station's own ways, killed ones among them: a figure that is told was never anything else."""
    everything = [name for name in DIMENSIONS if name not in ("quarter", "month")]

    def agree(catalog: Catalog) -> Count:
        with catalog.reading() as session:
            counted = counts(session, everything, zone=station.figures.zone)
            assert counted == full_count(session, everything, station.figures.zone)
            return counted

    with Catalog.open(station) as catalog:
        register(*Judged().write(tmp_path), station)
        first = agree(catalog)
        register(*Judged(organism="Zea mays").write(tmp_path), station)
        corrected = agree(catalog)
        assert first.keys() != corrected.keys()
        register(
            *Judged(name="maize", email="lee@other.ac.kr", access="closed", prefix="m").write(tmp_path, station),
            station,
        )
        agree(catalog)
        named = Named("maize", "lee@other.ac.kr")
        catalog.write(lambda session: withdraw(session, named, by="Park", reason="asked", actor=Actor("test")))
        agree(catalog)


def test_verify_tells_of_totals_that_are_wrong_and_reindex_mends_them(station: Station) -> None:
    changes: list[Callable[[], Any]] = [
        lambda: update(RunTotalRecord).values(size_bytes=RunTotalRecord.size_bytes + 1),
        lambda: update(RunTotalRecord).values(file_bases=0),
        lambda: delete(RunTotalRecord),
        lambda: update(SubmissionTotalRecord).values(samples=5),
        lambda: delete(SubmissionTotalRecord),
    ]
    with Catalog.open(station) as catalog:
        name = catalog.write(lambda session: add_submission(session, 2).accession)
        for change in changes:
            catalog.write(lambda session, change=change: session.execute(change()))  # type: ignore[misc]
            assert problems(catalog) == [("total", name)]
            reindex(catalog)
            assert problems(catalog) == []
        catalog.write(lambda session: _change_copies(session, "copy", 7, "a"))
        catalog.write(lambda session: session.execute(update(StoredTotalRecord).values(number=3)))
        assert problems(catalog) == [("total", "copies in closed"), ("total", "objects")]
        reindex(catalog)
        assert problems(catalog) == []


def test_totals_of_what_is_gone_are_told_and_removed(station: Station) -> None:
    with Catalog.open(station) as catalog:
        name = catalog.write(lambda session: add_submission(session, 1).accession)
        with catalog.reading() as session:
            left = dict(session.execute(select(RunTotalRecord.__table__)).mappings().one())
        catalog.write(lambda session: _change_runs(session, "drop run", 0))
        with catalog.reading() as session:
            assert counts(session, [], zone=station.figures.zone) == {}
        catalog.write(lambda session: session.add(RunTotalRecord(**left)))
        assert problems(catalog) == [("total", name)]
        reindex(catalog)
        assert problems(catalog) == []


def problems(catalog: Catalog) -> list[tuple[str, str]]:
    with catalog.reading() as session:
        found = verify_catalog(session, lambda _place, _key: 0).problems
    return [(item.kind, item.name) for item in found if item.kind == "total"]
