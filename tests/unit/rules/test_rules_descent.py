"""Which sample was made from which: rings against a slow search, and dates."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.forms import compose
from dsqc.model import Cell, Row, Sheet, Submission
from dsqc.rules import Check, Context
from dsqc.rules.descent import descent
from helpers.submissions import FIELD, PACKAGE

FORM = compose(FIELD, PACKAGE)


def samples(parents: dict[str, str], dates: dict[str, str] | None = None) -> Check:
    rows = []
    for number, (name, above) in enumerate(parents.items(), start=2):
        values = {"sample_name": name, "derived_from": above, "collection_date": (dates or {}).get(name, "")}
        rows.append(Row("sample", number, {key: Cell(text, text, number, "A") for key, text in values.items() if text}))
    return Check(
        Submission({"sample": Sheet("sample", "sample.tsv", (), tuple(rows))}), FORM, Context(date(2026, 9, 1))
    )


def told(check: Check) -> dict[str, str]:
    return {item.object_id: item.value for item in descent(check)}


def test_itself_a_ring_and_what_hangs_on_it() -> None:
    found = told(samples({"A": "A", "B": "c", "C": "D", "D": "B", "E": "B; A", "F": "KAS00000001"}))
    assert found == {
        "A": "it names itself",
        "B": "a ring: B, C, D",
        "C": "a ring: B, C, D",
        "D": "a ring: B, C, D",
    }


def test_a_parent_that_was_collected_later() -> None:
    dates = {"A": "2021-05", "B": "2021-05-03", "C": "2021-06-01", "D": "2021"}
    assert told(samples({"A": "", "B": "C; A; D", "C": "", "D": "C"}, dates)) == {
        "B": "C was collected later (2021-06-01)"
    }


def test_a_long_line_of_descent_is_no_ring() -> None:
    names = [f"S{number}" for number in range(3000)]
    assert told(samples(dict(zip(names, [*names[1:], ""], strict=True)))) == {}
    assert len(told(samples(dict(zip(names, [*names[1:], names[0]], strict=True))))) == 3000


@given(st.lists(st.sets(st.integers(0, 7), max_size=3), min_size=8, max_size=8))
@settings(deadline=None)
def test_rings_are_what_a_search_from_each_sample_finds(above: list[set[int]]) -> None:
    parents = {f"S{n}": "; ".join(f"S{m}" for m in sorted(items)) for n, items in enumerate(above)}

    def reached(start: int) -> set[int]:
        found: set[int] = set()
        waiting = set(above[start])
        while waiting:
            found |= waiting
            waiting = set().union(*(above[n] for n in waiting)) - found
        return found

    assert set(told(samples(parents))) == {f"S{n}" for n in range(8) if n in reached(n)}
