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


def advised(verdict: Verdict, attribute: Attribute, value: str, column: DateColumn, *, typing: bool) -> Verdict:
    """A verdict on ``value`` with what was probably meant, where that can be told.

    Args:
        column: what the other cells tell of how the column writes dates.
        typing: look for slips of the keys too, the one slow step.
    """
    code, arguments = verdict
    if attribute.type in DATE_FORMS:
        return code, {**arguments, **date_advice(attribute, value, column)}
    meant = _meant(attribute, value, typing=typing)
    if meant is not None:
        return code, {**arguments, "expected": meant.value, "suggestion": meant}
    if attribute.type == "geo_loc" and (past := historical_country(value)):
        return code, {**arguments, "expected": f"the country of today ({past} is historical)", "expected_ko": TODAY_KO}
    return verdict


def _meant(attribute: Attribute, value: str, *, typing: bool) -> Suggestion | None:
    if attribute.type == "geo_loc":
        return suggest_location(value, typing=typing)
    if attribute.type in TERM_TYPES:
        return suggest_term(attribute, value, typing=typing)
    return suggest_collection(value) if is_collection(attribute) else None
