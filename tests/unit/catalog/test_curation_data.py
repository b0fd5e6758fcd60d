"""What curators work with as data: the list of reasons, the points of the queue, a value among its peers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.catalog.curation.content import Content, answer, changes
from dsqc.catalog.curation.outliers import MAD_TO_SD, Spread
from dsqc.catalog.curation.priorities import priorities
from dsqc.catalog.curation.reasons import Reason, kinds, read_reasons
from dsqc.errors import UsageError
from dsqc.metrics.catalogue import METRICS
from dsqc.registry import RuleState, rules
from helpers.results import Judged

SUBMISSION = Judged().submission()
numbers = st.lists(st.integers(-50, 50).map(lambda number: number / 4), min_size=1, max_size=40)


def one(text: str, decision: str = "return") -> Reason:
    return read_reasons([text], SUBMISSION, decision, "")[0]


def test_every_reason_is_whole_in_both_languages() -> None:
    for kind in kinds().values():
        assert kind.scope in ("cell", "object", "submission", "any"), kind.code
        assert kind.decisions, kind.code
        assert set(kind.decisions) <= {"approve", "return", "reject"}, kind.code
        for text in (kind.label, kind.advice):
            assert text.en, kind.code
            assert any("가" <= letter <= "힣" for letter in text.ko), kind.code


def test_what_the_priorities_name_exists_and_privacy_outweighs_all_else() -> None:
    found = priorities()

    assert found.form_against_file <= {code for code, rule in rules().items() if rule.state is RuleState.ACTIVE}
    assert {*found.peers.metrics, *found.peers.log_metrics} <= set(METRICS)
    others = sum(weight.most for name, weight in found.weights.items() if name != "privacy")
    assert found.weights["privacy"].points > others
    assert found.weights["form_against_file"].points > found.weights["other_findings"].points


def test_a_reason_finds_its_cell() -> None:
    assert one("wrong_value:organism@leaf") == Reason(
        *("wrong_value", "sample", "organism", "leaf"), row=2, column="C", value="Oryza sativa"
    )
    assert one("wrong_value:sample.organism@LEAF").object_id == "leaf"
    assert one("repeated_value:organism").object_id == ""
    assert (one("repeated_value:organism").row, one("repeated_value:organism").column) == (1, "C")
    assert one("unclear:title_en").object_id == "rice-project", "a sheet of one row has one object"
    assert one("low_quality:@run-root").sheet == "run"
    assert one("wrong_value:library_id@root_WGS_1").sheet == "experiment", "of two sheets the one with the object"
    assert one("missing_detail:sample.tissue").attribute == "tissue", "a column may be missing"
    assert one("out_of_scope", "reject") == Reason("out_of_scope")
    assert len(read_reasons(["unclear:organism@leaf", "unclear:sample.organism@leaf"], SUBMISSION, "return", "")) == 1


@pytest.mark.parametrize(
    ("text", "decision", "told"),
    [
        ("wrong_valeu:organism@leaf", "return", "Did you mean wrong_value"),
        ("wrong_value:organsm@leaf", "return", "Did you mean organism"),
        ("wrong_value:organism@leav", "return", "Did you mean leaf"),
        ("wrong_value:organism@leaf", "approve", "no reason to approve"),
        ("wrong_value", "return", "needs an attribute"),
        ("low_quality:file_name@root.fastq", "return", "whole objects"),
        ("out_of_scope:organism", "return", "the whole submission"),
        ("other", "return", "says nothing by itself"),
        ("unclear:@nobody", "return", "in no sheet"),
        ("unclear:library_id", "return", "is in the sheets"),
    ],
)
def test_a_reason_that_cannot_be_meant_is_refused_with_what_may_be(text: str, decision: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_reasons([text], SUBMISSION, decision, "")


def test_answers_follow_the_object_and_not_its_row() -> None:
    before = Content(
        {"sample": {"a": {"organism": "x", "tissue": "leaf"}, "b": {"organism": "x"}}, "run": {"r": {}}},
        {"f": "1"},
        {"run": {"r": ["f"]}},
    )
    after = Content(
        {"sample": {"new": {"organism": "z"}, "a": {"organism": "y", "tissue": "leaf"}}, "run": {"r": {}}},
        {"f": "2"},
        {"run": {"r": ["f"]}},
    )

    def state(*place: str) -> str:
        return answer(Reason("unclear", *place), before, after).state

    assert state("sample", "organism", "a") == "changed"
    assert state("sample", "tissue", "a") == "unchanged"
    assert state("sample", "organism", "b") == "removed"
    assert state("sample", "organism", "") == "changed"
    assert state("run", "", "r") == "changed", "the same row with another file"
    assert state("run", "file_type", "r") == "unchanged"
    assert state() == "untold"
    assert answer(Reason("unclear"), before, before).state == "unchanged"
    assert Content.from_bytes(before.to_bytes()) == before
    assert [(item.kind, item.sheet, item.object_id, item.attribute) for item in changes(before, after)] == [
        ("changed", "sample", "a", "organism"),
        ("removed", "sample", "b", ""),
        ("added", "sample", "new", ""),
        ("changed", "data", "f", ""),
    ]


@given(numbers, st.integers(-60, 60).map(lambda number: number / 4))
def test_a_value_stands_among_its_peers_as_numpy_says(values: list[float], own: float) -> None:
    known = np.sort(np.array(values))
    found = Spread(values)

    assert found.median == pytest.approx(np.median(known))
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(known, [5, 95])))
    assert found.percentile(own) == pytest.approx(100 * (np.mean(known < own) + np.mean(known == own) / 2), abs=0.051)
    mad = MAD_TO_SD * np.median(np.abs(known - np.median(known)))
    z = found.robust_z(own)
    if mad:
        assert z == pytest.approx((own - np.median(known)) / mad, abs=0.0051)
    elif np.ptp(known) == 0:
        assert z == (0.0 if own == known[0] else None)
    else:
        mean = 1.253314 * np.mean(np.abs(known - np.median(known)))
        assert z == pytest.approx((own - np.median(known)) / mean, abs=0.0051)
