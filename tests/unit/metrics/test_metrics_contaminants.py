"""Names of technical sequences against a search along every diagonal; the order of Java's tables."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.metrics import contaminants
from dsqc.metrics.contaminants import adapters, source_of
from dsqc.metrics.java import hash_map_places, hashtable_places, string_hash

TABLE = contaminants.rows_of("contaminants.tsv")


def stretches(technical, sequence, offset):
    """(length, percent) of what FastQC counts as a hit where letter i lies on letter i + offset."""
    start, end, mismatches = 0, 0, 0
    for place, letter in enumerate(technical):
        if place + offset < 0:
            start = place + 1
            continue
        if place + offset >= len(sequence):
            break
        if letter == sequence[place + offset]:
            end = place
            continue
        mismatches += 1
        if mismatches > 1:
            if 1 + end - start > 20:
                yield 1 + end - start, (end - start) * 100 // (1 + end - start)
            start, end, mismatches = place + 1, place + 1, 0
    if 1 + end - start > 20:
        yield 1 + end - start, (1 + end - start - mismatches) * 100 // (1 + end - start)


def slow_source(sequence):
    best = None
    for row in TABLE:
        forward = row["sequence"]
        backward = forward[::-1].translate(str.maketrans("ACGT", "TGCA"))
        own = None
        for text in (forward, backward):
            if 8 <= len(sequence) < 20 and sequence in text and own is None:
                own = (len(sequence), 100)
            for offset in range(20 - len(forward), len(sequence) - 20):
                hits = list(stretches(text, sequence, offset))
                if hits and (own is None or max(hits)[0] > own[0]):
                    own = max(hits)
        if own and (best is None or own[0] > best[1][0]):
            best = row["name"], own
    return f"{best[0]} ({best[1][1]}% over {best[1][0]}bp)" if best else ""


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_sources_are_those_of_a_search_along_every_diagonal(draw: random.Random):
    text = draw.choice(TABLE)["sequence"]
    if draw.random() < 0.5:
        text = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    start = draw.randrange(max(len(text) - 12, 1))
    letters = list("".join(draw.choices("ACGT", k=draw.randint(0, 20))) + text[start:])[: draw.randint(8, 50)]
    for _ in range(draw.randint(0, 3)):
        letters[draw.randrange(len(letters))] = draw.choice("ACGTN")
    sequence = "".join(letters)
    assert source_of(sequence) == slow_source(sequence)


@pytest.mark.parametrize(
    ("sequence", "name"),
    [
        ("GATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACGATCTCGTATGC", "TruSeq Adapter, Index 1 (100% over 50bp)"),
        ("GATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACGATCTCGTATGA", "TruSeq Adapter, Index 1 (97% over 49bp)"),
        ("AAGCAGTGGTATCAACGCAGAGTACATGGGAAAAAAAAAAAAAAAAAAAA", "10x Template Switch Oligo (100% over 30bp)"),
        ("AAGTCGGAGGCCAAGCGGTCTTAGGAAGACAA", "BGI/MGI Adapter, Read 1 (100% over 32bp)"),
        ("TCTAGAGCTTGCAATCGGATTACAGCTAGGCATTTAGC", ""),
        ("TTCTGCTTG", "Illumina Single End Adapter 1 (100% over 9bp)"),
        ("ACGT", ""),
        ("", ""),
    ],
)
def test_names(sequence, name):
    assert source_of(sequence) == name


def test_what_fastqc_does_not_know_is_not_named_in_its_text():
    sequence = "AAGCAGTGGTATCAACGCAGAGTACATGGGAAAAAAAAAAAAAAAAAAAA"
    assert source_of(sequence, as_fastqc=True) == "Clontech SMARTer II A Oligonucleotide (100% over 25bp)"
    assert source_of("G" * 50, as_fastqc=True) == ""


def test_tables_are_well_formed():
    names = [row["name"] for row in TABLE]
    assert len(names) == len(set(names))
    assert all(set(row["sequence"]) <= set("ACGT") and len(row["sequence"]) > 19 for row in TABLE)
    assert all(row["source"] and row["fastqc"] in ("0", "1") for row in TABLE)
    assert [item.name for item in adapters() if item.in_fastqc] == [
        "Illumina Universal Adapter",
        "Illumina Small RNA 3' Adapter",
        "Illumina Small RNA 5' Adapter",
        "Nextera Transposase Sequence",
        "PolyA",
        "PolyG",
    ]
    assert all(len(item.sequence) == 12 and set(item.sequence) <= set("ACGT") for item in adapters())


@pytest.mark.parametrize(("text", "value"), [("", 0), ("a", 97), ("abc", 96354), ("GATTACA", 529289541)])
def test_string_hashes_are_javas(text, value):
    slow = 0
    for letter in text:
        slow = slow * 31 + ord(letter)
    assert string_hash(text) == value == slow % 2**32


def test_places_in_javas_tables():
    assert hash_map_places([0x10001, 17, 3], 12) == [0, 1, 3]
    assert hash_map_places([17, 33], 13) == [17, 1]
    assert hash_map_places([17, 33], 100_000) == [17, 33]
    assert hashtable_places([0x80000005, 20_000], 12_288, 16_384) == [5, 3_616]
    assert hashtable_places([20_000], 12_289, 16_384) == [20_000]
