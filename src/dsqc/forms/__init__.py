"""The registration forms, composed from data: core × BioSample package × research field × library modules.

Imported by rules and everything above; imports only the core. Reads ``dsqc.schemas`` and nothing else::

    form = compose("FIELD", "PACKAGE")
    form.sheets["sample"].attributes["collection_date"].requirement
"""

from dsqc.forms.attribute import Attribute, Missing, People, Requirement, Visibility
from dsqc.forms.compose import compose, core_labels, find_field, package_kind
from dsqc.forms.condition import Condition, Values
from dsqc.forms.fields import FormVersion, ResearchField, VersionStatus, load_fields
from dsqc.forms.form import EXAMPLE_MARKS, HEADING_MARKS, Form, Module, SheetForm, fold_heading, labels
from dsqc.forms.json_schema import json_schema
from dsqc.forms.organisms import Organisms
from dsqc.forms.reference import Snapshot, snapshots
from dsqc.forms.ties import Ties
from dsqc.forms.value import Fault, FaultKind, value_fault
from dsqc.forms.vocabulary import (
    Match,
    MatchKind,
    Pattern,
    Vocabulary,
    is_missing_term,
    missing_terms,
    pattern,
    rejected_missing,
    suggest_missing,
    vocabulary,
)

__all__ = [
    "EXAMPLE_MARKS",
    "HEADING_MARKS",
    "Attribute",
    "Condition",
    "Fault",
    "FaultKind",
    "Form",
    "FormVersion",
    "Match",
    "MatchKind",
    "Missing",
    "Module",
    "Organisms",
    "Pattern",
    "People",
    "Requirement",
    "ResearchField",
    "SheetForm",
    "Snapshot",
    "Ties",
    "Values",
    "VersionStatus",
    "Visibility",
    "Vocabulary",
    "compose",
    "core_labels",
    "find_field",
    "fold_heading",
    "is_missing_term",
    "json_schema",
    "labels",
    "load_fields",
    "missing_terms",
    "package_kind",
    "pattern",
    "rejected_missing",
    "snapshots",
    "suggest_missing",
    "value_fault",
    "vocabulary",
]
