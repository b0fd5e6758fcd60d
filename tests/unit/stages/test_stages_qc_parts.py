"""A file measured in parts: whatever it holds and wherever it is cut, the results are those of one pass."""

import gzip
import json
import random
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import dsqc
from dsqc import artefact
from dsqc.cli.main import main
from dsqc.errors import SystemFault
from dsqc.metrics import reads as reads_module
from dsqc.metrics.duplication import DuplicationCollector
from dsqc.stages import _qc_join
from dsqc.stages._qc_measure import measure_file
from dsqc.stages.qc_parts import join_parts, measure_digest, measure_pair_part, plan_parts
from helpers.bam_bytes import Fields, bam_bytes
from helpers.parts import NO_PANEL, bgzf, check_parts, parts_of, tree


def read(name: str, bases: str, qualities: str, end: str, width: int) -> str:
    """A record, its lines ``width`` letters long at most."""

    def wrapped(letters: str) -> str:
        return end.join(letters[start : start + width] for start in range(0, max(len(letters), 1), width))

    return f"@{name}{end}{wrapped(bases)}{end}+{end}{wrapped(qualities)}{end}"


@st.composite
def records(draw: st.DrawFn) -> str:
    """One record, mostly without fault; its qualities may begin as a record does."""
    length = draw(st.integers(0, 12) | st.just(40))
    bases = draw(st.text("ACGTN", min_size=length, max_size=length) | st.text("ACGTacgtN.!0123", max_size=12))
    wanted = len(bases) + draw(st.sampled_from([0, 0, 0, 0, 0, -1, 1]))
    qualities = draw(st.text("@+I#", min_size=max(wanted, 0), max_size=max(wanted, 0)))
    name = draw(
        st.sampled_from(["r1", "r2", "r1/1", "r1/2", "r2 1:N:0:AC", "r2 2:N:0:AC", "I:1:F:1:1101:5:6", "@", "x@y"])
    )
    end = draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))
    return read(name, bases, qualities, end, draw(st.sampled_from([99, 99, 99, 5])))


@st.composite
def stored_files(draw: st.DrawFn) -> bytes:
    """A FASTQ file, plain or BGZF, whole or not."""
    text = "".join(draw(st.lists(records(), min_size=1, max_size=12)))
    tail = draw(
        st.sampled_from(["", "", "", "\n\n\n", "\n\n\n\n\n\n\n\n\nx", "@half\nAC", "junk\n" * 9, ">fasta\nACGT\n"])
    )
    text = draw(st.sampled_from([text, text, text.rstrip("\r\n")])) + tail
    stored = text.encode()
    if draw(st.booleans()):
        stored = bgzf(stored, draw(st.integers(1, 60)))
        stored += draw(st.sampled_from([b"", b"", b"", b"\0\0\0", b"behind", gzip.compress(b"@a\nA\n+\nI\n", mtime=0)]))
    harm = draw(st.sampled_from(["", "", "", "cut", "byte"]))
    place = draw(st.integers(1, len(stored)))
    if harm == "cut":
        stored = stored[:place]
    elif harm == "byte" and stored[:2] == b"\x1f\x8b":
        stored = stored[: place - 1] + bytes([stored[place - 1] ^ 0x15]) + stored[place:]
    return stored


@settings(deadline=None, max_examples=30, phases=[Phase.explicit, Phase.generate])
@given(stored_files(), st.integers(1, 5), st.randoms())
def test_parts_put_together_are_the_whole(stored: bytes, of: int, order: object) -> None:
    check_parts(stored, of, order)


def test_a_member_behind_the_blocks_whose_checksum_is_wrong() -> None:
    """What it held was handed over and is not vouched for: nothing that rests on all of the data is told."""
    last = bytearray(gzip.compress(b"@r1\nA\n+\nI\n", mtime=0))
    last[-8] ^= 0x15
    check_parts(bgzf(b"@r1\nAC\nGT\n+\nII\nII\n@r1\nA\n+\nI\n", 20) + bytes(last), 3, random.Random(1))


def text_of(reads: int, seed: int = 1, mate: int = 1) -> bytes:
    """FASTQ of different reads."""
    numbers = np.random.default_rng(seed)
    bases = np.frombuffer(b"ACGT", np.uint8)[numbers.integers(0, 4, (reads, 60))]
    qualities = numbers.integers(35, 74, (reads, 60)).astype(np.uint8)
    rows = zip(range(reads), bases, qualities, strict=True)
    return b"".join(
        b"@I:1:F:1:%d:5:%d %d:N:0:AC\n%s\n+\n%s\n"
        % (1101 + number % 7, number, mate, letters.tobytes(), marks.tobytes())
        for number, letters, marks in rows
    )


def test_parts_far_behind_the_beginning_know_what_they_must(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head that parts read ends long before they begin, and long reads stand in front of the last part alone."""
    monkeypatch.setattr(reads_module, "SETTLED_READS", 1_000)
    monkeypatch.setattr(DuplicationCollector, "is_settled", property(lambda self: len(self._tables()) > 0))
    text = text_of(2_000) * 6 + read("long", "ACGT" * 400, "I" * 1600, "\n", 9_999).encode() + text_of(7_000, seed=2)
    path = tmp_path / "reads.fastq"
    path.write_bytes(bgzf(text, 9_000))
    parts_of(path, 4, tmp_path / "parts")
    joined = join_parts(path, "reads", tmp_path / "parts", NO_PANEL)
    whole = measure_file(path, "reads", NO_PANEL)
    assert joined is not None
    # Sequences behind the first are not known to a head that ends early: what counts them is compared elsewhere.
    ours, theirs = joined.data, whole.data
    for key in ("frac_reads_deduplicated", "overrepresented_count", "frac_reads_technical"):
        del ours["metrics"][key], theirs["metrics"][key]
    for key in ("duplication_levels", "overrepresented"):
        del ours["tables"][key], theirs["tables"][key]
    assert artefact.to_json(ours) == artefact.to_json(theirs)


def test_a_full_table_of_sequences_is_the_same_in_parts(tmp_path: Path) -> None:
    """The 100,000 sequences that are counted are those of the file's beginning, in every part."""
    path = tmp_path / "reads.fastq"
    path.write_bytes(text_of(104_000) + text_of(30_000) + text_of(9_000, seed=3))
    parts_of(path, 4, tmp_path / "parts")  # the last begins behind the 100,000th
    joined = join_parts(path, "reads", tmp_path / "parts", NO_PANEL)
    assert joined is not None
    assert artefact.to_json(joined.data) == artefact.to_json(measure_file(path, "reads", NO_PANEL).data)


def test_mates_in_parts_are_written_as_mates_measured_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "r_1.fastq.gz", tmp_path / "r_2.fastq.gz"
    one.write_bytes(bgzf(text_of(3_000), 7_000))
    two.write_bytes(bgzf(text_of(2_999, mate=2), 5_000))
    dsqc.qc(one, two, paired=True, outdir=tmp_path / "whole", panel="none")
    for path, of in ((one, 3), (two, 4)):
        parts_of(path, of, tmp_path / "parts")
    dsqc.qc(one, two, paired=True, outdir=tmp_path / "joined", parts=tmp_path / "parts", panel="none")
    assert tree(tmp_path / "joined") == tree(tmp_path / "whole")
    for number in (1, 2, 3, 4, 5):
        measure_pair_part((one, two), number, 5, tmp_path / "parts")
    measure_digest(one, tmp_path / "parts")
    monkeypatch.setattr(_qc_join, "_compare_whole", None)  # not needed any more
    dsqc.qc(one, two, paired=True, outdir=tmp_path / "again", parts=tmp_path / "parts", panel="none")
    assert tree(tmp_path / "again") == tree(tmp_path / "whole")


def stored_reads(name: str, reads: int) -> bytes:
    """A file of different reads, FASTQ or BAM by its name."""
    if name.endswith(".fastq"):
        return text_of(reads)
    records = [Fields(name=b"r%d" % number, bases="ACGT" * 9, qualities=bytes(36)) for number in range(reads)]
    return bgzf(bam_bytes(records, "@HD\tVN:1.6\n"), 2_000)


@pytest.mark.parametrize("name", ["reads.fastq", "reads.bam"])
def test_parts_that_are_not_of_the_file_are_refused(tmp_path: Path, name: str) -> None:
    path, out = tmp_path / name, tmp_path / "parts"
    stored = stored_reads(name, 300 if name == "reads.fastq" else 20_000)
    path.write_bytes(stored)
    _one, two, three = parts_of(path, 3, out)
    kept = two.read_bytes()

    def refused() -> str:
        with pytest.raises(SystemFault) as caught:
            join_parts(path, "reads", out, NO_PANEL)
        return str(caught.value)

    two.unlink()
    assert "missing: 2/3" in refused()
    two.write_bytes(kept[:-1])
    assert "cut off" in refused()
    two.write_bytes(kept[:5_000] + bytes([kept[5_000] ^ 1]) + kept[5_001:])
    assert "checksum is wrong" in refused()
    two.write_bytes(three.read_bytes())
    assert "another file" in refused()
    two.write_bytes(kept)
    assert join_parts(path, "reads", out, NO_PANEL) is not None
    place = len(stored) // 2 + 77  # between the samples that tell files of one size apart
    path.write_bytes(stored[:place] + bytes([stored[place] ^ 2]) + stored[place + 1 :])
    assert "not measured of the bytes that it has now" in refused() or "another file" in refused()
    path.write_bytes(stored + stored_reads(name, 1))
    assert "another file" in refused()


@pytest.mark.parametrize("name", ["reads.fastq", "reads.bam"])
def test_a_part_that_was_killed_is_nowhere_and_is_measured_again(tmp_path: Path, name: str) -> None:
    path, out = tmp_path / name, tmp_path / "parts"
    path.write_bytes(stored_reads(name, 1_000))
    script = (
        "import os, signal, sys; from pathlib import Path; from dsqc.stages import qc_parts, _part_file\n"
        "_part_file.PartWriter.finish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "qc_parts.measure_part(qc_parts.Part(Path(sys.argv[1]), 2, 2), Path(sys.argv[2]))"
    )
    killed = subprocess.run([sys.executable, "-c", script, path, out], check=False)
    assert killed.returncode == -9
    assert not list(out.glob("*.part")) or all(item.name.startswith(".") for item in out.glob("*.part"))
    count = next(out.glob("*.count"))
    count.write_bytes(count.read_bytes()[:-9])  # as a crash of the machine may leave it: it is counted anew
    parts_of(path, 2, out)
    assert join_parts(path, "reads", out, NO_PANEL) is not None


def test_what_cannot_be_cut_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(gzip.compress(text_of(50)))
    assert [part.of for part in plan_parts(path, 100)] == [1]
    parts_of(path, 2, tmp_path / "parts")  # as a plan does that was made before the file was there
    assert join_parts(path, "reads", tmp_path / "parts", NO_PANEL) is None
    assert main(["qc", str(path), "--part", "1/2", "-O", str(tmp_path)]) == 2
    assert "no edges at which reading can begin" in capsys.readouterr().err
    assert main(["qc", str(path), "--plan-parts", "2", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    schema = json.loads(files("dsqc.schemas").joinpath("reports/qc_parts.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(printed)
    assert printed["parts"] == [{"part": "1/1", "start": 0, "stop": path.stat().st_size}]
