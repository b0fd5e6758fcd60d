"""The condition language: parsing, printing, deciding, folding."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.errors import SystemFault
from dsqc.forms.condition import AllOf, AnyOf, BeginsWith, Condition, Given, In, Is, Not, both, either, parse

NAMES = st.from_regex(r"[a-z][a-z_]{0,8}(\.[a-z]{1,5})?", fullmatch=True).filter(
    lambda name: name not in {"and", "or", "not", "is", "in", "begins", "with", "given"}
)
TEXTS = st.text(max_size=12)
CHOICES = st.lists(TEXTS, min_size=1, max_size=4).map(tuple)
TESTS = st.one_of(
    st.builds(Is, NAMES, TEXTS),
    st.builds(In, NAMES, CHOICES),
    st.builds(BeginsWith, NAMES, CHOICES),
    st.builds(Given, NAMES),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def values(**known: str) -> Callable[[str], str]:
    return lambda name: known.get(name.replace(".", "__"), "")


@given(CONDITIONS)
def test_printed_condition_parses_to_itself(condition: Condition) -> None:
    assert parse(str(condition)) == condition


@given(CONDITIONS, st.dictionaries(NAMES, TEXTS, max_size=4), st.dictionaries(NAMES, TEXTS, max_size=4))
def test_folding_does_not_change_the_decision(
    condition: Condition, known: dict[str, str], others: dict[str, str]
) -> None:
    everything = others | known
    folded = condition.fold(known)
    expected = condition.holds(lambda name: everything.get(name, ""))
    if isinstance(folded, bool):
        assert folded is expected
    else:
        assert folded.holds(lambda name: everything.get(name, "")) is expected
        assert not folded.names() & known.keys()


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ('a is "x"', {"a": "x"}, True),
        ('a is "x"', {"a": "X"}, True),
        ('a is "x"', {"a": "y"}, False),
        ('a is "x"', {}, False),
        ('a in ["x", "y z"]', {"a": "Y Z"}, True),
        ('a in ["x", "y z"]', {"a": "y"}, False),
        ('a begins with "South Korea"', {"a": "South Korea:Jeju-do"}, True),
        ('a begins with ["South Korea", "Pacific"]', {"a": "pacific ocean"}, True),
        ('a begins with "South Korea"', {"a": "Japan"}, False),
        ("a given", {"a": "x"}, True),
        ("a given", {"a": "not collected"}, False),
        ("a given", {"a": "Missing: Lab Stock"}, False),
        ("a given", {}, False),
        ('not a is "x"', {"a": "y"}, True),
        ('not a is "x" and b is "y"', {"a": "x", "b": "y"}, False),
        ('not (a is "x" and b is "y")', {"a": "x", "b": "n"}, True),
        ('a is "1" or b is "2" and c is "3"', {"a": "1"}, True),
        ('(a is "1" or b is "2") and c is "3"', {"a": "1"}, False),
        ('sample.host is "Homo sapiens"', {"sample__host": "Homo sapiens"}, True),
    ],
)
def test_condition_decides(text: str, row: dict[str, str], expected: bool) -> None:
    assert parse(text).holds(values(**row)) is expected


def test_one_of_several_tied_values_is_enough() -> None:
    condition = parse('experiment.library_strategy is "AMPLICON"')

    assert condition.holds(lambda _name: ("WGS", "AMPLICON"))
    assert not condition.holds(lambda _name: ("WGS", "RNA-Seq"))
    assert not condition.holds(lambda _name: ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a is",
        'a is "x',
        "a is x",
        'a in "x"',
        'a in ["x"',
        'a begins "x"',
        '(a is "x"',
        'a is "x" b',
        "and",
        "가 given",
    ],
)
def test_what_is_no_condition_is_our_fault(text: str) -> None:
    with pytest.raises(SystemFault, match="cannot be read"):
        parse(text)


def test_joining_equal_conditions_gives_one() -> None:
    first, second = Is("a", "x"), Given("b")

    assert either(first, first) == first
    assert both(first, second) == AllOf((first, second))
    with pytest.raises(ValueError, match="two parts"):
        AllOf((first,))
