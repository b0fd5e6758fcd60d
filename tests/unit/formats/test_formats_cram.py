"""CRAM: containers proven by our own walk, records as htslib gives them, no network."""

import bz2
import gzip
import hashlib
import os
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from dsqc.errors import SystemFault, UsageError
from dsqc.findings import FindingLog
from dsqc.formats import cram_process, open_reads
from dsqc.formats.cram_container import itf8_at
from dsqc.formats.cram_header import _itf8
from helpers.alignments import of_batch, pysam_records
from helpers.damage import flip
from helpers.reads import Outcome, bgzf, make_reads, read_bytes, read_path

REFERENCE = "ACGTTGCAAC" * 400


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reference") / "reference.fa"
    path.write_text(f">c1\n{REFERENCE}\n")
    pysam.faidx(str(path))
    return path


def write(
    path: Path,
    mode: str,
    reference: Path | None,
    options: list[bytes] | None = None,
    *,
    number: int = 500,
    comments: int = 0,
) -> bytes:
    """Reads that match the reference (mapped) or random ones (no reference)."""
    header = {"HD": {"VN": "1.6"}} | ({"SQ": [{"SN": "c1", "LN": len(REFERENCE)}]} if reference else {})
    if comments:
        header["CO"] = [f"comment {index}" for index in range(comments)]
    name = str(reference) if reference else None
    with pysam.AlignmentFile(path, mode, header=header, reference_filename=name, format_options=options) as file:
        for index, read in enumerate(make_reads(number, 3, shortest=20)):
            item = pysam.AlignedSegment(file.header)
            item.query_name = f"r{index}"
            item.flag = 4
            item.query_sequence = read.bases
            if reference:
                start = index * 7 % 3000
                item.flag = 16 * (index % 2)
                item.query_sequence = REFERENCE[start : start + len(read.bases)]
                item.reference_id, item.reference_start = 0, start
                item.cigarstring = f"{len(read.bases)}M"
            item.query_qualities = pysam.qualitystring_to_array(read.qualities)
            file.write(item)
    return path.read_bytes()


def expected(path: Path, reference: Path | None) -> list[tuple[str, str, str, int]]:
    with pysam.AlignmentFile(path, check_sq=False, reference_filename=str(reference) if reference else None) as file:
        return [
            (item.query_name, item.query_sequence, pysam.qualities_to_qualitystring(item.query_qualities), item.flag)
            for item in file.fetch(until_eof=True)
        ]


def records(found: Outcome) -> list[tuple[str, str, str | None, int]]:
    return [(*read, flag) for read, flag in zip(found.reads, found.flags, strict=True)]


@pytest.mark.parametrize("version", ["2.1", "3.0", "3.1"])
def test_unaligned_records(tmp_path: Path, version: str) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", None, [f"version={version}".encode()])
    found = read_path(path)
    assert records(found) == expected(path, None)
    assert found.all_codes == []
    assert (found.integrity.complete, found.integrity.end_marker) == (True, True)


def test_mapped_records_need_their_reference(tmp_path: Path, reference: Path) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", reference)
    found = read_path(path, reference=reference)
    assert records(found) == expected(path, reference)
    assert found.all_codes == []
    reference_elsewhere = tmp_path / "other.fa"
    reference_elsewhere.write_text(">c1\n" + "T" * len(REFERENCE) + "\n")
    wrong = read_path(path, reference=reference_elsewhere)
    (fault,) = wrong.log
    assert fault.code == "DSQC-D022"
    assert fault.value == f"c1 (M5 {md5(REFERENCE)}), M5 {md5('T' * len(REFERENCE))} in the reference given"
    assert wrong.source.damaged


def test_a_sequence_that_the_reference_lacks_is_named(tmp_path: Path, reference: Path) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", reference)
    other = tmp_path / "other.fa"
    other.write_text(f">c2\n{REFERENCE}\n")
    (fault,) = read_path(path, reference=other).log
    assert (fault.code, fault.value) == (
        "DSQC-D022",
        f"c1 (M5 {md5(REFERENCE)}), not in the reference given",
    )


def test_records_that_cannot_be_decoded_are_no_fault_of_the_reference(
    tmp_path: Path, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", reference)

    script = tmp_path / "decode.py"
    script.write_text("import sys\nsys.stderr.write('[E::cram_next_slice] Failure to decode slice\\n')\nsys.exit(1)\n")
    monkeypatch.setattr(cram_process, "_SCRIPT", script)
    (fault,) = read_path(path, reference=reference).log
    assert (fault.code, fault.value) == ("DSQC-D029", "records cannot be decoded (htslib: Failure to decode slice)")


def md5(sequence: str) -> str:
    return hashlib.md5(sequence.encode(), usedforsecurity=False).hexdigest()


def packed_plain(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


@pytest.mark.parametrize(
    ("name", "pack"), [("x.fa", bytes), ("x.fa.gz", packed_plain), ("x.fa.gz", lambda text: bgzf([text]))]
)
def test_nothing_is_written_beside_the_reference(
    tmp_path: Path, reference: Path, name: str, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    cram = tmp_path / "r.cram"
    write(cram, "wc", reference)
    folder, scratch = tmp_path / "references", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    mine = folder / name
    mine.write_bytes(pack(f">c1\n{REFERENCE.lower()}\n".encode()))
    folder.chmod(0o555)
    found = read_path(cram, reference=mine)
    folder.chmod(0o755)
    assert records(found) == expected(cram, reference)
    assert found.all_codes == []
    assert [path.name for path in folder.iterdir()] == [name]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not begin with >"),
        (b"@r1\nACGT\n+\nIIII\n", "does not begin with >"),
        (gzip.compress(b"c1 ACGT", mtime=0), "does not begin with >"),
        (gzip.compress(b">c1\nACGT\n", mtime=0)[:-9], "gzip data is damaged"),
        (b">c1\nAC\nACGT\nA\nACGTACGT\n", "cannot be indexed"),
        (bz2.compress(b">c1\nACGT\n"), "does not begin with >"),
    ],
)
def test_a_reference_that_is_no_fasta_is_a_usage_error(
    tmp_path: Path, data: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "r.cram", "wc", None)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (tmp_path / "x.fa").write_bytes(data)
    with pytest.raises(UsageError, match=reason):
        open_reads(tmp_path / "r.cram", FindingLog(), reference=tmp_path / "x.fa")
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("version", ["2.1", "3.0", "3.1"])
@pytest.mark.parametrize("comments", [0, 2000])
def test_no_reference_is_a_finding_and_no_look_up(tmp_path: Path, reference: Path, version: str, comments: int) -> None:
    path = tmp_path / "r.cram"
    left = tmp_path / "left.fa"  # stands where UR says
    left.write_bytes(reference.read_bytes())
    write(path, "wc", left, [f"version={version}".encode()], comments=comments)
    left.with_suffix(".fa.fai").unlink()
    before = dict(os.environ)
    started = time.monotonic()
    found = read_path(path)
    assert time.monotonic() - started < 5
    assert found.codes == ["D022"]
    assert dict(os.environ) == before
    assert found.integrity.complete  # the stored bytes themselves are whole
    assert found.source.header["SQ"][0]["UR"] == str(left)
    assert len(found.source.header.get("CO", [])) == comments
    assert not left.with_suffix(".fa.fai").exists()
    assert records(read_path(path, reference=reference)) == expected(path, reference)


def test_a_reference_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    write(tmp_path / "r.cram", "wc", None)
    with pytest.raises(UsageError, match="does not exist"):
        open_reads(tmp_path / "r.cram", FindingLog(), reference=tmp_path / "none.fa")


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_every_cut_is_found(tmp_path: Path, version: str) -> None:
    data = write(tmp_path / "r.cram", "wc", None, [f"version={version}".encode()], number=50)
    for at in [*range(4, len(data), 97), len(data) - 38, len(data) - 1]:
        found = read_bytes(data[:at], "r.cram")
        assert found.codes == ["D029"], at
        assert found.source.damaged
        assert found.integrity.size_bytes == at


def test_every_flip_is_found(tmp_path: Path) -> None:
    data = write(tmp_path / "r.cram", "wc", None, number=50)
    for at in range(26, len(data), 61):
        found = read_bytes(flip(data, at), "r.cram")
        assert "D029" in found.codes, at
        assert not found.integrity.complete


def test_bytes_behind_the_end_are_found(tmp_path: Path) -> None:
    data = write(tmp_path / "r.cram", "wc", None, number=50)
    assert read_bytes(data + b"tail", "r.cram").codes == ["D029"]


def test_a_consumer_that_leaves_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", None, number=20_000)
    started = time.monotonic()
    with open_reads(path, FindingLog()) as source:
        next(source.batches())
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("method", [1, 2, 9])
def test_a_header_that_cannot_be_read_is_a_finding(tmp_path: Path, method: int) -> None:
    data = bytearray(write(tmp_path / "r.cram", "wc", None, number=50))
    first = data.index(b"\x00\x00\x00", 44)  # the block of the header: raw, of kind 0, number 0
    while zlib.crc32(data[first : (end := block_end(data, first))]) != int.from_bytes(data[end : end + 4], "little"):
        first += 1
    data[first] = method
    data[end : end + 4] = zlib.crc32(data[first:end]).to_bytes(4, "little")
    found = read_bytes(bytes(data), "r.cram")
    assert found.codes == ["D029"]
    assert found.reads == []


def block_end(data: bytes, first: int) -> int:
    size, at = itf8_at(bytes(data), first + 3)
    return itf8_at(bytes(data), at)[1] + size


@pytest.mark.parametrize("value", [0, 127, 128, 16383, 16384, (1 << 21) - 1, 1 << 21, (1 << 28) - 1, 1 << 28])
def test_numbers_of_cram(value: int) -> None:
    stored = _itf8(value)
    assert itf8_at(stored, 0) == (value, len(stored))


def test_a_store_of_references_by_md5(tmp_path: Path, reference: Path) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", reference)
    digest = md5(REFERENCE)
    store = tmp_path / "50% store:here"
    place = store / digest[:2] / digest[2:4] / digest[4:]
    place.parent.mkdir(parents=True)
    place.write_text(REFERENCE)
    found = read_path(path, reference=store)
    assert records(found) == expected(path, reference)
    assert found.all_codes == []
    assert [entry.name for entry in store.rglob("*") if entry.is_file()] == [digest[4:]]
    place.write_text(REFERENCE[:2000])
    (fault,) = read_path(path, reference=store).log
    label = f"c1 (M5 {digest})"
    assert (fault.code, fault.value) == ("DSQC-D022", f"{label}, 2000 bases in the reference given")
    place.unlink()
    (fault,) = read_path(path, reference=store).log
    assert (fault.code, fault.value) == ("DSQC-D022", f"{label}, not in the reference given")


def test_a_decoder_killed_from_outside_is_no_finding(
    tmp_path: Path, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", reference)
    script = tmp_path / "decode.py"
    script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr(cram_process, "_SCRIPT", script)
    with pytest.raises(SystemFault, match="was killed"):
        read_path(path, reference=reference)


def test_a_decoder_that_crashes_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.cram"
    write(path, "wc", None)
    script = tmp_path / "decode.py"
    script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(cram_process, "_SCRIPT", script)
    found = read_path(path)
    assert found.codes == ["D029"]
    assert found.integrity.md5 == hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize("option", ["multi_seq_per_slice=1", "embed_ref=1", "no_ref=1", "seqs_per_slice=7"])
def test_every_field_is_that_of_pysam(tmp_path: Path, version: str, option: str) -> None:
    fasta = tmp_path / "several.fa"
    fasta.write_text("".join(f">c{row}\n{REFERENCE}\n" for row in range(4)))
    pysam.faidx(str(fasta))
    path = tmp_path / "r.cram"
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": f"c{row}", "LN": 4000} for row in range(4)]}
    options = [f"version={version}".encode(), option.encode()]
    with pysam.AlignmentFile(path, "wc", header=header, reference_filename=str(fasta), format_options=options) as file:
        for index, read in enumerate(make_reads(120, 4, shortest=30)):
            item = pysam.AlignedSegment(file.header)
            item.query_name, item.flag, item.query_sequence = f"r{index}", 4, read.bases
            if index < 100:
                start = index % 25 * 30
                item.flag, item.reference_id, item.reference_start = 16 * (index % 2), index // 25, start
                item.query_sequence = REFERENCE[start : start + len(read.bases)]
                item.cigarstring, item.mapping_quality = f"3S{len(read.bases) - 3}M", index
            item.query_qualities = pysam.qualitystring_to_array(read.qualities)
            item.set_tag("XZ", f"x{index}")
            file.write(item)
    given = fasta if option in ("multi_seq_per_slice=1", "seqs_per_slice=7") else None
    log = FindingLog()
    with open_reads(path, log, reference=given) as source:
        found = [one for batch in source.batches() for one in of_batch(batch)]
    assert found == pysam_records(path, fasta)
    assert list(log) == []
