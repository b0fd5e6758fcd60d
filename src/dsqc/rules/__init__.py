"""The metadata rules: what a form must hold, checked against the registry's codes.

Imported by stages and above; imports forms and the core, never the submission reader. A rule is a code of the registry,
a function marked ``@rule(code)`` in the module of its object, and a pass and a fail fixture::

    findings = check(submission, compose("FIELD", "PACKAGE"), Context(today=date(2026, 9, 1)))
"""

from dsqc.rules import (
    administration,
    columns,
    coordinates,
    dates,
    descent,
    experiment,
    file,
    library,
    normalise,
    people,
    privacy,
    project,
    run,
    sample,
    strains,
    table,
    taxonomy,
    terms,
    values,
)
from dsqc.rules.checking import RULES, Check, Context, check, examine, rule
from dsqc.rules.identify import identify

MODULES = (
    *(
        table,
        values,
        columns,
        normalise,
        dates,
        coordinates,
        project,
        administration,
        sample,
        taxonomy,
        strains,
        terms,
        descent,
    ),
    *(experiment, library, run, file, privacy, people),
)
"""Importing them registers their rules."""

__all__ = ["MODULES", "RULES", "Check", "Context", "check", "examine", "identify", "rule"]
