"""Filled examples of forms as released records of a catalog, without files in a store."""

import hashlib
from itertools import count

from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    ObjectRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.records import EXPERIMENT_COLUMNS
from dsqc.forms import Form
from dsqc.forms.examples import Record

_NUMBERS = count(1)


def add_record(session: Session, form: Form, record: Record, state: str = "released") -> SubmissionRecord:
    """Put a filled example into the catalog; its numbers end in the same digits."""
    number = next(_NUMBERS)
    said, project = record["submission"][0], record["project"][0]
    owner = ProjectRecord(
        accession=f"KAP{number:06d}",
        minted=True,
        submitter=f"s{number}",
        alias=project["project_alias"],
        project_type=project["project_type"],
        data_type=project["data_type"],
        title_en=project["title_en"],
        title_ko=project.get("title_ko", ""),
        ministry=project.get("ministry", ""),
        attributes=project,
    )
    session.add(owner)
    session.flush()
    submission = SubmissionRecord(
        submitter=f"s{number}",
        alias=said["submission_alias"],
        accession=f"KRA{number:08d}",
        state=state,
        content_sha256="",
        verdict="pass",
        verdict_sha256="",
        research_field=form.id,
        form_version=form.version,
        package=form.package,
        data_centre=said["data_centre"],
        access_level="open",
        release_date=said.get("release_date", ""),
        project_id=owner.id,
        attributes=said,
        project_attributes=project,
        reasons=[],
    )
    session.add(submission)
    session.flush()
    _add_objects(session, submission, owner, record, number)
    return submission


def _add_objects(
    session: Session, submission: SubmissionRecord, project: ProjectRecord, record: Record, number: int
) -> None:
    samples, experiments, runs = {}, {}, {}
    for index, row in enumerate(record["sample"]):
        samples[row["sample_name"]] = SampleRecord(
            accession=f"KAS{number:05d}{index:03d}",
            minted=True,
            submission_id=submission.id,
            project_id=project.id,
            name=row["sample_name"],
            name_key=row["sample_name"].casefold(),
            title=row.get("sample_title", ""),
            organism=row["organism"],
            taxonomy_id=int(row["taxonomy_id"]),
            collection_date=row["collection_date"],
            geo_loc_name=row["geo_loc_name"],
            attributes=row,
        )
    session.add_all(samples.values())
    session.flush()
    for index, row in enumerate(record["experiment"]):
        experiments[row["library_id"]] = ExperimentRecord(
            accession=f"KAE{number:05d}{index:03d}",
            submission_id=submission.id,
            project_id=project.id,
            sample_id=samples[row["sample_name"]].id,
            attributes=row,
            **{name: row.get(name, "") for name in EXPERIMENT_COLUMNS},
        )
    session.add_all(experiments.values())
    session.flush()
    for index, row in enumerate(record["run"]):
        runs[row["run_alias"]] = RunRecord(
            accession=f"KAR{number:05d}{index:03d}",
            submission_id=submission.id,
            experiment_id=experiments[row["library_id"]].id,
            alias=row["run_alias"],
            run_key=row["run_alias"],
            file_type=row["file_type"],
            run_date=row.get("run_date", ""),
            attributes=row,
        )
    session.add_all(runs.values())
    session.flush()
    for row in record["file"]:
        sha256 = hashlib.sha256(f"{number} {row['file_name']}".encode()).hexdigest()
        stored = ObjectRecord(sha256=sha256, md5=row["md5"], size_bytes=1)
        session.add(stored)
        session.flush()
        session.add(
            DataFileRecord(
                run_id=runs[row["run_alias"]].id,
                object_id=stored.id,
                name=row["file_name"],
                read_role=row.get("read_role", ""),
                format=row.get("format", ""),
                container="gzip",
                md5=row["md5"],
                sha256=sha256,
                size_bytes=1,
                attributes=row,
            )
        )
    session.flush()
