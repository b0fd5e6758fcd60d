"""The first catalog: submissions and what they describe, objects, findings, metrics, decisions, events, leases."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:  # noqa: PLR0915  one statement a table and index
    """To this revision."""
    op.create_table(
        "accession_counter",
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_accession_counter")),
    )
    op.create_table(
        "foreign_accession",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("foreign_accession", sa.String(), nullable=False),
        sa.Column("archive", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_accession")),
        sa.UniqueConstraint("accession", "foreign_accession", name=op.f("uq_foreign_accession_accession")),
    )
    op.create_index(op.f("ix_foreign_accession_accession"), "foreign_accession", ["accession"], unique=False)
    op.create_index(
        op.f("ix_foreign_accession_foreign_accession"), "foreign_accession", ["foreign_accession"], unique=False
    )
    op.create_table(
        "lease",
        sa.Column("submitter", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("deadline", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("submitter", "alias", name=op.f("pk_lease")),
    )
    op.create_table(
        "object",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("md5", sa.String(length=32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object")),
        sa.UniqueConstraint("sha256", name=op.f("uq_object_sha256")),
    )
    op.create_index(op.f("ix_object_md5"), "object", ["md5"], unique=False)
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("minted", sa.Boolean(), nullable=False),
        sa.Column("submitter", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("project_type", sa.String(), nullable=False),
        sa.Column("data_type", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("title_ko", sa.String(), nullable=False),
        sa.Column("ministry", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("accession", name=op.f("uq_project_accession")),
        sa.UniqueConstraint("submitter", "alias", name=op.f("uq_project_submitter")),
    )
    op.create_index(op.f("ix_project_alias"), "project", ["alias"], unique=False)
    op.create_index(op.f("ix_project_data_type"), "project", ["data_type"], unique=False)
    op.create_index(op.f("ix_project_ministry"), "project", ["ministry"], unique=False)
    op.create_table(
        "object_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], name=op.f("fk_object_copy_object_id_object")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_copy")),
        sa.UniqueConstraint("object_id", "tier", name=op.f("uq_object_copy_object_id")),
    )
    op.create_index(op.f("ix_object_copy_object_id"), "object_copy", ["object_id"], unique=False)
    op.create_index(op.f("ix_object_copy_tier"), "object_copy", ["tier"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submitter", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("accession", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("verdict_sha256", sa.String(length=64), nullable=False),
        sa.Column("research_field", sa.String(), nullable=False),
        sa.Column("form_version", sa.String(), nullable=False),
        sa.Column("package", sa.String(), nullable=False),
        sa.Column("data_centre", sa.String(), nullable=False),
        sa.Column("access_level", sa.String(), nullable=False),
        sa.Column("release_date", sa.String(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("project_attributes", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_submission_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("accession", name=op.f("uq_submission_accession")),
        sa.UniqueConstraint("submitter", "alias", name=op.f("uq_submission_submitter")),
    )
    op.create_index(op.f("ix_submission_access_level"), "submission", ["access_level"], unique=False)
    op.create_index(op.f("ix_submission_alias"), "submission", ["alias"], unique=False)
    op.create_index(op.f("ix_submission_content_sha256"), "submission", ["content_sha256"], unique=False)
    op.create_index(op.f("ix_submission_data_centre"), "submission", ["data_centre"], unique=False)
    op.create_index(op.f("ix_submission_package"), "submission", ["package"], unique=False)
    op.create_index(op.f("ix_submission_project_id"), "submission", ["project_id"], unique=False)
    op.create_index(op.f("ix_submission_release_date"), "submission", ["release_date"], unique=False)
    op.create_index(op.f("ix_submission_research_field"), "submission", ["research_field"], unique=False)
    op.create_index(op.f("ix_submission_state"), "submission", ["state"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("verdict_sha256", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_decision_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_submission_id"), "decision", ["submission_id"], unique=False)
    op.create_index(op.f("ix_decision_verdict_sha256"), "decision", ["verdict_sha256"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_event_sequence")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_event_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("digest", name=op.f("uq_event_digest")),
        sa.UniqueConstraint("submission_id", "sequence", name=op.f("uq_event_submission_id")),
    )
    op.create_index(op.f("ix_event_action"), "event", ["action"], unique=False)
    op.create_index(op.f("ix_event_at"), "event", ["at"], unique=False)
    op.create_index(op.f("ix_event_submission_id"), "event", ["submission_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_finding_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("submission_id", "place", "code", "severity", name=op.f("uq_finding_submission_id")),
    )
    op.create_index(op.f("ix_finding_code"), "finding", ["code"], unique=False)
    op.create_index(op.f("ix_finding_severity"), "finding", ["severity"], unique=False)
    op.create_index(op.f("ix_finding_submission_id"), "finding", ["submission_id"], unique=False)
    op.create_table(
        "sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("minted", sa.Boolean(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("organism", sa.String(), nullable=False),
        sa.Column("taxonomy_id", sa.Integer(), nullable=True),
        sa.Column("collection_date", sa.String(), nullable=False),
        sa.Column("geo_loc_name", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_sample_project_id_project")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_sample_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
        sa.UniqueConstraint("accession", name=op.f("uq_sample_accession")),
        sa.UniqueConstraint("project_id", "name_key", name=op.f("uq_sample_project_id")),
    )
    op.create_index(op.f("ix_sample_collection_date"), "sample", ["collection_date"], unique=False)
    op.create_index(op.f("ix_sample_geo_loc_name"), "sample", ["geo_loc_name"], unique=False)
    op.create_index(op.f("ix_sample_name"), "sample", ["name"], unique=False)
    op.create_index(op.f("ix_sample_organism"), "sample", ["organism"], unique=False)
    op.create_index(op.f("ix_sample_project_id"), "sample", ["project_id"], unique=False)
    op.create_index(op.f("ix_sample_submission_id"), "sample", ["submission_id"], unique=False)
    op.create_index(op.f("ix_sample_taxonomy_id"), "sample", ["taxonomy_id"], unique=False)
    op.create_table(
        "experiment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("library_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("library_strategy", sa.String(), nullable=False),
        sa.Column("library_source", sa.String(), nullable=False),
        sa.Column("library_selection", sa.String(), nullable=False),
        sa.Column("library_layout", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("instrument_model", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_experiment_project_id_project")),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.id"], name=op.f("fk_experiment_sample_id_sample")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_experiment_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
        sa.UniqueConstraint("accession", name=op.f("uq_experiment_accession")),
        sa.UniqueConstraint("project_id", "library_id", name=op.f("uq_experiment_project_id")),
    )
    op.create_index(op.f("ix_experiment_instrument_model"), "experiment", ["instrument_model"], unique=False)
    op.create_index(op.f("ix_experiment_library_id"), "experiment", ["library_id"], unique=False)
    op.create_index(op.f("ix_experiment_library_source"), "experiment", ["library_source"], unique=False)
    op.create_index(op.f("ix_experiment_library_strategy"), "experiment", ["library_strategy"], unique=False)
    op.create_index(op.f("ix_experiment_platform"), "experiment", ["platform"], unique=False)
    op.create_index(op.f("ix_experiment_project_id"), "experiment", ["project_id"], unique=False)
    op.create_index(op.f("ix_experiment_sample_id"), "experiment", ["sample_id"], unique=False)
    op.create_index(op.f("ix_experiment_submission_id"), "experiment", ["submission_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("file_type", sa.String(), nullable=False),
        sa.Column("run_date", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["experiment_id"], ["experiment.id"], name=op.f("fk_run_experiment_id_experiment")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_run_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("accession", name=op.f("uq_run_accession")),
        sa.UniqueConstraint("submission_id", "alias", name=op.f("uq_run_submission_id")),
    )
    op.create_index(op.f("ix_run_alias"), "run", ["alias"], unique=False)
    op.create_index(op.f("ix_run_experiment_id"), "run", ["experiment_id"], unique=False)
    op.create_index(op.f("ix_run_file_type"), "run", ["file_type"], unique=False)
    op.create_index(op.f("ix_run_run_date"), "run", ["run_date"], unique=False)
    op.create_index(op.f("ix_run_submission_id"), "run", ["submission_id"], unique=False)
    op.create_table(
        "data_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("read_role", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=False),
        sa.Column("md5", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("read_count", sa.BigInteger(), nullable=True),
        sa.Column("base_count", sa.BigInteger(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], name=op.f("fk_data_file_object_id_object")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_data_file_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_file")),
        sa.UniqueConstraint("run_id", "name", name=op.f("uq_data_file_run_id")),
    )
    op.create_index(op.f("ix_data_file_format"), "data_file", ["format"], unique=False)
    op.create_index(op.f("ix_data_file_md5"), "data_file", ["md5"], unique=False)
    op.create_index(op.f("ix_data_file_name"), "data_file", ["name"], unique=False)
    op.create_index(op.f("ix_data_file_object_id"), "data_file", ["object_id"], unique=False)
    op.create_index(op.f("ix_data_file_run_id"), "data_file", ["run_id"], unique=False)
    op.create_index(op.f("ix_data_file_sha256"), "data_file", ["sha256"], unique=False)
    op.create_table(
        "metric",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_metric_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "metric", name=op.f("pk_metric")),
    )
    op.create_index("ix_metric_metric_value", "metric", ["metric", "value"], unique=False)
    _refuse_changes_of_events()


def _refuse_changes_of_events() -> None:
    """Events are only ever added: the database itself refuses to change or delete one."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_no_{verb.lower()} BEFORE {verb} ON event "
                "BEGIN SELECT RAISE(ABORT, 'events are never changed or deleted'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are never changed or deleted'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_event_change()"
    )
    op.execute(
        "CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
    )


def downgrade() -> None:
    """Back to an empty database. Everything registered is lost; for tests and for a station never used."""
    for table in (
        "metric",
        "data_file",
        "run",
        "experiment",
        "sample",
        "finding",
        "event",
        "decision",
        "submission",
        "object_copy",
        "project",
        "object",
        "lease",
        "foreign_accession",
        "accession_counter",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_event_change()")
