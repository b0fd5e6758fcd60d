"""What a submission refers to outside itself, and what only the catalog can refuse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.accessions import AccessionType, is_accession
from dsqc.catalog.intake import Intake, Refusal, clean
from dsqc.catalog.models import ExperimentRecord, ProjectRecord, SampleRecord, SubmissionRecord
from dsqc.forms import vocabulary
from dsqc.language import Text
from dsqc.model import Access, Row
from dsqc.station import Prefixes

SAME_PROJECT = ("project_type", "data_type", "title_en")
"""What two submissions of one project must say alike. Roles and ownership are each submission's own."""
SECURITY_CLASS = "security_class"
CHUNK = 500
"""Values of one IN list; SQLite and PostgreSQL both take more, but not without end."""


@dataclass(frozen=True, slots=True)
class ProjectReference:
    """The project that a submission names.

    Attributes:
        reference: what the submission says: an accession, or an alias of the project sheet.
        record: the project where the catalog has it.
        row: the row of the project sheet that describes it.
        foreign: whether another archive registered it.
    """

    reference: str
    record: ProjectRecord | None
    row: Row | None
    foreign: bool = False


@dataclass(slots=True)
class Resolved:
    """Everything outside the submission that it refers to, or why that cannot be."""

    project: ProjectReference | None = None
    samples: dict[str, SampleRecord | None] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


def resolve(session: Session, intake: Intake, prefixes: Prefixes, *, own: SubmissionRecord | None = None) -> Resolved:
    """Look up what ``intake`` refers to. ``samples`` holds the accessions that experiments name; a foreign one that
    the catalog has not met yet maps to ``None``.

    Args:
        own: the registered submission that ``intake`` corrects: its names are its own, and what it said of its project
            may change.
    """
    found = Resolved()
    found.project = _project(session, intake, prefixes, found.refusals, may_differ=own is not None)
    _samples(session, intake, prefixes, found)
    _runs(intake, found.refusals)
    if own is None and found.project and found.project.record:
        _taken_names(session, intake, found.project.record, found.refusals)
    return found


def is_ours(text: str, kind: AccessionType, prefixes: Prefixes) -> bool:
    """Whether ``text`` is a number of this station: then the catalog must know it."""
    own = {AccessionType.PROJECT: "PSUB", AccessionType.SAMPLE: "SSUB", AccessionType.SUBMISSION: "DSUB"}
    return any(
        text.startswith(prefix) and text.removeprefix(prefix).isdigit()
        for prefix in (getattr(prefixes, kind.value), own.get(kind, ""))
        if prefix
    )


def _project(
    session: Session, intake: Intake, prefixes: Prefixes, refusals: list[Refusal], *, may_differ: bool
) -> ProjectReference | None:
    reference = clean(intake.submission.get("bioproject"))
    rows = intake.submission.rows("project")
    if is_ours(reference, AccessionType.PROJECT, prefixes) or is_accession(reference, AccessionType.PROJECT):
        foreign = not is_ours(reference, AccessionType.PROJECT, prefixes)
        record = session.scalars(select(ProjectRecord).where(ProjectRecord.accession == reference)).first()
        if record is None and not foreign:
            refusals.append(_unknown_project(reference))
            return None
        project = ProjectReference(reference, record, rows[0] if len(rows) == 1 else None, foreign)
    else:
        row = _project_row(reference, rows)
        if row is None:
            refusals.append(_no_project(reference))
            return None
        alias = clean(row.get("project_alias") or reference or intake.alias)
        by_alias = select(ProjectRecord).where(
            ProjectRecord.submitter == intake.submitter, ProjectRecord.alias == alias
        )
        project = ProjectReference(alias, session.scalars(by_alias).first(), row)
        if not may_differ:
            _check_same(project, refusals)
    closed = intake.submission.access is Access.CLOSED
    if project.record is not None and not closed and is_secret(project.record.attributes):
        refusals.append(_secret(project.reference))
    kind = project.record.project_type if project.record else project.row.get("project_type") if project.row else ""
    if kind.casefold().startswith("umbrella"):
        refusals.append(_umbrella(project.reference))
    return project


def is_secret(attributes: Mapping[str, Any]) -> bool:
    """Whether a project with these attributes is a security project: its public record shows its title only."""
    return attributes.get(SECURITY_CLASS) == security_term()


def security_term() -> str:
    """The term of ``security_class`` for a security project."""
    return next(entry.term for entry in vocabulary(SECURITY_CLASS).entries if entry.label.en == "security")


def _project_row(reference: str, rows: Sequence[Row]) -> Row | None:
    if not reference:
        return rows[0] if len(rows) == 1 else None
    return next((row for row in rows if row.get("project_alias") == reference), None)


def _check_same(project: ProjectReference, refusals: list[Refusal]) -> None:
    if project.record is None or project.row is None:
        return
    for name in SAME_PROJECT:
        before, present = getattr(project.record, name), project.row.get(name)
        if before != present:
            refusals.append(_project_changed(project.reference, project.record.accession, name, before, present))


def _samples(session: Session, intake: Intake, prefixes: Prefixes, found: Resolved) -> None:
    names = {row.get("sample_name").casefold() for row in intake.submission.rows("sample")}
    wanted = {clean(row.get("sample_name")) for row in intake.submission.rows("experiment")}
    for name in sorted(item for item in wanted if item.casefold() not in names):
        ours = is_ours(name, AccessionType.SAMPLE, prefixes)
        if not ours and not is_accession(name, AccessionType.SAMPLE):
            found.refusals.append(_unknown_sample(name))
            continue
        record = session.scalars(select(SampleRecord).where(SampleRecord.accession == name)).first()
        if record is None and ours:
            found.refusals.append(_unknown_sample(name))
        found.samples[name] = record


def _runs(intake: Intake, refusals: list[Refusal]) -> None:
    libraries = {row.get("library_id") for row in intake.submission.rows("experiment")}
    for run in intake.submission.runs():
        if run.library_id not in libraries:
            refusals.append(_unknown_library(run.alias, run.library_id))


def _taken_names(session: Session, intake: Intake, project: ProjectRecord, refusals: list[Refusal]) -> None:
    names = {clean(row.get("sample_name")).casefold() for row in intake.submission.rows("sample")}
    for part in _chunks(sorted(names)):
        same = select(SampleRecord.name).where(SampleRecord.project_id == project.id, SampleRecord.name_key.in_(part))
        refusals.extend(_taken("DSQC-S003", "sample", name, project.accession) for name in session.scalars(same))
    libraries = {clean(row.get("library_id")) for row in intake.submission.rows("experiment")}
    for part in _chunks(sorted(libraries)):
        same_library = select(ExperimentRecord.library_id).where(
            ExperimentRecord.project_id == project.id, ExperimentRecord.library_id.in_(part)
        )
        found = session.scalars(same_library)
        refusals.extend(_taken("DSQC-X002", "experiment", name, project.accession) for name in found)


def _chunks(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]


def _unknown_project(reference: str) -> Refusal:
    return Refusal(
        "DSQC-P001",
        "project",
        reference,
        Text(
            f'The project "{reference}" is not in this catalog. Allowed: a registered project, a project of another '
            "archive, or an alias of the project sheet.",
            f'프로젝트 "{reference}"이(가) 이 카탈로그에 없습니다. 등록된 프로젝트, 다른 아카이브의 프로젝트, 또는 '
            "project 시트의 별칭을 쓸 수 있습니다.",
        ),
        Text(
            "Correct bioproject in the submission sheet and submit again.",
            "submission 시트의 bioproject를 고친 뒤 다시 제출하세요.",
        ),
    )


def _no_project(reference: str) -> Refusal:
    return Refusal(
        "DSQC-P001",
        "project",
        reference,
        Text(
            f'"{reference}" is neither a project accession nor an alias of the project sheet.',
            f'"{reference}"은(는) 프로젝트 번호도 project 시트의 별칭도 아닙니다.',
        ),
        Text(
            "Write the accession or the project_alias into bioproject of the submission sheet.",
            "submission 시트의 bioproject에 번호나 project_alias를 적으세요.",
        ),
    )


def _umbrella(reference: str) -> Refusal:
    return Refusal(
        "DSQC-P002",
        "project",
        reference,
        Text(
            f'"{reference}" is an umbrella project; samples and data belong to a primary project.',
            f'"{reference}"은(는) 상위(umbrella) 프로젝트입니다. 시료와 데이터는 기본 프로젝트에 속해야 합니다.',
        ),
        Text("Name a primary project.", "기본(primary) 프로젝트를 지정하세요."),
    )


def _secret(reference: str) -> Refusal:
    return Refusal(
        "DSQC-P016",
        "project",
        reference,
        Text(
            f'"{reference}" is a security project; the public record of an open submission would show more than its '
            "title.",
            f'"{reference}"은(는) 보안과제입니다. 공개 제출의 기록은 제목보다 많은 것을 보여 줍니다.',
        ),
        Text(
            "Set access_level to closed, or name another project.",
            "access_level을 closed로 바꾸거나 다른 프로젝트를 지정하세요.",
        ),
    )


def _project_changed(reference: str, accession: str, name: str, before: str, present: str) -> Refusal:
    return Refusal(
        "DSQC-G003",
        "project",
        reference,
        Text(
            f'The project "{reference}" is registered as {accession} with {name} "{before}"; this submission says '
            f'"{present}".',
            f'프로젝트 "{reference}"은(는) {accession}(으)로 등록되어 있으며 {name}이(가) "{before}"인데, 이 제출은 '
            f'"{present}"(이)라고 합니다.',
        ),
        Text(
            f"Write the registered value or, for another project, another project_alias; or {accession} as bioproject.",
            f"등록된 값이나 (다른 프로젝트라면) 다른 project_alias를, 또는 bioproject에 {accession}을(를) 적으세요.",
        ),
    )


def _unknown_sample(name: str) -> Refusal:
    return Refusal(
        "DSQC-X001",
        "experiment",
        name,
        Text(
            f'The experiment names the sample "{name}", which is neither in the sample sheet nor in the catalog.',
            f'실험이 가리키는 시료 "{name}"이(가) sample 시트에도 카탈로그에도 없습니다.',
        ),
        Text(
            "Correct sample_name in the experiment sheet, or describe the sample in the sample sheet.",
            "experiment 시트의 sample_name을 고치거나 sample 시트에 시료를 적으세요.",
        ),
    )


def _unknown_library(alias: str, library_id: str) -> Refusal:
    return Refusal(
        "DSQC-R001",
        "run",
        alias,
        Text(
            f'The run "{alias}" names the library "{library_id}", which is not in the experiment sheet.',
            f'런 "{alias}"이(가) 가리키는 라이브러리 "{library_id}"이(가) experiment 시트에 없습니다.',
        ),
        Text("Correct library_id in the run sheet.", "run 시트의 library_id를 고치세요."),
    )


def _taken(code: str, kind: str, name: str, accession: str) -> Refusal:
    word = {"sample": ("sample name", "샘플명"), "experiment": ("library id", "라이브러리 ID")}[kind]
    return Refusal(
        code,
        kind,
        name,
        Text(
            f'The {word[0]} "{name}" is taken in project {accession} by an earlier submission.',
            f'{word[1]} "{name}"은(는) 프로젝트 {accession}의 이전 제출에서 이미 쓰였습니다.',
        ),
        Text(
            "Choose another name; to add data to a registered sample, write its accession into sample_name.",
            "다른 이름을 쓰세요. 등록된 시료에 데이터를 더하려면 sample_name에 그 번호를 적으세요.",
        ),
    )
