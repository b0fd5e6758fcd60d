"""What the rules find does not depend on the order of rows, and never stops for any value."""

import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.forms import compose, labels
from dsqc.rules import Context, check, identify
from dsqc.submission import interpret
from dsqc.submission.table import Table, TableRow
from dsqc.submission.table import Tables as Read
from helpers.submissions import FIELD, PACKAGE, TODAY, Tables, add, good_tables, put

FORM = compose(FIELD, PACKAGE)
CONTEXT = Context(date.fromisoformat(TODAY))
VALUES = (
    "",
    "missing",
    "N/A",
    "Korea",
    "South Korea : Seoul",
    "2099",
    "2021/05/03",
    "S1",
    "s2",
    "F",
    "9606.5",
    "벼",
    "a; b",
    "1e5",
)


def as_read(tables: Tables) -> Read:
    return Read(
        {
            name: Table(name, f"{name}.tsv", tuple(TableRow(number, tuple(row)) for number, row in enumerate(rows, 1)))
            for name, rows in tables.items()
        }
    )


def findings(tables: Tables) -> list[tuple[str, str, str]]:
    """Code, attribute and value of everything found: all but the places."""
    submission, log = interpret(as_read(tables), labels(FORM))
    log.merge(check(submission, FORM, CONTEXT))
    return sorted((item.code, item.location.attribute, item.value) for item in log)


@given(st.randoms(use_true_random=False), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_order_of_rows_does_not_matter(chance: random.Random, count: int) -> None:
    tables = good_tables()
    for number in range(2, count + 1):
        add(tables, "sample", sample_name=f"S{number}", tissue=chance.choice(VALUES))
        add(tables, "experiment", library_id=f"lib-{number}", sample_name=f"S{chance.randint(1, 7)}")
        add(tables, "run", run_alias=f"run-{number}", library_id=f"lib-{chance.randint(1, 7)}")
        add(
            tables,
            "file",
            file_name=f"S{number}.fastq.gz",
            run_alias=f"run-{chance.randint(1, 7)}",
            md5=f"{number:032d}",
        )
    put(tables, "sample", collection_date=chance.choice(VALUES), geo_loc_name=chance.choice(VALUES))
    before = findings(tables)
    for rows in tables.values():
        below = rows[1:]
        chance.shuffle(below)
        rows[1:] = below
    assert findings(tables) == before


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_value_anywhere_gives_findings_and_never_a_fault(data: st.DataObject) -> None:
    tables = good_tables()
    texts = st.one_of(
        st.sampled_from(VALUES), st.text(max_size=12), st.from_regex(r"[0-9./:TZ+ -]{1,20}", fullmatch=True)
    )
    for rows in tables.values():
        for row in rows[1:]:
            for index in range(len(row)):
                if data.draw(st.integers(0, 4)) == 0:
                    row[index] = data.draw(texts)
    submission, log = interpret(as_read(tables), labels(FORM))
    form, found = identify(submission)
    log.extend(found)
    log.merge(check(submission, FORM if form is None else form, CONTEXT))
    for item in log:
        assert item.to_dict()["message_ko"]
