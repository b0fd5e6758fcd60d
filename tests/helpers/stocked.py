"""A catalog with a submission in each state that matters to who may see it."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import change_state
from dsqc.catalog.models import RunRecord, SubmissionRecord
from dsqc.catalog.resolve import security_term
from dsqc.model import SubmissionState as State
from dsqc.stages.register import register
from dsqc.station import Station, load_station
from helpers.results import Judged
from helpers.serving import add_people

SCRIPT = "<script>alert(1)</script>"
TOKEN = "metrics-token-0123456789"
COMPARED: dict[str, Any] = {
    "inferred": [
        {
            "run_key": "wrun-leaf",
            "attributes": [
                {
                    "attribute": "library_strategy", "declared": "WGS", "inferred": "AMPLICON",
                    "agreement": "disagree", "probability": 0.98, "basis": "marker primer",
                    "evidence": f"{SCRIPT}: 93 %", "evidence_ko": "515F: 93 %", "sheet": "experiment", "row": 2,
                    "form_attribute": "library_strategy", "file": "", "code": "DSQC-D039",
                }
            ],
        }
    ],
    "siblings": [
        {
            "run_key": "wrun-root", "metric": "gc_fraction", "value": 0.61, "median": 0.43, "robust_z": 22.0,
            "probability": 1e-9, "siblings": 24,
        }
    ],
    "identity": {
        "pairs": [
            {
                "runs": ["wrun-leaf", "wrun-root"], "relation": "same", "declared": "different", "sites": 1_915,
                "opposite_homozygotes": 0, "lod": 367.2, "probability": 1.0,
            }
        ] * 23
    },
}  # fmt: skip
"""What a verdict says beside its reasons, of the submission that waits."""


def judged() -> dict[str, Judged]:
    return {
        "rice": Judged(title=f"Rice {SCRIPT} & more", extra={"release_date": "2025-01-01"}),
        "held": Judged(
            name="held-alias",
            email="lee@other.ac.kr",
            title="HELDTITLE",
            organism="Zea mays",
            prefix="h",
            extra={"release_date": "2099-12-31"},
        ),
        "closed": Judged(name="closed-alias", email="park@third.ac.kr", access="closed", prefix="c"),
        "secret": Judged(
            name="secret-alias",
            email="choi@fourth.ac.kr",
            title="SECURITYTITLE",
            access="closed",
            organism="Glycine max",
            prefix="s",
            project={"security_class": security_term()},
        ),
        "waits": Judged(
            name="waits-alias", verdict="review", prefix="w", title=f"Waits {SCRIPT}", verdict_extra=COMPARED
        ),
    }


STATES = {"rice": State.RELEASED, "held": State.HELD, "closed": State.CLOSED, "secret": State.CLOSED}


def stock(
    station: Station, work: Path, submissions: dict[str, Judged], more: str = ""
) -> tuple[Station, dict[str, int], dict[str, list[str]]]:
    """Register submissions and bring them where they belong; the station with its people and settings.

    Args:
        more: lines of ``[web]`` of ``station.toml``.
    """
    for item in submissions.values():
        register(*item.write(work, station), station)
    file = station.root / "station.toml"
    settings = f'[web]\nbatches = ["{work}"]\nmetrics_token_env = "TEST_METRICS_TOKEN"\n{more}'
    file.write_text(file.read_text(encoding="utf-8").replace("[web]\n", settings), encoding="utf-8")
    station = load_station(file)
    add_people(station)
    with Catalog.open(station) as catalog:
        ids, runs = catalog.write(_settle)
    return station, ids, runs


def _settle(session: Any) -> tuple[dict[str, int], dict[str, list[str]]]:
    ids = {}
    by_alias = {item.name: name for name, item in judged().items()}
    runs: dict[str, list[str]] = {}
    for record in session.scalars(select(SubmissionRecord)).all():
        ids[record.alias] = record.id
        name = by_alias[record.alias]
        runs[name] = [run.accession for run in session.scalars(select(RunRecord)) if run.submission_id == record.id]
        if name in STATES:
            assert record.accession, (name, record.reasons)
            if record.state != STATES[name]:
                change_state(session, record, STATES[name], actor="test")
    return ids, runs
