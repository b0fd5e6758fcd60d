"""What may be told of a record: no value of an attribute that is not public is ever in a view of the public."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from dsqc.catalog.access import (
    PUBLIC,
    Audience,
    Standing,
    has_public_data,
    is_described,
    is_listed,
    is_public,
    public_view,
    view_by_accession,
)
from dsqc.catalog.events import append_event
from dsqc.catalog.models import (
    Base,
    DataFileRecord,
    DisclosureRecord,
    ExperimentRecord,
    MetricRecord,
    ObjectRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.resolve import security_term
from dsqc.forms import Visibility, compose
from dsqc.model import SubmissionState as State

FORMS = [("seed_crop", "Plant_fungi"), ("precision_medicine", "Human"), ("infectious_disease", "Clinical_pathogen")]
READER = Audience("reader", frozenset({"KRA1"}))
STRANGER = Audience("stranger", frozenset({"KRA2", "KAP2"}))


@dataclass(frozen=True)
class Case:
    """One submission and who asks about it."""

    form: tuple[str, str]
    state: State
    access: str
    secret: bool
    audience: Audience
    registered: bool = True


CASES = st.builds(
    Case,
    st.sampled_from(FORMS),
    st.sampled_from(list(State)),
    st.sampled_from(["open", "controlled", "closed"]),
    st.booleans(),
    st.sampled_from([PUBLIC, READER, STRANGER]),
    st.booleans(),
)


def secret_of(sheet: str, name: str) -> str:
    return f"<{sheet}.{name}>"


def values_of(case: Case, sheet: str) -> dict[str, Any]:
    """A value for every attribute of the form, and one that the form does not know."""
    columns = compose(case.form[0], case.form[1], "1.0.0").columns(sheet)
    return {name: secret_of(sheet, name) for name in [*columns, "unknown_to_the_form"]}


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


def records(session: Session, case: Case) -> list[Any]:
    """A submission with one record of each type, in a session that is never committed."""
    level = "closed" if case.access == "closed" else "open"
    words = values_of(case, "project") | ({"security_class": security_term()} if case.secret else {})
    common = {"accession": "KAP1", "minted": True, "submitter": "<who>", "alias": "<alias>"}
    columns = {"project_type": "", "data_type": "", "title_en": "<t>", "title_ko": "<t>", "ministry": ""}
    project = ProjectRecord(**common, **columns, attributes=words)
    session.add(project)
    session.flush()
    submission = SubmissionRecord(
        submitter="<who>",
        alias="<alias>",
        accession="KRA1" if case.registered else None,
        state=case.state.value,
        content_sha256="",
        verdict="pass",
        verdict_sha256="",
        research_field=case.form[0],
        form_version="1.0.0",
        package=case.form[1],
        data_centre="",
        access_level=level,
        release_date="",
        project_id=project.id,
        attributes=values_of(case, "submission") | {"access_level": case.access},
        project_attributes=words,
        reasons=[],
    )
    session.add(submission)
    session.flush()
    if case.state is State.WITHDRAWN:
        append_event(session, submission, "withdrawn", actor="<curator>", reason="wrong organism")
    disclosure = dict.fromkeys(
        ["extended_from", "leaving", "requester", "approver", "approval_no", "approval_date"], ""
    )
    session.add(
        DisclosureRecord(
            submission_id=submission.id, until="2027-03-01", reason="<why>", review_date="<day>", **disclosure
        )
    )
    ids = {"submission_id": submission.id, "project_id": project.id}
    place = {"collection_date": "", "geo_loc_name": ""}
    sample = SampleRecord(
        accession="KAS1", minted=True, **ids, name="<n>", name_key="<n>", title="<n>", organism="<o>", **place,
        attributes=values_of(case, "sample"),
    )  # fmt: skip
    session.add(sample)
    session.flush()
    library = ("library_id", "title", "library_strategy", "library_source", "library_selection", "library_layout")
    words = dict.fromkeys([*library, "platform", "instrument_model"], "<l>")
    experiment = ExperimentRecord(
        accession="KAE1", **ids, sample_id=sample.id, **words, attributes=values_of(case, "experiment")
    )
    session.add(experiment)
    session.flush()
    run = RunRecord(
        accession="KAR1", submission_id=submission.id, experiment_id=experiment.id, alias="<r>", run_key="<r>",
        file_type="fastq", run_date="", attributes=values_of(case, "run"),
    )  # fmt: skip
    session.add_all([run, ObjectRecord(id=1, sha256="<sha>", md5="<md5>", size_bytes=77)])
    session.flush()
    file = DataFileRecord(
        run_id=run.id, object_id=1, name="<f>", read_role="", format="", container="", md5="<md5>", sha256="<sha>",
        size_bytes=77, attributes=values_of(case, "file"),
    )  # fmt: skip
    metric = MetricRecord(run_id=run.id, metric="mean_phred", value=31.25, text=None)
    session.add_all([file, metric])
    session.flush()
    return [submission, project, sample, experiment, run, file, metric]


def hidden_values(case: Case, *shown: Visibility) -> set[str]:
    found = {secret_of(sheet, "unknown_to_the_form") for sheet in ("submission", "project", "sample")}
    for sheet in ("submission", "project", "sample", "experiment", "run", "file"):
        columns = compose(case.form[0], case.form[1], "1.0.0").columns(sheet).values()
        found |= {secret_of(sheet, item.name) for item in columns if item.visibility not in shown}
    return found


@settings(max_examples=60, deadline=None)
@given(case=CASES)
def test_a_view_tells_no_more_than_the_audience_may_see(engine: Any, case: Case) -> None:
    with Session(engine) as session:
        made = records(session, case)
        views = [public_view(session, record, case.audience) for record in made]
        session.rollback()
    said = json.dumps([view.to_dict() for view in views if view], ensure_ascii=False)
    reader = case.audience is READER
    shown = (Visibility.PUBLIC, Visibility.CONTROLLED) if reader else (Visibility.PUBLIC,)
    assert [value for value in hidden_values(case, *shown) if value in said] == []
    assert "<who>" not in said
    if not reader and not (case.state is State.RELEASED and case.access != "closed" and not case.secret):
        for fact in ("31.25", "<md5>", "<sha>", "77", "<file.", "<why>"):
            assert fact not in said
    bare = case.secret or case.state not in (State.RELEASED, State.CLOSED)
    if bare and not reader:
        titles = {secret_of("project", name) for name in ("title_en", "title_ko")}
        told = {value for view in views if view for value in view.attributes.values()}
        assert told <= (titles if case.secret and case.state in (State.RELEASED, State.CLOSED) else set())


@settings(max_examples=60, deadline=None)
@given(case=CASES)
def test_the_conditions_of_queries_say_the_same_as_the_view(engine: Any, case: Case) -> None:
    with Session(engine) as session:
        view = public_view(session, records(session, case)[0])
        conditions = (is_listed(), is_described(), is_public(), has_public_data())
        found = [session.scalars(select(SubmissionRecord.id).where(one)).first() is not None for one in conditions]
        session.rollback()
    standing = view.standing if view else None
    assert found == [
        standing is not None,
        standing in (Standing.RELEASED, Standing.CLOSED),
        standing is Standing.RELEASED,
        bool(view and view.hands_out_data),
    ]


def case_of(**changes: Any) -> Case:
    return Case(
        **{"form": FORMS[0], "state": State.RELEASED, "access": "open", "secret": False, "audience": PUBLIC} | changes
    )


@pytest.mark.parametrize("number", ["KRA1", "KAP1", "KAS1", "KAE1", "KAR1"])
def test_of_a_held_record_only_the_day_is_told(engine: Any, number: str) -> None:
    with Session(engine) as session:
        records(session, case_of(state=State.HELD))
        view = view_by_accession(session, number)
        session.rollback()
    assert view is not None
    said = {name: value for name, value in view.to_dict().items() if value}
    assert said == {"accession": number, "type": said["type"], "standing": "held", "until": "2027-03-01"}


def test_of_a_withdrawn_record_day_and_reason_stay(engine: Any) -> None:
    with Session(engine) as session:
        records(session, case_of(state=State.WITHDRAWN))
        view = view_by_accession(session, "KAR1")
        session.rollback()
    assert view is not None
    assert (view.standing, view.reason, len(view.withdrawn_on)) == (Standing.WITHDRAWN, "wrong organism", 10)
    assert (view.attributes, view.links, view.facts) == ({}, {}, {})


def test_an_unknown_number_and_one_never_registered_look_alike(engine: Any) -> None:
    with Session(engine) as session:
        records(session, case_of(state=State.IN_CURATION))
        assert [view_by_accession(session, number) for number in ("KAR1", "KAR9", "KAP1")] == [None] * 3
        session.rollback()


@pytest.mark.parametrize(
    ("state", "access", "audience", "handed"),
    [
        (State.RELEASED, "open", PUBLIC, True),
        (State.RELEASED, "controlled", PUBLIC, False),
        (State.RELEASED, "controlled", READER, True),
        (State.CLOSED, "closed", PUBLIC, False),
        (State.CLOSED, "closed", READER, True),
        (State.HELD, "open", READER, False),
        (State.REGISTERED, "open", PUBLIC, False),
    ],
)
def test_bytes_are_handed_out_by_state_level_and_rights(
    engine: Any, state: State, access: str, audience: Audience, handed: bool
) -> None:
    with Session(engine) as session:
        made = records(session, case_of(state=state, access=access))
        views = [public_view(session, record, audience) for record in itertools.chain(made[:1], made[2:])]
        session.rollback()
    assert {view.hands_out_data for view in views if view} == {handed}


def test_a_form_that_nobody_knows_any_more_shows_nothing(engine: Any) -> None:
    with Session(engine) as session:
        submission, *_ = records(session, case_of())
        submission.form_version = "0.0.9"
        view = public_view(session, submission)
        session.rollback()
    assert view is not None
    assert view.attributes == {}
