"""qc of encrypted files: what temporary files and results may hold of their reads."""

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dsqc.crypt4gh import SealedPath, SegmentWriter, make_header, sealed_name
from dsqc.crypt4gh.header import SessionKeys, new_session_key
from dsqc.stages._qc_measure import Options, measure_file, measure_pair
from helpers.stations import keys_in

ADAPTER = "AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC"
OWN = "".join(random.Random(5).choices("ACGT", k=60))


def fastq(names: list[str], sequences: list[str]) -> bytes:
    reads = zip(names, sequences, strict=True)
    return "".join(f"@{name}\n{bases}\n+\n{'I' * len(bases)}\n" for name, bases in reads).encode()


def seal(folder: Path, name: str, content: bytes) -> SealedPath:
    keys, session = keys_in(folder / "station"), SessionKeys((new_session_key(),))
    body = SegmentWriter(session).encrypt(content)
    (folder / sealed_name(name)).write_bytes(make_header(session, [keys.public]) + body)
    return SealedPath(folder, name, keys)


def test_overrepresented_reads_of_a_closed_file_are_counted_and_not_quoted(tmp_path: Path) -> None:
    others = ["".join(random.Random(n).choices("ACGT", k=60)) for n in range(200)]
    sequences = [OWN] * 50 + [ADAPTER + "A" * 26] * 40 + others[:0] + others
    content = fastq([f"r{n}" for n in range(len(sequences))], sequences)
    (tmp_path / "a.fastq").write_bytes(content)
    plain = measure_file(tmp_path / "a.fastq", "a", Options(threads=1)).data
    closed = measure_file(seal(tmp_path, "a.fastq", content), "a", Options(threads=1)).data

    assert OWN[:50] in plain["tables"]["overrepresented"]["sequence"]
    table = closed["tables"].pop("overrepresented")
    open_table = plain["tables"].pop("overrepresented")
    assert closed == plain
    assert {**table, "sequence": []} == {**open_table, "sequence": []}
    shown = dict(zip(open_table["sequence"], table["sequence"], strict=True))
    assert shown[OWN[:50]].startswith("withheld-")
    assert all(text == own for own, text in shown.items() if ADAPTER in own)


def test_names_that_spill_to_a_disk_are_not_readable_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Path] = []

    def visible(**_options: Any) -> Any:
        kept.append(tmp_path / f"spill-{len(kept)}")
        return kept[-1].open("wb+", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", visible)
    names = [f"secret-{n * n}-of-a-person" for n in range(3000)]
    sequences = ["".join(random.Random(n).choices("ACGT", k=30)) for n in range(3000)]
    contents = fastq(names, sequences), fastq(names[::-1], sequences)
    results = []
    for private in (False, True):
        folder = tmp_path / str(private)
        folder.mkdir()
        pair = []
        for number, content in enumerate(contents, 1):
            name = f"a_R{number}.fastq"
            (folder / name).write_bytes(content)
            pair.append(seal(folder, name, content) if private else folder / name)
        one, two, _pair = measure_pair((pair[0], pair[1]), ("a_R1", "a_R2"), Options(threads=1))
        results.append([one.data["findings"], two.data["findings"]])
        stored = b"".join(path.read_bytes() for path in kept)
        assert len(stored) > 100_000
        # Names are packed before they are written: what tells is whether the packer's mark is there.
        assert (b"\x28\xb5\x2f\xfd" in stored) is not private
        kept.clear()
    assert results[0] == results[1]
