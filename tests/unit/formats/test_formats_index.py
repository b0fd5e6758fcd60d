"""An index beside its file: the right one is silent, any other is told."""

import gzip
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from dsqc.formats.index import find_index, parse_bins
from helpers.reads import bgzf, make_reads, read_path

LENGTH = 200_000
HEADER = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": f"c{row}", "LN": LENGTH} for row in range(3)]}


def write(path: Path, number: int, *, header: dict[str, object] = HEADER, options: list[bytes] | None = None) -> Path:
    """Sorted records: mapped ones to the first two references, some unmapped beside them, some without a place."""
    mode = "wc" if path.suffix == ".cram" else "wb"
    with pysam.AlignmentFile(path, mode, header=header, format_options=options) as file:
        for index, read in enumerate(make_reads(number, 3, shortest=60)):
            item = pysam.AlignedSegment(file.header)
            item.query_name, item.query_sequence, item.flag = f"r{index}", read.bases, 4
            item.query_qualities = pysam.qualitystring_to_array(read.qualities)
            if index < number * 9 // 10:
                item.flag = 4 if index % 10 == 3 else 0
                item.reference_id = int(index > number // 2)
                item.reference_start = index * 60 % (LENGTH - 100) if item.reference_id else index
                item.cigarstring = None if item.flag else f"{len(read.bases)}M"
            file.write(item)
    with pysam.AlignmentFile(path, check_sq=False) as file:
        rows = sorted(file.fetch(until_eof=True), key=lambda one: (one.reference_id & 0xFFFF, one.reference_start))
        listed = file.header
    with pysam.AlignmentFile(path, mode, header=listed, format_options=options) as file:
        for item in rows:
            file.write(item)
    return path


NO_REFERENCE = [b"no_ref=1", b"seqs_per_slice=100"]


@pytest.fixture(scope="module", params=["bai", "csi", "crai"])
def indexed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with its index beside."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "crai":
        path = write(folder / "r.cram", 1500, options=NO_REFERENCE)
    else:
        path = write(folder / "r.bam", 1500)
    pysam.index(str(path), *(["-c"] if request.param == "csi" else []))
    return path


def told(path: Path) -> list[tuple[str, str, str]]:
    return [(item.code, item.value, item.expected) for item in read_path(path).log]


def beside(data: Path) -> Path:
    found = find_index(data)
    assert found is not None
    return found


def copied(data: Path, folder: Path) -> Path:
    shutil.copy(data, folder)
    shutil.copy(beside(data), folder)
    return folder / data.name


def test_the_right_index_is_silent(indexed: Path, tmp_path: Path) -> None:
    assert told(indexed) == []
    moved = copied(indexed, tmp_path)
    beside(moved).rename(moved.with_suffix(beside(moved).suffix))  # r.bai in place of r.bam.bai
    assert told(moved) == []


def test_an_index_of_older_content_is_told(indexed: Path, tmp_path: Path) -> None:
    moved = copied(indexed, tmp_path)
    write(moved, 1100, options=NO_REFERENCE if indexed.suffix == ".cram" else None)
    ((code, _value, _expected),) = told(moved)
    assert code == "DSQC-D032"


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"nothing" * 9])
def test_an_index_that_cannot_be_read_is_told(indexed: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    moved = copied(indexed, tmp_path)
    index = beside(moved)
    index.write_bytes(damage(index.read_bytes()))
    ((code, value, expected),) = told(moved)
    if index.suffix == ".crai" and not index.stat().st_size:
        assert value.startswith("no entry for the container")
    else:
        assert (code, value, expected) == (
            "DSQC-D032",
            "an index that cannot be read (cut or damaged)",
            "a whole index",
        )


def changed_text(index: Path, change: Callable[[bytearray], bytes]) -> None:
    data = index.read_bytes()
    packed = data[:2] == b"\x1f\x8b"
    text = bytearray(gzip.decompress(data) if packed else data)
    result = bytes(change(text))
    index.write_bytes(bgzf([result]) if packed else result)


def test_counts_that_differ_are_told(indexed: Path, tmp_path: Path) -> None:
    if indexed.suffix == ".cram":
        return
    moved = copied(indexed, tmp_path)
    index = beside(moved)
    changed_text(index, lambda text: text[:-8] + struct.pack("<Q", 7))
    assert told(moved) == [("DSQC-D032", "7 records without a place", "150 records without a place")]
    with pysam.AlignmentFile(moved) as file:
        first = next(iter(file.get_index_statistics()))
    changed_text(index, lambda text: text.replace(struct.pack("<QQ", first.mapped, first.unmapped), b"\1" + bytes(15)))
    ((_code, value, expected),) = told(moved)
    assert value == "reference 1: 1 mapped, 0 unmapped records"
    assert expected == f"reference 1: {first.mapped} mapped, {first.unmapped} unmapped records"


def test_entries_inside_a_block_are_told(indexed: Path, tmp_path: Path) -> None:
    moved = copied(indexed, tmp_path)
    index = beside(moved)
    if indexed.suffix == ".cram":
        start = int(gzip.decompress(index.read_bytes()).splitlines()[3].split(b"\t")[3])
        changed_text(index, lambda text: text.replace(b"\t%d\t" % start, b"\t%d\t" % (start + 1)))
    else:
        offsets = parse_bins(gzip.decompress(index.read_bytes()) if index.suffix == ".csi" else index.read_bytes())
        start = int(max(offsets.offsets)) >> 16
        for low in {int(one) & 0xFFFF for one in offsets.offsets}:
            old, new = struct.pack("<Q", start << 16 | low), struct.pack("<Q", (start + 1) << 16 | low)
            changed_text(index, lambda text, old=old, new=new: text.replace(old, new))
    ((code, value, _expected),) = told(moved)
    assert code == "DSQC-D032"
    assert value in (f"an entry for stored byte {start + 1}", f"no entry for the container at stored byte {start}")


def test_an_index_of_other_references_is_told(indexed: Path, tmp_path: Path) -> None:
    other = {"HD": HEADER["HD"], "SQ": [*HEADER["SQ"], {"SN": "c9", "LN": 9}]}
    moved = copied(indexed, tmp_path)
    if indexed.suffix == ".cram":
        changed_text(beside(moved), lambda text: b"7" + text[1:])
        assert told(moved)[0][:2] == ("DSQC-D032", "an entry for reference 7")
        return
    write(moved, 1500, header=other)
    assert told(moved) == [("DSQC-D032", "3 references", "4 references")]


def test_a_damaged_file_is_not_held_against_its_index(indexed: Path, tmp_path: Path) -> None:
    moved = copied(indexed, tmp_path)
    moved.write_bytes(moved.read_bytes()[:-40])
    assert "DSQC-D032" not in {code for code, *_ in told(moved)}


def test_other_files_have_no_index(tmp_path: Path) -> None:
    (tmp_path / "r.fastq.bai").write_bytes(b"")
    assert find_index(tmp_path / "r.fastq") is None
    assert find_index(tmp_path / "r.bam") is None
