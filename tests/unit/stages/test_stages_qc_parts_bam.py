"""A BAM measured in parts: whatever it holds and wherever it is cut, the results are those of one pass."""

import json
import random
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import pysam
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

import dsqc
from dsqc.cli.main import main
from dsqc.formats import bam_span
from dsqc.formats.spans import find_spans
from dsqc.metrics import reads as reads_module
from dsqc.stages import _qc_spans
from dsqc.stages.qc_parts import join_parts, measure_pair_part
from helpers.bam_bytes import Fields, bam_bytes, tag
from helpers.parts import END_BLOCK, NO_PANEL, bgzf, check_parts, parts_of, tree

REFERENCES = [("r1", 90_000), ("r2", 700), ("r3", 50)]
ORDERS = ["coordinate", "queryname", "queryname\tSS:queryname:natural", "unsorted", "unknown"]
FLAGS = [0, 16, 4, 256, 2048, 1024, 512, 67, 131, 1 | 64 | 8, 1 | 128 | 4, 1 | 64 | 4 | 8, 1 | 128 | 4 | 8, 0x5000]


def header(order: str, references: list[tuple[str, int]], *, groups: bool) -> str:
    """Text of a header."""
    lines = [f"@HD\tVN:1.6\tSO:{order}", *(f"@SQ\tSN:{name}\tLN:{length}" for name, length in references)]
    return "".join(f"{line}\n" for line in [*lines, *(["@RG\tID:g1\tSM:s"] if groups else [])])


def cigar_of(numbers: random.Random, bases: int) -> tuple[int, ...]:
    """A CIGAR of a read: matches, a deletion or an intron, a clip; rarely one that does not fit."""
    if bases < 4 or numbers.random() < 0.5:
        return (bases + (numbers.random() < 0.03)) << 4, *([4 << 4 | 5] if numbers.random() < 0.1 else [])
    gap = numbers.choice([1, 30, 400, 21_000, 60_000])
    clip = numbers.randrange(3)
    parts = [clip << 4 | 4, 2 << 4, gap << 4 | numbers.choice([2, 3]), (bases - 2 - clip) << 4 | numbers.choice([0, 7])]
    return tuple(parts if clip else parts[1:])


def record(numbers: random.Random, known: int) -> Fields:
    """A record, mostly without fault, of one of ``known`` references."""
    bases = numbers.choice([0, 1, 8, 30, 30, 30, 40, 150])
    flag = numbers.choice(FLAGS)
    placed = known > 0 and (not flag & 4 or numbers.random() < 0.3)
    reference = numbers.randrange(known) if placed else -1
    position = numbers.randrange(min(REFERENCES[reference][1], 400)) if placed else -1
    if placed and numbers.random() < 0.2:
        position = numbers.randrange(REFERENCES[reference][1])
    mate = numbers.randrange(known) if placed and flag & 1 else -1
    tags = [tag("RG", "Z", numbers.choice(["g1", "g1", "g2"]))] if numbers.random() < 0.5 else []
    if numbers.random() < 0.5:
        tags.append(tag("NM", "C", numbers.randrange(3)))
    if numbers.random() < 0.03:
        tags.append(numbers.choice([b"XXZunended", tag("NM", "A", "x") * 2, b"X"]))
    odd = numbers.random() < 0.04
    return Fields(
        name=numbers.choice([b"r%d", b"I:1:F:1:1101:5:%d", b"a%d/1", b"b\0%d" if odd else b"x" * 240 + b"%d"])
        % numbers.randrange(12),
        flag=flag,
        reference=known if odd and numbers.random() < 0.5 else reference,
        position=1 << 30 if odd and numbers.random() < 0.5 else position,
        mapping_quality=numbers.choice([0, 60, 255]),
        cigar=cigar_of(numbers, bases) if placed and not flag & 4 else (),
        mate_reference=mate,
        mate_position=numbers.randrange(50) if mate >= 0 else -1,
        template_length=numbers.choice([0, 90, -90]) if mate >= 0 else 0,
        bases="".join(numbers.choice("ACGTN") for _ in range(bases)),
        qualities=None if numbers.random() < 0.1 else bytes(numbers.randrange(41) for _ in range(bases)),
        tags=tuple(tags),
    )


def order_of(item: Fields) -> tuple[int, int]:
    """Place of a record in the order of coordinates."""
    return (item.reference, item.position) if item.reference >= 0 else (1 << 20, 0)


def stored_bam(numbers: random.Random) -> bytes:
    """A BAM, sorted or not, aligned or not, whole or not."""
    references = REFERENCES[: numbers.choice([0, 1, 3, 3])]
    order = numbers.choice(["coordinate", "coordinate", *ORDERS])
    found = [record(numbers, len(references)) for _ in range(numbers.choice([0, 1, 5, 20, 40, 90]))]
    if order == "coordinate" or numbers.random() < 0.3:
        found.sort(key=order_of)
        if len(found) > 1 and numbers.random() < 0.15:
            place = numbers.randrange(len(found) - 1)
            found[place], found[place + 1] = found[place + 1], found[place]
    elif "queryname" in order and numbers.random() < 0.7:
        found.sort(key=lambda item: item.name)
    text = header(order, references, groups=numbers.random() < 0.7) + "@CO\tlong\n" * numbers.choice([0, 0, 80])
    data = bam_bytes(found, text, references)
    if numbers.random() < 0.15:
        place = numbers.randrange(len(data))
        data = data[:place] + numbers.choice([b"", struct.pack("<i", 3), b"\0" * 40, data[place // 2 :]])
    stored = bgzf(data, numbers.choice([numbers.randrange(9, 60), 150, 600, 5_000]))
    if numbers.random() < 0.1:
        stored = stored[: -len(END_BLOCK)]
    stored = numbers.choice([b"", b"", END_BLOCK]) * (numbers.random() < 0.1) + stored
    stored += (
        numbers.choice([b"", b"", b"", END_BLOCK, b"\0\0\0", b"behind", stored]) if numbers.random() < 0.3 else b""
    )
    place, harm = numbers.randrange(1, len(stored)), numbers.random()
    if harm < 0.1:
        stored = stored[:place]
    elif harm < 0.25:
        stored = stored[:place] + bytes([stored[place] ^ 0x15]) + stored[place + 1 :]
    return stored


def index_of(stored: bytes) -> bytes:
    """The BAI that pysam makes; none where it refuses."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "reads.bam"
        path.write_bytes(stored)
        try:
            pysam.index(str(path))
        except pysam.SamtoolsError:
            return b""
        return Path(f"{path}.bai").read_bytes()


@settings(deadline=None, max_examples=15, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 1 << 32), st.integers(2, 5))
@example(50156, 5)  # a part of nothing but an end block, in front of the header
def test_parts_put_together_are_the_whole(seed: int, of: int) -> None:
    numbers = random.Random(seed)
    check_parts(stored_bam(numbers), of, numbers, name="reads.bam")


def deep_bam(reads: int, *, order: str = "coordinate", block_size: int = 3_000) -> bytes:
    """A sound BAM of mates on two references, with introns that reach across any edge, and unplaced mates behind."""
    numbers = random.Random(reads)
    made = []
    for number in range(reads // 2):
        pair = {"name": b"I:1:F:1:%d:5:%d" % (1101 + number % 7, number)}
        if number % 20 == 0:
            made += [Fields(**pair, flag=77), Fields(**pair, flag=141)]
            continue
        reference = number % 2 if number % 3 else 0
        low = numbers.randrange(60_000 if reference == 0 else 400)
        gap = [numbers.choice([1, 9_000]) << 4 | 3, 20 << 4] if reference == 0 and number % 4 == 0 else []
        for flag, place, mate, size in ((99, low, low + 60, 120), (147, low + 60, low, -120)):
            made.append(
                Fields(
                    **pair, flag=flag | (1024 if number % 9 == 0 else 0), reference=reference, position=place,
                    mapping_quality=60, cigar=(40 << 4, *gap, (20 if gap else 0) << 4)[: 3 if gap else 1],
                    mate_reference=reference, mate_position=mate, template_length=size,
                    bases="".join(numbers.choice("ACGT") for _ in range(60 if gap else 40)),
                    qualities=bytes(numbers.randrange(30, 41) for _ in range(60 if gap else 40)),
                    tags=(tag("RG", "Z", "g1"),),
                )
            )  # fmt: skip
    made.sort(key=(lambda item: item.name) if "queryname" in order else order_of)
    return bgzf(bam_bytes(made, header(order, REFERENCES, groups=True), REFERENCES), block_size)


def test_depth_windows_names_and_mates_go_on_across_the_edges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The directories that ``dsqc qc`` writes, index beside the file; the last part begins far behind the head."""
    monkeypatch.setattr(reads_module, "SETTLED_READS", 300)
    path, out = tmp_path / "reads.bam", tmp_path / "parts"
    path.write_bytes(deep_bam(3_000))
    pysam.index(str(path))
    assert main(["qc", str(path), "-O", str(tmp_path / "whole"), "--panel", "none", "-@", "1"]) == 0
    data = json.loads((tmp_path / "whole" / "reads.dsqc.json").read_text())
    assert data["metrics"]["coverage_mean"] > 0.5
    assert sum(data["tables"]["gc_bias"]["windows"]) > 3
    assert data["findings"] == []
    capsys.readouterr()
    assert main(["qc", str(path), "--plan-parts", "4", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["whole_because"] is None
    for part in [*(item["part"] for item in printed["parts"]), "digest"]:
        assert main(["qc", str(path), "--part", part, "-O", str(out), "-@", "2"]) == 0
    assert main(["qc", str(path), "--parts", str(out), "-O", str(tmp_path / "joined"), "--panel", "none"]) == 0
    assert tree(tmp_path / "joined") == tree(tmp_path / "whole")


def test_a_wrong_guess_of_the_first_record_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = deep_bam(400)
    guesses: list[int] = []
    monkeypatch.setattr(bam_span, "_first_record", lambda *_: guesses.append(len(guesses)) or 4 * len(guesses))
    assert check_parts(stored, 4, random.Random(1), name="reads.bam")
    assert guesses


def test_a_depth_that_is_too_much_to_hand_over_is_measured_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_qc_spans, "_MOST_CHANGES", 0)
    assert not check_parts(deep_bam(300), 3, random.Random(1), name="reads.bam")
    assert check_parts(deep_bam(300, order="queryname"), 3, random.Random(1), name="reads.bam")  # it has no depth


def test_many_faults_of_several_kinds_are_cut_the_same_everywhere() -> None:
    """More than are kept, errors and warnings under one code, in another order of kinds in every part."""
    places = [0] * 30 + [1 << 20] * 45 + [0] * 30
    made = [
        Fields(name=b"r%d" % number, flag=0x5000 if number % 3 else 0, reference=0, position=place, cigar=(4 << 4,))
        for number, place in enumerate(places)
    ]
    stored = bgzf(bam_bytes(made, header("unsorted", REFERENCES, groups=False), REFERENCES), 90)
    for of in (2, 5):
        assert check_parts(stored, of, random.Random(of), name="reads.bam")


@pytest.mark.parametrize("order", ["coordinate", "queryname"])
def test_disorder_at_an_edge_is_seen(order: str) -> None:
    """Every record stands before the one in front of it: none of the faults is lost, and the seam's is not made up."""
    made = [
        Fields(name=b"r%03d" % (500 - number), flag=0, reference=0, position=500 - number, cigar=(4 << 4,))
        for number in range(60)
    ]
    for found in (made, made[::-1]):
        stored = bgzf(bam_bytes(found, header(order, REFERENCES, groups=False), REFERENCES), 200)
        assert check_parts(stored, 4, random.Random(1), name="reads.bam")


def test_alignments_named_as_mates_are_measured_one_by_one(tmp_path: Path) -> None:
    one, two = tmp_path / "r_1.fastq.gz", tmp_path / "r_2.fastq.gz"
    one.write_bytes(deep_bam(200))
    two.write_bytes(deep_bam(240))
    dsqc.qc(one, two, paired=True, outdir=tmp_path / "whole", panel="none")
    for path in (one, two):
        parts_of(path, 2, tmp_path / "parts")
    measure_pair_part((one, two), 1, 1, tmp_path / "parts")
    dsqc.qc(one, two, paired=True, outdir=tmp_path / "joined", parts=tmp_path / "parts", panel="none")
    assert tree(tmp_path / "joined") == tree(tmp_path / "whole")


@pytest.mark.parametrize(("name", "stored"), [("reads.bam", b"BAM\1"), ("reads.sam", b"@HD\tVN:1.6\n")])
def test_what_is_not_cut_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, stored: bytes) -> None:
    """A BAM that is not compressed has no edges; SAM is not cut at all."""
    path = tmp_path / name
    path.write_bytes(stored)
    assert main(["qc", str(path), "--plan-parts", "2"]) == 0
    assert ("no edges" if name == "reads.bam" else "only FASTQ and BAM") in capsys.readouterr().out
    parts_of(path, 2, tmp_path / "parts")
    assert join_parts(path, "reads", tmp_path / "parts", NO_PANEL) is None


def test_a_block_shorter_than_its_own_header_is_no_edge(tmp_path: Path) -> None:
    stored = bytearray(deep_bam(60))
    place = stored.index(END_BLOCK[:4], len(stored) // 2)
    stored[place + 16 : place + 18] = b"\3\0"
    path = tmp_path / "reads.bam"
    path.write_bytes(stored)
    assert place not in {span.start for span in find_spans(path, 2).spans}
