"""The makers of benchmark files: the same bytes every time, and data that is what it says."""

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pysam
import pytest
from makers import KINDS, make

import dsqc
from dsqc.stages.validate import validate

SMALL: dict[str, dict[str, Any]] = {
    "illumina_binned": {"reads": 3000, "seed": 5, "container": "gzip"},
    "illumina_binned_r2": {"reads": 3000, "seed": 5, "container": "bgzf"},
    "illumina_40": {"reads": 3000, "seed": 5, "container": "plain"},
    "illumina_40_r2": {"reads": 3000, "seed": 5, "container": "gzip"},
    "nanopore": {"bases": 300_000, "longest": 40_000, "seed": 5, "container": "gzip"},
    "bam": {"reads": 3000, "seed": 5},
    "ubam": {"reads": 3000, "seed": 5},
    "cram": {"reads": 3000, "seed": 5},
    "submission": {"reads": 40, "faulty": 0.05, "seed": 5},
}
NAMES = {"bam": "a.bam", "ubam": "u.bam", "cram": "c.cram", "illumina_40": "i.fastq", "submission": "s.xlsx"}
READS = [kind for kind in SMALL if kind != "submission"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("made")
    paths = {kind: place / kind / NAMES.get(kind, "i.fastq.gz") for kind in SMALL}
    for kind, path in paths.items():
        make(kind, path, **SMALL[kind])
    return paths


def records(path: Path) -> list[tuple[str, str, str]]:
    opener = open if path.suffix == ".fastq" else gzip.open
    with opener(path, "rt") as file:
        lines = file.read().split("\n")
    assert lines.pop() == ""
    assert len(lines) % 4 == 0
    assert set(lines[2::4]) == {"+"}
    return list(zip(lines[0::4], lines[1::4], lines[3::4], strict=True))


def test_every_kind_is_covered_here() -> None:
    assert set(SMALL) == set(KINDS)


@pytest.mark.parametrize("kind", SMALL)
def test_the_same_arguments_give_the_same_bytes(kind: str, made: dict[str, Path]) -> None:
    before = made[kind].read_bytes()
    made[kind].with_name(made[kind].name + ".facts.json").unlink()  # so that it is not just kept
    made[kind].unlink()
    make(kind, made[kind], **SMALL[kind])
    assert made[kind].read_bytes() == before


def test_a_file_of_other_arguments_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.fastq.gz"
    make("illumina_binned", path, reads=100, seed=1, container="gzip")
    first = path.read_bytes()
    assert make("illumina_binned", path, reads=100, seed=2, container="gzip").reads == 100
    assert path.read_bytes() != first


@pytest.mark.parametrize("kind", READS)
def test_dsqc_finds_as_many_reads_as_were_made_and_nothing_wrong(kind: str, made: dict[str, Path]) -> None:
    facts = make(kind, made[kind], **SMALL[kind])
    reference = made[kind].with_suffix(".fasta") if kind == "cram" else None
    result = dsqc.qc(made[kind], reference=reference)
    assert [finding for finding in result.findings if finding.severity == "error"] == []
    assert (result.files[0].metrics["read_count"], result.files[0].metrics["base_count"]) == (facts.reads, facts.bases)


def test_mates_have_the_same_names_in_ascending_order(made: dict[str, Path]) -> None:
    first, second = (
        [name.split()[0] for name, _, _ in records(made[kind])] for kind in ("illumina_binned", "illumina_binned_r2")
    )
    assert first == second
    places = [tuple(int(part) for part in (name.split(":")[i] for i in (3, 4, 6, 5))) for name in first]
    assert places == sorted(set(places))


def test_mates_face_each_other_across_the_fragment(made: dict[str, Path]) -> None:
    pairs = zip(records(made["illumina_40"]), records(made["illumina_40_r2"]), strict=True)
    overlapping = 0
    for (_, bases, _), (_, mate, _) in pairs:
        turned = mate[::-1].translate(str.maketrans("ACGT", "TGCA"))
        overlapping += any(bases.endswith(turned[:n][-20:]) and n > 20 for n in range(21, 60))
    assert overlapping > 30  # fragments of 240 to 280 bases


def test_qualities_have_the_levels_of_their_instrument(made: dict[str, Path]) -> None:
    assert set("".join(quality for _, _, quality in records(made["illumina_binned"]))) == set("F:,#")
    letters = set("".join(quality for _, _, quality in records(made["illumina_40"])))
    assert len(letters) == 40
    assert (min(letters), max(letters)) == ("#", "J")


def test_illumina_reads_hold_what_real_ones_do(made: dict[str, Path]) -> None:
    reads = [bases for _, bases, _ in records(made["illumina_binned"])]
    assert sum("AGATCGGAAGAGC" in bases for bases in reads) > 10
    assert sum(bases.endswith("G" * 30) for bases in reads) > 5
    assert sum("N" in bases for bases in reads) > 3
    starts = [bases[:50] for bases in reads]
    assert 0.01 < 1 - len(set(starts)) / len(starts) < 0.1


def test_one_nanopore_read_is_as_long_as_asked(made: dict[str, Path]) -> None:
    found = records(made["nanopore"])
    assert max(len(bases) for _, bases, _ in found) == 40_000
    assert len({name.split()[0] for name, _, _ in found}) == len(found)
    assert all(" ch=" in name and " start_time=" in name and " runid=" in name for name, _, _ in found)


def test_tags_and_places_of_alignments_are_true(made: dict[str, Path]) -> None:
    reference = pysam.FastaFile(str(made["bam"].with_suffix(".fasta")))
    shapes = set()
    with pysam.AlignmentFile(str(made["bam"])) as file:
        mapped = [record for record in file.fetch(until_eof=True) if not record.is_unmapped]
    for record in mapped:
        shapes.add(tuple(operation for operation, _ in record.cigartuples or ()))
        expected = reference.fetch(record.reference_name, record.reference_start, record.reference_end).upper()
        assert record.get_reference_sequence().upper() == expected
        different = sum(
            1 for _, _, base in record.get_aligned_pairs(matches_only=True, with_seq=True) if base.islower()
        )
        gaps = sum(length for operation, length in record.cigartuples or () if operation in (1, 2))
        assert record.get_tag("NM") == different + gaps
    assert shapes == {(0,), (4, 0), (0, 4), (0, 2, 0), (0, 1, 0)}
    keys = [(record.reference_id, record.reference_start) for record in mapped]
    assert keys == sorted(keys)


def test_mates_of_alignments_agree(made: dict[str, Path]) -> None:
    pairs: dict[str, list[pysam.AlignedSegment]] = {}
    with pysam.AlignmentFile(str(made["bam"])) as file:
        for record in file.fetch(until_eof=True):
            pairs.setdefault(record.query_name or "", []).append(record)
    assert {len(pair) for pair in pairs.values()} == {2}
    for one, other in pairs.values():
        assert one.is_read1 != other.is_read1
        assert (one.next_reference_start, other.next_reference_start) == (other.reference_start, one.reference_start)
        assert one.template_length == -other.template_length
        assert (one.mate_is_unmapped, one.mate_is_reverse) == (other.is_unmapped, other.is_reverse)


def test_the_cram_holds_the_records_of_the_bam(made: dict[str, Path]) -> None:
    with (
        pysam.AlignmentFile(str(made["bam"])) as bam,
        pysam.AlignmentFile(str(made["cram"]), reference_filename=str(made["cram"].with_suffix(".fasta"))) as cram,
    ):
        pairs = zip(bam.fetch(until_eof=True), cram.fetch(until_eof=True), strict=True)
        for ours, theirs in pairs:
            assert (ours.query_name, ours.flag, ours.query_sequence) == (
                theirs.query_name,
                theirs.flag,
                theirs.query_sequence,
            )
            assert ours.query_qualities == theirs.query_qualities


def test_a_submission_has_the_faults_that_were_asked_for(made: dict[str, Path], tmp_path: Path) -> None:
    plain = tmp_path / "plain.xlsx"
    make("submission", plain, reads=40, faulty=0.0, seed=5)
    right, faulty = (
        validate(path, None, today=date(2026, 9, 1), with_files=False) for path in (plain, made["submission"])
    )
    assert len(right.findings) == 0
    assert 60 < len(faulty.findings) < 200
    assert len(faulty.submission.rows("sample")) == len(faulty.submission.rows("file")) == 40
    assert sum(len(row.cells) for row in right.submission.rows("sample")) == 40 * 60
