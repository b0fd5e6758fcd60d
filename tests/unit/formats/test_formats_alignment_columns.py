"""Every field of BAM, CRAM and SAM as pysam reads it, whatever the size of the batches."""

import os
import tempfile
from pathlib import Path

import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.findings import FindingLog
from dsqc.formats import open_reads
from helpers.alignments import of_batch, pysam_records, read_all

DATA = Path(os.environ.get("DSQC_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
HEADER = {
    "HD": {"VN": "1.6", "SO": "unsorted"},
    "SQ": [{"SN": "c1", "LN": 100_000}, {"SN": "c2", "LN": 70_000}],
    "RG": [{"ID": "g1", "SM": "s"}, {"ID": "g2", "SM": "s"}],
}

if DATA.is_dir():
    FILES = [path for path in sorted((DATA / "alignments").iterdir()) if path.suffix in (".bam", ".cram", ".sam")]
    REFERENCES = {"hts-specs": DATA / "references" / "ce.fa", "sarscov2": DATA / "references" / "MN908947.3.fasta"}

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_columns_of_shared_files_are_those_of_pysam(path: Path) -> None:
        reference = REFERENCES.get(path.name.split("_")[0]) if path.suffix == ".cram" else None
        log = FindingLog()
        with open_reads(path, log, reference=reference) as source:
            found = [record for batch in source.batches() for record in of_batch(batch)]
        assert found == pysam_records(path, reference)
        assert [item for item in log if item.severity == "error"] == []


ALPHABETS = ("ACGT", "ACGTN", "=ACMGRSVTWYHKDBN")
names = st.text("abcXYZ019:_/", min_size=1, max_size=40)
tags = st.fixed_dictionaries(
    {},
    optional={
        "NM": st.integers(0, 9),
        "RG": st.sampled_from(["g1", "g2", "g3"]),
        "MD": st.just("5A3"),
        "XZ": st.text("ab ~!", max_size=20),
        "XI": st.integers(-(1 << 31), (1 << 32) - 1),
        "XF": st.floats(width=32, allow_nan=False),
        "XB": st.lists(st.integers(-100, 100), min_size=1, max_size=9),
        "XA": st.just("q"),
    },
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, object]:
    """The fields of one record that holds."""
    length = draw(st.integers(1, 60) | st.integers(120, 140))
    clip = draw(st.integers(0, length - 1))
    mapped = draw(st.booleans())
    return {
        "name": draw(names),
        "flag": draw(st.sampled_from([0, 16, 256, 1 | 64, 1 | 128, 99, 147, 2048 | 1 | 64])) | (0 if mapped else 4),
        "bases": draw(st.text(draw(st.sampled_from(ALPHABETS)), min_size=length, max_size=length)),
        "qualities": draw(st.none() | st.lists(st.integers(0, 93), min_size=length, max_size=length)),
        "place": (draw(st.integers(0, 1)), draw(st.integers(0, 60_000))) if mapped else (-1, -1),
        "cigar": [(4, clip), (0, length - clip)] if mapped and clip else [(0, length)] if mapped else [],
        "mapq": draw(st.integers(0, 255)),
        "mate": (draw(st.integers(-1, 1)), draw(st.integers(0, 60_000))),
        "tlen": draw(st.integers(-5000, 5000)),
        "tags": draw(tags),
    }


def written(chosen: list[dict[str, object]], mode: str) -> bytes:
    """The records in a file by htslib; ``mode`` as pysam's, ``b`` or the empty string."""
    header = pysam.AlignmentHeader.from_dict(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written"
        write(path, mode, header, chosen)
        return path.read_bytes()


def write(path: Path, mode: str, header: pysam.AlignmentHeader, chosen: list[dict[str, object]]) -> None:
    """Write the records to ``path``."""
    with pysam.AlignmentFile(path, f"w{mode}", header=header) as file:
        for fields in chosen:
            record = pysam.AlignedSegment(header)
            record.query_name, record.flag = fields["name"], fields["flag"]
            record.query_sequence, record.query_qualities = fields["bases"], fields["qualities"]
            record.reference_id, record.reference_start = fields["place"]
            record.cigartuples = fields["cigar"]
            record.mapping_quality, record.template_length = fields["mapq"], fields["tlen"]
            record.next_reference_id, record.next_reference_start = fields["mate"]
            for tag, value in fields["tags"].items():
                record.set_tag(tag, value)
            file.write(record)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(records(), min_size=1, max_size=30), st.integers(1, 7), st.integers(1, 3000))
def test_any_batch_size_gives_the_same_columns_and_findings(
    chosen: list[dict[str, object]], rows: int, buffer: int
) -> None:
    binary = written(chosen, "b")
    whole, findings = read_all(binary)
    assert (whole, findings) == read_all(binary, rows=rows, buffer=buffer)
    text = written(chosen, "")
    in_text, of_text = read_all(text)
    assert (in_text, of_text) == read_all(text, rows=rows, buffer=buffer)
    assert in_text == whole
    assert [(item.code, item.value) for item in of_text] == [(item.code, item.value) for item in findings]
    assert [record.name for record in whole] == [fields["name"] for fields in chosen]


def test_a_cigar_in_a_tag_is_found(tmp_path: Path) -> None:
    path = tmp_path / "long.bam"
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "c1", "LN": 1_000_000}]})
    with pysam.AlignmentFile(path, "wb", header=header) as file:
        record = pysam.AlignedSegment(header)
        record.query_name, record.flag, record.reference_id, record.reference_start = "r", 0, 0, 10
        record.query_sequence = "ACGT" * 35_000
        record.cigartuples = [(0, 1), (1, 1)] * 70_000
        record.set_tag("NM", 70_000)
        file.write(record)
    (expected,) = pysam_records(path)
    (found,), findings = read_all(path.read_bytes())
    assert found == expected
    assert findings == []
    text = f"@SQ\tSN:c1\tLN:1000000\n{record.to_string()}\n".encode()
    (in_text,), findings = read_all(text)
    assert in_text == expected
    assert findings == []
