"""The query language: what it reads, what it prints, and how it refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.catalog.models import WIDE_METRICS, RunSearchRecord
from dsqc.catalog.search.fields import FIELDS, METRIC_ALIASES, Kind, find_field, metric_names
from dsqc.catalog.search.folding import fold
from dsqc.catalog.search.grammar import And, Node, Not, Or, Range, Term, Words
from dsqc.catalog.search.help import EXAMPLES, help_text
from dsqc.catalog.search.parsing import DEEPEST, LONGEST, QueryError, parse
from dsqc.errors import UsageError
from dsqc.forms import Visibility, compose, load_fields
from dsqc.language import Language

ORDERED = [item.name for item in FIELDS if item.kind is Kind.NUMBER] + list(WIDE_METRICS)
WORDS = [item.name for item in FIELDS if item.kind in (Kind.WORD, Kind.NAME, Kind.CHECKSUM)]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
numbers = st.one_of(st.integers(-10, 10**12).map(str), st.sampled_from(["0.8", "80%", "10G", "1e6", "-2.5k"]))
dates = st.sampled_from(["2020", "2020-06", "2020-06-30"])
leaves = st.one_of(
    texts.map(Words).filter(lambda item: bool(fold(item.text))),
    st.builds(Term, st.sampled_from(WORDS), st.just(":"), texts, st.booleans()),
    st.builds(Term, st.sampled_from(WORDS), st.just(":"), st.just(""), st.just(True)),
    st.builds(Term, st.sampled_from(ORDERED), st.sampled_from([":", "<", "<=", ">", ">="]), numbers),
    st.builds(Term, st.just("collected"), st.sampled_from([":", "<", "<=", ">", ">="]), dates),
    st.builds(Range, st.sampled_from(ORDERED), numbers, numbers),
    st.builds(Range, st.just("run_date"), st.just(""), dates),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: And(tuple(items))),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: Or(tuple(items))),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(trees)
def test_what_a_tree_prints_parses_to_the_same_tree(tree: Node) -> None:
    assert parse(str(tree)) == tree


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.text('ab:"()-*<>=. \\AND OR NOT q30 organism', max_size=60)))
def test_any_text_parses_or_is_a_usage_error(text: str) -> None:
    try:
        tree = parse(text)
    except UsageError:
        return
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", And()),
        ("a b OR c", Or((And((Words("a"), Words("b"))), Words("c")))),
        ("a AND (b OR -c)", And((Words("a"), Or((Words("b"), Not(Words("c"))))))),
        ("NOT a b", And((Not(Words("a")), Words("b")))),
        ("and or not", And((Words("and"), Words("or"), Words("not")))),
        ("q30 >= 0.8", Term("frac_bases_q30", ">=", "0.8")),
        ("size:>10G", Term("size", ">", "10G")),
        ("platform!=ILLUMINA", Not(Term("platform", ":", "ILLUMINA"))),
        ("platform = ILLUMINA", Term("platform", ":", "ILLUMINA")),
        ('place:"South Korea"*', Term("place", ":", "South Korea", is_prefix=True)),
        ("collected:2020..2023-06", Range("collected", "2020", "2023-06")),
        ('file:"a..b"', Term("file", ":", "a..b")),
        ("file:a..b", Term("file", ":", "a..b")),
        ('text:"가뭄 저항성" leaf*', And((Words("가뭄 저항성"), Words("leaf")))),
        ("instrument_model:x", Term("instrument", ":", "x")),
        ("metric.instrument_model:x", Term("metric.instrument_model", ":", "x")),
        (r'"say \"yes\" \\ no"', Words(r'say "yes" \ no')),
    ],
)
def test_a_query_is_read(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "position", "problem"),
    [
        ("leaf organsim:x", 5, "no field 'organsim'.*\n.*\n *\\^{8}\n.*Did you mean organism"),
        ("벼 q3:1", 2, "no field 'q3'.*\n  벼 q3:1\n {5}\\^\\^\n"),
        ("q30>=high", 0, "frac_bases_q30>=0.8"),
        ("platform>3", 0, "platform has no order"),
        ("collected:soon", 0, "2023-06-01"),
        ("collected:2020-1-1", 0, "2023-06-01"),
        ("collected:..", 0, "one end"),
        ("taxon:rice", 0, "4530"),
        ("size>1e999", 0, "number"),
        ("q30:0.9*", 0, "range"),
        ("q30>0.9*", 0, "[*] goes with"),
        ("(a", 0, "not closed"),
        ("a)", 1, "no parenthesis that this one closes"),
        ("( )", 0, "nothing stands between"),
        ('a "b', 2, "quotation is not closed"),
        ("a OR", 4, "missing at its end"),
        ("a OR OR b", 5, "joins two conditions"),
        ("organism:>5", 0, "has no order"),
        ("organism:", 9, "value is missing"),
        ('organism:""', 0, "wants a value"),
        ('""', 0, "nothing to look for"),
        ("a\0b", 1, "no text has"),
        ("a\udc80", 1, "no text has"),
        ("(" * (DEEPEST + 2) + "a", DEEPEST + 1, "inside each other"),
        ("-" * 3000 + "a", DEEPEST + 1, "inside each other"),
        ("a" * (LONGEST + 1), LONGEST, "longer than"),
    ],
)
def test_a_query_that_cannot_be_read_says_where_and_why(query: str, position: int, problem: str) -> None:
    with pytest.raises(QueryError, match=problem) as refused:
        parse(query)
    assert refused.value.position == position
    assert "--help-query" in str(refused.value)


def test_every_field_is_explained_and_its_example_is_a_query() -> None:
    for language in Language:
        text = help_text(language)
        assert all(item.name in text and item.example in text for item in FIELDS)
        assert all(short in text for short in METRIC_ALIASES)
    for query in (*EXAMPLES, *(item.example for item in FIELDS)):
        assert parse(query) != And()


def test_names_mean_one_thing_each() -> None:
    """Fields, their other names and short names of metrics never collide; metrics are those of the registry."""
    names = [name for item in FIELDS for name in (item.name, *item.aliases)]
    assert len(names) == len(set(names))
    assert not set(METRIC_ALIASES) & ({*names} | metric_names())
    assert {*METRIC_ALIASES.values(), *WIDE_METRICS} <= metric_names()
    assert set(WIDE_METRICS) <= set(RunSearchRecord.__table__.columns.keys())
    for metric in metric_names():
        field = find_field(f"metric.{metric}")
        assert field is not None
        assert field.column == metric


def test_what_readers_search_by_is_public_in_every_form() -> None:
    """A column of ``run_search`` that a form calls controlled would tell more than may be told."""
    searched = {item.column for item in FIELDS if item.kind in (Kind.WORD, Kind.DATE)}
    for field in load_fields().values():
        form = compose(field.id, sorted(field.packages)[0])
        for sheet in ("project", "sample", "experiment", "run"):
            columns = form.columns(sheet)
            assert all(columns[name].visibility is Visibility.PUBLIC for name in searched & columns.keys())
