"""Data files that are kept encrypted read as the plain ones do, and leave nothing of them on a disk."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest

from dsqc.crypt4gh import SealedPath, SegmentWriter, make_header, sealed_name
from dsqc.crypt4gh.header import SessionKeys, new_session_key
from dsqc.errors import SystemFault
from dsqc.findings import FindingLog
from dsqc.formats import open_reads, sniff
from dsqc.formats.names_spill import Spill
from helpers.closed import SAMPLE_BATCH
from helpers.stations import keys_in

CRAM = SAMPLE_BATCH / "yeast-cram" / "CG-KCTC-5.cram"
BAM = SAMPLE_BATCH / "human-hifi" / "PM-0031.hifi.bam"
FASTQ = SAMPLE_BATCH / "rice-wgs" / "KR-RICE-001_R1.fastq.gz"


def seal(path: Path, folder: Path) -> SealedPath:
    """The file ``path`` encrypted into ``folder``, which has a station's keys besides."""
    keys = keys_in(folder / "station")
    session = SessionKeys((new_session_key(),))
    body = SegmentWriter(session).encrypt(path.read_bytes())
    (folder / sealed_name(path.name)).write_bytes(make_header(session, [keys.public]) + body)
    return SealedPath(folder, path.name, keys)


def all_of(path: Path | SealedPath, threads: int) -> dict[str, Any]:
    """Everything that reading a file tells."""
    log = FindingLog()
    with open_reads(path, log, threads=threads) as source:
        names = [batch.name(row) for batch in source.batches() for row in range(len(batch))]
        told = (source.name, source.format, source.container, source.record_count, source.integrity)
    return {"told": told, "names": names, "findings": log.to_list()}


@pytest.mark.parametrize("path", [CRAM, BAM, FASTQ], ids=lambda path: path.name)
@pytest.mark.parametrize("threads", [1, 2])
def test_an_encrypted_file_reads_as_the_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path, threads: int
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    sealed = seal(path, tmp_path)
    assert sniff(sealed) == sniff(path)
    assert all_of(sealed, threads) == all_of(path, threads)


def test_an_index_that_is_encrypted_too_is_compared_with_its_file(tmp_path: Path) -> None:
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": 1000}]}
    bam = tmp_path / "plain" / "r.bam"
    bam.parent.mkdir()
    with pysam.AlignmentFile(bam, "wb", header=header) as file:
        for number in range(20):
            item = pysam.AlignedSegment(file.header)
            item.query_name, item.query_sequence, item.flag, item.reference_id = f"r{number}", "ACGT", 0, 0
            item.reference_start, item.cigarstring = number, "4M"
            file.write(item)
    pysam.index(str(bam))
    sealed = seal(bam, tmp_path)
    index = Path(f"{bam}.bai")
    seal(index, tmp_path)
    assert all_of(sealed, 1)["findings"] == all_of(bam, 1)["findings"]

    index.write_bytes(index.read_bytes()[:-12])
    seal(index, tmp_path)
    assert [item["code"] for item in all_of(sealed, 1)["findings"]] == ["DSQC-D032"]


def test_damage_of_an_encrypted_file_is_the_stations_fault_and_no_finding(tmp_path: Path) -> None:
    sealed = seal(FASTQ, tmp_path)
    content = bytearray(sealed.stored.read_bytes())
    content[-1000] ^= 1
    sealed.stored.write_bytes(content)
    with pytest.raises(SystemFault, match=r"KR-RICE-001_R1\.fastq\.gz\.c4gh is damaged: segment 2 "):
        all_of(sealed, 2)


def test_a_private_temporary_file_holds_nothing_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(
        "tempfile.TemporaryFile", lambda **_options: made.append((tmp_path / "t").open("wb+", 0)) or made[0]
    )
    text = gzip.decompress(FASTQ.read_bytes())[:5000]
    spill = Spill(private=True)
    places = [(spill.append(text[start : start + 77]), text[start : start + 77]) for start in range(0, 5000, 77)]
    words = spill.append(np.arange(9, dtype=np.uint64))
    assert all(spill.read(offset, len(part)) == part for offset, part in places)
    assert spill.read(3, 40) == text[3:43]
    assert spill.words(words, 2, 5).tolist() == [2, 3, 4]
    stored = (tmp_path / "t").read_bytes()
    assert len(stored) == spill.size
    assert not any(text[at : at + 8] in stored for at in range(0, 4900, 50))
    spill.close()
