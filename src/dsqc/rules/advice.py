"""What was probably meant by a value of the wrong form: every type asks the module of its spellings."""

from typing import Any

from dsqc.findings import Suggestion
from dsqc.forms import Attribute
from dsqc.rules.date_spellings import DateColumn
from dsqc.rules.dates import DATE_FORMS, date_advice
from dsqc.rules.locations import historical_country, suggest_location
from dsqc.rules.strains import is_collection, suggest_collection
from dsqc.rules.terms import TERM_TYPES, suggest_term

TODAY_KO = "현재의 국가명(옛 국가명은 쓰지 않음)"
Verdict = tuple[str, dict[str, Any]]
"""A code and the further arguments of its finding."""


def advised(verdict: Verdict, attribute: Attribute, value: str, column: DateColumn) -> Verdict:
    """A verdict on ``value`` with what the module of its type says was meant; what it cannot tell stays as it is.

    Args:
        column: what the other cells tell of how the column writes dates.
    """
    code, arguments = verdict
    if attribute.type in DATE_FORMS:
        return code, {**arguments, **date_advice(attribute, value, column)}
    meant = _meant(attribute, value)
    if meant is not None:
        return code, {**arguments, "expected": meant.value, "expected_ko": meant.value, "suggestion": meant}
    if attribute.type == "geo_loc" and (past := historical_country(value)):
        today = {"expected": f"the country of today ({past} is historical)", "expected_ko": TODAY_KO}
        return code, {**arguments, **today, "suggestion": None}
    return verdict


def _meant(attribute: Attribute, value: str) -> Suggestion | None:
    if attribute.type == "geo_loc":
        return suggest_location(value)
    if attribute.type in TERM_TYPES:
        return suggest_term(attribute, value)
    return suggest_collection(value) if is_collection(attribute) else None
