"""Scrubbing: any mixture in any container loses its human reads and nothing else, mates stay in step, sums add up."""

import bz2
import gzip
import io
import stat
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
import pysam
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.archive.wrapping import LEVEL, Wrapping, bgzf
from dsqc.artefact import read_json
from dsqc.errors import SystemFault, UsageError
from dsqc.sketch import Panel
from dsqc.sketch.building import Told, build_panel
from dsqc.stages import scrub as stage
from dsqc.stages.fingerprint import fingerprint
from dsqc.stages.mask import mask_files
from dsqc.stages.qc import qc
from dsqc.stages.scrub import NAMES, REPORT, scrub
from helpers.genomes import Bytes, fasta, genome, reads_of

HUMAN, OTHER = genome(1, 60_000), genome(2, 60_000)
SCHEMA = Path(__file__).parents[3] / "schemas" / "reports" / "scrub.schema.json"
WRAPS = {
    ".fastq": lambda data: data,
    ".fastq.gz": lambda data: gzip.compress(data, 1),
    ".bgzf.fastq.gz": lambda data: b"".join(bgzf([data], Wrapping("bgzf", LEVEL))),
    ".fastq.bz2": bz2.compress,
    ".fastq.zst": lambda data: zstandard.ZstdCompressor().compress(data),
}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    folder = tmp_path_factory.mktemp("panel")
    told = [
        (fasta(folder / "human.fa", HUMAN), Told("Homo sapiens", 9606)),
        (fasta(folder / "other.fa", OTHER), Told("Testia prima", 1)),
    ]
    return build_panel("dense", told, every=1)


def unwrapped(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if path.suffix == ".bz2":
        return bz2.decompress(data)
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read() if path.suffix == ".zst" else data


def records(kinds: list[tuple[bool, bool]], mate: int, *, style: str, line_end: bytes = b"\n") -> list[bytes]:
    """A record a pair: kinds say whether mate 1 and mate 2 are human."""
    made = []
    human, other = reads_of(HUMAN, len(kinds), 10 + mate), reads_of(OTHER, len(kinds), 20 + mate)
    for number, kind in enumerate(kinds):
        row = (human if kind[mate - 1] else other)[number]
        name = f"@r{number}/{mate}" if style == "slash" else f"@r{number} {mate}:N:0:ACGT"
        plus = b"+" + name[1:].encode() if style == "slash" else b"+"
        quality = bytes(33 + (number + place) % 40 for place in range(len(row)))
        made.append(line_end.join([name.encode(), row.tobytes(), plus, quality, b""]))
    return made


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40),
    suffix=st.sampled_from(list(WRAPS)),
    style=st.sampled_from(["slash", "casava"]),
    line_end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_pairs_lose_their_human_fragments_and_nothing_else(
    *,
    kinds: list[tuple[bool, bool]],
    suffix: str,
    style: str,
    line_end: bytes,
    panel: Panel,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    stays = [not (one or two) for one, two in kinds]
    wanted = {}
    paths = []
    for mate in (1, 2):
        made = records(kinds, mate, style=style, line_end=line_end)
        path = folder / f"reads_R{mate}{suffix}"
        path.write_bytes(WRAPS[suffix](b"".join(made)))
        paths.append(path)
        wanted[path.name] = b"".join(record for record, kept in zip(made, stays, strict=True) if kept)
    result = scrub(*paths, out=folder / "out", panel=panel)
    assert result.document is not None
    for path in paths:
        assert unwrapped(folder / "out" / path.name) == wanted[path.name]
    gone = [f"r{number}" for number, kept in enumerate(stays) if not kept]
    named = (folder / "out" / NAMES).read_text().split()
    assert sorted(name.split("/")[0] for name in named) == sorted(gone)
    assert result.document["fragments_removed"] == len(gone)
    check_proof(result.document, folder / "out")


def check_proof(document: dict[str, Any], out: Path) -> None:
    jsonschema_rs.validator_for(read_json(SCHEMA)).validate(document)
    assert read_json(out / REPORT) == document
    assert stat.S_IMODE((out / NAMES).stat().st_mode) == 0o600
    for row in document["files"]:
        (told,) = fingerprint(out / row["name"]).files
        assert row["after"]["records"] + row["records_removed"] == row["before"]["records"]
        if row["after"]["records"]:
            assert told.identity is not None
            assert told.identity.to_dict() == row["after"]["fingerprint"]
        for sums in ("reads", "sequences"):
            total = int(row["after"]["fingerprint"][sums], 16) + int(row["removed"][sums], 16)
            assert total % 2**128 == int(row["before"]["fingerprint"][sums], 16)


def test_scrubbed_pairs_stay_in_step_for_qc(panel: Panel, tmp_path: Path) -> None:
    kinds = [(number % 3 == 0, number % 5 == 0) for number in range(60)]
    paths = []
    for mate in (1, 2):
        path = tmp_path / f"reads_R{mate}.fastq.gz"
        path.write_bytes(gzip.compress(b"".join(records(kinds, mate, style="casava")), 1))
        paths.append(path)
    scrub(*paths, out=tmp_path / "out", panel=panel)
    result = qc(*(tmp_path / "out" / path.name for path in paths), paired=True)
    assert {item.code for item in result.findings} & {"DSQC-D012", "DSQC-D013"} == set()
    assert result.pairs[0].pairs == sum(not (one or two) for one, two in kinds)


def test_interleaved_mates_go_together(panel: Panel, tmp_path: Path) -> None:
    kinds = [(number == 3, number == 5) for number in range(9)]
    mates = [records(kinds, mate, style="slash") for mate in (1, 2)]
    path = tmp_path / "both.fastq"
    path.write_bytes(b"".join(record for pair in zip(*mates, strict=True) for record in pair))
    scrub(path, out=tmp_path / "out", panel=panel)
    left = [pair for number, pair in enumerate(zip(*mates, strict=True)) if number not in (3, 5)]
    assert (tmp_path / "out" / path.name).read_bytes() == b"".join(record for pair in left for record in pair)


def alignments(path: Path, mode: str, kinds: list[tuple[bool, bool]]) -> Path:
    """Unmapped pairs, the first with a supplementary record; every third mate stands far from its mate."""
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 1000}], "CO": ["kept as it is"]}
    made: list[tuple[int, pysam.AlignedSegment]] = []
    with pysam.AlignmentFile(str(path), mode, header=header, format_options=[b"no_ref=1"] if mode == "wc" else []) as f:
        for mate in (1, 2):
            human, other = reads_of(HUMAN, len(kinds), 30 + mate), reads_of(OTHER, len(kinds), 40 + mate)
            for number, kind in enumerate(kinds):
                for flag in (0, 0x800) if number == 0 and mate == 1 else (0,):
                    read = pysam.AlignedSegment(f.header)
                    read.query_name = f"r{number}"
                    read.flag = 1 | (64 if mate == 1 else 128) | flag | (0 if flag else 4 | 8)
                    row = (human if kind[mate - 1] else other)[number]
                    read.query_sequence = row.tobytes().decode()
                    read.query_qualities = pysam.qualitystring_to_array("I" * len(row))
                    if flag:
                        read.reference_id, read.reference_start, read.cigarstring = 0, 5, f"{len(row)}M"
                    made.append((number + mate * (number % 3), read))
        for _, read in sorted(made, key=lambda item: item[0]):
            f.write(read)
    return path


@pytest.mark.parametrize(("suffix", "mode"), [("bam", "wb"), ("cram", "wc")])
def test_alignments_lose_all_records_of_a_fragment(suffix: str, mode: str, panel: Panel, tmp_path: Path) -> None:
    kinds = [(False, number % 4 == 0) for number in range(20)]
    path = alignments(tmp_path / f"a.{suffix}", mode, kinds)
    result = scrub(path, out=tmp_path / "out", panel=panel)
    assert result.document is not None
    check_proof(result.document, tmp_path / "out")
    gone = {f"r{number}" for number in range(0, 20, 4)}
    with (
        pysam.AlignmentFile(str(path), check_sq=False) as before,
        pysam.AlignmentFile(str(tmp_path / "out" / path.name), check_sq=False) as after,
    ):
        assert after.header.to_dict()["CO"] == ["kept as it is"]
        kept = [read.to_string() for read in before.fetch(until_eof=True) if read.query_name not in gone]
        assert [read.to_string() for read in after.fetch(until_eof=True)] == kept
    assert result.document["files"][0]["records_removed"] == 2 * len(gone) + 1
    assert set((tmp_path / "out" / NAMES).read_text().split()) == gone


def mates(folder: Path, kinds: list[tuple[bool, bool]]) -> list[Path]:
    paths = [folder / f"reads_R{mate}.fastq" for mate in (1, 2)]
    for mate, path in enumerate(paths, 1):
        path.write_bytes(b"".join(records(kinds, mate, style="casava")))
    return paths


def test_the_list_alone_and_a_second_run(panel: Panel, tmp_path: Path) -> None:
    paths = mates(tmp_path, [(True, False), (False, False)])
    listed = scrub(*paths, out=tmp_path / "out", panel=panel, list_only=True)
    assert listed.document is not None
    assert {path.name for path in (tmp_path / "out").iterdir()} == {NAMES, REPORT}
    assert (listed.document["proven"], listed.document["fragments_removed"]) == (False, 1)
    first = scrub(*paths, out=tmp_path / "out", panel=panel)
    assert not first.again
    stamp = (tmp_path / "out" / paths[0].name).stat().st_mtime_ns
    second = scrub(*paths, out=tmp_path / "out", panel=panel)
    assert (second.again, second.document) == (True, first.document)
    assert (tmp_path / "out" / paths[0].name).stat().st_mtime_ns == stamp
    (tmp_path / "out" / paths[0].name).write_bytes(b"changed")
    assert not scrub(*paths, out=tmp_path / "out", panel=panel).again


@pytest.mark.parametrize("names", range(4))
def test_a_kill_between_names_leaves_no_report_of_other_files(
    names: int, panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list, two mates and the report get their names one after the other: it dies before the next."""
    paths, out = mates(tmp_path, [(True, False), (False, True), (False, False)]), tmp_path / "out"
    scrub(*paths, out=out, panel=panel, list_only=True)
    expected = scrub(*paths, out=tmp_path / "undisturbed", panel=panel).document
    rename, left = Path.replace, names

    def replace(self: Path, target: Path) -> Path:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            scrub(*paths, out=out, panel=panel)
    assert not (out / REPORT).exists()
    assert scrub(*paths, out=out, panel=panel).document == expected
    assert {path.name for path in out.iterdir()} == {NAMES, REPORT, *(path.name for path in paths)}


def test_what_does_not_add_up_never_gets_its_name(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = mates(tmp_path, [(True, False), (False, False)])
    true = stage.write_content

    def losing(place: Path, blocks: Any, kind: Any, reference: Any) -> None:
        true(
            place, [block[: block.index(b"\n@r") + 1] if b"\n@r" in block else b"" for block in blocks], kind, reference
        )

    monkeypatch.setattr(stage, "write_content", losing)
    with pytest.raises(SystemFault, match="does not add up"):
        scrub(*paths, out=tmp_path / "out", panel=panel)
    assert list((tmp_path / "out").iterdir()) == []


def test_mates_that_are_none_are_refused(panel: Panel, tmp_path: Path) -> None:
    paths = mates(tmp_path, [(False, False)] * 3)
    paths[1].write_bytes(b"".join(records([(False, False)] * 4, 2, style="casava")))
    result = scrub(*paths, out=tmp_path / "out", panel=panel)
    assert (result.document, int(result.exit_code)) == (None, 3)
    assert "DSQC-D012" in {item.code for item in result.findings}
    assert list((tmp_path / "out").iterdir()) == []


def test_what_cannot_be_asked_for(panel: Panel, tmp_path: Path) -> None:
    (path,) = mates(tmp_path, [(False, False)])[:1]
    with pytest.raises(UsageError, match="holds reads_R1"):
        scrub(path, out=tmp_path, panel=panel)
    with pytest.raises(UsageError, match="no human genome"):
        scrub(path, out=tmp_path / "out", panel=Panel.of("none", panel.genomes[1:]))
    (tmp_path / "a.sam").write_text("@HD\tVN:1.6\n")
    with pytest.raises(UsageError, match="does not write"):
        scrub(tmp_path / "a.sam", out=tmp_path / "out", panel=panel)


def test_what_is_expected_is_what_is_found(tmp_path: Path) -> None:
    """One word of 64 kept: the share of human pairs that go is the one that the report says, within chance."""
    told = [(fasta(tmp_path / "human.fa", HUMAN), Told("Homo sapiens", 9606, recall=(1.0, 1.0)))]
    sparse = build_panel("sparse", told, every=64)
    number = 4_000
    sets: list[Bytes] = [reads_of(HUMAN, number, seed, errors=0.001) for seed in (5, 6)]
    for mate, reads in enumerate(sets, 1):
        rows = (b"@r%d/%d\n%b\n+\n%b\n" % (n, mate, row.tobytes(), b"?" * 150) for n, row in enumerate(reads))
        (tmp_path / f"x_R{mate}.fastq").write_bytes(b"".join(rows))
    paths = [tmp_path / f"x_R{mate}.fastq" for mate in (1, 2)]
    document = scrub(*paths, out=tmp_path / "out", panel=sparse).document
    assert document is not None
    expected = document["expected_removed"]["nuclear"]
    assert 0.9 < expected < 1
    assert document["fragments_removed"] / number == pytest.approx(expected, abs=0.03)
    assert np.isclose(document["files"][0]["records_removed"], document["fragments_removed"])


def test_no_report_speaks_of_a_part_of_what_stands_beside_it(panel: Panel, tmp_path: Path) -> None:
    """Mates cleaned together, then one of them alone, or masked as it was: they would be out of step, or not clean."""
    paths, out = mates(tmp_path, [(True, False), (False, True), (False, False)]), tmp_path / "out"
    first = scrub(*paths, out=out, panel=panel).document
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    for again in (
        lambda: scrub(paths[0], out=out, panel=panel),
        lambda: scrub(*paths, out=out, panel=panel, list_only=True),
        lambda: mask_files(*paths, out=out),
    ):
        with pytest.raises(UsageError, match="holds what was made of"):
            again()
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert scrub(*paths, out=out, panel=panel).document == first
    assert scrub(*paths, out=out, panel=panel, least=2).document != first  # the same files are made anew
