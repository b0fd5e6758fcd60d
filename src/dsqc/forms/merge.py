"""Lay one layer's attribute over another's: a layer may tighten, never relax."""

from dataclasses import replace

from dsqc.errors import SystemFault
from dsqc.forms.attribute import Attribute, Missing, Requirement, Visibility
from dsqc.forms.condition import Condition, either

PLAIN_TYPE = "string"
_MISSING_ORDER = (Missing.FORBIDDEN, Missing.REPORTING, Missing.ALLOWED)
_VISIBILITY_ORDER = (Visibility.CLOSED, Visibility.CONTROLLED, Visibility.PUBLIC)


def merge(lower: Attribute, upper: Attribute) -> Attribute:
    """``upper``, the more specific layer, laid over ``lower``.

    The stricter requirement wins; pattern and vocabulary come from the more specific layer that has one; units are
    intersected and ranges narrowed.

    Raises:
        SystemFault: the layers contradict each other: no unit would be left.
    """
    requirement, condition, group = _requirement(lower, upper)
    return replace(
        upper,
        requirement=requirement,
        condition=condition,
        group=group,
        type=lower.type if upper.type == PLAIN_TYPE else upper.type,
        pattern=upper.pattern or (None if upper.vocabulary else lower.pattern),
        vocabulary=upper.vocabulary or (None if upper.pattern else lower.vocabulary),
        units=_units(lower, upper),
        minimum=max(_given(lower.minimum, upper.minimum), default=None),
        maximum=min(_given(lower.maximum, upper.maximum), default=None),
        missing=min(lower.missing, upper.missing, key=_MISSING_ORDER.index),
        literals=upper.literals or lower.literals,
        multivalued=upper.multivalued or lower.multivalued,
        separator=upper.separator or lower.separator,
        refers_to=upper.refers_to or lower.refers_to,
        visibility=min(lower.visibility, upper.visibility, key=_VISIBILITY_ORDER.index),
        people=upper.people | lower.people,
        kbds_requirement=upper.kbds_requirement or lower.kbds_requirement,
        aliases=_aliases(lower, upper),
        example=upper.example or lower.example,
        note=" ".join(dict.fromkeys(part for part in (lower.note, upper.note) if part)),
    )


def _requirement(lower: Attribute, upper: Attribute) -> tuple[Requirement, Condition | None, str]:
    """The stricter requirement with its condition; of two equal ones the condition that holds more often."""
    if lower.requirement is upper.requirement:
        if lower.condition is None or upper.condition is None:
            condition = None
        else:
            condition = either(lower.condition, upper.condition)
        return upper.requirement, condition, upper.group or lower.group
    winner = min(lower, upper, key=lambda item: item.requirement.rank)
    # A member that became mandatory stays a member: it satisfies its group for the others.
    return winner.requirement, winner.condition, upper.group or lower.group


def _units(lower: Attribute, upper: Attribute) -> tuple[str, ...]:
    if not lower.units or not upper.units:
        return upper.units or lower.units
    common = tuple(unit for unit in upper.units if unit in lower.units)
    if not common:
        raise SystemFault(f"The layers {lower.layer} and {upper.layer} of a form share no unit of {upper.name}.")
    return common


def _given(*numbers: float | None) -> list[float]:
    return [number for number in numbers if number is not None]


def _aliases(lower: Attribute, upper: Attribute) -> tuple[str, ...]:
    own = {upper.name, upper.label.en, upper.label.ko}
    others = (*upper.aliases, *lower.aliases, lower.label.en, lower.label.ko)
    return tuple(dict.fromkeys(alias for alias in others if alias not in own))
