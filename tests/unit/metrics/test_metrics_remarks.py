"""Warnings that rest on metrics: when they are made, and when not."""

import numpy as np
import pytest

from dsqc.formats.texts import english, korean
from dsqc.metrics.collector import Encoding, Facts
from dsqc.metrics.remarks import remarks
from dsqc.registry import RuleState, rules


def facts(*, reads=1_000, length=150, characters="#F"):
    counts = np.zeros(256, dtype=np.int64)
    counts[[ord(character) for character in characters]] = 7
    return Facts(
        read_count=reads,
        base_count=reads * length,
        lengths=np.array([length]),
        reads=np.array([reads]),
        encoding=Encoding(33, "Sanger / Illumina 1.9") if characters else None,
        characters=counts,
    )


GOOD = {"frac_reads_adapter": 0.001, "frac_reads_technical": 0.0, "frac_reads_q30": 0.93}


def codes(given=None, **changes):
    return [code for code, _, _ in remarks(given or facts(), GOOD | changes)]


def test_good_reads_have_none():
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"frac_reads_adapter": 0.06}, ["DSQC-D014"]),
        ({"frac_reads_adapter": 0.05}, []),
        ({"frac_reads_technical": 0.051}, ["DSQC-D014"]),
        ({"frac_reads_q30": 0.499}, ["DSQC-D027"]),
        ({"frac_reads_q30": 0.5}, []),
        ({"frac_reads_q30": 0.1, "frac_reads_adapter": 0.9}, ["DSQC-D014", "DSQC-D027"]),
        ({"frac_reads_q30": 0.1, "instrument_platform": "OXFORD_NANOPORE"}, []),
        ({"frac_reads_q30": 0.1, "instrument_platform": "ILLUMINA"}, ["DSQC-D027"]),
        (dict.fromkeys(GOOD), []),
    ],
)
def test_limits(changes, expected):
    assert codes(**changes) == expected


def test_one_quality_for_all_bases():
    (remark,) = remarks(facts(characters="I"), GOOD)
    assert remark[0] == "DSQC-D008"
    assert english(remark[1]) == "all qualities are 40"
    assert korean(remark[1]) == "모든 품질 점수가 40"
    assert codes(facts(characters="")) == []
    assert codes(facts(characters="!"), instrument_platform="PACBIO_SMRT") == []


def test_long_reads_are_known_by_their_length_where_nothing_else_tells():
    assert codes(facts(length=12_000, characters="!"), frac_reads_q30=0.0) == []


@pytest.mark.parametrize(
    ("characters", "changes", "expected"),
    [
        ("I", {}, ["DSQC-R011"]),
        ("", {}, ["DSQC-R011"]),
        ("I5", {}, []),
        ("!", {}, []),
        ("I", {"instrument_platform": "PACBIO_SMRT"}, []),
    ],
)
def test_long_records_without_qualities_of_their_own_are_assembled(characters, changes, expected):
    assert codes(facts(length=12_000, characters=characters), frac_reads_q30=None, **changes) == expected


def test_adapters_that_long_reads_hold_by_chance_do_not_count():
    assert codes(facts(length=200_000), frac_reads_adapter=0.10) == []
    assert codes(facts(length=200_000), frac_reads_adapter=0.30) == ["DSQC-D014"]


def test_few_reads_say_nothing():
    assert codes(facts(reads=99, characters="I"), frac_reads_adapter=1.0) == []


def test_what_was_seen_is_written_in_percent():
    assert remarks(facts(), GOOD | {"frac_reads_adapter": 0.29821}) == [("DSQC-D014", "29.8 %", "≤ 5 %")]
    assert remarks(facts(), GOOD | {"frac_reads_q30": 0.377}) == [("DSQC-D027", "37.7 %", "≥ 50 %")]


def test_the_rules_are_checked():
    assert all(rules()[code].state is RuleState.ACTIVE for code in ("DSQC-D008", "DSQC-D014", "DSQC-D027"))
