"""Figures of the station: the reference of quality, its attainment over time, control charts, yearly reports.

Joins what the catalog counts with the quality goals, and writes pages. Times of a report are those of the catalog.
"""

import difflib
import getpass
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.catalog.database import Catalog
from dsqc.catalog.figures.attainment import (
    Attained,
    Choose,
    Scope,
    Target,
    attainment,
    diagnosis,
    improvement,
    parse_scope,
    period_names,
)
from dsqc.catalog.figures.control import ChartOptions, control_charts, note_signals
from dsqc.catalog.figures.references import build_reference, keep_reference
from dsqc.catalog.figures.yearly import yearly_report
from dsqc.catalog.registering import Actor
from dsqc.errors import UsageError
from dsqc.judge import Goal, QualityGoals, load
from dsqc.judge.goals import select
from dsqc.language import Language
from dsqc.metrics.catalogue import METRICS
from dsqc.metrics.reference import write_reference
from dsqc.station import Station

SCHEMA_VERSION = "1.0"


def build(
    station: Station, *, minimum_runs: int | None = None, output: Path | None = None, by: str = ""
) -> dict[str, Any]:
    """Build the reference over all registered runs, keep it as a version, and write it for the judge.

    The same runs give the same version. A kill between the version and its file is mended by building again.

    Args:
        minimum_runs: least runs of a distribution; ``None`` as ``station.toml`` says.
        output: file to write; ``None`` as ``station.toml`` says.
        by: who builds; empty for the user of this machine.

    Raises:
        UsageError: ``station.toml`` names no file, or ``minimum_runs`` is less than 2.
    """
    if output is None and not station.figures.reference:
        raise UsageError("station.toml names no file of the reference.", hint="Give -O FILE, or set it in [figures].")
    least = station.figures.reference_runs if minimum_runs is None else minimum_runs
    if least < 2:
        raise UsageError("A distribution of fewer than 2 runs says nothing.", hint="Give --minimum-runs 30.")
    actor = Actor(by or getpass.getuser())
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            found = build_reference(session, least)
        reference, is_new = catalog.write(lambda session: keep_reference(session, found, actor))
    path = output or station.root / station.figures.reference
    write_reference(path, reference)
    logs.logger(stage="reference").info("built", version=reference.version, strata=len(reference.strata))
    return {
        "version": reference.version,
        "is_new": is_new,
        "sha256": reference.sha256,
        "minimum_runs": least,
        "strata": len(reference.strata),
        "run_count": sum(reference.run_count(stratum) for stratum in reference.strata),
        "file": str(path),
    }


def quality(station: Station, by: str = "", *, until: date | None = None, closed: bool = False) -> dict[str, Any]:
    """How many registered runs reach the station's quality goals, as the quality procedure asks.

    Args:
        by: groups and a period, with commas: ``centre,field,quarter``.
        until: the end of this day; ``None`` for now.
        closed: whether closed and held runs count too.

    Returns:
        The shape of ``dsqc.schemas/reports/catalog_quality.schema.json``.

    Raises:
        UsageError: ``by`` or the station's goals are wrong.
    """
    goals = load(station.goals_path)
    scope = parse_scope(by, station.figures.zone, until, closed=closed)
    metrics = sorted({goal.metric for goal in goals.goals})
    with Catalog.open(station) as catalog, catalog.reading() as session:
        names = period_names(session, scope)
        found = attainment(session, _chooser(goals), metrics, scope)
        mended = improvement(session, scope, names)
    known = {goal.id: goal for goal in goals.goals}
    return {
        "schema_version": SCHEMA_VERSION,
        "goals": goals.to_dict(),
        "groups": list(scope.groups),
        "period": scope.period,
        "until": until.isoformat() if until else None,
        "closed": closed,
        "rows": [_goal_row(row, known[row.target.id], scope, names) for row in found],
        "improvement": mended,
    }


def _chooser(goals: QualityGoals) -> Choose:
    """The goals of an experiment as the catalog takes them; the same experiment is asked for many times."""

    @cache
    def chosen(experiment: tuple[tuple[str, str], ...]) -> tuple[Target, ...]:
        found = select(goals.goals, dict(experiment))
        return tuple(
            Target(goal.id, goal.metric, *goal.limits, goal.target) for goal in found if goal.limits != (None, None)
        )

    def choose(experiment: Mapping[str, str]) -> Sequence[Target]:
        return chosen(tuple(sorted(experiment.items())))

    return choose


def _goal_row(row: Attained, goal: Goal, scope: Scope, names: Sequence[str]) -> dict[str, Any]:
    return {
        "goal": goal.id,
        "metric": goal.metric,
        "bound": goal.bound,
        "severity": goal.severity.value,
        "target": goal.target,
        "since": goal.since,
        "group": dict(zip(scope.groups, row.group, strict=True)),
        **diagnosis(row, names),
    }


def control(station: Station, options: ChartOptions, *, note: bool = False, by: str = "") -> dict[str, Any]:
    """Control charts of a centre and a metric.

    Args:
        note: whether new signals are noted as events of their submissions.
        by: who notes them; empty for the user of this machine.

    Returns:
        The shape of ``dsqc.schemas/reports/catalog_control.schema.json``.

    Raises:
        UsageError: there is no such metric.
    """
    known = [item.id for item in METRICS.values() if item.unit != "text"]
    if options.metric not in known:
        near = difflib.get_close_matches(options.metric, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "`dsqc metrics` lists them."
        raise UsageError(f"No metric with numbers has the id {options.metric}.", hint=hint)
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            document = control_charts(session, options)
        noted = None
        if note:
            actor = Actor(by or getpass.getuser())
            noted = catalog.write(lambda session: note_signals(session, document, actor))
    return {"schema_version": SCHEMA_VERSION, **document, "noted": noted}


def yearly(station: Station, year: int) -> dict[str, Any]:
    """The reports of use and of security of one year.

    Returns:
        The shape of ``dsqc.schemas/reports/catalog_yearly.schema.json``.
    """
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return {"schema_version": SCHEMA_VERSION, **yearly_report(session, year, station.figures.zone)}


def write_page(path: Path, kind: str, document: Mapping[str, Any], language: Language | None) -> None:
    """Write the page of a document: ``quality``, ``control`` or ``yearly``.

    Raises:
        StorageFault: it cannot be written.
    """
    from dsqc.report.control_page import control_page
    from dsqc.report.quality_page import quality_page
    from dsqc.report.yearly_page import yearly_page

    pages = {"quality": quality_page, "control": control_page, "yearly": yearly_page}
    artefact.write_text(path, pages[kind](document, language))
