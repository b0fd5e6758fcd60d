"""Reads by GC content for plots."""

from dsqc.report.gc import gc_distribution


def test_the_model_comes_first_then_plain_counts() -> None:
    plain = {"gc_content": {"gc_percent": [0, 1, 2], "reads": [0, 4, 1]}}
    assert gc_distribution(plain) == [0.0, 4.0, 1.0]
    assert gc_distribution(plain | {"gc_model": {"gc_percent": [0, 1, 2], "reads": [0.5, 3.5, 1.0]}}) == [0.5, 3.5, 1.0]


def test_without_reads_there_is_nothing() -> None:
    assert gc_distribution({}) == []
    assert gc_distribution({"gc_model": {"gc_percent": [0, 1], "reads": [0.0, 0.0]}}) == []
